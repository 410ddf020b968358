//! Where a slot goes: what must hold, then which of the rest is best, then what is taken.
//!
//! A machine holds at most one member of a cluster. Among the machines that fit, a derived order decides.

use mysos_model::{
    Bytes, Dice, Host, MilliCpus,
    size::{InstanceSize, MIB},
    wire::state::{AgentId, Place},
};

use crate::{
    event::{Amount, Offer, OfferId},
    offers::Misfit,
};

/// Which of several machines is better for a slot: the least. Compared in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlacementRank {
    /// The slot's last task failed here: try another machine first.
    pub(crate) failed_here: bool,
    /// Members of any cluster on the machine: its loss should cost as little as possible.
    pub(crate) members: usize,
    /// What memory would be left over: a tight fit leaves the large machines for large instances.
    pub(crate) spare_mem: Bytes,
    /// The same of cpus.
    pub(crate) spare_cpus: MilliCpus,
    /// So that the order is total.
    pub(crate) host: Host,
}

/// What one agent has on offer in one batch, less what has been given to slots already.
#[derive(Debug, Clone)]
pub(crate) struct Stock {
    pub(crate) agent: AgentId,
    pub(crate) host: Host,
    pub(crate) role: String,
    pub(crate) offers: Vec<OfferId>,
    pools: Vec<Amount>,
}

impl Stock {
    pub(crate) fn new(offer: &Offer) -> Self {
        let mut stock = Self {
            agent: offer.agent.clone(),
            host: offer.host.clone(),
            role: offer.role.clone(),
            offers: Vec::new(),
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
        self.pools.sort_by(|a, b| a.pool.cmp(&b.pool)); // Reserved ones are used up first.
    }

    fn cpus(&self) -> MilliCpus {
        MilliCpus(self.pools.iter().map(|pool| pool.cpus.0).sum())
    }

    fn mem(&self) -> Bytes {
        Bytes(self.pools.iter().map(|pool| pool.mem.0).sum())
    }

    fn disk(&self) -> Bytes {
        Bytes(self.pools.iter().map(|pool| pool.disk.0).sum())
    }

    fn ports(&self) -> u32 {
        self.pools.iter().flat_map(|pool| &pool.ports).map(|range| width(*range)).sum()
    }

    /// What there is too little of.
    pub(crate) fn lacks(&self, size: &InstanceSize) -> Option<Misfit> {
        let size = whole(size);
        [
            (self.cpus() < size.cpus, Misfit::TooLittleCpus),
            (self.mem() < size.mem, Misfit::TooLittleMem),
            (self.disk() < size.disk, Misfit::TooLittleDisk),
            (self.ports() < 2, Misfit::TooLittlePorts),
        ]
        .into_iter()
        .find_map(|(lacks, misfit)| lacks.then_some(misfit))
    }

    /// How good it is for an instance that it has room for.
    pub(crate) fn rank(
        &self,
        size: &InstanceSize,
        members: usize,
        failed_on: Option<&Host>,
    ) -> PlacementRank {
        let size = whole(size);
        PlacementRank {
            failed_here: failed_on == Some(&self.host),
            members,
            spare_mem: Bytes(self.mem().0.saturating_sub(size.mem.0)),
            spare_cpus: MilliCpus(self.cpus().0.saturating_sub(size.cpus.0)),
            host: self.host.clone(),
        }
    }

    /// Takes what an instance needs; `None` if it is not there, and then nothing is taken.
    pub(crate) fn take(
        &mut self,
        size: &InstanceSize,
        share: &InstanceSize,
        dice: &mut Dice,
    ) -> Option<Taken> {
        if self.lacks(size).is_some() {
            return None;
        }
        let (task, executor) = split(&whole(size), share);
        let executor_takes = self.draw(&executor);
        let mut task_takes = self.draw(&task);
        let mysql_port = self.draw_port(&mut task_takes, dice)?;
        let control_port = self.draw_port(&mut task_takes, dice)?;
        let place = Place { agent: self.agent.clone(), host: self.host.clone(), mysql_port, control_port };
        Some(Taken { place, task_takes, executor_takes })
    }

    /// Takes cpus, memory and disk, reserved ones first.
    fn draw(&mut self, size: &InstanceSize) -> Vec<Amount> {
        let (mut cpus, mut mem, mut disk) = (size.cpus.0, size.mem.0, size.disk.0);
        let mut taken = Vec::new();
        for pool in &mut self.pools {
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

    /// Takes one port. Not always the lowest: one that something else holds would be tried for ever.
    fn draw_port(&mut self, taken: &mut Vec<Amount>, dice: &mut Dice) -> Option<u16> {
        let pool = self.pools.iter_mut().find(|pool| pool.ports.iter().any(|range| width(*range) > 0))?;
        let total: u32 = pool.ports.iter().map(|range| width(*range)).sum();
        let port = remove_nth(&mut pool.ports, dice.below(u64::from(total)) as u32)?;
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

/// What one instance was given.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) place: Place,
    pub(crate) task_takes: Vec<Amount>,
    pub(crate) executor_takes: Vec<Amount>,
}

/// Mesos counts memory and disk in MiB: what is asked for is rounded up to whole ones.
fn whole(size: &InstanceSize) -> InstanceSize {
    let up = |bytes: Bytes| Bytes(bytes.mib().saturating_mul(MIB));
    InstanceSize { cpus: size.cpus, mem: up(size.mem), disk: up(size.disk) }
}

/// The task's part and the executor's. Of a very small instance the executor gets at most half.
fn split(size: &InstanceSize, share: &InstanceSize) -> (InstanceSize, InstanceSize) {
    let half = |bytes: Bytes| bytes.mib() / 2 * MIB;
    let executor = InstanceSize {
        cpus: MilliCpus(share.cpus.0.min(size.cpus.0 / 2)),
        mem: Bytes(share.mem.0.min(half(size.mem))),
        disk: Bytes(share.disk.0.min(half(size.disk))),
    };
    let task = InstanceSize {
        cpus: MilliCpus(size.cpus.0 - executor.cpus.0),
        mem: Bytes(size.mem.0 - executor.mem.0),
        disk: Bytes(size.disk.0 - executor.disk.0),
    };
    (task, executor)
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
