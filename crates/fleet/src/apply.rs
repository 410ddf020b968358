//! How each change moves the state. The only place where it moves. Total: a change that does not fit,
//! fits nothing and does nothing.

use mysos_model::{ClusterName, Timestamp, wire::state::Instance};

use crate::{
    Change, Fleet,
    change::{Durable, Noted},
    cleanup,
    cluster::{Cluster, wants_place},
    framework::{Link, LinkState},
    housing::{self, HomeChange},
    reconcile::Reconciliation,
    replace,
};

impl Fleet {
    /// Moves the state. Total: a change that does not fit, fits nothing and does nothing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Durable(durable) => self.apply_durable(durable),
            Change::Noted(noted) => self.apply_noted(noted),
        }
    }

    fn apply_durable(&mut self, change: &Durable) {
        match change {
            Durable::FrameworkFounded(founded) => self.framework = Some(founded.clone()),
            Durable::FrameworkNamed { id } => {
                if let Some(framework) = &mut self.framework {
                    framework.framework_id = Some(id.clone());
                }
            }
            Durable::TaskAbandoned { task, abandoned } => {
                if let Some(framework) = &mut self.framework {
                    cleanup::remember(framework, task, abandoned);
                }
            }
            Durable::AbandonedEnded { task } => {
                if let Some(framework) = &mut self.framework {
                    framework.abandoned.remove(task);
                }
            }
            Durable::ClusterCreated { cluster, credentials } => {
                let (name, at) = (cluster.name.clone(), cluster.created);
                let made = Cluster::new((**cluster).clone(), (**credentials).clone(), at);
                self.clusters.entry(name).or_insert(made);
            }
            Durable::ClusterRemoved { cluster } => {
                self.clusters.remove(cluster);
            }
            Durable::TreeMade { cluster } => {
                self.change_cluster(cluster, |cluster| cluster.saved.tree_made = true);
                self.demand.rises();
            }
            Durable::ClusterTerminating { cluster, termination } => {
                self.change_cluster(cluster, |cluster| cluster.saved.terminating = Some(termination.clone()));
            }
            Durable::Home(change) => self.apply_home(change),
            Durable::InstanceMoved { slot, to, history } => {
                if wants_place(to, to.since()) || matches!(to, Instance::Unreachable { .. }) {
                    self.demand.rises();
                }
                self.change_cluster(&slot.cluster, |cluster| replace::moved(cluster, slot, to, history));
            }
            Durable::InstanceRemoved { slot, at } => {
                self.demand.rises(); // A host is free again, which other slots may have been refused for.
                self.change_cluster(&slot.cluster, |cluster| {
                    housing::leave(cluster, slot.ordinal, *at);
                    cluster.saved.instances.remove(&slot.ordinal);
                    cluster.seen.last_ended = *at;
                });
            }
            Durable::TaskLeaving { task, leaving } => self.change_cluster(task.cluster(), |cluster| {
                cluster.saved.leaving.insert(task.clone(), leaving.clone());
            }),
            Durable::TaskLeft { task, at } => {
                self.demand.rises();
                self.change_cluster(task.cluster(), |cluster| {
                    cluster.saved.leaving.remove(task);
                    cluster.seen.last_ended = *at;
                });
            }
        }
    }

    fn apply_home(&mut self, change: &HomeChange) {
        match change {
            HomeChange::Orphaned { releasing } => {
                if let Some(framework) = &mut self.framework {
                    cleanup::remember_orphan(framework, releasing);
                }
            }
            HomeChange::OrphanReleased { reservation } => {
                self.sweep.forget(reservation);
                if let Some(framework) = &mut self.framework {
                    framework.orphans.remove(reservation);
                }
            }
            HomeChange::Released { cluster, reservation } => {
                self.sweep.forget(reservation);
                self.change_cluster(cluster, |cluster| {
                    cluster.saved.releasing.remove(reservation);
                });
            }
            HomeChange::Entered { slot, home } => {
                self.change_cluster(&slot.cluster, |cluster| housing::enter(cluster, slot.ordinal, home));
            }
            HomeChange::Made { slot } => {
                self.change_cluster(&slot.cluster, |cluster| housing::made(cluster, slot.ordinal));
            }
            HomeChange::Left { slot, at } => {
                self.demand.rises();
                self.change_cluster(&slot.cluster, |cluster| housing::leave(cluster, slot.ordinal, *at));
            }
            HomeChange::Back { slot, reservation, at } => {
                self.demand.rises();
                self.change_cluster(&slot.cluster, |cluster| {
                    housing::go_back(cluster, (slot.ordinal, reservation), *at);
                });
            }
        }
    }

    /// Changes a cluster; if that changes what `spec` says, it is another generation.
    fn change_cluster(&mut self, name: &ClusterName, change: impl FnOnce(&mut Cluster)) {
        let Some(cluster) = self.clusters.get_mut(name) else { return };
        let before = cluster.wanted();
        change(cluster);
        if cluster.wanted() != before {
            cluster.saved.generation = cluster.saved.generation.next();
        }
    }

    fn apply_noted(&mut self, change: &Noted) {
        match change {
            Noted::Loaded(loaded, now) => {
                self.loaded = true;
                self.framework.clone_from(&loaded.framework);
                let made = loaded.clusters.iter().map(|(saved, credentials)| {
                    (saved.name.clone(), Cluster::new(saved.clone(), credentials.clone(), *now))
                });
                self.clusters = made.collect();
                for cluster in self.clusters.values_mut() {
                    cluster.saved.credentials.clear(); // Opened; sealed anew by the next save.
                }
            }
            Noted::Store(state) => self.store = *state,
            Noted::Subscribed { at } => {
                self.link = Link { state: LinkState::Subscribed, since: *at, ever: true };
                self.reconciliation = Reconciliation::default();
                self.demand.subscribed(*at);
                self.sweep.subscribed();
                self.asked.retain(|duty, _| !duty.is_of_mesos());
            }
            Noted::Disconnected { at, why } => self.unlink(*at, LinkState::Disconnected { why: why.clone() }),
            Noted::FrameworkLost { at, why } => self.unlink(*at, LinkState::Lost { why: why.clone() }),
            Noted::PassBegan { at } => {
                let asked = self.tasks().map(|(task, _)| task.clone()).collect();
                self.reconciliation.begin(*at, asked);
            }
            Noted::RoundAsked { next } => self.reconciliation.asked(*next),
            Noted::Heard { task } => self.reconciliation.heard(task),
            Noted::PassEnded { next, silent } => self.reconciliation.end(*next, silent),
            Noted::OffersSeen { at } => self.demand.seen(*at),
            Noted::Refused { slot, refusals } => self.with_cluster(&slot.cluster, |cluster| {
                cluster.seen.refusals.entry(slot.ordinal).or_default().add(refusals);
            }),
            Noted::Asked { duty, at } => self.note_asked(duty, *at),
            Noted::ToggleFailed => self.demand.toggle_failed(),
            Noted::SpecWritten { cluster, generation } => self.with_cluster(cluster, |cluster| {
                let newest = cluster.seen.spec_written.max(Some(*generation));
                cluster.seen.spec_written = newest;
            }),
            Noted::DiscoverRemoved { cluster } => {
                self.with_cluster(cluster, |cluster| cluster.seen.discover_removed = true);
            }
            Noted::MembersSeen { cluster, present, at, sighted } => {
                let mut may_go = false;
                self.with_cluster(cluster, |cluster| {
                    may_go = housing::sight(cluster, (*present, *at), sighted);
                });
                if may_go {
                    self.demand.rises(); // What was refused because it might be needed may go now.
                }
            }
            Noted::Sweep(note) => self.sweep.note(note),
            Noted::OperationRefused { slot, text } => self.with_cluster(&slot.cluster, |cluster| {
                cluster.seen.refused.insert(slot.ordinal, text.clone());
            }),
            Noted::Counted { what, times } => {
                let sum = self.counts.entry(*what).or_default();
                *sum = sum.saturating_add(*times);
            }
        }
    }

    fn unlink(&mut self, at: Timestamp, state: LinkState) {
        let since = if self.link.state == state { self.link.since } else { at };
        self.link = Link { state, since, ever: self.link.ever };
        self.reconciliation = Reconciliation::default();
    }

    fn with_cluster(&mut self, name: &ClusterName, note: impl FnOnce(&mut Cluster)) {
        if let Some(cluster) = self.clusters.get_mut(name) {
            note(cluster);
        }
    }
}
