//! What time alone brings about: retries, replacements, patience that ends, the next round of questions.
//!
//! One list says both when a tick would matter and what it does then, so that the two cannot disagree.

use mysos_model::{
    ClusterName, Dice, TaskId, Timestamp,
    wire::{
        home::{HomeStage, ReservationId},
        state::{Abandoned, Instance, Leaving, SavedInstance},
    },
};

use crate::{
    Decision, Fleet,
    change::Durable,
    cluster::Cluster,
    config::{FORGET_AFTER, FORGET_VOLUME_AFTER},
    event::Slot,
    housing::HomeChange,
    reconcile,
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
    /// A volume of a deleted cluster is on an agent that is away.
    GiveUpVolume(ClusterName, ReservationId),
    /// The agent of a volume has not been seen for so long that it will not be.
    ForgetVolume(Option<ClusterName>, ReservationId),
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
    timers.extend(fleet.all_releasing().map(|(cluster, releasing)| {
        let name = cluster.map(|cluster| cluster.saved.name.clone());
        let at = releasing.since + FORGET_VOLUME_AFTER;
        (at, Timer::ForgetVolume(name, releasing.home.reservation.clone()))
    }));
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
    slots.chain(leaving).chain(of_volumes(fleet, cluster)).collect()
}

/// A deletion waits for agents that are away, but not for ever: the name must become free.
fn of_volumes<'a>(fleet: &'a Fleet, cluster: &'a Cluster) -> impl Iterator<Item = (Timestamp, Timer)> + 'a {
    let releasing =
        cluster.saved.releasing.values().filter(|_| cluster.is_stopped() && fleet.is_reconciled());
    releasing.map(|releasing| {
        let since = releasing.since.max(cluster.seen.last_ended).max(fleet.link.since);
        let at = since + fleet.config.cleanup_patience;
        (at, Timer::GiveUpVolume(cluster.saved.name.clone(), releasing.home.reservation.clone()))
    })
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
            let may = instance.home.is_none() || cluster.may_replace(slot.ordinal);
            replace_at.filter(|_| may).map(|at| (at, Timer::Replace(slot)))
        }
        // Its volume is on an agent that is away, or gone.
        Instance::Pending { since } if is_stranded(fleet, cluster, instance) => {
            let may = cluster.may_replace(slot.ordinal);
            let patience = fleet.config.auto_replace_after.filter(|_| may)?;
            Some(((*since).max(fleet.link.since) + patience, Timer::Replace(slot)))
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

fn is_stranded(fleet: &Fleet, cluster: &Cluster, instance: &SavedInstance) -> bool {
    let waits = instance.home.as_ref().is_some_and(|home| home.stage != HomeStage::Asked);
    waits && fleet.is_reconciled() && !cluster.is_terminating()
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
            leave_home(fleet, now, &slot, d);
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
        Timer::GiveUpVolume(cluster, reservation) => give_up_volume(fleet, cluster, reservation, d),
        Timer::ForgetVolume(Some(cluster), reservation) => {
            d.save(Durable::Home(HomeChange::Released { cluster, reservation }));
        }
        Timer::ForgetVolume(None, reservation) => {
            d.save(Durable::Home(HomeChange::OrphanReleased { reservation }));
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

/// The old volume is kept until it is certain that nothing of it is needed.
fn leave_home(fleet: &Fleet, now: Timestamp, slot: &Slot, d: &mut Decision) {
    let cluster = fleet.clusters.get(&slot.cluster);
    let instance = cluster.and_then(|cluster| cluster.saved.instances.get(&slot.ordinal));
    if instance.is_some_and(|instance| instance.home.is_some()) {
        d.save(Durable::Home(HomeChange::Left { slot: slot.clone(), at: now }));
    }
}

/// It is released should its agent come back; the cluster's record does not wait for that.
fn give_up_volume(fleet: &Fleet, cluster: ClusterName, reservation: ReservationId, d: &mut Decision) {
    let releasing = fleet.clusters.get(&cluster).and_then(|there| there.saved.releasing.get(&reservation));
    if let Some(releasing) = releasing {
        d.save(Durable::Home(HomeChange::Orphaned { releasing: Box::new(releasing.clone()) }));
    }
    d.save(Durable::Home(HomeChange::Released { cluster, reservation }));
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
