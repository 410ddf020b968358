//! The task behind a client: find the leader, ask whom to subscribe as, hold
//! the subscription, tell how it ended, wait, again.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::client::Lane;
use super::leaders::Leaders;
use super::subscription::Subscription;
use super::{Disconnected, Reason, SchedulerConfig, SchedulerEvent};
use crate::detector::{Detector, Leader};
use crate::proto::scheduler::call::Subscribe;

/// What connects a driver with its client.
pub(super) type Ends = (mpsc::Sender<SchedulerEvent>, watch::Sender<Option<Lane>>, mpsc::Receiver<Subscribe>);

/// The caller has dropped the events: there is nobody to work for.
pub(super) struct Unheard;

/// See the module.
pub(super) struct Driver {
    pub(super) config: SchedulerConfig,
    pub(super) leaders: Leaders,
    pub(super) subscription: Subscription,
    pub(super) events: mpsc::Sender<SchedulerEvent>,
    pub(super) lane: watch::Sender<Option<Lane>>,
    answers: mpsc::Receiver<Subscribe>,
}

impl Driver {
    pub(super) fn new(config: SchedulerConfig, detector: Detector, ends: Ends) -> Self {
        let (events, lane, answers) = ends;
        let subscription = Subscription::new(config.timing, config.seed);
        Driver { config, leaders: Leaders::new(detector), subscription, events, lane, answers }
    }

    pub(super) async fn run(mut self) {
        while self.turn().await.is_ok() {}
    }

    /// One subscription, or one attempt.
    async fn turn(&mut self) -> Result<(), Unheard> {
        self.find_leader().await?;
        let subscribe = self.ask().await?;
        // It may have moved while the caller thought.
        let Some(leader) = self.leaders.current().cloned() else { return Ok(()) };
        let reason = self.session(&leader, subscribe).await;
        self.lane.send_replace(None);
        tracing::info!(master = %leader, %reason, "subscription over");
        if matches!(reason, Reason::Failed(_)) {
            self.leaders.give_up_current();
        }
        let pause = self.subscription.ended(Instant::now(), &reason);
        self.emit(SchedulerEvent::Disconnected(Disconnected { reason, retry_in: Some(pause) })).await?;
        self.pause(pause, &leader).await;
        Ok(())
    }

    async fn find_leader(&mut self) -> Result<(), Unheard> {
        if self.leaders.current().is_none() {
            // The first word may be on its way.
            tokio::select! {
                () = self.leaders.changed() => {}
                () = tokio::time::sleep(self.config.timing.new_leader) => {}
            }
        }
        if self.leaders.current().is_none() {
            let event = Disconnected { reason: Reason::NoLeader, retry_in: None };
            self.emit(SchedulerEvent::Disconnected(event)).await?;
        }
        while self.leaders.current().is_none() {
            self.leaders.changed().await;
        }
        Ok(())
    }

    /// Asks the caller as whom to subscribe.
    async fn ask(&mut self) -> Result<Subscribe, Unheard> {
        // An answer to nothing is no answer.
        while self.answers.try_recv().is_ok() {}
        self.emit(SchedulerEvent::SubscribeWanted).await?;
        match self.answers.recv().await {
            Some(subscribe) => Ok(subscribe),
            // All handles are gone; events of a running subscription would
            // still be of use, but there is none.
            None => Err(Unheard),
        }
    }

    async fn emit(&mut self, event: SchedulerEvent) -> Result<(), Unheard> {
        self.events.send(event).await.map_err(|_| Unheard)
    }

    async fn pause(&mut self, pause: Duration, leader: &Leader) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.leaders.moved_from(leader) => {
                let spread = self.subscription.new_leader();
                tokio::time::sleep(spread.min(pause)).await;
            }
        }
    }
}
