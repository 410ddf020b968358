//! From senses to a verdict: whether the primary is to be replaced (`docs/failover.md` §4).
//!
//! Nothing here needs to know whether it is dead: a false alarm costs a short stall. But while replicas still
//! receive from it, somebody else lost the primary, not the cluster.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    DataId, TaskId, Timestamp,
    record::{EpochRecord, MemberRecord, MemberState, SpecRecord},
};

use crate::{
    ackset,
    change::{Change, SenseChange},
    decide::Moving,
    limits,
    view::{View, holder},
};

/// Why the primary is to be replaced, in words; `None` while it is not.
pub(crate) fn verdict(view: &View, record: &EpochRecord, now: Timestamp) -> Option<&'static str> {
    let spec = view.seen.spec.as_ref()?;
    if !spec.auto_failover || spec.terminating || is_cooling(view, record, spec, now) {
        return None;
    }
    let reason = suspicion(view, record, now)?;
    can_elect(view, record).then_some(reason)
}

/// What speaks against the primary.
fn suspicion(view: &View, record: &EpochRecord, now: Timestamp) -> Option<&'static str> {
    let primary = record.primary.as_ref()?;
    let replicas: Vec<&MemberRecord> = live(view, record).collect();
    let streams = replicas.iter().filter(|member| member.lag.is_some()).count();
    match view.member_with(primary).map(|member| member.state) {
        Some(MemberState::Down) => Some("its mysqld is not running"),
        Some(MemberState::Stalled) => Some("its mysqld or its disk does not answer"),
        Some(MemberState::Stopping) => Some("it is being stopped"),
        Some(_) if is_stuck(view, record, now) => Some("it was named and does not open for writes"),
        _ if streams > 0 || replicas.is_empty() => None,
        None => Some("it is gone from ZooKeeper, and no replica receives from it"),
        Some(_) => {
            let suspecting = replicas.iter().filter(|member| member.suspects.is_some()).count();
            (2 * suspecting > replicas.len()).then_some("a majority cannot reach it on any sense")
        }
    }
}

/// Whether the primary has been named for long and takes no writes. Before anybody may acknowledge it waits for the
/// first acker, and another one would wait for the same.
fn is_stuck(view: &View, record: &EpochRecord, now: Timestamp) -> bool {
    let unserved = view.own.unserved.filter(|(epoch, _)| *epoch == record.epoch);
    !record.ackers.is_empty()
        && unserved.is_some_and(|(_, since)| now.since(since) >= limits::STUCK_PROMOTION)
}

/// Keeps since when the primary of this epoch has taken no writes, as far as its record says.
pub(crate) fn settle(moving: &mut Moving) {
    let view = &moving.view;
    let serves = |primary: &DataId| {
        view.member_with(primary).is_some_and(|member| member.state == MemberState::Primary)
    };
    let waits = view.serving().filter(|record| {
        !view.is_me(record.primary.as_ref()) && !record.primary.as_ref().is_some_and(serves)
    });
    let known = view.own.unserved;
    let unserved = waits.map(|record| match known {
        Some((epoch, since)) if epoch == record.epoch => (epoch, since),
        Some(_) | None => (record.epoch, moving.now),
    });
    if unserved != known {
        moving.make(Change::Sense(SenseChange::Unserved(unserved)));
    }
}

/// The other members that obey this epoch and are at work in it.
fn live<'a>(view: &'a View, record: &'a EpochRecord) -> impl Iterator<Item = &'a MemberRecord> {
    view.seen.members.values().filter(|member| {
        let is_primary = member.data.as_ref().is_some_and(|data| record.is_primary(data));
        !is_primary
            && member.epoch == record.epoch
            && matches!(member.state, MemberState::Following | MemberState::Revoked | MemberState::Recovering)
    })
}

/// Whether an election could end: the members that are there would be enough. Otherwise the primary is
/// started again in place, which needs nobody.
fn can_elect(view: &View, record: &EpochRecord) -> bool {
    let there: BTreeSet<DataId> = live(view, record).filter_map(|member| member.data.clone()).collect();
    record.acks > 0 && ackset::may_leave(record, &there)
}

/// After an unplanned failover another one waits, unless the cluster was whole again and it is another host
/// that fails now.
pub(crate) fn is_cooling(view: &View, record: &EpochRecord, spec: &SpecRecord, now: Timestamp) -> bool {
    cools_until(record, spec, &view.seen.members, now).is_some()
}

/// Until when the next unplanned failover would wait; `None` when it would not.
pub(crate) fn cools_until(
    record: &EpochRecord,
    spec: &SpecRecord,
    members: &BTreeMap<TaskId, MemberRecord>,
    now: Timestamp,
) -> Option<Timestamp> {
    let failed = record.failed.as_ref()?;
    let until = failed.at + limits::COOL_DOWN;
    let whole =
        record.ackers.len() >= ackset::wanted_ackers(spec.acks).min(spec.members.len().saturating_sub(1));
    let primary = record.primary.as_ref();
    let holder = primary.and_then(|primary| holder(primary, spec, members));
    // Who is gone with its executor is not there to be started again in place: nobody is waited for.
    if primary.is_some() && holder.is_none() {
        return None;
    }
    let elsewhere = match (holder.map(|member| &member.mysql.host), &failed.host) {
        (Some(now), Some(before)) => now != before,
        // Where the one or the other was, nobody knows any more: then it is the data that tells them apart.
        _ => record.primary.is_some() && record.primary != failed.data,
    };
    (now < until && !(whole && elsewhere)).then_some(until)
}

/// What this member suspects itself: its stream is lost, and the primary's control endpoint is silent.
pub(crate) fn own_suspicion(view: &View) -> bool {
    let following = view.own.followed.is_some();
    let no_stream = view.up().is_some_and(|up| up.observed.lag.is_none());
    following && no_stream && view.own.silent_probes >= limits::SILENT_PROBES
}

#[cfg(test)]
mod tests;
