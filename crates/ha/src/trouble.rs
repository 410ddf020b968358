//! What is wrong with a primary, and why it is not replaced: the most asked question of a person who looks at a
//! cluster. From the records alone; what is decided is decided in `detect` and `elect`.

use mysos_model::{
    DataId, Problem, ProblemCode, Timestamp,
    record::{EpochRecord, MemberRecord, MemberState, SpecRecord},
};

use crate::{
    ackset,
    assess::{ClusterState, Records, electing},
    detect,
    view::holder,
};

/// What is wrong with the primary, and why it is not replaced, as far as the records tell.
pub(crate) fn of_primary(
    records: Records<'_>,
    (spec, epoch): (&SpecRecord, &EpochRecord),
    now: Timestamp,
) -> Vec<Problem> {
    let Some(primary) = epoch.primary.as_ref() else { return under_election(records, epoch) };
    let found = match holder(primary, spec, records.members) {
        None => Problem::new(
            ProblemCode::PrimaryDown,
            silent_since(records, epoch).unwrap_or(now),
            "the primary's executor does not answer: it has no session with ZooKeeper",
        )
        .action("another member is elected; its task is replaced when Mesos says that it ended"),
        Some(member) => match troubled(member) {
            Some(problem) => problem.of(member.ordinal),
            None => return Vec::new(),
        },
    };
    let (mut blocked, until) = blocked_by(records, (spec, epoch), now);
    // An executor that says itself that its server is gone is believed; silence alone is not.
    if holder(primary, spec, records.members).is_none() {
        blocked.extend(still_receives(records, epoch));
    }
    let held = until.map(|until| flapping(epoch, until));
    std::iter::once(Problem { blocked_by: blocked, until, ..found }).chain(held).collect()
}

/// What a primary says of itself.
fn troubled(member: &MemberRecord) -> Option<Problem> {
    let action = "another member is elected if enough are heard; else it is started again in place";
    let (code, text) = match member.state {
        MemberState::Down => (ProblemCode::PrimaryDown, "the primary's mysqld is not running"),
        MemberState::Stalled => {
            (ProblemCode::PrimaryStalled, "the primary's mysqld or its disk does not answer")
        }
        MemberState::Preparing
        | MemberState::Recovering
        | MemberState::Revoked
        | MemberState::Following
        | MemberState::Promoting
        | MemberState::Primary
        | MemberState::Demoting
        | MemberState::Quarantining
        | MemberState::Refused
        | MemberState::Stopping => return None,
    };
    Some(Problem::new(code, member.since, text).action(action))
}

/// Since when a replica has missed the primary on every sense.
fn silent_since(records: Records<'_>, epoch: &EpochRecord) -> Option<Timestamp> {
    let of_this = records.members.values().filter(|member| member.epoch == epoch.epoch);
    of_this.filter_map(|member| member.suspects).min()
}

/// Nobody is primary while one is sought.
fn under_election(records: Records<'_>, epoch: &EpochRecord) -> Vec<Problem> {
    let ClusterState::FailingOver { heard, needed, .. } = electing(records, epoch) else { return Vec::new() };
    let why = epoch.failed.as_ref().map(|failed| format!(": {}", failed.reason)).unwrap_or_default();
    let text = format!("the last primary is left{why}; {heard} of {needed} ackers have been heard");
    let mut problem = Problem::new(ProblemCode::PrimaryDown, epoch.since, text)
        .action("a new primary is named as soon as enough are heard");
    let silent = epoch.ackers.iter().filter(|acker| {
        !records.members.values().any(|member| {
            member.data.as_ref() == Some(acker)
                && member.state == MemberState::Revoked
                && member.epoch == epoch.epoch
        })
    });
    if heard < needed {
        problem.blocked_by = silent.map(|acker| unheard_acker(records, acker)).collect();
    }
    vec![problem]
}

fn unheard_acker(records: Records<'_>, acker: &DataId) -> String {
    match records.members.values().find(|member| member.data.as_ref() == Some(acker)) {
        Some(member) => format!("member {} has not left the last epoch yet", member.ordinal),
        None => format!("the acker with data {acker} does not answer"),
    }
}

/// The pause after a failover, when it holds another one back.
fn flapping(epoch: &EpochRecord, until: Timestamp) -> Problem {
    let failed = epoch.failed.as_ref();
    let since = failed.map_or(epoch.since, |failed| failed.at);
    let last = failed.map_or(epoch.epoch, |failed| failed.epoch);
    let text = format!("another failover is held back after the one to epoch {last}");
    let problem =
        Problem::new(ProblemCode::FlappingBlocked, since, text).action("it is tried when this is over");
    Problem { until: Some(until), ..problem }
}

/// What stands in the way of an election now, and until when, as far as a time is set.
fn blocked_by(
    records: Records<'_>,
    (spec, epoch): (&SpecRecord, &EpochRecord),
    now: Timestamp,
) -> (Vec<String>, Option<Timestamp>) {
    let mut found = Vec::new();
    if !spec.auto_failover {
        found.push("automatic failover is off".to_owned());
    }
    let until = detect::cools_until(epoch, spec, records.members, now);
    if until.is_some() {
        found.push(ProblemCode::FlappingBlocked.to_string());
    }
    found.extend(too_few(records, epoch));
    (found, until)
}

/// Ackers that an election must hear and that are not at work; `None` if enough are.
fn too_few(records: Records<'_>, epoch: &EpochRecord) -> Option<String> {
    if epoch.acks == 0 {
        return Some("writes wait for no replica, so only the primary itself has them all".to_owned());
    }
    let there = |member: &&MemberRecord| {
        matches!(member.state, MemberState::Following | MemberState::Revoked | MemberState::Recovering)
    };
    let live = records.members.values().filter(there).filter_map(|member| member.data.clone()).collect();
    let heard = epoch.ackers.intersection(&live).count();
    let needed = (epoch.ackers.len() + 1).saturating_sub(epoch.acks as usize);
    (!ackset::may_leave(epoch, &live))
        .then(|| format!("{heard} of {} ackers answer, an election needs {needed}", epoch.ackers.len()))
}

/// Members that still receive from the primary: somebody else lost it, not the cluster.
fn still_receives(records: Records<'_>, epoch: &EpochRecord) -> Option<String> {
    let receives = |member: &&MemberRecord| member.epoch == epoch.epoch && member.lag.is_some();
    let names: Vec<String> = records
        .members
        .values()
        .filter(receives)
        .map(|member| format!("member {}", member.ordinal))
        .collect();
    (!names.is_empty()).then(|| format!("{} still receives from it", names.join(", ")))
}

#[cfg(test)]
mod tests;
