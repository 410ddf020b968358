//! One event in, one decision out.
//!
//! First the view learns what happened, then it settles (steps that need nothing from the world), then
//! every free lane is given what state alone says is owed. Nothing here depends on how the state came
//! about, so a lost event costs time and nothing else.

use mysos_model::{
    Timestamp, Turn,
    record::{JournalLine, JournalStep},
};

use crate::{
    action::{Action, Begun, Lane},
    change::{Change, LaneChange, ToldChange},
    coordinator, copy, demote, detect, discover,
    event::Event,
    evict, follow, learn, life, limits, member, promote, story,
    view::View,
    vital,
};

/// What follows from an event. The driver applies the changes, saves the durable ones, then performs the
/// actions, each on its lane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// How the view moves, in order.
    pub changes: Vec<Change>,
    /// What is to be done, with the numbers that outcomes name.
    pub actions: Vec<(u64, Action)>,
}

/// A view on the move: every step is applied and remembered.
pub(crate) struct Moving {
    pub(crate) view: View,
    pub(crate) now: Timestamp,
    pub(crate) changes: Vec<Change>,
}

impl Moving {
    /// Takes a step.
    pub(crate) fn make(&mut self, change: Change) {
        self.view.apply(&change);
        self.changes.push(change);
    }

    /// Leaves a line for the journal.
    pub(crate) fn note(&mut self, step: JournalStep, detail: impl Into<String>, took_ms: Option<u64>) {
        let line = JournalLine {
            at: self.now,
            // Of the record that is known, obeyed or not: a line tells of the cluster, not of a promise.
            epoch: self.view.record().map_or(self.view.own.saved.obeyed, |record| record.epoch),
            turn: self.view.record().map_or(Turn(0), |record| record.turn),
            by: self.view.own.id.ordinal,
            step: step.as_str().to_owned(),
            detail: detail.into(),
            took_ms,
            extra: serde_json::Map::new(),
        };
        self.make(Change::Told(ToldChange::Noted(Box::new(line))));
    }
}

/// Decides what one event means for one member.
pub fn decide(view: &View, now: Timestamp, event: &Event) -> Decision {
    let mut moving = Moving { view: view.clone(), now, changes: Vec::new() };
    learn::learn(&mut moving, event);
    settle(&mut moving);
    let actions = due(&mut moving);
    Decision { changes: moving.changes, actions }
}

/// Steps that need nothing from the world, until none is left.
fn settle(moving: &mut Moving) {
    for _ in 0..limits::SETTLE_ROUNDS {
        let before = moving.changes.len();
        life::settle(moving);
        member::obey(moving);
        demote::settle(moving);
        promote::settle(moving);
        evict::settle(moving);
        follow::settle(moving);
        detect::settle(moving);
        follow::reckon(moving);
        copy::settle(moving);
        coordinator::settle(moving);
        member::settle(moving);
        if moving.changes.len() == before {
            return;
        }
    }
}

/// Gives every free lane what is owed on it.
fn due(moving: &mut Moving) -> Vec<(u64, Action)> {
    let lanes = [
        Lane::Discovery, // first: what is withdrawn is withdrawn before doors close
        Lane::Server,
        Lane::Write,
        Lane::Nudge,
        Lane::Ask,
        Lane::Copy,
        Lane::Record,
        Lane::Epoch,
        Lane::Coordinator,
        Lane::Report,
        Lane::Journal,
    ];
    let mut actions = Vec::new();
    for lane in lanes {
        if moving.view.own.busy.contains_key(&lane) {
            continue;
        }
        let owed = owed(&moving.view, lane, moving.now);
        if let Some(action) = owed.filter(|action| !moving.view.must_wait(action, moving.now)) {
            life::before(moving, &action);
            follow::before(moving, &action);
            story::before(moving, &action);
            copy::before(moving, &action);
            let number = moving.view.own.last_action + 1;
            let session = moving.view.seen.session.number;
            let begun = Begun { number, action: action.clone(), at: moving.now, session };
            moving.make(Change::Lane(LaneChange::Begun(lane, Box::new(begun))));
            actions.push((number, action));
        }
    }
    actions
}

/// What state alone says is owed on a lane.
fn owed(view: &View, lane: Lane, now: Timestamp) -> Option<Action> {
    let connected = view.seen.session.connected;
    match lane {
        Lane::Server => life::order(view, now)
            .or_else(|| vital::order(view))
            .or_else(|| demote::order(view, now))
            .or_else(|| promote::order(view, now))
            .or_else(|| evict::order(view))
            .or_else(|| follow::order(view, now))
            .map(Action::Server),
        Lane::Write => promote::proof(view).or_else(|| evict::proof(view)),
        Lane::Nudge => promote::nudge(view, now),
        Lane::Ask => follow::question(view, now),
        Lane::Copy => copy::owed(view),
        Lane::Report => life::report(view).map(Action::Report),
        Lane::Record if connected => member::telling(view),
        Lane::Epoch if connected => promote::swap(view, now).or_else(|| coordinator::swap(view, now)),
        Lane::Coordinator if connected => coordinator::standing(view),
        Lane::Discovery if connected => discover::publication(view),
        Lane::Journal if connected => {
            view.own.journal.front().map(|line| Action::Journal(Box::new(line.clone())))
        }
        Lane::Record | Lane::Epoch | Lane::Coordinator | Lane::Discovery | Lane::Journal => None,
    }
}
