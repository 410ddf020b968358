//! What a member tells the others about itself. Ephemeral, written on change, never on a timer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Extra, Record};
use crate::{
    epoch::{Epoch, Turn},
    flavor::Flavor,
    gtid::GtidSet,
    name::{DataId, Ordinal, TaskId},
    place::Endpoint,
    problem::Problem,
    time::Timestamp,
};

/// What a member is doing, in one word. `ha::member` has the states with what is true in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// Making its data directory.
    Preparing,
    /// mysqld is up, read-only; what was received is being applied.
    Recovering,
    /// Receives from nobody; its sets are told.
    Revoked,
    /// A replica of this epoch's primary.
    Following,
    /// Named primary, not yet open for writes.
    Promoting,
    /// Open for writes.
    Primary,
    /// Closing its doors.
    Demoting,
    /// Moving errant data aside.
    Quarantining,
    /// mysqld or its disk does not answer.
    Stalled,
    /// No mysqld; the executor lives.
    Down,
    /// The data directory is not its own; nothing is touched.
    Refused,
    /// Going away on purpose.
    Stopping,
}

/// How far a replica is behind, in classes, so that the record changes seldom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LagClass {
    /// About a second at most.
    Current,
    /// At most ten seconds.
    Behind,
    /// More, or unknown.
    Lagging,
}

/// What a member has promised under one turn of the epoch record. It does not go back on it before
/// it has read a later turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Claims {
    /// How many acknowledgements each of its writes waits for, proven by a marker row; a primary's.
    pub wait_count: Option<u32>,
    /// Whether it may acknowledge writes. Off counts only after the receiver was restarted.
    pub acking: bool,
    /// Members that can no longer acknowledge its writes, proven by a marker row; a primary's.
    pub cut_off: BTreeSet<DataId>,
    /// Closed for a handover, with everything it holds.
    pub closed: Option<GtidSet>,
}

/// Why replication does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationError {
    /// The server's error number.
    pub code: u32,
    /// The server's words.
    pub message: String,
}

/// A copy of another member's data that is being built, or lies ready. Told in steps, so that the record
/// changes seldom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// The slot of the member that it is copied from.
    pub donor: Ordinal,
    /// Since when.
    pub since: Timestamp,
    /// How much of it is there, in percent, as far as its size was known when it began.
    pub percent: u8,
    /// How large it is expected to be.
    pub bytes: u64,
}

/// One member, as it tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Its task.
    pub task: TaskId,
    /// Its slot.
    pub ordinal: Ordinal,
    /// Its data; `None` while there is none.
    pub data: Option<DataId>,
    /// Where mysqld answers.
    pub mysql: Endpoint,
    /// Where the executor answers.
    pub control: Endpoint,
    /// Which server.
    pub flavor: Flavor,
    /// The server's version, once it has answered.
    pub version: Option<String>,
    /// What it is doing.
    pub state: MemberState,
    /// The highest epoch it obeys.
    pub epoch: Epoch,
    /// The turn under which this record and its claims were made.
    pub turn: Turn,
    /// What it has executed, commits that wait for their ack included.
    pub executed: Option<GtidSet>,
    /// What it has executed or received completely.
    pub received: Option<GtidSet>,
    /// What it promises under `turn`.
    pub claims: Claims,
    /// Whether it cannot hear the primary: since when, on which senses.
    pub suspects: Option<Timestamp>,
    /// How far behind it is.
    pub lag: Option<LagClass>,
    /// Its ServerSet number, kept when it moves between the groups.
    pub number: Option<u32>,
    /// The copy that it builds its data from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyRecord>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for MemberRecord {
    const NAME: &'static str = "member";
    const SCHEMA: u32 = 1;
}
