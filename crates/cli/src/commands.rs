//! The verbs. Each file has the arguments of one verb and what it does.
pub(crate) mod local;

use std::process::ExitCode;

use clap::Subcommand;

/// What `mysos` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all of it on this machine: ZooKeeper, Mesos and the scheduler.
    #[command(subcommand)]
    Local(local::Command),
}

/// Runs one command. An error is told by the caller; a code other than success has been explained already.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Local(command) => local::run(command),
    }
}
