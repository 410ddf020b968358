//! Whether there is something to read, and whether a wish can be recorded. Two extractors: a handler that takes a
//! [`Readable`] or a [`Writable`] is answered with 503 while there is not.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{Faces, error::ApiError};
use crate::view::FleetView;

/// The fleet, loaded and once subscribed.
pub(super) struct Readable(pub(super) Arc<FleetView>);

/// The fleet, and ZooKeeper takes writes.
pub(super) struct Writable(pub(super) Arc<FleetView>);

/// Why nothing can be answered yet.
pub(super) fn not_readable(view: &FleetView) -> Option<&'static str> {
    if !view.loaded {
        return Some("the saved state has not been read yet");
    }
    (!view.mesos.ever_subscribed).then_some("the scheduler has not yet registered with Mesos")
}

/// Why no wish can be recorded.
fn not_writable(view: &FleetView) -> Option<&'static str> {
    not_readable(view)
        .or_else(|| view.zk_lost.map(|_| "ZooKeeper does not answer, so nothing can be recorded"))
}

impl FromRequestParts<Faces> for Readable {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, faces: &Faces) -> Result<Self, ApiError> {
        let view = faces.gate.view();
        match not_readable(&view) {
            Some(reason) => Err(ApiError::Unavailable(reason.to_owned())),
            None => Ok(Self(view)),
        }
    }
}

impl FromRequestParts<Faces> for Writable {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, faces: &Faces) -> Result<Self, ApiError> {
        let view = faces.gate.view();
        match not_writable(&view) {
            Some(reason) => Err(ApiError::Unavailable(reason.to_owned())),
            None => Ok(Self(view)),
        }
    }
}
