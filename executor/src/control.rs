//! The control port: what load balancers and Prometheus may know without a credential, beside what members ask of each other. Answered from
//! memory, never by asking mysqld; knowledge that is too old counts as no.

use std::{net::IpAddr, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use mysos_ha::{
    View,
    view::{Group, Step},
};
use mysos_model::{
    Timestamp,
    record::{LagClass, MemberState, Phase},
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::watch};

use crate::{clock, metrics::Metrics};

/// Knowledge older than this counts as no.
const FRESH: Duration = Duration::from_secs(2);

/// What the checks are answered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    at: Timestamp,
    epoch: u64,
    state: MemberState,
    primary: Option<&'static str>,
    replica: Option<&'static str>,
    lag: Option<LagClass>,
    answers: bool,
}

impl Status {
    /// As of this view.
    pub(crate) fn of(view: &View, now: Timestamp) -> Self {
        Self {
            at: now,
            epoch: view.own.saved.obeyed.0,
            state: view.own.state.0,
            primary: why_not_primary(view),
            replica: why_not_replica(view),
            lag: view.up().and_then(|up| up.observed.lag),
            answers: view.up().is_some(),
        }
    }

    fn role(&self) -> &'static str {
        match self.state {
            MemberState::Primary | MemberState::Promoting => "primary",
            MemberState::Following => "replica",
            _ => "none",
        }
    }

    fn is_fresh(&self) -> bool {
        clock::now().since(self.at) <= FRESH
    }
}

/// What a primary lacks, if it is not one that accepts writes.
fn why_not_primary(view: &View) -> Option<&'static str> {
    let Some(up) = view.up() else { return Some("mysqld does not answer") };
    let promotion = view.own.promotion.as_ref().filter(|promotion| promotion.deposed.is_none());
    let Some(promotion) = promotion else { return Some("not the primary") };
    let Step::Serve { acks } = promotion.step else { return Some("not open yet") };
    if view.obeyed().is_none_or(|record| record.phase != Phase::Serving) {
        return Some("the epoch is not being served");
    }
    if up.observed.read_only {
        return Some("read-only");
    }
    if up.observed.connected_ackers < acks {
        return Some("not enough ackers are connected");
    }
    let published = view.own.published.is_some_and(|published| published.group == Group::Primary);
    (!published).then_some("not published")
}

/// What a replica lacks, if it is not one to read from.
fn why_not_replica(view: &View) -> Option<&'static str> {
    let Some(up) = view.up() else { return Some("mysqld does not answer") };
    let published = view.own.published.is_some_and(|published| published.group == Group::Replicas);
    match (view.own.state.0, up.observed.lag) {
        (MemberState::Following, Some(_)) if published => None,
        (MemberState::Following, Some(_)) => Some("not published"),
        (MemberState::Following, None) => Some("replication does not run"),
        _ => Some("not a replica"),
    }
}

/// Body of a check.
#[derive(Debug, Serialize)]
struct Check {
    role: &'static str,
    epoch: u64,
    lag: Option<LagClass>,
    why: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
struct ReplicaQuery {
    max_lag: Option<String>,
}

#[derive(Clone)]
struct Shared {
    status: watch::Receiver<Status>,
    metrics: Metrics,
}

/// Serves the checks, and what members ask of each other, on this address until the member ends.
pub(crate) async fn serve(
    address: (IpAddr, u16),
    status: watch::Receiver<Status>,
    metrics: Metrics,
    more: Router,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    axum::serve(listener, router(Shared { status, metrics }).merge(more)).await
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/primary", get(primary).options(primary))
        .route("/replica", get(replica).options(replica))
        .route("/health", get(health).options(health))
        .route("/metrics", get(metrics))
        .with_state(shared)
}

fn check(status: &Status, why: Option<&'static str>) -> Response {
    let why = if status.is_fresh() { why } else { Some("the executor's loop does not turn") };
    let code = if why.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Check { role: status.role(), epoch: status.epoch, lag: status.lag, why };
    (code, Json(body)).into_response()
}

async fn primary(State(shared): State<Shared>) -> Response {
    let status = shared.status.borrow().clone();
    check(&status, status.primary)
}

async fn replica(State(shared): State<Shared>, Query(query): Query<ReplicaQuery>) -> Response {
    let status = shared.status.borrow().clone();
    let Some(allowed) = allowed_lag(query.max_lag.as_deref()) else {
        return (StatusCode::BAD_REQUEST, "max_lag is a number of seconds, such as 10s\n").into_response();
    };
    let behind = status.lag.is_none_or(|lag| lag > allowed).then_some("too far behind");
    check(&status, status.replica.or(behind))
}

/// The class of lag that a bound allows. Lag is known in classes only.
fn allowed_lag(bound: Option<&str>) -> Option<LagClass> {
    let Some(text) = bound else { return Some(LagClass::Behind) };
    let seconds: f64 = text.strip_suffix('s').unwrap_or(text).parse().ok()?;
    match seconds {
        _ if !seconds.is_finite() || seconds < 0.0 => None,
        _ if seconds < 10.0 => Some(LagClass::Current),
        _ => Some(LagClass::Behind),
    }
}

async fn health(State(shared): State<Shared>) -> Response {
    let status = shared.status.borrow().clone();
    check(&status, (!status.answers).then_some("mysqld does not answer"))
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let text = shared.metrics.text();
    ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
