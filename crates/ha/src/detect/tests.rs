//! When a primary is replaced although it could come back, and when it is waited for.

use mysos_model::{Epoch, record::Failed};

use super::*;
use crate::{
    Event,
    testing::{after, data, replica, spec, task},
};

const NOW: u64 = 100_000;

/// Member 1, seconds after a failover; the primary is in this state.
fn soon_after_a_failover(state: Option<MemberState>) -> View {
    let mut view = replica();
    view.seen.spec = Some(spec(3));
    match state {
        Some(state) => view.seen.members.get_mut(&task(0)).unwrap().state = state,
        None => drop(view.seen.members.remove(&task(0))),
    }
    for n in [1, 2] {
        view.seen.members.get_mut(&task(n)).unwrap().lag = None;
    }
    let record = &mut view.seen.epoch.as_mut().unwrap().record;
    record.ackers.remove(&data(2));
    record.failed = Some(Box::new(Failed {
        at: Timestamp(NOW - 5_000),
        data: Some(data(2)),
        host: Some(mysos_model::Host("host0".into())),
        ordinal: None,
        reason: "its mysqld is not running".into(),
        epoch: Epoch(0),
    }));
    view
}

fn asked(view: &View, at: u64) -> Option<&'static str> {
    verdict(view, &view.seen.epoch.as_ref().unwrap().record, Timestamp(at))
}

#[test]
fn the_pause_after_a_failover_protects_a_primary_that_is_there() {
    let view = soon_after_a_failover(Some(MemberState::Down));
    assert_eq!(asked(&view, NOW), None);
    assert!(asked(&view, NOW + 60_000).is_some());
}

#[test]
fn nobody_waits_for_a_primary_that_is_gone_with_its_executor() {
    assert!(asked(&soon_after_a_failover(None), NOW).is_some());
}

#[test]
fn a_primary_that_does_not_open_is_replaced_in_the_end() {
    let mut view = soon_after_a_failover(Some(MemberState::Promoting));
    view.seen.members.get_mut(&task(2)).unwrap().lag = Some(mysos_model::record::LagClass::Current);
    let view = after(&view, NOW + 60_000, &Event::Tick);
    assert_eq!(view.own.unserved, Some((Epoch(1), Timestamp(NOW + 60_000))));
    assert_eq!(asked(&view, NOW + 89_999), None);
    assert_eq!(asked(&view, NOW + 90_000), Some("it was named and does not open for writes"));

    let mut open = view;
    open.seen.members.get_mut(&task(0)).unwrap().state = MemberState::Primary;
    assert_eq!(after(&open, NOW + 90_000, &Event::Tick).own.unserved, None);
}
