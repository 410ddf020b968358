//! `/`: is anything wrong, and will it mend itself? One row per cluster; its first three cells are the original's.

use maud::{Markup, html};
use mysos_model::Problem;

use super::layout::{ago, connected};
use crate::{
    api::{
        object::quorum,
        reading::{in_service, primary_record, primary_since, published, record, severity_word, state_word},
    },
    view::{ClusterView, FleetView, InstanceView},
};

/// The page of all clusters, in order of creation.
pub(crate) fn clusters(view: &FleetView) -> Markup {
    connected(
        view,
        &html! {
            (summary(view))
            table {
                thead {
                    tr {
                        th { "name" } th { "user" } th { "num nodes" }
                        th { "state" } th { "primary" } th { "members" } th { "durability" } th { "problems" }
                    }
                }
                tbody { @for cluster in &view.clusters { (row(cluster, view)) } }
            }
            @if view.clusters.is_empty() {
                p { "No cluster yet. Create one: " code { "curl -X POST …/clusters/NAME --form cluster_user=USER" } }
            }
        },
    )
}

fn summary(view: &FleetView) -> Markup {
    let troubled = view.clusters.iter().filter(|cluster| !cluster.assessment.problems.is_empty()).count();
    html! {
        p {
            (view.clusters.len()) @if view.clusters.len() == 1 { " cluster, " } @else { " clusters, " }
            @if troubled == 0 { "no problems" } @else { strong { (troubled) " with problems" } }
        }
    }
}

fn row(cluster: &ClusterView, view: &FleetView) -> Markup {
    // Scripts written for the original read these cells: no attributes, this order.
    html! {
        tr class="cluster" {
            td { (cluster.name) } td { (cluster.spec.cluster_user) } td { (cluster.spec.num_nodes) }
            td { (state(cluster, view)) }
            td { (primary(cluster, view)) }
            td { (members(cluster)) }
            td { (durability(cluster)) }
            td { (problems(cluster, view)) }
        }
    }
}

/// The word, and why on the same line.
fn state(cluster: &ClusterView, view: &FleetView) -> Markup {
    let word = cluster.assessment.state.as_str();
    html! {
        a class={ "state " (word) } href={ "clusters/" (cluster.name) } { (word) }
        @if let Some(why) = why(cluster, view) { " " span.why { (why) } }
    }
}

fn why(cluster: &ClusterView, view: &FleetView) -> Option<String> {
    if let Some(since) = cluster.terminating {
        return Some(format!("being deleted for {}", ago(since, view.now)));
    }
    if let Some(worst) = cluster.assessment.problems.first() {
        return Some(worst.text.clone());
    }
    let waiting = cluster.instances.iter().find_map(|instance| instance.why.as_ref());
    waiting.map(|why| why.text.clone())
}

fn primary(cluster: &ClusterView, view: &FleetView) -> Markup {
    let record = primary_record(cluster);
    html! {
        @if let Some(at) = &cluster.published_primary { (at) }
        @else if let Some(record) = record { (record.mysql) " (not published)" }
        @else { "none" }
        @if let (Some(epoch), Some(since)) = (&cluster.epoch, primary_since(cluster)) {
            " epoch " (epoch.epoch) " for " (ago(since, view.now))
        }
    }
}

fn members(cluster: &ClusterView) -> Markup {
    html! {
        (in_service(cluster)) " of " (cluster.spec.num_nodes) " in service"
        @for instance in &cluster.instances {
            @if published(cluster, instance).is_none() { div.instance { (waiting(cluster, instance)) } }
        }
    }
}

/// An instance that clients do not find: what it is doing, and why.
fn waiting(cluster: &ClusterView, instance: &InstanceView) -> Markup {
    html! {
        (instance.ordinal) ": " (instance.state)
        @if let Some(record) = record(cluster, instance) { ", " (state_word(record.state)) }
        @if let Some(host) = &instance.host { " on " (host) }
        @if let Some(why) = &instance.why { ": " (why.text) }
    }
}

fn durability(cluster: &ClusterView) -> Markup {
    let quorum = quorum(cluster);
    html! {
        (quorum.durability)
        @if let Some(acks) = quorum.acks {
            ", waits for " (acks) " of " (quorum.connected) " connected"
            @if acks > 0 { ", can lose " (quorum.can_lose) }
        }
    }
}

fn problems(cluster: &ClusterView, view: &FleetView) -> Markup {
    let problems = &cluster.assessment.problems;
    html! {
        @if let Some(worst) = problems.first() {
            details {
                summary class=(severity_word(worst.severity)) { (worst.code) " (" (problems.len()) ")" }
                ul { @for problem in problems { li { (told(problem, view)) } } }
            }
        } @else { "none" }
    }
}

fn told(problem: &Problem, view: &FleetView) -> Markup {
    html! {
        (problem.code) @if let Some(ordinal) = problem.instance { " of " (ordinal) }
        " for " (ago(problem.since, view.now)) ": " (problem.text) "; "
        @match &problem.action { Some(action) => { "next: " (action) }, None => { "a person must act" } }
        @if !problem.blocked_by.is_empty() { "; blocked by " (problem.blocked_by.join(", ")) }
        @if let Some(until) = problem.until { "; again at " (until) }
    }
}
