//! One verdict for each offer, in the turn it comes: accepted, or declined for a time that says why.
//!
//! No offer is kept: on most clusters Mesos never takes a held offer back, and nobody else gets it.
//! When nothing waits for a place offers are suppressed; a new wish revives them, and with that clears
//! every refusal.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use mysos_model::{
    Dice, Host, Ordinal, TaskId, Timestamp,
    wire::state::{Instance, Stage},
};

use crate::{
    Action, Decision, Fleet,
    action::{Accept, Launch},
    change::{Count, Durable, Noted},
    cluster::Cluster,
    config::{REFUSE_LONG, REFUSE_NOT_READY, REFUSE_REMAINDER, REFUSE_TOO_SMALL},
    event::{OfferId, Offers, Slot},
    place::{Stock, Taken},
};

/// Most tasks launched from one batch: the save and the call that follow stay well below 1 MB.
pub(crate) const LAUNCHES_MOST: usize = 64;

/// Why an offer does not fit a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// Cpus.
    TooLittleCpus,
    /// Memory.
    TooLittleMem,
    /// Disk.
    TooLittleDisk,
    /// Two ports are needed.
    TooLittlePorts,
    /// The host has, or may have, a member of the cluster.
    HostTaken,
}

impl Misfit {
    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLittleCpus => "too_little_cpus",
            Self::TooLittleMem => "too_little_mem",
            Self::TooLittleDisk => "too_little_disk",
            Self::TooLittlePorts => "too_little_ports",
            Self::HostTaken => "host_taken",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLittleCpus => "too little cpus",
            Self::TooLittleMem => "too little mem",
            Self::TooLittleDisk => "too little disk",
            Self::TooLittlePorts => "too few ports",
            Self::HostTaken => "host already has a member",
        }
    }
}

/// How many offers did not fit, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals {
    /// Offers looked at, those of one agent together.
    pub looked_at: u32,
    /// Of them, by the first reason found.
    pub by: BTreeMap<Misfit, u32>,
}

impl Refusals {
    pub(crate) fn one(misfit: Misfit) -> Self {
        Self { looked_at: 1, by: [(misfit, 1)].into() }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.looked_at = self.looked_at.saturating_add(more.looked_at);
        for (misfit, count) in &more.by {
            let sum = self.by.entry(*misfit).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

impl Fleet {
    /// Why offers did not fit a slot, since it waits.
    pub fn refusals(&self, slot: &Slot) -> Option<&Refusals> {
        self.clusters.get(&slot.cluster)?.seen.refusals.get(&slot.ordinal)
    }
}

/// While nothing may be decided.
pub(crate) fn decline_all(batch: &Offers, d: &mut Decision) {
    decline(batch.offers.iter().map(|offer| offer.id.clone()), REFUSE_NOT_READY, d);
}

fn decline(offers: impl IntoIterator<Item = OfferId>, refuse: Duration, d: &mut Decision) {
    let offers: Vec<OfferId> = offers.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    if offers.is_empty() {
        return;
    }
    d.count_all(Count::OfferDeclined, offers.len());
    d.act(Action::Decline { offers, refuse });
}

/// One batch of offers.
pub(crate) fn decide(fleet: &Fleet, now: Timestamp, batch: &Offers, dice: &mut Dice, d: &mut Decision) {
    d.note(Noted::OffersSeen { at: now });
    if !fleet.is_reconciled() {
        decline_all(batch, d);
        return;
    }
    let mut placing = Placing::new(fleet, now, batch);
    let waiting: Vec<Slot> = waiting(fleet, now);
    let mut uuids = batch.uuids.iter().take(LAUNCHES_MOST);
    let mut unplaced = 0;
    for slot in waiting {
        if placing.place(&slot, &mut uuids, dice, d).is_none() {
            unplaced += 1;
        }
    }
    placing.answer(unplaced, d);
}

/// Slots that wait, of older clusters first.
fn waiting(fleet: &Fleet, now: Timestamp) -> Vec<Slot> {
    let of = |cluster: &Cluster| -> Vec<Slot> {
        let name = &cluster.saved.name;
        cluster.waiting(now).map(|ordinal| Slot { cluster: name.clone(), ordinal }).collect()
    };
    fleet.clusters().into_iter().flat_map(of).collect()
}

/// One batch while it is given out.
struct Placing<'a> {
    fleet: &'a Fleet,
    now: Timestamp,
    stocks: Vec<Stock>,
    launches: BTreeMap<usize, Vec<Launch>>,
    /// Stocks that were too small for something: worth another look soon.
    small: BTreeSet<usize>,
    /// Stocks that something would have fitted, had there been an id for its task.
    again: BTreeSet<usize>,
    /// Members on each host, those placed in this turn included.
    members: BTreeMap<Host, usize>,
}

impl<'a> Placing<'a> {
    fn new(fleet: &'a Fleet, now: Timestamp, batch: &Offers) -> Self {
        let mut stocks: Vec<Stock> = Vec::new();
        for offer in &batch.offers {
            match stocks.iter_mut().find(|stock| stock.joins(offer)) {
                Some(stock) => stock.add(offer),
                None => stocks.push(Stock::new(offer)),
            }
        }
        let mut members: BTreeMap<Host, usize> = BTreeMap::new();
        for host in fleet.clusters.values().flat_map(Cluster::hosts) {
            *members.entry(host.clone()).or_default() += 1;
        }
        Self {
            fleet,
            now,
            stocks,
            launches: BTreeMap::new(),
            small: BTreeSet::new(),
            again: BTreeSet::new(),
            members,
        }
    }

    /// Gives a slot the best place there is; `None` if there is none.
    fn place<'u>(
        &mut self,
        slot: &Slot,
        uuids: &mut impl Iterator<Item = &'u String>,
        dice: &mut Dice,
        d: &mut Decision,
    ) -> Option<()> {
        let cluster = self.fleet.clusters.get(&slot.cluster)?;
        let (best, refusals) = self.search(cluster, slot.ordinal);
        if refusals.looked_at > 0 {
            d.note(Noted::Refused { slot: slot.clone(), refusals });
        }
        let at = best?;
        let task = uuids.next().and_then(|uuid| TaskId::new(&slot.cluster, slot.ordinal, uuid).ok());
        if task.is_none() {
            self.again.insert(at);
        }
        let task = task?;
        let share = &self.fleet.config.executor;
        let taken = self.stocks.get_mut(at)?.take(&cluster.saved.spec.size, share, dice)?;
        self.launch(at, (cluster, slot), (task, taken), d)
    }

    /// The best stock for a slot, and why the others are none.
    fn search(&mut self, cluster: &Cluster, ordinal: Ordinal) -> (Option<usize>, Refusals) {
        let size = &cluster.saved.spec.size;
        let failed_on =
            cluster.saved.instances.get(&ordinal).and_then(|i| i.history.last.as_ref()?.host.as_ref());
        let mut refusals = Refusals::default();
        let mut best = None;
        for (at, stock) in self.stocks.iter().enumerate() {
            if self.is_taken(cluster, stock) {
                refusals.add(&Refusals::one(Misfit::HostTaken));
            } else if let Some(misfit) = stock.lacks(size) {
                self.small.insert(at);
                refusals.add(&Refusals::one(misfit));
            } else {
                let members = self.members.get(&stock.host).copied().unwrap_or(0);
                let ranked = (stock.rank(size, members, failed_on), at);
                best = Some(best.map_or_else(|| ranked.clone(), |best: (_, usize)| best.min(ranked.clone())));
            }
        }
        (best.map(|(_, at)| at), refusals)
    }

    /// Whether the machine has a member of the cluster, also one given to it a moment ago.
    fn is_taken(&self, cluster: &Cluster, stock: &Stock) -> bool {
        let just_now = || {
            self.launches.values().flatten().any(|launch| {
                *launch.task.cluster() == cluster.saved.name
                    && (launch.place.agent == stock.agent || launch.place.host == stock.host)
            })
        };
        cluster.occupies(&stock.agent, &stock.host) || just_now()
    }

    fn launch(
        &mut self,
        at: usize,
        (cluster, slot): (&Cluster, &Slot),
        (task, taken): (TaskId, Taken),
        d: &mut Decision,
    ) -> Option<()> {
        let instance = cluster.saved.instances.get(&slot.ordinal)?;
        let spec = &cluster.saved.spec;
        let Taken { place, task_takes, executor_takes } = taken;
        *self.members.entry(place.host.clone()).or_default() += 1;
        d.save(Durable::InstanceMoved {
            slot: slot.clone(),
            to: Instance::Launching {
                place: place.clone(),
                task: task.clone(),
                stage: Stage::Staging,
                since: self.now,
            },
            history: instance.history.clone(),
        });
        d.count(Count::Launched);
        self.launches.entry(at).or_default().push(Launch {
            task,
            instance: instance.id.clone(),
            ordinal: slot.ordinal,
            place,
            flavor: spec.flavor,
            mem: spec.size.mem,
            disk: spec.size.disk,
            task_takes,
            executor_takes,
        });
        Some(())
    }

    /// The verdicts: what was used is accepted, the rest goes back.
    fn answer(mut self, unplaced: usize, d: &mut Decision) {
        let refuse = if unplaced > 0 { REFUSE_REMAINDER } else { REFUSE_LONG };
        let (mut again, mut too_small, mut useless) = (Vec::new(), Vec::new(), Vec::new());
        for (at, stock) in self.stocks.into_iter().enumerate() {
            if let Some(launches) = self.launches.remove(&at) {
                d.count_all(Count::OfferAccepted, stock.offers.len());
                let Stock { agent, role, offers, .. } = stock;
                d.act(Action::Accept(Accept { agent, role, offers, launches, refuse }));
            } else if self.again.contains(&at) {
                again.extend(stock.offers);
            } else if unplaced > 0 && self.small.contains(&at) {
                too_small.extend(stock.offers);
            } else {
                useless.extend(stock.offers);
            }
        }
        decline(again, REFUSE_REMAINDER, d);
        decline(too_small, REFUSE_TOO_SMALL, d);
        decline(useless, REFUSE_LONG, d);
    }
}
