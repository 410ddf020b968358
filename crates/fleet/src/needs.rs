//! Which data may still be needed. A volume is destroyed only when everything that the cluster's fencing record names
//! is held by members that run elsewhere: acknowledged writes rest on what it names, and on nothing else.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    DataId, Ordinal, TaskId,
    record::{EpochRecord, Phase},
    wire::state::Instance,
};

use crate::cluster::Cluster;

/// What a fencing record names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Who serves.
    pub primary: Option<DataId>,
    /// Everybody on whose data acknowledged writes may rest.
    pub all: BTreeSet<DataId>,
}

impl Needs {
    /// What a record names.
    pub fn of(record: &EpochRecord) -> Self {
        let named = record.primary.iter().chain(&record.left).chain(&record.ackers);
        let serves = matches!(record.phase, Phase::Serving | Phase::Handover);
        Self { primary: record.primary.clone().filter(|_| serves), all: named.cloned().collect() }
    }
}

/// What was last seen of a cluster's records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sighted {
    /// What its fencing record names; `None`: it was not seen, and everything may be needed.
    pub needs: Option<Needs>,
    /// The data that members say they have.
    pub data: BTreeMap<TaskId, DataId>,
}

impl Cluster {
    /// The data of the tasks that hold slots and run.
    fn served(&self) -> impl Iterator<Item = (Ordinal, &DataId)> {
        self.saved.instances.iter().filter_map(|(ordinal, instance)| match &instance.state {
            Instance::Running { task, .. } => Some((*ordinal, self.seen.sighted.data.get(task)?)),
            Instance::Pending { .. }
            | Instance::Launching { .. }
            | Instance::Stopping { .. }
            | Instance::Down { .. }
            | Instance::Unreachable { .. }
            | Instance::NeedsOperator { .. } => None,
        })
    }

    /// Whether a volume that no slot has may be destroyed: nobody wants the cluster any more, or all that is needed
    /// of it is on members that run.
    pub(crate) fn may_release(&self) -> bool {
        if self.is_terminating() {
            return true;
        }
        let served: BTreeSet<&DataId> = self.served().map(|(_, data)| data).collect();
        let needs = self.seen.sighted.needs.as_ref();
        needs.is_some_and(|needs| needs.all.iter().all(|data| served.contains(data)))
    }

    /// Whether a slot may go on without the volume it has: nobody has ever served, or another one serves now. Else
    /// an empty member would be of no use, and its volume of much.
    pub(crate) fn may_replace(&self, ordinal: Ordinal) -> bool {
        let Some(needs) = &self.seen.sighted.needs else { return false };
        let elsewhere = |primary| self.served().any(|(at, data)| at != ordinal && data == primary);
        needs.all.is_empty() || needs.primary.as_ref().is_some_and(elsewhere)
    }

    /// Whether a volume that a slot has given up should be taken back: what it may hold is needed, nobody serves, and
    /// what the slot has now is not needed.
    pub(crate) fn wants_back(&self, ordinal: Ordinal) -> bool {
        let Some(needs) = &self.seen.sighted.needs else { return false };
        let serves = |primary| self.served().any(|(_, data)| data == primary);
        let needed_here = self.served().any(|(at, data)| at == ordinal && needs.all.contains(data));
        let idle = needs.primary.as_ref().is_none_or(|primary| !serves(primary));
        idle && !needs.all.is_empty() && !needed_here
    }
}
