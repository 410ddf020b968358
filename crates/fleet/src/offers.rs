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
    Dice, Host, TaskId, Timestamp,
    wire::{
        home::{Home, HomeStage, ReservationId},
        state::{Instance, SavedInstance, Stage},
    },
};

use crate::{
    Action, Decision, Fleet,
    action::{Accept, Berth, Filled, Launch, Release, VolumeSource},
    change::{Count, Durable, Noted},
    cluster::Cluster,
    config::{REFUSE_LONG, REFUSE_NOT_READY, REFUSE_REMAINDER, REFUSE_SWEEP, REFUSE_TOO_SMALL},
    event::{OfferId, Offers, Slot},
    home::{self, Choice},
    housing::HomeChange,
    misfit::{Misfit, Refusals},
    place::{Bed, Need, Taken},
    release,
    stock::Stock,
};

/// Most tasks launched from one batch: the save and the call that follow stay well below 1 MB.
pub(crate) const LAUNCHES_MOST: usize = 64;

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
    let mut uuids = batch.uuids.iter();
    placing.look_for_the_lost(d);
    placing.release(&mut uuids, d);
    let mut waiting: Vec<Slot> = waiting(fleet, now);
    waiting.sort_by_key(|slot| !placing.shows_home_of(slot)); // Those that can go nowhere else come first.
    waiting.truncate(LAUNCHES_MOST);
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
    releases: BTreeMap<usize, Vec<Release>>,
    launches: BTreeMap<usize, Vec<Launch>>,
    /// Stocks that were too small for something: worth another look soon.
    small: BTreeSet<usize>,
    /// Stocks that something would have fitted, had there been an id for its task.
    again: BTreeSet<usize>,
    /// Stocks in which something is, or should be, that cannot be released just now.
    sweep: BTreeSet<usize>,
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
            releases: BTreeMap::new(),
            launches: BTreeMap::new(),
            small: BTreeSet::new(),
            again: BTreeSet::new(),
            sweep: BTreeSet::new(),
            members,
        }
    }

    /// Volumes that show up while their slots believe something else.
    fn look_for_the_lost(&mut self, d: &mut Decision) {
        for (at, stock) in self.stocks.iter().enumerate() {
            if home::notice(self.fleet, self.now, stock, d) {
                self.sweep.insert(at);
            }
        }
    }

    /// What nobody needs any more goes.
    fn release<'u>(&mut self, uuids: &mut impl Iterator<Item = &'u String>, d: &mut Decision) {
        for (at, stock) in self.stocks.iter().enumerate() {
            let found = release::look(self.fleet, self.now, stock, uuids, d);
            if found.look_again {
                self.sweep.insert(at);
            }
            if !found.releases.is_empty() {
                self.releases.insert(at, found.releases);
            }
        }
        for at in release::missed(self.fleet, self.now, &self.stocks, d) {
            self.sweep.insert(at);
        }
    }

    fn instance(&self, slot: &Slot) -> Option<(&'a Cluster, &'a SavedInstance)> {
        let cluster = self.fleet.clusters.get(&slot.cluster)?;
        Some((cluster, cluster.saved.instances.get(&slot.ordinal)?))
    }

    fn shows_home_of(&self, slot: &Slot) -> bool {
        let home = self.instance(slot).and_then(|(_, instance)| instance.home.as_ref());
        home.is_some_and(|home| self.stocks.iter().any(|stock| stock.holding(&home.reservation).is_some()))
    }

    /// Gives a slot the best place there is; `None` if there is none.
    fn place<'u>(
        &mut self,
        slot: &Slot,
        uuids: &mut impl Iterator<Item = &'u String>,
        dice: &mut Dice,
        d: &mut Decision,
    ) -> Option<()> {
        let (cluster, instance) = self.instance(slot)?;
        let (best, refusals) = self.search(cluster, instance);
        if refusals.looked_at > 0 {
            d.note(Noted::Refused { slot: slot.clone(), refusals });
        }
        let (at, bed) = best?;
        let task = uuids.next().and_then(|uuid| TaskId::new(&slot.cluster, slot.ordinal, uuid).ok());
        let reservation = match bed {
            Bed::Sandbox => None,
            Bed::New => Some(uuids.next().map(|uuid| ReservationId(uuid.clone()))),
            Bed::Reserved(home) | Bed::There(home) => Some(Some(home.reservation.clone())),
        };
        let (Some(task), true) = (task, reservation != Some(None)) else {
            self.again.insert(at);
            return None;
        };
        let need = self.need(cluster, bed);
        let taken = self.stocks.get_mut(at)?.take(&need, dice)?;
        self.launch(at, (slot, instance), (task, reservation.flatten(), taken), d)
    }

    fn need<'n>(&self, cluster: &'n Cluster, bed: Bed<'n>) -> Need<'n>
    where
        'a: 'n,
    {
        Need::new(&cluster.saved.spec.size, &self.fleet.config.executor, bed)
    }

    /// The best stock for a slot, and why the others are none.
    fn search(
        &mut self,
        cluster: &'a Cluster,
        instance: &'a SavedInstance,
    ) -> (Option<(usize, Bed<'a>)>, Refusals) {
        let need = self.need(cluster, Bed::New);
        match home::choose((self.fleet, self.now), instance, &need, &self.stocks) {
            Choice::Wait => {
                let looked_at = self.stocks.len() as u32;
                let by = [(Misfit::VolumeElsewhere, looked_at)].into();
                (None, Refusals { looked_at, by })
            }
            Choice::At(at, bed) if !self.is_beaten_to(cluster, instance, at) => {
                self.pinned(cluster, (at, bed))
            }
            Choice::At(..) => self.anywhere(cluster, instance, Bed::New),
            Choice::AnywhereBut(at, bed) => {
                let (best, refusals) = self.anywhere(cluster, instance, Bed::New);
                let elsewhere = best.filter(|(best, _)| {
                    let host = |at: usize| self.stocks.get(at).map(|stock| &stock.host);
                    host(*best) != host(at)
                });
                elsewhere.map_or_else(|| self.pinned(cluster, (at, bed)), |best| (Some(best), refusals))
            }
            Choice::Anywhere(bed) => self.anywhere(cluster, instance, bed),
        }
    }

    /// Whether another slot was given the machine while nobody knew whether this one's reservation was made.
    fn is_beaten_to(&self, cluster: &Cluster, instance: &SavedInstance, at: usize) -> bool {
        let asked = instance.home.as_ref().is_some_and(|home| home.stage == HomeStage::Asked);
        asked && self.stocks.get(at).is_some_and(|stock| self.is_taken(cluster, stock))
    }

    /// The one stock that a slot can use.
    fn pinned(
        &mut self,
        cluster: &'a Cluster,
        (at, bed): (usize, Bed<'a>),
    ) -> (Option<(usize, Bed<'a>)>, Refusals) {
        let need = self.need(cluster, bed);
        match self.stocks.get(at).and_then(|stock| stock.lacks(&need)) {
            Some(misfit) => {
                self.small.insert(at);
                (None, Refusals::one(misfit))
            }
            None => (Some((at, bed)), Refusals::default()),
        }
    }

    fn anywhere(
        &mut self,
        cluster: &'a Cluster,
        instance: &SavedInstance,
        bed: Bed<'a>,
    ) -> (Option<(usize, Bed<'a>)>, Refusals) {
        let need = self.need(cluster, bed);
        let failed_on = instance.history.last.as_ref().and_then(|last| last.host.as_ref());
        let mut refusals = Refusals::default();
        let mut best = None;
        for (at, stock) in self.stocks.iter().enumerate() {
            if self.is_taken(cluster, stock) {
                refusals.add(&Refusals::one(Misfit::HostTaken));
            } else if let Some(misfit) = stock.lacks(&need) {
                self.small.insert(at);
                refusals.add(&Refusals::one(misfit));
            } else {
                let members = self.members.get(&stock.host).copied().unwrap_or(0);
                let ranked = (stock.rank(&need, members, failed_on), at);
                best = Some(best.map_or_else(|| ranked.clone(), |best: (_, usize)| best.min(ranked.clone())));
            }
        }
        (best.map(|(_, at)| (at, bed)), refusals)
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
        (slot, instance): (&Slot, &SavedInstance),
        (task, reservation, taken): (TaskId, Option<ReservationId>, Taken),
        d: &mut Decision,
    ) -> Option<()> {
        let spec = &self.fleet.clusters.get(&slot.cluster)?.saved.spec;
        *self.members.entry(taken.place.host.clone()).or_default() += 1;
        if reservation.is_none() && instance.home.is_some() {
            d.save(Durable::Home(HomeChange::Left { slot: slot.clone(), at: self.now }));
        }
        let berth = reservation.and_then(|reservation| self.house((slot, instance), reservation, &taken, d));
        let asks = berth.as_ref().is_some_and(|berth| berth.source != VolumeSource::There);
        let stage = if asks { Stage::Reserving } else { Stage::Staging };
        let (place, since) = (taken.place.clone(), self.now);
        d.save(Durable::InstanceMoved {
            slot: slot.clone(),
            to: Instance::Launching { place, task: task.clone(), stage, since },
            history: instance.history.clone(),
        });
        d.count(Count::Launched);
        let berth = berth.map(|berth| Berth { attempt: task.to_string(), ..berth });
        let Taken { place, task_takes, executor_takes, .. } = taken;
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
            berth,
        });
        Some(())
    }

    /// Writes down what will be asked for.
    fn house(
        &self,
        (slot, instance): (&Slot, &SavedInstance),
        reservation: ReservationId,
        taken: &Taken,
        d: &mut Decision,
    ) -> Option<Berth> {
        let source = taken.volume.clone()?;
        let before = instance.home.as_ref().filter(|home| home.reservation == reservation);
        let stage = match source {
            VolumeSource::There => before.map_or(HomeStage::Made, |home| home.stage.max(HomeStage::Made)),
            VolumeSource::Made { .. } => HomeStage::Asked,
        };
        if source != VolumeSource::There {
            d.count(Count::VolumeAsked);
        }
        let volume = reservation.volume(&slot.cluster, slot.ordinal);
        let since = before.map_or(self.now, |home| home.since);
        let (place, reserved) = (taken.place.clone(), reservation.clone());
        let home = Home { reservation: reserved, volume: volume.clone(), place, stage, since };
        d.save(Durable::Home(HomeChange::Entered { slot: slot.clone(), home: Box::new(home) }));
        let filled = if stage == HomeStage::Filled { Filled::Yes } else { Filled::No };
        Some(Berth { reservation, volume, source, filled, attempt: String::new() })
    }

    /// The verdicts: what was used is accepted, the rest goes back.
    fn answer(mut self, unplaced: usize, d: &mut Decision) {
        let refuse = if unplaced > 0 { REFUSE_REMAINDER } else { REFUSE_LONG };
        let (mut again, mut sweep, mut too_small, mut useless) =
            <(Vec<_>, Vec<_>, Vec<_>, Vec<_>)>::default();
        for (at, stock) in self.stocks.into_iter().enumerate() {
            let launches = self.launches.remove(&at).unwrap_or_default();
            let releases = self.releases.remove(&at).unwrap_or_default();
            if !launches.is_empty() || !releases.is_empty() {
                d.count_all(Count::OfferAccepted, stock.offers.len());
                // What was given back must be seen to be gone.
                let refuse = if releases.is_empty() { refuse } else { refuse.min(REFUSE_SWEEP) };
                let Stock { agent, role, offers, .. } = stock;
                let feedback = self.fleet.sweep.feedback(&agent);
                d.act(Action::Accept(Accept { agent, role, offers, releases, launches, feedback, refuse }));
            } else if self.again.contains(&at) {
                again.extend(stock.offers);
            } else if self.sweep.contains(&at) {
                sweep.extend(stock.offers);
            } else if unplaced > 0 && self.small.contains(&at) {
                too_small.extend(stock.offers);
            } else {
                useless.extend(stock.offers);
            }
        }
        decline(again, REFUSE_REMAINDER, d);
        decline(sweep, REFUSE_SWEEP, d);
        decline(too_small, REFUSE_TOO_SMALL, d);
        decline(useless, REFUSE_LONG, d);
    }
}
