//! The loop of a leading scheduler: one event in, decide, save, perform. State has one owner, this; there is no lock.
//!
//! While nothing can be saved the driver is **frozen**: the fleet is told so and gives offers back, acknowledges
//! nothing and refuses wishes. A save that failed is not lost: its event is decided again when saving works.

mod dispatch;
mod freeze;
mod inputs;
mod notes;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use mysos_fleet::{
    Change, Config as FleetConfig, Event, Fleet, Step,
    change::Touched,
    config::Identity,
    decide,
    event::{Loaded, RequestId},
    request::Answer,
    step,
};
use mysos_model::{ClusterName, Dice, Timestamp};
use mysos_zk::{Leadership, ZkHandle};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{self, Chance, NoChance},
    config::Config,
    leader::Outside,
    mesos::Mesos,
    perform::Performer,
    records::{Lookout, Sighting},
    store::{SaveError, Saved, Store, Write},
    viewing::{self, Surroundings},
};
use freeze::Frozen;

/// The view is made at most this often, unless somebody is answered: a burst of updates makes one.
const VIEW_PAUSE: Duration = Duration::from_millis(50);

/// The view is made anew after this time even if nothing happened: it shows problems that time alone brings, and
/// that the loop turns.
const VIEW_AGE: Duration = Duration::from_secs(5);

/// Why a leadership ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// We were asked to stop.
    Stopped,
    /// Somebody else leads, or may. Everything is dropped; we follow.
    Lost(String),
    /// The saved state cannot be used with these flags. A person has to look.
    Halted(String),
}

/// What a driver works with.
pub(crate) struct Tools {
    /// ZooKeeper.
    pub(crate) zk: ZkHandle,
    /// Our right to act.
    pub(crate) leadership: Leadership,
    /// Where state is saved.
    pub(crate) store: Store,
    /// Our subscription.
    pub(crate) mesos: Mesos,
    /// Runs effects.
    pub(crate) performer: Performer,
    /// Watches the members' records.
    pub(crate) lookout: Lookout,
    /// What it sees.
    pub(crate) sightings: mpsc::Receiver<Sighting>,
}

/// The loop and its state.
pub(crate) struct Driver<'a> {
    config: &'a Config,
    outside: &'a mut Outside,
    tools: Tools,
    fleet: Fleet,
    chance: Chance,
    dice: Dice,
    answers: BTreeMap<RequestId, oneshot::Sender<Answer>>,
    next_request: u64,
    around: Surroundings,
    watched: BTreeSet<ClusterName>,
    frozen: Option<Frozen>,
    todo: VecDeque<Event>,
    view_due: Option<Timestamp>,
    published: Timestamp,
    trouble: notes::Trouble,
}

impl<'a> Driver<'a> {
    /// A driver that has loaded nothing yet.
    pub(crate) fn new(config: &'a Config, outside: &'a mut Outside, tools: Tools) -> Result<Self, NoChance> {
        let chance = Chance::default();
        let around = Surroundings { started: outside.started, ..Surroundings::default() };
        Ok(Self {
            fleet: Fleet::new(fleet_config(config)),
            dice: chance.dice()?,
            config,
            outside,
            tools,
            chance,
            answers: BTreeMap::new(),
            next_request: 0,
            around,
            watched: BTreeSet::new(),
            frozen: None,
            todo: VecDeque::new(),
            view_due: None,
            published: Timestamp::default(),
            trouble: notes::Trouble::default(),
        })
    }

    /// Leads until that ends.
    pub(crate) async fn run(mut self, saved: Saved, stop: &CancellationToken) -> Ended {
        let ended = self.lead(saved, stop).await.err().unwrap_or(Ended::Stopped);
        self.answer_the_rest();
        ended
    }

    async fn lead(&mut self, saved: Saved, stop: &CancellationToken) -> Result<(), Ended> {
        let drawn_uid = self.chance.uuid().map_err(no_chance)?;
        let loaded = Loaded { framework: saved.framework, clusters: saved.clusters, drawn_uid };
        self.turn(Event::Loaded(Box::new(loaded))).await?;
        loop {
            while let Some(event) = self.todo.pop_front() {
                self.turn(event).await?;
            }
            self.publish_if_due();
            let Some(input) = self.next_input(stop).await? else { return Ok(()) };
            self.take(input).await?;
        }
    }

    /// One event: decide, save, and only then move and perform.
    async fn turn(&mut self, event: Event) -> Result<(), Ended> {
        let now = clock::now();
        // Deciding is cheap and pure, so it is done twice rather than copying the fleet for each event.
        let decided = decide(&self.fleet, now, &event, &mut self.dice.clone());
        if !decided.changes.iter().any(|change| matches!(change, Change::Durable(_))) {
            let step = step(&mut self.fleet, now, &event, &mut self.dice);
            return self.carry_out(&event, step);
        }
        if let Some(frozen) = &mut self.frozen {
            frozen.hold(event);
            return Ok(());
        }
        let mut next = self.fleet.clone();
        let step = step(&mut next, now, &event, &mut self.dice);
        match self.tools.store.save(&writes(&next, &step.touched)).await {
            Ok(()) => {
                self.outside.metrics.saved();
                self.fleet = next;
                self.carry_out(&event, step)
            }
            Err(error) => self.not_saved(event, step, error),
        }
    }

    /// The state has moved and is saved: look after it, then perform.
    fn carry_out(&mut self, event: &Event, step: Step) -> Result<(), Ended> {
        self.note(event, &step);
        let answered = step.actions.iter().any(|action| matches!(action, mysos_fleet::Action::Answer { .. }));
        if answered {
            self.publish(clock::now());
        } else if !step.changes.is_empty() {
            self.view_soon();
        }
        step.actions.into_iter().try_for_each(|action| self.dispatch(action))
    }

    fn not_saved(&mut self, event: Event, step: Step, error: SaveError) -> Result<(), Ended> {
        self.outside.metrics.save_failed();
        match error {
            SaveError::Lost(why) => Err(Ended::Lost(why)),
            error => self.freeze(event, step, error),
        }
    }

    fn view_soon(&mut self) {
        self.view_due.get_or_insert(clock::now() + VIEW_PAUSE);
    }

    fn publish_if_due(&mut self) {
        let now = clock::now();
        let stale = now.since(self.published) >= VIEW_AGE;
        if stale || self.view_due.is_some_and(|due| due <= now) {
            self.publish(now);
        }
    }

    fn publish(&mut self, now: Timestamp) {
        self.view_due = None;
        self.published = now;
        self.around.zk_lost = self.frozen.as_ref().map(|frozen| frozen.since);
        let mut view = viewing::view(&self.fleet, &self.around, now);
        viewing::keep_beginnings(&mut view, &self.outside.view.borrow());
        self.outside.metrics.observe(&view);
        self.outside.view.send_replace(Arc::new(view));
    }
}

/// The records that a step touches, as they are after it.
fn writes(fleet: &Fleet, touched: &BTreeSet<Touched>) -> Vec<Write> {
    let write = |touched: &Touched| match touched {
        Touched::Framework => fleet.framework().cloned().map(Write::Framework),
        Touched::Cluster(name) => Some(match fleet.cluster(name) {
            Some(cluster) => Write::Cluster(Box::new((cluster.saved.clone(), cluster.credentials.clone()))),
            None => Write::Remove(name.clone()),
        }),
    };
    touched.iter().filter_map(write).collect()
}

fn fleet_config(config: &Config) -> FleetConfig {
    let identity = &config.framework.identity;
    FleetConfig {
        identity: Identity {
            user: identity.user.clone(),
            principal: Some(identity.principal.clone()),
            role: identity.role.clone(),
        },
        discovery_account: config.zk.discovery_account.as_ref().map(|account| account.text.clone()),
        reconcile_every: config.framework.reconciliation_interval,
        storage: config.framework.storage,
        ..FleetConfig::default()
    }
}

/// Without chance there are no ids and no passwords. A standby on another machine may do better.
fn no_chance(error: NoChance) -> Ended {
    Ended::Lost(error.to_string())
}
