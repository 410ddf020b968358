//! The fleet and the members' records, put together for reading.

use std::{collections::BTreeMap, sync::Arc};

use mysos_fleet::{Fleet, Link, LinkState, Slot, cluster::Cluster};
use mysos_ha::assess::{Records, assess, cooldown_until};
use mysos_model::{
    ClusterName, Ordinal, Problem, Timestamp,
    wire::state::{Instance, Place, SavedInstance},
};

use crate::{
    records::ClusterRecords,
    view::{ClusterView, FleetView, InstanceView, MesosView, Why},
};

/// What only the driver knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// When the scheduler started.
    pub(crate) started: Timestamp,
    /// Since when nothing can be saved.
    pub(crate) zk_lost: Option<Timestamp>,
    /// The leading master.
    pub(crate) leader: Option<String>,
    /// What the members say.
    pub(crate) seen: BTreeMap<ClusterName, Arc<ClusterRecords>>,
}

/// The view of everything.
pub(crate) fn view(fleet: &Fleet, around: &Surroundings, now: Timestamp) -> FleetView {
    FleetView {
        loaded: fleet.is_loaded(),
        mesos: mesos(fleet, around),
        zk_lost: around.zk_lost,
        clusters: fleet
            .clusters()
            .into_iter()
            .map(|cluster| cluster_view(fleet, cluster, around, now))
            .collect(),
        volumes: fleet.volumes(),
        started: around.started,
        now,
    }
}

fn mesos(fleet: &Fleet, around: &Surroundings) -> MesosView {
    let Link { state, since, ever } = fleet.link();
    let trouble = match state {
        LinkState::Subscribed => None,
        LinkState::Disconnected { why } => Some(why.clone()),
        LinkState::Lost { why } => Some(format!("Mesos has ended this framework: {why}")),
    };
    MesosView {
        subscribed: *state == LinkState::Subscribed,
        ever_subscribed: *ever,
        reconciled: fleet.is_reconciled(),
        framework_id: fleet.framework().and_then(|framework| framework.framework_id.clone()),
        leader: around.leader.clone(),
        trouble,
        since: *since,
    }
}

/// Keeps the beginning of problems that were there before: what is gone cannot say since when.
pub(crate) fn keep_beginnings(view: &mut FleetView, before: &FleetView) {
    let old: BTreeMap<&ClusterName, &ClusterView> =
        before.clusters.iter().map(|cluster| (&cluster.name, cluster)).collect();
    for cluster in &mut view.clusters {
        let Some(old) = old.get(&cluster.name) else { continue };
        for problem in &mut cluster.assessment.problems {
            let same = |it: &&Problem| (it.code, it.instance) == (problem.code, problem.instance);
            if let Some(same) = old.assessment.problems.iter().find(same) {
                problem.since = problem.since.min(same.since);
            }
        }
    }
}

fn cluster_view(fleet: &Fleet, cluster: &Cluster, around: &Surroundings, now: Timestamp) -> ClusterView {
    let nothing = Arc::default();
    let seen: &Arc<ClusterRecords> = around.seen.get(&cluster.saved.name).unwrap_or(&nothing);
    let spec = cluster.spec_record();
    let records = Records { spec: Some(&spec), epoch: seen.epoch.as_ref(), members: &seen.members };
    let instances = cluster.saved.instances.iter();
    ClusterView {
        name: cluster.saved.name.clone(),
        spec: cluster.saved.spec.clone(),
        generation: cluster.saved.generation,
        owner: cluster.saved.owner.clone(),
        created: cluster.saved.created,
        terminating: cluster.saved.terminating.as_ref().map(|termination| termination.since),
        gives_back: cluster.gives_back(),
        instances: instances
            .map(|(ordinal, instance)| instance_view(fleet, cluster, (*ordinal, instance)))
            .collect(),
        epoch: seen.epoch.clone(),
        members: seen.members.clone(),
        published_primary: seen.primary.clone(),
        published_replicas: seen.replicas.clone(),
        assessment: assess(records, now),
        cooldown_until: cooldown_until(records, now),
        journal: seen.journal.clone(),
    }
}

fn instance_view(
    fleet: &Fleet,
    cluster: &Cluster,
    (ordinal, instance): (Ordinal, &SavedInstance),
) -> InstanceView {
    let slot = Slot { cluster: cluster.saved.name.clone(), ordinal };
    let place = instance.state.place();
    let started = match &instance.state {
        Instance::Running { since, .. } => Some(*since),
        _ => None,
    };
    let why = fleet.why(&slot).map(|why| Why {
        code: why.code.to_owned(),
        text: why.text,
        since: why.since,
        next_attempt: why.next_attempt,
    });
    InstanceView {
        ordinal,
        id: instance.id.clone(),
        task: instance.state.task().cloned(),
        state: instance.state.word(),
        why,
        host: place.map(|place| place.host.clone()),
        agent_id: place.map(|place| place.agent.0.clone()),
        mysql: place.map(Place::mysql),
        control: place.map(Place::control),
        started,
    }
}

#[cfg(test)]
mod tests {
    use mysos_model::ProblemCode;

    use super::*;
    use crate::api::tests::{cluster, fleet};

    fn with(since: u64, code: ProblemCode) -> FleetView {
        let mut cluster = cluster("shop");
        cluster.assessment.problems = vec![Problem::new(code, Timestamp(since), "text")];
        fleet(vec![cluster])
    }

    #[test]
    fn a_problem_that_lasts_keeps_its_beginning_and_another_has_its_own() {
        let mut later = with(70, ProblemCode::PrimaryDown);
        keep_beginnings(&mut later, &with(50, ProblemCode::PrimaryDown));
        assert_eq!(later.clusters[0].assessment.problems[0].since, Timestamp(50));
        let mut other = with(70, ProblemCode::MemberMissing);
        keep_beginnings(&mut other, &with(50, ProblemCode::PrimaryDown));
        assert_eq!(other.clusters[0].assessment.problems[0].since, Timestamp(70));
    }
}
