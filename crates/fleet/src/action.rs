//! What the fleet may ask of the world. Every action may be done twice: it carries what makes the second
//! time harmless.

use std::time::Duration;

use mysos_model::{
    Bytes, ClusterName, InstanceId, Ordinal, TaskId,
    flavor::Flavor,
    record::{Credentials, EpochRecord, SpecRecord},
    wire::{
        home::ReservationId,
        state::{AgentId, Place},
    },
};

use crate::{
    event::{Amount, OfferId, Pool, RequestId},
    request::Answer,
};

/// Something to be done, after the changes that came with it are saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Answers a wish.
    Answer {
        /// Which.
        id: RequestId,
        /// The answer.
        answer: Answer,
    },
    /// Takes offers and launches tasks from them, in one call.
    Accept(Accept),
    /// Gives offers back.
    Decline {
        /// Which.
        offers: Vec<OfferId>,
        /// For how long the same resources are not wanted.
        refuse: Duration,
    },
    /// Asks for offers again and clears all refusals.
    Revive,
    /// Asks for no offers.
    Suppress,
    /// Confirms an update, so that its agent sends the next one.
    Acknowledge {
        /// The task, as in the update.
        task: String,
        /// The agent, as in the update.
        agent: AgentId,
        /// As in the update.
        uuid: Vec<u8>,
    },
    /// Confirms what was said of an operation.
    AcknowledgeOperation {
        /// The operation, as in the update.
        operation: String,
        /// The agent, as in the update.
        agent: AgentId,
        /// As in the update.
        uuid: Vec<u8>,
    },
    /// Ends a task.
    Kill {
        /// The task.
        task: TaskId,
        /// Its agent.
        agent: AgentId,
    },
    /// Has the agent end an executor that does not obey kills. It has the id of its task.
    Shutdown {
        /// The task.
        task: TaskId,
        /// Its agent.
        agent: AgentId,
    },
    /// Asks what has become of tasks; of all tasks if none is named.
    Reconcile {
        /// Which, at most 100.
        tasks: Vec<(TaskId, AgentId)>,
    },
    /// Tells Mesos the real failover timeout. The first subscription uses a short one, so that an id
    /// that is never saved does not keep tasks.
    ConfirmFramework,
    /// Makes the records of a new cluster where they are not there yet. Never overwrites one.
    MakeTree(Box<NewTree>),
    /// Writes `spec`, unless a later generation is there.
    WriteSpec(Box<SpecRecord>),
    /// Removes a tree of a deleted cluster and everything below it.
    RemoveTree {
        /// The cluster.
        cluster: ClusterName,
        /// Which tree.
        tree: Tree,
    },
    /// The saved state and the flags or Mesos disagree: stop, loudly, and touch nothing.
    Halt {
        /// What is wrong and what to do.
        why: String,
    },
}

/// The two trees of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// `discover/<cluster>`: what clients read. Its removal says that no mysqld runs any more.
    Discover,
    /// `clusters/<cluster>`: the members' records.
    Records,
}

/// The records of a new cluster: parents (`members`, `requests`, `journal`, `master`, `slaves`) are
/// empty, the others have this content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTree {
    /// The cluster.
    pub cluster: ClusterName,
    /// Goes sealed into `credentials`.
    pub credentials: Credentials,
    /// Goes into `epoch`.
    pub epoch: EpochRecord,
    /// Goes into `spec`.
    pub spec: SpecRecord,
}

/// Offers of one agent, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The agent.
    pub agent: AgentId,
    /// The role the offers are allocated to.
    pub role: String,
    /// The offers.
    pub offers: Vec<OfferId>,
    /// What is destroyed and given back, before anything else.
    pub releases: Vec<Release>,
    /// The tasks.
    pub launches: Vec<Launch>,
    /// Whether Mesos shall say what became of each operation.
    pub feedback: Feedback,
    /// For how long what is left over is not wanted.
    pub refuse: Duration,
}

/// One task to launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The task; its executor has the same id.
    pub task: TaskId,
    /// The instance.
    pub instance: InstanceId,
    /// The slot.
    pub ordinal: Ordinal,
    /// Where it runs, ports included.
    pub place: Place,
    /// Which server.
    pub flavor: Flavor,
    /// Memory of the whole instance, executor included.
    pub mem: Bytes,
    /// Disk of the whole instance, executor included.
    pub disk: Bytes,
    /// What the task takes, by pool; both ports are among it.
    pub task_takes: Vec<Amount>,
    /// What the executor takes, by pool.
    pub executor_takes: Vec<Amount>,
    /// Its volume; `None`: the data lies in the sandbox.
    pub berth: Option<Berth>,
}

/// The volume of a launch, and the reservation it lies in. What the task takes of what nobody has reserved is reserved
/// with the same labels first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Berth {
    /// The reservation.
    pub reservation: ReservationId,
    /// The persistence id.
    pub volume: String,
    /// Whether the volume is there.
    pub source: VolumeSource,
    /// Whether mysqld has answered on it before.
    pub filled: Filled,
    /// Told apart from other attempts by this.
    pub attempt: String,
}

/// Where the volume of a launch comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeSource {
    /// It is in the offer.
    There,
    /// It is made.
    Made {
        /// Of this pool.
        pool: Pool,
        /// So large.
        disk: Bytes,
    },
}

/// Whether there should be data in a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// mysqld has answered on it.
    Yes,
    /// Not that anybody knows.
    No,
}

/// One reservation to be given back, with its volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The reservation.
    pub reservation: ReservationId,
    /// The volume to be destroyed first.
    pub volume: Option<String>,
    /// Told apart from other attempts by this.
    pub attempt: String,
}

/// Whether Mesos is asked to say what becomes of operations. Agents that cannot make it refuse them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// It is.
    Asked,
    /// The next offers tell.
    None,
}
