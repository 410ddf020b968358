//! Views to begin a test with.

use std::collections::BTreeMap;

use mysos_model::{
    DataId, Durability, Endpoint, Epoch, Flavor, Generation, GtidSet, Host, InstanceSize, Ordinal, TaskId,
    Timestamp,
    record::{
        Claims, EpochRecord, Extra, Goal, LagClass, MemberRecord, MemberState, Phase, SpecRecord,
        WantedMember,
    },
};

use crate::{
    action::Asked,
    action::Terms,
    view::{
        Disk, Followed, Identity, Observation, Promotion, Receiver, Saved, SeenEpoch, Server, Session, Step,
        Up, View, Welcome,
    },
};

pub(crate) fn data(n: u32) -> DataId {
    format!("00000000-0000-4000-8000-{n:012}").parse().unwrap()
}

pub(crate) fn task(n: u32) -> TaskId {
    format!("mysos-shop-{n}-00000000-0000-4000-8000-{n:012}").parse().unwrap()
}

pub(crate) fn set(text: &str) -> GtidSet {
    GtidSet::parse(Flavor::MariaDb, text).unwrap()
}

fn place(n: u32, port: u16) -> Endpoint {
    Endpoint::new(&Host(format!("host{n}")), port)
}

/// A cluster that wants so many members, and one acknowledgement for each write.
pub(crate) fn spec(size: u32) -> SpecRecord {
    let wanted = |n| WantedMember {
        instance: format!("00000000-0000-4000-8000-{n:012}").parse().unwrap(),
        task: Some(task(n)),
        goal: Goal::Serve,
    };
    SpecRecord {
        cluster: "shop".parse().unwrap(),
        generation: Generation(1),
        members: (0..size).map(|n| (Ordinal(n), wanted(n))).collect(),
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

/// A look at an open server that follows nobody.
pub(crate) fn observed() -> Observation {
    Observation {
        read_only: false,
        source: None,
        receiver: Receiver::Off,
        applying: false,
        executed: set("0-1-9"),
        received: set("0-1-9"),
        wait_count: Some(1),
        waiting: 0,
        connected_ackers: 2,
        lag: None,
        error: None,
    }
}

/// The record of epoch 1: member 0 serves, 1 and 2 may acknowledge.
pub(crate) fn serving() -> EpochRecord {
    let mut record = EpochRecord::forming(1, Timestamp(0));
    (record.epoch, record.phase) = (Epoch(1), Phase::Serving);
    record.primary = Some(data(0));
    record.ackers = [data(1), data(2)].into();
    record
}

/// A member as the others see it.
pub(crate) fn told(n: u32, state: MemberState) -> MemberRecord {
    MemberRecord {
        task: task(n),
        ordinal: Ordinal(n),
        data: Some(data(n)),
        mysql: place(n, 1),
        control: place(n, 2),
        flavor: Flavor::MariaDb,
        version: Some("10".into()),
        state,
        epoch: Epoch(1),
        turn: serving().turn,
        executed: None,
        received: None,
        claims: Claims { acking: state == MemberState::Following, ..Claims::default() },
        suspects: None,
        lag: (state == MemberState::Following).then_some(LagClass::Current),
        number: None,
        problems: vec![],
        copy: None,
        since: Timestamp(0),
        extra: Extra::new(),
    }
}

fn member(n: u32, observed: Observation) -> View {
    let id = Identity {
        task: task(n),
        ordinal: Ordinal(n),
        mysql: place(n, 1),
        control: place(n, 2),
        flavor: Flavor::MariaDb,
    };
    let mut view = View::new(id, Saved { obeyed: Epoch(1), data: Some(data(n)) }, Timestamp(0));
    view.own.disk = Disk::Ready;
    view.own.starts = 1;
    view.own.server = Server::Up(Up { start: 1, version: "10".into(), drained: true, observed, stuck: None });
    view.seen.session = Session { number: 1, connected: true };
    view.seen.epoch = Some(SeenEpoch { record: serving(), version: 1, parent: 1 });
    let others = [(0, MemberState::Primary), (1, MemberState::Following), (2, MemberState::Following)];
    view.seen.members = others.into_iter().map(|(n, state)| (task(n), told(n, state))).collect();
    view
}

/// Member 0, open for writes.
pub(crate) fn primary() -> View {
    let mut view = member(0, observed());
    view.own.promotion = Some(Promotion {
        epoch: Epoch(1),
        start: 1,
        step: Step::Serve { acks: 1 },
        since: Timestamp(0),
        deposed: None,
        let_in: BTreeMap::from([(Ordinal(1), data(1)), (Ordinal(2), data(2))]),
        cutting: BTreeMap::new(),
    });
    view
}

/// Member 1, that receives from it.
pub(crate) fn replica() -> View {
    let mut view = member(
        1,
        Observation {
            read_only: true,
            source: Some(place(0, 1)),
            receiver: Receiver::On,
            applying: true,
            wait_count: None,
            connected_ackers: 0,
            lag: Some(LagClass::Current),
            ..observed()
        },
    );
    view.own.acking = crate::view::Acking::On;
    view.own.followed = Some(Followed { at: Timestamp(0), source: place(0, 1), acking: true });
    view.own.welcome = Some(Welcome {
        of: Asked { primary: data(0), epoch: Epoch(1), start: 1 },
        at: Timestamp(0),
        terms: Terms { holds: set("0-1-9"), let_in: true },
    });
    view
}

/// What a view becomes by an event.
pub(crate) fn after(view: &View, at: u64, event: &crate::Event) -> View {
    let mut view = view.clone();
    for change in crate::decide(&view, Timestamp(at), event).changes {
        view.apply(&change);
    }
    view
}
