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

/// Keeps since when each of them has been without success.
pub(crate) fn tried(moving: &mut Moving, vital: Vital, probe: Probe) {
    let known = moving.view.own.silent.get(&vital).copied();
    let since = match probe {
        Probe::Answered => None,
        Probe::Silent => Some(known.unwrap_or(moving.now)),
    };
    if since != known {
        moving.make(Change::Server(ServerChange::Silent(vital, since)));
    }
}

/// What is stalled, if anything is. Of a server that does not run or has not answered yet nobody asks.
pub(crate) fn stalled(view: &View, now: Timestamp) -> Option<Vital> {
    view.up()?;
    let silent =
        |(vital, since): (&Vital, &Timestamp)| (now.since(*since) >= vital.patience()).then_some(*vital);
    view.own.silent.iter().find_map(silent)
}

/// Whether what is stalled is the process, so that a kill helps.
fn hangs(view: &View, now: Timestamp) -> bool {
    matches!(stalled(view, now), Some(Vital::Server | Vital::Look))
}

/// Kills a server that hangs, when it stands in the way of leaving an epoch, or has hung for long while its disk
/// is well. A stalled primary that is not deposed may come back: then nothing was lost but time.
pub(crate) fn order(view: &View, now: Timestamp) -> Option<Order> {
    let up = view.up().filter(|_| view.own.disk == Disk::Ready)?;
    let deposed = view.own.promotion.as_ref().is_some_and(|promotion| promotion.deposed.is_some());
    let in_the_way = deposed && stalled(view, now).is_some() || hangs(view, now) && leaves(view, up);
    (in_the_way || is_hopeless(view, now)).then_some(Order::Kill)
}

fn leaves(view: &View, up: &Up) -> bool {
    view.own.promotion.is_none() && follow::must_revoke(view, up)
}

fn is_hopeless(view: &View, now: Timestamp) -> bool {
    let silent = &view.own.silent;
    let well = !silent.contains_key(&Vital::Disk) && !silent.contains_key(&Vital::Room);
    well && silent.get(&Vital::Server).is_some_and(|since| now.since(*since) >= limits::HOPELESS)
}

/// What is wrong, in the words of the record.
pub(crate) fn problem(view: &View, now: Timestamp) -> Option<(ProblemCode, String)> {
    let problem = match stalled(view, now)? {
        Vital::Server => (ProblemCode::MemberUnreachable, "mysqld runs and does not answer"),
        Vital::Look => (ProblemCode::MemberUnreachable, "mysqld answers, but does not say how it is"),
        Vital::Disk => (ProblemCode::DiskStalled, "the disk does not take a write"),
        Vital::Room => (ProblemCode::DiskFull, "the disk has no room for a write"),
    };
    Some((problem.0, problem.1.to_owned()))
}

/// When what is silent becomes stalled, or hopeless.
pub(crate) fn wakeups(view: &View) -> impl Iterator<Item = Timestamp> + '_ {
    let stalls = view.own.silent.iter().map(|(vital, since)| *since + vital.patience());
    stalls.chain(view.own.silent.get(&Vital::Server).map(|since| *since + limits::HOPELESS))
}

#[cfg(test)]
mod tests;
