//! A mysqld: doors, receiver, dump threads, semi-sync. What is in here dies with the process.

use std::collections::{BTreeMap, BTreeSet};

use mysos_ha::view::{Observation, Receiver};
use mysos_model::{
    Timestamp,
    record::{LagClass, ReplicationError},
};

use crate::disk::{Disk, Txn};

/// Who waits for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// A client, who remembers an OK.
    Client,
    /// A marker row.
    Marker,
    /// Nobody.
    Nobody,
}

/// A commit that waits for acknowledgements.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Where it is in the binary log.
    pub(crate) at: usize,
    pub(crate) txn: Txn,
    pub(crate) acks: BTreeSet<u32>,
    pub(crate) waiter: Waiter,
}

/// The thread that sends to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dump {
    pub(crate) connection: u64,
    /// Whether the replica said that it acknowledges.
    pub(crate) acking: bool,
}

/// A connection as its replica sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) source: usize,
    pub(crate) connection: u64,
    /// The next transaction of the source's binary log.
    pub(crate) next: usize,
    /// Before this place all is synced here, and acknowledged if it is to be.
    pub(crate) told: usize,
    /// Where the stream was when the source last heard from this end.
    pub(crate) answered: usize,
    /// When something was heard last.
    pub(crate) heard: Timestamp,
}

/// A process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Server {
    pub(crate) running: bool,
    /// From then on it answers.
    pub(crate) answers: Timestamp,
    /// It has told its version since it answers.
    pub(crate) answered: bool,
    pub(crate) open: bool,
    /// The receiver is on; whether it acknowledges was read when it was started.
    pub(crate) receiving: Option<bool>,
    pub(crate) stream: Option<Stream>,
    pub(crate) applying: bool,
    /// What was received before this start has been applied.
    pub(crate) drained: bool,
    pub(crate) acking: bool,
    pub(crate) wait_count: u32,
    pub(crate) origin: u32,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) dumps: BTreeMap<u32, Dump>,
    /// The marker row on its way.
    pub(crate) marker: Option<u32>,
    /// Why its receiver stopped.
    pub(crate) error: Option<ReplicationError>,
    /// The epoch it was armed for.
    pub(crate) armed: Option<u64>,
}

impl Server {
    /// A fresh start: read-only, receiving nothing, acknowledging nothing.
    pub(crate) fn start(origin: u32, answers: Timestamp) -> Self {
        Self { running: true, answers, origin, ..Self::default() }
    }

    /// What was told of before, for the looks that go to the decision code.
    pub(crate) fn observe(&self, disk: &Disk) -> Observation {
        let receiver = match (self.receiving, self.stream) {
            (None, _) => Receiver::Off,
            (Some(_), None) => Receiver::Connecting,
            (Some(_), Some(_)) => Receiver::On,
        };
        let lag = match (receiver, self.applying, disk.relay.len()) {
            (Receiver::Off | Receiver::Connecting, ..) => None,
            (Receiver::On, false, _) => Some(LagClass::Lagging),
            (Receiver::On, true, 0..=20) => Some(LagClass::Current),
            (Receiver::On, true, _) => Some(LagClass::Behind),
        };
        Observation {
            read_only: !self.open,
            source: disk.source.clone(),
            receiver,
            applying: self.applying,
            executed: disk.executed(),
            received: disk.received(),
            wait_count: (self.wait_count > 0).then_some(self.wait_count),
            waiting: self.waiting.len() as u32,
            connected_ackers: self.dumps.values().filter(|dump| dump.acking).count() as u32,
            lag,
            error: self.error.clone(),
        }
    }

    pub(crate) fn stop_receiver(&mut self) {
        self.receiving = None;
        self.stream = None;
        self.error = None;
    }

    /// Commits that are synced and have their acknowledgements, in the order in which they were written.
    pub(crate) fn release(&mut self, synced: usize) -> Vec<Waiting> {
        let need = self.wait_count as usize;
        let done = |it: &Waiting| it.at < synced && (need == 0 || it.acks.len() >= need);
        let (done, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(done);
        self.waiting = waiting;
        done
    }
}
