//! The chores of the workspace: `cargo xtask <what>`. Nothing of the product depends on this.
#![allow(
    clippy::disallowed_methods,
    reason = "chores run programs, read files and the environment, and look at the clock"
)]

mod bench;
mod ci;
#[allow(
    clippy::fn_params_excessive_bools,
    reason = "`run(true)` only checks: the flag of the command, as it is"
)]
mod codegen;
mod demo;
mod docs;
mod floors;
mod limits;
mod setup;
mod sim;
mod sources;
mod tally;
mod terminal;
mod words;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mysos_local::Flavor;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The chores of the workspace")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Set everything up and run a demonstration cluster of three members on this machine.
    Up(Wish),
    /// End what `up` started.
    Down,
    /// Install what the stack and the tests need: both database servers unless one is named.
    Setup(SetUp),
    /// Run all checks and all tests.
    Ci(Ci),
    /// Measure on the real parts, and print tables.
    Bench(bench::Bench),
    /// Run the imagined cluster through faults, by seed.
    Sim(sim::Sim),
    /// Check who imports whom.
    Floors,
    /// Check the length and the head of each file.
    Limits,
    /// Check for words and paths that do not belong into the repository.
    Words,
    /// Check that the pages say what the programs do; they must have been built.
    Docs,
    /// Write the code that is made from `proto/`.
    Codegen(Codegen),
}

#[derive(Debug, Args)]
struct Wish {
    /// The database server.
    #[arg(long, value_enum, default_value_t)]
    flavor: FlavorName,
}

#[derive(Debug, Args)]
struct SetUp {
    /// The only database server to install; the tests need both.
    #[arg(long, value_enum)]
    flavor: Option<FlavorName>,
}

#[derive(Debug, Args)]
struct Ci {
    /// Leave out the tests that start real servers.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Args)]
struct Codegen {
    /// Only say whether what is there is fresh.
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FlavorName {
    #[default]
    Mariadb,
    Mysql,
}

impl FlavorName {
    fn flavor(self) -> Flavor {
        match self {
            Self::Mariadb => Flavor::Mariadb,
            Self::Mysql => Flavor::Mysql,
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::note(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Up(wish) => demo::up(wish.flavor.flavor()),
        Chore::Down => demo::down(),
        Chore::Setup(wish) => wish.flavor.map_or_else(setup::both, |one| setup::run(one.flavor())),
        Chore::Ci(ci) => ci::run(if ci.quick { ci::Extent::Quick } else { ci::Extent::Full }),
        Chore::Bench(bench) => bench::run(&bench),
        Chore::Sim(sim) => sim::run(&sim),
        Chore::Floors => floors::run(),
        Chore::Limits => limits::run(),
        Chore::Words => words::run(),
        Chore::Docs => docs::run(),
        Chore::Codegen(codegen) => codegen::run(codegen.check),
    }
}
