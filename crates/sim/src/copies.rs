//! Binary logs that no longer begin at the beginning, and copies of another member's data.

use mysos_ha::{
    action::{Donor, Outcome},
    copy,
    view::Disk as Found,
};
use mysos_model::{DataId, Flavor, Timestamp, record::ReplicationError};

use crate::{
    disk::{Disk, Txn},
    world::World,
};

/// A copy takes at least this many milliseconds.
const COPY: u64 = 1_500;
/// A donor that does not answer is given up after this many.
const PATIENCE: u64 = 6_000;
/// So many of the newest transactions stay when binary logs are purged.
const KEPT: usize = 10;
/// What a copy is said to hold, in bytes.
const BYTES: u64 = 1_000_000;

impl World {
    /// The binary logs of a server begin later from now on: what is gone, everybody who has data had long ago.
    pub(crate) fn purge(&mut self, at: usize) {
        let Some(disk) = self.members[at].disk else { return };
        let others: Vec<usize> = self.members.iter().filter_map(|it| it.disk).collect();
        let mine = &self.disks[disk];
        let everywhere = |txn: &Txn| others.iter().all(|it| self.disks[*it].held.contains(txn.id));
        let end = mine.log[..mine.synced].iter().take_while(|txn| everywhere(txn)).count();
        let disk = &mut self.disks[disk];
        disk.purged = disk.purged.max(end.saturating_sub(KEPT));
    }

    /// Whether a member needs what is purged, while commits of the primary wait for it: then there is nobody to copy
    /// from, until a primary is restarted with its doors held.
    pub(crate) fn waits_for_a_copy(&self) -> bool {
        let needs = self.members.iter().any(|it| it.view.own.copying.need.is_some());
        let waits = self.members.iter().any(|it| it.server.open && !it.server.waiting.is_empty());
        needs && waits
    }

    /// The source no longer has what this receiver asks for: it stops, and says so.
    pub(crate) fn turned_away(&mut self, at: usize) {
        let message = "the source has purged required binary logs".to_owned();
        let code = if self.flavor == Flavor::MySql { 13_114 } else { 1236 };
        let server = &mut self.members[at].server;
        server.stop_receiver();
        server.error = Some(ReplicationError { code, message });
    }

    /// Builds a copy beside the data directory. It needs the donor to its end.
    pub(crate) fn copy(&mut self, at: usize, donor: &Donor, begun: Timestamp) -> Option<Outcome> {
        let took = self.now.millis_since(begun);
        let found = self.members.iter().position(|it| it.view.own.id.task == donor.task);
        let Some(found) = found.filter(|found| self.linked(at, *found)) else {
            return (took > PATIENCE).then(|| Outcome::Failed("the donor does not answer".into()));
        };
        let refused = copy::why_no_donor(&self.members[found].view);
        let serves = self.members[found].executes(self.now) && self.members[found].serves(self.now);
        let disk = self.members[found].disk.filter(|_| serves);
        let Some(disk) = disk.filter(|_| refused.is_none()) else {
            return Some(Outcome::Failed(refused.unwrap_or("the donor ended").to_owned()));
        };
        let slow = if self.is_slow(at, found) { 4 } else { 1 };
        if took < COPY * slow {
            return None;
        }
        let (data, own_origin) = self.new_identity();
        self.disks.push(self.disks[disk].copied(data.clone(), own_origin));
        self.members[at].copy = Some(self.disks.len() - 1);
        Some(Outcome::Copied { data, bytes: BYTES })
    }

    /// The copy is the data directory from now on; what was there is gone.
    pub(crate) fn take_copy(&mut self, at: usize, data: &DataId) -> Outcome {
        let Some(copy) = self.members[at].copy.take().filter(|copy| self.disks[*copy].data == *data) else {
            return Outcome::Failed("no copy lies ready".into());
        };
        self.move_aside(at);
        self.members[at].disk = Some(copy);
        Outcome::Disk { disk: Found::Ready, data: Some(data.clone()) }
    }

    /// A data identity, and what a server on it writes under before it is armed.
    pub(crate) fn new_identity(&self) -> (DataId, u32) {
        let number = self.disks.len() as u32 + 1;
        let data = format!("00000000-0000-4000-8000-{number:012}").parse().unwrap();
        (data, 1_048_576 + number)
    }
}

impl Disk {
    /// What is executed, under another identity; accounts travel along. The binary log begins here.
    fn copied(&self, data: DataId, own_origin: u32) -> Self {
        let mut copy = Self::new(data, self.flavor, own_origin);
        for txn in &self.log {
            copy.execute(*txn);
        }
        copy.sync();
        copy.purged = copy.log.len();
        copy.unlocked.clone_from(&self.unlocked);
        copy.is_copy = true;
        copy
    }
}
