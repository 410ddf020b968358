//! Every way a request fails, and its status and code: one table for all faces. The texts say what is wrong, where,
//! and what to do; they never repeat a secret.

use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use mysos_fleet::request::Refusal;
use mysos_model::wire::native::{ErrorBody, ErrorText};
use serde_json::{Map, Value};

/// Seconds after which a caller may try again what fails only now.
const RETRY_SECONDS: u64 = 1;

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{0}")]
    MalformedBody(String),
    #[error("{message}")]
    InvalidField { field: String, message: String },
    #[error("this needs a credential: send it as HTTP Basic authentication or as a bearer token")]
    Unauthenticated,
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    NotFound(String),
    #[error("this path answers only {allow}")]
    MethodNotAllowed { allow: &'static str },
    #[error("the request did not arrive within {seconds} s; send it again")]
    TooSlow { seconds: u64 },
    #[error("{0}")]
    Exists(String),
    #[error("If-Match names another generation; the present one is {now}: read the cluster again")]
    GenerationMismatch { now: u64 },
    #[error("{0}")]
    BodyTooLarge(String),
    #[error("the path and query are longer than {limit} bytes")]
    UrlTooLong { limit: usize },
    #[error("a header is longer than {limit} bytes")]
    HeaderTooLong { limit: usize },
    #[error("{0}")]
    UnsupportedMediaType(String),
    #[error("too many wrong credentials or passwords from this address; try again in {seconds} s")]
    TooManyRequests { seconds: u64 },
    #[error("internal error")]
    Internal,
    #[error("{0}; try again")]
    Unavailable(String),
    /// The wish was handed over and no answer came: it may be recorded or not.
    #[error(
        "no answer within {seconds} s: the request may have been recorded; repeat it with the same Idempotency-Key"
    )]
    OutcomeUnknown { seconds: u64 },
}

impl ApiError {
    /// A wrong field.
    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::InvalidField { field: field.to_owned(), message: message.into() }
    }

    /// The table.
    pub(super) fn row(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MalformedBody(_) => (StatusCode::BAD_REQUEST, "malformed_body"),
            Self::InvalidField { .. } => (StatusCode::BAD_REQUEST, "invalid_field"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::TooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::Exists(_) => (StatusCode::CONFLICT, "exists"),
            Self::GenerationMismatch { .. } => (StatusCode::PRECONDITION_FAILED, "generation_mismatch"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::UrlTooLong { .. } => (StatusCode::URI_TOO_LONG, "too_large"),
            Self::HeaderTooLong { .. } => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_large"),
            Self::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Unavailable(_) | Self::OutcomeUnknown { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
        }
    }

    /// The answer, in the shape that the caller reads.
    pub(super) fn render(&self, shape: Shape, request_id: &str) -> Response {
        let (status, code) = self.row();
        let message = match self {
            Self::Internal => request_id.to_owned(),
            other => one_line(&other.to_string()),
        };
        let (content_type, body) = match shape {
            Shape::Text => ("text/plain; charset=utf-8", message + "\n"),
            Shape::Json => ("application/json", self.json(code, message)),
        };
        let mut response = (status, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.headers(&mut response);
        response
    }

    fn json(&self, code: &str, message: String) -> String {
        let mut details = Map::new();
        match self {
            Self::InvalidField { field, .. } => {
                details.insert("field".to_owned(), Value::from(field.as_str()));
            }
            Self::GenerationMismatch { now } => {
                details.insert("generation".to_owned(), Value::from(*now));
            }
            _ => {}
        }
        let body = ErrorBody { error: ErrorText { code: code.to_owned(), message, details } };
        serde_json::to_string(&body).unwrap_or_default()
    }

    fn headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        match self {
            Self::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mysos\""));
            }
            Self::MethodNotAllowed { allow } => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::TooManyRequests { seconds } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::Unavailable(_) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
            }
            Self::OutcomeUnknown { .. } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
                headers.insert("x-mysos-outcome", HeaderValue::from_static("unknown"));
            }
            _ => {}
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Exists { .. } => Self::Exists(text),
            Refusal::NotFound(_) => Self::NotFound(text),
            Refusal::WrongPassword(_) => Self::Forbidden(text),
            Refusal::Unavailable(_) => Self::Unavailable(text),
        }
    }
}

/// How an error is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One line, as the original did.
    Text,
    /// The shape of the native face.
    Json,
}

impl Shape {
    /// JSON for callers that name it; a wildcard does not.
    pub(super) fn wanted(accept: Option<&HeaderValue>) -> Self {
        let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named = accept.split(',').filter_map(|range| range.split(';').next());
        if named.map(str::trim).any(|range| range.eq_ignore_ascii_case("application/json")) {
            Self::Json
        } else {
            Self::Text
        }
    }
}

/// Leaves the rendering to `front`, which knows what the caller reads.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.row().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Something a caller sent, fit for a message: quoted, escaped, and not too long.
pub(super) fn shown(text: &str) -> String {
    // Longer than any name we accept by half; enough to recognize what was sent.
    const LONGEST: usize = 100;
    if text.chars().count() <= LONGEST {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut:?}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_defect_tells_the_request_id_and_nothing_else() {
        let response = ApiError::Internal.render(Shape::Text, "id-1");
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, "id-1\n");
    }

    #[test]
    fn only_who_names_json_gets_it() {
        for (accept, shape) in [
            ("application/json", Shape::Json),
            ("text/html, Application/JSON;q=0.5", Shape::Json),
            ("*/*", Shape::Text),
            ("application/jsonp", Shape::Text),
        ] {
            assert_eq!(Shape::wanted(Some(&HeaderValue::from_static(accept))), shape, "{accept}");
        }
        assert_eq!(Shape::wanted(None), Shape::Text);
    }

    #[test]
    fn what_a_caller_sent_is_shown_escaped_and_short() {
        assert_eq!(shown("a\nb"), "\"a\\nb\"");
        assert!(shown(&"x".repeat(5000)).chars().count() < 120);
    }
}
