//! One line per step of a recovery: a person can retell a failover from them alone.

use serde::{Deserialize, Serialize};

use super::{Extra, Record};
use crate::{
    epoch::{Epoch, Turn},
    name::Ordinal,
    time::Timestamp,
};

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// What a line of the journal tells. The words are contract: they are added, never renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum JournalStep { $($(#[$doc])* $name),+ }

        impl JournalStep {
            /// Every step there is.
            pub const ALL: &'static [JournalStep] = &[$(JournalStep::$name),+];

            /// The word in the journal.
            pub fn as_str(self) -> &'static str {
                match self { $(JournalStep::$name => $word),+ }
            }
        }
    };
}

steps! {
    /// A member's mysqld ended by itself.
    Exited = "exited",
    /// A member gives its server up: the task fails.
    GaveUp = "gave_up",
    /// A member's volume has lost its data; the member is built anew under another identity.
    DataLost = "data_lost",
    /// The epoch is being left: an election begins.
    Electing = "electing",
    /// A member has left the epoch: it receives from nobody and acknowledges nothing.
    Revoked = "revoked",
    /// The election is over: a primary is named.
    Elected = "elected",
    /// The first primary of a new cluster is named.
    Formed = "formed",
    /// The primary confirmed the record, locked its doors for replicas, and has applied all it holds.
    Drained = "drained",
    /// The primary takes writes.
    Opened = "opened",
    /// The promotion row is acknowledged.
    Proven = "proven",
    /// Clients find the primary.
    Published = "published",
    /// A replica receives from the primary.
    Following = "following",
    /// A member may acknowledge from now on.
    Admitted = "admitted",
    /// The primary begins to cut an acker off.
    CuttingOff = "cutting_off",
    /// A member may no longer acknowledge.
    Evicted = "evicted",
    /// A primary is not to be it any more.
    Deposed = "deposed",
    /// A deposed primary's doors are closed.
    Closed = "closed",
    /// A member holds transactions that the primary lacks.
    Errant = "errant",
    /// An errant directory was moved aside, to be built anew.
    Quarantined = "quarantined",
    /// A member needs a copy of another member's data.
    NeedsCopy = "needs_copy",
    /// A member begins to copy another member's data.
    Copying = "copying",
    /// A copy lies ready beside the member's data directory.
    Copied = "copied",
    /// A copy was not finished; it is begun again.
    CopyFailed = "copy_failed",
    /// A copy has taken the place of the member's data directory.
    CopyTaken = "copy_taken",
}

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
    /// Which step: the word of a [`JournalStep`], or of one that a later version has.
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
