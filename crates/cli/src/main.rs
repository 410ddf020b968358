//! The command line client of Mysos: reads the command, runs it, and turns its outcome into an exit code.
#![allow(
    clippy::disallowed_methods,
    reason = "a program for a terminal reads the clock and the environment, and waits in the foreground"
)]
mod client;
mod commands;
mod describe;
mod failure;
mod follow;
mod output;
mod progress;
mod secret;
mod size;
mod span;
mod target;
mod timeline;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Run MySQL clusters on Apache Mesos.
///
/// The first steps: `mysos local up --dir DIR --detach` starts everything on this machine, `mysos create NAME --user
/// USER --wait` makes a cluster, `mysos connect NAME` opens a client on its primary.
#[derive(Debug, Parser)]
#[command(name = "mysos", version, after_help = failure::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    commands::run(Cli::parse().command).unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::FAILURE
    })
}
