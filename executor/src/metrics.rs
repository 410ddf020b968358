//! The executor's metrics: one struct, registered once, shown at `/metrics` of the control port.

use std::sync::Arc;

use mysos_ha::{
    View,
    view::{Group, Step},
};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// All of them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    epoch: Gauge,
    turn: Gauge,
    mysqld_up: Gauge,
    mysqld_starts: Gauge,
    primary: Gauge,
    published: Gauge,
    connected_ackers: Gauge,
    problems: Gauge,
    zk_connected: Gauge,
    zk_sessions: Gauge,
    turns: Counter,
    copy_bytes: Gauge,
    copy_expected_bytes: Gauge,
    copies_giving: Gauge,
    copy_bytes_given: Counter,
}

impl Metrics {
    /// Registers them.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("mysos_executor");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let epoch = gauge("epoch", "Highest epoch this member has obeyed");
        let turn = gauge("turn", "Turn of the epoch record that its claims are made under");
        let mysqld_up = gauge("mysqld_up", "1 if mysqld answers");
        let mysqld_starts = gauge("mysqld_starts", "Starts of mysqld since the executor began");
        let primary = gauge("primary", "1 if this member is the primary and open for writes");
        let published = gauge("published", "0 not published, 1 under slaves, 2 under master");
        let connected_ackers = gauge("connected_ackers", "Replicas connected that acknowledge");
        let problems = gauge("problems", "Problems this member knows of itself");
        let zk_connected = gauge("zk_connected", "1 if ZooKeeper answers");
        let zk_sessions = gauge("zk_sessions", "ZooKeeper sessions since the executor began");
        let copy_bytes = gauge("copy_bytes", "How much of the copy that is being built is there");
        let copy_expected_bytes = gauge("copy_expected_bytes", "How large that copy will be, about");
        let copies_giving = gauge("copies_giving", "1 while this member gives another one a copy");
        let copy_bytes_given = Counter::default();
        registry.register(
            "copy_bytes_given",
            "Bytes of copies that this member has given",
            copy_bytes_given.clone(),
        );
        let turns = Counter::default();
        registry.register("turns", "Turns of the decision loop", turns.clone());
        Self {
            registry: Arc::new(registry),
            epoch,
            turn,
            mysqld_up,
            mysqld_starts,
            primary,
            published,
            connected_ackers,
            problems,
            zk_connected,
            zk_sessions,
            turns,
            copy_bytes,
            copy_expected_bytes,
            copies_giving,
            copy_bytes_given,
        }
    }

    /// How far a copy is that this member builds.
    pub(crate) fn receiving(&self, bytes: u64, expected: u64) {
        self.copy_bytes.set(bytes as i64);
        self.copy_expected_bytes.set(expected as i64);
    }

    /// How many copies this member gives.
    pub(crate) fn giving(&self, copies: u32) {
        self.copies_giving.set(copies.into());
    }

    /// So much more of it was given.
    pub(crate) fn gave(&self, bytes: u64) {
        self.copy_bytes_given.inc_by(bytes);
    }

    /// Takes over what a view shows after a turn.
    pub(crate) fn turned(&self, view: &View) {
        let own = &view.own;
        let open = own.promotion.as_ref().is_some_and(|promotion| {
            promotion.deposed.is_none() && matches!(promotion.step, Step::Serve { .. })
        });
        let published = own.published.map_or(0, |published| match published.group {
            Group::Replicas => 1,
            Group::Primary => 2,
        });
        self.turns.inc();
        self.epoch.set(own.saved.obeyed.0 as i64);
        self.turn.set(view.turn().0 as i64);
        self.mysqld_up.set(i64::from(view.up().is_some()));
        self.mysqld_starts.set(own.starts as i64);
        self.primary.set(i64::from(open));
        self.published.set(published);
        self.connected_ackers.set(view.up().map_or(0, |up| i64::from(up.observed.connected_ackers)));
        self.problems.set(own.problems.len() as i64);
        self.zk_connected.set(i64::from(view.seen.session.connected));
        self.zk_sessions.set(view.seen.session.number as i64);
    }

    /// The text of `/metrics`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_its_line_in_the_page_and_every_line_its_metric() {
        let text = Metrics::new().text();
        let shown = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let shown: BTreeSet<String> = shown
            .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
            .collect();
        let page = include_str!("../../docs/metrics.md");
        let names = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        let told = names.map(|(name, _)| name.to_owned()).filter(|name| name.starts_with("mysos_executor_"));
        assert_eq!(shown, told.collect());
    }
}
