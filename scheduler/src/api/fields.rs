//! The fields of a request on the Mysos face, whichever of the three body types carries them.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, multipart::Field},
};
use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;

use super::{Faces, body, error::ApiError, error::shown};

/// The most fields of a form, given twice or not.
const FIELD_COUNT: usize = 32;
/// The longest value of a field.
const FIELD_LENGTH: usize = 16 << 10;

/// Fields by name. Of a field given twice the last counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<String, Value>);

impl Fields {
    /// Refuses fields that nobody asked for: a misspelt one would silently make another cluster than asked.
    pub(super) fn only(self, known: &[&str]) -> Result<Self, ApiError> {
        let unknown: Vec<&String> = self.0.keys().filter(|name| !known.contains(&name.as_str())).collect();
        let Some(first) = unknown.first() else { return Ok(self) };
        let names: Vec<String> = unknown.iter().map(|name| shown(name)).collect();
        let message = format!("unknown field {}; the fields here are {}", names.join(", "), known.join(", "));
        Err(ApiError::field(first, message))
    }

    /// A field as text. JSON bodies may give numbers where `numeric` allows it.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ApiError::field(name, format!("{name} must be a string"))),
        }
    }

    /// A field that JSON bodies may also give as a number; its text.
    pub(super) fn number_text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(name) {
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            _ => self.text(name),
        }
    }

    /// A field that is a JSON object, in a form as text. Empty is absent.
    pub(super) fn object(&self, name: &str) -> Result<Option<serde_json::Map<String, Value>>, ApiError> {
        let wrong = || ApiError::field(name, format!("{name} must be a JSON object"));
        let parsed = match self.0.get(name) {
            Some(Value::Object(object)) => return Ok(Some(object.clone())),
            _ => self.text(name)?.filter(|text| !text.is_empty()),
        };
        let Some(text) = parsed else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| wrong())
    }

    fn of_form(pairs: Vec<(String, String)>) -> Result<Self, ApiError> {
        if pairs.len() > FIELD_COUNT {
            return Err(ApiError::BodyTooLarge(format!("the form has more than {FIELD_COUNT} fields")));
        }
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.len() > FIELD_LENGTH) {
            let message = format!("field {} is longer than {FIELD_LENGTH} bytes", shown(name));
            return Err(ApiError::BodyTooLarge(message));
        }
        Ok(Self(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
    }
}

impl FromRequest<Faces> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Faces) -> Result<Self, ApiError> {
        if request.uri().query().is_some_and(|query| !query.is_empty()) {
            let text =
                "a write takes its fields in the body, not in the query string: passwords would be logged";
            return Err(ApiError::field("query", text));
        }
        let headers = request.headers().clone();
        let media = media_type(&headers);
        match media.as_deref() {
            Some("application/json") => json(&body::read(request, body::JSON_LIMIT).await?),
            Some("application/x-www-form-urlencoded") => {
                urlencoded(&body::read(request, body::FORM_LIMIT).await?)
            }
            Some("multipart/form-data") => {
                multipart(headers, body::read(request, body::FORM_LIMIT).await?).await
            }
            None if body::read(request, body::FORM_LIMIT).await?.is_empty() => Ok(Self::default()),
            _ => Err(unsupported(media)),
        }
    }
}

fn unsupported(media: Option<String>) -> ApiError {
    let found = media.map_or("a body without Content-Type".to_owned(), |media| shown(&media));
    ApiError::UnsupportedMediaType(format!(
        "{found} is not read here; send multipart/form-data, application/x-www-form-urlencoded or application/json"
    ))
}

/// The media type in lower case, without parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes());
    value.split(';').next().map(|media| media.trim().to_ascii_lowercase())
}

fn json(body: &Bytes) -> Result<Fields, ApiError> {
    let wrong = |error: serde_json::Error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        ApiError::MalformedBody(format!("the body is not a JSON object: see {place}"))
    };
    serde_json::from_slice(body).map(Fields).map_err(wrong)
}

fn urlencoded(body: &Bytes) -> Result<Fields, ApiError> {
    // One more than allowed is enough to see that there are too many.
    let pairs = form_urlencoded::parse(body).take(FIELD_COUNT + 1);
    let pairs: Vec<_> = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    if pairs.iter().any(|(name, value)| name.contains('\u{fffd}') || value.contains('\u{fffd}')) {
        return Err(ApiError::MalformedBody("the form is not UTF-8 after percent-decoding".to_owned()));
    }
    Fields::of_form(pairs)
}

async fn multipart(headers: HeaderMap, body: Bytes) -> Result<Fields, ApiError> {
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers;
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| broken_form())?;
    let mut pairs = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(|_| broken_form())? {
        pairs.push(pair(part).await?);
        if pairs.len() > FIELD_COUNT {
            break;
        }
    }
    Fields::of_form(pairs)
}

async fn pair(part: Field<'_>) -> Result<(String, String), ApiError> {
    let Some(name) = part.name().map(str::to_owned) else { return Err(broken_form()) };
    if part.file_name().is_some() {
        let message = format!("field {} is a file; send its text (curl: --form 'name=<file')", shown(&name));
        return Err(ApiError::field(&name, message));
    }
    let bytes = part.bytes().await.map_err(|_| broken_form())?;
    let text = String::from_utf8(bytes.to_vec());
    let wrong = |_| ApiError::MalformedBody(format!("field {} is not UTF-8", shown(&name)));
    Ok((name.clone(), text.map_err(wrong)?))
}

fn broken_form() -> ApiError {
    ApiError::MalformedBody(
        "the body is not a multipart form with the boundary that Content-Type names".to_owned(),
    )
}
