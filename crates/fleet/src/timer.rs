//! What time alone brings about: retries, replacements, patience that ends, the next round of questions.
//!
//! One list says both when a tick would matter and what it does then, so that the two cannot disagree.

use mysos_model::{
    Dice, TaskId, Timestamp,
    wire::state::{Abandoned, Instance, Leaving, SavedInstance},
};

use crate::{
    Decision, Fleet, change::Durable, cluster::Cluster, config::FORGET_AFTER, event::Slot, reconcile,
};

/// Something that will be due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A slot that is down looks for a place again.
    Retry(Slot),
    /// The task of a slot has been unreachable for so long that another takes its place.
    Replace(Slot),
    /// The task of a slot is to end with its cluster and cannot be reached.
    GiveUpSlot(Slot),
    /// The same of a task without a slot.
    GiveUp(TaskId),
    /// The next round of questions.
    Round,
    /// The next pass of questions.
    Pass,
}

/// Everything that will be due, and when.
pub(crate) fn timers(fleet: &Fleet) -> Vec<(Timestamp, Timer)> {
    if !fleet.is_ready() {
        return Vec::new();
    }
    let mut timers: Vec<_> = fleet.clusters.values().flat_map(|cluster| of_cluster(fleet, cluster)).collect();
    if fleet.is_subscribed() {
        let reconciliation = &fleet.reconciliation;
        timers.extend(reconciliation.pass.as_ref().map(|pass| (pass.next_round, Timer::Round)));
        timers.extend(reconciliation.next_pass.map(|at| (at, Timer::Pass)));
    }
    timers
}

fn of_cluster(fleet: &Fleet, cluster: &Cluster) -> Vec<(Timestamp, Timer)> {
    let slots = cluster.saved.instances.iter().filter_map(|(ordinal, instance)| {
        let slot = Slot { cluster: cluster.saved.name.clone(), ordinal: *ordinal };
        of_slot(fleet, cluster, (slot, instance))
    });
    let leaving = cluster.saved.leaving.iter().filter_map(|(task, leaving)| {
        let since = leaving.unreachable?;
        let at = give_up_at(fleet, cluster, since).unwrap_or(since + FORGET_AFTER);
        Some((at, Timer::GiveUp(task.clone())))
    });
    slots.chain(leaving).collect()
}

fn of_slot(
    fleet: &Fleet,
    cluster: &Cluster,
    (slot, instance): (Slot, &SavedInstance),
) -> Option<(Timestamp, Timer)> {
    match &instance.state {
        Instance::Down { retry_at, .. } | Instance::NeedsOperator { retry_at, .. } => {
            Some((*retry_at, Timer::Retry(slot)))
        }
        // What Mesos said before its own failover says nothing about now.
        Instance::Unreachable { replace_at, .. } if fleet.is_reconciled() => {
            replace_at.map(|at| (at, Timer::Replace(slot)))
        }
        Instance::Stopping { unreachable: Some(since), .. } => {
            give_up_at(fleet, cluster, *since).map(|at| (at, Timer::GiveUpSlot(slot)))
        }
        Instance::Stopping { unreachable: None, .. }
        | Instance::Unreachable { .. }
        | Instance::Pending { .. }
        | Instance::Launching { .. }
        | Instance::Running { .. } => None,
    }
}

/// When the deletion of a cluster no longer waits for a task that cannot be reached.
fn give_up_at(fleet: &Fleet, cluster: &Cluster, unreachable: Timestamp) -> Option<Timestamp> {
    let terminating = cluster.saved.terminating.as_ref()?;
    Some(terminating.since.max(unreachable) + fleet.config.cleanup_patience)
}

/// Does what is due.
pub(crate) fn tick(fleet: &Fleet, now: Timestamp, dice: &mut Dice, d: &mut Decision) {
    for (at, timer) in timers(fleet) {
        if at <= now {
            fire(fleet, now, timer, dice, d);
        }
    }
}

fn fire(fleet: &Fleet, now: Timestamp, timer: Timer, dice: &mut Dice, d: &mut Decision) {
    match timer {
        Timer::Retry(slot) => pending(fleet, now, slot, d),
        Timer::Replace(slot) => {
            leave_unreachable(fleet, now, &slot, d);
            pending(fleet, now, slot, d);
        }
        Timer::GiveUpSlot(slot) => {
            if let Some((task, place)) = fleet.instance(&slot).and_then(Instance::held) {
                let host = Some(place.host.clone());
                let abandoned = Abandoned { agent: place.agent.clone(), host, since: now };
                d.save(Durable::TaskAbandoned { task: task.clone(), abandoned });
            }
            d.save(Durable::InstanceRemoved { slot, at: now });
        }
        Timer::GiveUp(task) => give_up(fleet, now, task, d),
        Timer::Round => reconcile::round(fleet, now, dice, d),
        Timer::Pass => reconcile::begin(fleet, now, dice, d),
    }
}

fn pending(fleet: &Fleet, now: Timestamp, slot: Slot, d: &mut Decision) {
    let Some(cluster) = fleet.clusters.get(&slot.cluster) else { return };
    let Some(instance) = cluster.saved.instances.get(&slot.ordinal) else { return };
    let history = instance.history.clone();
    d.save(Durable::InstanceMoved { slot, to: Instance::Pending { since: now }, history });
}

/// The old task keeps its host and is ended should it come back.
fn leave_unreachable(fleet: &Fleet, now: Timestamp, slot: &Slot, d: &mut Decision) {
    let Some(Instance::Unreachable { place, task, since, .. }) = fleet.instance(slot) else { return };
    let leaving = Leaving {
        agent: place.agent.clone(),
        host: Some(place.host.clone()),
        since: now,
        unreachable: Some(*since),
    };
    d.save(Durable::TaskLeaving { task: task.clone(), leaving });
}

/// Of a living cluster the task is forgotten: should it come back it is a stray. Of a deleted one it is
/// remembered, because nothing else would tell it from somebody else's.
fn give_up(fleet: &Fleet, now: Timestamp, task: TaskId, d: &mut Decision) {
    let Some(cluster) = fleet.clusters.get(task.cluster()) else { return };
    if let (true, Some(leaving)) = (cluster.is_terminating(), cluster.saved.leaving.get(&task)) {
        let abandoned = Abandoned { agent: leaving.agent.clone(), host: leaving.host.clone(), since: now };
        d.save(Durable::TaskAbandoned { task: task.clone(), abandoned });
    }
    d.save(Durable::TaskLeft { task, at: now });
}
