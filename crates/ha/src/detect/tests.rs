//! When a primary is replaced although it could come back, and when it is waited for.

use mysos_model::{
    Epoch, Flavor, Generation, InstanceSize, Ordinal,
    record::{Extra, Failed, Goal, WantedMember},
    spec::Durability,
};

use super::*;
use crate::{
    Event,
    testing::{after, data, replica, task},
};

const NOW: u64 = 100_000;

fn spec() -> SpecRecord {
    let wanted = |n| WantedMember {
        instance: format!("00000000-0000-4000-8000-{n:012}").parse().unwrap(),
        task: Some(task(n)),
        goal: Goal::Serve,
    };
    SpecRecord {
        cluster: "shop".parse().unwrap(),
        generation: Generation(1),
        members: (0..3).map(|n| (Ordinal(n), wanted(n))).collect(),
        cluster_user: "app".parse().unwrap(),
        flavor: Flavor::MariaDb,
        size: InstanceSize::default(),
        durability: Durability::Lossless,
        acks: 1,
        auto_failover: true,
        failover_delay_ms: 0,
        epoch_floor: Epoch(0),
        terminating: false,
        extra: Extra::new(),
    }
}

/// Member 1, seconds after a failover; the primary is in this state.
fn soon_after_a_failover(state: Option<MemberState>) -> View {
    let mut view = replica();
    view.seen.spec = Some(spec());
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
