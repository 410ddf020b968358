//! The HTTP faces of the fleet: they parse, ask the driver through the gate, and render. No rule of the fleet
//! stands here; `docs/api.md` is their contract.
//!
//! * `server`: connections, their time limits and their end. `front`: what happens to every request.
//! * `router`: every path and method in one table. `error`: every failure and its status in one table.
//! * `caller`, `origin`, `failures`: who calls, and whether they may.
//! * `fields`, `body`: what a caller sent. `create`: fields → a wish.
//! * `mysos`, `clusters`, `health`, `pages`: the handlers. `object`, `member`: a cluster as JSON;
//!   `reading`: what they and the pages read off it.

mod body;
mod caller;
mod clusters;
mod create;
mod error;
mod failures;
mod fields;
mod front;
mod health;
mod member;
mod mysos;
pub(crate) mod object;
mod origin;
mod pages;
mod patient;
pub(crate) mod reading;
mod ready;
mod request;
mod router;
mod server;
mod story;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use mysos_model::ClusterName;
use tokio::sync::Semaphore;

pub(crate) use server::serve;

use crate::{config::ApiConfig, gate::Gate, metrics::Metrics};

/// Requests answered at a time; one takes a few milliseconds, so more would only wait in memory.
const CONCURRENT_REQUESTS: usize = 256;

/// What every handler has at hand. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Faces {
    gate: Gate,
    config: Arc<ApiConfig>,
    metrics: Metrics,
    failures: Arc<failures::Failures>,
    permits: Arc<Semaphore>,
}

impl Faces {
    /// The faces of the fleet behind this gate.
    pub(crate) fn new(gate: Gate, config: ApiConfig, metrics: Metrics) -> Self {
        Self {
            gate,
            config: Arc::new(config),
            metrics,
            failures: Arc::new(failures::Failures::new()),
            permits: Arc::new(Semaphore::new(CONCURRENT_REQUESTS)),
        }
    }

    /// Where clients find a cluster. Carries the discovery account if there is one, and never that of `--zk_url`.
    fn cluster_url(&self, name: &ClusterName) -> String {
        let base = self.config.cluster_url_base.public();
        let base = match self.config.discovery_account.clone() {
            Some(account) => base.with_credentials(account),
            None => base,
        };
        let group = mysos_model::record::path::discover(name);
        // A cluster's name is a valid znode by construction, so joining does not fail.
        base.join(&group).map_or_else(|_| String::new(), |url| url.reveal())
    }
}
