//! What the fleet may ask of the world. Every action may be done twice: it carries what makes the second
//! time harmless.

use std::time::Duration;

use mysos_model::{
    Bytes, ClusterName, InstanceId, Ordinal, TaskId,
    flavor::Flavor,
    record::{Credentials, EpochRecord, SpecRecord},
    wire::state::{AgentId, Place},
};

use crate::{
    event::{Amount, OfferId, RequestId},
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
    /// The tasks.
    pub launches: Vec<Launch>,
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
}
