//! A server: binary log, receiver, semi-sync, doors.

use std::collections::{BTreeMap, BTreeSet};

use mysos_ha::view::{Observation, Receiver};
use mysos_model::{DataId, Endpoint, Flavor, GtidSet, record::LagClass};

use super::World;

/// A server id that no primary writes under.
pub const STRAY: u32 = mysos_model::gtid::mariadb::FIRST_MEMBER_ID;

#[derive(Default)]
pub struct Server {
    pub data: Option<DataId>,
    pub server_id: u32,
    pub running: bool,
    /// Runs, and answers nobody.
    pub frozen: bool,
    pub answered: bool,
    pub open: bool,
    pub source: Option<Endpoint>,
    pub receiving: bool,
    /// The receiver is connected.
    pub streams: bool,
    pub acking: bool,
    pub wait_count: u32,
    pub log: Vec<(u32, u64)>,
    /// Slots whose account is locked; kept over restarts.
    pub unlocked: BTreeSet<u32>,
    /// Slots with a dump thread.
    pub dumping: BTreeSet<u32>,
    /// Writes that wait for acknowledgements, with who has given one.
    pub waiting: BTreeMap<(u32, u64), BTreeSet<u32>>,
    /// The marker row on its way.
    pub marker: Option<(u32, u64)>,
}

impl Server {
    pub fn crash(&mut self) {
        self.running = false;
        self.frozen = false;
        self.answered = false;
        self.open = false;
        self.receiving = false;
        self.acking = false;
        self.wait_count = 0;
        self.dumping.clear();
        self.marker = None;
        self.waiting.clear(); // What waited is committed by recovery; its client never heard OK.
    }

    pub fn set(&self) -> GtidSet {
        let mut last = BTreeMap::new();
        for (server, number) in &self.log {
            last.insert(*server, *number);
        }
        let text: Vec<String> = last.iter().map(|(server, number)| format!("0-{server}-{number}")).collect();
        GtidSet::parse(Flavor::MariaDb, &text.join(",")).unwrap()
    }

    pub fn write(&mut self) -> (u32, u64) {
        let number = self.log.iter().map(|(_, number)| *number).max().unwrap_or(0) + 1;
        let write = (self.server_id, number);
        self.log.push(write);
        self.waiting.insert(write, BTreeSet::new());
        write
    }

    pub fn observe(&self, connected: u32) -> Observation {
        Observation {
            read_only: !self.open,
            source: self.source.clone(),
            receiver: match (self.receiving, self.streams) {
                (false, _) => Receiver::Off,
                (true, false) => Receiver::Connecting,
                (true, true) => Receiver::On,
            },
            applying: self.receiving,
            executed: self.set(),
            received: self.set(),
            waiting: self.waiting.len() as u32,
            wait_count: (self.wait_count > 0).then_some(self.wait_count),
            connected_ackers: connected,
            lag: (self.receiving && self.streams).then_some(LagClass::Current),
            error: None,
        }
    }
}

impl World {
    /// Replicas that are let in copy the primary's log; those that ack, ack.
    pub fn replicate(&mut self) {
        let keys: Vec<u32> = self.members.keys().copied().collect();
        for replica in &keys {
            let follower = &self.members[replica];
            let Some(source) = follower.server.source.clone().filter(|_| follower.server.receiving) else {
                continue;
            };
            if !follower.server.running || follower.server.frozen || follower.gone {
                continue;
            }
            let ordinal = follower.view.own.id.ordinal.0;
            let acking = follower.server.acking;
            let primary = keys.iter().copied().find(|key| self.members[key].view.own.id.mysql == source);
            let Some(primary) = primary.filter(|key| {
                let server = &self.members[key].server;
                server.running && !server.frozen
            }) else {
                self.members.get_mut(replica).unwrap().server.streams = false;
                continue;
            };
            let from = &mut self.members.get_mut(&primary).unwrap().server;
            if !from.dumping.contains(&ordinal) {
                if !from.unlocked.contains(&ordinal) {
                    self.members.get_mut(replica).unwrap().server.streams = false;
                    continue;
                }
                from.dumping.insert(ordinal);
            }
            // An acknowledgement is for what is received now, and for all that came before it.
            let written = |server: &Server| server.log.iter().filter(|(id, _)| *id < STRAY).count();
            let news = written(from) > written(&self.members[replica].server);
            let from = &mut self.members.get_mut(&primary).unwrap().server;
            if acking && news {
                for acks in from.waiting.values_mut() {
                    acks.insert(*replica);
                }
            }
            let log = from.log.clone();
            let to = &mut self.members.get_mut(replica).unwrap().server;
            let (strays, written): (Vec<_>, Vec<_>) =
                std::mem::take(&mut to.log).into_iter().partition(|(server, _)| *server >= STRAY);
            assert!(log.starts_with(&written), "{replica} follows {primary} with an errant transaction");
            to.log = log.into_iter().chain(strays).collect();
            to.streams = true;
        }
        for member in self.members.values_mut().filter(|it| it.server.running && !it.server.frozen) {
            let server = &mut member.server;
            let need = server.wait_count as usize;
            let done: Vec<(u32, u64)> = server
                .waiting
                .iter()
                .filter(|(_, acks)| acks.len() >= need)
                .map(|(write, _)| *write)
                .collect();
            for write in done {
                server.waiting.remove(&write);
                self.acked.push(write);
            }
        }
    }

    pub fn connected_ackers(&self, key: u32) -> u32 {
        let source = &self.members[&key].view.own.id.mysql;
        let acking = |member: &&super::Member| {
            let server = &member.server;
            server.running && server.acking && server.receiving && server.source.as_ref() == Some(source)
        };
        self.members.values().filter(acking).count() as u32
    }
}
