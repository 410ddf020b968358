//! Why a subscription ended or did not come about, by what the caller has to
//! do. Mesos tells the reasons of an ERROR event in words only.

use std::time::Duration;

use thiserror::Error;

use crate::codec::DecodeError;
use crate::proto::FrameworkId;
use crate::recordio::FrameError;
use crate::transport::TransportError;
use crate::validate::Invalid;

/// Why there is no subscription.
#[derive(Debug, Error)]
pub enum Reason {
    /// Nobody leads. The next leader is tried as soon as there is one.
    #[error("no master leads")]
    NoLeader,
    /// Another master leads. It is tried at once.
    #[error("another master leads")]
    LeaderChanged,
    /// The master cannot be reached or is not ready.
    #[error("the master did not take the subscription")]
    Failed(#[source] TransportError),
    /// A call got no answer, so the connection is not trusted any more.
    #[error("a call got no answer")]
    CallFailed,
    /// The master, or something on the way, closed the stream.
    #[error("the stream was closed")]
    Closed,
    /// The stream broke.
    #[error("the stream broke")]
    Broken(#[source] TransportError),
    /// Nothing came, not even heartbeats.
    #[error("nothing was heard for {0:?}")]
    Silent(Duration),
    /// The master took the subscription and then said nothing. A proxy that
    /// buffers looks like this.
    #[error("no event came within {0:?}; does a proxy on the way buffer the stream?")]
    NoFirstEvent(Duration),
    /// The stream cannot be understood.
    #[error("the stream cannot be understood")]
    Garbled(#[source] Garbled),
    /// The caller did not keep up with the events.
    #[error("{0} events wait to be taken")]
    Overflow(usize),
    /// The master has no subscription of ours.
    #[error("the master has forgotten the subscription: {message}")]
    Forgotten {
        /// Its words.
        message: String,
    },
    /// Another subscription with our id took our place: find out who leads.
    #[error("a newer subscription has taken over: {message}")]
    Superseded {
        /// The master's words.
        message: String,
    },
    /// The framework id is dead: torn down, or away for too long. Its tasks are
    /// gone. A new id is for an operator to allow.
    #[error("the framework is removed: {message}")]
    FrameworkRemoved {
        /// The master's words.
        message: String,
    },
    /// The master gave another id than the one we came with.
    #[error("subscribed as {sent} and was answered as {got}")]
    WrongFrameworkId {
        /// Ours.
        sent: FrameworkId,
        /// The master's.
        got: FrameworkId,
    },
    /// The credentials are missing or wrong.
    #[error("the credentials are missing or wrong: {message}")]
    Denied {
        /// The master's words.
        message: String,
    },
    /// The master does not want this framework as it is: roles, user,
    /// principal. An operator has to correct that.
    #[error("the framework is refused: {message}")]
    Refused {
        /// The master's words, or ours.
        message: String,
    },
    /// An error that is none of the above.
    #[error("the master reports: {message}")]
    Error {
        /// Its words.
        message: String,
    },
}

/// What in a stream cannot be understood.
#[derive(Debug, Error)]
pub enum Garbled {
    /// No stream id in the head.
    #[error("the answer to SUBSCRIBE has no usable stream id")]
    StreamId,
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

/// When the client tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Soon, and later after each failure.
    Backoff,
    /// At once, or as soon as there is a leader.
    NewLeader,
    /// After a few seconds.
    Superseded,
    /// After a minute or so: an operator has to act.
    Slow,
}

impl Reason {
    /// When the client tries again.
    pub fn retry(&self) -> Retry {
        match self {
            Reason::NoLeader | Reason::LeaderChanged => Retry::NewLeader,
            Reason::Superseded { .. } => Retry::Superseded,
            Reason::FrameworkRemoved { .. }
            | Reason::WrongFrameworkId { .. }
            | Reason::Denied { .. }
            | Reason::Refused { .. } => Retry::Slow,
            Reason::Failed(_)
            | Reason::CallFailed
            | Reason::Closed
            | Reason::Broken(_)
            | Reason::Silent(_)
            | Reason::NoFirstEvent(_)
            | Reason::Garbled(_)
            | Reason::Overflow(_)
            | Reason::Forgotten { .. }
            | Reason::Error { .. } => Retry::Backoff,
        }
    }

    /// What an ERROR event means.
    pub(super) fn of_error_event(message: String) -> Reason {
        // Words in errors that only another configuration cures.
        const CONFIGURATION: [&str; 9] = [
            "Changing framework's principal",
            "not present in the master's --roles",
            "is not allowed",
            "ot authorized",
            "FrameworkInfo",
            "uppressed roles",
            "onstraints",
            "Invalid framework",
            "nvalid role",
        ];
        let says = |words: &str| message.contains(words);
        if says("Framework failed over") {
            Reason::Superseded { message }
        } else if says("has been removed") {
            Reason::FrameworkRemoved { message }
        } else if says("Framework disconnected") {
            Reason::Forgotten { message }
        } else if CONFIGURATION.into_iter().any(says) {
            Reason::Refused { message }
        } else {
            Reason::Error { message }
        }
    }

    /// What a failed SUBSCRIBE means.
    pub(super) fn of_subscribe(error: TransportError) -> Reason {
        match error {
            TransportError::Denied { message } => Reason::Denied { message },
            TransportError::Forbidden { message } | TransportError::Invalid { message, .. } => {
                Reason::Refused { message }
            }
            TransportError::Setup(source) => Reason::Refused { message: source.to_string() },
            other => Reason::Failed(other),
        }
    }

    /// What a failed call means for the subscription, if anything.
    pub(super) fn of_call(error: &TransportError) -> Option<Reason> {
        let message = || error.to_string();
        match error {
            TransportError::Unreachable(_) | TransportError::Timeout { .. } => Some(Reason::CallFailed),
            TransportError::Redirect { .. } => Some(Reason::LeaderChanged),
            TransportError::NotSubscribed { .. } | TransportError::Unknown { .. } => {
                Some(Reason::Forgotten { message: message() })
            }
            TransportError::Superseded { .. } => Some(Reason::Superseded { message: message() }),
            TransportError::Denied { .. } => Some(Reason::Denied { message: message() }),
            TransportError::Setup(_)
            | TransportError::Unavailable { .. }
            | TransportError::Forbidden { .. }
            | TransportError::Invalid { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(message: &str) -> (Retry, String) {
        let reason = Reason::of_error_event(message.to_owned());
        let name = format!("{reason:?}");
        (reason.retry(), name.split(' ').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn words_of_an_error_event_tell_what_to_do() {
        for (message, wanted, name) in [
            ("Framework failed over", Retry::Superseded, "Superseded"),
            ("Framework has been removed", Retry::Slow, "FrameworkRemoved"),
            ("Framework disconnected", Retry::Backoff, "Forgotten"),
            ("Changing framework's principal is not allowed.", Retry::Slow, "Refused"),
            ("Roles {a} are not present in the master's --roles", Retry::Slow, "Refused"),
            ("User 'root' is not allowed to run frameworks", Retry::Slow, "Refused"),
            ("Not authorized to use roles '{ a }'", Retry::Slow, "Refused"),
            ("'FrameworkInfo.roles' must not be set", Retry::Slow, "Refused"),
            ("Suppressed roles are not a subset", Retry::Slow, "Refused"),
            ("something new", Retry::Backoff, "Error"),
        ] {
            assert_eq!(retry(message), (wanted, name.to_owned()), "{message}");
        }
    }
}
