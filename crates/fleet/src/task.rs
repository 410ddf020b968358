//! One update of one task: is it ours, is it news, what does it change. Every step may come twice or late.
//!
//! An update is acknowledged after its change is saved, because the action follows the change. Mesos'
//! words that a task is lost, unreachable or unknown do not say that its mysqld has ended.

use std::time::Duration;

use mysos_model::{
    Dice, TaskId, Timestamp,
    wire::state::{Instance, Leaving, SavedInstance, Stage},
};

use crate::{
    Action, Decision, Fleet,
    change::{Count, Durable},
    cluster::Cluster,
    event::{Slot, TaskState, Update},
    housing::HomeChange,
    reconcile, replace,
};

/// What an update says of a mysqld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Its task is there.
    Live(Sign),
    /// It does not run any more, or never did.
    Ended,
    /// Nobody knows.
    Away,
    /// A state of a later Mesos.
    Unrecognized,
}

/// How a live task is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Staging,
    Starting,
    Running,
    Killing,
}

pub(crate) fn word(state: TaskState) -> Word {
    match state {
        TaskState::Staging => Word::Live(Sign::Staging),
        TaskState::Starting => Word::Live(Sign::Starting),
        TaskState::Running => Word::Live(Sign::Running),
        TaskState::Killing => Word::Live(Sign::Killing),
        TaskState::Finished
        | TaskState::Failed
        | TaskState::Killed
        | TaskState::Error
        | TaskState::Dropped
        | TaskState::Gone
        | TaskState::GoneByOperator => Word::Ended,
        TaskState::Lost | TaskState::Unreachable | TaskState::Unknown => Word::Away,
        TaskState::Unrecognized(_) => Word::Unrecognized,
    }
}

/// One update.
pub(crate) fn update(fleet: &Fleet, now: Timestamp, update: &Update, dice: &mut Dice, d: &mut Decision) {
    match update.task.parse::<TaskId>() {
        Ok(task) => ours(fleet, now, (&task, update), dice, d),
        Err(_) => d.count(Count::ForeignTask),
    }
    acknowledge(update, d);
}

fn ours(
    fleet: &Fleet,
    now: Timestamp,
    (task, update): (&TaskId, &Update),
    dice: &mut Dice,
    d: &mut Decision,
) {
    if word(update.state) == Word::Unrecognized {
        d.count(Count::UnknownState);
        if let Some(agent) = &update.agent {
            reconcile::ask(&[(task.clone(), agent.clone())], d);
        }
        return;
    }
    if word(update.state) == Word::Ended && is_abandoned(fleet, task) {
        d.save(Durable::AbandonedEnded { task: task.clone() });
    }
    let Some(cluster) = fleet.clusters.get(task.cluster()) else {
        of_unknown_cluster(fleet, (task, update), d);
        return;
    };
    let slot = Slot { cluster: task.cluster().clone(), ordinal: task.ordinal() };
    match cluster.saved.instances.get(&slot.ordinal) {
        Some(instance) if instance.state.task() == Some(task) => {
            let replace_after = fleet.config.auto_replace_after;
            of_slot((cluster, instance, slot), now, (update, replace_after), d);
        }
        _ => of_no_slot(cluster, now, (task, update), d),
    }
    reconcile::heard(fleet, now, task, dice, d);
}

/// The task holds its slot.
fn of_slot(
    (cluster, instance, slot): (&Cluster, &SavedInstance, Slot),
    now: Timestamp,
    (update, replace_after): (&Update, Option<Duration>),
    d: &mut Decision,
) {
    let history = || instance.history.clone();
    match word(update.state) {
        Word::Ended => {
            if cluster.is_terminating() {
                d.save(Durable::InstanceRemoved { slot, at: now });
            } else {
                d.count(Count::TaskEnded);
                if update.state == TaskState::GoneByOperator && instance.home.is_some() {
                    d.save(Durable::Home(HomeChange::Left { slot: slot.clone(), at: now })); // An operator says that it will not be back.
                }
                let (to, history) = replace::ended(instance, now, update);
                d.save(Durable::InstanceMoved { slot, to, history });
            }
        }
        Word::Live(sign) => match alive(&instance.state, sign, now) {
            Some(to) => d.save(Durable::InstanceMoved { slot, to, history: history() }),
            None => d.count(Count::StaleUpdate),
        },
        Word::Away => match away(&instance.state, now, (update, replace_after)) {
            Some(to) => d.save(Durable::InstanceMoved { slot, to, history: history() }),
            None => d.count(Count::StaleUpdate),
        },
        Word::Unrecognized => {}
    }
}

/// The legal steps of a slot whose task gives a sign of life; `None`: that is no news.
fn alive(state: &Instance, sign: Sign, now: Timestamp) -> Option<Instance> {
    let launching = |stage, place: &_, task: &TaskId| {
        Some(Instance::Launching { place: Clone::clone(place), task: task.clone(), stage, since: now })
    };
    match (state, sign) {
        (
            Instance::Launching { stage: Stage::Reserving | Stage::Staging, place, task, .. }
            | Instance::Unreachable { place, task, .. },
            Sign::Starting,
        ) => launching(Stage::Starting, place, task),
        (Instance::Unreachable { place, task, .. }, Sign::Staging) => launching(Stage::Staging, place, task),
        (
            Instance::Launching { place, task, .. } | Instance::Unreachable { place, task, .. },
            Sign::Running,
        )
        | (Instance::Unreachable { place, task, .. }, Sign::Killing) => {
            Some(Instance::Running { place: place.clone(), task: task.clone(), since: now })
        }
        (Instance::Stopping { place, task, since, unreachable: Some(_) }, _) => Some(Instance::Stopping {
            place: place.clone(),
            task: task.clone(),
            since: *since,
            unreachable: None,
        }),
        (
            Instance::Launching { .. }
            | Instance::Running { .. }
            | Instance::Stopping { .. }
            | Instance::Pending { .. }
            | Instance::Down { .. }
            | Instance::NeedsOperator { .. },
            _,
        ) => None,
    }
}

/// The legal steps of a slot whose task cannot be reached.
fn away(
    state: &Instance,
    now: Timestamp,
    (update, replace_after): (&Update, Option<Duration>),
) -> Option<Instance> {
    let since = update.unreachable_since.map_or(now, |told| told.min(now));
    let replace_at = replace_after.map(|patience| since + patience);
    match state {
        Instance::Launching { place, task, .. } | Instance::Running { place, task, .. } => {
            Some(Instance::Unreachable { place: place.clone(), task: task.clone(), since, replace_at })
        }
        Instance::Stopping { place, task, since: stopping, unreachable: None } => Some(Instance::Stopping {
            place: place.clone(),
            task: task.clone(),
            since: *stopping,
            unreachable: Some(since),
        }),
        Instance::Stopping { unreachable: Some(_), .. }
        | Instance::Pending { .. }
        | Instance::Down { .. }
        | Instance::Unreachable { .. }
        | Instance::NeedsOperator { .. } => None,
    }
}

/// The task holds no slot: it is known to be leaving, or it is a stray that must leave.
fn of_no_slot(cluster: &Cluster, now: Timestamp, (task, update): (&TaskId, &Update), d: &mut Decision) {
    let known = cluster.saved.leaving.get(task);
    match (word(update.state), known) {
        (Word::Ended, Some(_)) => d.save(Durable::TaskLeft { task: task.clone(), at: now }),
        // The master knows neither the task nor its agent: there is nobody to ask any more. Should it
        // come back, it is a stray.
        (Word::Away, Some(_)) if update.state == TaskState::Unknown => {
            d.save(Durable::TaskLeft { task: task.clone(), at: now });
        }
        (Word::Away, Some(leaving)) if leaving.unreachable.is_none() => {
            let since = update.unreachable_since.map_or(now, |told| told.min(now));
            save_leaving(task, Leaving { unreachable: Some(since), ..leaving.clone() }, d);
        }
        (Word::Live(_), Some(leaving)) if leaving.unreachable.is_some() => {
            save_leaving(task, Leaving { unreachable: None, ..leaving.clone() }, d);
        }
        (Word::Live(_), None) => stray(now, (task, update), d),
        (Word::Ended | Word::Away | Word::Live(_) | Word::Unrecognized, _) => d.count(Count::StaleUpdate),
    }
}

fn save_leaving(task: &TaskId, leaving: Leaving, d: &mut Decision) {
    d.save(Durable::TaskLeaving { task: task.clone(), leaving });
}

/// A running task of a cluster of ours that no slot has: an older launch that was given up.
fn stray(now: Timestamp, (task, update): (&TaskId, &Update), d: &mut Decision) {
    d.count(Count::StrayTask);
    let Some(agent) = update.agent.clone() else { return };
    save_leaving(task, Leaving { agent, host: None, since: now, unreachable: None }, d);
}

/// The task belongs to no cluster we know. One that we have given up is ended; any other is left alone,
/// because a state that has been lost or restored must not end what runs.
fn of_unknown_cluster(fleet: &Fleet, (task, update): (&TaskId, &Update), d: &mut Decision) {
    match word(update.state) {
        Word::Live(_) if is_abandoned(fleet, task) => {
            if let Some(agent) = update.agent.clone() {
                d.act(Action::Kill { task: task.clone(), agent });
            }
        }
        Word::Live(_) => d.count(Count::OrphanTask),
        Word::Ended | Word::Away | Word::Unrecognized => d.count(Count::StaleUpdate),
    }
}

/// Whether the task of a deleted cluster was given up.
fn is_abandoned(fleet: &Fleet, task: &TaskId) -> bool {
    fleet.framework().is_some_and(|framework| framework.abandoned.contains_key(task))
}

fn acknowledge(update: &Update, d: &mut Decision) {
    if let (Some(uuid), Some(agent)) = (&update.uuid, &update.agent)
        && !uuid.is_empty()
    {
        d.act(Action::Acknowledge { task: update.task.clone(), agent: agent.clone(), uuid: uuid.clone() });
    }
}
