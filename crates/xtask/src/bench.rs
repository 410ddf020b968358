//! `bench`: builds what is measured as it is shipped, and runs the measurement. Its figures are for people; nothing is
//! asserted about time.
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use clap::{Args, Subcommand};

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

/// Installs what is missing, builds, measures.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    let What::Create(wish) = &bench.what;
    setup::run(mysos_local::Flavor::Mariadb)?;
    let build =
        ["build", "--profile", PROFILE, "-p", "mysos-scheduler", "-p", "mysos-executor", "-p", "mysos-cli"];
    terminal::run(cargo(&build))?;
    let manifest = terminal::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let target = metadata.context("cannot ask cargo where it builds")?.target_directory;
    let (programs, runs) = (target.join(PROFILE), wish.runs.to_string());
    // The measurement itself need not be fast: it waits.
    let measure = ["run", "-p", "mysos-tests", "--bin", "mysos-bench", "--", "create", "--runs", &runs];
    let with = ["--flavor", &wish.flavor, "--bin-dir", programs.as_str(), "--profile", PROFILE];
    terminal::run(cargo(&[&measure[..], &with].concat()))
}
