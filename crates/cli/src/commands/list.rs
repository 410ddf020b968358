//! `mysos list`: all clusters at a glance.

use clap::Args;
use mysos_model::wire::native::ClusterList;

use crate::{describe, failure::Failure, output, target::Target};

/// `mysos list`
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
}

/// Lists them.
pub(crate) async fn run(arguments: List) -> Result<(), Failure> {
    let clusters = arguments.target.api()?.clusters().await?;
    let list = ClusterList { clusters, next: None };
    Ok(output::result(arguments.target.output, &list, |list| describe::table(&list.clusters))?)
}
