//! Who acts for the cluster, and what. A convenience: safety never rests on it, because every swap is
//! checked against the record's version and every claim against its turn.

use mysos_model::{
    Timestamp,
    record::{MemberState, Phase},
};

use crate::{
    ackset,
    action::Action,
    coldstart, epoch,
    view::{Life, SeenEpoch, View},
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

/// The swap that the cluster needs next, if this member coordinates.
pub(crate) fn swap(view: &View, now: Timestamp) -> Option<Action> {
    if !holds(view) || view.own.life != Life::Serving {
        return None;
    }
    let seen = view.seen.epoch.as_ref()?;
    view.record()?;
    let next = match seen.record.phase {
        Phase::Forming => coldstart::first(view, &seen.record, now),
        Phase::Serving => evict(view, seen, now).or_else(|| admit(view, seen, now)),
        // Leaving an epoch and handing over are other members' duties of this crate's next rooms.
        Phase::Electing | Phase::Handover => None,
    }?;
    epoch::is_legal(&seen.record, &next).then(|| Action::SwapEpoch {
        version: seen.version,
        parent: seen.parent,
        record: Box::new(next),
    })
}

fn evict(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<mysos_model::record::EpochRecord> {
    let primary = view.member_with(seen.record.primary.as_ref()?)?;
    let gone = ackset::may_evict(&seen.record, primary);
    (!gone.is_empty()).then(|| epoch::evicted(&seen.record, &gone, now))
}

fn admit(view: &View, seen: &SeenEpoch, now: Timestamp) -> Option<mysos_model::record::EpochRecord> {
    let spec = view.seen.spec.as_ref()?;
    let member = view
        .seen
        .members
        .values()
        .filter(|member| ackset::may_admit(&seen.record, spec, member))
        .min_by_key(|member| member.ordinal)?;
    Some(epoch::admitted(&seen.record, member.data.as_ref()?, now))
}
