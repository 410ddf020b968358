//! A small world for the decision code: a ZooKeeper, servers with semi-sync, and members that run the
//! production `decide`. Order and delay come from a seed. Faults beyond stops and crashes of mysqld, lost
//! sessions and lost watches belong to the simulator.
#![allow(
    clippy::fn_params_excessive_bools,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "an imagined server is mostly switches"
)]

mod check;
mod perform;
mod server;
mod store;

use std::collections::BTreeMap;

use mysos_ha::{
    Action, Event, View,
    action::Report,
    decide,
    view::{Identity, Saved, Session},
};
use mysos_model::{Dice, Endpoint, Flavor, Host, Ordinal, TaskId, Timestamp, record::JournalLine};

pub use server::{STRAY, Server};
pub use store::Store;

/// One executor with its server.
pub struct Member {
    pub view: View,
    pub server: Server,
    pub inbox: Vec<Event>,
    /// Actions on their way, each with the time at which it ends.
    pub doing: Vec<(Timestamp, u64, Action)>,
    pub saved: Saved,
    pub session: u64,
    pub gone: bool,
    /// Versions last delivered, so that an unchanged record is not an event.
    pub delivered: BTreeMap<&'static str, u64>,
    pub reports: Vec<Report>,
}

pub struct World {
    pub now: Timestamp,
    pub dice: Dice,
    pub store: Store,
    pub members: BTreeMap<u32, Member>,
    pub next_data: u32,
    /// Acknowledged writes: server id and number.
    pub acked: Vec<(u32, u64)>,
    pub trace: Vec<String>,
    /// What members wrote about it.
    pub journal: Vec<JournalLine>,
    /// Whether clients write.
    pub writing: bool,
}

pub fn task(ordinal: u32, launch: u32) -> TaskId {
    format!("mysos-shop-{ordinal}-00000000-0000-4000-8000-{launch:012}").parse().unwrap()
}

impl World {
    /// A cluster of `size` admitted by the scheduler, with all its tasks launched.
    pub fn new(size: u32, seed: u64) -> Self {
        let now = Timestamp(1_000_000);
        let mut world = Self {
            now,
            dice: Dice::new(seed),
            store: Store::admitted(size, now),
            members: BTreeMap::new(),
            next_data: 1,
            acked: Vec::new(),
            trace: Vec::new(),
            journal: Vec::new(),
            writing: false,
        };
        for ordinal in 0..size {
            world.launch(ordinal, ordinal + 1);
        }
        world
    }

    /// A new task for a slot, with an empty sandbox.
    pub fn launch(&mut self, ordinal: u32, launch: u32) {
        let host = Host(format!("host{launch}"));
        let id = Identity {
            task: task(ordinal, launch),
            ordinal: Ordinal(ordinal),
            mysql: Endpoint::new(&host, 3306),
            control: Endpoint::new(&host, 3307),
            flavor: Flavor::MariaDb,
        };
        self.store.want(ordinal, &id.task);
        let saved = Saved::default();
        let member = Member {
            view: View::new(id, saved.clone(), self.now),
            server: Server::default(),
            inbox: Vec::new(),
            doing: Vec::new(),
            saved,
            session: u64::from(launch) * 1000,
            gone: false,
            delivered: BTreeMap::new(),
            reports: Vec::new(),
        };
        self.members.insert(launch, member);
        self.connect(launch, true);
    }

    /// A new session (or the loss of the connection) of one member.
    pub fn connect(&mut self, key: u32, connected: bool) {
        let member = self.members.get_mut(&key).unwrap();
        if connected {
            member.session += 1;
            member.delivered.clear();
        }
        let session = Session { number: member.session, connected };
        member.inbox.push(Event::Session(session));
    }

    /// Ends the session: its ephemerals are gone, and a new one begins.
    pub fn expire(&mut self, key: u32) {
        let session = self.members[&key].session;
        self.store.end_session(session);
        self.connect(key, false);
        self.connect(key, true);
    }

    /// The executor and its server are gone, with the sandbox.
    pub fn kill_task(&mut self, key: u32) {
        let member = self.members.get_mut(&key).unwrap();
        member.gone = true;
        member.server.running = false;
        let session = member.session;
        self.store.end_session(session);
    }

    /// Executor and server are gone; ZooKeeper does not know yet.
    pub fn freeze_out(&mut self, key: u32) {
        let member = self.members.get_mut(&key).unwrap();
        member.gone = true;
        member.server.crash();
    }

    /// kill -9 of one mysqld.
    pub fn kill_server(&mut self, key: u32) {
        let at = self.now;
        let member = self.members.get_mut(&key).unwrap();
        member.server.crash();
        let exit = mysos_ha::view::Exit { at, how: "signal 9".into(), log: String::new() };
        member.inbox.push(Event::Exited(exit));
    }

    /// SIGSTOP of one mysqld: its executor lives, and nothing ends.
    pub fn freeze_server(&mut self, key: u32) {
        self.members.get_mut(&key).unwrap().server.frozen = true;
    }

    /// Lets `ms` milliseconds pass.
    pub fn run(&mut self, ms: u64) {
        let end = Timestamp(self.now.0 + ms);
        while self.now < end {
            self.now = Timestamp(self.now.0 + 5);
            self.step();
        }
    }

    /// Runs until `done`, or panics with the trace.
    pub fn run_until(&mut self, what: &str, limit_ms: u64, done: impl Fn(&Self) -> bool) -> u64 {
        let start = self.now;
        while !done(self) {
            if self.now.millis_since(start) > limit_ms {
                self.fail(&format!("not within {limit_ms} ms: {what}"));
            }
            self.run(5);
        }
        self.now.millis_since(start)
    }

    pub fn fail(&self, what: &str) -> ! {
        let tail = self.trace.len().saturating_sub(60);
        let states: Vec<String> = self
            .members
            .iter()
            .map(|(key, member)| {
                let own = &member.view.own;
                format!("{key}: {:?} {:?} {:?} {:?}", own.state.0, own.promotion, own.busy, own.failures)
            })
            .collect();
        panic!("{what}\n{}\n{}\n{:#?}", self.trace[tail..].join("\n"), states.join("\n"), self.store.epoch);
    }

    /// A write on whoever is open.
    fn client(&mut self) {
        for member in self.members.values_mut() {
            let server = &mut member.server;
            if server.running && !server.frozen && server.open && server.waiting.len() < 3 {
                server.write();
            }
        }
    }

    fn step(&mut self) {
        if self.writing && self.now.0.is_multiple_of(20) {
            self.client();
        }
        self.replicate();
        let keys: Vec<u32> = self.members.keys().copied().collect();
        for key in keys {
            if self.members[&key].gone {
                continue;
            }
            self.deliver_records(key);
            self.finish_actions(key);
            if self.now.0.is_multiple_of(50) {
                self.look(key);
            }
            if self.now.0.is_multiple_of(500) {
                self.probe(key);
                self.try_vitals(key);
            }
            self.turn(key);
        }
        self.check();
    }

    /// The driver's loop: decide, apply, save, perform.
    fn turn(&mut self, key: u32) {
        let now = self.now;
        let mut events = std::mem::take(&mut self.members.get_mut(&key).unwrap().inbox);
        events.push(Event::Tick);
        for event in events {
            let member = self.members.get_mut(&key).unwrap();
            let decision = decide(&member.view, now, &event);
            for change in &decision.changes {
                member.view.apply(change);
            }
            member.saved = member.view.own.saved.clone();
            for (number, action) in decision.actions {
                let delay = 1 + self.dice.below(40);
                self.trace.push(format!("{} {key}: {action:?}", now.0));
                let member = self.members.get_mut(&key).unwrap();
                member.doing.push((Timestamp(now.0 + delay), number, action));
            }
        }
    }

    fn finish_actions(&mut self, key: u32) {
        let now = self.now;
        let member = self.members.get_mut(&key).unwrap();
        let (due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut member.doing).into_iter().partition(|(at, ..)| *at <= now);
        member.doing = rest;
        for (_, number, action) in due {
            let Some(outcome) = self.perform(key, &action) else {
                let again = (Timestamp(now.0 + 5), number, action);
                self.members.get_mut(&key).unwrap().doing.push(again);
                continue;
            };
            self.members.get_mut(&key).unwrap().inbox.push(Event::Ended { number, outcome });
        }
    }

    fn deliver_records(&mut self, key: u32) {
        let events = self.store.events();
        let member = self.members.get_mut(&key).unwrap();
        if !member.view.seen.session.connected && member.inbox.is_empty() {
            return;
        }
        for (name, version, event) in events {
            if member.delivered.insert(name, version) != Some(version) {
                member.inbox.push(event);
            }
        }
    }
}
