//! Watches as ZooKeeper has them: set by a read, good for one change, gone with the session. What changes
//! between the change that fires and the read that follows is seen only as it is then.

use mysos_ha::Event;
use mysos_model::Timestamp;

use crate::{store::Node, world::World};

/// A hint takes at most this many milliseconds, and each way of a read.
const HINT: u64 = 15;
const READ: u64 = 15;
/// An answer that is late takes at most this many.
const LATE: u64 = 1_500;

/// One watch of one member.
#[derive(Debug, Clone)]
pub(crate) enum Watch {
    /// It has not fired since this change of the node was read.
    Set(u64),
    /// It has fired; the node is read at this time, and watched again.
    Fired(Timestamp),
    /// What was read, as of that change, is on its way.
    Coming(Timestamp, u64, Box<Event>),
}

impl World {
    /// One step of a watch.
    pub(crate) fn watch(&mut self, at: usize, node: Node) {
        let now = self.now;
        if node == Node::Members && self.members[at].held.old > now {
            return;
        }
        let waits = match self.members[at].watches.get(&node) {
            None => false,
            Some(Watch::Set(seen)) => *seen == self.store.tick(node),
            Some(Watch::Fired(due) | Watch::Coming(due, ..)) => *due > now,
        };
        if waits {
            return;
        }
        let next = match self.members[at].watches.remove(&node) {
            None => Watch::Fired(Timestamp(now.0 + self.dice.below(READ))),
            Some(Watch::Set(_)) => {
                Watch::Fired(Timestamp(now.0 + self.dice.below(HINT) + self.dice.below(READ)))
            }
            Some(Watch::Fired(_)) => {
                let late = if self.members[at].held.late > now { LATE } else { READ };
                let due = Timestamp(now.0 + self.dice.below(late));
                Watch::Coming(due, self.store.tick(node), Box::new(self.store.read(node)))
            }
            Some(Watch::Coming(_, seen, event)) => {
                self.members[at].inbox.push(*event);
                Watch::Set(seen)
            }
        };
        self.members[at].watches.insert(node, next);
    }
}
