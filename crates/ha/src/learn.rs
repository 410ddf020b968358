//! From an event to what is known. What is out of date (an outcome of an earlier order, a look at an
//! earlier start) is a no-op.

use std::collections::BTreeMap;

use mysos_model::{
    DataId, Epoch, TaskId, Timestamp,
    record::{JournalStep, MemberRecord, MemberState},
};

use crate::{
    action::{Action, Begun, Lane, Order, Outcome, Terms},
    change::{
        Change, Durable, LaneChange, PromotionChange, RecordChange, ReplicaChange, SenseChange, ServerChange,
        ToldChange,
    },
    copy,
    decide::Moving,
    event::{Event, Probe},
    evict, limits, story,
    view::{
        Acking, Cut, Exit, Failure, Followed, Group, Life, Observation, Published, SeenEpoch, Server, Step,
        Up, Welcome,
    },
    vital::{self, Vital},
};

/// Takes in one event.
pub(crate) fn learn(moving: &mut Moving, event: &Event) {
    match event.clone() {
        Event::Tick => {}
        Event::Session(session) => moving.make(Change::Records(RecordChange::Session(session))),
        Event::Epoch(epoch) => moving.make(Change::Records(RecordChange::Epoch(epoch))),
        Event::EpochUnreadable(why) => moving.make(Change::Records(RecordChange::EpochUnreadable(why))),
        Event::Spec(spec) => moving.make(Change::Records(RecordChange::Spec(spec))),
        Event::Members(members) => members_read(moving, members),
        Event::Coordinator(task) => moving.make(Change::Records(RecordChange::Coordinator(task))),
        Event::Answered { version, observed } => answered(moving, version, *observed),
        Event::Observed(observed) => observed_now(moving, observed),
        Event::Exited(exit) => exited(moving, exit),
        Event::Tried { vital, probe } => vital::tried(moving, vital, probe),
        Event::Probed(probe) => probed(moving, probe),
        Event::Copying { bytes, expected } => copy::progressed(moving, bytes, expected),
        // What is gone is not claimed: the directory that is made now has an identity of its own.
        Event::DataLost(why) => moving.note(JournalStep::DataLost, why, None),
        Event::Stop { grace_ms } => stop(moving, grace_ms),
        Event::Ended { number, outcome } => ended(moving, number, outcome),
    }
    missing(moving);
}

fn members_read(moving: &mut Moving, members: BTreeMap<TaskId, MemberRecord>) {
    moving.make(Change::Records(RecordChange::Members(members)));
}

/// Keeps when each acker of A was first seen without a record. While ZooKeeper is out of reach nobody's
/// absence is known.
fn missing(moving: &mut Moving) {
    let view = &moving.view;
    let known = &view.seen.missing;
    let now: BTreeMap<DataId, Timestamp> = if view.seen.session.connected {
        let since = |data: DataId| {
            let since = known.get(&data).copied().unwrap_or(moving.now);
            (data, since)
        };
        view.missing_ackers().into_iter().map(since).collect()
    } else {
        BTreeMap::new()
    };
    if now != *known {
        moving.make(Change::Records(RecordChange::Missing(now)));
    }
}

fn answered(moving: &mut Moving, version: String, observed: Observation) {
    if !matches!(moving.view.own.server, Server::Starting { .. }) {
        return;
    }
    let up = Up { start: moving.view.own.starts, version, drained: false, observed, stuck: None };
    moving.make(Change::Server(ServerChange::CameUp(Box::new(up))));
}

fn observed_now(moving: &mut Moving, observed: Box<Observation>) {
    let stuck = stuck(moving, &observed);
    moving.make(Change::Server(ServerChange::Observed(observed, stuck)));
    vital::tried(moving, Vital::Look, Probe::Answered);
}

/// Since when commits wait and nothing is written, as far as the last two looks show.
fn stuck(moving: &Moving, now: &Observation) -> Option<Timestamp> {
    let up = moving.view.up()?;
    let quiet = up.observed.waiting > 0 && up.observed.executed == now.executed;
    (now.waiting > 0).then(|| up.stuck.filter(|_| quiet).unwrap_or(moving.now))
}

fn exited(moving: &mut Moving, exit: Exit) {
    let order = moving.view.own.busy.get(&Lane::Server).map(|begun| &begun.action);
    let told = matches!(
        order,
        Some(Action::Server(
            Order::Stop { .. } | Order::Kill | Order::Quarantine { .. } | Order::TakeCopy { .. }
        ))
    );
    if told {
        moving.make(Change::Server(ServerChange::WasStopped));
        return;
    }
    let (state, since) = moving.view.own.state;
    let served = matches!(state, MemberState::Following | MemberState::Primary);
    if served && moving.now.since(since) >= limits::SERVED {
        moving.make(Change::Server(ServerChange::Served));
    }
    if moving.view.own.life == Life::Serving {
        moving.note(JournalStep::Exited, format!("mysqld ended by {}", exit.how), None);
    }
    moving.make(Change::Server(ServerChange::WentDown(exit)));
}

fn probed(moving: &mut Moving, probe: Probe) {
    let count = match probe {
        Probe::Answered => 0,
        Probe::Silent => moving.view.own.silent_probes.saturating_add(1),
    };
    if count != moving.view.own.silent_probes {
        moving.make(Change::Sense(SenseChange::Probes(count)));
    }
}

/// A stop is taken once; a later one may only shorten it.
fn stop(moving: &mut Moving, grace_ms: u64) {
    let kill_at = Timestamp(moving.now.0.saturating_add(grace_ms * limits::GRACE_PERCENT / 100));
    let life = match moving.view.own.life {
        Life::Serving => Life::Stopping { since: moving.now, kill_at },
        Life::Stopping { since, kill_at: before } => Life::Stopping { since, kill_at: before.min(kill_at) },
        Life::Failed { .. } => return,
    };
    moving.make(Change::Life(life));
}

/// An action ended: its lane is free again, and what it did is known.
fn ended(moving: &mut Moving, number: u64, outcome: Outcome) {
    let begun = moving.view.own.busy.iter().find(|(_, begun)| begun.number == number);
    let Some((lane, begun)) = begun.map(|(lane, begun)| (*lane, begun.clone())) else { return };
    if let Outcome::Failed(why) = outcome {
        failed(moving, lane, begun.action, why);
        return;
    }
    let rest = rest(moving, &begun.action, &outcome).map(|span| moving.now + span);
    moving.make(Change::Lane(match rest {
        Some(until) => LaneChange::Rested(lane, until),
        None => LaneChange::Done(lane),
    }));
    done(moving, begun, outcome);
}

fn failed(moving: &mut Moving, lane: Lane, action: Action, why: String) {
    let before = moving.view.own.failures.get(&lane).filter(|before| before.action == action);
    let times = before.map_or(1, |before| before.times.saturating_add(1));
    let again =
        moving.now + if lane == Lane::Copy { copy::failed(moving, &why) } else { pause(&action, times) };
    // A server that cannot be made counts like one that does not start: tried for ever, nobody would hear of it.
    let never_ran = if let Action::Server(order) = &action { never_ran(order) } else { None };
    if let Some(how) = never_ran {
        let exit = Exit { at: moving.now, how: how.to_owned(), log: why.clone() };
        moving.make(Change::Server(ServerChange::WentDown(exit)));
    }
    if matches!(action, Action::Server(Order::TakeCopy { .. })) {
        copy::not_taken(moving);
    }
    let failure = Failure { action, why, since: moving.now, at: moving.now, times };
    moving.make(Change::Lane(LaneChange::Failed(lane, again, Box::new(failure))));
}

/// Between two attempts of what has failed so often in a row. Orders to the server wait longer each time: each of
/// them costs the server something, and others see its words.
fn pause(action: &Action, times: u32) -> std::time::Duration {
    let Action::Server(order) = action else {
        return if action.lane() == Lane::Nudge { limits::NUDGE } else { limits::RETRY };
    };
    // What fences is never put off.
    let urgent = [
        matches!(order, Order::Start | Order::Stop { .. } | Order::Kill),
        matches!(order, Order::Close { .. } | Order::Revoke),
    ];
    let doublings = if urgent.contains(&true) { 0 } else { (times - 1).min(limits::RETRY_DOUBLINGS) };
    limits::RETRY * 2u32.pow(doublings)
}

/// In words, what it means that this order failed for the life of the server.
fn never_ran(order: &Order) -> Option<&'static str> {
    [
        (matches!(order, Order::Start), "not starting"),
        (matches!(order, Order::Inspect), "a data directory that cannot be read"),
        (matches!(order, Order::Initialize { .. }), "not being initialized"),
    ]
    .into_iter()
    .find_map(|(is_it, how)| is_it.then_some(how))
}

/// How long a lane rests after an action that went well and may be owed again at once.
fn rest(moving: &Moving, action: &Action, outcome: &Outcome) -> Option<std::time::Duration> {
    match (action, outcome) {
        (Action::Ask { .. }, Outcome::Welcome(Terms { let_in: false, .. })) => {
            // The record changes when a primary is named, and when it opens.
            let opens = moving.view.serving().is_some_and(|it| moving.now.since(it.since) < limits::OPENS);
            Some(if opens { limits::ASK_SOON } else { limits::ASK_AGAIN })
        }
        // Whoever swapped first is read by the watch; until then the same swap would be lost again.
        // After an own write, until the next look shows what it did.
        (Action::SwapEpoch { .. }, Outcome::Lost) | (Action::Nudge { .. } | Action::Prove { .. }, _) => {
            Some(limits::RETRY)
        }
        _ => None,
    }
}

fn done(moving: &mut Moving, begun: Begun, outcome: Outcome) {
    let session = begun.session;
    match (begun.action, outcome) {
        (Action::Server(order), outcome) => server_done(moving, order, outcome),
        (Action::Prove { epoch, cut, .. }, Outcome::Done) if is_of_now(moving, epoch, begun.at) => {
            proven(moving, cut.into_iter());
        }
        (Action::Copy { .. }, Outcome::Copied { data, bytes }) => copy::built(moving, data, bytes),
        (Action::Ask { of, .. }, Outcome::Welcome(terms)) => {
            let welcome = Welcome { of, at: begun.at, terms };
            moving.make(Change::Replica(ReplicaChange::Welcomed(Some(welcome))));
        }
        (Action::SwapEpoch { record, parent, .. }, Outcome::Swapped { version }) => {
            swapped(moving, SeenEpoch { record: *record, version, parent });
        }
        (Action::Tell(record), Outcome::Done) => {
            moving.make(Change::Told(ToldChange::Record(session, record)));
        }
        (Action::Publish { group, .. }, Outcome::Published { number }) => {
            let published = group.map(|group| Published { group, session });
            placed(moving, published, number);
        }
        (Action::Journal(_), Outcome::Done) => moving.make(Change::Told(ToldChange::JournalWritten)),
        (Action::Report(report), Outcome::Done) => {
            moving.make(Change::Told(ToldChange::Reported(report)));
        }
        (Action::Coordinate, Outcome::Done) => {
            let task = moving.view.own.id.task.clone();
            moving.make(Change::Records(RecordChange::Coordinator(Some(task))));
        }
        (Action::StandDown, Outcome::Done) => moving.make(Change::Records(RecordChange::Coordinator(None))),
        _ => {}
    }
}

fn server_done(moving: &mut Moving, order: Order, outcome: Outcome) {
    let step = moving.view.own.promotion.as_ref().map(|promotion| promotion.step);
    match (order, outcome, step) {
        (Order::Quarantine { errant, .. }, Outcome::Disk { disk, .. }, _) => {
            moving.note(JournalStep::Quarantined, format!("moved aside with {errant}; built anew"), None);
            moving.make(Change::Replica(ReplicaChange::Errant(None)));
            moving.make(Change::Replica(ReplicaChange::Welcomed(None)));
            moving.make(Change::Server(ServerChange::Disk(disk)));
        }
        (Order::TakeCopy { .. }, Outcome::Disk { disk, data }, _) => {
            copy::taken(moving);
            server_done(moving, Order::Inspect, Outcome::Disk { disk, data });
        }
        (Order::Inspect | Order::Initialize { .. }, Outcome::Disk { disk, data }, _) => {
            if let Some(data) = data.filter(|data| moving.view.own.saved.data.as_ref() != Some(data)) {
                moving.make(Change::Durable(Durable::DataNamed(data)));
            }
            moving.make(Change::Server(ServerChange::Disk(disk)));
        }
        (Order::EndClients, Outcome::Done, _) => {
            let now = moving.now;
            moving.make(Change::Server(ServerChange::Freed(now)));
        }
        (Order::Drain, Outcome::Done, _) => moving.make(Change::Server(ServerChange::Drained)),
        (Order::Revoke, Outcome::Done, _) => {
            moving.make(Change::Replica(ReplicaChange::Acking(Acking::Off)));
            moving.make(Change::Replica(ReplicaChange::Followed(None)));
        }
        (Order::Follow { source, acking }, Outcome::Done, _) => {
            followed(moving, Followed { at: moving.now, source, acking });
        }
        (Order::LockAll, Outcome::Done, Some(Step::Lock)) => stepped(moving, Step::Drain),
        (Order::Arm { acks, .. }, Outcome::Done, Some(Step::Arm { .. })) => {
            moving.make(Change::Replica(ReplicaChange::Acking(Acking::Off)));
            moving.make(Change::Replica(ReplicaChange::Followed(None)));
            stepped(moving, Step::Open { acks });
        }
        (Order::Open, Outcome::Done, Some(Step::Open { acks })) => opened(moving, acks),
        (Order::LetIn { ordinal }, Outcome::Done, Some(_)) => let_in(moving, ordinal),
        (Order::CutOff { ordinal }, Outcome::Done, Some(_)) => {
            if ordinal.is_none() {
                moving.make(Change::Promotion(PromotionChange::NobodyIn));
            }
            if let Some(data) = evict::being_locked(&moving.view) {
                moving.make(Change::Promotion(PromotionChange::Cutting(data, Cut::Prove)));
            }
        }
        _ => {}
    }
}

fn stepped(moving: &mut Moving, step: Step) {
    moving.make(Change::Promotion(PromotionChange::Stepped(step)));
}

fn followed(moving: &mut Moving, followed: Followed) {
    let first = moving.view.own.followed.is_none();
    if !followed.acking {
        moving.make(Change::Replica(ReplicaChange::Acking(Acking::Off)));
    }
    if first {
        moving.note(JournalStep::Following, format!("receives from {}", followed.source), None);
    }
    moving.make(Change::Replica(ReplicaChange::Followed(Some(followed))));
}

fn opened(moving: &mut Moving, acks: u32) {
    if let Server::Up(up) = &moving.view.own.server {
        let observed = Observation { read_only: false, ..up.observed.clone() };
        observed_now(moving, Box::new(observed));
    }
    moving.note(JournalStep::Opened, format!("writes wait for {acks} acknowledgements"), took(moving));
    stepped(moving, Step::Prove { acks });
}

fn took(moving: &Moving) -> Option<u64> {
    moving.view.own.promotion.as_ref().map(|promotion| moving.now.millis_since(promotion.since))
}

fn let_in(moving: &mut Moving, ordinal: mysos_model::Ordinal) {
    let data = moving.view.of_slot(ordinal).and_then(|member| member.data.clone());
    if let Some(data) = data {
        moving.make(Change::Promotion(PromotionChange::LetIn(ordinal, data)));
    }
}

/// Whether a row was written for the promotion that is under way: in its epoch, and since it began on this start of
/// the server. An earlier one may have waited for another count, and for ackers that were never cut off.
fn is_of_now(moving: &Moving, epoch: Epoch, begun: Timestamp) -> bool {
    let promotion = moving.view.own.promotion.as_ref();
    promotion.is_some_and(|it| it.deposed.is_none() && it.epoch == epoch && begun >= it.since)
}

/// A marker row is acknowledged: of the promotion, or of a cut.
fn proven(moving: &mut Moving, cut: impl Iterator<Item = DataId>) {
    let step = moving.view.own.promotion.as_ref().map(|promotion| promotion.step);
    if let Some(Step::Prove { acks }) = step {
        moving.note(JournalStep::Proven, "the promotion row is acknowledged", took(moving));
        stepped(moving, Step::Serve { acks });
    }
    for data in cut {
        moving.make(Change::Promotion(PromotionChange::Cutting(data, Cut::Done)));
    }
}

fn swapped(moving: &mut Moving, seen: SeenEpoch) {
    let step = moving.view.own.promotion.as_ref().map(|promotion| promotion.step);
    let confirms = step == Some(Step::Confirm);
    moving.make(Change::Records(RecordChange::Epoch(Some(seen))));
    if confirms && moving.view.is_primary() {
        stepped(moving, Step::Enter);
    }
    story::swapped(moving);
}

fn placed(moving: &mut Moving, published: Option<Published>, number: Option<u32>) {
    if let Some(number) = number.filter(|number| moving.view.own.number != Some(*number)) {
        moving.make(Change::Told(ToldChange::Numbered(number)));
    }
    if published.is_some_and(|published| published.group == Group::Primary) {
        moving.note(JournalStep::Published, "clients find the primary", took(moving));
    }
    moving.make(Change::Told(ToldChange::Published(published)));
}
