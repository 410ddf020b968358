//! The life of a subscription as a pure state machine: what happened and when
//! goes in, what follows comes out. No I/O; the clock is an argument.
//!
//! ```text
//! Disconnected ─ start ─▶ Subscribing ─ accepted ─▶ Awaiting ─ SUBSCRIBED ─▶ Subscribed
//!       ▲                      │                       │                        │
//!       └────────────── ended ─┴───────────────────────┴────────────────────────┘
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::event::for_caller;
use super::reason::Garbled;
use super::{Reason, Retry, SchedulerEvent, Subscribed, Timing};
use crate::backoff::Backoff;
use crate::proto::FrameworkId;
use crate::proto::scheduler::event::Type;
use crate::proto::scheduler::{Event, event};
use crate::validate::scheduler_event;

/// A master's stream id has at most this length.
const MAX_STREAM_ID: usize = 128;

/// Longest heartbeat interval that is believed; a wrong one must not make us
/// wait for ever.
const MAX_HEARTBEAT: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disconnected,
    /// SUBSCRIBE is on its way; the transport has its own deadline.
    Subscribing,
    /// Taken for processing: SUBSCRIBED or ERROR comes next.
    Awaiting {
        since: Instant,
    },
    Subscribed {
        since: Instant,
        heard: Instant,
        patience: Duration,
    },
}

/// What follows from an event.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing to tell.
    Nothing,
    /// Calls may be sent.
    Begin(Subscribed),
    /// For the caller.
    Pass(SchedulerEvent),
    /// The subscription is over.
    End(Reason),
}

/// One client's subscriptions, one after the other.
#[derive(Debug)]
pub(super) struct Subscription {
    timing: Timing,
    backoff: Backoff,
    state: State,
    sent_id: Option<FrameworkId>,
    /// Types of events that were reported as unknown.
    unknown: BTreeSet<i32>,
}

impl Subscription {
    pub(super) fn new(timing: Timing, seed: Option<u64>) -> Self {
        let backoff = Backoff::new(timing.backoff_base, timing.backoff_cap, seed);
        Subscription { timing, backoff, state: State::Disconnected, sent_id: None, unknown: BTreeSet::new() }
    }

    /// SUBSCRIBE goes out with this id.
    pub(super) fn start(&mut self, id: Option<FrameworkId>) {
        self.state = State::Subscribing;
        self.sent_id = id;
    }

    /// The answer is 200, with this stream id.
    pub(super) fn accepted(&mut self, now: Instant, stream_id: Option<&str>) -> Result<(), Reason> {
        self.state = State::Awaiting { since: now };
        stream_id
            .filter(|id| !id.is_empty() && id.len() <= MAX_STREAM_ID)
            .map(drop)
            .ok_or(Reason::Garbled(Garbled::StreamId))
    }

    /// Bytes arrived, whatever they are.
    pub(super) fn heard(&mut self, now: Instant) {
        if let State::Subscribed { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    /// An event arrived.
    pub(super) fn event(&mut self, now: Instant, event: Event) -> Step {
        if let Err(invalid) = scheduler_event(&event) {
            return Step::End(Reason::Garbled(invalid.into()));
        }
        match event.r#type() {
            Type::Subscribed => self.subscribed(now, event.subscribed.unwrap_or_default()),
            Type::Error => Step::End(Reason::of_error_event(event.error.unwrap_or_default().message)),
            Type::Unknown => {
                self.report_unknown(event.r#type);
                Step::Nothing
            }
            _ => self.proven(event),
        }
    }

    fn subscribed(&mut self, now: Instant, subscribed: event::Subscribed) -> Step {
        let event::Subscribed { framework_id: got, heartbeat_interval_seconds, master_info } = subscribed;
        if let Some(sent) = self.sent_id.take_if(|sent| *sent != got) {
            return Step::End(Reason::WrongFrameworkId { sent, got });
        }
        let heartbeat = heartbeat_interval_seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|interval| !interval.is_zero())
            .map_or(self.timing.heartbeat, |interval| interval.min(MAX_HEARTBEAT));
        let patience = heartbeat * self.timing.missed_heartbeats;
        self.state = State::Subscribed { since: now, heard: now, patience };
        Step::Begin(Subscribed { framework_id: got, heartbeat, master: master_info })
    }

    /// An event after SUBSCRIBED: the subscription works.
    fn proven(&mut self, event: Event) -> Step {
        if !matches!(self.state, State::Subscribed { .. }) {
            // Nothing may come before SUBSCRIBED, and it would be void anyway.
            return Step::Nothing;
        }
        self.backoff.reset();
        for_caller(event).map_or(Step::Nothing, Step::Pass)
    }

    fn report_unknown(&mut self, number: Option<i32>) {
        if self.unknown.insert(number.unwrap_or_default()) {
            tracing::warn!(event.r#type = number, "event of an unknown type ignored");
        }
    }

    /// When to look at the clock.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Disconnected | State::Subscribing => None,
            State::Awaiting { since } => Some(since + self.timing.first_event),
            State::Subscribed { heard, patience, .. } => Some(heard + patience),
        }
    }

    /// What the clock says.
    pub(super) fn overdue(&self, now: Instant) -> Option<Reason> {
        self.deadline().filter(|&deadline| now >= deadline)?;
        match self.state {
            State::Subscribed { patience, .. } => Some(Reason::Silent(patience)),
            _ => Some(Reason::NoFirstEvent(self.timing.first_event)),
        }
    }

    /// The subscription, or the attempt, is over: how long to wait.
    pub(super) fn ended(&mut self, now: Instant, reason: &Reason) -> Duration {
        if let State::Subscribed { since, .. } = self.state
            && now - since >= self.timing.proven_after
        {
            self.backoff.reset();
        }
        self.state = State::Disconnected;
        let Timing { superseded, slow, .. } = self.timing;
        match reason.retry() {
            Retry::Backoff => self.backoff.after_failure(),
            Retry::NewLeader => self.new_leader(),
            Retry::Superseded => self.backoff.between(superseded.0, superseded.1),
            Retry::Slow => self.backoff.between(slow.0, slow.1),
        }
    }

    /// How long to wait before a new leader is tried.
    pub(super) fn new_leader(&mut self) -> Duration {
        self.backoff.between(Duration::ZERO, self.timing.new_leader)
    }
}

#[cfg(test)]
#[path = "subscription_tests.rs"]
mod tests;
