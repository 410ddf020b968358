//! `GET /clusters` and `GET /clusters/<name>`: the fleet as JSON, for programs.

use std::collections::BTreeMap;

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header::CONTENT_TYPE, header::ETAG};
use mysos_model::{
    Timestamp,
    wire::native::{ClusterList, Journal},
};
use serde::Serialize;

use super::{
    Faces,
    caller::Caller,
    error::{ApiError, shown},
    mysos::find,
    object,
    ready::Readable,
    request::NameInPath,
    story,
};
use crate::view::{ClusterView, FleetView};

/// Clusters of a page when the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// The most clusters of a page: some hundred kilobytes of JSON.
const MOST: usize = 1000;

/// `GET /clusters?state=&host=&owner=&limit=&marker=`.
pub(super) async fn list(
    State(faces): State<Faces>,
    Readable(view): Readable,
    _: Caller,
    query: Result<Query<BTreeMap<String, String>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let wrong = |_| ApiError::field("query", "the query string is not readable");
    let Query(query) = query.map_err(wrong)?;
    let filter = Filter::parse(&query)?;
    let (clusters, next) = filter.page(&view);
    let clusters =
        clusters.into_iter().map(|cluster| object::summary(cluster, faces.cluster_url(&cluster.name)));
    Ok(json(&ClusterList { clusters: clusters.collect(), next }))
}

/// `GET /clusters/<name>`.
pub(super) async fn show(
    State(faces): State<Faces>,
    Readable(view): Readable,
    _: Caller,
    NameInPath(name): NameInPath,
) -> Result<Response, ApiError> {
    let cluster = find(&view, &name)?;
    let mut response = json(&object::whole(cluster, faces.cluster_url(&cluster.name)));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", cluster.generation)) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// `GET /clusters/<name>/journal?since=`.
pub(super) async fn journal(
    Readable(view): Readable,
    _: Caller,
    NameInPath(name): NameInPath,
    query: Result<Query<BTreeMap<String, String>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let cluster = find(&view, &name)?;
    let Query(query) = query.map_err(|_| ApiError::field("query", "the query string is not readable"))?;
    if let Some(unknown) = query.keys().find(|name| *name != "since") {
        return Err(ApiError::field(
            unknown,
            format!("unknown parameter {}; there is since", shown(unknown)),
        ));
    }
    let since = match query.get("since").filter(|text| !text.is_empty()) {
        None => Timestamp(0),
        Some(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            let message = format!("since is {}; it must be like 2026-05-04T08:00:00.000Z", shown(text));
            ApiError::field("since", message)
        })?,
    };
    let lines = cluster.journal.iter().filter(|line| line.at >= since).map(story::line).collect();
    Ok(json(&Journal { lines }))
}

/// An answer of JSON.
pub(super) fn json(body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => ApiError::Internal.into_response(),
    }
}

/// Which clusters, and how many.
struct Filter<'a> {
    state: Option<&'a str>,
    host: Option<&'a str>,
    owner: Option<&'a str>,
    marker: Option<&'a str>,
    limit: usize,
}

impl<'a> Filter<'a> {
    fn parse(query: &'a BTreeMap<String, String>) -> Result<Self, ApiError> {
        const KNOWN: [&str; 5] = ["state", "host", "owner", "limit", "marker"];
        if let Some(unknown) = query.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let message = format!("unknown parameter {}; there are {}", shown(unknown), KNOWN.join(", "));
            return Err(ApiError::field(unknown, message));
        }
        let of = |name: &str| query.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let limit = match of("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
                ApiError::field("limit", format!("limit is {}; it must be from 1 to {MOST}", shown(text)))
            })?,
        };
        Ok(Self { state: of("state"), host: of("host"), owner: of("owner"), marker: of("marker"), limit })
    }

    /// The clusters of this page by name, and the marker of the next one.
    fn page<'v>(&self, view: &'v FleetView) -> (Vec<&'v ClusterView>, Option<String>) {
        let mut found: Vec<&ClusterView> =
            view.clusters.iter().filter(|cluster| self.fits(cluster)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| more).map(|cluster| cluster.name.to_string());
        (found, next)
    }

    fn fits(&self, cluster: &ClusterView) -> bool {
        let on = |host: &str| {
            cluster.instances.iter().any(|one| one.host.as_ref().is_some_and(|found| found.0 == host))
        };
        self.state.is_none_or(|state| cluster.assessment.state.as_str() == state)
            && self.owner.is_none_or(|owner| cluster.owner == owner)
            && self.host.is_none_or(on)
            && self.marker.is_none_or(|marker| cluster.name.as_str() > marker)
    }
}
