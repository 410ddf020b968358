//! `mysos show`: one cluster, its members, and what is wrong.

use clap::Args;
use mysos_model::ClusterName;
use serde_json::Value;

use crate::{
    describe,
    failure::Failure,
    output::{self, Format},
    target::Target,
};

/// `mysos show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The cluster.
    name: ClusterName,
    #[command(flatten)]
    target: Target,
}

/// Shows it.
pub(crate) async fn run(arguments: Show) -> Result<(), Failure> {
    let (cluster, body) = arguments.target.api()?.cluster(&arguments.name).await?;
    match arguments.target.output {
        Format::Text => output::result(Format::Text, &cluster, describe::cluster)?,
        // As the scheduler wrote it: a newer one may say more than this program knows.
        Format::Json => {
            output::result(Format::Json, &body.parse::<Value>().unwrap_or_default(), |_| String::new())?;
        }
    }
    Ok(())
}
