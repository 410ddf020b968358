//! Making and deleting clusters: the same request twice, names that are taken, passwords.

use mysos_model::{
    ClusterName, ClusterSpec, Generation, Ordinal, Password, Timestamp,
    record::{Credentials, Extra},
    wire::state::{History, Instance, SavedCluster, SavedIdempotency, SavedInstance, Termination},
};

use crate::{
    Action, Decision, Fleet,
    change::Durable,
    cluster::Cluster,
    event::{Drawn, RequestId, Slot},
    request::{Answer, Idempotency, Refusal, Request},
};

/// One wish.
pub(crate) fn request(
    fleet: &Fleet,
    now: Timestamp,
    (id, request): (RequestId, &Request),
    drawn: &Drawn,
    d: &mut Decision,
) {
    let decided = match request {
        _ if fleet.is_lost() => Err(unavailable("Mesos has ended this framework; an operator must look")),
        Request::Create { .. } if !fleet.link.ever => {
            Err(unavailable("not yet subscribed to Mesos; try again"))
        }
        Request::Create { name, .. } => match fleet.clusters.get(name) {
            Some(there) => again(there, request),
            None => create(fleet, now, request, drawn, d),
        },
        Request::Delete { name, password } => delete(fleet, now, (name, password.as_ref()), drawn, d),
    };
    let answer = decided.unwrap_or_else(Answer::Refused);
    d.act(Action::Answer { id, answer });
}

/// A wish that comes before the saved state or while nothing can be saved.
pub(crate) fn not_now(fleet: &Fleet, id: RequestId, d: &mut Decision) {
    let why =
        if fleet.loaded { "state cannot be saved: ZooKeeper does not answer" } else { "still loading state" };
    let answer = Answer::Refused(unavailable(&format!("{why}; try again")));
    d.act(Action::Answer { id, answer });
}

fn unavailable(why: &str) -> Refusal {
    Refusal::Unavailable(why.to_owned())
}

/// The name is taken; by the same request, perhaps, whose answer was never seen.
fn again(there: &Cluster, request: &Request) -> Result<Answer, Refusal> {
    let Request::Create { idempotency, .. } = request else { return Err(exists(there)) };
    let same = idempotency.as_ref().map(saved) == there.saved.idempotency && idempotency.is_some();
    if !same || there.is_terminating() {
        return Err(exists(there));
    }
    Ok(Answer::Created {
        password: there.credentials.cluster_password.clone(),
        replayed: true,
        operation: there.saved.operation.clone(),
    })
}

fn exists(there: &Cluster) -> Refusal {
    Refusal::Exists { name: there.saved.name.clone(), terminating: there.is_terminating() }
}

fn saved(idempotency: &Idempotency) -> SavedIdempotency {
    SavedIdempotency {
        key: idempotency.key.clone(),
        principal: idempotency.principal.clone(),
        digest: idempotency.digest.clone(),
    }
}

fn create(
    fleet: &Fleet,
    now: Timestamp,
    request: &Request,
    drawn: &Drawn,
    d: &mut Decision,
) -> Result<Answer, Refusal> {
    let Request::Create { name, spec, cluster_password, owner, idempotency } = request else {
        return Err(unavailable("not a wish for a cluster"));
    };
    let password = cluster_password.clone().unwrap_or_else(|| drawn.cluster_password.clone());
    let last = fleet.clusters.values().map(|cluster| cluster.saved.sequence).max();
    let cluster = SavedCluster {
        name: name.clone(),
        spec: spec.clone(),
        owner: owner.clone(),
        created: now,
        sequence: last.map_or(0, |last| last.saturating_add(1)),
        generation: Generation(1),
        operation: drawn.operation.clone(),
        idempotency: idempotency.as_ref().map(saved),
        credentials: String::new(),
        tree_made: false,
        terminating: None,
        instances: slots(now, spec, drawn)?,
        leaving: std::collections::BTreeMap::new(),
        releasing: std::collections::BTreeMap::new(),
        extra: Extra::new(),
    };
    let discovery_account = fleet.config.discovery_account.clone();
    let credentials = Credentials { discovery_account, ..credentials(spec, &password, drawn) };
    d.save(Durable::ClusterCreated { cluster: Box::new(cluster), credentials: Box::new(credentials) });
    Ok(Answer::Created { password, replayed: false, operation: drawn.operation.clone() })
}

fn slots(
    now: Timestamp,
    spec: &ClusterSpec,
    drawn: &Drawn,
) -> Result<std::collections::BTreeMap<Ordinal, SavedInstance>, Refusal> {
    let slot = |ordinal: u32| {
        let id = drawn.uuids.get(ordinal as usize)?.parse().ok()?;
        let state = Instance::Pending { since: now };
        Some((
            Ordinal(ordinal),
            SavedInstance { id, state, history: History::default(), home: None, extra: Extra::new() },
        ))
    };
    let slots: Option<_> = (0..spec.num_nodes).map(slot).collect();
    slots.ok_or_else(|| unavailable("no fresh ids for the instances; try again"))
}

fn credentials(spec: &ClusterSpec, password: &Password, drawn: &Drawn) -> Credentials {
    Credentials {
        cluster_user: spec.cluster_user.clone(),
        cluster_password: password.clone(),
        admin_password: drawn.admin_password.clone(),
        replication_seed: drawn.replication_seed.clone(),
        control_token: drawn.control_token.clone(),
        discovery_account: None,
        extra: Extra::new(),
    }
}

fn delete(
    fleet: &Fleet,
    now: Timestamp,
    (name, password): (&ClusterName, Option<&Password>),
    drawn: &Drawn,
    d: &mut Decision,
) -> Result<Answer, Refusal> {
    let cluster = fleet.clusters.get(name).ok_or_else(|| Refusal::NotFound(name.clone()))?;
    if password != Some(&cluster.credentials.cluster_password) {
        return Err(Refusal::WrongPassword(name.clone()));
    }
    if let Some(termination) = &cluster.saved.terminating {
        return Ok(Answer::Deleted { operation: termination.operation.clone() });
    }
    let operation = drawn.operation.clone();
    let termination = Termination { since: now, operation: operation.clone() };
    d.save(Durable::ClusterTerminating { cluster: name.clone(), termination });
    for (ordinal, instance) in &cluster.saved.instances {
        stop(now, Slot { cluster: name.clone(), ordinal: *ordinal }, instance, d);
    }
    Ok(Answer::Deleted { operation })
}

/// A slot with a task stops it; one without is gone at once.
fn stop(now: Timestamp, slot: Slot, instance: &SavedInstance, d: &mut Decision) {
    let Some((task, place)) = instance.state.held() else {
        d.save(Durable::InstanceRemoved { slot, at: now });
        return;
    };
    let unreachable = match &instance.state {
        Instance::Unreachable { since, .. } => Some(*since),
        Instance::Stopping { unreachable, .. } => *unreachable,
        Instance::Pending { .. }
        | Instance::Launching { .. }
        | Instance::Running { .. }
        | Instance::Down { .. }
        | Instance::NeedsOperator { .. } => None,
    };
    let to = Instance::Stopping { place: place.clone(), task: task.clone(), since: now, unreachable };
    d.save(Durable::InstanceMoved { slot, to, history: instance.history.clone() });
}
