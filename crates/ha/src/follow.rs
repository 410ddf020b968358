//! Being a replica: ask the primary, compare, follow, acknowledge when the record allows it.
//!
//! A member never follows a primary that lacks a transaction it holds, and never starts to receive before
//! it has applied what it had received: what was acknowledged may exist only there.

use std::time::Duration;

use mysos_model::{
    DataId, Endpoint, GtidSet, Timestamp,
    record::{JournalStep, LagClass, Phase},
};

use crate::{
    action::{Action, Asked, Lane, Order},
    change::{Change, ReplicaChange},
    copy,
    decide::Moving,
    limits, rebuild,
    view::{Acking, Followed, Life, Receiver, Up, View, Welcome},
};

/// How far a replica has caught up with what the primary told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaughtUp {
    /// It has executed all that the primary held when it was asked at this time.
    pub asked: Timestamp,
    /// How long ago that is.
    pub lag: LagClass,
}

/// What a server says when a transaction of its own stands in the way: MariaDB's applier (a number out of order), its
/// receiver (the primary lacks the place it asks for), and MySQL's receiver.
const ERRANT_SIGNS: [u32; 3] = [1950, 1236, 13114];

/// The primary to follow, if this member is to follow one.
fn source(view: &View) -> Option<Endpoint> {
    let record = view.serving()?;
    if view.is_me(record.primary.as_ref()) || view.own.promotion.is_some() {
        return None;
    }
    view.primary_member().map(|primary| primary.mysql.clone())
}

/// A server that may follow: it answers, is read-only, and has applied what it held.
fn ready(view: &View) -> Option<&Up> {
    let fit = view.own.life == Life::Serving && view.own.promotion.is_none();
    view.up().filter(|up| fit && up.drained && up.observed.read_only)
}

/// Drops what the primary said when it is out of date, and judges it when it is not.
pub(crate) fn settle(moving: &mut Moving) {
    let view = &moving.view;
    let stale = view.own.welcome.as_ref().is_some_and(|welcome| !is_current(view, welcome));
    if stale {
        moving.make(Change::Replica(ReplicaChange::Welcomed(None)));
        if moving.view.own.errant.is_some() {
            moving.make(Change::Replica(ReplicaChange::Errant(None)));
        }
        return;
    }
    // Before its doors are open a primary may not have applied all it holds: its set says nothing yet.
    let Some(welcome) = view.own.welcome.as_ref().filter(|welcome| welcome.terms.let_in) else { return };
    let Some(up) = ready(view) else { return };
    let held = to_compare(view, up, welcome);
    // Sets of different flavors cannot be compared: then everything is errant.
    let beyond = held.minus(&welcome.terms.holds).unwrap_or(held);
    let errant = Some(beyond).filter(|set| !set.is_empty());
    if errant != view.own.errant {
        if let Some(set) = &errant {
            moving.note(JournalStep::Errant, format!("the primary lacks {set}"), None);
        }
        moving.make(Change::Replica(ReplicaChange::Errant(errant)));
    }
}

/// What of this member's set the primary's answer can be held against. Once it follows, its set grows with the
/// primary's, and an answer from before says nothing about that; what no primary has written did not come from there.
fn to_compare(view: &View, up: &Up, welcome: &Welcome) -> GtidSet {
    match &view.own.followed {
        None => up.observed.received.clone(),
        // Its applier stands, or its receiver does: what it has executed had left the primary when it was asked.
        Some(followed) if is_in_doubt(up) && welcome.at > followed.at => up.observed.executed.clone(),
        Some(_) => up.observed.executed.strays(),
    }
}

/// Keeps how far this member has caught up. Its server knows only how far it is behind what it has received, and a
/// receiver that is slow receives late. An acker's word is its acknowledgements; whoever is not one asks again and again.
pub(crate) fn reckon(moving: &mut Moving) {
    let caught_up = caught_up(&moving.view, moving.now);
    if caught_up != moving.view.own.caught_up {
        moving.make(Change::Replica(ReplicaChange::CaughtUp(caught_up)));
    }
}

fn caught_up(view: &View, now: Timestamp) -> Option<CaughtUp> {
    let welcome = view.own.welcome.as_ref().filter(|welcome| welcome.terms.let_in)?;
    let reached = view.up()?.observed.executed.contains(&welcome.terms.holds);
    let before = view.own.caught_up.map(|it| it.asked);
    let asked = if reached { welcome.at } else { before? };
    let age = if is_acker(view) { Duration::ZERO } else { now.since(asked) };
    let lag = match age {
        age if age <= limits::CURRENT => LagClass::Current,
        age if age <= limits::BEHIND => LagClass::Behind,
        _ => LagClass::Lagging,
    };
    Some(CaughtUp { asked, lag })
}

fn is_acker(view: &View) -> bool {
    let own = view.own.saved.data.as_ref();
    view.obeyed().is_some_and(|record| own.is_some_and(|own| record.ackers.contains(own)))
}

/// Whether the last answer is reached, so that a newer one tells more.
fn is_old(view: &View, welcome: &Welcome, now: Timestamp) -> bool {
    let reached = view.own.caught_up.is_some_and(|it| it.asked == welcome.at);
    let follows = view.own.followed.is_some() && !is_acker(view);
    follows && reached && now.since(welcome.at) >= limits::ASK_ON
}

/// Whether replication stopped with an error that an errant transaction leads to.
fn is_in_doubt(up: &Up) -> bool {
    up.observed.error.as_ref().is_some_and(|error| ERRANT_SIGNS.contains(&error.code))
}

/// Whether an answer is of this primary, this epoch and this start of the own server.
fn is_current(view: &View, welcome: &Welcome) -> bool {
    let Asked { primary, epoch, start } = &welcome.of;
    view.up().is_some_and(|up| up.start == *start)
        && view
            .serving()
            .is_some_and(|record| record.epoch == *epoch && record.primary.as_ref() == Some(primary))
}

/// Whether the last order to follow is still what is wanted. While the record is away, cannot be read or was set back,
/// nothing else is wanted.
pub(crate) fn follows(view: &View) -> bool {
    let Some(followed) = &view.own.followed else { return false };
    view.record().is_none() || source(view).is_some_and(|wanted| wanted == followed.source)
}

/// What the own server must do next to follow, or to leave an epoch.
pub(crate) fn order(view: &View, now: Timestamp) -> Option<Order> {
    let up = view.up()?;
    if view.own.life != Life::Serving || view.own.promotion.is_some() || !up.observed.read_only {
        return None;
    }
    if must_revoke(view, up) {
        return Some(Order::Revoke);
    }
    if !up.drained {
        return Some(Order::Drain);
    }
    if view.own.errant.is_some() {
        return rebuild::order(view);
    }
    if let Some(order) = copy::order(view) {
        return Some(order);
    }
    // What it needs is not in the primary's binary logs, or is had sooner.
    if view.own.copying.need.is_some() {
        return None;
    }
    let source = source(view)?;
    let welcome = view.own.welcome.as_ref()?;
    if !(welcome.terms.let_in || view.own.followed.is_some()) {
        return None;
    }
    let acking = view.obeyed()?.ackers.contains(view.own.saved.data.as_ref()?);
    due_again(view, up, (&source, acking), now).then_some(Order::Follow { source, acking })
}

/// Whether nothing that was ordered can still set the receiver going: no order is under way, and none to follow has
/// failed last, of which nobody knows how far it came.
pub(crate) fn is_settled(view: &View) -> bool {
    !view.own.busy.contains_key(&Lane::Server) && !follow_failed(view)
}

fn follow_failed(view: &View) -> bool {
    let last = view.own.failures.get(&Lane::Server).map(|failure| &failure.action);
    matches!(last, Some(Action::Server(Order::Follow { .. })))
}

/// An epoch that is being left, or another primary than the one it receives from: receive from nobody.
pub(crate) fn must_revoke(view: &View, up: &Up) -> bool {
    let receives = up.observed.receiver != Receiver::Off || view.own.acking == Acking::On;
    let leaving = view.obeyed().is_some_and(|record| match record.phase {
        Phase::Electing | Phase::Forming => true,
        Phase::Serving | Phase::Handover => false,
    });
    let elsewhere =
        view.obeyed().is_some() && view.own.followed.as_ref().is_none_or(|it| is_elsewhere(view, it));
    receives && (leaving || elsewhere) || leaving && follow_failed(view)
}

/// Whether what is followed is another member than the primary: an order of the last epoch may have been carried out
/// after this one was obeyed, and the primary of this one may have no record that says where it is.
fn is_elsewhere(view: &View, followed: &Followed) -> bool {
    view.serving().is_some_and(|record| {
        let another = |data: &DataId| !record.is_primary(data);
        view.others().any(|it| it.mysql == followed.source && it.data.as_ref().is_some_and(another))
    })
}

/// Whether to carry out the order: it is another than the last, or the last one did not hold.
fn due_again(view: &View, up: &Up, wanted: (&Endpoint, bool), now: Timestamp) -> bool {
    let Some(Followed { at, source, acking }) = &view.own.followed else { return true };
    let changed = (source, *acking) != wanted;
    // An order to acknowledge failed: it may have been carried out, and only another one ends that.
    let unsure = !wanted.1 && view.own.acking == Acking::On;
    let broken = up.observed.receiver == Receiver::Off || !up.observed.applying;
    changed || unsure || (broken && now.since(*at) >= limits::FOLLOW_AGAIN)
}

/// Asks the primary, until it has let this member in, again when replication stops in a way that gives doubt, and on
/// and on while this member is no acker.
pub(crate) fn question(view: &View, now: Timestamp) -> Option<Action> {
    let up = ready(view)?;
    if may_write(view, now) {
        return None;
    }
    let primary = source(view)?;
    let stands = |welcome: &Welcome| !is_in_doubt(up) || now.since(welcome.at) < limits::FOLLOW_AGAIN;
    let answered = |welcome: &Welcome| welcome.terms.let_in && stands(welcome) && !is_old(view, welcome, now);
    let asked = view.own.welcome.as_ref().is_some_and(answered);
    let record = view.serving()?;
    let of = Asked { primary: record.primary.clone()?, epoch: record.epoch, start: up.start };
    (!asked && view.own.errant.is_none()).then_some(Action::Ask { primary, of })
}

/// Whether a write from the time when this member was the primary may still reach its server, or be in it without
/// having been looked at: what is compared before that says nothing about it.
fn may_write(view: &View, now: Timestamp) -> bool {
    [Lane::Write, Lane::Nudge].into_iter().any(|lane| !view.is_idle(lane, now))
}

/// What must be noted before an action is begun: from here on this member might acknowledge.
pub(crate) fn before(moving: &mut Moving, action: &Action) {
    if matches!(action, Action::Server(Order::Follow { acking: true, .. })) {
        moving.make(Change::Replica(ReplicaChange::Acking(Acking::On)));
    }
}

#[cfg(test)]
mod tests;
