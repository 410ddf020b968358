//! A data directory: binary log, relay log, accounts. It outlives the process, and in the books of this
//! world also its own destruction: what it held is still compared against what clients were told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mysos_model::{DataId, Endpoint, Flavor, GtidSet};

/// One transaction. `id` is unique in the world, so that a number written twice is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Txn {
    pub(crate) origin: u32,
    pub(crate) number: u64,
    pub(crate) id: u32,
}

/// A set of transactions, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    words: Vec<u64>,
}

impl Held {
    pub(crate) fn insert(&mut self, id: u32) {
        let word = id as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (id % 64);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        if let Some(word) = self.words.get_mut(id as usize / 64) {
            *word &= !(1 << (id % 64));
        }
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.words.get(id as usize / 64).is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    /// Whether everything in here is also in `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.words.iter().enumerate().all(|(at, word)| word & !other.words.get(at).copied().unwrap_or(0) == 0)
    }
}

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    pub(crate) data: DataId,
    /// What its server writes under before it is armed.
    pub(crate) own_origin: u32,
    /// The binary log: everything executed, commits that wait for an acknowledgement included.
    pub(crate) log: Vec<Txn>,
    pub(crate) logged: Held,
    /// Received completely, not executed.
    pub(crate) relay: VecDeque<Txn>,
    /// Both.
    pub(crate) held: Held,
    /// Where it receives from; survives a restart, unlike the receiver.
    pub(crate) source: Option<Endpoint>,
    /// Slots whose replication account is not locked.
    pub(crate) unlocked: BTreeSet<u32>,
    executed: BTreeMap<u32, u64>,
}

impl Disk {
    pub(crate) fn new(data: DataId, own_origin: u32) -> Self {
        Self {
            data,
            own_origin,
            log: Vec::new(),
            logged: Held::default(),
            relay: VecDeque::new(),
            held: Held::default(),
            source: None,
            unlocked: BTreeSet::new(),
            executed: BTreeMap::new(),
        }
    }

    /// Writes to the binary log.
    pub(crate) fn execute(&mut self, txn: Txn) {
        self.log.push(txn);
        self.logged.insert(txn.id);
        self.held.insert(txn.id);
        self.executed.insert(txn.origin, txn.number);
    }

    /// The next number of the domain.
    pub(crate) fn next_number(&self) -> u64 {
        self.executed.values().max().copied().unwrap_or(0) + 1
    }

    pub(crate) fn receive(&mut self, txn: Txn) {
        self.relay.push_back(txn);
        self.held.insert(txn.id);
    }

    /// Applies one received transaction.
    pub(crate) fn apply(&mut self) {
        if let Some(txn) = self.relay.pop_front() {
            self.execute(txn);
        }
    }

    /// The relay log is thrown away, as a server does that starts to receive before it has applied.
    pub(crate) fn discard_relay(&mut self) {
        while let Some(txn) = self.relay.pop_front() {
            self.held.remove(txn.id);
        }
    }

    pub(crate) fn executed(&self) -> GtidSet {
        gtids(&self.executed)
    }

    pub(crate) fn received(&self) -> GtidSet {
        let mut last = self.executed.clone();
        last.extend(self.relay.iter().map(|txn| (txn.origin, txn.number)));
        gtids(&last)
    }
}

fn gtids(last: &BTreeMap<u32, u64>) -> GtidSet {
    let text: Vec<String> = last.iter().map(|(origin, number)| format!("0-{origin}-{number}")).collect();
    GtidSet::parse(Flavor::MariaDb, &text.join(",")).unwrap_or_else(|_| GtidSet::empty(Flavor::MariaDb))
}
