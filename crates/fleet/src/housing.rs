//! How the home of a slot changes: what it enters, what it leaves behind, what proves that it is there.

use std::collections::BTreeMap;

use mysos_model::{
    ClusterName, Ordinal, Timestamp,
    wire::{
        home::{Home, HomeStage, Releasing, ReservationId},
        state::{Instance, Stage},
    },
};

use crate::{Fleet, change::Touched, cluster::Cluster, event::Slot, needs::Sighted};

/// A step of what is reserved for slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeChange {
    /// A reservation and a volume are about to be asked for, or taken again. What the slot had before is to be released.
    Entered {
        /// The slot.
        slot: Slot,
        /// Its new home.
        home: Box<Home>,
    },
    /// The volume of a slot is there.
    Made {
        /// The slot.
        slot: Slot,
    },
    /// A slot gives up its home, to be placed anew.
    Left {
        /// The slot.
        slot: Slot,
        /// When.
        at: Timestamp,
    },
    /// A slot takes back a home that it had given up, and gives up the one it has.
    Back {
        /// The slot.
        slot: Slot,
        /// The home.
        reservation: ReservationId,
        /// When.
        at: Timestamp,
    },
    /// A home that no slot has is gone.
    Released {
        /// The cluster.
        cluster: ClusterName,
        /// The home.
        reservation: ReservationId,
    },
    /// A home of a deleted cluster could not be released: its agent is away.
    Orphaned {
        /// It.
        releasing: Box<Releasing>,
    },
    /// Such a home is gone.
    OrphanReleased {
        /// It.
        reservation: ReservationId,
    },
}

impl HomeChange {
    /// The saved record that changes.
    pub(crate) fn touches(&self) -> Touched {
        match self {
            Self::Entered { slot, .. }
            | Self::Made { slot }
            | Self::Left { slot, .. }
            | Self::Back { slot, .. } => Touched::Cluster(slot.cluster.clone()),
            Self::Released { cluster, .. } => Touched::Cluster(cluster.clone()),
            Self::Orphaned { .. } | Self::OrphanReleased { .. } => Touched::Framework,
        }
    }
}

impl Fleet {
    /// How many volumes there are, by what is known of them.
    pub fn volumes(&self) -> BTreeMap<&'static str, usize> {
        let mut counted: BTreeMap<&'static str, usize> =
            ["asked", "made", "filled", "releasing", "orphaned"].map(|kind| (kind, 0)).into();
        let homes = self.clusters.values().flat_map(|cluster| cluster.saved.instances.values());
        let stages = homes.filter_map(|instance| Some(instance.home.as_ref()?.stage.as_str()));
        let rest = self.all_releasing().map(|(cluster, _)| cluster.map_or("orphaned", |_| "releasing"));
        for kind in stages.chain(rest) {
            *counted.entry(kind).or_default() += 1;
        }
        counted
    }
}

impl Cluster {
    /// What is still to be given back before the cluster's name is free, in words.
    pub fn gives_back(&self) -> Vec<String> {
        let words = |releasing: &Releasing| {
            let (volume, host) = (&releasing.home.volume, &releasing.home.place.host);
            format!("volume {volume} on {host} is to be given back, since {}", releasing.since)
        };
        self.saved.releasing.values().map(words).collect()
    }
}

/// What a state of a slot says of its home: an executor that has spoken has its volume.
pub(crate) fn proven_by(state: &Instance) -> HomeStage {
    match state {
        Instance::Running { .. } => HomeStage::Filled,
        Instance::Launching { stage: Stage::Starting, .. } => HomeStage::Made,
        Instance::Launching { stage: Stage::Reserving | Stage::Staging, .. }
        | Instance::Pending { .. }
        | Instance::Stopping { .. }
        | Instance::Down { .. }
        | Instance::Unreachable { .. }
        | Instance::NeedsOperator { .. } => HomeStage::Asked,
    }
}

/// The slot has this home from now on; another one that it had is to be released.
pub(crate) fn enter(cluster: &mut Cluster, ordinal: Ordinal, home: &Home) {
    let Some(instance) = cluster.saved.instances.get(&ordinal) else { return };
    if instance.home.as_ref().is_some_and(|before| before.reservation != home.reservation) {
        leave(cluster, ordinal, home.since);
    }
    cluster.saved.releasing.remove(&home.reservation);
    if let Some(instance) = cluster.saved.instances.get_mut(&ordinal) {
        instance.home = Some(home.clone());
    }
}

/// The slot has no home any more.
pub(crate) fn leave(cluster: &mut Cluster, ordinal: Ordinal, at: Timestamp) {
    let Some(instance) = cluster.saved.instances.get_mut(&ordinal) else { return };
    if let Some(home) = instance.home.take() {
        let releasing = Releasing { ordinal, home, since: at };
        cluster.saved.releasing.insert(releasing.home.reservation.clone(), releasing);
    }
}

/// The slot has a home again that it had left, and leaves the one it has.
pub(crate) fn go_back(cluster: &mut Cluster, (ordinal, to): (Ordinal, &ReservationId), at: Timestamp) {
    let Some(back) = cluster.saved.releasing.get(to).filter(|back| back.ordinal == ordinal).cloned() else {
        return;
    };
    leave(cluster, ordinal, at);
    enter(cluster, ordinal, &back.home);
}

/// The volume is there.
pub(crate) fn made(cluster: &mut Cluster, ordinal: Ordinal) {
    let Some(instance) = cluster.saved.instances.get_mut(&ordinal) else { return };
    if let Some(home) = &mut instance.home {
        home.stage = home.stage.max(HomeStage::Made);
    }
    if let Instance::Launching { stage, .. } = &mut instance.state
        && *stage == Stage::Reserving
    {
        *stage = Stage::Staging;
    }
}

/// What the records say now. Answers whether something may be released that could not be before.
pub(crate) fn sight(cluster: &mut Cluster, (present, at): (usize, Timestamp), sighted: &Sighted) -> bool {
    let before = cluster.may_release();
    if cluster.seen.sighted.needs != sighted.needs {
        cluster.seen.needs_since = at;
    }
    cluster.seen.present = Some(present);
    cluster.seen.sighted.clone_from(sighted);
    !before && cluster.may_release() && !cluster.saved.releasing.is_empty()
}
