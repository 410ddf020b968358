//! What the state alone says is still to be done: kills repeated, records to write, trees to make or
//! remove, offers to ask for. Nothing here depends on a message having arrived: an action is owed until
//! the state says that it has had its effect, and is asked for again in the meantime, ever more seldom.

use std::collections::BTreeSet;

use mysos_model::{
    ClusterName, Generation, TaskId, Timestamp,
    record::EpochRecord,
    wire::state::{Instance, Stage},
};

use crate::{
    Action, Fleet,
    action::{NewTree, Tree},
    change::doubled,
    cluster::Cluster,
    config::{KILL_AGAIN, KILL_LONGEST, KILLS_BEFORE_SHUTDOWN, QUERY_AGAIN, WRITE_AGAIN, WRITE_LONGEST},
    demand::Toggle,
};

/// One thing that is owed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Make the records of a cluster.
    MakeTree(ClusterName),
    /// Write this generation of its `spec`.
    WriteSpec(ClusterName, Generation),
    /// Remove a tree.
    RemoveTree(ClusterName, Tree),
    /// End a task.
    Kill(TaskId),
    /// Ask about a task that stays silent after its launch.
    Query(TaskId),
    /// Tell Mesos whether offers are wanted.
    Offers(Toggle),
}

impl Duty {
    /// Whether it is a call to Mesos: such a call is made anew on each subscription.
    pub(crate) fn is_of_mesos(&self) -> bool {
        match self {
            Self::Kill(_) | Self::Query(_) | Self::Offers(_) => true,
            Self::MakeTree(_) | Self::WriteSpec(..) | Self::RemoveTree(..) => false,
        }
    }

    /// When it is asked for again, after so many times.
    fn again(&self, asked: Asked) -> Timestamp {
        let before = asked.times.saturating_sub(1);
        let pause = match self {
            Self::Kill(_) => doubled(KILL_AGAIN, KILL_LONGEST, before),
            Self::Query(_) => QUERY_AGAIN,
            Self::MakeTree(_) | Self::WriteSpec(..) | Self::RemoveTree(..) | Self::Offers(_) => {
                doubled(WRITE_AGAIN, WRITE_LONGEST, before)
            }
        };
        asked.at + pause
    }
}

/// That an action went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    at: Timestamp,
    times: u32,
}

/// A duty, when it first became due, and what to do.
struct Owed {
    duty: Duty,
    from: Timestamp,
    actions: Vec<Action>,
}

impl Fleet {
    /// What is owed and due, in order. Pure: the same state owes the same.
    pub fn owed(&self, now: Timestamp) -> Vec<Action> {
        self.owed_duties(now).into_iter().flat_map(|(_, actions)| actions).collect()
    }

    /// The same, by duty.
    pub(crate) fn owed_duties(&self, now: Timestamp) -> Vec<(Duty, Vec<Action>)> {
        let due = |owed: &Owed| self.due(owed) <= now;
        self.duties().into_iter().filter(due).map(|owed| (owed.duty, owed.actions)).collect()
    }

    /// When something that is owed becomes due.
    pub(crate) fn owed_at(&self) -> Option<Timestamp> {
        self.duties().iter().map(|owed| self.due(owed)).min()
    }

    fn due(&self, owed: &Owed) -> Timestamp {
        self.asked.get(&owed.duty).map_or(owed.from, |asked| owed.duty.again(*asked).max(owed.from))
    }

    pub(crate) fn note_asked(&mut self, duty: &Duty, at: Timestamp) {
        if let Duty::Offers(toggle) = duty {
            self.demand.told(*toggle, at);
            return;
        }
        let asked = self.asked.entry(duty.clone()).or_insert(Asked { at, times: 0 });
        *asked = Asked { at, times: asked.times.saturating_add(1) };
    }

    /// Forgets how often something was asked for that is no longer owed.
    pub(crate) fn forget_fulfilled(&mut self) {
        if self.asked.is_empty() {
            return;
        }
        let owed: BTreeSet<Duty> = self.duties().into_iter().map(|owed| owed.duty).collect();
        self.asked.retain(|duty, _| owed.contains(duty));
    }

    /// All duties, due or not. While nothing can be saved there are none: the state may be ahead of
    /// what is saved.
    fn duties(&self) -> Vec<Owed> {
        let mut duties = Vec::new();
        if !self.is_ready() {
            return duties;
        }
        for cluster in self.clusters.values() {
            self.records(cluster, &mut duties);
            if self.is_subscribed() {
                self.calls(cluster, &mut duties);
            }
        }
        if self.is_reconciled() {
            duties.extend(self.demand.owed(self.wanted_offers()).map(|(toggle, from)| Owed {
                duty: Duty::Offers(toggle),
                from,
                actions: vec![match toggle {
                    Toggle::Revive => Action::Revive,
                    Toggle::Suppress => Action::Suppress,
                }],
            }));
        }
        duties
    }

    /// What is owed to ZooKeeper.
    fn records(&self, cluster: &Cluster, duties: &mut Vec<Owed>) {
        let name = &cluster.saved.name;
        let at_once = |duty, action| Owed { duty, from: Timestamp::default(), actions: vec![action] };
        if cluster.is_stopped() {
            let tree = if cluster.seen.discover_removed { Tree::Records } else { Tree::Discover };
            if tree == Tree::Records && !cluster.is_released() {
                return; // The name is free when nothing of it is left.
            }
            let action = Action::RemoveTree { cluster: name.clone(), tree };
            let duty = Duty::RemoveTree(name.clone(), tree);
            duties.push(Owed { duty, from: self.removable_from(cluster), actions: vec![action] });
        } else if !cluster.saved.tree_made {
            if !cluster.is_terminating() {
                let tree = Box::new(new_tree(cluster));
                duties.push(at_once(Duty::MakeTree(name.clone()), Action::MakeTree(tree)));
            }
        } else if cluster.seen.spec_written < Some(cluster.saved.generation) {
            let spec = Box::new(cluster.spec_record());
            let duty = Duty::WriteSpec(name.clone(), cluster.saved.generation);
            duties.push(at_once(duty, Action::WriteSpec(spec)));
        }
    }

    /// From when on the trees of a stopped cluster may go: clients take that for "no mysqld runs any
    /// more". A record that does not go away with its member delays it for a while, not for ever.
    fn removable_from(&self, cluster: &Cluster) -> Timestamp {
        if !cluster.saved.tree_made || cluster.seen.present == Some(0) || cluster.seen.discover_removed {
            return Timestamp::default();
        }
        cluster.seen.last_ended + self.config.cleanup_patience
    }

    /// What is owed to Mesos.
    fn calls(&self, cluster: &Cluster, duties: &mut Vec<Owed>) {
        for (task, agent) in cluster.unwanted() {
            let duty = Duty::Kill(task.clone());
            let times = self.asked.get(&duty).map_or(0, |asked| asked.times);
            let (task, agent) = (task.clone(), agent.clone());
            let mut actions = vec![Action::Kill { task: task.clone(), agent: agent.clone() }];
            if times >= KILLS_BEFORE_SHUTDOWN {
                actions.push(Action::Shutdown { task, agent });
            }
            duties.push(Owed { duty, from: Timestamp::default(), actions });
        }
        for instance in cluster.saved.instances.values() {
            if let Instance::Launching { place, task, stage: Stage::Staging | Stage::Reserving, since } =
                &instance.state
            {
                let ask = Action::Reconcile { tasks: vec![(task.clone(), place.agent.clone())] };
                let from = *since + self.config.launch_timeout;
                duties.push(Owed { duty: Duty::Query(task.clone()), from, actions: vec![ask] });
            }
        }
    }
}

fn new_tree(cluster: &Cluster) -> NewTree {
    NewTree {
        cluster: cluster.saved.name.clone(),
        credentials: cluster.credentials.clone(),
        epoch: EpochRecord::forming(cluster.saved.spec.wished_acks(), cluster.saved.created),
        spec: cluster.spec_record(),
    }
}
