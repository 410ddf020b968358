//! What a row proves, and when clients are ended.

use std::time::Duration;

use mysos_model::{Epoch, GtidSet, ProblemCode};

use super::*;
use crate::{
    Event,
    action::{Begun, Outcome},
    testing::{after, primary, set},
    view::{Failure, Server},
};

fn proving(epoch: u64, at: u64) -> View {
    let mut view = primary();
    let promotion = view.own.promotion.as_mut().unwrap();
    (promotion.step, promotion.since) = (Step::Prove { acks: 1 }, Timestamp(1_000));
    let action = Action::Prove {
        epoch: Epoch(epoch),
        turn: view.turn(),
        account: Account::Ensure,
        cut: BTreeSet::new(),
        within: Duration::from_secs(30),
    };
    view.own.busy.insert(Lane::Write, Begun { number: 7, action, at: Timestamp(at), session: 1 });
    after(&view, 2_000, &Event::Ended { number: 7, outcome: Outcome::Done })
}

fn step(view: &View) -> Step {
    view.own.promotion.as_ref().unwrap().step
}

#[test]
fn a_row_proves_the_promotion_it_was_written_for_and_no_other() {
    assert_eq!(step(&proving(1, 1_000)), Step::Serve { acks: 1 });
    assert_eq!(step(&proving(0, 1_000)), Step::Prove { acks: 1 }, "of an earlier epoch");
    assert_eq!(step(&proving(1, 999)), Step::Prove { acks: 1 }, "of before this promotion began");
}

fn stuck_since(view: &mut View, at: u64) {
    if let Server::Up(up) = &mut view.own.server {
        up.stuck = Some(Timestamp(at));
        up.observed.waiting = 1;
    }
}

fn failed(view: &mut View, lane: Lane, at: u64) {
    let action = Action::Nudge { within: limits::NUDGE };
    let failure =
        Failure { action, why: "no answer".into(), since: Timestamp(at), at: Timestamp(at), times: 1 };
    view.own.failures.insert(lane, failure);
}

#[test]
fn clients_are_ended_once_for_each_nudge_that_frees_nobody() {
    let mut view = primary();
    stuck_since(&mut view, 10_000);
    failed(&mut view, Lane::Nudge, 13_000);
    assert_eq!(order(&view, Timestamp(13_500)), None, "a busy disk may take that long");
    assert_eq!(order(&view, Timestamp(14_000)), Some(Order::EndClients));
    view.own.freed = Some(Timestamp(14_050));
    assert_eq!(order(&view, Timestamp(16_000)), None);
    failed(&mut view, Lane::Nudge, 17_000);
    assert_eq!(order(&view, Timestamp(17_000)), Some(Order::EndClients));
}

#[test]
fn clients_are_left_alone_while_the_ackers_are_away() {
    let mut view = primary();
    stuck_since(&mut view, 10_000);
    failed(&mut view, Lane::Nudge, 13_000);
    if let Server::Up(up) = &mut view.own.server {
        up.observed.connected_ackers = 0;
    }
    assert_eq!(order(&view, Timestamp(60_000)), None);
}

#[test]
fn a_drain_that_does_not_end_is_freed_of_readers() {
    let mut view = primary();
    let promotion = view.own.promotion.as_mut().unwrap();
    (promotion.step, promotion.since) = (Step::Drain, Timestamp(10_000));
    if let Server::Up(up) = &mut view.own.server {
        up.observed.received = set("0-1-99");
    }
    assert_eq!(order(&view, Timestamp(11_000)), None);
    assert_eq!(order(&view, Timestamp(12_000)), Some(Order::EndClients));
    view.own.freed = Some(Timestamp(12_010));
    assert_eq!(order(&view, Timestamp(13_000)), None);
    assert_eq!(order(&view, Timestamp(14_020)), Some(Order::EndClients), "they came back");
}

#[test]
fn an_order_that_fails_again_and_again_is_told_and_tried_less_and_less() {
    let mut view = primary();
    view.own.promotion.as_mut().unwrap().let_in.clear();
    let mut now = 10_000;
    let mut pauses = Vec::new();
    for _ in 0..8 {
        view = after(&view, now, &Event::Tick);
        let begun = view.own.busy[&Lane::Server].clone();
        let outcome = Outcome::Failed("the table is locked".into());
        view = after(&view, now, &Event::Ended { number: begun.number, outcome });
        let again = view.own.not_before[&Lane::Server].0;
        pauses.push(again - now);
        now = again;
    }
    assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    let told = view.own.problems.iter().find(|problem| problem.code == ProblemCode::StepFailing).unwrap();
    assert_eq!(told.text, "cannot let a replica in: the table is locked");
    assert_eq!(view.up().map(|up| up.observed.executed.clone()), Some(set("0-1-9")) as Option<GtidSet>);
}
