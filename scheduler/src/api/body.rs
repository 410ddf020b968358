//! Reads a request's body into memory, within its limits of size and time.

use std::time::Duration;

use axum::{body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::CONTENT_LENGTH;

use super::error::ApiError;

/// A form of 32 fields has a few kilobytes; more is a mistake or an attack.
pub(super) const FORM_LIMIT: usize = 64 << 10;
/// A spec as JSON, with room for long lists of server variables.
pub(super) const JSON_LIMIT: usize = 1 << 20;
/// A body of the largest size at 17 KiB/s; slower callers hold one of our permits for too long.
const BODY_TIME: Duration = Duration::from_secs(60);

/// The whole body.
pub(super) async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::BodyTooLarge(format!("the body is longer than {limit} bytes"));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let slow = |_| ApiError::TooSlow { seconds: BODY_TIME.as_secs() };
    tokio::time::timeout(BODY_TIME, collect(request.into_body(), limit))
        .await
        .map_err(slow)??
        .ok_or_else(too_large)
}

/// `None` if it is longer than `limit`.
async fn collect(body: Body, limit: usize) -> Result<Option<Bytes>, ApiError> {
    let mut whole = BytesMut::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let broken = |_| ApiError::MalformedBody("the body ended before its announced length".to_owned());
        let piece = piece.map_err(broken)?;
        if whole.len() + piece.len() > limit {
            return Ok(None);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(Some(whole.freeze()))
}
