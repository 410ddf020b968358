//! What is wrong, by name: each problem says since when, what will be done, what blocks it and until when.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{name::Ordinal, time::Timestamp};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing, nothing is at risk.
    Notice,
    /// Something is to be repaired; the cluster serves.
    Warning,
    /// Writes are blocked, data is at risk, or a person must act.
    Critical,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $severity:ident),+ $(,)?) => {
        /// The codes of all problems. They are contract: codes are added, never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ProblemCode { $($(#[$doc])* $name),+ }

        impl ProblemCode {
            /// Every code there is.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$name),+];

            /// The code as it is shown.
            pub fn as_str(self) -> &'static str {
                match self { $(ProblemCode::$name => stringify!($name)),+ }
            }

            /// How bad a problem of this code is.
            pub fn severity(self) -> Severity {
                match self { $(ProblemCode::$name => Severity::$severity),+ }
            }
        }
    };
}

codes! {
    /// The primary's mysqld is not running.
    PrimaryDown => Critical,
    /// The primary's mysqld runs and does not answer, or its disk does not.
    PrimaryStalled => Critical,
    /// The primary waits for acknowledgements that nobody can give.
    AckQuorumLost => Critical,
    /// No member is known to hold every acknowledged write.
    NoSafeCandidate => Critical,
    /// The epoch record is lost and a wanted member has not been heard.
    ColdStartWaiting => Critical,
    /// Fewer members are in service than wanted.
    MemberMissing => Warning,
    /// Fewer members may acknowledge writes than wanted.
    FewAckers => Warning,
    /// A member does not answer.
    MemberUnreachable => Warning,
    /// A member's executor is gone from ZooKeeper.
    ExecutorGone => Warning,
    /// The agent of an instance is unreachable to Mesos.
    AgentUnreachable => Warning,
    /// A member holds transactions that the primary lacks.
    ErrantMember => Warning,
    /// A replica is behind.
    ReplicaLagging => Warning,
    /// A replica's receiver or applier stopped with an error.
    ReplicaStopped => Warning,
    /// A data disk is full.
    DiskFull => Critical,
    /// A data disk does not answer.
    DiskStalled => Critical,
    /// A member fails again and again.
    CrashLoop => Critical,
    /// An instance waits for resources that no offer has.
    NoSpareCapacity => Warning,
    /// A member tries to do a step again and again, and it fails.
    StepFailing => Warning,
    /// Two members of the cluster share a host.
    SharedHost => Warning,
    /// A server's settings are not what they should be.
    SettingsDrift => Warning,
    /// An automatic failover is held back after a recent one.
    FlappingBlocked => Warning,
    /// The newest backup is older than the schedule allows.
    BackupStale => Warning,
    /// No backup has been proven to restore recently.
    UnverifiedBackup => Warning,
    /// The backup store cannot be reached.
    BackupStoreUnreachable => Warning,
    /// The binary log archive has a gap.
    BinlogArchiveGap => Warning,
    /// An operator accepted the loss of acknowledged writes.
    DataLossAccepted => Critical,
    /// The scheduler is not subscribed to Mesos.
    MesosDisconnected => Warning,
    /// ZooKeeper cannot be reached.
    ZooKeeperUnreachable => Critical,
    /// A data directory belongs to another cluster, or is not ours; nothing in it was touched.
    ForeignData => Critical,
    /// A record in ZooKeeper cannot be understood; it is left alone.
    RecordUnreadable => Critical,
    /// A member builds its data from a copy of another member's.
    MemberCopying => Notice,
    /// A member needs a copy of another member's data, and the last attempt failed or nobody can give one.
    CopyFailed => Warning,
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is wrong with a cluster, as users see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What.
    pub code: ProblemCode,
    /// How bad.
    pub severity: Severity,
    /// Since when.
    pub since: Timestamp,
    /// Which member, if it is one member's.
    pub instance: Option<Ordinal>,
    /// What is wrong, in words.
    pub text: String,
    /// What will be done about it; `None` when a person must act.
    pub action: Option<String>,
    /// What stands in the way of that.
    pub blocked_by: Vec<String>,
    /// When it is tried again, if a time is set.
    pub until: Option<Timestamp>,
}

impl Problem {
    /// A problem with nothing in the way of its repair.
    pub fn new(code: ProblemCode, since: Timestamp, text: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            since,
            instance: None,
            text: text.into(),
            action: None,
            blocked_by: Vec::new(),
            until: None,
        }
    }

    /// The same problem, of one member.
    #[must_use]
    pub fn of(mut self, ordinal: Ordinal) -> Self {
        self.instance = Some(ordinal);
        self
    }

    /// The same problem, with what will be done.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }
}
