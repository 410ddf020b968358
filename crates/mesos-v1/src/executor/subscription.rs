//! The life of an executor's subscriptions as a pure state machine. Attempts
//! follow each other within two seconds, for as long as the agent may be away;
//! the clock for that starts once, when it went away, and stops only when it
//! has taken us back.

use std::time::Duration;

use tokio::time::Instant;

use super::environment::MAX_SUBSCRIPTION_BACKOFF;
use super::event::for_caller;
use super::{ExecutorConfig, ExecutorEvent, Reason, Recovery};
use crate::backoff::Backoff;
use crate::proto::executor::Event;
use crate::proto::executor::event::Type;
use crate::transport::TransportError;
use crate::validate::executor_event;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Never yet; with the time to give up.
    New {
        give_up: Instant,
    },
    /// Taken for processing: SUBSCRIBED comes next.
    Awaiting {
        until: Instant,
        give_up: Instant,
    },
    Subscribed,
    /// Was subscribed; with the time to give up.
    Away {
        give_up: Instant,
    },
}

/// What follows from an event.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing to tell.
    Nothing,
    /// For the caller.
    Pass(ExecutorEvent),
    /// The subscription is over.
    End(Reason),
}

/// What follows from the end of a subscription or an attempt.
#[derive(Debug)]
pub(super) enum Next {
    /// Once more, after a wait.
    Again(Duration),
    /// No more; the last event.
    Over(ExecutorEvent),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Subscription {
    recovery: Option<Recovery>,
    first_event: Duration,
    pace: Backoff,
    state: State,
}

impl Subscription {
    pub(super) fn new(now: Instant, recovery: Option<Recovery>, config: &ExecutorConfig) -> Self {
        let pace_max = recovery.map_or(MAX_SUBSCRIPTION_BACKOFF, |recovery| recovery.backoff_max);
        let patience = recovery.map_or(config.first_patience, |recovery| recovery.timeout);
        Subscription {
            recovery,
            first_event: config.first_event,
            pace: Backoff::new(pace_max, pace_max, config.seed),
            state: State::New { give_up: now + patience },
        }
    }

    /// The answer to SUBSCRIBE is 200.
    pub(super) fn accepted(&mut self, now: Instant) {
        if let Some(give_up) = self.give_up() {
            self.state = State::Awaiting { until: now + self.first_event, give_up };
        }
    }

    /// An event arrived.
    pub(super) fn event(&mut self, event: Event) -> Step {
        if let Err(invalid) = executor_event(&event) {
            return Step::End(Reason::Garbled(invalid.into()));
        }
        match event.r#type() {
            Type::Error => {
                return Step::End(Reason::Error { message: event.error.unwrap_or_default().message });
            }
            Type::Subscribed => self.state = State::Subscribed,
            Type::Unknown => tracing::warn!(event.r#type, "event of an unknown type ignored"),
            _ => {}
        }
        for_caller(event).map_or(Step::Nothing, Step::Pass)
    }

    /// Whether calls may be sent.
    pub(super) fn is_subscribed(&self) -> bool {
        self.state == State::Subscribed
    }

    /// When the first event is late.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Awaiting { until, .. } => Some(until),
            State::New { .. } | State::Subscribed | State::Away { .. } => None,
        }
    }

    /// What the clock says.
    pub(super) fn overdue(&self, now: Instant) -> Option<Reason> {
        self.deadline().filter(|&deadline| now >= deadline)?;
        Some(Reason::NoFirstEvent(self.first_event))
    }

    /// When to give up, unless subscribed.
    pub(super) fn give_up(&self) -> Option<Instant> {
        match self.state {
            State::New { give_up } | State::Awaiting { give_up, .. } | State::Away { give_up } => {
                Some(give_up)
            }
            State::Subscribed => None,
        }
    }

    /// The subscription, or the attempt, is over.
    pub(super) fn ended(&mut self, now: Instant, reason: &Reason) -> Next {
        if let Reason::Failed(error) = reason
            && let Some(message) = gone(error)
        {
            return Next::Over(ExecutorEvent::Gone { message });
        }
        let give_up = match (self.give_up(), self.recovery) {
            (Some(running), _) => running,
            (None, Some(recovery)) => now + recovery.timeout,
            (None, None) => return Next::Over(ExecutorEvent::NotCheckpointed),
        };
        self.state = State::Away { give_up };
        if now >= give_up {
            return Next::Over(ExecutorEvent::RecoveryTimeout);
        }
        Next::Again(self.pace.after_failure().min(give_up - now))
    }
}

/// What an agent says that has no place for us any more.
fn gone(error: &TransportError) -> Option<String> {
    match error {
        TransportError::Unknown { message } | TransportError::Forbidden { message } => Some(message.clone()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "subscription_tests.rs"]
mod tests;
