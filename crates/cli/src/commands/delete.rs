//! `mysos delete`: deletes a cluster, and on demand stays until nothing of it runs.

use std::time::Duration;

use clap::Args;
use mysos_model::ClusterName;
use serde_json::json;

use crate::{
    failure::Failure,
    follow::{Goal, follow},
    output,
    secret::PasswordSource,
    span,
    target::Target,
};

/// `mysos delete`
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The cluster.
    name: ClusterName,
    #[command(flatten)]
    password: PasswordSource,
    /// Stay until the cluster is gone and no server of it runs any more.
    #[arg(long)]
    wait: bool,
    /// How long to stay.
    #[arg(long, value_parser = span::parse, default_value = "5m", value_name = "SPAN")]
    timeout: Duration,
    #[command(flatten)]
    target: Target,
}

/// Deletes it.
pub(crate) async fn run(arguments: Delete) -> Result<(), Failure> {
    let (api, name) = (arguments.target.api()?, &arguments.name);
    let password = arguments.password.read(name.as_str())?;
    let deleted = api.delete(name, &password).await?;
    let gone = if arguments.wait { wait(&api, name, arguments.timeout).await? } else { "being deleted" };
    let result = json!({ "name": name.as_str(), "state": gone, "cluster_url": deleted.cluster_url });
    Ok(output::result(arguments.target.output, &result, |_| format!("{name} is {gone}"))?)
}

async fn wait(
    api: &crate::client::Api,
    name: &ClusterName,
    patience: Duration,
) -> Result<&'static str, Failure> {
    match follow(api, name, Goal::Gone, patience).await {
        // It was gone before we looked the first time.
        Ok(_) | Err(Failure::NotFound { .. }) => Ok("gone"),
        Err(failure) => Err(failure),
    }
}
