//! What is counted and measured, for `/metrics` and `/vars.json`. `docs/metrics.md` lists each name.
//!
//! One struct, cheap to clone. Counters are counted where things happen; gauges are set from the view when somebody
//! asks.

use std::collections::BTreeMap;

use mysos_fleet::change::Count;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use serde::Serialize;

use crate::view::{ClusterView, FleetView};

/// A value of `/vars.json`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Var {
    /// A whole number.
    Int(u64),
    /// Any number.
    Float(f64),
}

/// One label with a name of a fixed set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Kind {
    /// Which.
    kind: &'static str,
}

/// How a task ended, as the original counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Lost in any way.
    Lost,
    /// Ended well.
    Finished,
    /// Ended badly.
    Failed,
    /// Ended because it was killed.
    Killed,
}

/// Everything that is counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    events: Family<Kind, Counter>,
    calls: Family<Kind, Counter>,
    failed_calls: Family<Kind, Counter>,
    updates: Family<Kind, Counter>,
    decisions: Family<Kind, Counter>,
    tasks_ended: Family<Kind, Counter>,
    offers_received: Counter,
    offers_of_other_roles: Counter,
    subscriptions: Counter,
    saves: Counter,
    failed_saves: Counter,
    leader: Gauge,
    subscribed: Gauge,
    reconciled: Gauge,
    zk_lost: Gauge,
    clusters: Gauge,
    instances: Family<Kind, Gauge>,
    cluster_states: Family<Kind, Gauge>,
    volumes: Family<Kind, Gauge>,
}

impl Metrics {
    /// An event of Mesos came.
    pub(crate) fn event(&self, kind: &'static str) {
        self.events.get_or_create(&Kind { kind }).inc();
    }

    /// A call was answered.
    pub(crate) fn call(&self, kind: &'static str) {
        self.calls.get_or_create(&Kind { kind }).inc();
    }

    /// A call failed.
    pub(crate) fn call_failed(&self, kind: &'static str) {
        self.failed_calls.get_or_create(&Kind { kind }).inc();
    }

    /// Mesos said something of a task.
    pub(crate) fn update(&self, state: &'static str) {
        self.updates.get_or_create(&Kind { kind: state }).inc();
    }

    /// The fleet counted something.
    pub(crate) fn decided(&self, what: Count, times: u64) {
        self.decisions.get_or_create(&Kind { kind: count_name(what) }).inc_by(times);
    }

    /// A task of ours ended.
    pub(crate) fn task_ended(&self, ending: Ending) {
        self.tasks_ended.get_or_create(&Kind { kind: ending_name(ending) }).inc();
    }

    /// Offers came, so many of them of a role that is not ours.
    pub(crate) fn offers(&self, all: usize, of_other_roles: usize) {
        self.offers_received.inc_by(all as u64);
        self.offers_of_other_roles.inc_by(of_other_roles as u64);
    }

    /// Mesos took a subscription.
    pub(crate) fn subscribed(&self) {
        self.subscriptions.inc();
    }

    /// A save was done.
    pub(crate) fn saved(&self) {
        self.saves.inc();
    }

    /// A save was not done.
    pub(crate) fn save_failed(&self) {
        self.failed_saves.inc();
    }

    /// This scheduler leads now, or does not.
    pub(crate) fn leads(&self, now: Leads) {
        self.leader.set(i64::from(now == Leads::Yes));
    }

    fn count(&self, what: Count) -> u64 {
        self.decisions.get_or_create(&Kind { kind: count_name(what) }).get()
    }

    fn ended(&self, ending: Ending) -> u64 {
        self.tasks_ended.get_or_create(&Kind { kind: ending_name(ending) }).get()
    }

    /// `/vars.json`: the names of the original, and additions that begin with `mysos.`.
    pub(crate) fn vars(&self, view: &FleetView) -> BTreeMap<&'static str, Var> {
        let totals = Totals::of(view);
        let uptime = view
            .started
            .0
            .checked_sub(1)
            .map_or(0.0, |_| crate::clock::now().since(view.started).as_secs_f64());
        let named = [
            ("scheduler.cluster_count", Var::Int(totals.clusters)),
            ("scheduler.total_requested_cpus", Var::Float(totals.cpus)),
            ("scheduler.total_requested_mem_mb", Var::Float(totals.mem_mb)),
            ("scheduler.total_requested_disk_mb", Var::Float(totals.disk_mb)),
            ("scheduler.framework_registered", Var::Int(view.mesos.subscribed.into())),
            ("scheduler.uptime", Var::Float(uptime)),
            ("scheduler.tasks_lost", Var::Int(self.ended(Ending::Lost))),
            ("scheduler.tasks_finished", Var::Int(self.ended(Ending::Finished))),
            ("scheduler.tasks_failed", Var::Int(self.ended(Ending::Failed))),
            ("scheduler.tasks_killed", Var::Int(self.ended(Ending::Killed))),
            ("scheduler.resource_offers", Var::Int(self.offers_received.get())),
            ("scheduler.offers_incompatible_role", Var::Int(self.offers_of_other_roles.get())),
            ("scheduler.offers_unused", Var::Int(self.count(Count::OfferDeclined))),
            ("scheduler.tasks_launched", Var::Int(self.count(Count::Launched))),
            ("mysos.leader", Var::Int(u64::from(self.leader.get() == 1))),
            ("mysos.subscriptions", Var::Int(self.subscriptions.get())),
            ("mysos.saves_failed", Var::Int(self.failed_saves.get())),
            ("mysos.instances_running", Var::Int(totals.running)),
        ];
        named.into()
    }

    /// Sets the gauges to what is there now.
    pub(crate) fn observe(&self, view: &FleetView) {
        let set = |gauge: &Gauge, value: bool| gauge.set(value.into());
        set(&self.subscribed, view.mesos.subscribed);
        set(&self.reconciled, view.mesos.reconciled);
        set(&self.zk_lost, view.zk_lost.is_some());
        self.clusters.set(Totals::of(view).clusters as i64);
        self.instances.clear();
        for instance in view.clusters.iter().flat_map(|cluster| &cluster.instances) {
            self.instances.get_or_create(&Kind { kind: instance.state }).inc();
        }
        for (kind, count) in &view.volumes {
            self.volumes.get_or_create(&Kind { kind }).set(*count as i64);
        }
        self.cluster_states.clear();
        for cluster in &view.clusters {
            self.cluster_states.get_or_create(&Kind { kind: cluster.assessment.state.as_str() }).inc();
        }
    }

    /// `/metrics`, in the text format of Prometheus.
    pub(crate) fn prometheus(&self) -> String {
        let mut registry = Registry::with_prefix("mysos");
        self.register(&mut registry);
        let mut text = String::new();
        // Writing into a text does not fail.
        let _written = encode(&mut text, &registry);
        text
    }

    fn register(&self, registry: &mut Registry) {
        let families = [
            ("mesos_events", "Events of Mesos, by type", &self.events),
            ("mesos_calls", "Calls that Mesos took, by type", &self.calls),
            ("mesos_calls_failed", "Calls that Mesos did not take, by type", &self.failed_calls),
            ("task_updates", "Status updates, by state", &self.updates),
            ("decisions", "What the fleet decided, by kind", &self.decisions),
            ("tasks_ended", "Tasks of ours that ended, by ending", &self.tasks_ended),
        ];
        for (name, help, family) in families {
            registry.register(name, help, family.clone());
        }
        let counters = [
            ("offers_received", "Offers received", &self.offers_received),
            ("offers_incompatible_role", "Offers of a role that is not ours", &self.offers_of_other_roles),
            ("mesos_subscriptions", "Subscriptions that Mesos took", &self.subscriptions),
            ("saves", "Times that state was saved", &self.saves),
            ("saves_failed", "Times that state could not be saved", &self.failed_saves),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("leader", "Whether this scheduler leads", &self.leader),
            ("mesos_subscribed", "Whether Mesos has our subscription", &self.subscribed),
            ("mesos_reconciled", "Whether all tasks have been asked about", &self.reconciled),
            ("zookeeper_lost", "Whether ZooKeeper does not answer", &self.zk_lost),
            ("clusters", "Clusters that are not being deleted", &self.clusters),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register("instances", "Instances, by state", self.instances.clone());
        registry.register("volumes", "Volumes, by what is known of them", self.volumes.clone());
        registry.register("cluster_states", "Clusters, by state", self.cluster_states.clone());
    }
}

/// Whether this scheduler leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Sums over the fleet.
struct Totals {
    clusters: u64,
    cpus: f64,
    mem_mb: f64,
    disk_mb: f64,
    running: u64,
}

impl Totals {
    fn of(view: &FleetView) -> Self {
        let wanted: Vec<&ClusterView> =
            view.clusters.iter().filter(|cluster| cluster.terminating.is_none()).collect();
        let sum = |each: fn(&ClusterView) -> f64| {
            wanted.iter().map(|cluster| each(cluster) * f64::from(cluster.spec.num_nodes)).sum()
        };
        let instances = view.clusters.iter().flat_map(|cluster| &cluster.instances);
        Self {
            clusters: wanted.len() as u64,
            cpus: sum(|cluster| cluster.spec.size.cpus.cpus()),
            mem_mb: sum(|cluster| cluster.spec.size.mem.mib() as f64),
            disk_mb: sum(|cluster| cluster.spec.size.disk.mib() as f64),
            running: instances.filter(|instance| instance.state == "running").count() as u64,
        }
    }
}

fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::Lost => "lost",
        Ending::Finished => "finished",
        Ending::Failed => "failed",
        Ending::Killed => "killed",
    }
}

fn count_name(what: Count) -> &'static str {
    match what {
        Count::Ignored => "event_ignored",
        Count::ForeignTask => "foreign_task",
        Count::OrphanTask => "orphan_task",
        Count::StaleUpdate => "stale_update",
        Count::UnknownState => "unknown_state",
        Count::StrayTask => "stray_task",
        Count::Launched => "task_launched",
        Count::TaskEnded => "task_ended",
        Count::OfferAccepted => "offer_accepted",
        Count::OfferDeclined => "offer_declined",
        Count::OfferRescinded => "offer_rescinded",
        Count::ActionFailed => "action_failed",
        Count::VolumeAsked => "volume_asked",
        Count::VolumeReleased => "volume_released",
        Count::OrphanVolume => "orphan_volume",
        Count::OperationRefused => "operation_refused",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_the_original_are_all_there() {
        let vars = Metrics::default().vars(&FleetView::default());
        for name in [
            "cluster_count",
            "total_requested_cpus",
            "total_requested_mem_mb",
            "total_requested_disk_mb",
            "framework_registered",
            "uptime",
            "tasks_lost",
            "tasks_finished",
            "tasks_failed",
            "tasks_killed",
            "resource_offers",
            "offers_incompatible_role",
            "tasks_launched",
            "offers_unused",
        ] {
            assert!(vars.contains_key(format!("scheduler.{name}").as_str()), "{name}");
        }
    }

    /// The names in the first cells of the tables of the page.
    fn named_in_the_page(begins: &[&str]) -> BTreeSet<String> {
        let page = include_str!("../../docs/metrics.md");
        let names =
            page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|(name, _)| name);
        let ours = names.filter(|name| begins.iter().any(|begin| name.starts_with(begin)));
        ours.filter(|name| !name.starts_with("mysos_executor_")).map(str::to_owned).collect()
    }

    #[test]
    fn every_metric_has_its_line_in_the_page_and_every_line_its_metric() {
        let metrics = Metrics::default();
        // A family shows nothing until it has been counted once.
        let kind = Kind { kind: "x" };
        for counters in [&metrics.events, &metrics.calls, &metrics.failed_calls] {
            counters.get_or_create(&kind).inc();
        }
        for counters in [&metrics.updates, &metrics.decisions, &metrics.tasks_ended] {
            counters.get_or_create(&kind).inc();
        }
        metrics.instances.get_or_create(&kind).inc();
        metrics.cluster_states.get_or_create(&kind).inc();
        metrics.volumes.get_or_create(&kind).inc();
        let text = metrics.prometheus();
        let shown = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let shown: BTreeSet<String> = shown
            .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
            .collect();
        assert_eq!(shown, named_in_the_page(&["mysos_"]));
        let vars = Metrics::default().vars(&FleetView::default());
        let vars: BTreeSet<String> = vars.keys().map(|name| (*name).to_owned()).collect();
        assert_eq!(vars, named_in_the_page(&["scheduler.", "mysos."]));
    }

    #[test]
    fn what_was_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.offers(3, 1);
        metrics.decided(Count::OfferDeclined, 1);
        metrics.task_ended(Ending::Failed);
        metrics.event("OFFERS");
        let vars = metrics.vars(&FleetView::default());
        let var = |name: &str| vars[name];
        assert_eq!(var("scheduler.resource_offers"), Var::Int(3));
        assert_eq!(var("scheduler.offers_incompatible_role"), Var::Int(1));
        assert_eq!(var("scheduler.offers_unused"), Var::Int(1));
        assert_eq!(var("scheduler.tasks_failed"), Var::Int(1));
        metrics.observe(&FleetView::default());
        let text = metrics.prometheus();
        assert!(text.contains("mysos_mesos_events_total{kind=\"OFFERS\"} 1"), "{text}");
        assert!(text.contains("mysos_clusters 0") && text.ends_with("# EOF\n"), "{text}");
    }
}
