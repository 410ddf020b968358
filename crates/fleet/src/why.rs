//! Why an instance is not running, in a word for programs and in words for people.

use mysos_model::{
    Timestamp,
    wire::{
        home::{Home, HomeStage},
        state::{Failure, Instance, SavedInstance, Stage},
    },
};

use crate::{Fleet, Misfit, Refusals, cluster::Cluster, event::Slot, framework::LinkState};

/// Why an instance is not running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// A word for programs.
    pub code: &'static str,
    /// Words for people.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
}

impl Fleet {
    /// Why an instance is not running; `None` if it is, or is not there.
    pub fn why(&self, slot: &Slot) -> Option<Why> {
        let cluster = self.clusters.get(&slot.cluster)?;
        let instance = cluster.saved.instances.get(&slot.ordinal)?;
        let why = |code, text: String, next_attempt| {
            Some(Why { code, text, since: instance.state.since(), next_attempt })
        };
        match &instance.state {
            Instance::Running { .. } => None,
            Instance::Pending { .. } => {
                let (code, text) = self.waiting_for(cluster, slot);
                why(code, text, None)
            }
            Instance::Launching { stage: Stage::Reserving, place, .. } => {
                why("Reserving", format!("a volume and its task were asked for on {}", place.host), None)
            }
            Instance::Launching { stage: Stage::Staging, place, .. } => {
                why("Staging", format!("its task was sent to {}", place.host), None)
            }
            Instance::Launching { stage: Stage::Starting, place, .. } => {
                why("Starting", format!("mysqld is being set up on {}", place.host), None)
            }
            Instance::Stopping { unreachable: None, .. } => {
                why("Terminating", "the cluster is being deleted".to_owned(), None)
            }
            Instance::Stopping { unreachable: Some(since), place, .. } => {
                let text =
                    format!("the cluster is being deleted; {} is out of reach since {since}", place.host);
                why("AgentUnreachable", text, None)
            }
            Instance::Unreachable { place, replace_at, .. } => {
                why("AgentUnreachable", format!("Mesos cannot reach {}", place.host), *replace_at)
            }
            Instance::Down { retry_at, .. } => {
                why("TaskEnded", refused(cluster, slot, last_end(instance)), Some(*retry_at))
            }
            Instance::NeedsOperator { retry_at, .. } => {
                let invalid = instance.history.last.as_ref().is_some_and(|last| last.state == "TASK_ERROR");
                let code = if invalid { "TaskRefused" } else { "CrashLoop" };
                why(code, refused(cluster, slot, last_end(instance)), Some(*retry_at))
            }
        }
    }

    fn waiting_for(&self, cluster: &Cluster, slot: &Slot) -> (&'static str, String) {
        if !cluster.saved.tree_made {
            return ("WaitingForRecords", "its records are being made in ZooKeeper".to_owned());
        }
        match &self.link.state {
            LinkState::Disconnected { why } => {
                return ("WaitingForMesos", format!("not subscribed to Mesos: {why}"));
            }
            LinkState::Lost { why } => {
                return ("WaitingForMesos", format!("Mesos has ended this framework: {why}"));
            }
            LinkState::Subscribed => {}
        }
        if !self.is_reconciled() {
            return ("WaitingForMesos", "Mesos is being asked what became of the tasks".to_owned());
        }
        let home = cluster.saved.instances.get(&slot.ordinal).and_then(|instance| instance.home.as_ref());
        match home.filter(|home| home.stage != HomeStage::Asked) {
            Some(home) => ("WaitingForVolume", self.waits_for_volume(cluster, slot, home)),
            None => ("WaitingForOffer", self.refusals(slot).map_or_else(|| self.no_offers(), words)),
        }
    }

    fn waits_for_volume(&self, cluster: &Cluster, slot: &Slot, home: &Home) -> String {
        let host = &home.place.host;
        let lacks = self.refusals(slot).map(|refusals| &refusals.by);
        let lacks = lacks.and_then(|by| by.keys().find(|misfit| **misfit != Misfit::VolumeElsewhere));
        if let Some(misfit) = lacks {
            return format!("{host} has its volume and {} beside it", misfit.words());
        }
        let then = if cluster.may_replace(slot.ordinal) {
            "it is built anew elsewhere if that lasts"
        } else {
            "no other member serves, and acknowledged writes may rest on it: it waits for as long as it takes"
        };
        format!("{host} does not offer its volume {}; {then}", home.volume)
    }

    fn no_offers(&self) -> String {
        let role = self.framework().map_or("", |framework| framework.role.as_str());
        let asked =
            if self.demand.is_revived() { "they are asked for" } else { "they are about to be asked for" };
        format!("no offers have come for role {role}; {asked}")
    }
}

/// What Mesos said of the reservation or the volume comes first: the task failed because of it.
fn refused(cluster: &Cluster, slot: &Slot, end: String) -> String {
    match cluster.seen.refused.get(&slot.ordinal) {
        Some(text) => format!("Mesos refused its reservation or volume: {text}; {end}"),
        None => end,
    }
}

/// `31 offers looked at: 19 too little mem, 12 host already has a member`.
fn words(refusals: &Refusals) -> String {
    let mut by: Vec<_> = refusals.by.iter().collect();
    by.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let by: Vec<String> = by.iter().map(|(misfit, count)| format!("{count} {}", misfit.words())).collect();
    format!("{} offers looked at: {}", refusals.looked_at, by.join(", "))
}

fn last_end(instance: &SavedInstance) -> String {
    let Some(Failure { host, state, reason, message, .. }) = &instance.history.last else {
        return "its task ended".to_owned();
    };
    let on = host.as_ref().map_or_else(String::new, |host| format!(" on {host}"));
    let reason = reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    let times = match instance.history.failures {
        0 | 1 => String::new(),
        times => format!(", {times} times in a row"),
    };
    format!("{state}{reason}{on}{times}: {message}")
}
