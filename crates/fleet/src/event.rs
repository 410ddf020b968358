//! What can happen to the fleet. The shell translates Mesos, ZooKeeper and HTTP into these, and draws
//! ids and passwords, because there is no chance here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use mysos_model::{
    Bytes, ClusterName, DataId, Generation, Host, MilliCpus, Ordinal, Password, TaskId, Timestamp,
    record::Credentials,
    wire::{
        home::ReservationId,
        state::{AgentId, SavedCluster, SavedFramework},
    },
};

use crate::{action::Tree, needs::Needs, request::Request};

/// Ties an answer to its question. Given by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// An offer, as the master calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfferId(pub String);

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The saved state has been read. First of all events; the others are ignored before it.
    Loaded(Box<Loaded>),
    /// Saving works, or does not. While it does not, nothing is changed: offers go back, updates are
    /// not acknowledged (their agents repeat them), wishes are refused.
    Store(StoreState),
    /// Mesos took our subscription, made with the saved framework id and with our role suppressed.
    Subscribed {
        /// The id it gave or confirmed.
        framework_id: String,
    },
    /// The subscription has ended.
    Disconnected {
        /// Why, in words.
        why: String,
    },
    /// Mesos says that our framework id is dead. Nothing is done by itself: a person decides.
    FrameworkLost {
        /// Its words.
        message: String,
    },
    /// Offers.
    Offers(Offers),
    /// An offer is void.
    Rescinded(OfferId),
    /// What Mesos says of a task.
    Update(Update),
    /// An executor has ended or an agent is gone, perhaps: a hint to ask.
    Failure {
        /// The agent.
        agent: AgentId,
        /// The executor, which has the id of its task; absent: the agent itself.
        executor: Option<String>,
    },
    /// A wish.
    Requested {
        /// To answer it.
        id: RequestId,
        /// The wish.
        request: Box<Request>,
        /// What it may need that is drawn by chance.
        drawn: Box<Drawn>,
    },
    /// Which records of members and which discovery nodes a cluster has now: a deletion waits for them to go, and
    /// they say which data may still be needed.
    MembersSeen {
        /// The cluster.
        cluster: ClusterName,
        /// Tasks with a record under `members/`.
        members: BTreeSet<TaskId>,
        /// Nodes under `master/` and `slaves/`.
        published: usize,
        /// What its fencing record names; `None`: there is none, or it cannot be read.
        needs: Option<Needs>,
        /// The data that members say they have.
        data: BTreeMap<TaskId, DataId>,
    },
    /// What Mesos says of an operation of ours.
    Operation(OperationUpdate),
    /// An action has had its effect.
    Done(Outcome),
    /// An action has failed; it is tried again if it is still owed.
    Failed {
        /// Which.
        what: Outcome,
        /// Why, for the log.
        why: String,
    },
    /// Time has passed.
    Tick,
}

/// Whether state can be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreState {
    /// It can.
    Writable,
    /// It cannot, for now.
    Lost,
}

/// The saved state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The framework's record; `None` at the very first start.
    pub framework: Option<SavedFramework>,
    /// Each cluster with its opened credentials.
    pub clusters: Vec<(SavedCluster, Credentials)>,
    /// A new identity for this installation, used if there is none yet.
    pub drawn_uid: String,
}

/// What a request may need that is drawn by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Id of the operation.
    pub operation: String,
    /// For the owner, if it brought none.
    pub cluster_password: Password,
    /// For the administrator's account.
    pub admin_password: Password,
    /// For the replication accounts.
    pub replication_seed: Password,
    /// For the members' control endpoints.
    pub control_token: Password,
    /// One for each instance of the cluster, see [`Drawn::uuids_for`].
    pub uuids: Vec<String>,
}

impl Drawn {
    /// How many uuids a request needs.
    pub fn uuids_for(request: &Request) -> usize {
        match request {
            Request::Create { spec, .. } => spec.num_nodes as usize,
            Request::Delete { .. } => 0,
        }
    }
}

/// One batch of offers and the ids for the tasks that may come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// The offers.
    pub offers: Vec<Offer>,
    /// Fresh uuids; at most this many tasks are launched from the batch. See `Fleet::uuids_wanted`.
    pub uuids: Vec<String>,
}

/// What one agent offers. The shell leaves out what must not be used: revocable and shared resources, disks of their
/// own, volumes and labelled reservations of others, ports outside 1 to 65535.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The agent.
    pub agent: AgentId,
    /// The agent's host name.
    pub host: Host,
    /// The role it is allocated to. Offers accepted together share it.
    pub role: String,
    /// What there is, each pool once, what is reserved for single slots left out.
    pub pools: Vec<Amount>,
    /// What is reserved for single slots by a Mysos, not necessarily by us.
    pub holdings: Vec<Holding>,
}

/// What an offer shows of one reservation that a Mysos made for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The reservation.
    pub reservation: ReservationId,
    /// The installation that its labels name. A volume on what an operator reserved for the role has none.
    pub installation: Option<String>,
    /// What is reserved, less the volume; its pool is that of the reservation.
    pub amount: Amount,
    /// The persistence id of the volume in it.
    pub volume: Option<String>,
}

/// Where resources come from. Ordered as they are used up: reserved ones first, nobody else can have them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pool {
    /// Reserved for a slot, by labels.
    Own(ReservationId),
    /// Reserved for a role.
    Role(String),
    /// Reserved for nobody.
    Unreserved,
}

/// An amount of resources of one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// The pool.
    pub pool: Pool,
    /// Cpus in thousandths.
    pub cpus: MilliCpus,
    /// Memory, in whole MiB; the shell rounds offers down.
    pub mem: Bytes,
    /// Disk, in whole MiB; the shell rounds offers down.
    pub disk: Bytes,
    /// Ranges of ports, both ends included.
    pub ports: Vec<(u16, u16)>,
}

/// What Mesos says of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The task, as Mesos has it: not every task of the framework need be one of ours.
    pub task: String,
    /// Its state.
    pub state: TaskState,
    /// Why.
    pub reason: Option<Reason>,
    /// Words for people.
    pub message: String,
    /// To be echoed in the acknowledgement; absent or empty: none is wanted.
    pub uuid: Option<Vec<u8>>,
    /// The agent.
    pub agent: Option<AgentId>,
    /// When Mesos can no longer reach it since, if it says so.
    pub unreachable_since: Option<Timestamp>,
}

/// What Mesos says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationUpdate {
    /// Its id, as Mesos has it.
    pub operation: String,
    /// Its agent.
    pub agent: Option<AgentId>,
    /// What became of it.
    pub state: OperationState,
    /// Words for people.
    pub message: String,
    /// To be echoed in the acknowledgement; absent or empty: none is wanted.
    pub uuid: Option<Vec<u8>>,
}

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// It is done.
    Finished,
    /// It was not done and will not be.
    Refused,
    /// Nobody knows yet; the next offers will tell.
    Open,
}

/// State of a task in Mesos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// Accepted by the agent.
    Staging,
    /// The executor has it.
    Starting,
    /// mysqld answers.
    Running,
    /// Being stopped.
    Killing,
    /// Ended well.
    Finished,
    /// Ended badly.
    Failed,
    /// Ended because it was killed.
    Killed,
    /// Not valid; it will never be.
    Error,
    /// Never started.
    Dropped,
    /// Lost, by the oldest of the words: the agent was removed.
    Lost,
    /// The agent cannot be reached.
    Unreachable,
    /// Known to be gone.
    Gone,
    /// Declared gone by an operator.
    GoneByOperator,
    /// The master knows nothing of it.
    Unknown,
    /// A state of a later Mesos, by number.
    Unrecognized(i32),
}

impl TaskState {
    /// Mesos' name for it.
    pub fn name(self) -> String {
        match self {
            Self::Staging => "TASK_STAGING".to_owned(),
            Self::Starting => "TASK_STARTING".to_owned(),
            Self::Running => "TASK_RUNNING".to_owned(),
            Self::Killing => "TASK_KILLING".to_owned(),
            Self::Finished => "TASK_FINISHED".to_owned(),
            Self::Failed => "TASK_FAILED".to_owned(),
            Self::Killed => "TASK_KILLED".to_owned(),
            Self::Error => "TASK_ERROR".to_owned(),
            Self::Dropped => "TASK_DROPPED".to_owned(),
            Self::Lost => "TASK_LOST".to_owned(),
            Self::Unreachable => "TASK_UNREACHABLE".to_owned(),
            Self::Gone => "TASK_GONE".to_owned(),
            Self::GoneByOperator => "TASK_GONE_BY_OPERATOR".to_owned(),
            Self::Unknown => "TASK_UNKNOWN".to_owned(),
            Self::Unrecognized(number) => format!("task state {number}"),
        }
    }
}

/// Why a task is in its state, as far as something depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// An offer of the accept was no longer valid.
    InvalidOffers,
    /// The agent was away when the accept came.
    AgentDisconnected,
    /// The agent was removed.
    AgentRemoved,
    /// The agent is being drained by an operator.
    AgentDraining,
    /// The answer to a question of ours.
    Reconciliation,
    /// Another one, without its prefix `REASON_`.
    Other(String),
}

impl Reason {
    /// From Mesos' name for it, in the spelling of the v1 interface or of the old one.
    pub fn from_name(name: &str) -> Self {
        match name.strip_prefix("REASON_").unwrap_or(name) {
            "INVALID_OFFERS" => Self::InvalidOffers,
            "AGENT_DISCONNECTED" | "SLAVE_DISCONNECTED" => Self::AgentDisconnected,
            "AGENT_REMOVED" | "SLAVE_REMOVED" => Self::AgentRemoved,
            "AGENT_DRAINING" | "SLAVE_DRAINING" => Self::AgentDraining,
            "RECONCILIATION" => Self::Reconciliation,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The name without its prefix.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InvalidOffers => "INVALID_OFFERS",
            Self::AgentDisconnected => "AGENT_DISCONNECTED",
            Self::AgentRemoved => "AGENT_REMOVED",
            Self::AgentDraining => "AGENT_DRAINING",
            Self::Reconciliation => "RECONCILIATION",
            Self::Other(name) => name,
        }
    }
}

/// Which action an outcome is of. Actions that have none are answered by events of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The records of a cluster are there, its `spec` in this generation.
    TreeMade {
        /// The cluster.
        cluster: ClusterName,
        /// The generation of the `spec` that went with it.
        generation: Generation,
    },
    /// `spec` has been written.
    SpecWritten {
        /// The cluster.
        cluster: ClusterName,
        /// Which generation.
        generation: Generation,
    },
    /// A tree is no longer there.
    TreeRemoved {
        /// The cluster.
        cluster: ClusterName,
        /// Which tree.
        tree: Tree,
    },
    /// Offers were accepted. Only its failure matters: whether the tasks were launched is then asked.
    Accepted {
        /// The tasks that were to be launched.
        tasks: Vec<TaskId>,
    },
    /// Mesos took another call: a decline, kill, acknowledgement, reconciliation. Every such call is
    /// made again by itself, so its failure is only noted.
    Called,
    /// Mesos took a revive or suppress.
    OffersToggled,
}

/// A slot of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The cluster.
    pub cluster: ClusterName,
    /// Which one.
    pub ordinal: Ordinal,
}
