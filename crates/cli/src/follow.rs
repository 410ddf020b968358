//! Watches a cluster until it is what was waited for, and tells meanwhile what each member does.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use mysos_model::{ClusterName, wire::native::Cluster};

use crate::{client::Api, describe, failure::Failure, progress::Display};

/// Between two looks: a person sees no difference, and the scheduler answers from memory.
const LOOK: Duration = Duration::from_millis(500);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Goal {
    /// The primary and all replicas are published.
    Healthy,
    /// The cluster is gone, and no server of it runs any more.
    Gone,
}

/// Waits. Answers the cluster as it was seen last; `None` if it is gone.
pub(crate) async fn follow(
    api: &Api,
    name: &ClusterName,
    goal: Goal,
    patience: Duration,
) -> Result<Option<Cluster>, Failure> {
    let began = Instant::now();
    let mut display = Display::start();
    let mut seen: Option<Cluster> = None;
    loop {
        match api.cluster(name).await {
            Ok((cluster, _)) => {
                display.show(&describe::doing(&cluster));
                if reached(&cluster, goal)? {
                    return Ok(Some(cluster));
                }
                seen = Some(cluster);
            }
            Err(Failure::NotFound { .. }) if goal == Goal::Gone && seen.is_some() => return Ok(None),
            // The scheduler may restart while we wait; the cluster does not mind.
            Err(failure) if seen.is_some() && failure.is_passing() => display.show(&[failure.to_string()]),
            Err(failure) => return Err(failure),
        }
        if began.elapsed() + LOOK > patience {
            return Err(late(name, goal, patience, seen.as_ref()));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether it is there. An error if it never will be.
fn reached(cluster: &Cluster, goal: Goal) -> Result<bool, Failure> {
    if goal == Goal::Gone {
        return Ok(false);
    }
    if cluster.state == "terminating" {
        return Err(anyhow!("{} is being deleted", cluster.name).into());
    }
    let mut instances = cluster.instances.iter().flatten();
    if let Some(stuck) = instances.clone().find(|instance| instance.state == "needs_operator") {
        let line = describe::instance(stuck);
        return Err(anyhow!("{} needs a person: {line}", cluster.name).into());
    }
    let has_primary = instances.any(|instance| instance.published.as_deref() == Some("master"));
    Ok(cluster.state == "healthy" && has_primary && cluster.in_service >= cluster.num_nodes)
}

fn late(name: &ClusterName, goal: Goal, patience: Duration, seen: Option<&Cluster>) -> Failure {
    let word = if goal == Goal::Gone { "gone" } else { "healthy" };
    let doing = seen.map(|cluster| describe::doing(cluster).join("\n  ")).unwrap_or_default();
    let seconds = patience.as_secs();
    Failure::TimedOut(format!(
        "{name} is not {word} after {seconds} s; it goes on, `mysos wait {name} --for {word}` waits again\n  {doing}"
    ))
}
