//! What one agent has on offer in one batch, less what has been given to slots already.

use mysos_model::{
    Bytes, Dice, Host, MilliCpus,
    size::InstanceSize,
    wire::{
        home::ReservationId,
        state::{AgentId, Place},
    },
};

use crate::{
    action::VolumeSource,
    event::{Amount, Holding, Offer, OfferId, Pool},
    misfit::Misfit,
    place::{Bed, Need, PlacementRank, Taken},
};

/// What there is.
#[derive(Debug, Clone)]
pub(crate) struct Stock {
    pub(crate) agent: AgentId,
    pub(crate) host: Host,
    pub(crate) role: String,
    pub(crate) offers: Vec<OfferId>,
    pub(crate) holdings: Vec<Holding>,
    pools: Vec<Amount>,
}

impl Stock {
    pub(crate) fn new(offer: &Offer) -> Self {
        let mut stock = Self {
            agent: offer.agent.clone(),
            host: offer.host.clone(),
            role: offer.role.clone(),
            offers: Vec::new(),
            holdings: Vec::new(),
            pools: Vec::new(),
        };
        stock.add(offer);
        stock
    }

    /// Whether an offer may be accepted together with these.
    pub(crate) fn joins(&self, offer: &Offer) -> bool {
        (&self.agent, &self.host, &self.role) == (&offer.agent, &offer.host, &offer.role)
    }

    pub(crate) fn add(&mut self, offer: &Offer) {
        self.offers.push(offer.id.clone());
        self.pools.extend(offer.pools.iter().cloned());
        for holding in &offer.holdings {
            self.pools.push(holding.amount.clone());
            match self.holdings.iter_mut().find(|there| there.reservation == holding.reservation) {
                // One part of it was in another offer.
                Some(there) => {
                    there.volume = there.volume.take().or_else(|| holding.volume.clone());
                    there.installation = there.installation.take().or_else(|| holding.installation.clone());
                }
                None => self.holdings.push(holding.clone()),
            }
        }
        self.pools.sort_by(|a, b| a.pool.cmp(&b.pool)); // Reserved ones are used up first.
    }

    /// What it shows of a reservation.
    pub(crate) fn holding(&self, reservation: &ReservationId) -> Option<&Holding> {
        self.holdings.iter().find(|holding| holding.reservation == *reservation)
    }

    /// What may be taken for a need: nothing that is reserved for another slot.
    fn open_to<'s>(&'s self, own: Option<&'s ReservationId>) -> impl Iterator<Item = &'s Amount> {
        self.pools.iter().filter(move |amount| is_open(&amount.pool, own))
    }

    fn sum(&self, need: &Need<'_>, of: impl Fn(&Amount) -> u64) -> u64 {
        self.open_to(need.own()).map(of).sum()
    }

    /// What there is too little of.
    pub(crate) fn lacks(&self, need: &Need<'_>) -> Option<Misfit> {
        let size = need.whole();
        let ports = |amount: &Amount| amount.ports.iter().map(|range| u64::from(width(*range))).sum();
        [
            (self.sum(need, |amount| amount.cpus.0) < size.cpus.0, Misfit::TooLittleCpus),
            (self.sum(need, |amount| amount.mem.0) < size.mem.0, Misfit::TooLittleMem),
            (self.lacks_disk(need), Misfit::TooLittleDisk),
            (self.sum(need, ports) < 2, Misfit::TooLittlePorts),
        ]
        .into_iter()
        .find_map(|(lacks, misfit)| lacks.then_some(misfit))
    }

    /// A volume cannot be put together from several pools.
    fn lacks_disk(&self, need: &Need<'_>) -> bool {
        let parts = need.parts();
        let volume = parts.volume.unwrap_or(Bytes(0));
        let total = parts.task.disk.0 + parts.executor.disk.0 + volume.0;
        let in_one = self.open_to(need.own()).any(|amount| amount.disk >= volume);
        self.sum(need, |amount| amount.disk.0) < total || !in_one
    }

    /// Whether a reservation's disk lies there without a volume in it.
    pub(crate) fn has_bare_disk(&self, reservation: &ReservationId, disk: Bytes) -> bool {
        let own = Pool::Own(reservation.clone());
        self.pools.iter().any(|amount| amount.pool == own && amount.disk >= disk)
    }

    /// How good it is for an instance that it has room for.
    pub(crate) fn rank(&self, need: &Need<'_>, members: usize, failed_on: Option<&Host>) -> PlacementRank {
        let size = need.whole();
        let spare = |there: u64, needed: u64| there.saturating_sub(needed);
        PlacementRank {
            failed_here: failed_on == Some(&self.host),
            members,
            spare_mem: Bytes(spare(self.sum(need, |amount| amount.mem.0), size.mem.0)),
            spare_cpus: MilliCpus(spare(self.sum(need, |amount| amount.cpus.0), size.cpus.0)),
            host: self.host.clone(),
        }
    }

    /// Takes what an instance needs; `None` if it is not there, and then nothing is taken.
    pub(crate) fn take(&mut self, need: &Need<'_>, dice: &mut Dice) -> Option<Taken> {
        if self.lacks(need).is_some() {
            return None;
        }
        let (own, parts) = (need.own(), need.parts());
        let volume = match (need.bed, parts.volume) {
            (Bed::There(_), _) => Some(VolumeSource::There),
            (_, Some(disk)) => Some(self.draw_volume(own, disk)?),
            (_, None) => None,
        };
        let executor_takes = self.draw(own, &parts.executor);
        let mut task_takes = self.draw(own, &parts.task);
        let before = need.bed.home().map(|home| &home.place);
        let mut port = |before: Option<u16>| self.draw_port(own, before, &mut task_takes, dice);
        let mysql_port = port(before.map(|place| place.mysql_port))?;
        let control_port = port(before.map(|place| place.control_port))?;
        let place = Place { agent: self.agent.clone(), host: self.host.clone(), mysql_port, control_port };
        Some(Taken { place, task_takes, executor_takes, volume })
    }

    fn draw_volume(&mut self, own: Option<&ReservationId>, disk: Bytes) -> Option<VolumeSource> {
        let fits = |amount: &&mut Amount| is_open(&amount.pool, own) && amount.disk >= disk;
        let amount = self.pools.iter_mut().find(fits)?;
        amount.disk.0 -= disk.0;
        Some(VolumeSource::Made { pool: amount.pool.clone(), disk })
    }

    /// Takes cpus, memory and disk, reserved ones first.
    fn draw(&mut self, own: Option<&ReservationId>, size: &InstanceSize) -> Vec<Amount> {
        let (mut cpus, mut mem, mut disk) = (size.cpus.0, size.mem.0, size.disk.0);
        let mut taken = Vec::new();
        for pool in self.pools.iter_mut().filter(|amount| is_open(&amount.pool, own)) {
            let amount = Amount {
                pool: pool.pool.clone(),
                cpus: MilliCpus(part(&mut pool.cpus.0, &mut cpus)),
                mem: Bytes(part(&mut pool.mem.0, &mut mem)),
                disk: Bytes(part(&mut pool.disk.0, &mut disk)),
                ports: Vec::new(),
            };
            if amount.cpus.0 + amount.mem.0 + amount.disk.0 > 0 {
                merge(&mut taken, amount);
            }
        }
        taken
    }

    /// Takes one port: the one it had before, if that is reserved for it. Else not always the lowest: one that
    /// something else holds would be tried for ever.
    fn draw_port(
        &mut self,
        own: Option<&ReservationId>,
        before: Option<u16>,
        taken: &mut Vec<Amount>,
        dice: &mut Dice,
    ) -> Option<u16> {
        let has_ports = |amount: &&mut Amount| {
            is_open(&amount.pool, own) && amount.ports.iter().any(|range| width(*range) > 0)
        };
        let pool = self.pools.iter_mut().find(has_ports)?;
        let total: u32 = pool.ports.iter().map(|range| width(*range)).sum();
        let kept = before.filter(|_| matches!(pool.pool, Pool::Own(_)));
        let kept = kept.and_then(|port| position(&pool.ports, port));
        let at = kept.unwrap_or_else(|| dice.below(u64::from(total)) as u32);
        let port = remove_nth(&mut pool.ports, at)?;
        let amount = Amount {
            pool: pool.pool.clone(),
            cpus: MilliCpus(0),
            mem: Bytes(0),
            disk: Bytes(0),
            ports: vec![(port, port)],
        };
        merge(taken, amount);
        Some(port)
    }
}

/// Whether a slot with this reservation, or with none, may take from a pool.
fn is_open(pool: &Pool, own: Option<&ReservationId>) -> bool {
    match pool {
        Pool::Own(reservation) => own == Some(reservation),
        Pool::Role(_) | Pool::Unreserved => true,
    }
}

/// Moves as much as there is and as is still needed.
fn part(there: &mut u64, needed: &mut u64) -> u64 {
    let moved = (*there).min(*needed);
    *there -= moved;
    *needed -= moved;
    moved
}

/// Adds an amount to the one of the same pool.
fn merge(amounts: &mut Vec<Amount>, more: Amount) {
    match amounts.iter_mut().find(|amount| amount.pool == more.pool) {
        Some(amount) => {
            amount.cpus.0 += more.cpus.0;
            amount.mem.0 += more.mem.0;
            amount.disk.0 += more.disk.0;
            amount.ports.extend(more.ports);
        }
        None => amounts.push(more),
    }
}

/// How many ports a range has.
fn width((first, last): (u16, u16)) -> u32 {
    (u32::from(last) + 1).saturating_sub(u32::from(first))
}

/// The place of a port among those of some ranges.
fn position(ranges: &[(u16, u16)], port: u16) -> Option<u32> {
    let mut before = 0;
    for (first, last) in ranges {
        if (*first..=*last).contains(&port) {
            return Some(before + u32::from(port - first));
        }
        before += width((*first, *last));
    }
    None
}

/// Takes the n-th port out of some ranges.
fn remove_nth(ranges: &mut Vec<(u16, u16)>, mut n: u32) -> Option<u16> {
    for at in 0..ranges.len() {
        let (first, last) = *ranges.get(at)?;
        if n >= width((first, last)) {
            n -= width((first, last));
            continue;
        }
        let port = first + n as u16;
        let below = (port > first).then(|| (first, port - 1));
        let above = (port < last).then(|| (port + 1, last));
        ranges.splice(at..=at, below.into_iter().chain(above));
        return Some(port);
    }
    None
}
