//! What an executor holds: a handle for updates. It comes with the queue of
//! events.

use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use super::driver::Driver;
use super::{Environment, ExecutorConfig, ExecutorEvent};
use crate::proto::{TaskStatus, task_status};
use crate::validate::{Invalid, own_status};

/// Updates on their way to be kept. They are taken at once.
const UPDATE_QUEUE: usize = 64;

/// Messages that may wait for the call before them.
const MESSAGE_QUEUE: usize = 16;

/// Why an update was not kept.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UpdateError {
    /// It lacks something.
    #[error("the update is not valid")]
    Invalid(#[from] Invalid),
    /// Too many wait for their acknowledgement already.
    #[error("too many updates wait to be acknowledged")]
    Full,
    /// The client has given up or was dropped.
    #[error("the client has ended")]
    Ended,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum MessageError {
    /// There is no subscription. The message is not kept.
    #[error("not subscribed")]
    NotSubscribed,
    /// The agent did not take it, or it got lost.
    #[error("the agent did not take the message")]
    Lost,
}

pub(super) type UpdateRequest = (TaskStatus, oneshot::Sender<bool>);
pub(super) type MessageRequest = (Vec<u8>, oneshot::Sender<Result<(), MessageError>>);

/// What the driver is connected to.
pub(super) struct Ends {
    pub(super) events: mpsc::Sender<ExecutorEvent>,
    pub(super) updates: mpsc::Receiver<UpdateRequest>,
    pub(super) messages: mpsc::Receiver<MessageRequest>,
    pub(super) waiting: watch::Sender<usize>,
}

/// Tells the agent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ExecutorClient {
    updates: mpsc::Sender<UpdateRequest>,
    messages: mpsc::Sender<MessageRequest>,
    waiting: watch::Receiver<usize>,
}

impl ExecutorClient {
    /// Starts a client on the current tokio runtime. It runs until the events
    /// are dropped, or until it has given up: then the last event is
    /// [final](ExecutorEvent::is_final).
    pub fn connect(
        environment: Environment,
        config: ExecutorConfig,
    ) -> (ExecutorClient, mpsc::Receiver<ExecutorEvent>) {
        let (events, receiver) = mpsc::channel(config.event_queue.max(1));
        let (updates, update_requests) = mpsc::channel(UPDATE_QUEUE);
        let (messages, message_requests) = mpsc::channel(MESSAGE_QUEUE);
        let (waiting, waiting_receiver) = watch::channel(0);
        let unheard = events.clone();
        let ends = Ends { events, updates: update_requests, messages: message_requests, waiting };
        let driver = Driver::new(environment, config, ends);
        tokio::spawn(async move {
            tokio::select! {
                () = driver.run() => {}
                () = unheard.closed() => {}
            }
        });
        (ExecutorClient { updates, messages, waiting: waiting_receiver }, receiver)
    }

    /// Keeps an update and sends it, in order, as often as it takes until the
    /// agent acknowledges it. Returns as soon as it is kept. The uuid is the
    /// caller's, a new one for each update (see
    /// [`uuid_from_random`](crate::validate::uuid_from_random)); the source is
    /// filled in.
    pub async fn update(&self, mut status: TaskStatus) -> Result<(), UpdateError> {
        status.source.get_or_insert(task_status::Source::Executor as i32);
        own_status(&status)?;
        let (kept, answer) = oneshot::channel();
        self.updates.send((status, kept)).await.map_err(|_| UpdateError::Ended)?;
        match answer.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(UpdateError::Full),
            Err(_) => Err(UpdateError::Ended),
        }
    }

    /// Sends the scheduler a message, once. It may get lost on the way.
    pub async fn message(&self, data: Vec<u8>) -> Result<(), MessageError> {
        let (sent, answer) = oneshot::channel();
        self.messages.send((data, sent)).await.map_err(|_| MessageError::NotSubscribed)?;
        answer.await.unwrap_or(Err(MessageError::Lost))
    }

    /// How many updates wait for their acknowledgement.
    pub fn unacknowledged(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Waits until no update waits for its acknowledgement, or the client has
    /// ended. What an executor does last, under a deadline of its own.
    pub async fn drained(&self) {
        let mut waiting = self.waiting.clone();
        // An error: the client has ended, nothing will change any more.
        waiting.wait_for(|count| *count == 0).await.ok();
    }
}
