//! Asking Mesos what has become of our tasks, in rounds, and what waits for the answers.
//!
//! A master that has just failed over does not answer for an agent that has not come back to it yet, so
//! silence means nothing until it has lasted. Until the first pass of a subscription has ended no task is
//! launched and none is replaced.

use std::collections::BTreeSet;

use mysos_model::{Dice, TaskId, Timestamp, wire::state::AgentId};

use crate::{
    Action, Decision, Fleet,
    change::{Noted, doubled},
    config::{RECONCILE_CHUNK, ROUND_FIRST, ROUND_LONGEST},
};

/// How far the questions are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reconciliation {
    /// The first pass of this subscription has ended.
    pub(crate) first_done: bool,
    /// The pass under way.
    pub(crate) pass: Option<Pass>,
    /// When the next one begins.
    pub(crate) next_pass: Option<Timestamp>,
    /// Tasks that Mesos said nothing of in the last pass.
    pub(crate) silent: BTreeSet<TaskId>,
}

/// One pass: all tasks are asked about until each has been heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pass {
    began: Timestamp,
    rounds: u32,
    pub(crate) next_round: Timestamp,
    unheard: BTreeSet<TaskId>,
}

impl Reconciliation {
    pub(crate) fn begin(&mut self, at: Timestamp, unheard: BTreeSet<TaskId>) {
        self.pass = Some(Pass { began: at, rounds: 0, next_round: at, unheard });
        self.next_pass = None;
    }

    pub(crate) fn asked(&mut self, next: Timestamp) {
        if let Some(pass) = &mut self.pass {
            pass.rounds = pass.rounds.saturating_add(1);
            pass.next_round = next;
        }
    }

    pub(crate) fn heard(&mut self, task: &TaskId) {
        self.silent.remove(task);
        if let Some(pass) = &mut self.pass {
            pass.unheard.remove(task);
        }
    }

    pub(crate) fn end(&mut self, next: Timestamp, silent: &BTreeSet<TaskId>) {
        *self = Self { first_done: true, pass: None, next_pass: Some(next), silent: silent.clone() };
    }
}

impl Fleet {
    /// Every task that has not been seen to end.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (&TaskId, &AgentId)> {
        self.clusters.values().flat_map(crate::cluster::Cluster::tasks)
    }

    /// Tasks that Mesos did not answer for, however often it was asked.
    pub fn silent_tasks(&self) -> &BTreeSet<TaskId> {
        &self.reconciliation.silent
    }
}

/// Begins a pass with its first round; with nothing to ask about it ends at once.
pub(crate) fn begin(fleet: &Fleet, now: Timestamp, dice: &mut Dice, d: &mut Decision) {
    d.note(Noted::PassBegan { at: now });
    let tasks: Vec<_> = fleet.tasks().map(|(task, agent)| (task.clone(), agent.clone())).collect();
    if tasks.is_empty() {
        end((fleet, now), BTreeSet::new(), dice, d);
        return;
    }
    d.note(Noted::RoundAsked { next: now + ROUND_FIRST });
    ask(&tasks, d);
}

/// Mesos said something of a task; the pass may have waited for just that.
pub(crate) fn heard(fleet: &Fleet, now: Timestamp, task: &TaskId, dice: &mut Dice, d: &mut Decision) {
    d.note(Noted::Heard { task: task.clone() });
    let Some(pass) = &fleet.reconciliation.pass else { return };
    if pass.unheard.iter().all(|unheard| unheard == task) {
        end((fleet, now), BTreeSet::new(), dice, d);
    }
}

/// The next round, or the end of a pass that has waited long enough.
pub(crate) fn round(fleet: &Fleet, now: Timestamp, dice: &mut Dice, d: &mut Decision) {
    let Some(pass) = &fleet.reconciliation.pass else { return };
    let open: Vec<_> = fleet
        .tasks()
        .filter(|(task, _)| pass.unheard.contains(*task))
        .map(|(task, agent)| (task.clone(), agent.clone()))
        .collect();
    if open.is_empty() || now.since(pass.began) >= fleet.config.reconcile_patience {
        end((fleet, now), open.into_iter().map(|(task, _)| task).collect(), dice, d);
        return;
    }
    let pause = doubled(ROUND_FIRST, ROUND_LONGEST, pass.rounds);
    d.note(Noted::RoundAsked { next: now + dice.jitter(pause, 20) });
    ask(&open, d);
}

/// Ends a pass, and asks for tasks that we may not know of.
fn end((fleet, now): (&Fleet, Timestamp), silent: BTreeSet<TaskId>, dice: &mut Dice, d: &mut Decision) {
    let next = now + dice.jitter(fleet.config.reconcile_every, 10);
    d.note(Noted::PassEnded { next, silent });
    d.act(Action::Reconcile { tasks: Vec::new() });
}

/// A hint that an executor or an agent is gone: asks about the tasks there.
pub(crate) fn suspect(fleet: &Fleet, agent: &AgentId, executor: Option<&str>, d: &mut Decision) {
    let there: Vec<_> = fleet
        .tasks()
        .filter(|(task, at)| *at == agent && executor.is_none_or(|executor| executor == task.as_str()))
        .map(|(task, at)| (task.clone(), at.clone()))
        .collect();
    ask(&there, d);
}

/// Asks about some tasks, in calls of bounded size.
pub(crate) fn ask(tasks: &[(TaskId, AgentId)], d: &mut Decision) {
    for chunk in tasks.chunks(RECONCILE_CHUNK) {
        d.act(Action::Reconcile { tasks: chunk.to_vec() });
    }
}
