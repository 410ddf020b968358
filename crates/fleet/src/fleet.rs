//! The fleet: the framework and its clusters. Routes one event to where it is decided; moves the state.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    ClusterName, Dice, Timestamp,
    wire::state::{Instance, SavedFramework, SavedInstance},
};

use crate::{
    Action, Change, Config, Decision, Event, admit,
    change::{Count, Noted, Touched},
    cleanup,
    cluster::Cluster,
    config::{RELEASES_MOST, StorageMode},
    demand::{Demand, Wanted},
    event::{Slot, StoreState},
    framework::{self, Link, LinkState},
    needs::Sighted,
    offers,
    owed::{Asked, Duty},
    reconcile::{self, Reconciliation},
    release::{self, Sweep},
    task, timer,
};

/// Everything the scheduler knows.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub(crate) config: Config,
    pub(crate) loaded: bool,
    pub(crate) store: StoreState,
    pub(crate) framework: Option<SavedFramework>,
    pub(crate) clusters: BTreeMap<ClusterName, Cluster>,
    pub(crate) link: Link,
    pub(crate) reconciliation: Reconciliation,
    pub(crate) demand: Demand,
    pub(crate) sweep: Sweep,
    pub(crate) asked: BTreeMap<Duty, Asked>,
    pub(crate) counts: BTreeMap<Count, u64>,
}

/// One turn of the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How the state moved, for the log.
    pub changes: Vec<Change>,
    /// What must be saved before any action.
    pub touched: BTreeSet<Touched>,
    /// What to do then, in order.
    pub actions: Vec<Action>,
}

/// One turn: decides, moves the state, and adds what the state alone says is still to be done.
pub fn step(fleet: &mut Fleet, now: Timestamp, event: &Event, dice: &mut Dice) -> Step {
    let Decision { mut changes, mut actions } = decide(fleet, now, event, dice);
    for change in &changes {
        fleet.apply(change);
    }
    // A task is named in `spec` before it is launched: records first.
    let mut first_accept =
        actions.iter().position(|action| matches!(action, Action::Accept(_))).unwrap_or(actions.len());
    for (duty, owed) in fleet.owed_duties(now) {
        if duty.is_of_mesos() {
            actions.extend(owed);
        } else {
            let count = owed.len();
            actions.splice(first_accept..first_accept, owed);
            first_accept += count;
        }
        let asked = Change::Noted(Noted::Asked { duty, at: now });
        fleet.apply(&asked);
        changes.push(asked);
    }
    fleet.forget_fulfilled();
    let touched = changes
        .iter()
        .filter_map(|change| match change {
            Change::Durable(durable) => Some(durable.touches()),
            Change::Noted(_) => None,
        })
        .collect();
    Step { changes, touched, actions }
}

/// What one event leads to. Never fails; what makes no sense is counted and changes nothing.
pub fn decide(fleet: &Fleet, now: Timestamp, event: &Event, dice: &mut Dice) -> Decision {
    let mut d = Decision::default();
    if fleet.is_ready() {
        route(fleet, now, event, dice, &mut d);
    } else {
        hold(fleet, now, event, dice, &mut d);
    }
    d
}

/// While nothing may be decided: offers go back, wishes are refused, updates are left to be repeated.
fn hold(fleet: &Fleet, now: Timestamp, event: &Event, dice: &mut Dice, d: &mut Decision) {
    match event {
        Event::Loaded(loaded) if !fleet.loaded => framework::loaded(&fleet.config, now, loaded, d),
        Event::Store(state) => {
            d.note(Noted::Store(*state));
            if *state == StoreState::Writable && fleet.is_subscribed() {
                reconcile::begin(fleet, now, dice, d); // What was said meanwhile was not listened to.
            }
        }
        Event::Subscribed { framework_id } if fleet.loaded => {
            framework::subscribed(fleet, now, framework_id, dice, d);
        }
        Event::Disconnected { why } => d.note(Noted::Disconnected { at: now, why: why.clone() }),
        Event::FrameworkLost { message } => {
            d.note(Noted::FrameworkLost { at: now, why: message.clone() });
        }
        Event::Offers(batch) => offers::decline_all(batch, d),
        // Seen once, and perhaps not again for long.
        Event::MembersSeen { .. } => seen(now, event, d),
        Event::Requested { id, .. } => admit::not_now(fleet, *id, d),
        Event::Loaded(_)
        | Event::Subscribed { .. }
        | Event::Rescinded(_)
        | Event::Update(_)
        | Event::Failure { .. }
        | Event::Operation(_)
        | Event::Done(_)
        | Event::Failed { .. } => d.count(Count::Ignored),
        Event::Tick => {}
    }
}

fn route(fleet: &Fleet, now: Timestamp, event: &Event, dice: &mut Dice, d: &mut Decision) {
    match event {
        Event::Loaded(_) => d.count(Count::Ignored),
        Event::Store(state) => d.note(Noted::Store(*state)),
        Event::Subscribed { framework_id } => framework::subscribed(fleet, now, framework_id, dice, d),
        Event::Disconnected { why } => d.note(Noted::Disconnected { at: now, why: why.clone() }),
        Event::FrameworkLost { message } => {
            d.note(Noted::FrameworkLost { at: now, why: message.clone() });
        }
        Event::Offers(batch) => offers::decide(fleet, now, batch, dice, d),
        Event::Rescinded(_) => d.count(Count::OfferRescinded),
        Event::Update(update) => task::update(fleet, now, update, dice, d),
        Event::Failure { agent, executor } => reconcile::suspect(fleet, agent, executor.as_deref(), d),
        Event::Requested { id, request, drawn } => admit::request(fleet, now, (*id, request), drawn, d),
        Event::MembersSeen { .. } => seen(now, event, d),
        Event::Operation(update) => release::operation(fleet, update, d),
        Event::Done(outcome) => cleanup::done(fleet, outcome, d),
        Event::Failed { what, .. } => cleanup::failed(fleet, what, d),
        Event::Tick => timer::tick(fleet, now, dice, d),
    }
}

fn seen(now: Timestamp, event: &Event, d: &mut Decision) {
    let Event::MembersSeen { cluster, members, published, needs, data } = event else { return };
    let present = members.len() + published;
    let sighted = Box::new(Sighted { needs: needs.clone(), data: data.clone() });
    d.note(Noted::MembersSeen { cluster: cluster.clone(), present, at: now, sighted });
}

impl Fleet {
    /// A fleet that knows nothing yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            loaded: false,
            store: StoreState::Writable,
            framework: None,
            clusters: BTreeMap::new(),
            link: Link::default(),
            reconciliation: Reconciliation::default(),
            demand: Demand::default(),
            sweep: Sweep::default(),
            asked: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// The framework's saved record.
    pub fn framework(&self) -> Option<&SavedFramework> {
        self.framework.as_ref()
    }

    /// A cluster. To be saved: `saved`, with `credentials` sealed into it.
    pub fn cluster(&self, name: &ClusterName) -> Option<&Cluster> {
        self.clusters.get(name)
    }

    /// All clusters, in order of creation.
    pub fn clusters(&self) -> Vec<&Cluster> {
        let mut clusters: Vec<&Cluster> = self.clusters.values().collect();
        clusters.sort_by_key(|cluster| cluster.saved.sequence);
        clusters
    }

    /// The connection to Mesos.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Whether the saved state has been read and believed.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether the first reconciliation of this subscription has ended.
    pub fn is_reconciled(&self) -> bool {
        self.is_subscribed() && self.reconciliation.first_done
    }

    /// What was counted since the start.
    pub fn count(&self, what: Count) -> u64 {
        self.counts.get(&what).copied().unwrap_or(0)
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.loaded && self.store == StoreState::Writable
    }

    /// Whether Mesos says that our framework id is dead.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.link.state, LinkState::Lost { .. })
    }

    pub(crate) fn is_subscribed(&self) -> bool {
        self.link.state == LinkState::Subscribed
    }

    /// Whether offers are wanted: for a place, or to give something back.
    pub(crate) fn wanted_offers(&self) -> Wanted {
        if self.has_pending() {
            Wanted::Some
        } else if self.all_releasing().next().is_some() || self.has_lost_homes() {
            Wanted::Sweep
        } else {
            Wanted::None
        }
    }

    /// Whether a volume may turn up on an agent that comes back under another id.
    fn has_lost_homes(&self) -> bool {
        let lost = |instance: &SavedInstance| {
            instance.home.is_some() && matches!(instance.state, Instance::Unreachable { .. })
        };
        self.clusters.values().flat_map(|cluster| cluster.saved.instances.values()).any(lost)
    }

    /// Whether some slot looks for a place. A slot that is down does so once its timer has moved it.
    pub(crate) fn has_pending(&self) -> bool {
        self.clusters.values().any(Cluster::has_pending)
    }

    /// How many fresh uuids the next batch of offers should carry.
    pub fn uuids_wanted(&self, now: Timestamp) -> usize {
        let waiting: usize = self.clusters.values().map(|cluster| cluster.waiting(now).count()).sum();
        let each = match self.config.storage {
            StorageMode::Volumes => 2, // The task's, and that of its reservation.
            StorageMode::Sandbox => 1,
        };
        waiting.min(offers::LAUNCHES_MOST) * each + self.all_releasing().count().min(RELEASES_MOST)
    }

    /// When a [`Event::Tick`] would matter next.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let timers = timer::timers(self).into_iter().map(|(at, _)| at);
        timers.chain(self.owed_at()).min()
    }

    /// What a slot is doing.
    pub fn instance(&self, slot: &Slot) -> Option<&Instance> {
        let cluster = self.clusters.get(&slot.cluster)?;
        cluster.saved.instances.get(&slot.ordinal).map(|instance| &instance.state)
    }
}
