//! Who gives a copy, and who does not.

use std::time::Duration;

use mysos_model::{
    Epoch, Flavor, Problem, Severity, Timestamp,
    record::{LagClass, Phase},
};

use super::*;
use crate::{
    testing::{data, primary, replica, set, task, told},
    view::{Failure, SeenEpoch},
};

/// Member 1 needs a copy; member 0 is the primary, 1 and 2 are A. The others are these.
fn lacking(need: CopyNeed, others: impl IntoIterator<Item = MemberRecord>) -> View {
    let mut view = replica();
    view.own.copying.need = Some(need);
    view.seen.members.retain(|member, _| *member != task(2));
    view.seen.members.extend(others.into_iter().map(|member| (member.task.clone(), member)));
    view
}

fn following(n: u32, lag: LagClass) -> MemberRecord {
    MemberRecord { lag: Some(lag), ..told(n, MemberState::Following) }
}

fn with(member: MemberRecord, code: ProblemCode) -> MemberRecord {
    let problem = Problem {
        code,
        severity: Severity::Warning,
        since: Timestamp(0),
        instance: Some(member.ordinal),
        text: "as it says".into(),
        action: None,
        blocked_by: vec![],
        until: None,
    };
    MemberRecord { problems: vec![problem], ..member }
}

fn donor(view: &View) -> Option<u32> {
    match owed(view)? {
        Action::Copy { donor, epoch } => {
            assert_eq!(epoch, Epoch(1), "the copy is asked for in the epoch that is served");
            Some(donor.ordinal.0)
        }
        other => panic!("{other:?} is no copy"),
    }
}

fn purged(others: impl IntoIterator<Item = MemberRecord>) -> Option<u32> {
    donor(&lacking(CopyNeed::Purged, others))
}

#[test]
fn who_is_outside_the_ack_set_gives_before_an_acker_that_is_less_behind() {
    let acker = following(2, LagClass::Current);
    assert_eq!(purged([acker.clone(), following(3, LagClass::Behind)]), Some(3));
    assert_eq!(purged([acker]), Some(2), "an acker gives when nobody else does");
}

#[test]
fn who_is_least_behind_gives() {
    let behind = [(3, LagClass::Lagging), (4, LagClass::Current), (5, LagClass::Behind)];
    assert_eq!(purged(behind.map(|(n, lag)| following(n, lag))), Some(4));
    let equal = [3, 4, 5].map(|n| following(n, LagClass::Current));
    assert_eq!(purged(equal), Some(5), "always the same one of equals");
}

#[test]
fn who_failed_last_is_asked_only_when_nobody_else_is_there() {
    let mut view =
        lacking(CopyNeed::Purged, [following(2, LagClass::Lagging), following(3, LagClass::Current)]);
    assert_eq!(donor(&view), Some(3));
    let failure = Failure {
        action: owed(&view).unwrap(),
        why: "the stream broke off".into(),
        since: Timestamp(0),
        at: Timestamp(0),
        times: 1,
    };
    view.own.failures.insert(Lane::Copy, failure);
    assert_eq!(donor(&view), Some(2), "an acker that is far behind rather than who has just failed");
    view.seen.members.remove(&task(2));
    assert_eq!(donor(&view), Some(3));
}

/// Nor does the primary meanwhile: each of them may be well again.
#[test]
fn who_is_not_in_service_gives_none() {
    let fit = || following(3, LagClass::Current);
    let unfit = [
        ("errant", with(fit(), ProblemCode::ErrantMember)),
        ("without room", with(fit(), ProblemCode::DiskFull)),
        ("of an earlier epoch", MemberRecord { epoch: Epoch(0), ..fit() }),
        ("of the other flavor", MemberRecord { flavor: Flavor::MySql, ..fit() }),
        ("not replicating", MemberRecord { lag: None, ..fit() }),
        ("recovering", told(3, MemberState::Recovering)),
        ("in an election", told(3, MemberState::Revoked)),
        ("moving errant data aside", told(3, MemberState::Quarantining)),
        ("down", told(3, MemberState::Down)),
    ];
    assert_eq!(purged([fit()]), Some(3));
    for (what, member) in unfit {
        assert_eq!(purged([member.clone()]), None, "one that is {what}");
        assert_eq!(purged([member, following(2, LagClass::Lagging)]), Some(2), "beside one that is {what}");
    }
}

#[test]
fn the_primary_gives_only_when_no_other_member_could() {
    assert_eq!(purged([]), Some(0), "nobody else has a record");
    let fit = || following(3, LagClass::Current);
    let never = [
        ("needs a copy", with(fit(), ProblemCode::CopyFailed)),
        ("builds a copy", with(told(3, MemberState::Recovering), ProblemCode::MemberCopying)),
        ("ends again and again", with(told(3, MemberState::Down), ProblemCode::CrashLoop)),
        ("has data that is not its own", told(3, MemberState::Refused)),
        ("goes away", told(3, MemberState::Stopping)),
        ("hangs", told(3, MemberState::Stalled)),
        ("has no data", MemberRecord { data: None, ..told(3, MemberState::Preparing) }),
    ];
    for (what, member) in never {
        assert_eq!(purged([member]), Some(0), "the other one {what}");
    }
}

#[test]
fn who_only_has_a_long_way_to_read_never_copies_the_primary() {
    assert_eq!(donor(&lacking(CopyNeed::Shorter, [])), None);
    let other = following(3, LagClass::Current);
    assert_eq!(donor(&lacking(CopyNeed::Shorter, [other])), Some(3));
}

#[test]
fn a_primary_that_is_not_open_is_not_asked() {
    let mut view = lacking(CopyNeed::Purged, []);
    view.seen.members.insert(task(0), told(0, MemberState::Promoting));
    assert_eq!(donor(&view), None);
}

#[test]
fn no_copy_is_begun_in_an_election_nor_beside_one_that_lies_ready() {
    let mut view = lacking(CopyNeed::Purged, [following(3, LagClass::Current)]);
    view.own.copying.ready = Some(data(7));
    assert_eq!(donor(&view), None);
    view.own.copying.ready = None;
    assert_eq!(donor(&view), Some(3));
    let SeenEpoch { record, .. } = view.seen.epoch.as_mut().unwrap();
    record.phase = Phase::Electing;
    assert_eq!(donor(&view), None);
}

#[test]
fn a_primary_gives_none_while_its_acknowledgements_are_missing() {
    let mut view = primary();
    assert_eq!(why_no_donor(&view), None);
    if let crate::view::Server::Up(up) = &mut view.own.server {
        up.observed.connected_ackers = 0;
    }
    let why = why_no_donor(&view).unwrap();
    assert!(why.contains("commits wait for acknowledgements"), "{why}");
}

#[test]
fn a_primary_gives_none_before_it_is_open_and_once_it_is_deposed() {
    let mut view = primary();
    let promotion = view.own.promotion.as_mut().unwrap();
    promotion.deposed = Some(Timestamp(1));
    assert!(why_no_donor(&view).is_some());
    let promotion = view.own.promotion.as_mut().unwrap();
    (promotion.deposed, promotion.step) = (None, Step::Prove { acks: 1 });
    assert_eq!(why_no_donor(&view), Some("it is becoming the primary"));
}

#[test]
fn a_replica_gives_none_once_it_is_needed_or_not_to_be_trusted() {
    let fit = || {
        let mut view = replica();
        view.own.state.0 = MemberState::Following;
        view
    };
    assert_eq!(why_no_donor(&fit()), None);
    let refused = |change: fn(&mut View)| {
        let mut view = fit();
        change(&mut view);
        why_no_donor(&view).expect("a reason")
    };
    assert!(refused(|view| view.own.errant = Some(set("0-1-7"))).contains("the primary lacks"));
    assert!(refused(|view| view.own.state.0 = MemberState::Revoked).contains("not in service"));
    assert!(refused(|view| view.own.server = crate::view::Server::Down).contains("does not answer"));
    assert!(refused(|view| view.own.life = Life::Failed { why: String::new() }).contains("going away"));
    assert!(refused(|view| view.own.saved.obeyed = Epoch(2)).contains("not being served"));
}

#[test]
fn each_failure_in_a_row_doubles_the_wait_up_to_a_bound() {
    let mut moving = Moving { view: lacking(CopyNeed::Purged, []), now: Timestamp(0), changes: Vec::new() };
    let waits: Vec<Duration> = (0..12).map(|_| failed(&mut moving, "no donor")).collect();
    assert_eq!(waits[..3], [limits::COPY_AGAIN, limits::COPY_AGAIN * 2, limits::COPY_AGAIN * 4]);
    assert_eq!(waits.last(), Some(&limits::COPY_AT_MOST));
    assert!(waits.iter().all(|wait| *wait <= limits::COPY_AT_MOST));
}
