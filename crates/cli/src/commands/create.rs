//! `mysos create`: makes a cluster, and on demand stays until it serves.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use mysos_model::{ClusterName, ClusterUser, Flavor};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    describe,
    failure::Failure,
    follow::{Goal, follow},
    output, secret,
    size::SizeArguments,
    span,
    target::Target,
};

/// For `--help`.
const EXAMPLES: &str = "\
Examples:
  mysos create shop --user app --wait
  mysos create shop --user app --nodes 5 --size cpus=2,mem=4gb,disk=50gb --password-file pw

The password is printed once and not kept by this program. A connection that breaks loses
nothing: the request is repeated under one key and makes one cluster.";

/// `mysos create`
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Create {
    /// The cluster's name: letters, digits and @ . _ -
    name: ClusterName,
    /// The MySQL account to be made for you, with all rights but those that could break replication.
    #[arg(long, visible_alias = "cluster-user")]
    user: ClusterUser,
    /// Servers: one primary, the others replicas of it [default: 3]
    #[arg(long, visible_alias = "num-nodes", value_name = "N")]
    nodes: Option<u32>,
    /// A file with the password you want; - is standard input. Else one is drawn.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// What a write waits for [default: lossless from 2 nodes on]
    #[arg(long, value_enum)]
    durability: Option<DurabilityName>,
    /// The server: mariadb or mysql [default: the scheduler's]
    #[arg(long)]
    flavor: Option<Flavor>,
    /// Stay until the primary and all replicas are published.
    #[arg(long)]
    wait: bool,
    /// How long to stay.
    #[arg(long, value_parser = span::parse, default_value = "5m", value_name = "SPAN")]
    timeout: Duration,
    #[command(flatten)]
    size: SizeArguments,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DurabilityName {
    /// A replica has every write before its client hears OK; with no replica left writes wait.
    Lossless,
    /// The same, but with no replica left the primary goes on alone.
    Available,
    /// No write waits for a replica: a failover may lose the last ones.
    Async,
}

/// What the user gets. The only output of this program that shows a password.
#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    cluster_user: &'a str,
    cluster_password: &'a str,
    cluster_url: &'a str,
}

/// Makes it.
pub(crate) async fn run(arguments: Create) -> Result<(), Failure> {
    let api = arguments.target.api()?;
    let created = api.create(&arguments.name, &fields(&arguments)?).await?;
    let made = Made {
        name: arguments.name.as_str(),
        cluster_user: arguments.user.as_str(),
        cluster_password: created.cluster_password.expose(),
        cluster_url: &created.cluster_url,
    };
    // Before the wait: whatever happens then, the password is not lost.
    output::result(arguments.target.output, &made, text)?;
    if arguments.wait {
        let cluster = follow(&api, &arguments.name, Goal::Healthy, arguments.timeout).await?;
        if let Some(cluster) = cluster.filter(|_| arguments.target.output == output::Format::Text) {
            output::result(output::Format::Text, &cluster, describe::cluster)?;
        }
    }
    Ok(())
}

fn text(made: &Made<'_>) -> String {
    format!(
        "name      {}\nuser      {}\npassword  {}\nurl       {}",
        made.name, made.cluster_user, made.cluster_password, made.cluster_url
    )
}

fn fields(arguments: &Create) -> Result<Map<String, Value>, Failure> {
    let password = arguments.password_file.as_deref().map(secret::from_file).transpose()?;
    if password.as_ref().is_some_and(mysos_model::Password::is_empty) {
        return Err(Failure::Usage("--password-file: the file is empty".to_owned()));
    }
    let durability = arguments.durability.map(|durability| match durability {
        DurabilityName::Lossless => "lossless",
        DurabilityName::Available => "available",
        DurabilityName::Async => "async",
    });
    let all = [
        ("cluster_user", Some(Value::from(arguments.user.as_str()))),
        ("num_nodes", arguments.nodes.map(Value::from)),
        ("size", arguments.size.field()),
        ("cluster_password", password.map(|password| Value::from(password.expose()))),
        ("durability", durability.map(Value::from)),
        ("flavor", arguments.flavor.map(|flavor| Value::from(flavor.as_str()))),
    ];
    Ok(all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}
