//! What happens to every request, whichever handler answers: an id, limits, a permit, a line in the log, and errors in
//! the shape that the caller reads.

use std::panic::AssertUnwindSafe;

use axum::{Router, extract::Request, response::IntoResponse, response::Response};
use futures::FutureExt;
use http::{HeaderValue, header::ACCEPT, header::AGE};
use tower::ServiceExt;

use super::{
    Faces,
    error::{ApiError, Shape},
    request::{Peer, RequestId},
};
use crate::clock;

/// The longest path and query, and the longest header.
const LINE_LIMIT: usize = 8 << 10;
/// The longest path that is written to the log.
const LOGGED_PATH: usize = 200;

/// Answers one request.
pub(super) async fn answer(faces: Faces, router: Router, peer: Peer, mut request: Request) -> Response {
    let began = clock::now();
    let id = RequestId::of(request.headers());
    let shape = Shape::wanted(request.headers().get(ACCEPT));
    let line = format!("{} {}", request.method(), logged(request.uri().path()));
    let reads = request.method().is_safe();
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(id.clone());
    let mut response = match guarded(&faces, router, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.render(shape, id.as_str());
    }
    response.headers_mut().insert("x-request-id", id.header());
    stale(&faces, &mut response);
    let (status, ms) = (response.status().as_u16(), clock::now().millis_since(began));
    if reads && status < 400 {
        // Programs look every second; who only looks and is answered is no news.
        tracing::debug!(request_id = id.as_str(), peer = %peer.0, status, ms, "{line}");
    } else {
        tracing::info!(request_id = id.as_str(), peer = %peer.0, status, ms, "{line}");
    }
    response
}

async fn guarded(faces: &Faces, router: Router, request: Request) -> Result<Response, ApiError> {
    limits(&request)?;
    // A supervisor must not restart us for being busy.
    let exempt = request.uri().path() == "/health";
    let permit = faces.permits.try_acquire();
    if permit.is_err() && !exempt {
        return Err(ApiError::Unavailable("too many requests are being answered".to_owned()));
    }
    let answered = AssertUnwindSafe(router.oneshot(request)).catch_unwind().await;
    match answered {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(_) => Err(ApiError::Internal),
    }
}

fn limits(request: &Request) -> Result<(), ApiError> {
    let url = request.uri().path_and_query().map_or(0, |url| url.as_str().len());
    if url > LINE_LIMIT {
        return Err(ApiError::UrlTooLong { limit: LINE_LIMIT });
    }
    let long =
        |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len() > LINE_LIMIT;
    if request.headers().iter().any(long) {
        return Err(ApiError::HeaderTooLong { limit: LINE_LIMIT });
    }
    Ok(())
}

/// While ZooKeeper is away answers come from memory, and say how old that is.
fn stale(faces: &Faces, response: &mut Response) {
    let Some(since) = faces.gate.view().zk_lost else { return };
    if response.status().is_success() {
        let age = clock::now().since(since).as_secs();
        response.headers_mut().insert(AGE, HeaderValue::from(age));
        response.headers_mut().insert("x-mysos-stale", HeaderValue::from_static("true"));
    }
}

/// A path for the log: without what would break the line, and not longer than a line should be.
fn logged(path: &str) -> String {
    path.chars().take(LOGGED_PATH).collect::<String>().escape_default().to_string()
}
