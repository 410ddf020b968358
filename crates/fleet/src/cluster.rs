//! One cluster in memory: what is saved of it, its secrets, and what was seen of its records.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    Epoch, Generation, Host, Ordinal, TaskId, Timestamp,
    record::{Credentials, Extra, Goal, SpecRecord, WantedMember},
    wire::{
        home::HomeStage,
        state::{AgentId, Instance, SavedCluster, SavedInstance},
    },
};

use crate::{misfit::Refusals, needs::Sighted};

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What survives us. Its `credentials` field is empty: the store seals the next field into it.
    pub saved: SavedCluster,
    /// Its secrets.
    pub credentials: Credentials,
    pub(crate) seen: Seen,
}

/// What was observed and will be again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    /// The generation of `spec` that is in ZooKeeper.
    pub(crate) spec_written: Option<Generation>,
    /// Why offers did not fit, since each slot began to wait.
    pub(crate) refusals: BTreeMap<Ordinal, Refusals>,
    /// Member records and discovery nodes, when last looked at.
    pub(crate) present: Option<usize>,
    /// Which data is needed, and who has it.
    pub(crate) sighted: Sighted,
    /// Since when the fencing record names what it names.
    pub(crate) needs_since: Timestamp,
    /// What Mesos last refused for a slot.
    pub(crate) refused: BTreeMap<Ordinal, String>,
    /// When its last task ended, or when we began to look.
    pub(crate) last_ended: Timestamp,
    /// `discover/<cluster>` has been removed.
    pub(crate) discover_removed: bool,
}

impl Cluster {
    pub(crate) fn new(saved: SavedCluster, credentials: Credentials, now: Timestamp) -> Self {
        Self { saved, credentials, seen: Seen { last_ended: now, ..Seen::default() } }
    }

    /// Being deleted.
    pub fn is_terminating(&self) -> bool {
        self.saved.terminating.is_some()
    }

    /// Whether nothing of it runs, as far as Mesos can know.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_terminating() && self.saved.instances.is_empty() && self.saved.leaving.is_empty()
    }

    /// Whether nothing of it is left on any agent that offers what it has.
    pub(crate) fn is_released(&self) -> bool {
        self.is_stopped() && self.saved.releasing.is_empty()
    }

    /// Whether some slot of it looks for a place.
    pub(crate) fn has_pending(&self) -> bool {
        let pending = |instance: &SavedInstance| matches!(instance.state, Instance::Pending { .. });
        self.saved.tree_made && !self.is_terminating() && self.saved.instances.values().any(pending)
    }

    /// Its slots that wait for a place.
    pub(crate) fn waiting(&self, now: Timestamp) -> impl Iterator<Item = Ordinal> + '_ {
        let may = self.saved.tree_made && !self.is_terminating();
        self.saved
            .instances
            .iter()
            .filter(move |(_, instance)| may && wants_place(&instance.state, now))
            .map(|(ordinal, _)| *ordinal)
    }

    /// Hosts and agents that already have a member of it, or may have one: nobody knows what runs on
    /// a machine that cannot be reached.
    pub(crate) fn occupies(&self, agent: &AgentId, host: &Host) -> bool {
        let held = self
            .saved
            .instances
            .values()
            .filter_map(|instance| instance.state.place())
            .any(|place| place.agent == *agent || place.host == *host);
        // A volume waits there for its slot.
        let homes = self.saved.instances.values().filter_map(|instance| instance.home.as_ref());
        let waits = homes
            .filter(|home| home.stage != HomeStage::Asked)
            .any(|home| home.place.agent == *agent || home.place.host == *host);
        held || waits
            || self
                .saved
                .leaving
                .values()
                .any(|leaving| leaving.agent == *agent || leaving.host.as_ref() == Some(host))
    }

    /// Every task of it that has not been seen to end.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (&TaskId, &AgentId)> {
        let slots = self.saved.instances.values().filter_map(|instance| instance.state.held());
        slots
            .map(|(task, place)| (task, &place.agent))
            .chain(self.saved.leaving.iter().map(|(task, leaving)| (task, &leaving.agent)))
    }

    /// Tasks that are to end.
    pub(crate) fn unwanted(&self) -> impl Iterator<Item = (&TaskId, &AgentId)> {
        let stopping = self.saved.instances.values().filter_map(|instance| match &instance.state {
            Instance::Stopping { task, place, .. } => Some((task, &place.agent)),
            Instance::Pending { .. }
            | Instance::Launching { .. }
            | Instance::Running { .. }
            | Instance::Down { .. }
            | Instance::Unreachable { .. }
            | Instance::NeedsOperator { .. } => None,
        });
        stopping.chain(self.saved.leaving.iter().map(|(task, leaving)| (task, &leaving.agent)))
    }

    /// The slots and their tasks, as `spec` names them. A new version of this is a new generation.
    pub(crate) fn wanted(&self) -> (bool, BTreeMap<Ordinal, WantedMember>) {
        let members = self.saved.instances.iter().map(|(ordinal, instance)| {
            let task = instance.state.task().cloned();
            (*ordinal, WantedMember { instance: instance.id.clone(), task, goal: Goal::Serve })
        });
        (self.is_terminating(), members.collect())
    }

    /// The `spec` record of the saved generation.
    pub fn spec_record(&self) -> SpecRecord {
        let (terminating, members) = self.wanted();
        let spec = &self.saved.spec;
        SpecRecord {
            cluster: self.saved.name.clone(),
            generation: self.saved.generation,
            members,
            cluster_user: spec.cluster_user.clone(),
            flavor: spec.flavor,
            size: spec.size,
            durability: spec.durability(),
            acks: spec.wished_acks(),
            auto_failover: true,
            failover_delay_ms: 0,
            epoch_floor: Epoch(0),
            terminating,
            extra: Extra::new(),
        }
    }

    /// Hosts with a member of it.
    pub(crate) fn hosts(&self) -> BTreeSet<&Host> {
        self.saved.instances.values().filter_map(|instance| instance.state.place()).map(|p| &p.host).collect()
    }
}

/// Whether a slot in this state looks for a place now.
pub(crate) fn wants_place(state: &Instance, now: Timestamp) -> bool {
    match state {
        Instance::Pending { .. } => true,
        Instance::Down { retry_at, .. } | Instance::NeedsOperator { retry_at, .. } => *retry_at <= now,
        Instance::Launching { .. }
        | Instance::Running { .. }
        | Instance::Stopping { .. }
        | Instance::Unreachable { .. } => false,
    }
}
