//! Everything the pages and the JSON faces show, gathered by the driver after each turn that changed it.
//!
//! A copy for reading: nothing is decided from it.

use std::collections::BTreeMap;

use mysos_ha::assess::Assessment;
use mysos_model::{
    ClusterName, ClusterSpec, Endpoint, Generation, Host, InstanceId, Ordinal, TaskId, Timestamp,
    record::{EpochRecord, JournalLine, MemberRecord},
};

/// The whole fleet as last seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct FleetView {
    /// Whether the saved state has been read.
    pub(crate) loaded: bool,
    /// The connection to Mesos.
    pub(crate) mesos: MesosView,
    /// Whether ZooKeeper answers; if not, since when.
    pub(crate) zk_lost: Option<Timestamp>,
    /// Clusters in order of creation.
    pub(crate) clusters: Vec<ClusterView>,
    /// Volumes by what is known of them.
    pub(crate) volumes: BTreeMap<&'static str, usize>,
    /// When the scheduler started.
    pub(crate) started: Timestamp,
    /// When this view was made.
    pub(crate) now: Timestamp,
}

/// The connection to Mesos.
#[allow(
    clippy::struct_excessive_bools,
    reason = "three answers to three questions, none of which follows from another"
)]
#[derive(Debug, Clone, Default)]
pub(crate) struct MesosView {
    /// Subscribed now.
    pub(crate) subscribed: bool,
    /// Subscribed at least once since the start.
    pub(crate) ever_subscribed: bool,
    /// The first reconciliation of this subscription has ended.
    pub(crate) reconciled: bool,
    /// The framework's id, once there is one.
    pub(crate) framework_id: Option<String>,
    /// The leading master.
    pub(crate) leader: Option<String>,
    /// Why it is not subscribed.
    pub(crate) trouble: Option<String>,
    /// Since when it is as it is.
    pub(crate) since: Timestamp,
}

/// One cluster.
#[derive(Debug, Clone)]
pub(crate) struct ClusterView {
    /// Its name.
    pub(crate) name: ClusterName,
    /// What is wanted.
    pub(crate) spec: ClusterSpec,
    /// Version of that.
    pub(crate) generation: Generation,
    /// Who made it.
    pub(crate) owner: String,
    /// When.
    pub(crate) created: Timestamp,
    /// Being deleted since.
    pub(crate) terminating: Option<Timestamp>,
    /// What is still to be given back, in words.
    pub(crate) gives_back: Vec<String>,
    /// The scheduler's slots.
    pub(crate) instances: Vec<InstanceView>,
    /// The fencing record.
    pub(crate) epoch: Option<EpochRecord>,
    /// The members' own records.
    pub(crate) members: BTreeMap<TaskId, MemberRecord>,
    /// What clients find under `master/`.
    pub(crate) published_primary: Option<Endpoint>,
    /// What clients find under `slaves/`.
    pub(crate) published_replicas: Vec<Endpoint>,
    /// State and problems, from the records.
    pub(crate) assessment: Assessment,
    /// Until when the next unplanned failover is held back.
    pub(crate) cooldown_until: Option<Timestamp>,
    /// The newest lines of the journal, oldest first.
    pub(crate) journal: Vec<JournalLine>,
}

/// One slot of a cluster, as the scheduler keeps it.
#[derive(Debug, Clone)]
pub(crate) struct InstanceView {
    /// The slot.
    pub(crate) ordinal: Ordinal,
    /// Its id.
    pub(crate) id: InstanceId,
    /// Its present task.
    pub(crate) task: Option<TaskId>,
    /// The state in one word, as `docs/api.md` lists them.
    pub(crate) state: &'static str,
    /// Why it is not running.
    pub(crate) why: Option<Why>,
    /// Where it is.
    pub(crate) host: Option<Host>,
    /// The agent.
    pub(crate) agent_id: Option<String>,
    /// Where mysqld answers.
    pub(crate) mysql: Option<Endpoint>,
    /// Where the executor answers.
    pub(crate) control: Option<Endpoint>,
    /// When its task started to run.
    pub(crate) started: Option<Timestamp>,
}

/// Why an instance is not running.
#[derive(Debug, Clone)]
pub(crate) struct Why {
    /// A word for programs: `WaitingForOffer`, `TaskFailed`, …
    pub(crate) code: String,
    /// Words for people: what is missing, or the last lines of the server's log.
    pub(crate) text: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// When it is tried again.
    pub(crate) next_attempt: Option<Timestamp>,
}
