//! What can happen to a member.

use std::collections::BTreeMap;

use mysos_model::{
    TaskId,
    record::{MemberRecord, SpecRecord},
};

use crate::{
    action::Outcome,
    view::{Exit, Observation, SeenEpoch, Session},
    vital::Vital,
};

/// How a probe went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It answered.
    Answered,
    /// It did not within the bound.
    Silent,
}

/// One thing that happened. Records are told whole: a missed event is made good by the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// The ZooKeeper session changed.
    Session(Session),
    /// The fencing record was read.
    Epoch(Option<SeenEpoch>),
    /// The fencing record is there and cannot be understood.
    EpochUnreadable(String),
    /// The spec was read.
    Spec(Option<Box<SpecRecord>>),
    /// The member records were read.
    Members(BTreeMap<TaskId, MemberRecord>),
    /// The coordinator's node was read.
    Coordinator(Option<TaskId>),
    /// mysqld answers for the first time since its start.
    Answered {
        /// What it says it is.
        version: String,
        /// How it looks.
        observed: Box<Observation>,
    },
    /// A look at the server.
    Observed(Box<Observation>),
    /// The data directory is gone from a volume on which a server has run before; said once, at the start.
    DataLost(String),
    /// mysqld ended.
    Exited(Exit),
    /// The own server or its disk was tried.
    Tried {
        /// What of it.
        vital: Vital,
        /// How it went.
        probe: Probe,
    },
    /// The control endpoint of this member's primary was probed.
    Probed(Probe),
    /// How much of the copy that is being built is there.
    Copying {
        /// Bytes so far.
        bytes: u64,
        /// How many are expected.
        expected: u64,
    },
    /// Mesos, or the end of the executor, asks for a stop within this many milliseconds.
    Stop {
        /// The grace.
        grace_ms: u64,
    },
    /// An action ended.
    Ended {
        /// Its number.
        number: u64,
        /// How.
        outcome: Outcome,
    },
}
