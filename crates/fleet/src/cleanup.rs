//! What actions have led to, and with that the end of a deletion: only what is ours is removed, and the
//! saved record last.

use mysos_model::{
    TaskId,
    wire::{
        home::Releasing,
        state::{Abandoned, SavedFramework},
    },
};

use crate::{
    Decision, Fleet,
    action::Tree,
    change::{Count, Durable, Noted},
    config::ABANDONED_MOST,
    event::Outcome,
    reconcile,
};

/// An action has had its effect.
pub(crate) fn done(fleet: &Fleet, outcome: &Outcome, d: &mut Decision) {
    match outcome {
        Outcome::TreeMade { cluster, generation } => {
            if fleet.clusters.get(cluster).is_some_and(|cluster| !cluster.saved.tree_made) {
                d.save(Durable::TreeMade { cluster: cluster.clone() });
            }
            d.note(Noted::SpecWritten { cluster: cluster.clone(), generation: *generation });
        }
        Outcome::SpecWritten { cluster, generation } => {
            d.note(Noted::SpecWritten { cluster: cluster.clone(), generation: *generation });
        }
        Outcome::TreeRemoved { cluster, tree } => {
            let Some(stopped) = fleet.clusters.get(cluster).filter(|cluster| cluster.is_stopped()) else {
                d.count(Count::Ignored);
                return;
            };
            match tree {
                Tree::Discover => d.note(Noted::DiscoverRemoved { cluster: cluster.clone() }),
                Tree::Records if stopped.seen.discover_removed && stopped.is_released() => {
                    d.save(Durable::ClusterRemoved { cluster: cluster.clone() });
                }
                Tree::Records => d.count(Count::Ignored),
            }
        }
        Outcome::Accepted { .. } | Outcome::Called | Outcome::OffersToggled => {}
    }
}

/// An action has failed. What is owed is asked for again by itself.
pub(crate) fn failed(fleet: &Fleet, outcome: &Outcome, d: &mut Decision) {
    d.count(Count::ActionFailed);
    match outcome {
        Outcome::Accepted { tasks } if fleet.is_subscribed() => {
            // The call may have arrived all the same: ask.
            let open = fleet.tasks().filter(|(task, _)| tasks.contains(task));
            let open: Vec<_> = open.map(|(task, agent)| (task.clone(), agent.clone())).collect();
            reconcile::ask(&open, d);
        }
        Outcome::OffersToggled => d.note(Noted::ToggleFailed),
        Outcome::Accepted { .. }
        | Outcome::TreeMade { .. }
        | Outcome::SpecWritten { .. }
        | Outcome::TreeRemoved { .. }
        | Outcome::Called => {}
    }
}

/// Remembers a home that could not be released; of too many, the oldest is forgotten.
pub(crate) fn remember_orphan(framework: &mut SavedFramework, releasing: &Releasing) {
    framework.orphans.insert(releasing.home.reservation.clone(), releasing.clone());
    if framework.orphans.len() > ABANDONED_MOST {
        let oldest = framework.orphans.iter().min_by_key(|(_, orphan)| orphan.since);
        if let Some(reservation) = oldest.map(|(reservation, _)| reservation.clone()) {
            framework.orphans.remove(&reservation);
        }
    }
}

/// Remembers a task that was given up; of too many, the oldest is forgotten.
pub(crate) fn remember(framework: &mut SavedFramework, task: &TaskId, abandoned: &Abandoned) {
    framework.abandoned.insert(task.clone(), abandoned.clone());
    if framework.abandoned.len() > ABANDONED_MOST {
        let oldest = framework.abandoned.iter().min_by_key(|(_, abandoned)| abandoned.since);
        if let Some(task) = oldest.map(|(task, _)| task.clone()) {
            framework.abandoned.remove(&task);
        }
    }
}
