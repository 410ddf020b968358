//! A data directory: binary log, relay log, accounts. It outlives the process, and in the books of this
//! world also its own destruction: what it held is still compared against what clients were told.
//!
//! What is written is not yet synced. Only what is synced is sent on, acknowledged or told of, and only that
//! outlives the machine; a process that dies leaves all that it had written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mysos_model::{DataId, Dice, Endpoint, Flavor, GtidSet};

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
    pub(crate) flavor: Flavor,
    /// What its server writes under before it is armed, and on MySQL always.
    pub(crate) own_origin: u32,
    /// The binary log: everything executed, commits that wait for an acknowledgement included.
    pub(crate) log: Vec<Txn>,
    pub(crate) logged: Held,
    /// So much of the binary log is synced.
    pub(crate) synced: usize,
    /// The binary log begins here; what was before is purged.
    pub(crate) purged: usize,
    /// It was built from a copy.
    pub(crate) is_copy: bool,
    /// What was executed out of the relay log and is not synced in the binary log: still in the relay log.
    relayed: Held,
    /// Received completely, not executed.
    pub(crate) relay: VecDeque<Txn>,
    /// So many of the newest of those are not synced.
    pub(crate) relay_unsynced: usize,
    /// Both.
    pub(crate) held: Held,
    /// Where it receives from; survives a restart, unlike the receiver.
    pub(crate) source: Option<Endpoint>,
    /// Slots whose replication account is not locked.
    pub(crate) unlocked: BTreeSet<u32>,
    executed: BTreeMap<u32, u64>,
}

impl Disk {
    pub(crate) fn new(data: DataId, flavor: Flavor, own_origin: u32) -> Self {
        Self {
            data,
            flavor,
            own_origin,
            log: Vec::new(),
            logged: Held::default(),
            synced: 0,
            purged: 0,
            is_copy: false,
            relayed: Held::default(),
            relay: VecDeque::new(),
            relay_unsynced: 0,
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

    /// The next number: of the domain on MariaDB, of the server's own on MySQL.
    pub(crate) fn next_number(&self, origin: u32) -> u64 {
        let last = match self.flavor {
            Flavor::MariaDb => self.executed.values().max(),
            Flavor::MySql => self.executed.get(&origin),
        };
        last.copied().unwrap_or(0) + 1
    }

    pub(crate) fn receive(&mut self, txn: Txn) {
        self.relay.push_back(txn);
        self.relay_unsynced += 1;
        self.held.insert(txn.id);
    }

    /// Applies one received transaction. What is not synced in the relay log is not applied yet.
    pub(crate) fn apply(&mut self) {
        if self.relay.len() > self.relay_unsynced
            && let Some(txn) = self.relay.pop_front()
        {
            self.execute(txn);
            self.relayed.insert(txn.id);
        }
    }

    /// Both logs are on the platter.
    pub(crate) fn sync(&mut self) {
        self.relay_unsynced = 0;
        for txn in &self.log[self.synced..] {
            self.relayed.remove(txn.id);
        }
        self.synced = self.log.len();
    }

    /// The machine dies: both logs end anywhere after what was synced. What had been executed out of the
    /// relay log is executed out of it again.
    pub(crate) fn tear(&mut self, dice: &mut Dice) {
        let kept = self.relay.len() - dice.below(self.relay_unsynced as u64 + 1) as usize;
        for txn in self.relay.drain(kept..) {
            self.held.remove(txn.id);
        }
        let kept = self.log.len() - dice.below((self.log.len() - self.synced) as u64 + 1) as usize;
        for txn in self.log.split_off(kept).into_iter().rev() {
            self.logged.remove(txn.id);
            if self.relayed.contains(txn.id) {
                self.relay.push_front(txn);
            } else {
                self.held.remove(txn.id);
            }
        }
        self.executed = self.log.iter().map(|txn| (txn.origin, txn.number)).collect();
        self.sync();
    }

    /// The relay log is thrown away, as a server does that starts to receive before it has applied.
    pub(crate) fn discard_relay(&mut self) {
        while let Some(txn) = self.relay.pop_front() {
            self.held.remove(txn.id);
        }
        self.relay_unsynced = 0;
    }

    pub(crate) fn executed(&self) -> GtidSet {
        self.gtids(&self.executed)
    }

    /// Everything that is committed: what waits for its acknowledgement is not.
    pub(crate) fn committed(&self, waiting: impl Iterator<Item = usize>) -> GtidSet {
        let end = waiting.min().unwrap_or(self.log.len());
        self.gtids(&self.log[..end].iter().map(|txn| (txn.origin, txn.number)).collect())
    }

    pub(crate) fn received(&self) -> GtidSet {
        let mut last = self.executed.clone();
        last.extend(self.relay.iter().map(|txn| (txn.origin, txn.number)));
        self.gtids(&last)
    }

    fn gtids(&self, last: &BTreeMap<u32, u64>) -> GtidSet {
        let text: Vec<String> = last.iter().map(|(origin, number)| self.gtid(*origin, *number)).collect();
        GtidSet::parse(self.flavor, &text.join(",")).unwrap_or_else(|_| GtidSet::empty(self.flavor))
    }

    /// Everything of an origin up to a number. A MySQL server numbers its own without a gap.
    fn gtid(&self, origin: u32, number: u64) -> String {
        match self.flavor {
            Flavor::MariaDb => format!("0-{origin}-{number}"),
            Flavor::MySql => format!("00000000-0000-4000-9000-{origin:012x}:1-{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        let data = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        Disk::new(data, Flavor::MariaDb, 1)
    }

    fn txn(number: u64) -> Txn {
        Txn { origin: 1, number, id: number as u32 }
    }

    #[test]
    fn torn_logs_keep_what_was_synced() {
        for seed in 0..50 {
            let mut disk = disk();
            disk.execute(txn(1));
            disk.sync();
            disk.execute(txn(2));
            disk.execute(txn(3));
            disk.tear(&mut Dice::new(seed));
            assert!(disk.held.contains(1) && disk.log.len() <= 3);
            assert_eq!(disk.executed.get(&1).copied(), Some(disk.log.len() as u64));
        }
    }

    #[test]
    fn what_was_applied_and_not_synced_is_still_in_the_relay_log() {
        for seed in 0..50 {
            let mut disk = disk();
            disk.receive(txn(1));
            disk.sync();
            disk.apply();
            disk.tear(&mut Dice::new(seed));
            assert!(disk.held.contains(1));
            assert_eq!(disk.relay.len() + disk.log.len(), 1);
        }
    }

    #[test]
    fn a_received_transaction_that_is_not_synced_may_be_torn_off() {
        let torn = |seed: u64| {
            let mut disk = disk();
            disk.receive(txn(1));
            disk.tear(&mut Dice::new(seed));
            !disk.held.contains(1)
        };
        assert!((0..50).any(torn) && !(0..50).all(torn));
    }
}
