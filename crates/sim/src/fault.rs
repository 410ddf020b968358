//! Faults begin, last, and are healed.

use mysos_ha::view::Saved;
use mysos_model::Timestamp;

use crate::{
    plan::{Fault, Kind, Target},
    world::World,
};

/// How long the scheduler takes to place a task whose data is gone, in milliseconds.
const PLACED: u64 = 1_500;

impl World {
    /// Whom a fault hits now.
    fn target(&self, target: Target) -> usize {
        let named = |at: &usize| {
            self.members[*at].disk.is_some_and(|disk| self.store.epoch.is_primary(&self.disks[disk].data))
        };
        match target {
            Target::Primary => (0..self.members.len()).find(named).unwrap_or(0),
            Target::Slot(slot) => slot as usize % self.members.len(),
        }
    }

    /// A fault begins.
    pub(crate) fn inject(&mut self, fault: &Fault) {
        let at = self.target(fault.target);
        self.note(|| format!("FAULT {:?} of slot {at} for {} ms", fault.kind, fault.lasts));
        let until = Timestamp(self.now.0 + fault.lasts);
        let held = &mut self.members[at].held;
        match fault.kind {
            Kind::KillServer => self.end_server(at, "signal 9"),
            Kind::KillTask => self.kill_task(at, fault.lasts),
            Kind::ReplaceTask => {
                self.kill_task(at, PLACED + fault.lasts);
                self.books.destroyed = true;
                self.members[at].disk = None;
                self.members[at].saved = Saved::default();
            }
            Kind::PauseExecutor => self.pause(at, until),
            Kind::PauseServer => held.server = until,
            Kind::PauseHost => {
                held.server = until;
                self.pause(at, until);
            }
            Kind::CutStore => held.store = until,
            Kind::CutMembers => held.members = until,
            Kind::CutLink => held.link = until,
            Kind::Isolate => (held.store, held.members) = (until, until),
            Kind::Expire => {
                let session = self.members[at].session_id();
                self.store.end_session(session);
            }
            Kind::LateRecords => held.late = until,
            Kind::SlowApplier => held.applier = until,
            Kind::LostAnswers => held.answers = until,
            Kind::SlowActions => held.slow = until,
            Kind::StoreAway => self.store_away = until,
        }
    }

    fn kill_task(&mut self, at: usize, back_after: u64) {
        if !self.members[at].alive {
            return;
        }
        self.end_task(at);
        self.members[at].relaunch = Some(Timestamp(self.now.0 + back_after));
    }

    fn pause(&mut self, at: usize, until: Timestamp) {
        if self.members[at].alive {
            self.leave_in_flight(at);
            self.members[at].held.executor = until;
        }
    }

    /// Everything that is held is let go.
    pub(crate) fn heal(&mut self) {
        self.note(|| "HEALED".to_owned());
        self.store_away = Timestamp(0);
        for member in &mut self.members {
            member.held = crate::member::Held::default();
            if !member.alive {
                member.relaunch = Some(self.now);
            }
        }
    }
}
