//! What must be true after every step.

use mysos_ha::view::Group;
use mysos_model::record::{MemberState, Phase};

use super::World;

impl World {
    pub fn check(&self) {
        let masters = self.store.published.values().filter(|(_, group, _)| *group == Group::Primary).count();
        if masters > 1 {
            self.fail("two members are published as primary");
        }
        for (key, member) in &self.members {
            if member.saved.obeyed > self.store.epoch.epoch {
                self.fail(&format!("{key} obeys an epoch that no record has"));
            }
            // Recorded A ⊇ the members that can acknowledge.
            let server = &member.server;
            let can_ack = server.running && server.acking && server.receiving;
            if can_ack && !self.store.epoch.ackers.contains(server.data.as_ref().unwrap()) {
                let evicted = !self.is_let_in(*key);
                if !evicted {
                    self.fail(&format!("{key} can acknowledge and is not in A"));
                }
            }
        }
        if self.store.epoch.phase == Phase::Serving {
            self.acked_is_safe();
        }
    }

    fn is_let_in(&self, key: u32) -> bool {
        let member = &self.members[&key];
        let source = member.server.source.as_ref();
        self.members
            .values()
            .filter(|other| Some(&other.view.own.id.mysql) == source)
            .any(|other| other.server.dumping.contains(&member.view.own.id.ordinal.0))
    }

    /// Every acknowledged write is on k members of A, beside the primary.
    fn acked_is_safe(&self) {
        let record = &self.store.epoch;
        for member in self.members.values().filter(|member| !member.gone) {
            let server = &member.server;
            let serves = server.running && server.open && server.data == record.primary;
            if serves && let Some(lost) = self.acked.iter().find(|write| !server.log.contains(write)) {
                self.fail(&format!("{lost:?} was acknowledged and the primary lacks it"));
            }
        }
        for write in &self.acked {
            let holders = self
                .members
                .values()
                .filter(|member| member.server.data.as_ref().is_some_and(|data| record.ackers.contains(data)))
                .filter(|member| member.server.log.contains(write))
                .count();
            let in_floor = record.floor.as_ref().is_some_and(|floor| {
                let one = format!("0-{}-{}", write.0, write.1);
                floor.contains(&mysos_model::GtidSet::parse(mysos_model::Flavor::MariaDb, &one).unwrap())
            });
            if !in_floor && holders < record.acks as usize {
                self.fail(&format!("{write:?} is acknowledged and only on {holders} ackers"));
            }
        }
    }

    pub fn all_serve(&self, size: usize) -> bool {
        let count =
            |state| self.members.values().filter(|it| !it.gone && it.view.own.state.0 == state).count();
        let masters = self.store.published.values().filter(|(_, group, _)| *group == Group::Primary).count();
        count(MemberState::Primary) == 1
            && count(MemberState::Following) == size - 1
            && masters == 1
            && self.store.published.len() == size
    }
}
