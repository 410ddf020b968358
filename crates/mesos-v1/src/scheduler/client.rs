//! What the caller holds: a handle for calls. It comes with the queue of events.

use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use super::driver::Driver;
use super::{SchedulerConfig, SchedulerEvent};
use crate::detector::Detector;
use crate::proto::FrameworkId;
use crate::proto::scheduler::Call;
use crate::proto::scheduler::call::{Subscribe, Type};
use crate::transport::TransportError;
use crate::validate::{Invalid, scheduler_call};

/// Calls that may wait for the one before them. More than that, and the
/// callers wait themselves.
const CALL_QUEUE: usize = 256;

/// Why a call was not taken.
#[derive(Debug, Error)]
pub enum CallError {
    /// There is no subscription. The call is not kept for the next one: offers
    /// are void by then, and all else follows from what the caller has saved.
    #[error("not subscribed")]
    NotSubscribed,
    /// The subscription ended before the call was answered. It may or may not
    /// have arrived.
    #[error("the subscription ended before the call was answered")]
    Lost,
    /// The call lacks something; it was not sent.
    #[error("the call is not valid")]
    Invalid(#[from] Invalid),
    /// The call was sent and not accepted.
    #[error("the master did not take the call")]
    Refused(#[source] TransportError),
}

/// The client did not ask for it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no subscription is wanted now")]
pub struct NotWanted;

/// A call, and where its answer goes.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) call: Call,
    pub(super) answer: oneshot::Sender<Result<(), TransportError>>,
}

/// The way to the master while one subscription lasts.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) framework_id: FrameworkId,
    pub(super) requests: mpsc::Sender<Request>,
}

/// A lane's two ends.
pub(super) fn lane_queue() -> (mpsc::Sender<Request>, mpsc::Receiver<Request>) {
    mpsc::channel(CALL_QUEUE)
}

/// Sends calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SchedulerClient {
    lane: watch::Receiver<Option<Lane>>,
    answers: mpsc::Sender<Subscribe>,
}

impl SchedulerClient {
    /// Starts a client on the current tokio runtime. It runs until the events
    /// are dropped. They end before that only if a subscription is wanted and
    /// no handle is left to answer, or if the client has failed inside.
    pub fn connect(
        config: SchedulerConfig,
        detector: Detector,
    ) -> (SchedulerClient, mpsc::Receiver<SchedulerEvent>) {
        let (events, receiver) = mpsc::channel(config.event_queue.max(1));
        let (lane, lane_receiver) = watch::channel(None);
        // One answer for one question.
        let (answers, answered) = mpsc::channel(1);
        let unheard = events.clone();
        let driver = Driver::new(config, detector, (events, lane, answered));
        tokio::spawn(async move {
            tokio::select! {
                () = driver.run() => {}
                () = unheard.closed() => {}
            }
        });
        (SchedulerClient { lane: lane_receiver, answers }, receiver)
    }

    /// Answers [`SchedulerEvent::SubscribeWanted`]. The framework id belongs
    /// into the framework info, once it is known.
    pub fn subscribe(&self, subscribe: Subscribe) -> Result<(), NotWanted> {
        self.answers.try_send(subscribe).map_err(|_| NotWanted)
    }

    /// Sends a call, after those that were given before it, and waits until
    /// the master has accepted it for processing. That is all it says: whether
    /// something came of it, events tell.
    pub async fn call(&self, mut call: Call) -> Result<(), CallError> {
        let lane = self.lane.borrow().clone().ok_or(CallError::NotSubscribed)?;
        call.framework_id.get_or_insert(lane.framework_id);
        scheduler_call(&call)?;
        if call.r#type() == Type::Subscribe {
            return Err(Invalid { field: "call.type", fault: "is SUBSCRIBE, which has its own way" }.into());
        }
        let (answer, answered) = oneshot::channel();
        lane.requests.send(Request { call, answer }).await.map_err(|_| CallError::NotSubscribed)?;
        answered.await.map_err(|_| CallError::Lost)?.map_err(CallError::Refused)
    }

    /// The framework id of the current subscription.
    pub fn framework_id(&self) -> Option<FrameworkId> {
        self.lane.borrow().as_ref().map(|lane| lane.framework_id.clone())
    }
}
