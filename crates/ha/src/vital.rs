//! Whether the own server and its disk are alive, as the executor tries again and again (`docs/failover.md` §4):
//! a hung mysqld does not end, so nobody else would say that it is gone.
//!
//! A member that is stalled says so in its record; an election may begin on that as on a mysqld that is down.
//! A process that hangs is ended by nothing but a kill, so whoever must leave an epoch with one kills it.

use mysos_model::{ProblemCode, Timestamp};

use crate::{
    action::Order,
    change::{Change, ServerChange},
    decide::Moving,
    event::Probe,
    follow, limits,
    view::{Disk, Up, View},
};

/// What the executor tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vital {
    /// mysqld answers a small question on a connection of its own.
    Server,
    /// mysqld answers all that a look asks.
    Look,
    /// The disk takes a write and its sync.
    Disk,
    /// The disk has room for that write.
    Room,
}

impl Vital {
    /// How long it may stay without success before the member counts as stalled.
    fn patience(self) -> std::time::Duration {
        match self {
            Self::Server | Self::Disk | Self::Room => limits::STALLED,
            Self::Look => limits::BLIND,
        }
    }
}

/// Since when something has been without success, and when it was tried last. What lies between was not a pause in
/// which nobody tried: an order that takes long keeps looks waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The first try of those in a row.
    pub since: Timestamp,
    /// The last one.
    pub last: Timestamp,
}

impl Silence {
    fn lasted(self) -> std::time::Duration {
        self.last.since(self.since)
    }
}

/// Keeps since when each of them has been without success.
pub(crate) fn tried(moving: &mut Moving, vital: Vital, probe: Probe) {
    let known = moving.view.own.silent.get(&vital).copied();
    let now = match probe {
        Probe::Answered => None,
        Probe::Silent => {
            let since = known.map_or(moving.now, |known| known.since);
            Some(Silence { since, last: moving.now })
        }
    };
    if now != known {
        moving.make(Change::Server(ServerChange::Silent(vital, now)));
    }
}

/// What is stalled, if anything is. Of a server that does not run or has not answered yet nobody asks.
pub(crate) fn stalled(view: &View) -> Option<Vital> {
    view.up()?;
    let silent =
        |(vital, silence): (&Vital, &Silence)| (silence.lasted() >= vital.patience()).then_some(*vital);
    view.own.silent.iter().find_map(silent)
}

/// Whether what is stalled is the process, so that a kill helps.
fn hangs(view: &View) -> bool {
    matches!(stalled(view), Some(Vital::Server | Vital::Look))
}

/// Kills a server that hangs, when it stands in the way of leaving an epoch, or has hung for long while its disk
/// is well. A stalled primary that is not deposed may come back: then nothing was lost but time.
pub(crate) fn order(view: &View) -> Option<Order> {
    let up = view.up().filter(|_| view.own.disk == Disk::Ready)?;
    let deposed = view.own.promotion.as_ref().is_some_and(|promotion| promotion.deposed.is_some());
    let in_the_way = deposed && stalled(view).is_some() || hangs(view) && leaves(view, up);
    (in_the_way || is_hopeless(view)).then_some(Order::Kill)
}

fn leaves(view: &View, up: &Up) -> bool {
    view.own.promotion.is_none() && follow::must_revoke(view, up)
}

fn is_hopeless(view: &View) -> bool {
    let silent = &view.own.silent;
    let well = !silent.contains_key(&Vital::Disk) && !silent.contains_key(&Vital::Room);
    well && silent.get(&Vital::Server).is_some_and(|silence| silence.lasted() >= limits::HOPELESS)
}

/// What is wrong, in the words of the record.
pub(crate) fn problem(view: &View) -> Option<(ProblemCode, String)> {
    let problem = match stalled(view)? {
        Vital::Server => (ProblemCode::MemberUnreachable, "mysqld runs and does not answer"),
        Vital::Look => (ProblemCode::MemberUnreachable, "mysqld answers, but does not say how it is"),
        Vital::Disk => (ProblemCode::DiskStalled, "the disk does not take a write"),
        Vital::Room => (ProblemCode::DiskFull, "the disk has no room for a write"),
    };
    Some((problem.0, problem.1.to_owned()))
}

#[cfg(test)]
mod tests;
