//! Who acts for the cluster, and what. A convenience: safety never rests on it, because every swap is
//! checked against the record's version and every claim against its turn.

use mysos_model::{
    DataId, Timestamp,
    record::{EpochRecord, Failed, MemberState, Phase},
};

use crate::{
    ackset,
    action::Action,
    change::{Change, SenseChange},
    coldstart,
    decide::Moving,
    detect,
    elect::{self, Verdict},
    epoch, limits,
    view::{Due, Life, SeenEpoch, View},
};

/// Whether this member holds the coordinator's node.
pub fn holds(view: &View) -> bool {
    view.seen.coordinator.as_ref() == Some(&view.own.id.task)
}

/// A primary coordinates only while no replica could.
fn yields(view: &View) -> bool {
    let replica = view.others().any(|member| {
        matches!(member.state, MemberState::Following | MemberState::Revoked | MemberState::Recovering)
    });
    view.own.promotion.is_some() && replica
}

/// Takes the coordinator's node, or gives it back.
pub(crate) fn standing(view: &View) -> Option<Action> {
    let fit = view.own.life == Life::Serving && view.up().is_some_and(|up| up.drained);
    let told = view.own.told.as_ref().is_some_and(|(session, _)| *session == view.seen.session.number);
    if holds(view) {
        return (!fit || yields(view)).then_some(Action::StandDown);
    }
    let free = view.seen.coordinator_read && view.seen.coordinator.is_none();
    (free && fit && told && !yields(view)).then_some(Action::Coordinate)
}

/// Keeps since when the same swap has been due: who is not the coordinator acts when nobody does.
pub(crate) fn settle(moving: &mut Moving) {
    let due = planned(&moving.view, moving.now).map(|(due, _)| due);
    let before = moving.view.own.due;
    if due != before.map(|(due, _)| due) {
        let now = due.map(|due| (due, moving.now));
        moving.make(Change::Sense(SenseChange::Due(now)));
    }
}

/// The swap that the cluster needs next, if this member is the one to make it.
pub(crate) fn swap(view: &View, now: Timestamp) -> Option<Action> {
    let (_, since) = view.own.due?;
    let patience = limits::TAKEOVER * (1 + view.own.id.ordinal.0);
    if !holds(view) && now.since(since) < patience {
        return None;
    }
    let seen = view.seen.epoch.as_ref()?;
    let (_, next) = planned(view, now)?;
    epoch::is_legal(&seen.record, &next).then(|| Action::SwapEpoch {
        version: seen.version,
        parent: seen.parent,
        record: Box::new(next),
    })
}

/// What the records ask for.
fn planned(view: &View, now: Timestamp) -> Option<(Due, EpochRecord)> {
    let may_act = view.own.life == Life::Serving && view.up().is_some() && view.seen.session.connected;
    let seen = view.seen.epoch.as_ref().filter(|_| may_act)?;
    view.record()?;
    match seen.record.phase {
        Phase::Forming => coldstart::first(view, &seen.record, now).map(|next| (Due::Other, next)),
        Phase::Serving => begin(view, seen, now).map(|next| (Due::Elect, next)).or_else(|| {
            evict(view, seen, now).or_else(|| admit(view, seen, now)).map(|next| (Due::Other, next))
        }),
        Phase::Electing => name(view, seen, now).map(|next| (Due::Name, next)),
        // Handing over is a duty of the rooms that come next.
        Phase::Handover => None,
    }
}

/// Leaves an epoch whose primary is to be replaced. The primary itself never does that.
fn begin(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<EpochRecord> {
    if view.is_me(seen.record.primary.as_ref()) {
        return None;
    }
    let reason = detect::verdict(view, &seen.record, now)?;
    let data = seen.record.primary.clone()?;
    let member = view.member_with(&data);
    let failed = Failed {
        at: now,
        host: member.map(|member| member.mysql.host.clone()),
        ordinal: member.map(|member| member.ordinal),
        data: Some(data),
        reason: reason.to_owned(),
        epoch: seen.record.epoch,
    };
    Some(epoch::electing(&seen.record, failed))
}

/// Names the winner of an election.
fn name(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<EpochRecord> {
    let spec = view.seen.spec.as_ref()?;
    match elect::elect(&seen.record, spec, view.seen.members.values()) {
        Verdict::Winner(elected) => Some(epoch::named(&seen.record, elected, now)),
        Verdict::Waiting { .. } | Verdict::NoCandidate => None,
    }
}

fn evict(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<EpochRecord> {
    let primary = view.member_with(seen.record.primary.as_ref()?)?;
    let gone = ackset::may_evict(&seen.record, primary);
    (!gone.is_empty()).then(|| epoch::evicted(&seen.record, &gone, now))
}

fn admit(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<EpochRecord> {
    let spec = view.seen.spec.as_ref()?;
    let lost = |(data, since): &(&DataId, &Timestamp)| {
        seen.record.ackers.contains(*data) && now.since(**since) >= limits::EVICT_AFTER
    };
    if !ackset::has_room(&seen.record, view.seen.missing.iter().filter(lost).count()) {
        return None;
    }
    let member = view
        .seen
        .members
        .values()
        .filter(|member| ackset::may_admit(&seen.record, spec, member))
        .min_by_key(|member| member.ordinal)?;
    Some(epoch::admitted(&seen.record, member.data.as_ref()?, now))
}
