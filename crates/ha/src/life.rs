//! The life of the process: data directory, start, crash, stop; and what Mesos is told of it.

use std::time::Duration;

use mysos_model::{Timestamp, record::JournalStep};

use crate::{
    action::{Action, Lane, Order, Report},
    change::{Change, ServerChange},
    decide::Moving,
    demote, limits,
    view::{Disk, Life, Server, View},
};

/// Gives up where going on is pointless or wrong.
pub(crate) fn settle(moving: &mut Moving) {
    let own = &moving.view.own;
    if own.life != Life::Serving {
        return;
    }
    if let Disk::Foreign(why) = &own.disk {
        let why = format!("the data directory is refused: {why}");
        moving.make(Change::Life(Life::Failed { why }));
    } else if let Some(why) = crash_loop(&moving.view, moving.now).filter(|_| !is_rested_on(&moving.view)) {
        moving.note(JournalStep::GaveUp, why.clone(), None);
        moving.make(Change::Life(Life::Failed { why }));
    }
}

/// Whether acknowledged writes may rest on this directory: its identity is in A, or is the primary or the one
/// that was left. Then it is never given up, however often its server ends: the next task would begin empty.
pub(crate) fn is_rested_on(view: &View) -> bool {
    let Some(seen) = &view.seen.epoch else { return false };
    let Some(data) = &view.own.saved.data else { return false };
    seen.record.ackers.contains(data)
        || seen.record.is_primary(data)
        || seen.record.left.as_ref() == Some(data)
}

/// A server that ends again and again, with how and why.
pub(crate) fn crash_loop(view: &View, now: Timestamp) -> Option<String> {
    let recent = recent_exits(view, now);
    let last = view.own.exits.back()?;
    (recent >= limits::CRASHES).then(|| {
        format!(
            "mysqld could not be kept up: {recent} times within a minute, last by {}: {}",
            last.how, last.log
        )
    })
}

fn recent_exits(view: &View, now: Timestamp) -> usize {
    view.own.exits.iter().filter(|exit| now.since(exit.at) < limits::CRASH_WINDOW).count()
}

/// What must be noted before an action is begun: from here on the server may answer, or end.
pub(crate) fn before(moving: &mut Moving, action: &Action) {
    if *action == Action::Server(Order::Start) {
        let now = moving.now;
        moving.make(Change::Server(ServerChange::Started(now)));
    }
}

/// What the process and its directory need next.
pub(crate) fn order(view: &View, now: Timestamp) -> Option<Order> {
    match &view.own.life {
        Life::Serving => running(view, now),
        Life::Stopping { since, kill_at } => stopping(view, now, *since, *kill_at),
        Life::Failed { .. } => {
            (view.own.server != Server::Down).then_some(Order::Stop { within: limits::CLOSE })
        }
    }
}

fn running(view: &View, now: Timestamp) -> Option<Order> {
    match (&view.own.disk, &view.own.server) {
        (Disk::Unknown, _) => Some(Order::Inspect),
        (Disk::Empty, _) => Some(Order::Initialize { data: None }),
        (Disk::Ready, Server::Down) => (restart_at(view, now) <= now).then_some(Order::Start),
        (Disk::Ready, Server::Starting { since }) => {
            (now.since(*since) >= limits::START).then_some(Order::Kill)
        }
        (Disk::Ready, Server::Up(_)) | (Disk::Foreign(_), _) => None,
    }
}

/// When a server that ended may be started again.
pub(crate) fn restart_at(view: &View, now: Timestamp) -> Timestamp {
    let recent = recent_exits(view, now) as u32;
    match view.own.exits.back() {
        Some(exit) if recent > 0 => exit.at + limits::RESTART * 2u32.pow(recent - 1),
        Some(_) | None => Timestamp(0),
    }
}

fn stopping(view: &View, now: Timestamp, since: Timestamp, kill_at: Timestamp) -> Option<Order> {
    if view.own.server == Server::Down {
        return None;
    }
    if now >= kill_at {
        return Some(Order::Kill);
    }
    let withdrawn = view.own.published.is_none() || now.since(since) >= limits::UNPUBLISH;
    (withdrawn && !demote::doors_open(view))
        .then(|| Order::Stop { within: Duration::from_millis(kill_at.millis_since(now)) })
}

/// What Mesos is to be told next.
pub(crate) fn report(view: &View) -> Option<Report> {
    let told = view.own.reported.as_ref();
    let down = view.own.server == Server::Down && !view.own.busy.contains_key(&Lane::Server);
    let next = match &view.own.life {
        Life::Stopping { .. } if down => Report::Killed,
        Life::Stopping { .. } => Report::Killing,
        Life::Failed { why } if down => Report::Failed(why.clone()),
        Life::Serving if view.up().is_some() && view.own.told.is_some() => Report::Running,
        Life::Serving if told.is_none() => Report::Starting("making the data directory".to_owned()),
        Life::Serving | Life::Failed { .. } => return None,
    };
    let over = matches!(told, Some(Report::Killed | Report::Failed(_)));
    let again = told == Some(&next);
    (!over && !again).then_some(next)
}
