//! `mysos wait`: stays until a cluster is what was asked for.

use std::time::Duration;

use clap::Args;
use mysos_model::ClusterName;
use serde_json::json;

use crate::{
    describe,
    failure::Failure,
    follow::{Goal, follow},
    output, span,
    target::Target,
};

/// `mysos wait`
#[derive(Debug, Args)]
pub(crate) struct Wait {
    /// The cluster.
    name: ClusterName,
    /// What to wait for.
    #[arg(long = "for", value_enum, default_value = "healthy", value_name = "GOAL")]
    goal: Goal,
    /// How long to stay.
    #[arg(long, value_parser = span::parse, default_value = "5m", value_name = "SPAN")]
    timeout: Duration,
    #[command(flatten)]
    target: Target,
}

/// Waits.
pub(crate) async fn run(arguments: Wait) -> Result<(), Failure> {
    let (api, name) = (arguments.target.api()?, &arguments.name);
    let format = arguments.target.output;
    match follow(&api, name, arguments.goal, arguments.timeout).await {
        Ok(Some(cluster)) => Ok(output::result(format, &cluster, describe::cluster)?),
        Ok(None) => gone(format, name),
        // Nothing to wait for: it is gone already, or never was.
        Err(Failure::NotFound { .. }) if arguments.goal == Goal::Gone => gone(format, name),
        Err(failure) => Err(failure),
    }
}

fn gone(format: output::Format, name: &ClusterName) -> Result<(), Failure> {
    let result = json!({ "name": name.as_str(), "state": "gone" });
    Ok(output::result(format, &result, |_| format!("{name} is gone"))?)
}
