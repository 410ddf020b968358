//! Measures on the real parts, and prints tables. Run it with `cargo xtask bench`, which builds what is measured first.
//!
//! Nothing is asserted about times: figures are for people to compare, on one machine and within one run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement reads clocks, runs programs and may fail loudly"
)]

mod by_hand;
mod create;
mod failover;
mod table;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(name = "mysos-bench", about = "Measures on the real parts")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How long a cluster takes to be made and to go, beside the same servers started by hand.
    Create(Create),
    /// How long writes stop when a primary is killed, beside a script that knows at once.
    Failover(FailoverWish),
}

#[derive(Debug, Args)]
struct Create {
    /// How often.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// The database server.
    #[arg(long, value_enum, default_value_t = Flavor::Mariadb)]
    flavor: Flavor,
    /// Where the programs to be measured are.
    #[arg(long)]
    bin_dir: PathBuf,
    /// What they were built as, for the table's head.
    #[arg(long)]
    profile: String,
}

#[derive(Debug, Args)]
struct FailoverWish {
    /// How often, each.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// The database server.
    #[arg(long, value_enum, default_value_t = Flavors::Both)]
    flavor: Flavors,
    /// What fails; all of them if none is named.
    #[arg(long = "fault", value_enum)]
    faults: Vec<failover::Fault>,
    /// Where the programs to be measured are.
    #[arg(long)]
    bin_dir: PathBuf,
    /// What they were built as, for the table's head.
    #[arg(long)]
    profile: String,
}

/// Which servers.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Flavors {
    Mariadb,
    Mysql,
    Both,
}

impl Flavors {
    fn all(self) -> &'static [mysos_tests::Flavor] {
        use mysos_tests::Flavor::{Mariadb, Mysql};
        match self {
            Self::Mariadb => &[Mariadb],
            Self::Mysql => &[Mysql],
            Self::Both => &[Mariadb, Mysql],
        }
    }
}

/// What can be measured so far.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Flavor {
    Mariadb,
}

fn main() {
    match Cli::parse().what {
        What::Create(wish) => create::run(&wish),
        What::Failover(wish) => failover::run(&wish),
    }
}
