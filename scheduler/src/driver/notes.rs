//! What a turn leaves behind besides state: counters, lines in the log, and which clusters are watched.

use std::{collections::BTreeSet, time::Duration};

use mysos_fleet::{
    Change, Event, Step,
    change::{Durable, Noted},
    event::{TaskState, Update},
    housing::HomeChange,
};
use mysos_model::{ClusterName, Timestamp};

use super::Driver;
use crate::metrics::Ending;

/// The same trouble is said again after this time.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Why we are not subscribed, said at most so often.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    said: Option<(String, Timestamp)>,
}

impl Trouble {
    /// Says it, unless it has just been said.
    pub(super) fn say(&mut self, why: &str, now: Timestamp) {
        if self.is_news(why, now) {
            tracing::warn!(%why, "not subscribed to Mesos; trying again");
        }
    }

    fn is_news(&mut self, why: &str, now: Timestamp) -> bool {
        let known = self.said.as_ref().is_some_and(|(said, at)| said == why && now.since(*at) < SAY_AGAIN);
        if !known {
            self.said = Some((why.to_owned(), now));
        }
        !known
    }

    /// There is none any more.
    pub(super) fn is_over(&mut self) {
        self.said = None;
    }
}

impl Driver<'_> {
    /// Counts and logs what happened.
    pub(super) fn note(&mut self, event: &Event, step: &Step) {
        if let Event::Update(update) = event
            && !step.touched.is_empty()
            && let Some(ending) = ending(update)
        {
            self.outside.metrics.task_ended(ending);
        }
        let mut clusters_changed = false;
        for change in &step.changes {
            match change {
                Change::Noted(Noted::Counted { what, times }) => self.outside.metrics.decided(*what, *times),
                Change::Noted(Noted::Loaded(..)) => clusters_changed = true,
                Change::Noted(Noted::FrameworkLost { why, .. }) => tracing::error!(
                    %why,
                    "Mesos has ended this framework: its tasks are gone. Nothing is changed until a person decides; \
                     a new framework needs another path in --zk_url"
                ),
                Change::Noted(noted) => tracing::debug!(?noted, "noted"),
                Change::Durable(durable) => {
                    clusters_changed |= log(durable);
                    self.look_again(durable);
                }
            }
        }
        if clusters_changed {
            self.watch();
        }
    }

    /// A cluster that is being deleted: what was last seen of it counts from now on.
    fn look_again(&mut self, durable: &Durable) {
        let Durable::ClusterTerminating { cluster, .. } = durable else { return };
        if let Some(seen) = self.around.seen.get(cluster) {
            self.todo.push_back(seen.event(cluster));
        }
    }

    fn watch(&mut self) {
        let wanted: BTreeSet<ClusterName> =
            self.fleet.clusters().into_iter().map(|cluster| cluster.saved.name.clone()).collect();
        if wanted != self.watched {
            self.tools.lookout.watch(&wanted);
            self.around.seen.retain(|name, _| wanted.contains(name));
            self.watched = wanted;
        }
    }
}

/// One line for each step that is saved; whether there are other clusters now.
fn log(durable: &Durable) -> bool {
    match durable {
        Durable::FrameworkFounded(framework) => {
            tracing::info!(installation = framework.cluster_uid, role = framework.role, "first start here");
        }
        Durable::FrameworkNamed { id } => tracing::info!(framework = id, "framework id saved"),
        Durable::ClusterCreated { cluster, .. } => {
            tracing::info!(cluster = %cluster.name, owner = cluster.owner, nodes = cluster.spec.num_nodes, "cluster created");
            return true;
        }
        Durable::TreeMade { cluster } => tracing::info!(%cluster, "records made"),
        Durable::ClusterTerminating { cluster, .. } => tracing::info!(%cluster, "cluster is being deleted"),
        Durable::ClusterRemoved { cluster } => {
            tracing::info!(%cluster, "cluster deleted");
            return true;
        }
        Durable::InstanceMoved { slot, to, history } => {
            let task = to.task().map(ToString::to_string);
            let last = history.last.as_ref().map(|last| last.message.as_str());
            tracing::info!(cluster = %slot.cluster, instance = %slot.ordinal, state = to.word(), task, last, "instance");
        }
        Durable::Home(HomeChange::Entered { slot, home }) => {
            let (reservation, volume) = (&home.reservation, &home.volume);
            tracing::info!(cluster = %slot.cluster, instance = %slot.ordinal, %reservation, %volume, host = %home.place.host, "volume of an instance");
        }
        Durable::Home(HomeChange::Made { slot }) => {
            tracing::info!(cluster = %slot.cluster, instance = %slot.ordinal, "volume made");
        }
        Durable::Home(HomeChange::Left { slot, .. }) => {
            tracing::warn!(cluster = %slot.cluster, instance = %slot.ordinal, "the instance is built anew without its volume, which is kept while it may be needed");
        }
        Durable::Home(HomeChange::Back { slot, reservation, .. }) => {
            tracing::warn!(cluster = %slot.cluster, instance = %slot.ordinal, %reservation, "the instance goes back to its old volume: nobody else can serve");
        }
        Durable::Home(
            HomeChange::Released { reservation, .. } | HomeChange::OrphanReleased { reservation },
        ) => {
            tracing::info!(%reservation, "reservation and volume are gone");
        }
        Durable::Home(HomeChange::Orphaned { releasing }) => {
            let home = &releasing.home;
            tracing::warn!(volume = %home.volume, host = %home.place.host, "a deleted cluster's volume is on an agent that is away; it is destroyed when that is back");
        }
        Durable::InstanceRemoved { slot, .. } => {
            tracing::info!(cluster = %slot.cluster, instance = %slot.ordinal, "instance removed");
        }
        Durable::TaskLeaving { task, .. } => tracing::info!(%task, "task is to end"),
        Durable::TaskLeft { task, .. } => tracing::info!(%task, "task has ended"),
        Durable::TaskAbandoned { task, .. } => tracing::warn!(%task, "task given up: Mesos cannot reach it"),
        Durable::AbandonedEnded { task } => tracing::info!(%task, "task that was given up has ended"),
    }
    false
}

fn ending(update: &Update) -> Option<Ending> {
    Some(match update.state {
        TaskState::Finished => Ending::Finished,
        TaskState::Failed | TaskState::Error => Ending::Failed,
        TaskState::Killed => Ending::Killed,
        TaskState::Lost
        | TaskState::Dropped
        | TaskState::Unreachable
        | TaskState::Gone
        | TaskState::GoneByOperator
        | TaskState::Unknown => Ending::Lost,
        TaskState::Staging
        | TaskState::Starting
        | TaskState::Running
        | TaskState::Killing
        | TaskState::Unrecognized(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_said_once_a_minute() {
        let mut trouble = Trouble::default();
        let at = |seconds: u64| Timestamp(seconds * 1000);
        assert!(trouble.is_news("refused", at(100)));
        assert!(!trouble.is_news("refused", at(159)));
        assert!(trouble.is_news("refused", at(160)));
        assert!(trouble.is_news("silent", at(161)));
        trouble.is_over();
        assert!(trouble.is_news("silent", at(162)));
    }
}
