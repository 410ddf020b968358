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
    try_once(&mut view, 12_000, Vital::Server, Probe::Silent);
    assert_eq!(stalled(&view, Timestamp(12_499)), None);
    assert_eq!(stalled(&view, Timestamp(12_500)), Some(Vital::Server));
    try_once(&mut view, 12_600, Vital::Server, Probe::Silent);
    assert_eq!(view.own.state.0, mysos_model::record::MemberState::Stalled);
    assert_eq!(view.own.problems[0].code, ProblemCode::MemberUnreachable);
    try_once(&mut view, 12_700, Vital::Server, Probe::Answered);
    assert_eq!(view.own.state.0, mysos_model::record::MemberState::Primary);
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
    assert_eq!(order(&view, Timestamp(13_000)), None, "nobody else is named yet: it may come back");
    view.own.promotion.as_mut().unwrap().deposed = Some(Timestamp(12_900));
    assert_eq!(order(&view, Timestamp(13_000)), Some(Order::Kill));
}

#[test]
fn a_server_that_stays_silent_is_killed_unless_its_disk_is() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Server, Probe::Silent);
    assert_eq!(order(&view, Timestamp(29_999)), None);
    assert_eq!(order(&view, Timestamp(30_000)), Some(Order::Kill));
    try_once(&mut view, 30_000, Vital::Disk, Probe::Silent);
    assert_eq!(order(&view, Timestamp(60_000)), None, "a kill mends no disk");
}

#[test]
fn looks_have_more_time_than_questions() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Look, Probe::Silent);
    assert_eq!(stalled(&view, Timestamp(14_999)), None);
    assert_eq!(stalled(&view, Timestamp(15_000)), Some(Vital::Look));
    let seen = Event::Observed(Box::new(observed()));
    for change in decide(&view, Timestamp(15_100), &seen).changes {
        view.apply(&change);
    }
    assert_eq!(stalled(&view, Timestamp(16_000)), None);
}

#[test]
fn a_disk_without_room_is_told_as_such() {
    let mut view = primary();
    try_once(&mut view, 10_000, Vital::Room, Probe::Silent);
    assert_eq!(problem(&view, Timestamp(13_000)).unwrap().0, ProblemCode::DiskFull);
}
