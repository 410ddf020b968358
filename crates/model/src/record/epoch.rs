//! The fencing record. Its legal steps are in `ha::epoch`, its meaning in `docs/failover.md` §2 and §3.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Extra, Record};
use crate::{
    epoch::{Epoch, Turn},
    gtid::GtidSet,
    name::{DataId, Ordinal},
    place::Host,
    time::Timestamp,
};

/// What a cluster is doing about its primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has ever served, or the record was lost and is being formed again.
    Forming,
    /// There is a primary.
    Serving,
    /// The last epoch is being left.
    Electing,
    /// The primary is handing over on purpose.
    Handover,
}

/// A primary that was replaced without being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When the election began.
    pub at: Timestamp,
    /// Its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataId>,
    /// Where it was, if anybody knew.
    pub host: Option<Host>,
    /// Its slot, if anybody knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<Ordinal>,
    /// Why it was replaced, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The epoch that the election made.
    #[serde(default)]
    pub epoch: Epoch,
}

/// The fencing record of a cluster. Changed only by compare-and-set, only in steps of `ha::epoch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Rises when an election begins or a handover names its candidate, never otherwise.
    pub epoch: Epoch,
    /// Number of this swap of the record; never back.
    pub turn: Turn,
    /// What is going on.
    pub phase: Phase,
    /// Who serves, or is to serve, in this epoch.
    pub primary: Option<DataId>,
    /// The primary of the last serving epoch, while a new one is sought.
    pub left: Option<DataId>,
    /// A: members allowed to acknowledge; never the primary itself.
    pub ackers: BTreeSet<DataId>,
    /// k: how many of them the primary waits for.
    pub acks: u32,
    /// What the primary had drained when it was named; not touched while it serves.
    pub floor: Option<GtidSet>,
    /// The last primary that was replaced without being asked: for the cool-down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Box<Failed>>,
    /// Why this swap was made, in words.
    pub reason: String,
    /// When it was made.
    pub since: Timestamp,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl EpochRecord {
    /// The record that says "nobody has ever served". Made at admission and never again.
    pub fn forming(acks: u32, now: Timestamp) -> Self {
        Self {
            epoch: Epoch(0),
            turn: Turn(0),
            phase: Phase::Forming,
            primary: None,
            left: None,
            ackers: BTreeSet::new(),
            acks,
            floor: None,
            failed: None,
            reason: "created".to_owned(),
            since: now,
            extra: Extra::new(),
        }
    }

    /// Whether `member` serves in this epoch.
    pub fn is_primary(&self, member: &DataId) -> bool {
        self.primary.as_ref() == Some(member)
    }
}

impl Record for EpochRecord {
    const NAME: &'static str = "epoch";
    const SCHEMA: u32 = 1;
}
