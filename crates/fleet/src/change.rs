//! How the fleet's state moves. What must survive us is durable and is saved before anything is done;
//! what can be observed again is only noted.

use std::{collections::BTreeSet, time::Duration};

use mysos_model::{
    ClusterName, Generation, TaskId, Timestamp,
    record::Credentials,
    wire::state::{Abandoned, History, Instance, Leaving, SavedCluster, SavedFramework, Termination},
};

use crate::{
    event::{Loaded, Slot, StoreState},
    housing::HomeChange,
    misfit::Refusals,
    needs::Sighted,
    owed::Duty,
    release::SweepNote,
};

/// One step of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// To be saved before any action of the same decision is performed.
    Durable(Box<Durable>),
    /// Known again by observing the world.
    Noted(Noted),
}

/// Which saved record a durable change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// The framework's.
    Framework,
    /// A cluster's. If the fleet has no such cluster any more, the record is removed.
    Cluster(ClusterName),
}

/// A step that is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Durable {
    /// The first start: who we are.
    FrameworkFounded(SavedFramework),
    /// Mesos gave us an id.
    FrameworkNamed {
        /// The id.
        id: String,
    },
    /// A cluster is wanted.
    ClusterCreated {
        /// It and its slots.
        cluster: Box<SavedCluster>,
        /// Its secrets.
        credentials: Box<Credentials>,
    },
    /// Its records are in ZooKeeper.
    TreeMade {
        /// The cluster.
        cluster: ClusterName,
    },
    /// It is to be deleted.
    ClusterTerminating {
        /// The cluster.
        cluster: ClusterName,
        /// Since when, and by which operation.
        termination: Termination,
    },
    /// Nothing is left of it.
    ClusterRemoved {
        /// The cluster.
        cluster: ClusterName,
    },
    /// A slot is in another state.
    InstanceMoved {
        /// The slot.
        slot: Slot,
        /// The state.
        to: Instance,
        /// How its tasks ended so far.
        history: History,
    },
    /// Something about a home: what is reserved for a slot, and its volume.
    Home(HomeChange),
    /// A slot of a deleted cluster has nothing running and is gone.
    InstanceRemoved {
        /// The slot.
        slot: Slot,
        /// When.
        at: Timestamp,
    },
    /// A task has no slot and is to end.
    TaskLeaving {
        /// The task.
        task: TaskId,
        /// Where it is.
        leaving: Leaving,
    },
    /// Such a task has ended, or is forgotten.
    TaskLeft {
        /// The task.
        task: TaskId,
        /// When.
        at: Timestamp,
    },
    /// A task of a deleted cluster is given up: Mesos cannot reach it.
    TaskAbandoned {
        /// The task.
        task: TaskId,
        /// Where it was.
        abandoned: Abandoned,
    },
    /// Such a task has ended after all.
    AbandonedEnded {
        /// The task.
        task: TaskId,
    },
}

/// A step that is not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// The saved state is in memory.
    Loaded(Box<Loaded>, Timestamp),
    /// Saving works, or not.
    Store(StoreState),
    /// Subscribed, and the questions begin.
    Subscribed {
        /// When.
        at: Timestamp,
    },
    /// Not subscribed.
    Disconnected {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
    /// The framework id is dead.
    FrameworkLost {
        /// When.
        at: Timestamp,
        /// What Mesos said.
        why: String,
    },
    /// A pass of questions begins.
    PassBegan {
        /// When.
        at: Timestamp,
    },
    /// A round of questions went out.
    RoundAsked {
        /// When the next is due.
        next: Timestamp,
    },
    /// Mesos said something of a task.
    Heard {
        /// The task.
        task: TaskId,
    },
    /// All has been answered, or waited for long enough.
    PassEnded {
        /// When the next pass begins.
        next: Timestamp,
        /// Tasks that Mesos said nothing of.
        silent: BTreeSet<TaskId>,
    },
    /// Offers came.
    OffersSeen {
        /// When.
        at: Timestamp,
    },
    /// Why the offers of one batch did not fit a slot.
    Refused {
        /// The slot.
        slot: Slot,
        /// By reason.
        refusals: Refusals,
    },
    /// An action that is owed went out.
    Asked {
        /// Which.
        duty: Duty,
        /// When.
        at: Timestamp,
    },
    /// A revive or suppress did not get through.
    ToggleFailed,
    /// `spec` is in ZooKeeper in this generation.
    SpecWritten {
        /// The cluster.
        cluster: ClusterName,
        /// The generation.
        generation: Generation,
    },
    /// The discovery tree is gone.
    DiscoverRemoved {
        /// The cluster.
        cluster: ClusterName,
    },
    /// What members and discovery nodes there are.
    MembersSeen {
        /// The cluster.
        cluster: ClusterName,
        /// How many of both.
        present: usize,
        /// When.
        at: Timestamp,
        /// Which data is needed, and who has it.
        sighted: Box<Sighted>,
    },
    /// Something about what is to be released.
    Sweep(SweepNote),
    /// An operation for a slot was refused.
    OperationRefused {
        /// The slot.
        slot: Slot,
        /// In Mesos' words.
        text: String,
    },
    /// Something worth counting.
    Counted {
        /// What.
        what: Count,
        /// How often it happened.
        times: u64,
    },
}

/// What is counted, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// Events that came before the saved state, or while it could not be saved.
    Ignored,
    /// Updates of tasks that are not in Mysos' form.
    ForeignTask,
    /// Running tasks of clusters we do not know; left alone.
    OrphanTask,
    /// Updates that say what is known already, or that came late.
    StaleUpdate,
    /// Updates in a state that this version does not know.
    UnknownState,
    /// Running tasks that no slot has; ended.
    StrayTask,
    /// Launches.
    Launched,
    /// Tasks that ended without being asked to.
    TaskEnded,
    /// Offers accepted.
    OfferAccepted,
    /// Offers declined.
    OfferDeclined,
    /// Offers rescinded.
    OfferRescinded,
    /// Actions that failed.
    ActionFailed,
    /// Volumes asked for.
    VolumeAsked,
    /// Volumes and reservations that were released.
    VolumeReleased,
    /// Volumes with our labels that no record names; left alone.
    OrphanVolume,
    /// Operations that Mesos refused.
    OperationRefused,
}

impl Durable {
    /// The saved record that changes.
    pub fn touches(&self) -> Touched {
        match self {
            Self::FrameworkFounded(_)
            | Self::FrameworkNamed { .. }
            | Self::TaskAbandoned { .. }
            | Self::AbandonedEnded { .. } => Touched::Framework,
            Self::ClusterCreated { cluster, .. } => Touched::Cluster(cluster.name.clone()),
            Self::TreeMade { cluster }
            | Self::ClusterTerminating { cluster, .. }
            | Self::ClusterRemoved { cluster } => Touched::Cluster(cluster.clone()),
            Self::Home(change) => change.touches(),
            Self::InstanceMoved { slot, .. } | Self::InstanceRemoved { slot, .. } => {
                Touched::Cluster(slot.cluster.clone())
            }
            Self::TaskLeaving { task, .. } | Self::TaskLeft { task, .. } => {
                Touched::Cluster(task.cluster().clone())
            }
        }
    }
}

/// What one event led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Steps of the state, in order.
    pub changes: Vec<Change>,
    /// What to do once they are saved, in order.
    pub actions: Vec<crate::action::Action>,
}

impl Decision {
    pub(crate) fn save(&mut self, change: Durable) {
        self.changes.push(Change::Durable(Box::new(change)));
    }

    pub(crate) fn note(&mut self, change: Noted) {
        self.changes.push(Change::Noted(change));
    }

    pub(crate) fn count(&mut self, what: Count) {
        self.count_all(what, 1);
    }

    pub(crate) fn count_all(&mut self, what: Count, times: usize) {
        self.note(Noted::Counted { what, times: times as u64 });
    }

    pub(crate) fn act(&mut self, action: crate::action::Action) {
        self.actions.push(action);
    }
}

/// How long until something is due, doubling with each time it was done.
pub(crate) fn doubled(first: Duration, longest: Duration, times: u32) -> Duration {
    first.saturating_mul(1u32.checked_shl(times.min(31)).unwrap_or(u32::MAX)).min(longest)
}
