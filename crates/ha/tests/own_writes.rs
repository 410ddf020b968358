//! A member that was the primary compares itself with the next one only when none of its own writes is on its way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

use std::{collections::BTreeMap, time::Duration};

use mysos_ha::{
    Action, Event, Lane, View,
    action::{Begun, Outcome},
    decide,
    view::{Disk, Identity, Observation, Receiver, Saved, SeenEpoch, Server, Up},
};
use mysos_model::{
    Endpoint, Epoch, Flavor, GtidSet, Host, Ordinal, TaskId, Timestamp, Turn,
    record::{Claims, EpochRecord, Extra, MemberRecord, MemberState, Phase},
};

const NOW: Timestamp = Timestamp(10_000);

fn task(n: u32) -> TaskId {
    format!("mysos-shop-{n}-00000000-0000-4000-8000-0000000000{n:02}").parse().unwrap()
}

fn identity(n: u32) -> Identity {
    let host = Host(format!("host{n}"));
    Identity {
        task: task(n),
        ordinal: Ordinal(n),
        mysql: Endpoint::new(&host, 1),
        control: Endpoint::new(&host, 2),
        flavor: Flavor::MariaDb,
    }
}

fn primary() -> MemberRecord {
    let id = identity(1);
    MemberRecord {
        task: id.task,
        ordinal: id.ordinal,
        data: "00000000-0000-4000-8000-000000000001".parse().ok(),
        mysql: id.mysql,
        control: id.control,
        flavor: id.flavor,
        version: None,
        state: MemberState::Primary,
        epoch: Epoch(2),
        turn: Turn(7),
        executed: None,
        received: None,
        claims: Claims::default(),
        suspects: None,
        lag: None,
        number: None,
        problems: Vec::new(),
        since: Timestamp(0),
        copy: None,
        extra: Extra::new(),
    }
}

/// A member that was the primary of epoch 1, has closed, and obeys epoch 2, in which another serves.
fn deposed() -> View {
    let data = "00000000-0000-4000-8000-000000000000".parse().ok();
    let mut view = View::new(identity(0), Saved { obeyed: Epoch(2), data }, Timestamp(0));
    view.own.disk = Disk::Ready;
    view.own.starts = 1;
    let nothing = GtidSet::empty(Flavor::MariaDb);
    let observed = Observation {
        read_only: true,
        source: None,
        receiver: Receiver::Off,
        applying: false,
        executed: nothing.clone(),
        received: nothing,
        wait_count: None,
        waiting: 0,
        connected_ackers: 0,
        lag: None,
        error: None,
    };
    view.own.server = Server::Up(Up { start: 1, version: "10".into(), drained: true, observed, stuck: None });
    let mut record = EpochRecord::forming(1, Timestamp(0));
    (record.epoch, record.turn, record.phase) = (Epoch(2), Turn(7), Phase::Serving);
    record.primary = primary().data;
    view.seen.epoch = Some(SeenEpoch { record, version: 7, parent: 0 });
    view.seen.members = BTreeMap::from([(task(1), primary())]);
    view
}

fn asks(view: &View, now: Timestamp, event: &Event) -> (View, bool) {
    let decision = decide(view, now, event);
    let mut after = view.clone();
    for change in &decision.changes {
        after.apply(change);
    }
    (after, decision.actions.iter().any(|(_, action)| matches!(action, Action::Ask { .. })))
}

#[test]
fn nothing_on_its_way_so_the_primary_is_asked() {
    assert!(asks(&deposed(), NOW, &Event::Tick).1);
}

#[test]
fn a_nudge_on_its_way_and_not_yet_looked_at_holds_the_question_back() {
    let mut view = deposed();
    let action = Action::Nudge { within: Duration::from_secs(2) };
    view.own.busy.insert(Lane::Nudge, Begun { number: 5, action, at: Timestamp(9_000), session: 0 });
    let (view, asked) = asks(&view, NOW, &Event::Tick);
    assert!(!asked, "the nudge may still reach the server");
    let (view, asked) = asks(&view, NOW, &Event::Ended { number: 5, outcome: Outcome::Done });
    assert!(!asked, "no look has shown what it wrote");
    assert!(asks(&view, Timestamp(NOW.0 + 300), &Event::Tick).1);
}
