//! The volume of a slot: which of the offers a slot may use because of it, and volumes that show up where nobody
//! expected them.
//!
//! A slot with a volume goes where the volume is, or waits. It is known by its reservation, not by its agent: agents
//! come back under other ids.

use std::time::Duration;

use mysos_model::{
    Bytes, Ordinal, Timestamp,
    wire::{
        home::{Home, HomeStage, ReservationId},
        state::{Instance, Leaving, SavedInstance},
    },
};

use crate::{
    Decision, Fleet,
    change::Durable,
    cluster::Cluster,
    config::{MOVE_AFTER, REST_OF_HOME, StorageMode},
    event::{Holding, Slot},
    housing::HomeChange,
    place::{Bed, Need},
    reconcile,
    stock::Stock,
};

/// How long nobody must have served before a slot goes back to a volume that it had given up: elections take seconds.
const BACK_AFTER: Duration = Duration::from_secs(60);

/// Where a slot may go.
pub(crate) enum Choice<'a> {
    /// Nowhere in this batch.
    Wait,
    /// Only here.
    At(usize, Bed<'a>),
    /// Rather to another machine, else here.
    AnywhereBut(usize, Bed<'a>),
    /// Wherever there is room.
    Anywhere(Bed<'a>),
}

/// Where a slot may go. `need` is that of a volume to be made.
pub(crate) fn choose<'a>(
    (fleet, now): (&Fleet, Timestamp),
    instance: &'a SavedInstance,
    need: &Need<'_>,
    stocks: &[Stock],
) -> Choice<'a> {
    let fresh = match fleet.config.storage {
        StorageMode::Volumes => Bed::New,
        StorageMode::Sandbox => Bed::Sandbox,
    };
    let Some(home) = &instance.home else { return Choice::Anywhere(fresh) };
    let shown = stocks.iter().enumerate();
    let mut shown = shown.filter_map(|(at, stock)| Some((at, stock, stock.holding(&home.reservation)?)));
    let Some((at, stock, holding)) = shown.next() else {
        return if home.stage == HomeStage::Asked { Choice::Anywhere(fresh) } else { Choice::Wait };
    };
    let disk = need.parts().volume.unwrap_or(Bytes(0));
    let bed = if holding.volume.as_ref() == Some(&home.volume) {
        Bed::There(home)
    } else if home.stage == HomeStage::Asked && stock.has_bare_disk(&home.reservation, disk) {
        Bed::Reserved(home)
    } else if home.stage == HomeStage::Asked && now.since(instance.state.since()) >= REST_OF_HOME {
        return Choice::Anywhere(fresh);
    } else {
        return Choice::Wait; // Its executor still holds the rest.
    };
    if home.stage != HomeStage::Filled && instance.history.failures >= MOVE_AFTER {
        Choice::AnywhereBut(at, bed)
    } else {
        Choice::At(at, bed)
    }
}

impl Fleet {
    /// The slot that has a home.
    pub(crate) fn slot_of(&self, reservation: &ReservationId) -> Option<(Slot, &SavedInstance, &Home)> {
        self.clusters.values().find_map(|cluster| {
            let (ordinal, instance, home) =
                cluster.saved.instances.iter().find_map(|(ordinal, instance)| {
                    let home = instance.home.as_ref().filter(|home| home.reservation == *reservation)?;
                    Some((ordinal, instance, home))
                })?;
            Some((Slot { cluster: cluster.saved.name.clone(), ordinal: *ordinal }, instance, home))
        })
    }
}

/// A volume in an offer is used by nobody: whatever we believe of the task that had it, it has ended. Says whether the
/// agent must be looked at again soon.
pub(crate) fn notice(fleet: &Fleet, now: Timestamp, stock: &Stock, d: &mut Decision) -> bool {
    let mut again = false;
    for holding in stock.holdings.iter().filter(|holding| holding.volume.is_some()) {
        again |= match fleet.slot_of(&holding.reservation) {
            Some((slot, instance, _)) => has_ended((fleet, now), (slot, instance), d),
            None => go_back((fleet, now), holding, d),
        };
    }
    again
}

fn has_ended(
    (fleet, now): (&Fleet, Timestamp),
    (slot, instance): (Slot, &SavedInstance),
    d: &mut Decision,
) -> bool {
    let Some((task, place)) = instance.state.held() else { return false };
    match &instance.state {
        Instance::Unreachable { since, .. } => {
            let leaving =
                Leaving { agent: place.agent.clone(), host: None, since: now, unreachable: Some(*since) };
            d.save(Durable::TaskLeaving { task: task.clone(), leaving });
            pending(now, slot, instance, d);
        }
        Instance::Stopping { unreachable: Some(_), .. } => d.save(Durable::InstanceRemoved { slot, at: now }),
        // Its last update is on the way, or was lost with its agent's state.
        Instance::Stopping { unreachable: None, .. }
        | Instance::Launching { .. }
        | Instance::Running { .. } => {
            let asked = (task.clone(), place.agent.clone());
            if fleet.reconciliation.pass.is_none() {
                reconcile::ask(&[asked], d);
            }
        }
        Instance::Pending { .. } | Instance::Down { .. } | Instance::NeedsOperator { .. } => return false,
    }
    true
}

fn pending(now: Timestamp, slot: Slot, instance: &SavedInstance, d: &mut Decision) {
    let history = instance.history.clone();
    d.save(Durable::InstanceMoved { slot, to: Instance::Pending { since: now }, history });
}

/// A volume that its slot had given up is back, and nobody can serve without what it may hold.
fn go_back((fleet, now): (&Fleet, Timestamp), holding: &Holding, d: &mut Decision) -> bool {
    let Some((cluster, ordinal)) = fleet.clusters.values().find_map(|cluster| {
        let releasing = cluster.saved.releasing.get(&holding.reservation)?;
        (holding.volume.as_ref() == Some(&releasing.home.volume)).then_some((cluster, releasing.ordinal))
    }) else {
        return false;
    };
    let Some(instance) = cluster.saved.instances.get(&ordinal) else { return false };
    if cluster.is_terminating() || !cluster.wants_back(ordinal) {
        return false;
    }
    if now.since(cluster.seen.needs_since) < BACK_AFTER {
        return true;
    }
    take_back(now, (cluster, ordinal, instance), &holding.reservation, d);
    true
}

fn take_back(
    now: Timestamp,
    (cluster, ordinal, instance): (&Cluster, Ordinal, &SavedInstance),
    reservation: &ReservationId,
    d: &mut Decision,
) {
    if let Some((task, place)) = instance.state.held() {
        if matches!(instance.state, Instance::Unreachable { .. }) {
            return; // One thing after the other: it is replaced, or comes back.
        }
        let host = Some(place.host.clone());
        let leaving = Leaving { agent: place.agent.clone(), host, since: now, unreachable: None };
        d.save(Durable::TaskLeaving { task: task.clone(), leaving });
    }
    let slot = Slot { cluster: cluster.saved.name.clone(), ordinal };
    d.save(Durable::Home(HomeChange::Back { slot: slot.clone(), reservation: reservation.clone(), at: now }));
    pending(now, slot, instance, d);
}
