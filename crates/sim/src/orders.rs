//! What orders do to a server. `None`: not over yet.

use mysos_ha::{
    Event, Order,
    action::Outcome,
    view::{Disk as Found, Exit},
};
use mysos_model::{Endpoint, Flavor, Timestamp};

use crate::{
    disk::Disk,
    server::{Server, Waiter},
    world::World,
};

/// A statement that is not answered is given up after this many milliseconds.
const STATEMENT: u64 = 3_000;
/// A drain that takes longer is given up; what is left is drained by the next one.
const DRAIN: u64 = 20_000;

impl World {
    pub(crate) fn order(&mut self, at: usize, order: &Order, begun: Timestamp) -> Option<Outcome> {
        match order {
            Order::Inspect => Some(self.inspect(at)),
            Order::Initialize { .. } => Some(self.initialize(at)),
            Order::Start => Some(self.start(at)),
            Order::Stop { .. } | Order::Kill => {
                self.end_server(at, "signal 15");
                Some(Outcome::Done)
            }
            Order::Quarantine { .. } => Some(self.quarantine(at)),
            Order::TakeCopy { data } => Some(self.take_copy(at, data)),
            _ if !self.members[at].server.running => Some(Outcome::Failed("mysqld does not run".into())),
            _ if !self.members[at].serves(self.now) => self.unanswered(at, order, begun),
            Order::Drain => self.drain(at, begun),
            Order::Close { within } if self.is_stuck(at) => {
                let late = self.now.millis_since(begun) >= within.as_millis() as u64;
                late.then(|| Outcome::Failed("read-only cannot be set while commits wait".into()))
            }
            Order::Follow { source, acking } => self.follow(at, (source, *acking), begun),
            Order::LockAll
            | Order::LetIn { .. }
            | Order::CutOff { .. }
            | Order::Revoke
            | Order::Arm { .. }
            | Order::EndClients
            | Order::Open
            | Order::Close { .. }
            | Order::ForgetSource => Some(self.statement(at, order)),
        }
    }

    /// On MySQL nothing frees a session whose commit waits, and the doors do not close before it.
    fn is_stuck(&self, at: usize) -> bool {
        self.flavor == Flavor::MySql && !self.members[at].server.waiting.is_empty()
    }

    /// A server that is stopped answers nothing. What it was told last may still happen when it goes on.
    fn unanswered(&mut self, at: usize, order: &Order, begun: Timestamp) -> Option<Outcome> {
        if self.now.millis_since(begun) < STATEMENT {
            return None;
        }
        let stopped = self.members[at].held.server > self.now;
        if stopped && *order == Order::Open && self.dice.below(2) == 0 {
            self.statement(at, order);
        }
        Some(Outcome::Failed("mysqld does not answer".into()))
    }

    fn statement(&mut self, at: usize, order: &Order) -> Outcome {
        let Some(disk) = self.members[at].disk else { return Outcome::Failed("no data".into()) };
        let (disk, server) = (&mut self.disks[disk], &mut self.members[at].server);
        match order {
            Order::Revoke => {
                server.stop_receiver();
                server.acking = false;
            }
            Order::LetIn { ordinal } => {
                disk.unlocked.insert(ordinal.0);
            }
            Order::LockAll | Order::CutOff { ordinal: None } => {
                disk.unlocked.clear();
                server.dumps.clear();
            }
            Order::CutOff { ordinal: Some(ordinal) } => {
                disk.unlocked.remove(&ordinal.0);
                server.dumps.remove(&ordinal.0);
            }
            Order::Arm { epoch, acks } => {
                server.stop_receiver();
                server.acking = false;
                if disk.flavor == Flavor::MariaDb {
                    server.origin = epoch.0 as u32;
                }
                server.wait_count = *acks;
                server.armed = Some(epoch.0);
            }
            Order::Open => server.open = true,
            // What they wrote stays. On MySQL nothing ends a commit that waits.
            Order::EndClients if disk.flavor == Flavor::MariaDb => {
                server.waiting.retain(|it| it.waiter != Waiter::Client);
            }
            Order::Close { .. } => {
                server.open = false;
                server.waiting.clear(); // Clients are ended without an OK; what they wrote stays.
                server.marker = None;
            }
            Order::ForgetSource => {
                server.stop_receiver();
                disk.source = None;
            }
            _ => {}
        }
        Outcome::Done
    }

    fn inspect(&self, at: usize) -> Outcome {
        let data = self.members[at].disk.map(|disk| self.disks[disk].data.clone());
        Outcome::Disk { disk: if data.is_some() { Found::Ready } else { Found::Empty }, data }
    }

    fn initialize(&mut self, at: usize) -> Outcome {
        if self.members[at].disk.is_none() {
            let (data, own_origin) = self.new_identity();
            self.disks.push(Disk::new(data, self.flavor, own_origin));
            self.members[at].disk = Some(self.disks.len() - 1);
        }
        self.inspect(at)
    }

    fn start(&mut self, at: usize) -> Outcome {
        let Some(disk) = self.members[at].disk else { return Outcome::Failed("no data".into()) };
        let answers = Timestamp(self.now.0 + 50 + self.dice.below(600));
        self.members[at].server = Server::start(self.disks[disk].own_origin, answers);
        Outcome::Done
    }

    /// mysqld ends; its executor sees it.
    pub(crate) fn end_server(&mut self, at: usize, how: &str) {
        let now = self.now;
        let member = &mut self.members[at];
        if !member.server.running {
            return;
        }
        member.server = Server::default(); // What waited is committed by recovery; its client never hears OK.
        member.held.server = Timestamp(0);
        member.last_look = None;
        member.inbox.push(Event::Exited(Exit { at: now, how: how.to_owned(), log: String::new() }));
    }

    fn quarantine(&mut self, at: usize) -> Outcome {
        self.move_aside(at);
        Outcome::Disk { disk: Found::Empty, data: None }
    }

    /// The server ends, and its data is not there any more.
    pub(crate) fn move_aside(&mut self, at: usize) {
        self.end_server(at, "signal 15");
        if let Some(disk) = self.members[at].disk.take() {
            let (data, record) = (&self.disks[disk].data, &self.store.epoch);
            if record.ackers.contains(data) || record.is_primary(data) || record.left.as_ref() == Some(data) {
                let what = format!("slot {at} moves data aside that the record rests on");
                self.broken(5, what);
            }
        }
    }

    fn drain(&mut self, at: usize, begun: Timestamp) -> Option<Outcome> {
        let disk = self.members[at].disk?;
        let slow = self.members[at].held.applier > self.now;
        for _ in 0..if slow { 0 } else { 4 } {
            self.disks[disk].apply();
        }
        if self.disks[disk].relay.is_empty() {
            self.members[at].server.drained = true;
            return Some(Outcome::Done);
        }
        (self.now.millis_since(begun) > DRAIN).then(|| Outcome::Failed("not drained in time".into()))
    }

    /// The same source: only the receiver is restarted. Another one: what was received is applied first.
    /// After a restart a MariaDB that was not drained throws its relay log away; MySQL keeps it.
    fn follow(
        &mut self,
        at: usize,
        (source, acking): (&Endpoint, bool),
        begun: Timestamp,
    ) -> Option<Outcome> {
        let disk = self.members[at].disk?;
        let same = self.disks[disk].source.as_ref() == Some(source) && self.members[at].server.applying;
        self.members[at].server.stop_receiver();
        self.members[at].server.acking = acking;
        if !same {
            if self.members[at].server.drained || self.flavor == Flavor::MySql {
                let drained = self.drain(at, begun)?;
                if drained != Outcome::Done {
                    return Some(drained);
                }
            } else {
                self.throw_away(at, disk);
            }
        }
        self.disks[disk].source = Some(source.clone());
        let server = &mut self.members[at].server;
        server.receiving = Some(acking);
        server.applying = true;
        Some(Outcome::Done)
    }

    /// What the relay log held may be acknowledged, and be nowhere else.
    fn throw_away(&mut self, at: usize, disk: usize) {
        let lost = self.disks[disk].relay.len();
        self.disks[disk].discard_relay();
        let data = &self.disks[disk].data;
        let rests = self.store.epoch.ackers.contains(data) || self.store.epoch.left.as_ref() == Some(data);
        if lost > 0 && rests {
            self.broken(1, format!("slot {at} is in A and throws {lost} received transactions away"));
        }
        self.check_all();
    }
}
