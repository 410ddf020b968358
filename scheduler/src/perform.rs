//! Actions become effects: one await each, one attempt, and the outcome comes back as an event.
//!
//! Effects of one lane happen one after another, in the order in which they were decided: the calls to Mesos are a
//! lane, the records of each cluster are one. Lanes do not wait for each other.

use std::{
    collections::{BTreeMap, VecDeque},
    error::Error,
    future::pending,
};

use mesos_v1::{proto::scheduler::Call, scheduler::SchedulerClient};
use mysos_fleet::{
    Event,
    action::{NewTree, Tree},
    event::Outcome,
};
use mysos_model::{ClusterName, record::SpecRecord};
use tokio::task::{Id, JoinSet};

use crate::{metrics::Metrics, records::Records};

/// Effects that may wait in one lane: a subscription of ten thousand tasks is acknowledged in one burst. What does
/// not fit fails, and is decided again.
const LANE: usize = 20_000;

/// What is done in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Calls to Mesos.
    Mesos,
    /// The records of a cluster.
    Cluster(ClusterName),
}

/// One effect.
#[derive(Debug)]
pub(crate) enum Job {
    /// A call to Mesos.
    Call {
        /// Sends it.
        client: SchedulerClient,
        /// The call.
        call: Box<Call>,
        /// What it is called in metrics.
        kind: &'static str,
        /// What it is an outcome of.
        outcome: Outcome,
    },
    /// Tells Mesos the real failover timeout.
    Confirm {
        /// Sends it.
        client: SchedulerClient,
        /// The call.
        call: Box<Call>,
    },
    /// Makes the records of a cluster.
    MakeTree(Box<NewTree>),
    /// Writes `spec`.
    WriteSpec(Box<SpecRecord>),
    /// Removes a tree.
    RemoveTree(ClusterName, Tree),
}

/// What came of an effect.
#[derive(Debug)]
pub(crate) enum Performed {
    /// To be told to the fleet.
    Event(Event),
    /// The master does not take the real failover timeout this way: subscribe again.
    NotConfirmed,
}

/// Runs effects. Ends them when dropped.
pub(crate) struct Performer {
    records: Records,
    metrics: Metrics,
    lanes: BTreeMap<Lane, VecDeque<Job>>,
    running: JoinSet<Option<Performed>>,
    lane_of: BTreeMap<Id, Lane>,
}

impl Performer {
    /// Nothing to do yet.
    pub(crate) fn new(records: Records, metrics: Metrics) -> Self {
        Self { records, metrics, lanes: BTreeMap::new(), running: JoinSet::new(), lane_of: BTreeMap::new() }
    }

    /// Queues an effect behind those of its lane. One that does not fit comes back as its failure.
    pub(crate) fn enqueue(&mut self, job: Job) -> Option<Event> {
        let lane = job.lane();
        match self.lanes.get_mut(&lane) {
            Some(waiting) if waiting.len() >= LANE => Some(job.outcome_failed("too many wait before it")),
            Some(waiting) => {
                waiting.push_back(job);
                None
            }
            None => {
                self.lanes.insert(lane.clone(), VecDeque::new());
                self.start(lane, job);
                None
            }
        }
    }

    /// The next outcome. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Performed {
        loop {
            let (id, performed) = match self.running.join_next_with_id().await {
                None => pending().await,
                Some(Ok(ended)) => ended,
                // An effect that panicked is a defect; what it was for is owed still and is tried again.
                Some(Err(error)) => {
                    tracing::error!(%error, "an effect ended badly");
                    (error.id(), None)
                }
            };
            if let Some(lane) = self.lane_of.remove(&id) {
                self.advance(lane);
            }
            if let Some(performed) = performed {
                return performed;
            }
        }
    }

    fn advance(&mut self, lane: Lane) {
        match self.lanes.get_mut(&lane).and_then(VecDeque::pop_front) {
            Some(job) => self.start(lane, job),
            None => {
                self.lanes.remove(&lane);
            }
        }
    }

    fn start(&mut self, lane: Lane, job: Job) {
        let (records, metrics) = (self.records.clone(), self.metrics.clone());
        let task = self.running.spawn(Box::pin(job.run(records, metrics)));
        self.lane_of.insert(task.id(), lane);
    }
}

impl Job {
    fn lane(&self) -> Lane {
        match self {
            Self::Call { .. } | Self::Confirm { .. } => Lane::Mesos,
            Self::MakeTree(tree) => Lane::Cluster(tree.cluster.clone()),
            Self::WriteSpec(spec) => Lane::Cluster(spec.cluster.clone()),
            Self::RemoveTree(cluster, _) => Lane::Cluster(cluster.clone()),
        }
    }

    /// What it is to the fleet.
    fn outcome(&self) -> Outcome {
        match self {
            Self::Call { outcome, .. } => outcome.clone(),
            Self::Confirm { .. } => Outcome::Called,
            Self::MakeTree(tree) => {
                Outcome::TreeMade { cluster: tree.cluster.clone(), generation: tree.spec.generation }
            }
            Self::WriteSpec(spec) => {
                Outcome::SpecWritten { cluster: spec.cluster.clone(), generation: spec.generation }
            }
            Self::RemoveTree(cluster, tree) => Outcome::TreeRemoved { cluster: cluster.clone(), tree: *tree },
        }
    }

    fn outcome_failed(&self, why: &str) -> Event {
        Event::Failed { what: self.outcome(), why: why.to_owned() }
    }

    async fn run(self, records: Records, metrics: Metrics) -> Option<Performed> {
        let outcome = self.outcome();
        let done: Result<(), String> = match self {
            Self::Call { client, call, kind, .. } => {
                let called = client.call(*call).await.map_err(|error| chain(&error));
                if called.is_ok() {
                    metrics.call(kind);
                } else {
                    metrics.call_failed(kind);
                }
                called
            }
            Self::Confirm { client, call } => {
                let called = client.call(*call).await;
                return called.err().map(|error| {
                    tracing::warn!(error = %chain(&error), "the failover timeout was not taken");
                    Performed::NotConfirmed
                });
            }
            Self::MakeTree(tree) => records.make_tree(&tree).await.map_err(|error| chain(&error)),
            Self::WriteSpec(spec) => records.write_spec(&spec).await.map_err(|error| chain(&error)),
            Self::RemoveTree(cluster, tree) => {
                records.remove_tree(&cluster, tree).await.map_err(|error| chain(&error))
            }
        };
        Some(Performed::Event(match done {
            Ok(()) => Event::Done(outcome),
            Err(why) => {
                tracing::warn!(?outcome, %why, "an effect failed; it is tried again while it is owed");
                Event::Failed { what: outcome, why }
            }
        }))
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
