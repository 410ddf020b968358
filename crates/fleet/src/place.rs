//! Where a slot goes: what it needs, and which of the machines that have it is best.
//!
//! A machine holds at most one member of a cluster. Among the machines that fit, a derived order decides.

use mysos_model::{
    Bytes, Host, MilliCpus,
    size::{InstanceSize, MIB},
    wire::{
        home::{Home, ReservationId},
        state::Place,
    },
};

use crate::{action::VolumeSource, event::Amount};

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

/// Where the data of a slot is to lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bed<'a> {
    /// In the sandbox.
    Sandbox,
    /// In a volume that is to be made, in a reservation that is to be made.
    New,
    /// In a volume that is to be made, in a reservation that is there.
    Reserved(&'a Home),
    /// In a volume that is there.
    There(&'a Home),
}

impl<'a> Bed<'a> {
    /// The home, if there is one.
    pub(crate) fn home(self) -> Option<&'a Home> {
        match self {
            Self::Reserved(home) | Self::There(home) => Some(home),
            Self::Sandbox | Self::New => None,
        }
    }
}

/// What a slot needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    /// All of the instance.
    size: &'a InstanceSize,
    /// The executor's share of that.
    share: &'a InstanceSize,
    /// Where its data is to lie.
    pub(crate) bed: Bed<'a>,
}

/// The parts of an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// What the task takes.
    pub(crate) task: InstanceSize,
    /// What the executor takes, the volume apart.
    pub(crate) executor: InstanceSize,
    /// The volume that is to be made.
    pub(crate) volume: Option<Bytes>,
}

impl<'a> Need<'a> {
    pub(crate) fn new(size: &'a InstanceSize, share: &'a InstanceSize, bed: Bed<'a>) -> Self {
        Self { size, share, bed }
    }

    /// The reservation that only this slot may take from.
    pub(crate) fn own(&self) -> Option<&'a ReservationId> {
        self.bed.home().map(|home| &home.reservation)
    }

    /// All of it, in what Mesos counts in.
    pub(crate) fn whole(&self) -> InstanceSize {
        whole(self.size)
    }

    /// What goes where. With a volume all disk but the executor's is in the volume.
    pub(crate) fn parts(&self) -> Parts {
        let (task, executor) = split(&whole(self.size), self.share);
        let dry = InstanceSize { disk: Bytes(0), ..task };
        match self.bed {
            Bed::Sandbox => Parts { task, executor, volume: None },
            Bed::New | Bed::Reserved(_) => Parts { task: dry, executor, volume: Some(task.disk) },
            Bed::There(_) => Parts { task: dry, executor, volume: None },
        }
    }
}

/// What one instance was given.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) place: Place,
    pub(crate) task_takes: Vec<Amount>,
    pub(crate) executor_takes: Vec<Amount>,
    /// Where its volume comes from, if it has one.
    pub(crate) volume: Option<VolumeSource>,
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
