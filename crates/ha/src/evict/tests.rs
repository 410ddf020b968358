//! When a cut that was begun is given up again.

use std::collections::BTreeMap;

use mysos_model::{
    Ordinal, Timestamp,
    record::{MemberRecord, MemberState},
};

use super::*;
use crate::{
    Event,
    action::{Begun, Lane},
    decide,
    testing::{data, primary, spec, told},
    view::Server,
};

/// A primary that has locked acker 1 out, and whose marker row for that is not acknowledged.
fn cutting_off(cut: Cut, members: impl IntoIterator<Item = MemberRecord>) -> View {
    let mut view = primary();
    let promotion = view.own.promotion.as_mut().unwrap();
    promotion.let_in = BTreeMap::new();
    promotion.cutting = BTreeMap::from([(data(1), cut)]);
    let Server::Up(up) = &mut view.own.server else { panic!("it serves") };
    (up.observed.waiting, up.observed.connected_ackers) = (1, 0);
    view.seen.members = members.into_iter().map(|member| (member.task.clone(), member)).collect();
    view
}

fn ticked(mut view: View) -> View {
    for change in decide(&view, Timestamp(50_000), &Event::Tick).changes {
        view.apply(&change);
    }
    view
}

fn cutting(view: &View) -> Option<Cut> {
    view.own.promotion.as_ref().and_then(|promotion| promotion.cutting.get(&data(1)).copied())
}

#[test]
fn acker_that_is_back_before_its_cut_is_proven_is_let_in_again() {
    let view = ticked(cutting_off(Cut::Prove, [told(1, MemberState::Revoked)]));
    assert_eq!(cutting(&view), None);
    let order = view.own.busy.get(&Lane::Server).map(|begun| begun.action.clone());
    assert_eq!(order, Some(Action::Server(Order::LetIn { ordinal: Ordinal(1) })));
}

#[test]
fn what_is_claimed_is_not_taken_back() {
    let view = ticked(cutting_off(Cut::Done, [told(1, MemberState::Following)]));
    assert_eq!(cutting(&view), Some(Cut::Done));
}

#[test]
fn cut_goes_on_while_its_marker_row_waits() {
    let mut view = cutting_off(Cut::Prove, [told(1, MemberState::Following)]);
    let action = proof(&view).unwrap();
    let begun = Begun { number: 9, action, at: Timestamp(0), session: 0 };
    view.own.busy.insert(Lane::Write, begun);
    assert_eq!(cutting(&ticked(view)), Some(Cut::Prove));
}

#[test]
fn cut_goes_on_while_the_acker_is_away() {
    assert_eq!(cutting(&ticked(cutting_off(Cut::Prove, []))), Some(Cut::Prove));
    let down = ticked(cutting_off(Cut::Prove, [told(1, MemberState::Down)]));
    assert_eq!(cutting(&down), Some(Cut::Prove));
}

#[test]
fn of_two_records_of_a_slot_the_one_of_the_wanted_task_speaks() {
    let mut relaunched = told(1, MemberState::Following);
    relaunched.task = "mysos-shop-1-00000000-0000-4000-8000-000000000009".parse().unwrap();
    relaunched.data = Some(data(9));
    let view = cutting_off(Cut::Prove, [told(1, MemberState::Following), relaunched.clone()]);
    assert_eq!(
        view.of_slot(Ordinal(1)).map(|it| it.data.clone()),
        Some(Some(data(1))),
        "nothing is wanted yet"
    );
    let mut view = view;
    let mut wanted = spec(3);
    wanted.members.get_mut(&Ordinal(1)).unwrap().task = Some(relaunched.task.clone());
    view.seen.spec = Some(wanted);
    assert_eq!(view.of_slot(Ordinal(1)), Some(&relaunched));
}
