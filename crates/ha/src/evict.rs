//! Cutting off an acker that is gone, so that the next failure can be survived too.
//!
//! The primary locks its account, ends its dump thread, has a marker row acknowledged by the others, and
//! claims it cut off; only then may the coordinator take it out of A (`docs/failover.md` §3).

use std::collections::BTreeSet;

use mysos_model::{
    DataId, ProblemCode,
    record::{JournalStep, MemberRecord, MemberState},
};

use crate::{
    action::{Account, Action, Order},
    change::{Change, PromotionChange},
    decide::Moving,
    limits, promote, story,
    view::{Cut, Promotion, Step, View},
};

/// Begins to cut off who is gone, and forgets who is outside A or has come back in time.
pub(crate) fn settle(moving: &mut Moving) {
    let Some(promotion) = promote::active(&moving.view) else { return };
    if !matches!(promotion.step, Step::Serve { .. }) {
        return;
    }
    let Some(record) = moving.view.serving() else { return };
    let over: Vec<DataId> = promotion
        .cutting
        .iter()
        .filter(|(data, cut)| !record.ackers.contains(data) || is_needless(&moving.view, data, **cut))
        .map(|(data, _)| data.clone())
        .collect();
    let gone = next_to_cut(moving, promotion);
    for data in over {
        moving.make(Change::Promotion(PromotionChange::CutOver(data)));
    }
    if let Some(data) = gone {
        let name = story::named(&moving.view, Some(&data));
        moving.note(
            JournalStep::CuttingOff,
            format!("{name} may acknowledge, and does not or must not any more"),
            None,
        );
        moving.make(Change::Promotion(PromotionChange::Cutting(data, Cut::Lock)));
    }
}

/// Whether a cut that is not claimed yet is given up: its acker is back, and may be the only one that can prove
/// anything. Not while an order or a marker row for a cut is under way: what it comes to would be mistaken.
fn is_needless(view: &View, data: &DataId, cut: Cut) -> bool {
    let cuts = |action: &Action| {
        matches!(action, Action::Server(Order::CutOff { .. }))
            || matches!(action, Action::Prove { cut, .. } if !cut.is_empty())
    };
    let is_back = view.member_with(data).is_some_and(|member| is_at_work(member) && !must_leave(member));
    cut < Cut::Done && is_back && !view.own.busy.values().any(|begun| cuts(&begun.action))
}

/// An acker that is errant, has not been at work for too long, or whose slot has other data now, if enough others remain.
fn next_to_cut(moving: &Moving, promotion: &Promotion) -> Option<DataId> {
    let view = &moving.view;
    let record = view.serving()?;
    let candidates = || record.ackers.iter().filter(|acker| !promotion.cutting.contains_key(acker));
    let remaining = candidates()
        .filter_map(|acker| view.member_with(acker))
        .filter(|member| {
            member.state == MemberState::Following && member.claims.acking && !must_leave(member)
        })
        .count();
    if remaining < (record.acks as usize).max(1) {
        return None;
    }
    let gone = |data: &&DataId| {
        let must_leave = view.member_with(data).is_some_and(must_leave);
        let missing = view.seen.missing.get(*data);
        let long = missing.is_some_and(|since| moving.now.since(*since) >= limits::EVICT_AFTER);
        must_leave || long || missing.is_some() && is_replaced(view, promotion, data)
    };
    candidates().find(gone).cloned()
}

/// Whether a member says that its data is to be given up: it holds what the primary lacks, or can follow with it no
/// more. It must be outside A before that.
fn must_leave(member: &MemberRecord) -> bool {
    let codes = [ProblemCode::ErrantMember, ProblemCode::MemberCopying, ProblemCode::CopyFailed];
    member.problems.iter().any(|problem| codes.contains(&problem.code))
}

/// Whether a member's server could acknowledge soon: it runs and answers. A record alone acknowledges nothing.
pub(crate) fn is_at_work(member: &MemberRecord) -> bool {
    matches!(
        member.state,
        MemberState::Recovering
            | MemberState::Revoked
            | MemberState::Following
            | MemberState::Promoting
            | MemberState::Primary
            | MemberState::Demoting
    )
}

/// Whether the slot that this data was let in for has other data now.
fn is_replaced(view: &View, promotion: &Promotion, data: &DataId) -> bool {
    let slot = promotion.let_in.iter().find(|(_, there)| *there == data).map(|(ordinal, _)| *ordinal);
    view.others().any(|member| {
        Some(member.ordinal) == slot && member.data.is_some() && member.data.as_ref() != Some(data)
    })
}

/// Locks and ends what is to be cut off.
pub(crate) fn order(view: &View) -> Option<Order> {
    let promotion = promote::active(view)?;
    let (data, _) = promotion.cutting.iter().find(|(_, cut)| **cut == Cut::Lock)?;
    let ordinal = promotion.let_in.iter().find(|(_, there)| *there == data).map(|(ordinal, _)| *ordinal);
    Some(Order::CutOff { ordinal })
}

/// The acker that an order to cut off is about.
pub(crate) fn being_locked(view: &View) -> Option<DataId> {
    let promotion = view.own.promotion.as_ref()?;
    promotion.cutting.iter().find(|(_, cut)| **cut == Cut::Lock).map(|(data, _)| data.clone())
}

/// A marker row that proves that the others are enough.
pub(crate) fn proof(view: &View) -> Option<Action> {
    let promotion = promote::active(view)?;
    let cut: BTreeSet<DataId> = promotion
        .cutting
        .iter()
        .filter(|(_, cut)| **cut == Cut::Prove)
        .map(|(data, _)| data.clone())
        .collect();
    (!cut.is_empty()).then(|| Action::Prove {
        epoch: promotion.epoch,
        turn: view.turn(),
        account: Account::Present,
        cut,
        within: limits::MARKER,
    })
}

#[cfg(test)]
mod tests;
