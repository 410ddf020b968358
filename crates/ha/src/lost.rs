//! An election that cannot end by itself: nobody who is there holds every write that may be acknowledged
//! (`docs/failover.md` §6 and §8). Nothing is done, loudly: it waits for whoever is missing, or for a person.

use std::collections::BTreeSet;

use mysos_model::{
    DataId, GtidSet, Problem, ProblemCode,
    record::{EpochRecord, MemberRecord, MemberState, SpecRecord},
};

use crate::{
    ackset,
    assess::Records,
    elect::{self, Verdict},
};

/// What speaks against every candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    /// What the best candidate lacks of all that may be acknowledged; `None`: whoever knows is not there.
    pub(crate) at_risk: Option<GtidSet>,
    /// Data that nobody has who is there.
    pub(crate) missing: BTreeSet<DataId>,
}

/// Whether the election of this record is stuck for good, as far as the records tell: members have left the epoch
/// and none of them is safe, or what must be heard is with nobody although every wanted slot has data.
pub(crate) fn verdict(records: Records<'_>, epoch: &EpochRecord) -> Option<Lost> {
    let spec = records.spec?;
    match elect::elect(epoch, spec, records.members.values()) {
        Verdict::Winner(_) => None,
        Verdict::NoCandidate => {
            Some(Lost { at_risk: at_risk(records, epoch), missing: missing(records, epoch) })
        }
        Verdict::Waiting { .. } => {
            let missing = missing(records, epoch);
            let there: BTreeSet<DataId> = records.members.values().filter_map(|it| it.data.clone()).collect();
            let hopeless = all_have_data(spec, records) && !ackset::may_leave(epoch, &there);
            (hopeless && !missing.is_empty()).then_some(Lost { at_risk: None, missing })
        }
    }
}

/// Those whose sets may decide: the ackers and the primary that was left.
fn deciding(epoch: &EpochRecord) -> impl Iterator<Item = &DataId> {
    epoch.ackers.iter().chain(&epoch.left)
}

fn missing(records: Records<'_>, epoch: &EpochRecord) -> BTreeSet<DataId> {
    let held = |data: &&DataId| records.members.values().any(|member| member.data.as_ref() == Some(data));
    deciding(epoch).filter(|data| !held(data)).cloned().collect()
}

/// Nobody is still to come with data that was here before.
fn all_have_data(spec: &SpecRecord, records: Records<'_>) -> bool {
    spec.members.values().all(|wanted| {
        let record = wanted.task.as_ref().and_then(|task| records.members.get(task));
        record.is_some_and(|member| member.data.is_some())
    })
}

/// What the best candidate lacks: the floor and the sets of all that decide, less its own.
fn at_risk(records: Records<'_>, epoch: &EpochRecord) -> Option<GtidSet> {
    let heard = |member: &&MemberRecord| member.state == MemberState::Revoked && member.epoch == epoch.epoch;
    let sets = || records.members.values().filter(heard).filter_map(|it| Some((it, it.received.as_ref()?)));
    let decides = |member: &MemberRecord| deciding(epoch).any(|data| member.data.as_ref() == Some(data));
    let counted = sets().filter(|(member, _)| decides(member)).map(|(_, set)| set.without_strays());
    let all = counted.chain(epoch.floor.clone()).reduce(|all, set| all.union(&set).unwrap_or(all))?;
    sets().filter_map(|(_, set)| all.minus(set).ok()).min_by_key(GtidSet::count)
}

/// The same for a person.
pub(crate) fn problem(epoch: &EpochRecord, lost: &Lost) -> Problem {
    let text = match &lost.at_risk {
        Some(set) => {
            format!("no member that is there holds every acknowledged write; the best of them lacks {set}")
        }
        None => "the members that are there cannot tell what was acknowledged last".to_owned(),
    };
    let waits = lost.missing.iter().map(|data| format!("data {data} is with nobody"));
    let problem = Problem::new(ProblemCode::NoSafeCandidate, epoch.since, text);
    Problem { blocked_by: waits.collect(), ..problem }
}

#[cfg(test)]
mod tests;
