//! When a cut that was begun is given up again.

use std::collections::BTreeMap;

use mysos_model::{
    Durability, Endpoint, Epoch, Flavor, Generation, GtidSet, Host, InstanceSize, Ordinal, Timestamp, Turn,
    record::{Claims, EpochRecord, Extra, Goal, MemberRecord, Phase, SpecRecord, WantedMember},
};

use super::*;
use crate::{
    Event,
    action::{Begun, Lane},
    decide,
    view::{Disk, Identity, Observation, Receiver, Saved, SeenEpoch, Server, Up},
};

fn data(n: u32) -> DataId {
    format!("00000000-0000-4000-8000-0000000000{n:02}").parse().unwrap()
}

fn task(n: u32) -> mysos_model::TaskId {
    format!("mysos-shop-{n}-00000000-0000-4000-8000-0000000000{n:02}").parse().unwrap()
}

fn endpoint(n: u32, port: u16) -> Endpoint {
    Endpoint::new(&Host(format!("host{n}")), port)
}

fn record() -> EpochRecord {
    let mut record = EpochRecord::forming(1, Timestamp(0));
    (record.epoch, record.turn, record.phase) = (Epoch(1), Turn(4), Phase::Serving);
    record.primary = Some(data(0));
    record.ackers = [data(1), data(2)].into();
    record
}

fn member(n: u32, state: MemberState) -> MemberRecord {
    MemberRecord {
        task: task(n),
        ordinal: Ordinal(n),
        data: Some(data(n)),
        mysql: endpoint(n, 1),
        control: endpoint(n, 2),
        flavor: Flavor::MariaDb,
        version: None,
        state,
        epoch: Epoch(1),
        turn: Turn(4),
        executed: None,
        received: None,
        claims: Claims { acking: true, ..Claims::default() },
        suspects: None,
        lag: None,
        number: None,
        problems: Vec::new(),
        since: Timestamp(0),
        copy: None,
        extra: Extra::new(),
    }
}

/// A primary that has locked acker 1 out, and whose marker row for that is not acknowledged.
fn primary(cut: Cut, members: impl IntoIterator<Item = MemberRecord>) -> View {
    let id = Identity {
        task: task(0),
        ordinal: Ordinal(0),
        mysql: endpoint(0, 1),
        control: endpoint(0, 2),
        flavor: Flavor::MariaDb,
    };
    let mut view = View::new(id, Saved { obeyed: Epoch(1), data: Some(data(0)) }, Timestamp(0));
    view.own.disk = Disk::Ready;
    view.own.starts = 1;
    let observed = Observation {
        read_only: false,
        source: None,
        receiver: Receiver::Off,
        applying: false,
        executed: GtidSet::empty(Flavor::MariaDb),
        received: GtidSet::empty(Flavor::MariaDb),
        wait_count: Some(1),
        waiting: 1,
        connected_ackers: 0,
        lag: None,
        error: None,
    };
    view.own.server = Server::Up(Up { start: 1, version: "10".into(), drained: true, observed, stuck: None });
    view.own.promotion = Some(Promotion {
        epoch: Epoch(1),
        start: 1,
        step: Step::Serve { acks: 1 },
        since: Timestamp(0),
        deposed: None,
        let_in: BTreeMap::new(),
        cutting: BTreeMap::from([(data(1), cut)]),
    });
    view.seen.epoch = Some(SeenEpoch { record: record(), version: 4, parent: 0 });
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
    let view = ticked(primary(Cut::Prove, [member(1, MemberState::Revoked)]));
    assert_eq!(cutting(&view), None);
    let order = view.own.busy.get(&Lane::Server).map(|begun| begun.action.clone());
    assert_eq!(order, Some(Action::Server(Order::LetIn { ordinal: Ordinal(1) })));
}

#[test]
fn what_is_claimed_is_not_taken_back() {
    let view = ticked(primary(Cut::Done, [member(1, MemberState::Following)]));
    assert_eq!(cutting(&view), Some(Cut::Done));
}

#[test]
fn cut_goes_on_while_its_marker_row_waits() {
    let mut view = primary(Cut::Prove, [member(1, MemberState::Following)]);
    let action = proof(&view).unwrap();
    let begun = Begun { number: 9, action, at: Timestamp(0), session: 0 };
    view.own.busy.insert(Lane::Write, begun);
    assert_eq!(cutting(&ticked(view)), Some(Cut::Prove));
}

#[test]
fn cut_goes_on_while_the_acker_is_away() {
    assert_eq!(cutting(&ticked(primary(Cut::Prove, []))), Some(Cut::Prove));
    let down = ticked(primary(Cut::Prove, [member(1, MemberState::Down)]));
    assert_eq!(cutting(&down), Some(Cut::Prove));
}

#[test]
fn of_two_records_of_a_slot_the_one_of_the_wanted_task_speaks() {
    let mut relaunched = member(1, MemberState::Following);
    relaunched.task = "mysos-shop-1-00000000-0000-4000-8000-000000000009".parse().unwrap();
    relaunched.data = Some(data(9));
    let view = primary(Cut::Prove, [member(1, MemberState::Following), relaunched.clone()]);
    assert_eq!(
        view.of_slot(Ordinal(1)).map(|it| it.data.clone()),
        Some(Some(data(1))),
        "nothing is wanted yet"
    );
    let mut view = view;
    let wanted = WantedMember {
        instance: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
        task: Some(relaunched.task.clone()),
        goal: Goal::Serve,
    };
    view.seen.spec = Some(SpecRecord {
        cluster: "shop".parse().unwrap(),
        generation: Generation(1),
        members: BTreeMap::from([(Ordinal(1), wanted)]),
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
    });
    assert_eq!(view.of_slot(Ordinal(1)), Some(&relaunched));
}
