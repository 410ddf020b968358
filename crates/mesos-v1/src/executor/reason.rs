//! Why there is no subscription with the agent at the moment. Each is tried
//! again; what is not, is an event of its own.

use std::time::Duration;

use thiserror::Error;

use crate::codec::DecodeError;
use crate::recordio::FrameError;
use crate::transport::TransportError;
use crate::validate::Invalid;

/// Why a subscription ended or did not come about.
#[derive(Debug, Error)]
pub enum Reason {
    /// The agent cannot be reached or is not ready.
    #[error("the agent did not take the subscription")]
    Failed(#[source] TransportError),
    /// The agent closed the stream: it has ended, or we subscribed anew.
    #[error("the stream was closed")]
    Closed,
    /// The stream broke.
    #[error("the stream broke")]
    Broken(#[source] TransportError),
    /// The agent took the subscription and then said nothing.
    #[error("no event came within {0:?}")]
    NoFirstEvent(Duration),
    /// A call was not taken, so the connection is not trusted any more.
    #[error("a call was not taken: {message}")]
    CallFailed {
        /// Why.
        message: String,
    },
    /// The stream cannot be understood.
    #[error("the stream cannot be understood")]
    Garbled(#[source] Garbled),
    /// The caller did not keep up with the events.
    #[error("{0} events wait to be taken")]
    Overflow(usize),
    /// The agent reports an error.
    #[error("the agent reports: {message}")]
    Error {
        /// Its words.
        message: String,
    },
}

/// What in a stream cannot be understood.
#[derive(Debug, Error)]
pub enum Garbled {
    /// Not a record.
    #[error("the stream is out of step")]
    Frame(#[from] FrameError),
    /// Not an event.
    #[error("a record cannot be decoded")]
    Record(#[from] DecodeError),
    /// An event that lacks what it must have.
    #[error("an event is not valid")]
    Event(#[from] Invalid),
}
