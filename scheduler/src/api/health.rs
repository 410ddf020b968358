//! For supervisors, load balancers and monitoring: `/health`, `/ready`, `/metrics`, `/vars.json`. Never proxied.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header::CONTENT_TYPE;

use super::{Faces, caller::Caller, clusters::json, error::ApiError, ready::not_readable};
use crate::view::FleetView;

/// What `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /health`: whether this process works, whatever Mesos and ZooKeeper do. Were it red for those, a supervisor
/// would restart us in a loop.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: whether requests should come here.
pub(super) async fn ready(State(faces): State<Faces>) -> Result<&'static str, ApiError> {
    match not_ready(&faces.gate.view()) {
        Some(reason) => Err(ApiError::Unavailable(reason.to_owned())),
        None => Ok("ready\n"),
    }
}

/// Says nothing that only a caller with a credential may know.
fn not_ready(view: &FleetView) -> Option<&'static str> {
    not_readable(view)
        .or_else(|| (!view.mesos.subscribed).then_some("the scheduler is not subscribed to Mesos"))
        .or_else(|| (!view.mesos.reconciled).then_some("the scheduler is still asking Mesos about its tasks"))
        .or_else(|| view.zk_lost.map(|_| "ZooKeeper does not answer"))
}

/// `GET /metrics`.
pub(super) async fn metrics(State(faces): State<Faces>, _: Caller) -> Response {
    faces.metrics.observe(&faces.gate.view());
    ([(CONTENT_TYPE, OPEN_METRICS)], faces.metrics.prometheus()).into_response()
}

/// `GET /vars.json`: the names of the original.
pub(super) async fn vars(State(faces): State<Faces>, _: Caller) -> Response {
    json(&faces.metrics.vars(&faces.gate.view()))
}
