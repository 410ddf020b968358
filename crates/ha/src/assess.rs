//! One cluster, as its records show it: a state and the problems. Derived on every turn, stored nowhere.
//! The members' coordinator and the scheduler's pages both read a cluster through this.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    DataId, Epoch, GtidSet, Ordinal, Problem, ProblemCode, Severity, TaskId, Timestamp,
    record::{EpochRecord, Goal, MemberRecord, MemberState, Phase, SpecRecord},
};

use crate::{ackset, detect, lost, trouble};

/// The state of a cluster, with exactly what is true in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterState {
    /// Made for the first time; nobody has been published yet.
    Provisioning {
        /// Members whose mysqld answers.
        ready: usize,
        /// Members wanted.
        wanted: usize,
    },
    /// Everything is as it should be.
    Healthy {
        /// The epoch served in.
        epoch: Epoch,
        /// Who serves.
        primary: DataId,
    },
    /// Writable, its quorum held, with something to repair.
    Degraded {
        /// The epoch served in.
        epoch: Epoch,
        /// Who serves.
        primary: DataId,
    },
    /// The primary is named and cannot accept writes.
    Blocked {
        /// The epoch.
        epoch: Epoch,
        /// Who should serve.
        primary: DataId,
        /// Since when.
        since: Timestamp,
    },
    /// An epoch is being left.
    FailingOver {
        /// The epoch that is being made.
        epoch: Epoch,
        /// Members that have revoked.
        heard: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The primary hands over on purpose.
    SwitchingOver {
        /// The epoch that is being left.
        epoch: Epoch,
    },
    /// The epoch record is lost; all wanted members must be heard.
    ColdStart {
        /// Slots that have not been heard.
        waiting_for: BTreeSet<Ordinal>,
    },
    /// No safe candidate: nothing is done, loudly.
    Lost {
        /// The epoch.
        epoch: Epoch,
        /// What would be lost.
        at_risk: Option<GtidSet>,
    },
    /// Being deleted.
    Terminating,
}

impl ClusterState {
    /// The word of `docs/failover.md` §8.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Provisioning { .. } => "provisioning",
            Self::Healthy { .. } => "healthy",
            Self::Degraded { .. } => "degraded",
            Self::Blocked { .. } => "blocked",
            Self::FailingOver { .. } => "failing_over",
            Self::SwitchingOver { .. } => "switching_over",
            Self::ColdStart { .. } => "cold_start",
            Self::Lost { .. } => "lost",
            Self::Terminating => "terminating",
        }
    }
}

/// A state and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The state.
    pub state: ClusterState,
    /// Worst first.
    pub problems: Vec<Problem>,
}

/// The records that an assessment is made from.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// What is wanted; absent before the first write and after the last.
    pub spec: Option<&'a SpecRecord>,
    /// The fencing record.
    pub epoch: Option<&'a EpochRecord>,
    /// The members' records.
    pub members: &'a BTreeMap<TaskId, MemberRecord>,
}

/// The state of a cluster and what is wrong with it.
pub fn assess(records: Records<'_>, now: Timestamp) -> Assessment {
    let state = state(records);
    let mut problems = problems(records, now);
    problems.extend(records.members.values().flat_map(|member| member.problems.iter().cloned()));
    problems.sort_by_key(|problem| (std::cmp::Reverse(problem.severity), problem.code, problem.instance));
    Assessment { state: degrade(state, &problems), problems }
}

/// Until when an unplanned failover is held back after the last one; `None` when none is.
pub fn cooldown_until(records: Records<'_>, now: Timestamp) -> Option<Timestamp> {
    let (spec, epoch) = (records.spec?, records.epoch?);
    (!spec.terminating).then(|| detect::cools_until(epoch, spec, records.members, now))?
}

/// A cluster with something to repair is not healthy.
fn degrade(state: ClusterState, problems: &[Problem]) -> ClusterState {
    let worst = problems.iter().map(|problem| problem.severity).max();
    if worst < Some(Severity::Warning) {
        return state;
    }
    if let ClusterState::Healthy { epoch, primary } = state {
        ClusterState::Degraded { epoch, primary }
    } else {
        state
    }
}

fn state(records: Records<'_>) -> ClusterState {
    let wanted = records.spec.map_or(0, |spec| spec.members.len());
    if records.spec.is_some_and(|spec| spec.terminating) {
        return ClusterState::Terminating;
    }
    let ready = records.members.values().filter(|member| member.version.is_some()).count();
    let Some(epoch) = records.epoch else {
        return match records.spec {
            Some(spec) if !records.members.is_empty() => {
                ClusterState::ColdStart { waiting_for: unheard(spec, records.members) }
            }
            Some(_) | None => ClusterState::Provisioning { ready, wanted },
        };
    };
    match (epoch.phase, &epoch.primary) {
        (Phase::Serving, Some(primary)) => serving(records, epoch, primary, (ready, wanted)),
        (Phase::Forming, _) if epoch.epoch == Epoch(0) => ClusterState::Provisioning { ready, wanted },
        (Phase::Forming, _) => ClusterState::ColdStart {
            waiting_for: records.spec.map(|spec| unheard(spec, records.members)).unwrap_or_default(),
        },
        (Phase::Handover, _) => ClusterState::SwitchingOver { epoch: epoch.epoch },
        (Phase::Electing | Phase::Serving, _) => electing(records, epoch),
    }
}

fn serving(
    records: Records<'_>,
    epoch: &EpochRecord,
    primary: &DataId,
    (ready, wanted): (usize, usize),
) -> ClusterState {
    let member = records.members.values().find(|member| member.data.as_ref() == Some(primary));
    let open = member.is_some_and(|member| member.state == MemberState::Primary);
    let starved =
        member.is_some_and(|it| it.problems.iter().any(|problem| problem.code == ProblemCode::AckQuorumLost));
    if open && !starved {
        return ClusterState::Healthy { epoch: epoch.epoch, primary: primary.clone() };
    }
    let first =
        epoch.epoch == Epoch(1) && member.is_some_and(|member| member.state == MemberState::Promoting);
    if first {
        return ClusterState::Provisioning { ready, wanted };
    }
    let since = member.map_or(epoch.since, |member| member.since);
    ClusterState::Blocked { epoch: epoch.epoch, primary: primary.clone(), since }
}

pub(crate) fn electing(records: Records<'_>, epoch: &EpochRecord) -> ClusterState {
    if let Some(lost) = lost::verdict(records, epoch) {
        return ClusterState::Lost { epoch: epoch.epoch, at_risk: lost.at_risk };
    }
    let heard = records
        .members
        .values()
        .filter(|member| member.state == MemberState::Revoked && member.epoch == epoch.epoch)
        .filter(|member| member.data.as_ref().is_some_and(|data| epoch.ackers.contains(data)))
        .count();
    let needed = (epoch.ackers.len() + 1).saturating_sub(epoch.acks as usize);
    ClusterState::FailingOver { epoch: epoch.epoch, heard, needed }
}

fn unheard(spec: &SpecRecord, members: &BTreeMap<TaskId, MemberRecord>) -> BTreeSet<Ordinal> {
    let heard = |ordinal: &Ordinal| members.values().any(|member| member.ordinal == *ordinal);
    spec.members.keys().copied().filter(|ordinal| !heard(ordinal)).collect()
}

/// What the records of several members say together.
fn problems(records: Records<'_>, now: Timestamp) -> Vec<Problem> {
    let (Some(spec), Some(epoch)) = (records.spec, records.epoch) else { return Vec::new() };
    if spec.terminating || epoch.phase == Phase::Forming {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(trouble::of_primary(records, (spec, epoch), now));
    found.extend(lost::verdict(records, epoch).map(|lost| lost::problem(epoch, &lost)));
    found.extend(missing_members(records, spec, epoch, now));
    found.extend(few_ackers(spec, epoch));
    found.extend(shared_hosts(records, now));
    found
}

/// Slots that are wanted and not in service.
fn missing_members(
    records: Records<'_>,
    spec: &SpecRecord,
    epoch: &EpochRecord,
    now: Timestamp,
) -> Option<Problem> {
    let serves = |ordinal: &Ordinal| {
        records.members.values().any(|member| {
            member.ordinal == *ordinal
                && member.epoch == epoch.epoch
                && matches!(member.state, MemberState::Following | MemberState::Primary)
        })
    };
    let missing: Vec<Ordinal> = spec.members.keys().copied().filter(|ordinal| !serves(ordinal)).collect();
    let first = *missing.first()?;
    let since = records
        .members
        .values()
        .filter(|member| missing.contains(&member.ordinal))
        .map(|member| member.since)
        .min()
        .unwrap_or(now);
    let text = format!("{} of {} members in service", spec.members.len() - missing.len(), spec.members.len());
    let problem = Problem::new(ProblemCode::MemberMissing, since, text).action("restart, rejoin or replace");
    Some(if missing.len() == 1 { problem.of(first) } else { problem })
}

/// Writes are held by fewer members than they could be: another failure would block them, or lose the way back.
fn few_ackers(spec: &SpecRecord, epoch: &EpochRecord) -> Option<Problem> {
    let serve = spec.members.values().filter(|wanted| wanted.goal == Goal::Serve).count();
    let wanted = ackset::wanted_ackers(spec.acks).min(serve.saturating_sub(1));
    let now = epoch.ackers.len();
    let text = format!("{now} of {wanted} members may acknowledge writes");
    (epoch.phase == Phase::Serving && now < wanted).then(|| {
        Problem::new(ProblemCode::FewAckers, epoch.since, text)
            .action("replicas are admitted when they have caught up")
    })
}

/// Members that would be lost together.
fn shared_hosts(records: Records<'_>, now: Timestamp) -> Option<Problem> {
    let mut hosts = BTreeSet::new();
    let shared = records.members.values().find(|member| !hosts.insert(&member.mysql.host))?;
    let text = format!("two members share host {}", shared.mysql.host);
    Some(Problem::new(ProblemCode::SharedHost, shared.since.min(now), text).of(shared.ordinal))
}
