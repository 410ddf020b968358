//! The task behind a client: subscribe, hold the subscription, tell how it
//! ended, wait a moment, again. Updates are taken at any time.

use std::future::Future;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::client::{Ends, MessageError, MessageRequest, UpdateRequest};
use super::subscription::{Next, Subscription};
use super::unacknowledged::Unacknowledged;
use super::{Environment, ExecutorConfig, ExecutorEvent};
use crate::auth::Authentication;

/// There is nothing more to do: the last event is out, or nobody hears it.
pub(super) struct Ended;

/// See the module.
pub(super) struct Driver {
    pub(super) environment: Environment,
    pub(super) config: ExecutorConfig,
    pub(super) subscription: Subscription,
    pub(super) unacknowledged: Unacknowledged,
    pub(super) events: mpsc::Sender<ExecutorEvent>,
    pub(super) updates: mpsc::Receiver<UpdateRequest>,
    pub(super) messages: mpsc::Receiver<MessageRequest>,
    waiting: watch::Sender<usize>,
}

impl Driver {
    pub(super) fn new(environment: Environment, mut config: ExecutorConfig, ends: Ends) -> Self {
        if let Some(token) = &environment.token {
            config.transport.authentication = Authentication::Bearer(token.clone());
        }
        config.transport.unix_socket.clone_from(&environment.domain_socket);
        let Ends { events, updates, messages, waiting } = ends;
        Driver {
            subscription: Subscription::new(Instant::now(), environment.recovery, &config),
            unacknowledged: Unacknowledged::new(config.max_unacknowledged),
            environment,
            config,
            events,
            updates,
            messages,
            waiting,
        }
    }

    pub(super) async fn run(mut self) {
        while self.turn().await.is_ok() {}
    }

    /// One subscription, or one attempt.
    async fn turn(&mut self) -> Result<(), Ended> {
        let reason = self.session().await;
        tracing::info!(agent = %self.environment.url, %reason, "subscription over");
        let next = self.subscription.ended(Instant::now(), &reason);
        let retry_in = match &next {
            Next::Again(pause) => *pause,
            Next::Over(_) => std::time::Duration::ZERO,
        };
        self.emit(ExecutorEvent::Disconnected { reason, retry_in }).await?;
        match next {
            Next::Again(pause) => {
                self.meanwhile(tokio::time::sleep(pause)).await;
                Ok(())
            }
            Next::Over(last) => {
                self.emit(last).await?;
                Err(Ended)
            }
        }
    }

    async fn emit(&mut self, event: ExecutorEvent) -> Result<(), Ended> {
        // The queue may be full for long; updates are taken nevertheless.
        let events = self.events.clone();
        self.meanwhile(async move { events.send(event).await }).await.map_err(|_| Ended)
    }

    /// Waits for something while there is no subscription: updates are kept,
    /// messages refused.
    pub(super) async fn meanwhile<T>(&mut self, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        loop {
            tokio::select! {
                outcome = &mut what => return outcome,
                Some(request) = self.updates.recv() => self.keep(request),
                Some((_, sent)) = self.messages.recv() => {
                    sent.send(Err(MessageError::NotSubscribed)).ok();
                }
            }
        }
    }

    pub(super) fn keep(&mut self, (status, kept): UpdateRequest) {
        let there_was_room = self.unacknowledged.keep(status);
        self.recount();
        kept.send(there_was_room).ok();
    }

    /// Tells those who wait for acknowledgements.
    pub(super) fn recount(&self) {
        let count = self.unacknowledged.count();
        self.waiting.send_if_modified(|told| std::mem::replace(told, count) != count);
    }
}
