//! What can go wrong between us and a server, by what the caller can do about it.
//!
//! No variant carries a password: statements appear as they may be shown, and what a server says about a
//! statement that holds a secret is left out, because servers quote statements in their errors.

use std::{error::Error, time::Duration};

use crate::statement::StatementError;

/// What lies beneath an error, for the chain that a log prints.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Nobody answers, or the connection broke. Whether the statement took effect is not known: look, then
    /// try again on a new connection.
    #[error("cannot reach the server at {at} to {doing}")]
    Unreachable {
        /// Address of the server.
        at: String,
        /// What was being done.
        doing: String,
        /// What the network or the server said.
        #[source]
        source: Cause,
    },
    /// The server does not let this account in: the password differs, or the account is locked or missing.
    #[error("the server at {at} does not let {user} in (error {code})")]
    Denied {
        /// Address of the server.
        at: String,
        /// The account.
        user: String,
        /// The server's error number.
        code: u16,
    },
    /// No answer within the limit. The connection is closed; the server may still be at work on it.
    #[error("the server at {at} did not {doing} within {limit:?}")]
    Timeout {
        /// Address of the server.
        at: String,
        /// What was being done.
        doing: String,
        /// The limit of the call.
        limit: Duration,
    },
    /// Commits of this server wait for an acknowledgement, and nothing but the end of its process ends that.
    #[error("the server cannot {doing}: commits wait for an acknowledgement, and only its own end ends that")]
    Blocked {
        /// What was being done.
        doing: String,
    },
    /// The server understood and said no. The connection can still be used, unless it was writing with the
    /// binary log off.
    #[error("the server refused to {doing}: error {code}: {message}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The server's error number.
        code: u16,
        /// The server's text.
        message: String,
    },
    /// The answer is not what this server should say: a defect, or not a server that we know.
    #[error("the server at {at} answered strangely when asked to {doing}")]
    Protocol {
        /// Address of the server.
        at: String,
        /// What was being done.
        doing: String,
        /// What was strange.
        #[source]
        source: Cause,
    },
    /// The connection was given up after an earlier call. Open a new one.
    #[error("this connection to {at} was given up after an earlier call; open a new one")]
    Closed {
        /// Address of the server.
        at: String,
    },
    /// The flavor of this server has no such thing.
    #[error(transparent)]
    Unsupported(#[from] StatementError),
}

impl AdminError {
    /// The server's error number, when it gave one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Denied { code, .. } | Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}
