//! The pages for people, and what belongs to them.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::{
    Faces,
    caller::Caller,
    error::{ApiError, shown},
    ready::not_readable,
    request::NameInPath,
};
use crate::ui;

/// Our own style sheet, and nothing else: a page that shows a stranger's text runs nothing of it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// `GET /`.
pub(super) async fn home(State(faces): State<Faces>, _: Caller) -> Response {
    let view = faces.gate.view();
    let page = match not_readable(&view) {
        Some(reason) => ui::connecting(&view, reason),
        None => ui::clusters(&view),
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, page.into_string()).into_response()
}

/// `GET /static/<file>`.
pub(super) async fn asset(_: Caller, NameInPath(file): NameInPath) -> Result<Response, ApiError> {
    if file != "style.css" {
        return Err(ApiError::NotFound(format!("there is no file {}", shown(&file))));
    }
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    Ok((headers, ui::STYLE).into_response())
}
