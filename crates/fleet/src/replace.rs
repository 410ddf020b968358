//! What follows a task that has ended: another one, after a delay that grows while it does not help.
//!
//! With data in the sandbox a new task has new data, so it may go anywhere.

use mysos_model::{
    Host, Timestamp,
    wire::{
        home::HomeStage,
        state::{Failure, History, Instance, SavedInstance},
    },
};

use crate::{
    change::doubled,
    cluster::Cluster,
    config::{CRASH_LOOP, HEALTHY_AFTER, MESSAGE_BYTES, OPERATOR_RETRY, RETRY_FIRST, RETRY_LONGEST},
    event::{Reason, Slot, TaskState, Update},
    housing,
};

/// Whose fault an end is, which decides when the slot is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// The task never started, or its machine was taken away: nothing speaks against trying at once.
    Nobody,
    /// Somebody else ended it, a person or the machine that goes down: wait, and hold nothing against it.
    Stranger,
    /// The task itself, as far as we can know: wait, longer each time.
    Task,
    /// What we ask for is not valid: the same again will not be either.
    Request,
}

/// The state of a slot whose task has ended, and its history.
pub(crate) fn ended(instance: &SavedInstance, now: Timestamp, update: &Update) -> (Instance, History) {
    let blame = blame(&instance.state, update);
    let history = history(instance, now, update, blame);
    let state = match blame {
        Blame::Nobody => Instance::Pending { since: now },
        Blame::Stranger => Instance::Down { since: now, retry_at: now + RETRY_FIRST },
        Blame::Task if history.failures < CRASH_LOOP => {
            let delay = doubled(RETRY_FIRST, RETRY_LONGEST, history.failures.saturating_sub(1));
            Instance::Down { since: now, retry_at: now + delay }
        }
        Blame::Task | Blame::Request => {
            Instance::NeedsOperator { since: now, retry_at: now + OPERATOR_RETRY }
        }
    };
    (state, history)
}

fn blame(state: &Instance, update: &Update) -> Blame {
    let never_started = match update.reason {
        Some(Reason::InvalidOffers | Reason::AgentDisconnected | Reason::AgentRemoved) => true,
        Some(Reason::AgentDraining | Reason::Reconciliation | Reason::Other(_)) | None => false,
    };
    let draining = update.reason == Some(Reason::AgentDraining);
    // The agent came back without it, or the accept never reached the master.
    let vanished = update.state == TaskState::Gone && !matches!(state, Instance::Running { .. });
    let dropped = update.state == TaskState::Dropped && never_started;
    if update.state == TaskState::Error {
        Blame::Request
    } else if draining || vanished || dropped || update.state == TaskState::GoneByOperator {
        Blame::Nobody
    } else if update.state == TaskState::Killed {
        Blame::Stranger
    } else {
        Blame::Task
    }
}

fn history(instance: &SavedInstance, now: Timestamp, update: &Update, blame: Blame) -> History {
    let healthy = match instance.state {
        Instance::Running { since, .. } => now.since(since) >= HEALTHY_AFTER,
        Instance::Pending { .. }
        | Instance::Launching { .. }
        | Instance::Stopping { .. }
        | Instance::Down { .. }
        | Instance::Unreachable { .. }
        | Instance::NeedsOperator { .. } => false,
    };
    let before = if healthy { 0 } else { instance.history.failures };
    let failures =
        if matches!(blame, Blame::Nobody | Blame::Stranger) { before } else { before.saturating_add(1) };
    let host = instance.state.place().map(|place| place.host.clone());
    History { failures, last: Some(failure(now, host, update)) }
}

fn failure(now: Timestamp, host: Option<Host>, update: &Update) -> Failure {
    Failure {
        at: now,
        host,
        state: update.state.name(),
        reason: update.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        message: shortened(&update.message),
    }
}

/// The end of a long message: the last lines of a log say why it ended.
fn shortened(message: &str) -> String {
    let mut cut = message.len().saturating_sub(MESSAGE_BYTES);
    while !message.is_char_boundary(cut) {
        cut += 1;
    }
    message.get(cut..).unwrap_or_default().to_owned()
}

/// Moves a slot. What offers lacked for it is forgotten once it has a place.
pub(crate) fn moved(cluster: &mut Cluster, slot: &Slot, to: &Instance, history: &History) {
    let Some(instance) = cluster.saved.instances.get_mut(&slot.ordinal) else { return };
    if to.task().is_some() {
        cluster.seen.refusals.remove(&slot.ordinal);
    }
    if let Some(home) = &mut instance.home {
        home.stage = home.stage.max(housing::proven_by(to));
        if home.stage != HomeStage::Asked {
            cluster.seen.refused.remove(&slot.ordinal);
        }
    }
    instance.state = to.clone();
    instance.history = history.clone();
}
