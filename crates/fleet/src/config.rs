//! What an operator may set about the fleet's decisions, with its defaults. Read from flags by the shell.

use std::time::Duration;

use mysos_model::{
    Bytes, MilliCpus, Password,
    size::{InstanceSize, MIB},
};

/// The fleet's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Who we are to Mesos. Saved at the first start; a later disagreement stops the scheduler.
    pub identity: Identity,
    /// `user:secret` that may read `discover/`, where that is not open to all; given to new clusters.
    pub discovery_account: Option<Password>,
    /// The executor's own share of each instance, taken out of the instance's size.
    pub executor: InstanceSize,
    /// How long a slot waits for an unreachable task before it gets a new one; `None`: never.
    pub auto_replace_after: Option<Duration>,
    /// How long a deletion waits for tasks that Mesos cannot reach and for records that do not go away.
    pub cleanup_patience: Duration,
    /// How long after the first question a task that Mesos says nothing of holds up relaunches.
    pub reconcile_patience: Duration,
    /// Where the data of what is placed from now on lies.
    pub storage: StorageMode,
    /// When all tasks are asked about again, give or take a tenth.
    pub reconcile_every: Duration,
    /// How long a launched task may stay silent before it is asked about.
    pub launch_timeout: Duration,
}

/// Where the data of a slot lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageMode {
    /// In a persistent volume, in a reservation of its own.
    Volumes,
    /// In the sandbox of the task, and gone with it.
    Sandbox,
}

/// What Mesos fixes for the life of a framework id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The unix user tasks run as.
    pub user: String,
    /// The principal, if the master asks for one.
    pub principal: Option<String>,
    /// The role; `*` works without reservations.
    pub role: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            identity: Identity { user: "mysql".to_owned(), principal: None, role: "*".to_owned() },
            discovery_account: None,
            // What the executor measures at rest, doubled: Mesos warns below 0.01 cpus and 32 MiB.
            executor: InstanceSize { cpus: MilliCpus(100), mem: Bytes(64 * MIB), disk: Bytes(32 * MIB) },
            // Longer than a reboot of the agent's machine: with data in the sandbox a replacement copies everything.
            auto_replace_after: Some(Duration::from_secs(30 * 60)),
            storage: StorageMode::Sandbox,
            // As long as a master waits for agents after its own failover: nothing shorter tells gone from late.
            cleanup_patience: Duration::from_secs(10 * 60),
            // A master that has failed over answers nothing for an agent that has not come back yet; after its
            // --agent_reregister_timeout (10 min) it answers "unreachable". One minute more for the answer.
            reconcile_patience: Duration::from_secs(11 * 60),
            // Finds what a lost update or a lost kill left behind, at a cost of one call for 100 tasks.
            reconcile_every: Duration::from_secs(15 * 60),
            // Fetching the executor has its own limit in Mesos (1 min); silence after five is a lost launch.
            launch_timeout: Duration::from_secs(5 * 60),
        }
    }
}

/// First delay before a task that ended is followed by another; doubled by each further failure.
pub(crate) const RETRY_FIRST: Duration = Duration::from_secs(5);
/// Longest such delay: a repaired machine is used again while its operator still looks on.
pub(crate) const RETRY_LONGEST: Duration = Duration::from_secs(5 * 60);
/// A task that ran this long had no part in the failures before it.
pub(crate) const HEALTHY_AFTER: Duration = Duration::from_secs(10 * 60);
/// So many failures in a row are a crash loop: 5 s to 160 s of waiting have not helped.
pub(crate) const CRASH_LOOP: u32 = 6;
/// Pace of tries once a person has to look: often enough to notice a repair, seldom enough to keep the logs readable.
pub(crate) const OPERATOR_RETRY: Duration = Duration::from_secs(30 * 60);
/// A task replaced while unreachable keeps its host for this long, then counts as gone with its machine.
/// If it does come back it is unknown to its slot and is ended.
pub(crate) const FORGET_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Refusal of offers while nothing may be decided yet: they are wanted again as soon as we are ready.
pub(crate) const REFUSE_NOT_READY: Duration = Duration::from_secs(5);
/// Refusal of offers that are too small: Mesos offers again at once when the agent has more.
pub(crate) const REFUSE_TOO_SMALL: Duration = Duration::from_secs(300);
/// Refusal of offers from hosts that cannot be used, or when nothing is wanted; a revive clears it.
pub(crate) const REFUSE_LONG: Duration = Duration::from_secs(3600);
/// Refusal of what is left of an accepted offer while more is wanted.
pub(crate) const REFUSE_REMAINDER: Duration = Duration::from_secs(1);

/// Refusal of what shows, or should show, something that is to be released and cannot be just now.
pub(crate) const REFUSE_SWEEP: Duration = Duration::from_secs(20);

/// First repetition of a release that is not known to have been done; doubled.
pub(crate) const RELEASE_AGAIN: Duration = Duration::from_secs(10);
/// Longest time between two.
pub(crate) const RELEASE_LONGEST: Duration = Duration::from_secs(5 * 60);
/// What its agent has not offered for this long is not there any more. Twice what an executor may take, after its task
/// has ended, to give back what it holds.
pub(crate) const MISSED_FOR: Duration = Duration::from_secs(60);
/// A home that has not been offered for this long is given up with its agent. Should it come back it is left alone.
pub(crate) const FORGET_VOLUME_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Most homes released from one batch of offers.
pub(crate) const RELEASES_MOST: usize = 64;
/// How long a slot waits for the rest of a reservation that it sees a part of.
pub(crate) const REST_OF_HOME: Duration = Duration::from_secs(10);
/// After so many failures on a volume without data the slot goes elsewhere, if there is room.
pub(crate) const MOVE_AFTER: u32 = 3;

/// Least time between two revives: each makes the master's allocator look at every agent again.
pub(crate) const REVIVE_LEAST: Duration = Duration::from_secs(5);
/// No offer for this long though some are wanted: the revive may have been lost. Doubled each time.
pub(crate) const REVIVE_GUARD: Duration = Duration::from_secs(5 * 60);
/// Longest time between revives that bring nothing.
pub(crate) const REVIVE_GUARD_LONGEST: Duration = Duration::from_secs(60 * 60);

/// First repetition of a kill; doubled. A clean stop of mysqld takes up to the kill grace.
pub(crate) const KILL_AGAIN: Duration = Duration::from_secs(60);
/// Longest time between kills.
pub(crate) const KILL_LONGEST: Duration = Duration::from_secs(10 * 60);
/// After so many kills without an end the executor itself is shut down by its agent: it hangs.
pub(crate) const KILLS_BEFORE_SHUTDOWN: u32 = 3;

/// First repetition of a write to ZooKeeper whose outcome is unknown; doubled.
pub(crate) const WRITE_AGAIN: Duration = Duration::from_secs(5);
/// Longest time between such writes.
pub(crate) const WRITE_LONGEST: Duration = Duration::from_secs(60);
/// Pace of questions about a task that stays silent after its launch.
pub(crate) const QUERY_AGAIN: Duration = Duration::from_secs(60);

/// Longest time between two rounds of one reconciliation.
pub(crate) const ROUND_LONGEST: Duration = Duration::from_secs(32);
/// First time between two rounds; doubled.
pub(crate) const ROUND_FIRST: Duration = Duration::from_secs(2);
/// Tasks asked about in one call: some 20 KB, far below any limit of the master.
pub(crate) const RECONCILE_CHUNK: usize = 100;

/// Longest part of a task's message that is kept: it is saved with the cluster, whose znode must stay small.
pub(crate) const MESSAGE_BYTES: usize = 2048;
/// Most tasks of deleted clusters that are remembered: they share one znode (1 MB at most) with the framework.
pub(crate) const ABANDONED_MOST: usize = 1000;
