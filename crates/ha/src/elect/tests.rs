//! Elections from records: who is heard, who wins, who may acknowledge.

use mysos_model::{Epoch, Timestamp, Turn};

use super::*;
use crate::testing::{data, set, spec, told};

fn member(n: u32, received: &str) -> MemberRecord {
    let sets = Some(set(received));
    let turn = Turn(5);
    MemberRecord {
        epoch: Epoch(2),
        turn,
        executed: sets.clone(),
        received: sets,
        ..told(n, MemberState::Revoked)
    }
}

fn record(ackers: &[u32], acks: u32, floor: &str) -> EpochRecord {
    let mut record = EpochRecord::forming(acks, Timestamp(0));
    record.epoch = Epoch(2);
    record.phase = Phase::Electing;
    record.left = Some(data(0));
    record.ackers = ackers.iter().map(|n| data(*n)).collect();
    record.floor = Some(set(floor));
    record
}

fn winner(verdict: Verdict) -> Elected {
    match verdict {
        Verdict::Winner(elected) => elected,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_acker_that_holds_more_wins() {
    let members = [member(1, "0-1-7"), member(2, "0-1-9")];
    let elected = winner(elect(&record(&[1, 2], 1, "0-1-3"), &spec(3), members.iter()));
    assert_eq!(elected.primary, data(2));
    assert_eq!(elected.ackers, BTreeSet::from([data(1)]));
    assert_eq!(elected.floor, set("0-1-9"));
}

#[test]
fn numbers_are_compared_as_numbers() {
    let members = [member(1, "0-1-9"), member(2, "0-1-10")];
    assert_eq!(winner(elect(&record(&[1, 2], 1, ""), &spec(3), members.iter())).primary, data(2));
}

#[test]
fn with_one_ack_an_acker_that_was_not_heard_holds_it_up() {
    let members = [member(1, "0-1-9")];
    let verdict = elect(&record(&[1, 2], 1, ""), &spec(3), members.iter());
    assert_eq!(verdict, Verdict::Waiting { heard: 1, needed: 2 });
}

#[test]
fn who_still_receives_or_acknowledges_is_not_heard() {
    let mut receiving = member(1, "0-1-9");
    receiving.state = MemberState::Following;
    let mut acking = member(1, "0-1-9");
    acking.claims.acking = true;
    let mut behind = member(1, "0-1-9");
    behind.epoch = Epoch(1);
    for one in [receiving, acking, behind] {
        let members = [one, member(2, "0-1-9")];
        let verdict = elect(&record(&[1, 2], 1, ""), &spec(3), members.iter());
        assert_eq!(verdict, Verdict::Waiting { heard: 1, needed: 2 });
    }
}

#[test]
fn diverged_ackers_have_no_winner() {
    let members = [member(1, "0-1-9,0-2-3"), member(2, "0-1-10")];
    assert_eq!(elect(&record(&[1, 2], 1, ""), &spec(3), members.iter()), Verdict::NoCandidate);
}

#[test]
fn who_lacks_the_floor_cannot_win() {
    let members = [member(1, "0-1-9"), member(2, "0-1-9")];
    assert_eq!(elect(&record(&[1, 2], 1, "0-1-10"), &spec(3), members.iter()), Verdict::NoCandidate);
}

#[test]
fn the_old_primary_back_is_enough_and_its_tail_decides() {
    let members = [member(0, "0-1-12"), member(1, "0-1-9")];
    let elected = winner(elect(&record(&[1, 2], 1, ""), &spec(3), members.iter()));
    assert_eq!(elected.primary, data(0));
    assert_eq!(elected.ackers, BTreeSet::from([data(1)]));
}

#[test]
fn a_draining_member_wins_only_when_nobody_else_can() {
    let mut spec = spec(3);
    spec.members.get_mut(&Ordinal(1)).unwrap().goal = Goal::Drain;
    let equal = [member(1, "0-1-9"), member(2, "0-1-9")];
    assert_eq!(winner(elect(&record(&[1, 2], 1, ""), &spec, equal.iter())).primary, data(2));
    let ahead = [member(1, "0-1-10"), member(2, "0-1-9")];
    assert_eq!(winner(elect(&record(&[1, 2], 1, ""), &spec, ahead.iter())).primary, data(1));
}

#[test]
fn a_winner_alone_still_waits_for_an_acker() {
    let members = [member(0, "0-1-12")];
    let elected = winner(elect(&record(&[1, 2], 1, ""), &spec(3), members.iter()));
    assert_eq!((elected.acks, elected.ackers.len()), (1, 0));
}

#[test]
fn what_no_primary_has_written_wins_nothing_and_enters_no_floor() {
    let members = [member(1, "0-1-9"), member(2, "0-1-9,0-1048600-10")];
    let elected = winner(elect(&record(&[1, 2], 1, "0-1-3"), &spec(3), members.iter()));
    assert_eq!((elected.primary, elected.floor), (data(1), set("0-1-9")));
    assert_eq!(elected.ackers, BTreeSet::new(), "who holds more than the winner is errant");

    let members = [member(1, "0-1-9,0-1048601-8"), member(2, "0-1-9,0-1048600-10")];
    let elected = winner(elect(&record(&[1, 2], 1, "0-1-3,0-1048599-1"), &spec(3), members.iter()));
    assert_eq!((elected.primary, elected.floor), (data(1), set("0-1-9")), "better one of them than nobody");
}

#[test]
fn what_a_primary_has_written_still_decides_before_all_else() {
    let members = [member(1, "0-1-9"), member(2, "0-1-10,0-1048600-11")];
    let elected = winner(elect(&record(&[1, 2], 1, "0-1-3"), &spec(3), members.iter()));
    assert_eq!(elected.primary, data(2));
}

#[test]
fn who_has_all_to_read_is_no_acker_from_the_start() {
    let members = [member(1, "0-1-9"), member(2, "0-1-9"), member(3, ""), member(4, "0-1-2")];
    let elected = winner(elect(&record(&[1, 2], 1, "0-1-3"), &spec(5), members.iter()));
    assert_eq!((elected.primary, elected.ackers), (data(1), BTreeSet::from([data(2)])));
    let first = [member(1, ""), member(2, "")];
    let elected = winner(elect(&record(&[1, 2], 1, ""), &spec(3), first.iter()));
    assert_eq!(elected.ackers.len(), 1, "where nothing was written yet, nobody is behind");
}
