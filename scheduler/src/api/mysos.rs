//! The Mysos face: creates and deletes, as the original did.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, IF_MATCH},
};
use mysos_fleet::request::{Answer, Refusal, Request};
use mysos_model::{
    ClusterName, Password,
    wire::mysos::{Created, Deleted},
};

use super::{
    Faces,
    caller::{Caller, not_guessing},
    create::{self, Draft},
    error::{ApiError, shown},
    fields::Fields,
    ready::Writable,
    request::{NameInPath, RepeatKey, RequestId},
};
use crate::{
    clock,
    view::{ClusterView, FleetView},
};

/// Saving a wish takes milliseconds; after this the caller is told that nobody knows.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// `POST /clusters/<name>`.
pub(super) async fn create(
    State(faces): State<Faces>,
    Writable(view): Writable,
    caller: Caller,
    (NameInPath(name), id): (NameInPath, RequestId),
    (RepeatKey(key), fields): (RepeatKey, Fields),
) -> Result<Response, ApiError> {
    caller.may_create()?;
    let fields = fields.only(create::FIELDS)?;
    let name = checked(&name)?;
    let draft = first_of(taken(&view, &name), key.as_deref(), Draft::parse(&fields, &faces.config))?;
    let warning = draft.warning.clone();
    let wish = draft.wish(name.clone(), &caller, key, &faces.config.digest_key);
    match ask(&faces, wish, &id).await? {
        Answer::Created { password, replayed, operation } => {
            let body = Created { cluster_password: password, cluster_url: faces.cluster_url(&name) };
            let mut response = json(body.to_body(), &operation);
            mark(&mut response, "cache-control", Some("no-store"));
            mark(&mut response, "x-mysos-replayed", replayed.then_some("true"));
            mark(&mut response, "x-mysos-warning", warning.as_deref());
            Ok(response)
        }
        other => Err(unexpected(other)),
    }
}

/// `DELETE /clusters/<name>`.
pub(super) async fn delete(
    State(faces): State<Faces>,
    Writable(view): Writable,
    caller: Caller,
    (NameInPath(name), id, headers): (NameInPath, RequestId, HeaderMap),
    fields: Fields,
) -> Result<Response, ApiError> {
    let fields = fields.only(&["password"])?;
    let cluster = find(&view, &name)?;
    caller.may_change(&cluster.owner)?;
    same_generation(&headers, cluster)?;
    not_guessing(&faces, caller.peer)?;
    let password = fields.text("password")?.map(Password::new);
    let name = cluster.name.clone();
    let answer = ask(&faces, Request::Delete { name: name.clone(), password }, &id).await;
    if matches!(answer, Err(ApiError::Forbidden(_))) {
        faces.failures.note(caller.peer.0, clock::now());
    }
    match answer? {
        Answer::Deleted { operation } => {
            Ok(json(Deleted { cluster_url: faces.cluster_url(&name) }.to_string(), &operation))
        }
        other => Err(unexpected(other)),
    }
}

/// The cluster of that name. What is no name at all has no cluster either.
pub(super) fn find<'a>(view: &'a FleetView, name: &str) -> Result<&'a ClusterView, ApiError> {
    let found = view.clusters.iter().find(|cluster| cluster.name.as_str() == name);
    found.ok_or_else(|| ApiError::NotFound(format!("there is no cluster {}", shown(name))))
}

/// The name of a cluster to be.
fn checked(name: &str) -> Result<ClusterName, ApiError> {
    name.parse().map_err(|error: mysos_model::NameError| ApiError::field("cluster_name", error.to_string()))
}

/// The refusal that a creation meets as far as the view knows; the driver has the last word.
fn taken(view: &FleetView, name: &ClusterName) -> Option<Refusal> {
    let cluster = view.clusters.iter().find(|cluster| cluster.name == *name)?;
    Some(Refusal::Exists { name: name.clone(), terminating: cluster.terminating.is_some() })
}

/// A taken name is told before a wrong field. Only a repeat with a key that is right in itself goes on: it may be
/// the very request that made the cluster.
fn first_of(
    taken: Option<Refusal>,
    key: Option<&str>,
    draft: Result<Draft, ApiError>,
) -> Result<Draft, ApiError> {
    match taken {
        Some(refusal) if key.is_none() || draft.is_err() => Err(refusal.into()),
        _ => draft,
    }
}

/// `If-Match`, where the caller sends it.
fn same_generation(headers: &HeaderMap, cluster: &ClusterView) -> Result<(), ApiError> {
    let Some(wanted) = headers.get(IF_MATCH).map(HeaderValue::as_bytes) else { return Ok(()) };
    let present = format!("\"{}\"", cluster.generation);
    if wanted == b"*" || wanted == present.as_bytes() {
        return Ok(());
    }
    Err(ApiError::GenerationMismatch { now: cluster.generation.0 })
}

/// Hands a wish over; a refusal is an error.
async fn ask(faces: &Faces, wish: Request, id: &RequestId) -> Result<Answer, ApiError> {
    let late = |_| ApiError::OutcomeUnknown { seconds: ANSWER_TIME.as_secs() };
    match tokio::time::timeout(ANSWER_TIME, faces.gate.ask(wish, id.as_str())).await.map_err(late)? {
        Answer::Refused(refusal) => Err(refusal.into()),
        answer => Ok(answer),
    }
}

/// The driver answered another question.
fn unexpected(answer: Answer) -> ApiError {
    match answer {
        Answer::Refused(refusal) => refusal.into(),
        Answer::Created { .. } | Answer::Deleted { .. } => {
            tracing::error!("the driver answered another request than was asked");
            ApiError::Internal
        }
    }
}

fn json(body: String, operation: &str) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    mark(&mut response, "x-mysos-operation", Some(operation));
    response
}

fn mark(response: &mut Response, name: &'static str, value: Option<&str>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(name, value);
    }
}
