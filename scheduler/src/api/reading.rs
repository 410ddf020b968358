//! What can be read off a cluster of the view, for pages and JSON alike: who is who, and the words of the wire.

use mysos_model::{
    Durability, Severity, Timestamp,
    record::{JournalStep, LagClass, MemberRecord, MemberState, Phase},
};

use crate::view::{ClusterView, InstanceView};

/// Members that clients find.
pub(crate) fn in_service(cluster: &ClusterView) -> u32 {
    u32::from(cluster.published_primary.is_some()) + cluster.published_replicas.len() as u32
}

/// The record of the member that the fencing record names, while it serves.
pub(crate) fn primary_record(cluster: &ClusterView) -> Option<&MemberRecord> {
    let epoch = cluster.epoch.as_ref().filter(|epoch| epoch.phase == Phase::Serving)?;
    let named = epoch.primary.as_ref()?;
    cluster.members.values().find(|record| record.data.as_ref() == Some(named))
}

/// Since when the primary is named: the record itself changes with every acker. Where the journal is too short to
/// tell, since the last change.
pub(crate) fn primary_since(cluster: &ClusterView) -> Option<Timestamp> {
    let epoch = cluster.epoch.as_ref()?;
    let naming = [JournalStep::Elected.as_str(), JournalStep::Formed.as_str()];
    let named =
        cluster.journal.iter().find(|line| line.epoch == epoch.epoch && naming.contains(&line.step.as_str()));
    Some(named.map_or(epoch.since, |line| line.at))
}

/// What the instance's present task says of itself.
pub(crate) fn record<'a>(cluster: &'a ClusterView, instance: &InstanceView) -> Option<&'a MemberRecord> {
    cluster.members.get(instance.task.as_ref()?)
}

/// The group in which clients find it.
pub(crate) fn published(cluster: &ClusterView, instance: &InstanceView) -> Option<&'static str> {
    let at = instance.mysql.as_ref()?;
    if cluster.published_primary.as_ref() == Some(at) {
        return Some("master");
    }
    cluster.published_replicas.contains(at).then_some("slaves")
}

/// Its replication role.
pub(crate) fn role(cluster: &ClusterView, instance: &InstanceView) -> Option<&'static str> {
    let record = record(cluster, instance)?;
    if primary_record(cluster).is_some_and(|primary| primary.task == record.task) {
        return Some("primary");
    }
    (record.state == MemberState::Following).then_some("replica")
}

/// The word of a policy.
pub(crate) fn durability_word(durability: Durability) -> &'static str {
    match durability {
        Durability::Lossless => "lossless",
        Durability::Available => "available",
        Durability::Async => "async",
    }
}

/// The word of a phase.
pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Forming => "forming",
        Phase::Serving => "serving",
        Phase::Electing => "electing",
        Phase::Handover => "handover",
    }
}

/// The word of a member's state.
pub(crate) fn state_word(state: MemberState) -> &'static str {
    match state {
        MemberState::Preparing => "preparing",
        MemberState::Recovering => "recovering",
        MemberState::Revoked => "revoked",
        MemberState::Following => "following",
        MemberState::Promoting => "promoting",
        MemberState::Primary => "primary",
        MemberState::Demoting => "demoting",
        MemberState::Quarantining => "quarantining",
        MemberState::Stalled => "stalled",
        MemberState::Down => "down",
        MemberState::Refused => "refused",
        MemberState::Stopping => "stopping",
    }
}

/// The word of a lag.
pub(crate) fn lag_word(lag: LagClass) -> &'static str {
    match lag {
        LagClass::Current => "current",
        LagClass::Behind => "behind",
        LagClass::Lagging => "lagging",
    }
}

/// The word of a severity.
pub(crate) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}
