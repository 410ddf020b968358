//! What a replica takes for errant, when it has revoked, and what a late answer is worth.

use mysos_model::{
    Epoch, ProblemCode,
    record::{EpochRecord, MemberState, ReplicationError},
};

use super::*;
use crate::{
    Event,
    action::{Begun, Outcome, Terms},
    member,
    testing::{after, data, replica, serving, set},
    view::{Failure, Observation, SeenEpoch, Server},
};

fn observe(view: &View, at: u64, change: impl FnOnce(&mut Observation)) -> View {
    let mut observed = view.up().unwrap().observed.clone();
    change(&mut observed);
    after(view, at, &Event::Observed(Box::new(observed)))
}

fn stopped_with(code: u32) -> impl FnOnce(&mut Observation) {
    move |observed| {
        observed.applying = false;
        observed.error = Some(ReplicationError { code, message: "out of order".into() });
    }
}

#[test]
fn what_no_primary_wrote_is_errant_as_soon_as_it_is_seen() {
    let view = observe(&replica(), 10_000, |observed| {
        observed.executed = set("0-1-12,0-1048600-10");
        observed.received = set("0-1-14,0-1048600-10");
    });
    assert_eq!(view.own.errant, Some(set("0-1048600-10")));
    assert!(view.own.problems.iter().any(|problem| problem.code == ProblemCode::ErrantMember));
}

#[test]
fn what_came_from_the_primary_since_it_was_asked_is_not_errant() {
    let view = observe(&replica(), 10_000, |observed| {
        observed.executed = set("0-1-12");
        observed.received = set("0-1-14");
    });
    assert_eq!(view.own.errant, None);
}

#[test]
fn who_reached_an_old_answer_is_behind_until_it_reaches_a_new_one() {
    let mut view = replica();
    // It is outside the ack set, and catches up with what the primary held at the time 0.
    let mut record = serving();
    record.ackers.remove(&data(1));
    view.seen.epoch = Some(SeenEpoch { record, version: 2, parent: 1 });
    view.own.acking = Acking::Off;
    let view = observe(&view, 9_000, |observed| observed.executed = set("0-1-9"));
    assert_eq!(member::lag(&view), Some(LagClass::Behind), "the primary went on for nine seconds");
    let (_, asked) = view.own.busy.iter().find(|(lane, _)| **lane == Lane::Ask).unwrap();
    let outcome = Outcome::Welcome(Terms { holds: set("0-1-900"), let_in: true });
    let view = after(&view, 9_010, &Event::Ended { number: asked.number, outcome });
    assert_eq!(member::lag(&view), Some(LagClass::Behind), "what it holds now is not reached");
    let view = observe(&view, 9_800, |observed| {
        observed.executed = set("0-1-900");
        observed.received = set("0-1-900");
    });
    assert_eq!(member::lag(&view), Some(LagClass::Current));
    assert!(view.own.busy.contains_key(&Lane::Ask), "and it asks on");
}

#[test]
fn a_replica_that_stops_out_of_order_asks_again_and_finds_what_is_errant() {
    let view = observe(&replica(), 10_000, |observed| {
        observed.executed = set("0-1-12,0-2-13");
        stopped_with(1950)(observed);
    });
    assert_eq!(view.own.errant, None, "the old answer does not know what came since");
    let (_, asked) = view.own.busy.iter().find(|(lane, _)| **lane == Lane::Ask).unwrap();
    let terms = Terms { holds: set("0-1-20"), let_in: true };
    let outcome = Outcome::Welcome(terms);
    let view = after(&view, 10_100, &Event::Ended { number: asked.number, outcome });
    assert_eq!(view.own.errant, Some(set("0-2-13")));
}

#[test]
fn an_answer_to_a_question_of_an_earlier_epoch_is_worth_nothing() {
    let mut view = replica();
    view.own.welcome = None;
    let of = Asked { primary: data(0), epoch: Epoch(0), start: 1 };
    let action = Action::Ask { primary: source(&view).unwrap(), of };
    view.own.busy.insert(Lane::Ask, Begun { number: 7, action, at: Timestamp(0), session: 1 });
    let outcome = Outcome::Welcome(Terms { holds: set(""), let_in: true });
    let view = after(&view, 100, &Event::Ended { number: 7, outcome });
    assert_eq!(view.own.welcome, None);
}

fn electing(view: &mut View) {
    let record = EpochRecord { epoch: Epoch(2), phase: Phase::Electing, ..serving() };
    view.own.saved.obeyed = Epoch(2);
    view.own.followed = None;
    view.seen.epoch = Some(SeenEpoch { record, version: 2, parent: 1 });
}

/// A replica that receives from nobody while the epoch is left.
fn leaving() -> View {
    let mut view = replica();
    electing(&mut view);
    view.own.acking = Acking::Off;
    if let Server::Up(up) = &mut view.own.server {
        (up.observed.receiver, up.observed.lag) = (Receiver::Off, None);
    }
    view
}

#[test]
fn who_has_an_order_to_follow_under_way_has_not_revoked() {
    let order = Order::Follow { source: source(&replica()).unwrap(), acking: false };
    let mut view = leaving();
    assert_eq!(after(&view, 100, &Event::Tick).own.state.0, MemberState::Revoked);
    let action = Action::Server(order.clone());
    view.own.busy.insert(Lane::Server, Begun { number: 7, action, at: Timestamp(0), session: 1 });
    assert_eq!(after(&view, 100, &Event::Tick).own.state.0, MemberState::Recovering);
}

#[test]
fn who_does_not_know_how_far_an_order_to_follow_came_revokes_first() {
    let mut view = leaving();
    let action = Action::Server(Order::Follow { source: source(&replica()).unwrap(), acking: false });
    let failure =
        Failure { action, why: "no answer".into(), since: Timestamp(0), at: Timestamp(0), times: 1 };
    view.own.failures.insert(Lane::Server, failure);
    let view = after(&view, 1_000, &Event::Tick);
    let begun = &view.own.busy[&Lane::Server];
    assert_eq!(begun.action, Action::Server(Order::Revoke));
    assert_eq!(view.own.state.0, MemberState::Recovering);
    let view = after(&view, 1_100, &Event::Ended { number: begun.number, outcome: Outcome::Done });
    assert_eq!(view.own.state.0, MemberState::Revoked);
}

#[test]
fn who_follows_the_old_primary_in_the_new_epoch_revokes() {
    let mut view = replica();
    let old = crate::testing::told(0, MemberState::Revoked);
    view.own.followed.as_mut().unwrap().source = old.mysql.clone();
    view.seen.members.insert(old.task.clone(), old);
    let up = view.up().unwrap();
    assert!(!must_revoke(&view, up), "it is the primary");
    let mut later = view.clone();
    later.seen.epoch.as_mut().unwrap().record.primary = Some(data(7));
    assert!(must_revoke(&later, later.up().unwrap()), "another is, wherever it may be");
}

#[test]
fn who_was_to_acknowledge_and_may_not_any_more_says_so_again() {
    let mut view = replica();
    view.own.followed.as_mut().unwrap().acking = false; // The order to acknowledge was begun, and failed.
    view.seen.epoch.as_mut().unwrap().record.ackers.clear();
    let off = |view: &View| matches!(order(view, Timestamp(100)), Some(Order::Follow { acking: false, .. }));
    assert!(off(&view));
    view.own.acking = Acking::Off;
    assert!(!off(&view));
}
