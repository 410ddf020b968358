//! The command line client of Mysos: reads the command, runs it, and turns its outcome into an exit code.
#![allow(
    clippy::disallowed_methods,
    reason = "a program for a terminal reads the clock and the environment, and waits in the foreground"
)]
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Run MySQL clusters on Apache Mesos.
#[derive(Debug, Parser)]
#[command(name = "mysos", version)]
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
