//! What can go wrong, by what the caller can do about it.

use std::{fmt, time::Duration};

use crate::session::SessionNumber;

/// The outcome of a call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZkError {
    /// ZooKeeper said no; nothing was changed. Read again, decide again.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing was sent or nothing is lost by the silence; nothing was changed. Try again later.
    #[error("no answer from ZooKeeper at {servers} within {waited:?}; nothing was changed{last}")]
    Unavailable {
        /// The servers that were tried.
        servers: String,
        /// How long the caller was willing to wait.
        waited: Duration,
        /// What the last attempt to connect ran into, with a leading separator, or empty.
        last: String,
    },
    /// The write was sent and its answer was lost or not awaited. It may be done already, it may be done later in
    /// the same session, or never. Read through the same handle before deciding again: a read that is answered in
    /// the same session tells, because a session executes requests in order.
    #[error("the answer to {verb} {path} was lost in {session}: it may have been done, or be done later")]
    Unknown {
        /// What was asked.
        verb: &'static str,
        /// Where.
        path: String,
        /// The session it was sent in.
        session: SessionNumber,
    },
    /// The session that this was bound to is over and its ephemeral znodes are gone or about to go; nothing was
    /// changed. Build up again what belongs to a session.
    #[error("{session} is over; nothing was changed")]
    SessionOver {
        /// The session that is over.
        session: SessionNumber,
    },
    /// The handle was closed. Stop.
    #[error("the ZooKeeper handle is closed")]
    Closed,
    /// The request itself is wrong. Correct the program or its configuration.
    #[error("{verb} {path}: {what}")]
    Misuse {
        /// What was asked.
        verb: &'static str,
        /// Where.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// An answer that the protocol does not have. Nothing is known to be changed; report it.
    #[error("{verb} {path}: ZooKeeper answered strangely: {what}")]
    Strange {
        /// What was asked.
        verb: &'static str,
        /// Where.
        path: String,
        /// What came.
        what: String,
    },
}

/// A request, or one operation of a transaction, that ZooKeeper refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The place of the operation in its transaction, from 0; 0 for a single request.
    pub index: usize,
    /// What was asked: `create`, `set`, `delete`, `check`, `read`, …
    pub verb: &'static str,
    /// Where.
    pub path: String,
    /// Why not.
    pub reason: Reason,
}

/// Why ZooKeeper refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The znode exists in another version.
    BadVersion,
    /// The znode exists already.
    NodeExists,
    /// The znode, or its parent, does not exist.
    NoNode,
    /// The znode has children.
    NotEmpty,
    /// The account may not do this.
    NoAuth,
    /// The parent is ephemeral.
    EphemeralParent,
    /// The access list is not acceptable, as one for an account when there is none.
    BadAccess,
    /// The path's quota is used up.
    Quota,
    /// The server is overloaded, or serves reads only at present.
    NotNow,
}

impl ZkError {
    /// Why ZooKeeper refused, if that is what happened.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused(refusal) => Some(refusal.reason),
            _ => None,
        }
    }

    /// True unless the request may have been executed, or may still be.
    pub fn nothing_changed(&self) -> bool {
        !matches!(self, Self::Unknown { .. } | Self::Strange { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZooKeeper refused to {} {}: {}", self.verb, self.path, self.reason)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadVersion => "it was changed by another",
            Self::NodeExists => "it exists",
            Self::NoNode => "it or its parent does not exist",
            Self::NotEmpty => "it has children",
            Self::NoAuth => "the account has no right to; look at the credentials of the ZooKeeper address",
            Self::EphemeralParent => "its parent is ephemeral",
            Self::BadAccess => "the access list is not acceptable without an account",
            Self::Quota => "the quota of the path is used up",
            Self::NotNow => "the server is overloaded or serves reads only",
        })
    }
}
