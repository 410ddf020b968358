//! Replication: dump threads send, receivers take, appliers apply, acknowledgements come back.

use mysos_model::Timestamp;

use crate::{
    Breakage,
    disk::Txn,
    server::{Dump, Stream, Waiter, Waiting},
    world::World,
};

/// A receiver that hears nothing for this many milliseconds gives the connection up.
const NET_TIMEOUT: u64 = 4_000;
/// Transactions sent in one step at most.
const BATCH: usize = 8;
/// So many may be on their way while nothing comes back: what buffers between two machines hold.
const WINDOW: usize = 16;

/// An acknowledgement on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ack {
    due: Timestamp,
    from: usize,
    to: usize,
    connection: u64,
    /// For everything before this place in the binary log.
    upto: usize,
}

impl World {
    /// One step of every stream.
    pub(crate) fn replicate(&mut self) {
        for at in 0..self.members.len() {
            self.receive(at);
            self.apply(at);
            self.sync(at);
        }
        self.acknowledge();
        for at in 0..self.members.len() {
            self.release(at);
        }
    }

    fn receive(&mut self, at: usize) {
        let member = &self.members[at];
        let Some(_) = member.server.receiving.filter(|_| member.serves(self.now)) else { return };
        match member.server.stream {
            Some(stream) => self.transfer(at, stream),
            None => self.attach(at),
        }
    }

    /// A receiver that retries.
    fn attach(&mut self, at: usize) {
        let Some(disk) = self.members[at].disk else { return };
        let Some(source) = self.disks[disk].source.clone() else { return };
        let found = self.members.iter().position(|it| *it.endpoint() == source && it.serves(self.now));
        let Some(source) = found.filter(|source| self.linked(at, *source)) else { return };
        let (Some(theirs), slot) = (self.members[source].disk, self.members[at].slot) else { return };
        if !self.disks[theirs].unlocked.contains(&slot) || self.dice.below(4) != 0 {
            return;
        }
        let (mine, log) = (&self.disks[disk], &self.disks[theirs]);
        if !mine.held.is_within(&log.logged) {
            self.broken(5, format!("slot {slot} follows slot {source} with transactions that one lacks"));
            return;
        }
        let next = log.log.iter().position(|txn| !mine.held.contains(txn.id)).unwrap_or(log.log.len());
        if next < log.purged {
            return self.turned_away(at);
        }
        let acking = self.members[at].server.receiving == Some(true);
        self.connections += 1;
        let connection = self.connections;
        self.members[source].server.dumps.insert(slot, Dump { connection, acking });
        let heard = self.now;
        self.members[at].server.stream =
            Some(Stream { source, connection, next, told: next, answered: next, heard });
        self.note(|| format!("slot {slot} is connected with slot {source}, acking {acking}"));
    }

    fn transfer(&mut self, at: usize, mut stream: Stream) {
        let (now, slot) = (self.now, self.members[at].slot);
        let source = &self.members[stream.source];
        let there = source.server.dumps.get(&slot).map(|dump| dump.connection) == Some(stream.connection);
        let answers = self.hears(stream.source, at);
        let full = !answers && stream.next >= stream.answered + WINDOW;
        let silent =
            full || !self.hears(at, stream.source) || !source.server_moves(now) && source.server.running;
        if silent {
            if now.millis_since(stream.heard) > NET_TIMEOUT {
                self.members[at].server.stream = None;
            }
            return;
        }
        if !source.server.running || !there {
            self.members[at].server.stream = None;
            return;
        }
        stream.heard = now;
        if answers {
            stream.answered = stream.next;
        }
        let (Some(mine), Some(theirs)) = (self.members[at].disk, source.disk) else { return };
        let end = self.sendable(theirs).min(stream.next + BATCH);
        let slow = self.is_slow(at, stream.source);
        let sent = stream.next < end && if slow { self.dice.below(60) == 0 } else { self.dice.below(3) != 0 };
        if sent {
            let news: Vec<Txn> = self.disks[theirs].log[stream.next..end].to_vec();
            stream.next = end;
            for txn in news {
                self.disks[mine].receive(txn);
            }
        }
        self.members[at].server.stream = Some(stream);
    }

    /// How much of a binary log is sent and told of: what is synced.
    fn sendable(&self, disk: usize) -> usize {
        let disk = &self.disks[disk];
        if self.is_lazy() { disk.log.len() } else { disk.synced }
    }

    /// The servers are set to sync their logs now and then, instead of before they tell.
    fn is_lazy(&self) -> bool {
        self.breakage == Some(Breakage::LazySync)
    }

    /// What was written is synced a moment later; then it is acknowledged.
    fn sync(&mut self, at: usize) {
        let lazy = self.is_lazy();
        let member = &self.members[at];
        let Some(disk) = member.disk.filter(|_| member.server_moves(self.now)) else { return };
        let (here, stream) = (&self.disks[disk], member.server.stream);
        let due = here.synced < here.log.len() || here.relay_unsynced > 0;
        if due && self.dice.below(if lazy { 100 } else { 2 }) == 0 {
            self.disks[disk].sync();
        }
        let synced = self.disks[disk].relay_unsynced == 0 || lazy;
        let Some(mut stream) = stream.filter(|it| synced && it.told < it.next) else { return };
        stream.told = stream.next;
        self.members[at].server.stream = Some(stream);
        if self.members[at].server.receiving == Some(true) {
            let slow = if self.is_slow(at, stream.source) { 60 } else { 1 };
            let due = Timestamp(self.now.0 + slow * self.dice.below(3) * self.dice.below(20));
            let (to, connection, upto) = (stream.source, stream.connection, stream.next);
            self.acks.push(Ack { due, from: at, to, connection, upto });
        }
    }

    fn apply(&mut self, at: usize) {
        let member = &self.members[at];
        let Some(disk) = member.disk.filter(|_| member.serves(self.now) && member.server.applying) else {
            return;
        };
        // Appliers pause for a second now and then, so that received and executed are seldom the same.
        let beat =
            (self.now.0 / 1_000).wrapping_mul(31) + u64::from(member.slot) * 7 + u64::from(member.launch);
        let slow = member.held.applier > self.now || beat.is_multiple_of(4);
        let most =
            if slow { usize::from(self.dice.below(100) == 0) } else { 1 + self.dice.below(4) as usize };
        for _ in 0..most {
            self.disks[disk].apply();
        }
    }

    fn acknowledge(&mut self) {
        let (due, later): (Vec<Ack>, Vec<Ack>) =
            std::mem::take(&mut self.acks).into_iter().partition(|ack| ack.due <= self.now);
        self.acks = later;
        for ack in due {
            let there = self.members[ack.to].server_moves(self.now) && self.hears(ack.to, ack.from);
            let slot = self.members[ack.from].slot;
            let dump = self.members[ack.to].server.dumps.get(&slot).copied();
            let same = dump == Some(Dump { connection: ack.connection, acking: true });
            if same && !there && self.members[ack.to].server.running {
                self.acks.push(ack); // It waits in a socket.
            }
            if same && there {
                let waiting = self.members[ack.to].server.waiting.iter_mut();
                waiting.filter(|it| it.at < ack.upto).for_each(|it| {
                    it.acks.insert(slot);
                });
            }
        }
    }

    /// Tells who waits.
    pub(crate) fn release(&mut self, at: usize) {
        if self.members[at].server.waiting.is_empty() || !self.members[at].server_moves(self.now) {
            return;
        }
        let synced = self.members[at].disk.map_or(0, |disk| self.sendable(disk));
        for done in self.members[at].server.release(synced) {
            match done.waiter {
                Waiter::Client => self.acked(at, done.txn),
                Waiter::Marker => self.members[at].server.marker = None,
                Waiter::Nobody => {}
            }
        }
    }

    /// Writes on a server, whoever wants it.
    pub(crate) fn write(&mut self, at: usize, waiter: Waiter) -> Option<Txn> {
        let disk = self.members[at].disk?;
        self.writes += 1;
        let origin = self.members[at].server.origin;
        let txn = Txn { origin, number: self.disks[disk].next_number(origin), id: self.writes };
        let place = self.disks[disk].log.len();
        self.disks[disk].execute(txn);
        let waiting = Waiting { at: place, txn, acks: std::collections::BTreeSet::new(), waiter };
        self.members[at].server.waiting.push(waiting);
        Some(txn)
    }

    /// Clients write wherever the doors are open, also where they should not be.
    pub(crate) fn clients(&mut self) {
        for at in 0..self.members.len() {
            let member = &self.members[at];
            if member.serves(self.now) && member.server.open && member.server.waiting.len() < 3 {
                self.write(at, Waiter::Client);
            }
        }
    }
}
