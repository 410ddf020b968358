//! When a cluster is called lost, with what is at risk and whom it waits for.

use std::collections::BTreeMap;

use mysos_model::{Epoch, TaskId, Timestamp, record::Phase};

use super::*;
use crate::{
    assess::{ClusterState, assess},
    testing::{data, serving, set, spec, told},
};

/// Epoch 2 is sought; member 0 served, 1 and 2 could acknowledge.
fn electing() -> EpochRecord {
    let floor = Some(set("0-1-5"));
    EpochRecord {
        epoch: Epoch(2),
        phase: Phase::Electing,
        primary: None,
        left: Some(data(0)),
        floor,
        ..serving()
    }
}

fn heard(n: u32, received: &str) -> MemberRecord {
    let sets = Some(set(received));
    MemberRecord { epoch: Epoch(2), executed: sets.clone(), received: sets, ..told(n, MemberState::Revoked) }
}

fn state(members: Vec<MemberRecord>) -> (ClusterState, Vec<Problem>) {
    let (spec, epoch) = (spec(3), electing());
    let members: BTreeMap<TaskId, MemberRecord> =
        members.into_iter().map(|member| (member.task.clone(), member)).collect();
    let records = Records { spec: Some(&spec), epoch: Some(&epoch), members: &members };
    let found = assess(records, Timestamp(9));
    (found.state, found.problems)
}

#[test]
fn ackers_that_each_hold_what_the_other_lacks_lose_the_smaller_tail() {
    let (found, problems) = state(vec![heard(1, "0-1-9,0-2-11"), heard(2, "0-1-10")]);
    assert_eq!(found, ClusterState::Lost { epoch: Epoch(2), at_risk: Some(set("0-1-10")) });
    let problem = problems.iter().find(|problem| problem.code == ProblemCode::NoSafeCandidate).unwrap();
    assert!(problem.text.ends_with("lacks 0-1-10"), "{}", problem.text);
    assert_eq!(problem.blocked_by, [format!("data {} is with nobody", data(0))]);
}

#[test]
fn an_acker_that_may_still_come_is_waited_for() {
    let (found, _) = state(vec![heard(1, "0-1-9")]);
    assert_eq!(found, ClusterState::FailingOver { epoch: Epoch(2), heard: 1, needed: 2 });
}

#[test]
fn data_that_is_with_nobody_although_every_slot_has_data_is_lost() {
    let anew = |n: u32| MemberRecord { data: Some(data(n + 10)), ..heard(n, "") };
    let (found, problems) = state(vec![anew(0), heard(1, "0-1-9"), anew(2)]);
    assert_eq!(found, ClusterState::Lost { epoch: Epoch(2), at_risk: None });
    let problem = problems.iter().find(|problem| problem.code == ProblemCode::NoSafeCandidate).unwrap();
    assert_eq!(problem.blocked_by.len(), 2, "the other acker or the primary that was left: {problem:?}");
}

#[test]
fn an_election_that_can_end_is_no_loss() {
    let (found, _) = state(vec![heard(1, "0-1-9"), heard(2, "0-1-10")]);
    assert_eq!(found, ClusterState::FailingOver { epoch: Epoch(2), heard: 2, needed: 2 });
}
