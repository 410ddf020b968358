//! Faults begin, last, and are healed.

use mysos_ha::view::Saved;
use mysos_model::{Timestamp, record::Goal};

use crate::{
    Kind,
    plan::{Fault, Target},
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
        let primary = (0..self.members.len()).find(named).unwrap_or(0);
        match target {
            Target::Primary => primary,
            Target::Slot(slot) => slot as usize % self.members.len(),
            Target::Acker(rank) => self.ranked(rank, primary, Self::is_acker),
            Target::Spare(rank) => self.ranked(rank, primary, |world, at| !world.is_acker(at)),
            Target::Role(role) => {
                (self.first_primary.unwrap_or(primary) + role as usize) % self.members.len()
            }
        }
    }

    fn is_acker(&self, at: usize) -> bool {
        let data = self.members[at].disk.map(|disk| &self.disks[disk].data);
        data.is_some_and(|data| self.store.epoch.ackers.contains(data))
    }

    /// The one of this rank, by slot, of those that are not the primary.
    fn ranked(&self, rank: u32, primary: usize, is_one: impl Fn(&Self, usize) -> bool) -> usize {
        let fit = |at: &usize| *at != primary && is_one(self, *at);
        (0..self.members.len()).filter(fit).nth(rank as usize).unwrap_or(primary)
    }

    /// A fault begins.
    pub(crate) fn inject(&mut self, fault: &Fault) {
        let at = self.target(fault.target);
        if self.first_primary.is_none() {
            self.first_primary = Some(self.target(Target::Primary));
        }
        self.note(|| format!("FAULT {:?} of slot {at} for {} ms", fault.kind, fault.lasts));
        let until = Timestamp(self.now.0 + fault.lasts);
        let held = &mut self.members[at].held;
        match fault.kind {
            Kind::KillServer => self.end_server(at, "signal 9"),
            Kind::KillTask => self.kill_task(at, fault.lasts),
            Kind::CrashMachine => {
                self.kill_task(at, fault.lasts);
                self.tear(at);
            }
            Kind::ReplaceTask => {
                self.kill_task(at, PLACED + fault.lasts);
                self.books.destroyed = true;
                (self.members[at].disk, self.members[at].copy) = (None, None);
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
            Kind::CutSending => held.sending = until,
            Kind::CutHearing => held.hearing = until,
            Kind::SlowNetwork => held.network = until,
            Kind::Isolate => (held.store, held.members) = (until, until),
            Kind::Expire => {
                let session = self.members[at].session_id();
                self.store.end_session(session);
            }
            Kind::LateRecords => held.late = until,
            Kind::OldMembers => held.old = until,
            Kind::SlowApplier => held.applier = until,
            Kind::LostAnswers => held.answers = until,
            Kind::SlowActions => held.slow = until,
            Kind::PurgeLogs => self.purge(at),
            Kind::StoreAway => self.store_away = until,
            Kind::Drain => {
                held.drain = until;
                self.store.set_goal(self.members[at].slot, Goal::Drain);
            }
        }
    }

    /// What was not synced is gone, up to any place. What a client was told must not be in it.
    fn tear(&mut self, at: usize) {
        let Some(disk) = self.members[at].disk else { return };
        self.disks[disk].tear(&mut self.dice);
        self.check_all();
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
            member.held = crate::member::Held { drain: member.held.drain, ..Default::default() };
            member.held.drain = member.held.drain.min(self.now);
            if !member.alive {
                member.relaunch = Some(self.now);
            }
        }
        self.goals();
    }
}
