//! What happened to a cluster's primary, as JSON: the last failover, the pause after it, and the journal.

use mysos_model::{
    Ordinal,
    record::{Failed, JournalLine, JournalStep},
    wire::native,
};

use super::object::{id, time};
use crate::view::ClusterView;

/// Lines at the end of the cluster's object: enough for one failover. All that is kept has a path of its own.
const TAIL: usize = 20;

/// The last time the primary was replaced without being asked.
pub(super) fn last_failover(cluster: &ClusterView) -> Option<native::LastFailover> {
    let epoch = cluster.epoch.as_ref()?;
    let failed = epoch.failed.as_ref()?;
    let elected = epoch.primary.as_ref().filter(|_| epoch.epoch == failed.epoch);
    let record = cluster.members.values().find(|record| elected.is_some() && record.data.as_ref() == elected);
    Some(native::LastFailover {
        at: failed.at.rfc3339(),
        kind: "failover".to_owned(),
        epoch: failed.epoch.0,
        from: failed.ordinal.and_then(|ordinal| id(cluster, ordinal)),
        to: record.and_then(|record| id(cluster, record.ordinal)),
        reason: failed.reason.clone(),
        took_seconds: took(&cluster.journal, failed),
    })
}

/// From the end of the old primary, as far as a member noticed it, until clients find the new one.
fn took(journal: &[JournalLine], failed: &Failed) -> Option<f64> {
    let is = |line: &&JournalLine, step: JournalStep| line.step == step.as_str();
    let published =
        journal.iter().find(|line| line.epoch == failed.epoch && is(line, JournalStep::Published))?;
    let ended = journal.iter().rev().find(|line| {
        let before = line.epoch < failed.epoch && line.at <= failed.at;
        before && Some(line.by) == failed.ordinal && is(line, JournalStep::Exited)
    });
    // An exit long before the election was another one.
    let began = ended.map(|line| line.at).filter(|at| failed.at.since(*at) < RELATED).unwrap_or(failed.at);
    Some(seconds(published.at.millis_since(began)))
}

/// An exit this long before an election did not cause it.
const RELATED: std::time::Duration = std::time::Duration::from_secs(30);

/// Whether members fail over by themselves, and until when they do not.
pub(super) fn auto_failover(cluster: &ClusterView) -> native::AutoFailover {
    let failed = cluster.epoch.as_ref().and_then(|epoch| epoch.failed.as_ref());
    let held = cluster.cooldown_until.and(failed);
    native::AutoFailover {
        enabled: true,
        paused: None,
        cooldown_until: time(cluster.cooldown_until),
        cooldown_reason: held.map(|failed| format!("failover to epoch {}", failed.epoch)),
    }
}

/// The last lines, oldest first.
pub(super) fn tail(cluster: &ClusterView) -> Vec<native::JournalLine> {
    cluster.journal.iter().skip(cluster.journal.len().saturating_sub(TAIL)).map(line).collect()
}

/// One line.
pub(super) fn line(line: &JournalLine) -> native::JournalLine {
    let Ordinal(by) = line.by;
    native::JournalLine {
        at: line.at.rfc3339(),
        epoch: line.epoch.0,
        turn: line.turn.0,
        by,
        step: line.step.clone(),
        detail: line.detail.clone(),
        took_seconds: line.took_ms.map(seconds),
    }
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
