//! This member as the others see it: the epoch it obeys, its state in one word, its record.

use mysos_model::record::{
    Claims, EpochRecord, Extra, JournalStep, LagClass, MemberRecord, MemberState, Phase,
};

use crate::{
    action::{Action, Lane},
    change::{Change, Durable, SenseChange, ServerChange, ToldChange},
    complaint,
    decide::Moving,
    demote, detect, follow, rebuild,
    view::{Acking, Cut, Disk, Life, Receiver, Server, Step, Up, View},
    vital,
};

/// Obeys a later epoch, before anything else in its record is used.
pub(crate) fn obey(moving: &mut Moving) {
    let later = moving.view.record().map(|record| record.epoch);
    if let Some(epoch) = later.filter(|epoch| *epoch > moving.view.own.saved.obeyed) {
        moving.make(Change::Durable(Durable::Obeyed(epoch)));
        moving.make(Change::Replica(crate::change::ReplicaChange::Followed(None)));
    }
}

/// Keeps the told state and the problems true.
pub(crate) fn settle(moving: &mut Moving) {
    let state = state(&moving.view);
    if state != moving.view.own.state.0 {
        let now = moving.now;
        moving.make(Change::Told(ToldChange::State(state, now)));
        if state == MemberState::Revoked {
            left(moving);
        }
    }
    let suspects = detect::own_suspicion(&moving.view);
    if suspects != moving.view.own.suspects.is_some() {
        let since = suspects.then_some(moving.now);
        moving.make(Change::Sense(SenseChange::Suspects(since)));
    }
    let problems = complaint::all(moving);
    if problems != moving.view.own.problems {
        moving.make(Change::Server(ServerChange::Problems(problems)));
    }
}

/// A line about leaving an epoch, for who took part in one. Took: since the election began.
fn left(moving: &mut Moving) {
    let view = &moving.view;
    let Some(record) = view.obeyed().filter(|record| record.phase == Phase::Electing) else { return };
    let took = moving.now.millis_since(record.since);
    let holds = view.up().map(|up| up.observed.received.to_string()).unwrap_or_default();
    moving.note(JournalStep::Revoked, format!("receives from nobody; holds {holds}"), Some(took));
}

/// The state in one word.
fn state(view: &View) -> MemberState {
    match (&view.own.life, &view.own.disk) {
        (Life::Stopping { .. }, _) => return MemberState::Stopping,
        (Life::Failed { .. }, Disk::Foreign(_)) => return MemberState::Refused,
        (Life::Failed { .. }, _) => return MemberState::Down,
        (Life::Serving, Disk::Ready) => {}
        (Life::Serving, Disk::Unknown | Disk::Empty | Disk::Foreign(_)) => return MemberState::Preparing,
    }
    match &view.own.server {
        Server::Down | Server::Starting { .. } if view.own.exits.is_empty() => MemberState::Preparing,
        Server::Down => MemberState::Down,
        Server::Starting { .. } => MemberState::Recovering,
        Server::Up(_) if vital::stalled(view).is_some() => MemberState::Stalled,
        Server::Up(up) => state_of_server(view, up),
    }
}

fn state_of_server(view: &View, up: &Up) -> MemberState {
    let receives = up.observed.receiver != Receiver::Off;
    match &view.own.promotion {
        Some(promotion) if promotion.deposed.is_some() => MemberState::Demoting,
        Some(promotion) if matches!(promotion.step, Step::Serve { .. }) => MemberState::Primary,
        Some(_) => MemberState::Promoting,
        None if rebuild::is_moving(view) => MemberState::Quarantining,
        None if demote::doors_open(view) => MemberState::Demoting,
        None if !up.drained => MemberState::Recovering,
        None if follow::follows(view) && receives => MemberState::Following,
        None if !receives && view.own.acking == Acking::Off && follow::is_settled(view) => {
            MemberState::Revoked
        }
        None => MemberState::Recovering,
    }
}

/// The record as it should be read by the others.
fn record(view: &View) -> MemberRecord {
    let own = &view.own;
    let up = view.up();
    let (state, since) = own.state;
    // Sets change with every write; they are told only where others decide on them.
    let sets = up.filter(|_| state == MemberState::Revoked).map(|up| &up.observed);
    MemberRecord {
        task: own.id.task.clone(),
        ordinal: own.id.ordinal,
        data: own.saved.data.clone().filter(|_| own.disk == Disk::Ready),
        mysql: own.id.mysql.clone(),
        control: own.id.control.clone(),
        flavor: own.id.flavor,
        version: up.map(|up| up.version.clone()),
        state,
        epoch: own.saved.obeyed,
        turn: view.turn(),
        executed: sets.map(|observed| observed.executed.clone()),
        received: sets.map(|observed| observed.received.clone()),
        claims: claims(view),
        suspects: own.suspects,
        lag: lag(view),
        number: own.number,
        copy: own.copying.at_work.clone(),
        problems: own.problems.clone(),
        since,
        extra: Extra::new(),
    }
}

/// How far behind, as far as that is known. Whoever has not executed what the primary held when it was asked
/// is not current, whatever its server says: it reckons from what it has received.
pub(crate) fn lag(view: &View) -> Option<LagClass> {
    let observed = &view.up()?.observed;
    let behind = match (&view.own.welcome, view.own.caught_up) {
        (None, _) => LagClass::Current,
        (Some(_), None) => LagClass::Lagging,
        (Some(_), Some(caught_up)) => caught_up.lag,
    };
    observed.lag.map(|lag| lag.max(behind))
}

/// What is promised under the turn that the record names.
fn claims(view: &View) -> Claims {
    let promotion = view.own.promotion.as_ref().filter(|promotion| promotion.deposed.is_none());
    let (wait_count, cut_off) = match promotion {
        Some(promotion) => {
            let proven = match promotion.step {
                Step::Serve { acks } => Some(acks),
                Step::Confirm
                | Step::Enter
                | Step::Lock
                | Step::Drain
                | Step::Arm { .. }
                | Step::Open { .. }
                | Step::Prove { .. } => None,
            };
            let cut = promotion.cutting.iter().filter(|(_, cut)| **cut == Cut::Done);
            (proven, cut.map(|(data, _)| data.clone()).collect())
        }
        None => Default::default(),
    };
    Claims { wait_count, acking: view.own.acking == Acking::On, cut_off, closed: None }
}

/// Writes the record when it has changed, or when it was written in another session.
pub(crate) fn telling(view: &View) -> Option<Action> {
    let record = record(view);
    let told = view
        .own
        .told
        .as_ref()
        .is_some_and(|(session, told)| *session == view.seen.session.number && *told == record);
    // After a failure nobody knows what is written: an answer may be lost.
    let sure = !view.own.failures.contains_key(&Lane::Record);
    (!told || !sure).then(|| Action::Tell(Box::new(record)))
}

/// Whether a member is ready to be the first primary: it has data, has applied all, receives from nobody,
/// and obeys no later epoch.
pub fn is_ready(record: &EpochRecord, member: &MemberRecord) -> bool {
    record.phase == Phase::Forming
        && member.state == MemberState::Revoked
        && member.data.is_some()
        && member.epoch == record.epoch
        && !member.claims.acking
}
