//! Clusters in words, for people.

use std::fmt::Write;

use mysos_model::wire::native::{Cluster, Instance, LastFailover, Problem};

use crate::timeline::Timeline;

/// One line for the cluster and one for each member that is not in service, or for all while it comes up.
pub(crate) fn doing(cluster: &Cluster) -> Vec<String> {
    let head = format!(
        "{}: {}, {} of {} in service",
        cluster.name, cluster.state, cluster.in_service, cluster.num_nodes
    );
    let members = cluster.instances.iter().flatten().map(|one| format!("  {}", instance(one)));
    let problems = cluster.problems.iter().map(|one| format!("  {}", problem(one)));
    std::iter::once(head).chain(members).chain(problems).collect()
}

/// What an instance does: the scheduler's word, then the member's own.
pub(crate) fn instance(instance: &Instance) -> String {
    // Writing into a text does not fail.
    let mut text = format!("{}: {}", instance.ordinal, instance.state);
    if let Some(host) = &instance.host {
        let _ = write!(text, " on {host}");
    }
    if let Some(state) = &instance.member_state {
        let _ = write!(text, ", {state}");
    }
    match instance.published.as_deref() {
        Some("master") => text += ", published as primary",
        Some(_) => text += ", published as replica",
        None => {}
    }
    if let Some(why) = &instance.why {
        let _ = write!(text, ": {}", why.text);
    }
    text
}

/// A problem in one line.
pub(crate) fn problem(problem: &Problem) -> String {
    let next =
        problem.action.as_deref().map_or("a person must act".to_owned(), |action| format!("next: {action}"));
    let blocked = match problem.blocked_by.as_slice() {
        [] => String::new(),
        by => format!("; blocked by {}", by.join(", ")),
    };
    let until = problem.until.as_ref().map(|until| format!("; until {until}")).unwrap_or_default();
    format!("{} since {}: {}; {next}{blocked}{until}", problem.code, problem.since, problem.text)
}

/// One cluster, whole.
pub(crate) fn cluster(cluster: &Cluster) -> String {
    let mut lines = vec![
        format!("{}: {}", cluster.name, cluster.state),
        format!("  user        {}", cluster.cluster_user),
        format!("  url         {}", cluster.cluster_url),
        format!("  primary     {}", primary(cluster)),
        format!("  members     {} of {} in service", cluster.in_service, cluster.num_nodes),
        format!("  durability  {}", durability(cluster)),
        format!(
            "  size        {} cpus, {} memory, {} disk",
            cluster.size.cpus, cluster.size.mem, cluster.size.disk
        ),
        format!("  server      {}", server(cluster)),
        format!("  created     {} by {}", cluster.created, cluster.owner),
    ];
    lines.extend(cluster.last_failover.as_ref().map(|last| format!("  failover    {}", failover(last))));
    lines.extend(held(cluster).map(|held| format!("  automation  {held}")));
    lines.extend(cluster.instances.iter().flatten().map(|one| format!("  {}", member(one))));
    lines.extend(cluster.problems.iter().map(|one| format!("  ! {}", problem(one))));
    let journal = cluster.journal.as_deref().unwrap_or_default();
    if !journal.is_empty() {
        lines.push(format!("  the last of its history, `mysos history {}` tells all:", cluster.name));
        let tail = journal.get(journal.len().saturating_sub(TAIL)..).unwrap_or_default();
        lines.push(Timeline::default().text(tail));
    }
    lines.join("\n")
}

/// Lines of history that are shown with a cluster.
const TAIL: usize = 6;

/// The last failover in one line.
fn failover(last: &LastFailover) -> String {
    let took = last.took_seconds.map(|took| format!(", took {took:.3} s")).unwrap_or_default();
    format!("at {} to epoch {}{took}: {}", last.at, last.epoch, last.reason)
}

/// What holds automatic failovers back.
fn held(cluster: &Cluster) -> Option<String> {
    let automatic = &cluster.auto_failover;
    if !automatic.enabled {
        return Some("off: no member fails over by itself".to_owned());
    }
    let until = automatic.cooldown_until.as_ref()?;
    let why = automatic.cooldown_reason.as_deref().unwrap_or("a failover");
    Some(format!("held back until {until} after {why}"))
}

/// Flavor and version; some servers name themselves in their version.
fn server(cluster: &Cluster) -> String {
    match cluster.version.as_deref() {
        None => format!("{}, version not known yet", cluster.flavor),
        Some(version) if version.starts_with(&cluster.flavor) => version.to_owned(),
        Some(version) => format!("{} {version}", cluster.flavor),
    }
}

fn primary(cluster: &Cluster) -> String {
    let epoch = cluster.epoch.map(|epoch| format!(", epoch {epoch}")).unwrap_or_default();
    match &cluster.primary {
        Some(primary) => format!("{}:{}{epoch} since {}", primary.host, primary.port, primary.since),
        None => format!("none{epoch}"),
    }
}

fn durability(cluster: &Cluster) -> String {
    let quorum = &cluster.quorum;
    let acks = quorum.acks.map(|acks| {
        format!(", waits for {acks} of {} connected, can lose {}", quorum.connected, quorum.can_lose)
    });
    let writes = if quorum.writable { "takes writes" } else { "takes no writes" };
    format!("{}{}, {writes}", quorum.durability, acks.unwrap_or_default())
}

fn member(one: &Instance) -> String {
    let at = one.mysql.as_ref().map(|at| format!(" at {}:{}", at.host, at.port)).unwrap_or_default();
    let role = one.role.as_ref().map(|role| format!(" ({role}{at})")).unwrap_or_default();
    format!("{}{role}", instance(one))
}

/// All clusters, as a table.
pub(crate) fn table(clusters: &[Cluster]) -> String {
    let head = ["NAME", "STATE", "USER", "NODES", "IN SERVICE", "PRIMARY", "PROBLEMS"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(clusters.iter().map(row)).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..7).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn row(cluster: &Cluster) -> [String; 7] {
    let primary = cluster.primary.as_ref().map(|primary| format!("{}:{}", primary.host, primary.port));
    let worst = cluster.problems.first().map(|worst| match cluster.problems.len() {
        1 => worst.code.clone(),
        more => format!("{} and {} more", worst.code, more - 1),
    });
    [
        cluster.name.clone(),
        cluster.state.clone(),
        cluster.cluster_user.clone(),
        cluster.num_nodes.to_string(),
        cluster.in_service.to_string(),
        primary.unwrap_or_else(|| "-".to_owned()),
        worst.unwrap_or_else(|| "-".to_owned()),
    ]
}
