//! One line per step of a recovery: a person can retell a failover from them alone.

use serde::{Deserialize, Serialize};

use super::{Extra, Record};
use crate::{
    epoch::{Epoch, Turn},
    name::Ordinal,
    time::Timestamp,
};

/// One line of a cluster's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// When.
    pub at: Timestamp,
    /// In which epoch.
    pub epoch: Epoch,
    /// Under which turn.
    pub turn: Turn,
    /// Who acted.
    pub by: Ordinal,
    /// Which step: one word of a closed list, such as `named`, `opened`, `published`.
    pub step: String,
    /// What and why, in words.
    pub detail: String,
    /// How long it took, in milliseconds, where that means something.
    pub took_ms: Option<u64>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for JournalLine {
    const NAME: &'static str = "journal";
    const SCHEMA: u32 = 1;
}
