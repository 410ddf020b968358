//! When a member counts as stalled, and when its server is killed for it.

use super::*;
use crate::{
    Event, decide,
    testing::{observed, primary},
    view::Up,
};

fn try_once(view: &mut View, at: u64, vital: Vital, probe: Probe) {
    for change in decide(view, Timestamp(at), &Event::Tried { vital, probe }).changes {
        view.apply(&change);
    }
}

#[test]
fn a_server_is_stalled_once_it_has_been_silent_for_a_while() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Server, Probe::Silent);
    try_once(&mut view, 12_499, Vital::Server, Probe::Silent);
    assert_eq!(stalled(&view), None);
    try_once(&mut view, 12_500, Vital::Server, Probe::Silent);
    assert_eq!(stalled(&view), Some(Vital::Server));
    assert_eq!(view.own.state.0, mysos_model::record::MemberState::Stalled);
    assert_eq!(view.own.problems[0].code, ProblemCode::MemberUnreachable);
    try_once(&mut view, 12_700, Vital::Server, Probe::Answered);
    assert_eq!(view.own.state.0, mysos_model::record::MemberState::Primary);
}

#[test]
fn one_look_that_failed_before_a_long_order_stalls_nobody() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Look, Probe::Silent);
    let view = crate::testing::after(&view, 30_000, &Event::Tick);
    assert_eq!(stalled(&view), None);
}

#[test]
fn what_hung_before_a_restart_is_forgotten_but_for_the_disk() {
    let mut view = primary();
    for vital in [Vital::Server, Vital::Look, Vital::Disk] {
        try_once(&mut view, 10_000, vital, Probe::Silent);
    }
    let up = Up { start: 2, ..view.up().unwrap().clone() };
    view.apply(&Change::Server(ServerChange::CameUp(Box::new(up))));
    assert_eq!(view.own.silent.keys().copied().collect::<Vec<_>>(), [Vital::Disk]);
}

#[test]
fn a_deposed_primary_that_hangs_is_killed_at_once() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Server, Probe::Silent);
    try_once(&mut view, 13_000, Vital::Server, Probe::Silent);
    assert_eq!(order(&view), None, "nobody else is named yet: it may come back");
    view.own.promotion.as_mut().unwrap().deposed = Some(Timestamp(12_900));
    assert_eq!(order(&view), Some(Order::Kill));
}

#[test]
fn a_server_that_stays_silent_is_killed_unless_its_disk_is() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Server, Probe::Silent);
    try_once(&mut view, 29_999, Vital::Server, Probe::Silent);
    assert_eq!(order(&view), None);
    let mut hopeless = view.clone();
    try_once(&mut hopeless, 30_000, Vital::Server, Probe::Silent);
    assert_eq!(order(&hopeless), Some(Order::Kill));
    try_once(&mut view, 29_999, Vital::Disk, Probe::Silent);
    try_once(&mut view, 60_000, Vital::Server, Probe::Silent);
    assert_eq!(order(&view), None, "a kill mends no disk");
}

#[test]
fn looks_have_more_time_than_questions() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Look, Probe::Silent);
    try_once(&mut view, 14_999, Vital::Look, Probe::Silent);
    assert_eq!(stalled(&view), None);
    try_once(&mut view, 15_000, Vital::Look, Probe::Silent);
    assert_eq!(stalled(&view), Some(Vital::Look));
    let seen = Event::Observed(Box::new(observed()));
    for change in decide(&view, Timestamp(15_100), &seen).changes {
        view.apply(&change);
    }
    assert_eq!(stalled(&view), None);
}

#[test]
fn a_disk_without_room_is_told_as_such() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Room, Probe::Silent);
    try_once(&mut view, 13_000, Vital::Room, Probe::Silent);
    assert_eq!(problem(&view).unwrap().0, ProblemCode::DiskFull);
}
