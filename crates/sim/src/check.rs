//! What must be true after every step (`docs/failover.md` §9), against what is, not against what is told.

use mysos_ha::{Action, Order, epoch, view::Saved};
use mysos_model::{
    Epoch,
    record::{EpochRecord, MemberState, Phase},
};

use crate::{
    disk::{Held, Txn},
    world::World,
};

/// So many of the newest writes may still be on their way to a replica of a healthy cluster.
const UNDERWAY: usize = 8;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number in `docs/failover.md` §9.
    pub invariant: u8,
    /// In words.
    pub what: String,
    /// When, in milliseconds since the world began.
    pub at: u64,
}

/// What the checks remember.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Writes whose clients were told OK.
    pub(crate) acked: Vec<Txn>,
    /// What the present primary held when it was named.
    floor: Held,
    /// A task was replaced together with its data: only then may something needed be gone.
    pub(crate) destroyed: bool,
    /// The last epoch in which a marker row was acknowledged, by slot and start of its server.
    proven: Option<(usize, u64)>,
}

impl World {
    /// A client was told OK.
    pub(crate) fn acked(&mut self, at: usize, txn: Txn) {
        self.books.acked.push(txn);
        self.note(|| format!("slot {at}: OK for {}-{}", txn.origin, txn.number));
        if !self.is_kept(txn) {
            let what = format!(
                "{}-{} is acknowledged by slot {at}, and no election would keep it",
                txn.origin, txn.number
            );
            self.broken(1, what);
        }
    }

    /// Whether a write is in the floor, or on k of A. What was destroyed still counts: nobody hears from it.
    fn is_kept(&self, txn: Txn) -> bool {
        let record = &self.store.epoch;
        let acker = |data: &&mysos_model::DataId| {
            self.disks.iter().any(|disk| disk.data == **data && disk.held.contains(txn.id))
        };
        let holders = record.ackers.iter().filter(acker).count();
        self.books.floor.contains(txn.id)
            || holders >= record.acks as usize && record.acks > 0
            || record.acks == 0 && self.members.len() == 1
    }

    /// Every acknowledged write, after something that could have lost one.
    pub(crate) fn check_all(&mut self) {
        if let Some(lost) = self.books.acked.iter().find(|txn| !self.is_kept(**txn)).copied() {
            let what =
                format!("{}-{} was acknowledged, and no election would keep it", lost.origin, lost.number);
            self.broken(1, what);
        }
    }

    /// The record was swapped.
    pub(crate) fn swapped(&mut self, before: &EpochRecord) {
        let now = self.store.epoch.clone();
        if !epoch::is_legal(before, &now) {
            self.broken(4, format!("an illegal swap: {before:?} to {now:?}"));
        }
        if now.phase == Phase::Serving && before.phase != Phase::Serving {
            self.named(&now);
        }
        self.check_all();
    }

    /// Somebody is named: its data holds every acknowledged write.
    fn named(&mut self, record: &EpochRecord) {
        let disk = self.disks.iter().find(|disk| record.is_primary(&disk.data));
        let Some(held) = disk.map(|disk| disk.held.clone()) else {
            return self.broken(1, "named data that nobody ever had".to_owned());
        };
        let lost = self.books.acked.iter().find(|txn| !held.contains(txn.id)).copied();
        self.books.floor = held;
        if let Some(lost) = lost {
            let what = format!("{}-{} was acknowledged, and who is named lacks it", lost.origin, lost.number);
            self.broken(1, what);
        }
    }

    /// A member saves what it obeys.
    pub(crate) fn saved(&mut self, at: usize, saved: &Saved) {
        if saved.obeyed < self.members[at].saved.obeyed || saved.obeyed > self.store.epoch.epoch {
            let before = self.members[at].saved.obeyed;
            self.broken(4, format!("slot {at} obeys {} after {before}", saved.obeyed));
        }
    }

    /// A member has decided something.
    pub(crate) fn decided(&mut self, at: usize, action: &Action) {
        let (own, saved) = (&self.members[at].view.own, &self.members[at].saved);
        if let Action::Tell(record) = action
            && record.epoch < saved.obeyed
        {
            let what = format!("slot {at} tells that it obeys {} after {}", record.epoch, saved.obeyed);
            return self.broken(4, what);
        }
        let opens = matches!(action, Action::Server(Order::Open));
        let obeys = own.promotion.as_ref().is_some_and(|it| it.epoch == own.saved.obeyed);
        let fit = saved.obeyed == own.saved.obeyed && obeys;
        if opens && !fit {
            self.broken(2, format!("slot {at} opens in an epoch that it has left"));
        }
    }

    /// A marker row was acknowledged.
    pub(crate) fn proven(&mut self, at: usize) {
        if let Some(epoch) = self.members[at].server.armed {
            self.books.proven = Some((at, epoch));
        }
    }

    /// A member stands under `master/`.
    pub(crate) fn published(&mut self, at: usize) {
        let Epoch(epoch) = self.store.epoch.epoch;
        let disk = self.members[at].disk;
        let named = disk.is_some_and(|disk| self.store.epoch.is_primary(&self.disks[disk].data));
        if !named || self.books.proven != Some((at, epoch)) {
            self.broken(
                3,
                format!("slot {at} is published in epoch {epoch} without having accepted a write"),
            );
        }
    }

    /// What is looked at after every step.
    pub(crate) fn check(&mut self) {
        if self.store.primaries() > 1 {
            self.broken(3, "two members stand under master/".to_owned());
        }
        for at in 0..self.members.len() {
            self.check_acking(at);
        }
    }

    /// Recorded A contains who can acknowledge to the primary that it names.
    fn check_acking(&mut self, at: usize) {
        let record = &self.store.epoch;
        let server = &self.members[at].server;
        let Some(disk) = self.members[at].disk.filter(|_| server.receiving == Some(true)) else { return };
        let Some(stream) = server.stream else { return };
        let source = self.members[stream.source].disk;
        let named = source.is_some_and(|source| record.is_primary(&self.disks[source].data));
        let waits = self.members[stream.source].server.armed == Some(record.epoch.0);
        let there = self.members[stream.source].server.dumps.get(&self.members[at].slot);
        let sent = there.is_some_and(|dump| dump.connection == stream.connection);
        let outside = !record.ackers.contains(&self.disks[disk].data);
        if record.phase == Phase::Serving && named && waits && sent && outside {
            self.broken(1, format!("slot {at} can acknowledge and is outside A"));
        }
    }

    /// Whether everybody serves, is published and holds what was acknowledged.
    pub(crate) fn is_healthy(&self) -> bool {
        let record = &self.store.epoch;
        let state =
            |wanted| self.members.iter().filter(move |it| it.alive && it.view.own.state.0 == wanted).count();
        let wanted = mysos_ha::ackset::wanted_ackers(record.acks).min(self.members.len() - 1);
        record.phase == Phase::Serving
            && self.store.primaries() == 1
            && self.store.published.len() == self.members.len()
            && state(MemberState::Primary) == 1
            && state(MemberState::Following) == self.members.len() - 1
            && record.ackers.len() == wanted
            && record.ackers.iter().all(|acker| self.is_there(acker))
            && self.members.iter().all(|it| it.view.obeyed().map(|seen| seen.turn) == Some(record.turn))
            && self.holds_all()
    }

    /// Whether the data that every election would need is destroyed: nobody has the floor any more, or neither
    /// enough of A nor who was left is there. Then there is no quorum to come back, and a person decides.
    pub(crate) fn is_lost(&self) -> bool {
        let record = &self.store.epoch;
        let floor = self.members.iter().filter_map(|it| it.disk);
        let kept = floor.into_iter().any(|disk| self.books.floor.is_within(&self.disks[disk].held));
        let there = record.ackers.iter().filter(|acker| self.is_there(acker)).count();
        let old = record.left.as_ref().or(record.primary.as_ref());
        let electable = there + record.acks as usize > record.ackers.len();
        self.books.destroyed && (!kept || !electable && !old.is_some_and(|data| self.is_there(data)))
    }

    fn is_there(&self, data: &mysos_model::DataId) -> bool {
        self.members.iter().any(|it| it.disk.is_some_and(|disk| self.disks[disk].data == *data))
    }

    /// Whether every member has what was acknowledged, less the newest.
    fn holds_all(&self) -> bool {
        let Some(last) = self.books.acked.iter().rev().nth(UNDERWAY) else { return false };
        self.members.iter().all(|it| it.disk.is_some_and(|disk| self.disks[disk].held.contains(last.id)))
    }
}
