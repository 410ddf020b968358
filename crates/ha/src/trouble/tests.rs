//! Primaries in trouble, by their records: what is said, and why nothing is done when nothing is.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    Epoch, Host, Ordinal, TaskId, Turn,
    record::{Failed, Phase},
};

use super::*;
use crate::{
    assess::{Assessment, assess},
    testing::{data, spec, told},
};

const NOW: Timestamp = Timestamp(1_000_000);

fn member(n: u32, state: MemberState) -> MemberRecord {
    let since = Timestamp(NOW.0 - 700);
    MemberRecord { epoch: Epoch(2), turn: Turn(5), since, ..told(n, state) }
}

fn serving() -> EpochRecord {
    EpochRecord {
        epoch: Epoch(2),
        turn: Turn(5),
        phase: Phase::Serving,
        primary: Some(data(0)),
        ackers: BTreeSet::from([data(1), data(2)]),
        ..EpochRecord::forming(1, Timestamp(NOW.0 - 90_000))
    }
}

fn assessed(spec: &SpecRecord, epoch: &EpochRecord, members: Vec<MemberRecord>) -> Assessment {
    let members: BTreeMap<TaskId, MemberRecord> =
        members.into_iter().map(|member| (member.task.clone(), member)).collect();
    assess(Records { spec: Some(spec), epoch: Some(epoch), members: &members }, NOW)
}

fn problem(assessment: &Assessment, code: ProblemCode) -> Problem {
    let found = assessment.problems.iter().find(|problem| problem.code == code);
    found.cloned().unwrap_or_else(|| panic!("no {code} in {assessment:#?}"))
}

#[test]
fn a_primary_without_a_record_is_said_to_be_silent_and_not_to_be_gone() {
    let mut lost = member(1, MemberState::Following);
    lost.suspects = Some(Timestamp(NOW.0 - 400));
    lost.lag = None;
    let found = assessed(&spec(3), &serving(), vec![lost, member(2, MemberState::Following)]);
    let down = problem(&found, ProblemCode::PrimaryDown);
    assert!(down.text.contains("does not answer"), "{}", down.text);
    assert_eq!(down.since, Timestamp(NOW.0 - 400));
    assert_eq!(down.blocked_by, ["member 2 still receives from it"]);
}

#[test]
fn a_primary_that_says_it_is_down_is_not_doubted() {
    let members = vec![
        member(0, MemberState::Down),
        member(1, MemberState::Following),
        member(2, MemberState::Following),
    ];
    let down = problem(&assessed(&spec(3), &serving(), members), ProblemCode::PrimaryDown);
    assert_eq!((down.since, down.instance), (Timestamp(NOW.0 - 700), Some(Ordinal(0))));
    assert_eq!(down.blocked_by, [] as [&str; 0]);
}

#[test]
fn ackers_that_do_not_answer_hold_an_election_up() {
    let members = vec![member(0, MemberState::Down), member(1, MemberState::Following)];
    let down = problem(&assessed(&spec(3), &serving(), members), ProblemCode::PrimaryDown);
    assert_eq!(down.blocked_by, ["1 of 2 ackers answer, an election needs 2"]);
}

#[test]
fn a_failover_that_is_held_back_says_until_when() {
    let failed = Failed {
        at: Timestamp(NOW.0 - 10_000),
        data: Some(data(0)),
        host: Some(Host("host0".to_owned())),
        ordinal: Some(Ordinal(0)),
        reason: "its mysqld is not running".to_owned(),
        epoch: Epoch(2),
    };
    let epoch = EpochRecord { failed: Some(Box::new(failed)), ..serving() };
    let members = vec![
        member(0, MemberState::Stalled),
        member(1, MemberState::Following),
        member(2, MemberState::Following),
    ];
    let found = assessed(&spec(3), &epoch, members);
    let stalled = problem(&found, ProblemCode::PrimaryStalled);
    let until = Some(Timestamp(NOW.0 + 50_000));
    assert_eq!(
        (stalled.blocked_by.as_slice(), stalled.until),
        (["FlappingBlocked".to_owned()].as_slice(), until)
    );
    let held = problem(&found, ProblemCode::FlappingBlocked);
    assert_eq!((held.since, held.until), (Timestamp(NOW.0 - 10_000), until));
}

#[test]
fn a_failover_that_is_switched_off_says_so() {
    let spec = SpecRecord { auto_failover: false, ..spec(3) };
    let members = vec![
        member(0, MemberState::Down),
        member(1, MemberState::Following),
        member(2, MemberState::Following),
    ];
    let down = problem(&assessed(&spec, &serving(), members), ProblemCode::PrimaryDown);
    assert_eq!(down.blocked_by, ["automatic failover is off"]);
}

#[test]
fn an_election_says_for_whom_it_waits() {
    let epoch = EpochRecord {
        epoch: Epoch(3),
        phase: Phase::Electing,
        primary: None,
        left: Some(data(0)),
        since: Timestamp(NOW.0 - 300),
        ..serving()
    };
    let revoked = MemberRecord { epoch: Epoch(3), ..member(1, MemberState::Revoked) };
    let found = assessed(&spec(3), &epoch, vec![revoked, member(2, MemberState::Following)]);
    assert_eq!(found.state.as_str(), "failing_over");
    let down = problem(&found, ProblemCode::PrimaryDown);
    assert_eq!(down.text, "the last primary is left; 1 of 2 ackers have been heard");
    assert_eq!(down.blocked_by, ["member 2 has not left the last epoch yet"]);
    assert_eq!(down.since, Timestamp(NOW.0 - 300));
}
