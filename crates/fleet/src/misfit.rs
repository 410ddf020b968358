//! Why offers do not fit a slot, counted by reason.

use std::collections::BTreeMap;

use crate::{Fleet, event::Slot};

/// Why an offer does not fit a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// Cpus.
    TooLittleCpus,
    /// Memory.
    TooLittleMem,
    /// Disk.
    TooLittleDisk,
    /// Two ports are needed.
    TooLittlePorts,
    /// The host has, or may have, a member of the cluster.
    HostTaken,
    /// The slot's volume is not in it.
    VolumeElsewhere,
}

impl Misfit {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLittleCpus => "too_little_cpus",
            Self::TooLittleMem => "too_little_mem",
            Self::TooLittleDisk => "too_little_disk",
            Self::TooLittlePorts => "too_little_ports",
            Self::HostTaken => "host_taken",
            Self::VolumeElsewhere => "pinned_volume_elsewhere",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLittleCpus => "too little cpus",
            Self::TooLittleMem => "too little mem",
            Self::TooLittleDisk => "too little disk",
            Self::TooLittlePorts => "too few ports",
            Self::HostTaken => "host already has a member",
            Self::VolumeElsewhere => "without its volume",
        }
    }
}

/// How many offers did not fit, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals {
    /// Offers looked at, those of one agent together.
    pub looked_at: u32,
    /// Of them, by the first reason found.
    pub by: BTreeMap<Misfit, u32>,
}

impl Refusals {
    pub(crate) fn one(misfit: Misfit) -> Self {
        Self { looked_at: 1, by: [(misfit, 1)].into() }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.looked_at = self.looked_at.saturating_add(more.looked_at);
        for (misfit, count) in &more.by {
            let sum = self.by.entry(*misfit).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

impl Fleet {
    /// Why offers did not fit a slot, since it waits.
    pub fn refusals(&self, slot: &Slot) -> Option<&Refusals> {
        self.clusters.get(&slot.cluster)?.seen.refusals.get(&slot.ordinal)
    }
}
