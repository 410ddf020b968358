//! What belongs to every request: its id, where it came from, and the key that makes a repeat recognizable.

use std::{convert::Infallible, fmt::Write, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderValue, request::Parts};
use ring::rand::{SecureRandom, SystemRandom};

use super::{Faces, error::ApiError};

/// The longest id of a caller's that is kept.
const LONGEST_ID: usize = 64;
/// The longest `Idempotency-Key`.
const LONGEST_KEY: usize = 128;

/// Address of the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// Id of one request: in its answer and in every log line of it.
#[derive(Debug, Clone)]
pub(super) struct RequestId(String);

impl RequestId {
    /// The caller's, if it is one; else one of our own.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        Self(given.filter(|id| is_id(id)).map_or_else(drawn, str::to_owned))
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text for a header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn drawn() -> String {
    let mut bytes = [0u8; 12];
    // Without randomness the id is all zeros: still an answer, and nothing rests on the id.
    let _ = SystemRandom::new().fill(&mut bytes);
    hex(&bytes)
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl FromRequestParts<Faces> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Faces) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

/// The caller's `Idempotency-Key`.
#[derive(Debug, Clone)]
pub(super) struct RepeatKey(pub(super) Option<String>);

impl FromRequestParts<Faces> for RepeatKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Faces) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
        let wrong = format!("Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters");
        key.map(|key| Self(Some(key.to_owned()))).ok_or_else(|| ApiError::field("Idempotency-Key", wrong))
    }
}

/// The `{name}` of the path, decoded once and not yet checked.
#[derive(Debug, Clone)]
pub(super) struct NameInPath(pub(super) String);

impl FromRequestParts<Faces> for NameInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, faces: &Faces) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, faces).await;
        let wrong = |_| ApiError::field("name", "the name in the path is not UTF-8 after percent-decoding");
        path.map(|axum::extract::Path(name)| Self(name)).map_err(wrong)
    }
}
