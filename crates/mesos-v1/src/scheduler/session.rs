//! One subscription, from the connection to its end. Two connections: one for
//! the stream of events, one for calls, which go one after the other, because
//! Mesos keeps an order only within a connection.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use reqwest::{Response, Url};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::client::{Lane, Request, lane_queue};
use super::driver::Driver;
use super::reason::Garbled;
use super::subscription::Step;
use super::{Reason, SchedulerEvent, call};
use crate::codec::Codec;
use crate::detector::Leader;
use crate::proto::scheduler::call::Subscribe;
use crate::proto::scheduler::{Call, Event};
use crate::recordio::Decoder;
use crate::transport::{self, Connection, STREAM_ID};
use crate::validate::scheduler_call;

/// How long the last call may wait for its answer when the stream has ended:
/// either the answer is all but here, or it will not come.
const LAST_ANSWER: Duration = Duration::from_millis(250);

/// Where a master takes calls.
const PATH: &str = "/api/v1/scheduler";

impl Driver {
    /// Subscribes and stays subscribed. Returns why it ended.
    pub(super) async fn session(&mut self, leader: &Leader, subscribe: Subscribe) -> Reason {
        self.try_session(leader, subscribe).await.unwrap_or_else(|reason| reason)
    }

    async fn try_session(&mut self, leader: &Leader, subscribe: Subscribe) -> Result<Reason, Reason> {
        let (url, response) = self.open(leader, subscribe).await?;
        let stream_id = response.headers().get(STREAM_ID).cloned();
        let text = stream_id.as_ref().and_then(|id| id.to_str().ok());
        self.subscription.accepted(Instant::now(), text)?;
        let connection = self.connection(leader)?;
        let (requests, waiting) = lane_queue();
        let codec = self.config.codec.clone();
        let calls = Calls { connection, url, stream_id, codec, lane: self.lane.subscribe() };
        Ok(self.follow(response, leader, requests, calls.serve(waiting)).await)
    }

    fn connection(&self, leader: &Leader) -> Result<Connection, Reason> {
        Connection::new(&self.config.transport, leader.scheme).map_err(Reason::of_subscribe)
    }

    /// Sends SUBSCRIBE and waits for the head of the answer.
    async fn open(&mut self, leader: &Leader, subscribe: Subscribe) -> Result<(Url, Response), Reason> {
        let refused = |message: String| Reason::Refused { message };
        let call = call::subscribe(subscribe);
        scheduler_call(&call).map_err(|invalid| refused(invalid.to_string()))?;
        let url = Url::parse(&format!("{leader}{PATH}")).map_err(|error| refused(error.to_string()))?;
        let connection = self.connection(leader)?;
        let codec = &self.config.codec;
        let body = Bytes::from(codec.encode_call(&call));
        let request = transport::Request { content_type: codec.content_type(), stream_id: None, body };
        self.subscription.start(call.framework_id);
        tokio::select! {
            answer = connection.open(&url, &request) => answer.map_err(Reason::of_subscribe),
            () = self.leaders.moved_from(leader) => Err(Reason::LeaderChanged),
        }
    }

    /// Reads events and sends calls until something ends it.
    async fn follow(
        &mut self,
        mut response: Response,
        leader: &Leader,
        requests: mpsc::Sender<Request>,
        calls: impl Future<Output = Reason>,
    ) -> Reason {
        let mut decoder = Decoder::new(self.config.max_record_bytes);
        tokio::pin!(calls);
        let reason = loop {
            let deadline = self.subscription.deadline();
            tokio::select! {
                chunk = response.chunk() => {
                    if let Err(reason) = self.received(chunk, &mut decoder, &requests) {
                        break reason;
                    }
                }
                reason = &mut calls => return reason,
                () = self.leaders.moved_from(leader) => return Reason::LeaderChanged,
                () = until(deadline) => {
                    if let Some(reason) = self.subscription.overdue(Instant::now()) {
                        return reason;
                    }
                }
            }
        };
        // No new calls; but the answer to one that is on its way may be there
        // already: a TEARDOWN closes the stream before it is answered.
        self.lane.send_replace(None);
        drop(requests);
        tokio::time::timeout(LAST_ANSWER, calls).await.ok();
        reason
    }

    fn received(
        &mut self,
        chunk: Result<Option<Bytes>, reqwest::Error>,
        decoder: &mut Decoder,
        requests: &mpsc::Sender<Request>,
    ) -> Result<(), Reason> {
        let bytes = chunk
            .map_err(|error| Reason::Broken(transport::TransportError::Unreachable(error)))?
            .ok_or(Reason::Closed)?;
        self.subscription.heard(Instant::now());
        decoder.push(&bytes);
        while let Some(record) = decoder.pull().map_err(garbled)? {
            let event = self.config.codec.decode_event(&record).map_err(garbled)?;
            self.take(event, requests)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event, requests: &mpsc::Sender<Request>) -> Result<(), Reason> {
        match self.subscription.event(Instant::now(), event) {
            Step::Nothing => Ok(()),
            Step::Begin(subscribed) => {
                let framework_id = subscribed.framework_id.clone();
                self.lane.send_replace(Some(Lane { framework_id, requests: requests.clone() }));
                self.push(SchedulerEvent::Subscribed(subscribed))
            }
            Step::Pass(event) => self.push(event),
            Step::End(reason) => Err(reason),
        }
    }

    /// Queues an event without waiting: whoever stops reading the stream is
    /// taken for dead by nobody, and the master keeps everything in memory.
    fn push(&self, event: SchedulerEvent) -> Result<(), Reason> {
        match self.events.try_send(event) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(Reason::Overflow(self.events.max_capacity())),
            Err(TrySendError::Closed(_)) => Err(Reason::Closed),
        }
    }
}

fn garbled(error: impl Into<Garbled>) -> Reason {
    Reason::Garbled(error.into())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The connection for calls.
struct Calls {
    connection: Connection,
    url: Url,
    stream_id: Option<HeaderValue>,
    codec: Arc<dyn Codec<Call, Event>>,
    lane: watch::Receiver<Option<Lane>>,
}

impl Calls {
    /// Sends calls in order, each after the answer to the one before, until
    /// one shows that the subscription is over, or the lane is closed.
    async fn serve(self, mut waiting: mpsc::Receiver<Request>) -> Reason {
        while let Some(Request { call, answer }) = waiting.recv().await {
            if self.lane.borrow().is_none() {
                break;
            }
            let result = self.send(&call).await;
            let end = result.as_ref().err().and_then(Reason::of_call);
            // A caller that went away does not change what was done.
            answer.send(result).ok();
            if let Some(reason) = end {
                return reason;
            }
        }
        Reason::Closed
    }

    async fn send(&self, call: &Call) -> Result<(), transport::TransportError> {
        let request = transport::Request {
            content_type: self.codec.content_type(),
            stream_id: self.stream_id.clone(),
            body: Bytes::from(self.codec.encode_call(call)),
        };
        self.connection.send(&self.url, &request).await
    }
}
