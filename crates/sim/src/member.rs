//! An executor with its server, its disk, and the faults that hold it.

use std::collections::BTreeMap;

use mysos_ha::{
    Action, Event, View,
    action::{Outcome, Report},
    view::{Identity, Saved},
};
use mysos_model::{Endpoint, Flavor, Host, Ordinal, TaskId, Timestamp};

use crate::{
    server::Server,
    store::{Node, SessionId},
    teeth::Deed,
    watch::Watch,
};

/// An action on its way.
#[derive(Debug, Clone)]
pub(crate) struct Doing {
    pub(crate) number: u64,
    pub(crate) deed: Deed,
    pub(crate) session: u64,
    pub(crate) begun: Timestamp,
    /// When it is carried out.
    pub(crate) due: Timestamp,
    /// It has been carried out, and its outcome is on the way.
    pub(crate) outcome: Option<Outcome>,
}

impl Doing {
    pub(crate) fn action(&self) -> &Action {
        match &self.deed {
            Deed::Do(action) | Deed::Pretend(action) | Deed::Sneak(action) => action,
        }
    }
}

/// Until when each fault holds a member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) executor: Timestamp,
    pub(crate) server: Timestamp,
    pub(crate) store: Timestamp,
    pub(crate) members: Timestamp,
    pub(crate) link: Timestamp,
    pub(crate) sending: Timestamp,
    pub(crate) hearing: Timestamp,
    pub(crate) network: Timestamp,
    pub(crate) late: Timestamp,
    pub(crate) old: Timestamp,
    pub(crate) applier: Timestamp,
    pub(crate) answers: Timestamp,
    pub(crate) slow: Timestamp,
    pub(crate) drain: Timestamp,
}

/// A slot of the cluster with the task that fills it.
pub(crate) struct Member {
    pub(crate) slot: u32,
    /// Number of its task in the world.
    pub(crate) launch: u32,
    pub(crate) view: View,
    /// Beside the data directory: what a restarted executor reads.
    pub(crate) saved: Saved,
    /// Its data directory in the world's books.
    pub(crate) disk: Option<usize>,
    /// A copy that lies ready beside it.
    pub(crate) copy: Option<usize>,
    pub(crate) server: Server,
    pub(crate) alive: bool,
    /// When the scheduler launches the next task here.
    pub(crate) relaunch: Option<Timestamp>,
    pub(crate) inbox: Vec<Event>,
    pub(crate) doing: Vec<Doing>,
    pub(crate) session: u64,
    pub(crate) connected: bool,
    pub(crate) cut_since: Option<Timestamp>,
    /// Its one-shot watches, of this session.
    pub(crate) watches: BTreeMap<Node, Watch>,
    /// A probe on its way, and how it will have gone.
    pub(crate) probe: Option<(Timestamp, mysos_ha::event::Probe)>,
    pub(crate) wake: Timestamp,
    pub(crate) last_look: Option<(u64, Timestamp)>,
    pub(crate) report: Option<Report>,
    pub(crate) held: Held,
}

impl Member {
    /// An executor that has just begun.
    pub(crate) fn new((slot, launch): (u32, u32), flavor: Flavor, saved: Saved, now: Timestamp) -> Self {
        let host = Host(format!("host{slot}"));
        let port = 10_000 + (launch as u16 % 20_000) * 2;
        let task: TaskId = format!("mysos-shop-{slot}-00000000-0000-4000-8000-{launch:012}").parse().unwrap();
        let id = Identity {
            task,
            ordinal: Ordinal(slot),
            mysql: Endpoint::new(&host, port),
            control: Endpoint::new(&host, port + 1),
            flavor,
        };
        Self {
            slot,
            launch,
            view: View::new(id, saved.clone(), now),
            saved,
            disk: None,
            copy: None,
            server: Server::default(),
            alive: true,
            relaunch: None,
            inbox: Vec::new(),
            doing: Vec::new(),
            session: 0,
            connected: false,
            cut_since: None,
            watches: BTreeMap::new(),
            probe: None,
            wake: now,
            last_look: None,
            report: None,
            held: Held::default(),
        }
    }

    /// The session as the store knows it.
    pub(crate) fn session_id(&self) -> SessionId {
        (self.launch, self.session)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.view.own.id.mysql
    }

    pub(crate) fn executes(&self, now: Timestamp) -> bool {
        self.alive && self.held.executor <= now
    }

    /// Its mysqld runs and answers.
    pub(crate) fn serves(&self, now: Timestamp) -> bool {
        self.server_moves(now) && self.server.answers <= now
    }

    /// Its mysqld runs and is not stopped.
    pub(crate) fn server_moves(&self, now: Timestamp) -> bool {
        self.server.running && self.held.server <= now
    }
}
