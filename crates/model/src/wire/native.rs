//! Bodies of the native face: a cluster and its instances as JSON, lists, and errors.
//!
//! Keys that are not known yet are `null`, not missing. Keys are added, never renamed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A list of clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterList {
    /// The clusters by name, without their instances.
    pub clusters: Vec<Cluster>,
    /// The `marker` of the next page, if there is one.
    pub next: Option<String>,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its state in one word.
    pub state: String,
    /// Version of what is wanted; also the `ETag`.
    pub generation: u64,
    /// When it was made.
    pub created: String,
    /// The principal that made it.
    pub owner: String,
    /// The account made for the owner.
    pub cluster_user: String,
    /// Where clients find it.
    pub cluster_url: String,
    /// Members wanted in service.
    pub num_nodes: u32,
    /// What each instance may use.
    pub size: Size,
    /// `mysql` or `mariadb`.
    pub flavor: String,
    /// The primary's version.
    pub version: Option<String>,
    /// Variables set by the owner.
    pub config: Map<String, Value>,
    /// The fencing epoch.
    pub epoch: Option<u64>,
    /// Its phase: `forming`, `serving`, `electing`, `handover`.
    pub phase: Option<String>,
    /// Who serves.
    pub primary: Option<Primary>,
    /// Who may acknowledge writes.
    pub quorum: Quorum,
    /// Members that clients find.
    pub in_service: u32,
    /// Members that only follow.
    pub spares: u32,
    /// The worst lag of a replica in service; null where nobody measured it.
    pub max_lag_seconds: Option<f64>,
    /// Whether members fail over by themselves.
    pub auto_failover: AutoFailover,
    /// The last change of the primary.
    pub last_failover: Option<LastFailover>,
    /// The newest backup.
    pub last_backup: Option<Value>,
    /// What is wrong, worst first.
    pub problems: Vec<Problem>,
    /// Ids of running operations.
    pub operations: Vec<String>,
    /// Warnings about what is wanted.
    pub warnings: Vec<String>,
    /// The scheduler's slots; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Vec<Instance>>,
    /// The newest lines of the journal, oldest first; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Vec<JournalLine>>,
}

/// The last time the primary was replaced without being asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastFailover {
    /// When the election began.
    pub at: String,
    /// `failover`.
    pub kind: String,
    /// The epoch that it made.
    pub epoch: u64,
    /// The instance that was primary.
    pub from: Option<String>,
    /// The instance that is, while it still is in that epoch.
    pub to: Option<String>,
    /// Why.
    pub reason: String,
    /// From the end of the old primary, as far as a member noticed it, until clients find the new one.
    pub took_seconds: Option<f64>,
}

/// What is kept of a cluster's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// Oldest first.
    pub lines: Vec<JournalLine>,
}

/// One step of a recovery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalLine {
    /// When, by the clock of who acted.
    pub at: String,
    /// In which epoch.
    pub epoch: u64,
    /// Under which turn of the fencing record.
    pub turn: u64,
    /// The slot of the member that acted.
    pub by: u32,
    /// Which step, in one word.
    pub step: String,
    /// What and why, in words.
    pub detail: String,
    /// How long it took, where that means something.
    pub took_seconds: Option<f64>,
}

/// What an instance may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Cpus.
    pub cpus: f64,
    /// Memory with its unit.
    pub mem: String,
    /// Disk with its unit.
    pub disk: String,
}

/// The primary of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Primary {
    /// The instance.
    pub instance: Option<String>,
    /// Its host.
    pub host: String,
    /// Its port for MySQL clients.
    pub port: u16,
    /// Its ServerSet name.
    pub member: Option<String>,
    /// Since when it is named.
    pub since: String,
}

/// Who may acknowledge writes, and how many may be lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quorum {
    /// The policy in force.
    pub durability: String,
    /// How many acknowledgements each write waits for.
    pub acks: Option<u32>,
    /// Instances that may acknowledge.
    pub ackers: Vec<String>,
    /// How many of them are connected.
    pub connected: u32,
    /// How many of those may be lost before writes block.
    pub can_lose: u32,
    /// Whether writes are accepted.
    pub writable: bool,
}

/// Whether members fail over by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AutoFailover {
    /// Whether they do.
    pub enabled: bool,
    /// Who paused it, why, until when.
    pub paused: Option<Value>,
    /// Until when it is held back after a failover.
    pub cooldown_until: Option<String>,
    /// Which failover that was.
    pub cooldown_reason: Option<String>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The same as long as the problem lasts.
    pub id: String,
    /// Its code.
    pub code: String,
    /// `notice`, `warning`, `critical`.
    pub severity: String,
    /// Since when.
    pub since: String,
    /// The instance, if it is one instance's.
    pub instance: Option<String>,
    /// What is wrong, in words.
    pub text: String,
    /// What will be done; null when a person must act.
    pub action: Option<String>,
    /// What stands in the way of that.
    pub blocked_by: Vec<String>,
    /// When it is tried again.
    pub until: Option<String>,
}

/// A copy of another member's data, while it is built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// The instance that it is copied from.
    pub donor: Option<String>,
    /// Since when.
    pub since: String,
    /// How much of it is there, in steps of five.
    pub percent: u8,
    /// How large it will be, about.
    pub bytes: u64,
}

/// One slot of a cluster and its member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The instance.
    pub id: String,
    /// Its slot, from 0.
    pub ordinal: u32,
    /// Its present task.
    pub task_id: Option<String>,
    /// `primary`, `replica`, `spare`.
    pub role: Option<String>,
    /// `serve`, `spare`, `drain`.
    pub goal: String,
    /// The scheduler's state of it.
    pub state: String,
    /// Why it is not running.
    pub why: Option<Why>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The zone.
    pub zone: Option<String>,
    /// Where mysqld answers.
    pub mysql: Option<Address>,
    /// Where the executor answers.
    pub control: Option<Address>,
    /// Its ServerSet name.
    pub member: Option<String>,
    /// The group in which clients find it: `master`, `slaves`.
    pub published: Option<String>,
    /// What its own record says it is doing.
    pub member_state: Option<String>,
    /// Identity of its data.
    pub data_id: Option<String>,
    /// The server's version.
    pub version: Option<String>,
    /// The highest epoch it obeys.
    pub epoch_obeyed: Option<u64>,
    /// Transactions executed.
    pub gtid_executed: Option<String>,
    /// Transactions executed or received.
    pub gtid_received: Option<String>,
    /// How far it is behind; null where nobody measured it.
    pub lag_seconds: Option<f64>,
    /// The class of its lag: `current`, `behind`, `lagging`.
    pub lag: Option<String>,
    /// Whether the fencing record lets it acknowledge.
    pub acker: bool,
    /// The copy of another member's data that it is built from.
    pub copy: Option<Copy>,
    /// Transactions that the primary lacks.
    pub errant: Option<String>,
    /// Disk in use.
    pub disk: Option<Value>,
    /// When its task started.
    pub started: Option<String>,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why an instance is not running.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// A word for programs.
    pub code: String,
    /// Words for people.
    pub text: String,
    /// Since when.
    pub since: String,
    /// When it is tried again.
    pub next_attempt: Option<String>,
    /// Codes of what stands in the way.
    pub blocked_by: Vec<String>,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: ErrorText,
}

/// What is wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorText {
    /// The code: contract.
    pub code: String,
    /// The text: for people.
    pub message: String,
    /// More, such as `field`.
    pub details: Map<String, Value>,
}
