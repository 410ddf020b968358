//! When state cannot be saved: nothing more is decided that would have to be, and nothing is lost.

use std::{collections::VecDeque, time::Duration};

use mysos_fleet::{
    Event, Step,
    event::StoreState,
    request::{Answer, Refusal},
    step,
};
use mysos_model::Timestamp;

use super::{Driver, Ended};
use crate::{
    clock,
    perform::chain,
    store::{SaveError, Settled},
};

/// Events that wait to be decided again. Only few kinds can: wishes are refused and updates are repeated by their
/// agents, so more than this is a defect.
const HELD: usize = 64;
/// Between looks whether saving works again.
pub(super) const THAW_PAUSE: Duration = Duration::from_secs(1);

/// Nothing can be saved.
#[derive(Debug)]
pub(super) struct Frozen {
    /// Since when.
    pub(super) since: Timestamp,
    /// When to look again.
    pub(super) look_at: Timestamp,
    /// A save whose answer was lost, with what was decided.
    unsure: Option<Box<(Event, Step)>>,
    /// Events to be decided again, in order.
    held: VecDeque<Event>,
}

impl Frozen {
    fn new(now: Timestamp) -> Self {
        Self { since: now, look_at: now + THAW_PAUSE, unsure: None, held: VecDeque::new() }
    }

    /// Keeps an event for later.
    pub(super) fn hold(&mut self, event: Event) {
        if self.held.len() < HELD {
            self.held.push_back(event);
        } else {
            tracing::error!(?event, "too many events wait for the store; one is dropped");
        }
    }
}

impl Driver<'_> {
    /// Saving failed.
    pub(super) fn freeze(&mut self, event: Event, step: Step, error: SaveError) -> Result<(), Ended> {
        tracing::warn!(error = %chain(&error), "state cannot be saved; nothing is changed until it can");
        let mut frozen = Frozen::new(clock::now());
        match (error, event) {
            (SaveError::Unsure(_), event) => frozen.unsure = Some(Box::new((event, step))),
            // Whoever asked is told at once and asks again.
            (_, Event::Requested { id, .. }) => {
                let why = "the request cannot be recorded now; nothing was changed, try again".to_owned();
                self.answer(id, Answer::Refused(Refusal::Unavailable(why)));
            }
            (_, event) => frozen.hold(event),
        }
        self.tell_frozen(frozen)
    }

    /// ZooKeeper does not answer.
    pub(super) fn freeze_idle(&mut self) -> Result<(), Ended> {
        if self.frozen.is_some() {
            return Ok(());
        }
        tracing::warn!("ZooKeeper does not answer; nothing is changed until it does");
        self.tell_frozen(Frozen::new(clock::now()))
    }

    fn tell_frozen(&mut self, frozen: Frozen) -> Result<(), Ended> {
        self.frozen = Some(frozen);
        self.view_soon();
        self.tell_store(StoreState::Lost)
    }

    /// Decided without saving: the fleet only notes it.
    fn tell_store(&mut self, state: StoreState) -> Result<(), Ended> {
        let event = Event::Store(state);
        let step = step(&mut self.fleet, clock::now(), &event, &mut self.dice);
        self.carry_out(&event, step)
    }

    /// Looks whether saving works again; if so, decides again what could not be saved.
    pub(super) async fn thaw(&mut self) -> Result<(), Ended> {
        let Some(frozen) = &mut self.frozen else { return Ok(()) };
        frozen.look_at = clock::now() + THAW_PAUSE;
        if !self.tools.zk.session().is_connected() {
            return Ok(());
        }
        let settled = match &frozen.unsure {
            None => Settled::NotSaved,
            Some(_) => match self.tools.store.settle().await {
                Ok(settled) => settled,
                Err(SaveError::Lost(why)) => return Err(Ended::Lost(why)),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "it is still not known what was saved");
                    return Ok(());
                }
            },
        };
        let Some(frozen) = self.frozen.take() else { return Ok(()) };
        tracing::info!(waited_ms = clock::now().millis_since(frozen.since), "state can be saved again");
        self.tell_store(StoreState::Writable)?;
        self.view_soon();
        if let Some(unsure) = frozen.unsure {
            let (event, step) = *unsure;
            if settled == Settled::Saved {
                step.changes.iter().for_each(|change| self.fleet.apply(change));
                self.carry_out(&event, step)?;
            } else {
                self.todo.push_back(event);
            }
        }
        self.todo.extend(frozen.held);
        Ok(())
    }
}
