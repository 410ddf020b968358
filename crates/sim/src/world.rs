//! The world and its steps.

use std::collections::BTreeMap;

use mysos_ha::{Event, view::Saved};
use mysos_model::{Dice, Flavor, Timestamp, record::Goal};

use crate::{
    Breakage, Plan,
    check::{Books, Violation},
    disk::Disk,
    member::{Doing, Member},
    perform::goes_to_store,
    store::{Node, Store},
    stream::Ack,
    teeth::{Deed, decide_bent},
};

/// How far time moves in one step, in milliseconds.
pub(crate) const STEP: u64 = 10;
/// When the world begins.
const DAWN: Timestamp = Timestamp(1_000_000);
/// At least this often a member turns, in milliseconds.
const TICK: u64 = 1_000;

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) dice: Dice,
    pub(crate) flavor: Flavor,
    pub(crate) store: Store,
    pub(crate) store_away: Timestamp,
    pub(crate) members: Vec<Member>,
    pub(crate) disks: Vec<Disk>,
    pub(crate) acks: Vec<Ack>,
    /// The marker row of each proof under way.
    pub(crate) markers: BTreeMap<(usize, u64), u32>,
    pub(crate) launches: u32,
    /// Who was primary when the first fault began.
    pub(crate) first_primary: Option<usize>,
    pub(crate) connections: u64,
    pub(crate) writes: u32,
    pub(crate) books: Books,
    pub(crate) violation: Option<Violation>,
    pub(crate) breakage: Option<Breakage>,
    /// The event log, when it is wanted.
    pub(crate) log: Option<Vec<String>>,
}

impl World {
    /// A cluster admitted by the scheduler, its tasks launched.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut world = Self {
            now: DAWN,
            dice: Dice::new(plan.seed),
            flavor: plan.shape.flavor,
            store: Store::admitted(plan.shape, DAWN).unwrap(),
            store_away: Timestamp(0),
            members: Vec::new(),
            disks: Vec::new(),
            acks: Vec::new(),
            markers: BTreeMap::new(),
            launches: 0,
            first_primary: None,
            connections: 0,
            writes: 0,
            books: Books::default(),
            violation: None,
            breakage: plan.breakage,
            log: None,
        };
        for slot in 0..plan.shape.size {
            world.launches += 1;
            let member = Member::new((slot, world.launches), plan.shape.flavor, Saved::default(), DAWN);
            world.store.want(slot, &member.view.own.id.task);
            world.members.push(member);
        }
        world
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(format!("{:>7} {}", self.now.millis_since(DAWN), line()));
        }
    }

    /// What is broken, with the number of the invariant in `docs/failover.md` §9. The first one counts.
    pub(crate) fn broken(&mut self, invariant: u8, what: String) {
        self.note(|| format!("BROKEN {invariant}: {what}"));
        let at = self.now.millis_since(DAWN);
        self.violation.get_or_insert(Violation { invariant, what, at });
    }

    pub(crate) fn step(&mut self) {
        self.now = Timestamp(self.now.0 + STEP);
        if self.now.0.is_multiple_of(100) {
            self.sessions();
            self.goals();
        }
        if self.now.0.is_multiple_of(40) {
            self.clients();
        }
        self.replicate();
        for at in 0..self.members.len() {
            self.member(at);
        }
        self.check();
    }

    fn member(&mut self, at: usize) {
        if self.members[at].relaunch.is_some_and(|when| when <= self.now) {
            self.relaunch(at);
        }
        if !self.members[at].executes(self.now) {
            return;
        }
        self.connection(at);
        self.records(at);
        self.finish(at);
        if self.members[at].alive {
            self.sense(at);
            self.turns(at);
        }
    }

    /// The driver's loop: decide, apply, save, perform.
    fn turns(&mut self, at: usize) {
        let mut events = std::mem::take(&mut self.members[at].inbox);
        if events.is_empty() {
            if self.members[at].wake > self.now {
                return;
            }
            events.push(Event::Tick);
        }
        for event in events {
            self.turn(at, &event);
        }
        let member = &mut self.members[at];
        let tick = Timestamp(self.now.0 + TICK);
        member.wake = member.view.next_wakeup(self.now).map_or(tick, |wake| wake.min(tick));
    }

    fn turn(&mut self, at: usize, event: &Event) {
        let bent = decide_bent(self.breakage, &self.members[at].view, self.now, event);
        for change in &bent.changes {
            self.members[at].view.apply(change);
        }
        if bent.changes.iter().any(mysos_ha::Change::is_durable) {
            let saved = self.members[at].view.own.saved.clone();
            self.saved(at, &saved);
            self.members[at].saved = saved;
        }
        for (number, deed) in bent.deeds {
            self.begin(at, number, deed);
        }
    }

    fn begin(&mut self, at: usize, number: u64, deed: Deed) {
        self.note(|| format!("slot {at} #{number}: {deed:?}"));
        let session = self.members[at].view.seen.session.number;
        let slow = self.members[at].held.slow > self.now;
        let delay = match deed {
            Deed::Sneak(_) => 0,
            Deed::Do(_) | Deed::Pretend(_) if slow => 1 + self.dice.below(2_500),
            Deed::Do(_) | Deed::Pretend(_) => 1 + self.dice.below(40),
        };
        let doing = Doing {
            number,
            deed,
            session,
            begun: self.now,
            due: Timestamp(self.now.0 + delay),
            outcome: None,
        };
        self.decided(at, doing.action());
        if delay == 0 {
            self.perform(at, &doing);
        } else {
            self.members[at].doing.push(doing);
        }
    }

    /// An executor that stops moving: what it had asked of ZooKeeper may be done already, or not.
    pub(crate) fn leave_in_flight(&mut self, at: usize) {
        for mut doing in std::mem::take(&mut self.members[at].doing) {
            let sent = goes_to_store(doing.action()) && doing.outcome.is_none() && self.dice.below(2) == 0;
            if sent {
                doing.outcome = self.perform(at, &doing);
            }
            self.members[at].doing.push(doing);
        }
    }

    /// Executor and mysqld are gone; the volume and the ephemerals are still there.
    pub(crate) fn end_task(&mut self, at: usize) {
        self.leave_in_flight(at);
        self.end_server(at, "signal 9");
        let member = &mut self.members[at];
        member.alive = false;
        member.doing.clear();
        member.inbox.clear();
        self.markers.retain(|(of, _), _| *of != at);
    }

    /// The scheduler's next task for the slot, on what is left of the volume.
    fn relaunch(&mut self, at: usize) {
        self.launches += 1;
        let old = &self.members[at];
        let mut saved = old.saved.clone();
        if self.breakage == Some(Breakage::ForgetTheObeyedEpoch) {
            saved.obeyed = mysos_model::Epoch(0);
        }
        let mut member = Member::new((old.slot, self.launches), self.flavor, saved, self.now);
        member.saved = old.saved.clone();
        member.disk = old.disk;
        let old_goal = old.held.drain;
        self.store.want(member.slot, &member.view.own.id.task);
        self.note(|| format!("slot {at} has a new task"));
        if old_goal > self.now {
            member.held.drain = old_goal;
            self.store.set_goal(member.slot, Goal::Drain);
        }
        self.members[at] = member;
        self.store.touch(Node::Spec);
    }
}
