//! Who reaches whom, and ZooKeeper sessions.

use mysos_ha::{Event, view::Session};
use mysos_model::{Timestamp, record::Goal};

use crate::{store::Node, world::World};

/// Session timeout of the imagined cluster, in milliseconds.
const SESSION: u64 = 6_000;
/// A connection that is cut is noticed within this many milliseconds: two thirds of the session.
const NOTICED: u64 = 4_000;

impl World {
    /// Whether what one member sends reaches another.
    pub(crate) fn hears(&self, to: usize, from: usize) -> bool {
        let (one, other) = (&self.members[from].held, &self.members[to].held);
        let next = |of: usize| (of + 1) % self.members.len();
        let cut = one.members > self.now
            || other.members > self.now
            || one.sending > self.now
            || other.hearing > self.now
            || (one.link > self.now && next(from) == to)
            || (other.link > self.now && next(to) == from);
        to == from || !cut
    }

    /// Whether two members reach each other, both ways: nothing is connected or asked without.
    pub(crate) fn linked(&self, a: usize, b: usize) -> bool {
        self.hears(a, b) && self.hears(b, a)
    }

    /// Whether what goes between two members is late now.
    pub(crate) fn is_slow(&self, a: usize, b: usize) -> bool {
        a != b && (self.members[a].held.network > self.now || self.members[b].held.network > self.now)
    }

    /// Whether a member reaches ZooKeeper.
    pub(crate) fn reaches_store(&self, at: usize) -> bool {
        self.store_away <= self.now && self.members[at].held.store <= self.now
    }

    /// Beats of those that are there, ends of sessions that are not.
    pub(crate) fn sessions(&mut self) {
        if self.store_away > self.now {
            for heard in self.store.sessions.values_mut() {
                *heard = self.now; // A store that comes back gives every session its whole time again.
            }
            return;
        }
        for at in 0..self.members.len() {
            if self.members[at].executes(self.now) && self.reaches_store(at) && self.members[at].connected {
                let id = self.members[at].session_id();
                if let Some(heard) = self.store.sessions.get_mut(&id) {
                    *heard = self.now;
                }
            }
        }
        let now = self.now;
        let late = |heard: &Timestamp| now.millis_since(*heard) > SESSION;
        let ended: Vec<_> =
            self.store.sessions.iter().filter(|(_, heard)| late(heard)).map(|(id, _)| *id).collect();
        for id in ended {
            self.note(|| format!("session {id:?} ends"));
            self.store.end_session(id);
        }
    }

    /// The connection of one member: lost, noticed, found again.
    pub(crate) fn connection(&mut self, at: usize) {
        let (reaches, now) = (self.reaches_store(at), self.now);
        let member = &mut self.members[at];
        if !reaches {
            let since = *member.cut_since.get_or_insert(now);
            let notice = NOTICED / 8 + (u64::from(member.launch) * 977) % NOTICED;
            if member.connected && now.millis_since(since) > notice {
                member.connected = false;
                let session = Session { number: member.session, connected: false };
                member.inbox.push(Event::Session(session));
            }
            return;
        }
        member.cut_since = None;
        let known = self.store.sessions.contains_key(&member.session_id());
        if member.connected && known {
            return;
        }
        if member.connected {
            member.inbox.push(Event::Session(Session { number: member.session, connected: false }));
        }
        if !known {
            member.session += 1;
            let id = member.session_id();
            self.store.sessions.insert(id, now);
        }
        member.connected = true;
        member.watches.clear();
        member.inbox.push(Event::Session(Session { number: member.session, connected: true }));
    }

    /// What the scheduler wants, as long as a fault lasts.
    pub(crate) fn goals(&mut self) {
        for at in 0..self.members.len() {
            let member = &self.members[at];
            let ends = member.held.drain != Timestamp(0) && member.held.drain <= self.now;
            if ends {
                self.members[at].held.drain = Timestamp(0);
                self.store.set_goal(self.members[at].slot, Goal::Serve);
            }
        }
    }

    /// One step of every watch of a member.
    pub(crate) fn records(&mut self, at: usize) {
        if !self.reaches_store(at) || !self.members[at].connected {
            return;
        }
        for node in Node::ALL {
            self.watch(at, node);
        }
    }
}
