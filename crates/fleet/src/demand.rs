//! Whether offers are wanted, and what Mesos was told about that.
//!
//! Nothing waits for a place: offers are suppressed. Something does, or may fit now where it did not
//! before: they are revived, which also clears every refusal. A revive that brings nothing is repeated,
//! ever more seldom, because it may have been lost.

use mysos_model::Timestamp;

use crate::{
    Fleet,
    change::doubled,
    config::{REVIVE_GUARD, REVIVE_GUARD_LONGEST, REVIVE_LEAST},
};

/// What Mesos was told about our wish for offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nothing that is known to have arrived.
    Unknown,
    /// Send none.
    Suppressed,
    /// Send some.
    Revived,
}

/// Our wish for offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Demand {
    told: Told,
    told_at: Timestamp,
    /// Rises whenever offers that were refused before might fit now.
    wishes: u64,
    /// The wishes that the last revive was for.
    revived: u64,
    /// Revives since an offer last came.
    barren: u32,
    seen_at: Option<Timestamp>,
}

impl Default for Demand {
    fn default() -> Self {
        let never = Timestamp::default();
        Self { told: Told::Unknown, told_at: never, wishes: 0, revived: 0, barren: 0, seen_at: None }
    }
}

/// What to tell Mesos about offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toggle {
    /// Send some, and forget our refusals.
    Revive,
    /// Send none.
    Suppress,
}

impl Demand {
    pub(crate) fn rises(&mut self) {
        self.wishes = self.wishes.saturating_add(1);
    }

    /// The shell subscribes with our role suppressed.
    pub(crate) fn subscribed(&mut self, at: Timestamp) {
        // Long ago enough that a revive may follow at once.
        let told_at = Timestamp(at.0.saturating_sub(REVIVE_LEAST.as_millis() as u64));
        *self = Self { told: Told::Suppressed, told_at, barren: 0, seen_at: None, ..self.clone() };
    }

    pub(crate) fn seen(&mut self, at: Timestamp) {
        self.seen_at = Some(at);
        self.barren = 0;
    }

    pub(crate) fn toggle_failed(&mut self) {
        self.told = Told::Unknown;
    }

    pub(crate) fn told(&mut self, toggle: Toggle, at: Timestamp) {
        self.told_at = at;
        match toggle {
            Toggle::Suppress => self.told = Told::Suppressed,
            Toggle::Revive => {
                self.told = Told::Revived;
                self.barren = if self.revived == self.wishes { self.barren.saturating_add(1) } else { 0 };
                self.revived = self.wishes;
            }
        }
    }

    /// Whether Mesos was asked to send offers.
    pub(crate) fn is_revived(&self) -> bool {
        self.told == Told::Revived
    }

    /// What is to be told next, and when.
    pub(crate) fn owed(&self, wanted: Wanted) -> Option<(Toggle, Timestamp)> {
        let soon = self.told_at + REVIVE_LEAST;
        match (wanted, self.told) {
            (Wanted::Some | Wanted::Sweep, Told::Revived) if self.revived == self.wishes => {
                let heard = self.seen_at.map_or(self.told_at, |seen| seen.max(self.told_at));
                let guard = match wanted {
                    Wanted::Sweep => REVIVE_GUARD_LONGEST,
                    Wanted::Some | Wanted::None => doubled(REVIVE_GUARD, REVIVE_GUARD_LONGEST, self.barren),
                };
                Some((Toggle::Revive, heard + guard))
            }
            (Wanted::Some | Wanted::Sweep, _) => Some((Toggle::Revive, soon)),
            (Wanted::None, Told::Suppressed) => None,
            // A suppress need not be held back: it asks nothing of the master.
            (Wanted::None, Told::Revived) => Some((Toggle::Suppress, self.told_at)),
            (Wanted::None, Told::Unknown) => Some((Toggle::Suppress, soon)),
        }
    }
}

/// Whether offers are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// For a slot that waits.
    Some,
    /// Only to give back what an agent has that may be away for long: nothing is in a hurry.
    Sweep,
    None,
}

impl Fleet {
    /// When offers last came.
    pub fn offers_seen(&self) -> Option<Timestamp> {
        self.demand.seen_at
    }
}
