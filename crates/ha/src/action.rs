//! What a member may ask of the world: one attempt each, bounded, repeatable, its outcome an event.
//!
//! Actions go by lanes. A lane holds one action at a time, so two that could disturb each other never run
//! together, and one that waits (a commit without an ack) never holds up the others.

use std::{collections::BTreeSet, time::Duration};

use mysos_model::{
    DataId, Endpoint, Epoch, GtidSet, Ordinal, TaskId, Timestamp, Turn,
    record::{EpochRecord, JournalLine, MemberRecord},
};

use crate::view::Group;

/// A queue of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Data directory, process, and settings of the own server.
    Server,
    /// Writes of the own server that may wait for an acknowledgement.
    Write,
    /// A write that calls for the acknowledgements of those before it.
    Nudge,
    /// Questions to the primary's server.
    Ask,
    /// Building a copy beside the data directory. May take hours, so nothing else waits for it.
    Copy,
    /// Swaps of the fencing record.
    Epoch,
    /// The own member record.
    Record,
    /// The coordinator's node.
    Coordinator,
    /// Discovery nodes.
    Discovery,
    /// Lines of the journal.
    Journal,
    /// Updates to Mesos.
    Report,
}

/// An order to the own server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Look at the data directory: empty, ours or foreign.
    Inspect,
    /// Make a data directory with this identity, never over existing data.
    Initialize {
        /// The identity, drawn by the shell; asked for when `None`.
        data: Option<DataId>,
    },
    /// Stop mysqld, write the errant transactions to a file, and move the data directory aside, unchanged.
    Quarantine {
        /// The epoch in which they were found.
        epoch: Epoch,
        /// What the primary lacks.
        errant: GtidSet,
    },
    /// Stop mysqld, and put the copy that lies ready in the place of the data directory.
    TakeCopy {
        /// The copy's identity.
        data: DataId,
    },
    /// Start mysqld, read-only, replication not started, acking off.
    Start,
    /// Stop mysqld cleanly; kill it when this long has passed.
    Stop {
        /// How long it may take.
        within: Duration,
    },
    /// Kill mysqld.
    Kill,
    /// Apply what was received before this start, and only that.
    Drain,
    /// Receive from nobody, and do not acknowledge.
    Revoke,
    /// Receive from this primary, acknowledging or not; the receiver is restarted.
    Follow {
        /// The primary.
        source: Endpoint,
        /// Whether to acknowledge.
        acking: bool,
    },
    /// Lock every replication account and end every dump thread, and the clients.
    LockAll,
    /// Let this slot's replication account in.
    LetIn {
        /// The slot.
        ordinal: Ordinal,
    },
    /// Lock this slot's replication account, then end its dump thread and see it gone.
    CutOff {
        /// The slot; `None`: nobody knows where the member is, so every slot is cut off, and who may come is let in
        /// again.
        ordinal: Option<Ordinal>,
    },
    /// Stop the receiver and acking; on MariaDB set the server id of the epoch and
    /// see the clients gone that began under another; semi-sync on with `acks`.
    Arm {
        /// The epoch.
        epoch: Epoch,
        /// How many acknowledgements to wait for; 0: none.
        acks: u32,
    },
    /// End the clients: one of them holds up what the promotion or every write waits for.
    EndClients,
    /// Open for writes.
    Open,
    /// Read-only within a bound, sessions killed.
    Close {
        /// The bound.
        within: Duration,
    },
    /// Remove the receiver's configuration.
    ForgetSource,
}

/// What Mesos is told about the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Under way, with a word on how far.
    Starting(String),
    /// mysqld answers, and the others know this member.
    Running,
    /// Going away on request.
    Killing,
    /// Gone on request; mysqld is reaped.
    Killed,
    /// Given up; mysqld is reaped.
    Failed(String),
}

/// Whom to copy from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Donor {
    /// Its task.
    pub task: TaskId,
    /// Its slot.
    pub ordinal: Ordinal,
    /// Where its executor answers.
    pub control: Endpoint,
    /// Where its mysqld answers.
    pub mysql: Endpoint,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// To the own server.
    Server(Order),
    /// Write the owner's account and a marker row, and wait until both are acknowledged.
    Prove {
        /// The epoch of the row.
        epoch: Epoch,
        /// The turn of the row.
        turn: Turn,
        /// Whether the owner's account is to be ensured first.
        account: Account,
        /// Ackers whose cutting off this row proves.
        cut: BTreeSet<DataId>,
        /// How long it may wait.
        within: Duration,
    },
    /// Write something that changes nothing. A replica that received a write before it could acknowledge, or
    /// whose acknowledgement was lost, acknowledges it with the next one.
    Nudge {
        /// How long it may wait.
        within: Duration,
    },
    /// Ask the primary what its binary log holds and whether the own account is let in.
    Ask {
        /// The primary's mysqld.
        primary: Endpoint,
        /// Who it is to be, in which epoch, asked by which start of the own server: what the answer is worth.
        of: Asked,
    },
    /// Build a complete copy of the donor's data beside the data directory, which it does not touch.
    Copy {
        /// Whom to copy from.
        donor: Donor,
        /// The epoch in which the donor serves it.
        epoch: Epoch,
    },
    /// Swap the fencing record, if neither it nor the cluster's node has changed.
    SwapEpoch {
        /// Version of the record's node.
        version: i32,
        /// Version of the cluster's node.
        parent: i32,
        /// What it becomes.
        record: Box<EpochRecord>,
    },
    /// Write the own member record, ephemeral.
    Tell(Box<MemberRecord>),
    /// Create the coordinator's node, ephemeral.
    Coordinate,
    /// Remove the own coordinator's node.
    StandDown,
    /// Make exactly this true below `discover/`: one transaction.
    Publish {
        /// Where this member shall stand; `None`: nowhere.
        group: Option<Group>,
        /// Its number, if it has one; else it gets one.
        number: Option<u32>,
        /// For entering: the version of the record that it rests on.
        version: Option<i32>,
    },
    /// Append a line to the journal.
    Journal(Box<JournalLine>),
    /// Tell Mesos.
    Report(Report),
}

/// What a question to the primary is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The primary's data.
    pub primary: DataId,
    /// In which epoch.
    pub epoch: Epoch,
    /// Of which start of the own server.
    pub start: u64,
}

/// Whether the owner's account is part of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Ensure it.
    Ensure,
    /// It is there.
    Present,
}

impl Action {
    /// Which queue it goes through.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Server(_) => Lane::Server,
            Self::Prove { .. } => Lane::Write,
            Self::Nudge { .. } => Lane::Nudge,
            Self::Ask { .. } => Lane::Ask,
            Self::Copy { .. } => Lane::Copy,
            Self::SwapEpoch { .. } => Lane::Epoch,
            Self::Tell(_) => Lane::Record,
            Self::Coordinate | Self::StandDown => Lane::Coordinator,
            Self::Publish { .. } => Lane::Discovery,
            Self::Journal(_) => Lane::Journal,
            Self::Report(_) => Lane::Report,
        }
    }
}

/// An action under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its number; outcomes name it.
    pub number: u64,
    /// What it is.
    pub action: Action,
    /// Since when.
    pub at: Timestamp,
    /// In which ZooKeeper session; what was written in an earlier one may be gone.
    pub session: u64,
}

/// What a primary says to a member that wants to follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Everything in its binary log.
    pub holds: GtidSet,
    /// Whether it is open for writes, so that it has applied all it holds, and the member's account is let in.
    pub let_in: bool,
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Done,
    /// Not, or not known; it may be tried again.
    Failed(String),
    /// The data directory, found or made.
    Disk {
        /// What is there now.
        disk: crate::view::Disk,
        /// Its identity, if it is ours.
        data: Option<DataId>,
    },
    /// The primary's answer.
    Welcome(Terms),
    /// A copy lies ready.
    Copied {
        /// Its identity.
        data: DataId,
        /// How large it is.
        bytes: u64,
    },
    /// The record is now this, at these versions.
    Swapped {
        /// Version of the record's node.
        version: i32,
    },
    /// Somebody else swapped first, or the node is another.
    Lost,
    /// The discovery nodes are as asked.
    Published {
        /// The own number.
        number: Option<u32>,
    },
}
