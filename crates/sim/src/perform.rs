//! What actions do to this world, and the senses of a member. `None`: not over yet.

use mysos_ha::{
    Action, Event, Vital,
    action::{Outcome, Report, Terms},
    event::Probe,
    view::Group,
};
use mysos_model::{Endpoint, Timestamp};

use crate::{Breakage, member::Doing, server::Waiter, store::Node, teeth::Deed, world::World};

/// A request to ZooKeeper is given up after this many milliseconds, a question to the primary earlier.
const STORE: u64 = 3_000;
const ASK: u64 = 2_000;
/// Between two looks at a server, and two probes, in milliseconds.
const LOOK: u64 = 200;
const PROBE: u64 = 500;

impl World {
    /// Carries out what is due; outcomes come back as events.
    pub(crate) fn finish(&mut self, at: usize) {
        for mut doing in std::mem::take(&mut self.members[at].doing) {
            if doing.due > self.now {
                self.members[at].doing.push(doing);
                continue;
            }
            let outcome = doing.outcome.take().or_else(|| self.perform(at, &doing));
            match outcome {
                None => self.members[at].doing.push(doing),
                Some(outcome) => self.ended(at, &doing, outcome),
            }
        }
    }

    fn ended(&mut self, at: usize, doing: &Doing, outcome: Outcome) {
        self.note(|| format!("slot {at} #{} ends: {outcome:?}", doing.number));
        if matches!(doing.action(), Action::Server(_)) {
            self.look(at);
        }
        let lost = goes_to_store(doing.action()) && self.members[at].held.answers > self.now;
        let outcome = if lost { Outcome::Failed("the answer was lost".into()) } else { outcome };
        let number = doing.number;
        if number > 0 {
            self.members[at].inbox.push(Event::Ended { number, outcome });
        }
    }

    pub(crate) fn perform(&mut self, at: usize, doing: &Doing) -> Option<Outcome> {
        if let Deed::Pretend(pretended) = &doing.deed {
            return Some(match pretended {
                Action::SwapEpoch { version, .. } => Outcome::Swapped { version: *version },
                _ => Outcome::Done,
            });
        }
        let action = doing.action();
        if goes_to_store(action) && !self.reaches_store(at) {
            let late = self.now.millis_since(doing.begun) > STORE;
            return late.then(|| Outcome::Failed("ZooKeeper does not answer".into()));
        }
        match action {
            Action::Server(order) => self.order(at, order, doing.begun),
            Action::Prove { within, .. } => self.prove(at, doing, within.as_millis() as u64),
            Action::Nudge { .. } => {
                if self.members[at].serves(self.now) {
                    self.write(at, Waiter::Nobody);
                }
                Some(Outcome::Done)
            }
            Action::Ask { primary, .. } => self.ask(at, primary, doing.begun),
            Action::Copy { donor, .. } => self.copy(at, donor, doing.begun),
            Action::Report(report) => {
                self.reported(at, report);
                Some(Outcome::Done)
            }
            Action::Journal(_) => Some(Outcome::Done),
            Action::SwapEpoch { .. }
            | Action::Tell(_)
            | Action::Coordinate
            | Action::StandDown
            | Action::Publish { .. } => Some(self.in_store(at, action, doing.session)),
        }
    }

    fn in_store(&mut self, at: usize, action: &Action, session: u64) -> Outcome {
        let id = (self.members[at].launch, session);
        let ended = !self.store.sessions.contains_key(&id);
        let task = self.members[at].view.own.id.task.clone();
        match action {
            Action::SwapEpoch { version, record, .. } => return self.swap(*version, record),
            Action::Publish { group, number, version } => {
                return self.publish(at, (*group, *number, *version), session);
            }
            Action::StandDown => {
                if self.store.coordinator.as_ref().is_some_and(|(_, holder)| *holder == task) {
                    self.store.coordinator = None;
                    self.store.touch(Node::Coordinator);
                }
            }
            _ if ended => return Outcome::Failed("the session has ended".into()),
            Action::Tell(record) => {
                self.store.members.insert(record.task.clone(), (id, (**record).clone()));
                self.store.touch(Node::Members);
            }
            Action::Coordinate if self.store.coordinator.is_some() => {
                return Outcome::Failed("taken".into());
            }
            _ => {
                self.store.coordinator = Some((id, task));
                self.store.touch(Node::Coordinator);
            }
        }
        Outcome::Done
    }

    fn swap(&mut self, version: i32, record: &mysos_model::record::EpochRecord) -> Outcome {
        let before = self.store.epoch.clone();
        match self.store.swap(version, record) {
            None => Outcome::Lost,
            Some(version) => {
                self.note(|| format!("record: {record:?}"));
                self.swapped(&before);
                Outcome::Swapped { version }
            }
        }
    }

    fn publish(
        &mut self,
        at: usize,
        wish: (Option<Group>, Option<u32>, Option<i32>),
        session: u64,
    ) -> Outcome {
        let id = (self.members[at].launch, session);
        match self.store.publish(id, wish) {
            Err(why) => Outcome::Failed(why.into()),
            Ok(number) => {
                if wish.0 == Some(Group::Primary) {
                    self.published(at);
                }
                Outcome::Published { number }
            }
        }
    }

    /// The marker row is written once and waits like any write. An administrator's writes pass closed doors.
    fn prove(&mut self, at: usize, doing: &Doing, within: u64) -> Option<Outcome> {
        let server = &self.members[at].server;
        if !server.running {
            return Some(Outcome::Failed("mysqld does not run".into()));
        }
        let late = self.now.millis_since(doing.begun) > within;
        let waits = server.waiting.iter().any(|it| it.waiter == Waiter::Marker);
        match self.markers.get(&(at, doing.number)).copied() {
            _ if late => Some(Outcome::Failed("not acknowledged in time".into())),
            None if self.members[at].serves(self.now) => {
                let txn = self.write(at, Waiter::Marker)?;
                self.members[at].server.marker = Some(txn.id);
                self.markers.insert((at, doing.number), txn.id);
                None
            }
            Some(marker) if !waits => {
                let closed = server.marker != Some(marker) && server.marker.is_some() || !server.open;
                if closed {
                    return Some(Outcome::Failed("the session was ended".into()));
                }
                self.proven(at);
                Some(Outcome::Done)
            }
            None | Some(_) => None,
        }
    }

    fn ask(&mut self, at: usize, primary: &Endpoint, begun: Timestamp) -> Option<Outcome> {
        let found = self.members.iter().position(|it| it.endpoint() == primary && it.serves(self.now));
        let slot = self.members[at].slot;
        let disk = found.filter(|found| self.linked(at, *found)).and_then(|found| self.members[found].disk);
        let Some((found, disk)) = found.zip(disk) else {
            let late = self.now.millis_since(begun) > ASK;
            return late.then(|| Outcome::Failed("the primary does not answer".into()));
        };
        let disk = &self.disks[disk];
        let server = &self.members[found].server;
        let let_in = server.open && disk.unlocked.contains(&slot);
        let mine = self.members[at].disk.map(|mine| &self.disks[mine]);
        let holds = if let Some(copy) = mine.filter(|it| it.is_copy && self.skips_copies()) {
            copy.received()
        } else if self.breakage == Some(Breakage::CompareCommitted) {
            disk.committed(server.waiting.iter().map(|it| it.at))
        } else {
            disk.executed()
        };
        Some(Outcome::Welcome(Terms { holds, let_in }))
    }

    fn skips_copies(&self) -> bool {
        self.breakage == Some(Breakage::TrustCopies)
    }

    /// The scheduler hears of ends and launches anew, with the sandbox gone.
    fn reported(&mut self, at: usize, report: &Report) {
        self.members[at].report = Some(report.clone());
        if matches!(report, Report::Killed | Report::Failed(_)) {
            self.end_task(at);
            self.books.destroyed = true;
            self.members[at].disk = None;
            self.members[at].saved = mysos_ha::view::Saved::default();
            self.members[at].relaunch = Some(Timestamp(self.now.0 + 2_000));
            self.check_all();
        }
    }

    /// Looks at the own server.
    pub(crate) fn look(&mut self, at: usize) {
        let member = &mut self.members[at];
        let Some(disk) = member.disk.filter(|_| member.serves(self.now)) else { return };
        let observed = Box::new(member.server.observe(&self.disks[disk]));
        let event = if member.server.answered {
            Event::Observed(observed)
        } else {
            member.server.answered = true;
            Event::Answered { version: "10.11".into(), observed }
        };
        member.inbox.push(event);
    }

    /// Looks and probes, each on its timer.
    pub(crate) fn sense(&mut self, at: usize) {
        let phase = u64::from(self.members[at].slot) * 70;
        if (self.now.0 + phase).is_multiple_of(LOOK) {
            self.look(at);
        }
        if (self.now.0 + phase).is_multiple_of(PROBE) {
            self.try_server(at);
            if self.members[at].probe.is_none() {
                self.probe(at);
            }
        }
        if self.members[at].probe.is_some_and(|(due, _)| due <= self.now)
            && let Some((_, probe)) = self.members[at].probe.take()
        {
            self.members[at].inbox.push(Event::Probed(probe));
        }
    }

    /// A small question to the own server.
    fn try_server(&mut self, at: usize) {
        let member = &mut self.members[at];
        if member.server.answered {
            let probe = if member.serves(self.now) { Probe::Answered } else { Probe::Silent };
            member.inbox.push(Event::Tried { vital: Vital::Server, probe });
        }
    }

    fn probe(&mut self, at: usize) {
        let view = &self.members[at].view;
        let Some(primary) = view.own.followed.as_ref().and_then(|_| view.primary_member()) else { return };
        let found = self.members.iter().position(|it| it.view.own.id.control == primary.control);
        let reached = found.filter(|found| self.linked(at, *found));
        let late = reached.is_some_and(|found| self.is_slow(at, found));
        let slow = late && self.dice.below(2) == 0;
        let probe = match reached.map(|found| &self.members[found]) {
            Some(_) if slow => (Timestamp(self.now.0 + 1_000), Probe::Silent),
            Some(member) if member.executes(self.now) => (self.now, Probe::Answered),
            Some(member) if !member.alive => (self.now, Probe::Silent),
            Some(_) | None => (Timestamp(self.now.0 + 1_000), Probe::Silent),
        };
        self.members[at].probe = Some(probe);
    }
}

/// Whether an action is a request to ZooKeeper.
pub(crate) fn goes_to_store(action: &Action) -> bool {
    matches!(
        action,
        Action::SwapEpoch { .. }
            | Action::Tell(_)
            | Action::Coordinate
            | Action::StandDown
            | Action::Publish { .. }
            | Action::Journal(_)
    )
}
