//! One subscription with the agent, from the connection to its end. One
//! connection for the stream, one for calls, which go one after the other.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use reqwest::{Response, Url};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::client::MessageError;
use super::driver::Driver;
use super::subscription::Step;
use super::{ExecutorEvent, Garbled, Reason, call};
use crate::proto::executor::{Call, Event};
use crate::proto::{TaskId, TaskStatus};
use crate::recordio::Decoder;
use crate::transport::{self, Connection, TransportError};

/// A call that is on its way, and what is to be done with its answer.
struct InFlight {
    purpose: Purpose,
    answer: Pin<Box<dyn Future<Output = Result<(), TransportError>> + Send>>,
}

enum Purpose {
    Update { task_id: TaskId, uuid: Vec<u8> },
    Message { sent: oneshot::Sender<Result<(), MessageError>> },
    Probe,
}

/// One subscription.
struct Session {
    calls: Connection,
    url: Url,
    in_flight: Option<InFlight>,
    probe_at: Instant,
    decoder: Decoder,
}

impl Driver {
    /// Subscribes and stays subscribed. Returns why it ended.
    pub(super) async fn session(&mut self) -> Reason {
        match self.open().await {
            Ok((session, response)) => self.follow(session, response).await,
            Err(error) => Reason::Failed(error),
        }
    }

    /// Sends SUBSCRIBE and waits for the head of the answer, no longer than
    /// until it is time to give up.
    async fn open(&mut self) -> Result<(Session, Response), TransportError> {
        let scheme = self.environment.scheme();
        let url =
            Url::parse(&self.environment.url).map_err(|error| TransportError::Setup(Box::new(error)))?;
        let stream = Connection::new(&self.config.transport, scheme)?;
        let calls = Connection::new(&self.config.transport, scheme)?;
        let unacknowledged = self.unacknowledged.subscribe(Instant::now());
        let request = self.request(&call::subscribe(&self.environment, unacknowledged));
        let answer = stream.open(&url, &request);
        let give_up = self.subscription.give_up().unwrap_or_else(Instant::now);
        let answered = self.meanwhile(tokio::time::timeout_at(give_up, answer)).await;
        let late = TransportError::Timeout { after: self.config.transport.answer_timeout };
        let (url, response) = answered.unwrap_or(Err(late))?;
        let now = Instant::now();
        self.subscription.accepted(now);
        let decoder = Decoder::new(self.config.max_record_bytes);
        let probe_at = now + self.config.probe_every;
        Ok((Session { calls, url, in_flight: None, probe_at, decoder }, response))
    }

    fn request(&self, call: &Call) -> transport::Request {
        let codec = &self.config.codec;
        transport::Request {
            content_type: codec.content_type(),
            stream_id: None,
            body: Bytes::from(codec.encode_call(call)),
        }
    }

    /// Reads events and sends calls until something ends it.
    async fn follow(&mut self, mut session: Session, mut response: Response) -> Reason {
        loop {
            self.start_call(&mut session);
            let wake = self.wake(&session);
            let outcome = tokio::select! {
                chunk = response.chunk() => self.received(chunk, &mut session.decoder),
                Some(request) = self.updates.recv() => {
                    self.keep(request);
                    Ok(())
                }
                Some((data, sent)) = self.messages.recv(), if session.in_flight.is_none() => {
                    self.start_message(&mut session, data, sent);
                    Ok(())
                }
                result = answer(&mut session.in_flight) => self.answered(&mut session, result),
                () = tokio::time::sleep_until(wake) => {
                    self.subscription.overdue(Instant::now()).map_or(Ok(()), Err)
                }
            };
            if let Err(reason) = outcome {
                return reason;
            }
        }
    }

    /// When something is due, at the latest. The answer to a call that is on
    /// its way wakes us anyway, and so does the first event.
    fn wake(&self, session: &Session) -> Instant {
        let now = Instant::now();
        let idle = session.in_flight.is_none() && self.subscription.is_subscribed();
        let update = if idle { self.unacknowledged.due(now, self.config.resend_after) } else { None };
        let probe = if idle { session.probe_at } else { now + self.config.probe_every };
        [self.subscription.deadline(), update].into_iter().flatten().fold(probe, Instant::min)
    }

    /// Sends what is due, if nothing is on its way.
    fn start_call(&mut self, session: &mut Session) {
        if session.in_flight.is_some() || !self.subscription.is_subscribed() {
            return;
        }
        let now = Instant::now();
        if let Some(status) = self.unacknowledged.next(now, self.config.resend_after) {
            let purpose = Purpose::Update { task_id: status.task_id.clone(), uuid: status.uuid().to_vec() };
            self.send(session, purpose, &update(self, status));
        } else if now >= session.probe_at {
            let call = call::heartbeat(&self.environment);
            self.send(session, Purpose::Probe, &call);
        }
    }

    fn start_message(
        &self,
        session: &mut Session,
        data: Vec<u8>,
        sent: oneshot::Sender<Result<(), MessageError>>,
    ) {
        if self.subscription.is_subscribed() {
            let call = call::message(&self.environment, data);
            self.send(session, Purpose::Message { sent }, &call);
        } else {
            sent.send(Err(MessageError::NotSubscribed)).ok();
        }
    }

    fn send(&self, session: &mut Session, purpose: Purpose, call: &Call) {
        let (connection, url, request) = (session.calls.clone(), session.url.clone(), self.request(call));
        let answer = Box::pin(async move { connection.send(&url, &request).await });
        session.in_flight = Some(InFlight { purpose, answer });
        session.probe_at = Instant::now() + self.config.probe_every;
    }

    /// What the answer to a call means.
    fn answered(&mut self, session: &mut Session, result: Result<(), TransportError>) -> Result<(), Reason> {
        let Some(InFlight { purpose, .. }) = session.in_flight.take() else { return Ok(()) };
        let failed = |error: &TransportError| Reason::CallFailed { message: error.to_string() };
        match (purpose, result) {
            (Purpose::Message { sent }, result) => {
                let reason = result.as_ref().err().filter(|error| error.may_have_arrived()).map(failed);
                sent.send(result.map_err(|_| MessageError::Lost)).ok();
                reason.map_or(Ok(()), Err)
            }
            // Agents older than the probe do not know it, but they answer.
            (_, Ok(())) | (Purpose::Probe, Err(TransportError::Invalid { .. })) => Ok(()),
            // Repeated, it would be refused again, and SUBSCRIBE with it.
            (Purpose::Update { task_id, uuid }, Err(TransportError::Invalid { message, .. })) => {
                self.unacknowledged.forget(&uuid);
                self.recount();
                self.push(ExecutorEvent::UpdateRefused { task_id, uuid, message })
            }
            (Purpose::Update { .. } | Purpose::Probe, Err(error)) => Err(failed(&error)),
        }
    }

    fn received(
        &mut self,
        chunk: Result<Option<Bytes>, reqwest::Error>,
        decoder: &mut Decoder,
    ) -> Result<(), Reason> {
        let bytes = chunk
            .map_err(|error| Reason::Broken(TransportError::Unreachable(error)))?
            .ok_or(Reason::Closed)?;
        decoder.push(&bytes);
        while let Some(record) = decoder.pull().map_err(garbled)? {
            let event = self.config.codec.decode_event(&record).map_err(garbled)?;
            self.take(event)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<(), Reason> {
        match self.subscription.event(event) {
            Step::Nothing => Ok(()),
            Step::End(reason) => Err(reason),
            Step::Pass(event) => {
                self.note(&event);
                self.push(event)
            }
        }
    }

    /// Keeps the books before the caller acts.
    fn note(&mut self, event: &ExecutorEvent) {
        match event {
            ExecutorEvent::Launch(task) => self.unacknowledged.launched(task),
            ExecutorEvent::LaunchGroup(group) => {
                group.tasks.iter().for_each(|task| self.unacknowledged.launched(task));
            }
            ExecutorEvent::Acknowledged { task_id, uuid } => {
                self.unacknowledged.acknowledged(task_id, uuid);
                self.recount();
            }
            _ => {}
        }
    }

    fn push(&self, event: ExecutorEvent) -> Result<(), Reason> {
        match self.events.try_send(event) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(Reason::Overflow(self.events.max_capacity())),
            Err(TrySendError::Closed(_)) => Err(Reason::Closed),
        }
    }
}

fn update(driver: &Driver, status: TaskStatus) -> Call {
    call::update(&driver.environment, status)
}

async fn answer(in_flight: &mut Option<InFlight>) -> Result<(), TransportError> {
    match in_flight {
        Some(call) => call.answer.as_mut().await,
        None => std::future::pending().await,
    }
}

fn garbled(error: impl Into<Garbled>) -> Reason {
    Reason::Garbled(error.into())
}
