//! Becoming the primary, in the order of `docs/failover.md` §5.
//!
//! confirm → enter → lock → drain → arm → open → prove → publish. Each step is repeatable; a later epoch,
//! a new start of the server or a stop ends the whole.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{Timestamp, record::JournalStep};

use crate::{
    ackset,
    action::{Account, Action, Lane, Order},
    change::{Change, PromotionChange},
    decide::Moving,
    epoch, limits,
    view::{Promotion, Receiver, Step, View},
};

/// Begins a promotion, and passes steps that are already true.
pub(crate) fn settle(moving: &mut Moving) {
    let Some(promotion) = &moving.view.own.promotion else { return begin(moving) };
    if promotion.deposed.is_some() {
        return;
    }
    let next = match promotion.step {
        Step::Enter if moving.view.own.number.is_some() => Step::Lock,
        Step::Drain if is_drained(&moving.view) => match moving.view.serving() {
            // The k of the very record that confirmed: only ackset changes may have come since.
            Some(record) => Step::Arm { acks: record.acks },
            None => return,
        },
        Step::Confirm
        | Step::Enter
        | Step::Lock
        | Step::Drain
        | Step::Arm { .. }
        | Step::Open { .. }
        | Step::Prove { .. }
        | Step::Serve { .. } => return,
    };
    if let Step::Arm { .. } = next {
        let took = moving.view.own.promotion.as_ref().map(|it| moving.now.millis_since(it.since));
        moving.note(JournalStep::Drained, "receives from nobody, and has applied all it received", took);
    }
    moving.make(Change::Promotion(PromotionChange::Stepped(next)));
}

fn begin(moving: &mut Moving) {
    let view = &moving.view;
    let Some(up) = view.up() else { return };
    let ready = view.is_primary() && up.drained && view.own.life == crate::view::Life::Serving;
    if !ready || !up.observed.read_only {
        return;
    }
    let promotion = Promotion {
        epoch: view.own.saved.obeyed,
        start: up.start,
        step: Step::Confirm,
        since: moving.now,
        deposed: None,
        let_in: BTreeMap::new(),
        cutting: BTreeMap::new(),
    };
    moving.make(Change::Promotion(PromotionChange::Begun(Box::new(promotion))));
}

/// Receives from nobody, and everything received is applied.
fn is_drained(view: &View) -> bool {
    view.up().is_some_and(|up| {
        up.drained
            && up.observed.receiver == Receiver::Off
            && up.observed.executed.contains(&up.observed.received)
    })
}

/// The promotion, if it is under way and wanted.
pub(crate) fn active(view: &View) -> Option<&Promotion> {
    view.own.promotion.as_ref().filter(|promotion| promotion.deposed.is_none())
}

/// What the own server must do next on the way, and for the replicas once the doors are open.
pub(crate) fn order(view: &View, now: Timestamp) -> Option<Order> {
    let promotion = active(view)?;
    let up = view.up()?;
    match promotion.step {
        Step::Confirm | Step::Enter => None,
        Step::Lock => Some(Order::LockAll),
        Step::Drain if up.observed.receiver != Receiver::Off => Some(Order::Revoke),
        Step::Drain => frees(view, promotion, now),
        Step::Arm { acks } => Some(Order::Arm { epoch: promotion.epoch, acks }),
        // Asked again at the last moment: `active` has checked that the epoch still names this member.
        Step::Open { .. } => Some(Order::Open),
        Step::Prove { .. } => let_in(view, promotion).or_else(|| frees(view, promotion, now)),
        Step::Serve { .. } => let_in(view, promotion)
            .or_else(|| frees(view, promotion, now))
            .or_else(|| up.observed.source.is_some().then_some(Order::ForgetSource)),
    }
}

/// Ends the clients when one of them holds up what the primary waits for, and has not been ended for that yet.
fn frees(view: &View, promotion: &Promotion, now: Timestamp) -> Option<Order> {
    let since = match promotion.step {
        Step::Drain => drains_long(promotion, now),
        Step::Prove { .. } | Step::Serve { .. } => held_up(view, now),
        Step::Confirm | Step::Enter | Step::Lock | Step::Arm { .. } | Step::Open { .. } => None,
    };
    let due = since.is_some_and(|since| view.own.freed.is_none_or(|freed| freed < since));
    due.then_some(Order::EndClients)
}

/// An applier that is not done may wait for a lock of a reader. Whoever comes back at once may hold it again.
fn drains_long(promotion: &Promotion, now: Timestamp) -> Option<Timestamp> {
    let before = Timestamp(now.0.saturating_sub(limits::FREE_AGAIN.as_millis() as u64));
    (promotion.since <= before).then_some(before)
}

/// When a write of our own failed last although replicas are there to acknowledge it: a client holds what it needs.
fn held_up(view: &View, now: Timestamp) -> Option<Timestamp> {
    let up = view.up()?;
    let failed = |lane: Lane| view.own.failures.get(&lane).map(|failure| failure.at);
    let stuck = up.stuck.is_some_and(|since| now.since(since) >= limits::HELD_UP);
    let nudged = failed(Lane::Nudge).filter(|_| stuck);
    let enough = up.observed.connected_ackers >= up.observed.wait_count.unwrap_or(0);
    nudged.max(failed(Lane::Write)).filter(|_| enough)
}

/// The next replica that may be let in and is not.
fn let_in(view: &View, promotion: &Promotion) -> Option<Order> {
    let record = view.serving()?;
    view.others()
        .find(|member| {
            let Some(data) = &member.data else { return false };
            ackset::may_let_in(record, member)
                && view.of_slot(member.ordinal) == Some(*member)
                && promotion.let_in.get(&member.ordinal) != Some(data)
                && !promotion.cutting.contains_key(data)
                && !promotion.cutting.keys().any(|cut| promotion.let_in.get(&member.ordinal) == Some(cut))
        })
        .map(|member| Order::LetIn { ordinal: member.ordinal })
}

/// The swap of the record to itself with which every opening begins.
pub(crate) fn swap(view: &View, now: Timestamp) -> Option<Action> {
    let promotion = active(view)?;
    let seen = view.seen.epoch.as_ref()?;
    (promotion.step == Step::Confirm && view.is_primary()).then(|| Action::SwapEpoch {
        version: seen.version,
        parent: seen.parent,
        record: Box::new(epoch::opening(&seen.record, now)),
    })
}

/// A write for the sake of its acknowledgement, when commits wait that nobody will acknowledge by itself.
pub(crate) fn nudge(view: &View, now: Timestamp) -> Option<Action> {
    let promotion = active(view)?;
    let (Step::Prove { acks } | Step::Serve { acks }) = promotion.step else { return None };
    let up = view.up()?;
    let stuck = up.stuck.is_some_and(|since| now.since(since) >= limits::STUCK);
    (stuck && up.observed.connected_ackers >= acks).then_some(Action::Nudge { within: limits::NUDGE })
}

/// The owner's account and the promotion row.
pub(crate) fn proof(view: &View) -> Option<Action> {
    let promotion = active(view)?;
    matches!(promotion.step, Step::Prove { .. }).then(|| Action::Prove {
        epoch: promotion.epoch,
        turn: view.turn(),
        account: Account::Ensure,
        cut: BTreeSet::new(),
        within: limits::MARKER,
    })
}

#[cfg(test)]
mod tests;
