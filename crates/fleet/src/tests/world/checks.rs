//! What must hold at every instant, checked when the fleet asks for something.

use mysos_model::{
    ClusterName, TaskId,
    record::decode,
    wire::state::{AgentId, Instance, SavedCluster},
};

use super::World;
use crate::{
    event::TaskState,
    task::{Word, word},
};

impl World {
    /// What is due is done by a tick. One timer may set another going, and then it is quiet.
    pub(in crate::tests) fn check_ticks(&mut self) {
        let (at, count) = self.ticks;
        self.ticks = (self.now, if at == self.now { count + 1 } else { 1 });
        let next = self.fleet.next_wakeup();
        let quiet = next.is_none_or(|next| next > self.now);
        assert!(quiet || self.ticks.1 < 3, "ticks at {:?} leave {next:?} due", self.now);
    }

    pub(in crate::tests) fn check_launch(&self, id: &TaskId, agent: &AgentId) {
        let host = &self.agents.iter().find(|there| there.id == *agent).unwrap().host;
        for (other, task) in
            self.tasks.iter().filter(|(other, task)| task.alive && other.cluster() == id.cluster())
        {
            let machine = self.agents.iter().find(|there| there.id == task.agent);
            let away = machine.and_then(|machine| machine.away);
            let given_up = task.was_away && !self.fleet.tasks().any(|(known, _)| known == other);
            if other.ordinal() == id.ordinal() {
                let replaced = task.was_away
                    && (given_up || self.fleet.clusters[id.cluster()].saved.leaving.contains_key(other));
                assert!(replaced, "{id} is launched while {other} holds its slot");
            }
            let same_host = machine.is_some_and(|machine| machine.host == *host);
            assert!(!same_host || given_up, "{id} is launched on {host:?} beside {other}, away {away:?}");
        }
        let named = self.fleet.clusters[id.cluster()].spec_record().members[&id.ordinal()].task.clone();
        assert_eq!(named.as_ref(), Some(id));
    }

    pub(in crate::tests) fn check_acknowledged(&self, task: &str, uuid: &[u8]) {
        let Ok(id) = task.parse::<TaskId>() else { return };
        let updates = self.tasks.get(&id).map(|task| task.unacknowledged.iter());
        let Some(update) =
            updates.and_then(|mut all| all.find(|update| update.uuid.as_deref() == Some(uuid)))
        else {
            return;
        };
        let Some((bytes, _)) = self.saved_clusters.get(id.cluster()) else { return };
        let saved: SavedCluster = decode(bytes).unwrap();
        let slot = saved.instances.get(&id.ordinal()).map(|instance| &instance.state);
        let slot = slot.filter(|state| state.task() == Some(&id));
        match word(update.state) {
            Word::Ended => {
                assert!(
                    slot.is_none() && !saved.leaving.contains_key(&id),
                    "an end is acknowledged, not saved"
                );
            }
            Word::Live(_) if update.state == TaskState::Running => {
                let fits = slot.is_none_or(|state| {
                    matches!(state, Instance::Running { .. } | Instance::Stopping { .. })
                });
                assert!(fits, "running is acknowledged, not saved: {slot:?}");
            }
            Word::Live(_) | Word::Away | Word::Unrecognized => {}
        }
    }

    /// Only what no slot wants is ended.
    pub(in crate::tests) fn check_unwanted(&self, id: &TaskId) {
        let cluster = self.fleet.cluster(id.cluster());
        let state = cluster.and_then(|cluster| cluster.saved.instances.get(&id.ordinal())).map(|i| &i.state);
        let wanted = state.filter(|state| state.task() == Some(id));
        assert!(
            wanted.is_none_or(|state| matches!(state, Instance::Stopping { .. })),
            "{id} is wanted and killed"
        );
        let ours = cluster.is_some()
            || self.fleet.framework().is_some_and(|framework| framework.abandoned.contains_key(id));
        assert!(ours, "{id} is of no cluster of ours and killed");
    }

    /// Clients take the removal for "no mysqld runs any more".
    pub(in crate::tests) fn check_removable(&self, cluster: &ClusterName) {
        for (id, task) in self.tasks.iter().filter(|(id, task)| task.alive && id.cluster() == cluster) {
            let abandoned =
                self.fleet.framework().is_some_and(|framework| framework.abandoned.contains_key(id));
            assert!(task.was_away || abandoned, "{id} runs while its cluster is removed");
        }
    }
}
