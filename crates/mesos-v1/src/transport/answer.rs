//! What an answer means, by what the caller has to do. Mesos tells reasons in
//! words only, so some words are looked at.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use thiserror::Error;

/// As much of a refusal as is kept. Mesos answers in a line or two.
const MAX_MESSAGE_BYTES: usize = 4 << 10;

/// Longest wait for the text of a refusal, whose head has already come.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a request did not succeed.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The configuration cannot be used: correct it.
    #[error("the connection cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No connection, or it broke. The request may or may not have arrived.
    #[error("the connection could not be made or broke")]
    Unreachable(#[source] reqwest::Error),
    /// No answer. The request may or may not have arrived.
    #[error("no answer within {after:?}")]
    Timeout {
        /// The wait.
        after: Duration,
    },
    /// A redirect that leads nowhere, or in circles: try again later.
    #[error("redirected to {location}, which cannot be followed")]
    Redirect {
        /// Where to.
        location: String,
    },
    /// Not ready, or a proxy's failure: try again later.
    #[error("not available: {status} {message}")]
    Unavailable {
        /// The status code.
        status: u16,
        /// What it says.
        message: String,
    },
    /// Credentials are missing or wrong: correct them.
    #[error("credentials are missing or wrong: {message}")]
    Denied {
        /// What it says.
        message: String,
    },
    /// Not allowed with these credentials, or at all: correct the configuration.
    #[error("not allowed: {message}")]
    Forbidden {
        /// What it says.
        message: String,
    },
    /// The other side has no subscription of ours: subscribe.
    #[error("not subscribed: {message}")]
    NotSubscribed {
        /// What it says.
        message: String,
    },
    /// The framework or the executor is not known there (any more).
    #[error("not known: {message}")]
    Unknown {
        /// What it says.
        message: String,
    },
    /// A newer subscription has taken our place: find out who leads.
    #[error("superseded by a newer subscription: {message}")]
    Superseded {
        /// What it says.
        message: String,
    },
    /// The request is wrong, or newer than the other side: do not repeat it.
    #[error("refused: {status} {message}")]
    Invalid {
        /// The status code.
        status: u16,
        /// What it says.
        message: String,
    },
}

impl TransportError {
    /// Whether the request may have been carried out.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, TransportError::Unreachable(_) | TransportError::Timeout { .. })
    }
}

/// Reads a refusal.
pub(super) async fn refusal(response: Response) -> TransportError {
    let status = response.status();
    let message = tokio::time::timeout(MESSAGE_TIMEOUT, message_of(response)).await;
    classify(status, message.unwrap_or_default())
}

async fn message_of(mut response: Response) -> String {
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        text.extend_from_slice(&chunk);
        if text.len() >= MAX_MESSAGE_BYTES {
            text.truncate(MAX_MESSAGE_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn classify(status: StatusCode, message: String) -> TransportError {
    let says = |words: &str| message.contains(words);
    match status.as_u16() {
        400 if says("stream ID") && says("didn't match") => TransportError::Superseded { message },
        400 if says("cannot be found") => TransportError::Unknown { message },
        400 if says("Authenticated principal") => TransportError::Forbidden { message },
        401 => TransportError::Denied { message },
        403 if says("not subscribed") || says("not connected") => TransportError::NotSubscribed { message },
        403 => TransportError::Forbidden { message },
        409 => TransportError::NotSubscribed { message },
        // 404: the routes of a starting master; 408, 429, 5xx: it or a proxy is busy.
        code @ (404 | 408 | 429 | 500 | 502..=599) => TransportError::Unavailable { status: code, message },
        code => TransportError::Invalid { status: code, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, message: &str) -> String {
        let error = classify(StatusCode::from_u16(status).unwrap(), message.to_owned());
        format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
    }

    #[test]
    fn each_answer_says_what_to_do() {
        for (status, message, wanted) in [
            (400, "Failed to validate scheduler::Call: Expecting 'type' to be present", "Invalid"),
            (400, "Framework cannot be found", "Unknown"),
            (400, "Executor cannot be found", "Unknown"),
            (400, "The stream ID 'a' included in this request didn't match the stream ID", "Superseded"),
            (
                400,
                "Authenticated principal 'x' does not match principal 'y' set in FrameworkInfo",
                "Forbidden",
            ),
            (401, "", "Denied"),
            (403, "Framework is not subscribed", "NotSubscribed"),
            (403, "Executor is not subscribed", "NotSubscribed"),
            (403, "Framework is not connected via HTTP", "NotSubscribed"),
            (403, "claims do not match", "Forbidden"),
            (404, "", "Unavailable"),
            (405, "", "Invalid"),
            (406, "", "Invalid"),
            (409, "", "NotSubscribed"),
            (415, "", "Invalid"),
            (501, "", "Invalid"),
            (502, "", "Unavailable"),
            (503, "Master has not finished recovery", "Unavailable"),
            (504, "", "Unavailable"),
        ] {
            assert_eq!(kind(status, message), wanted, "{status} {message}");
        }
    }
}
