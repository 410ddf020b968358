//! `bench`: builds what is measured as it is shipped, and runs the measurement. Its figures are for people; nothing is
//! asserted about time.
use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use clap::{Args, Subcommand};
use mysos_local::Flavor;

use crate::setup;
use crate::terminal::{self, cargo};

/// How the measured programs are built.
const PROFILE: &str = "release";

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How long a cluster takes to be made and to go, beside the same servers started by hand.
    Create(Create),
    /// How long writes stop when a primary is killed, beside a script that knows at once.
    Failover(Failover),
}

#[derive(Debug, Args)]
struct Create {
    /// How often.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// The database server.
    #[arg(long, default_value = "mariadb")]
    flavor: String,
}

#[derive(Debug, Args)]
struct Failover {
    /// How often, each.
    #[arg(long, default_value_t = 20)]
    runs: u32,
    /// The database server: mariadb, mysql or both.
    #[arg(long, default_value = "both")]
    flavor: String,
    /// What fails: mysqld or executor; both if none is named.
    #[arg(long = "fault")]
    faults: Vec<String>,
}

/// Installs what is missing, builds, measures.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    let (words, flavors) = match &bench.what {
        What::Create(wish) => (words("create", wish.runs, &wish.flavor, &[]), flavors("mariadb")?),
        What::Failover(wish) => {
            (words("failover", wish.runs, &wish.flavor, &wish.faults), flavors(&wish.flavor)?)
        }
    };
    for flavor in flavors {
        setup::run(*flavor)?;
    }
    let build =
        ["build", "--profile", PROFILE, "-p", "mysos-scheduler", "-p", "mysos-executor", "-p", "mysos-cli"];
    terminal::run(cargo(&build))?;
    let manifest = terminal::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let target = metadata.context("cannot ask cargo where it builds")?.target_directory;
    let programs = target.join(PROFILE);
    // The measurement itself need not be fast: it waits.
    let measure = ["run", "-p", "mysos-tests", "--bin", "mysos-bench", "--"];
    let with = ["--bin-dir", programs.as_str(), "--profile", PROFILE];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    terminal::run(cargo(&[&measure[..], &words[..], &with].concat()))
}

/// What the measuring program is told.
fn words(what: &str, runs: u32, flavor: &str, faults: &[String]) -> Vec<String> {
    let mut words: Vec<String> =
        [what, "--runs", &runs.to_string(), "--flavor", flavor].map(str::to_owned).into();
    words.extend(faults.iter().flat_map(|fault| ["--fault".to_owned(), fault.clone()]));
    words
}

/// The servers that must be there.
fn flavors(word: &str) -> Result<&'static [Flavor]> {
    Ok(match word {
        "mariadb" => &[Flavor::Mariadb],
        "mysql" => &[Flavor::Mysql],
        "both" => &[Flavor::Mariadb, Flavor::Mysql],
        other => bail!("flavor is {other}; there are mariadb, mysql and both"),
    })
}
