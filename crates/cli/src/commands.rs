//! The verbs. Each file has the arguments of one verb and what it does.
mod completions;
mod connect;
mod create;
mod delete;
mod history;
mod list;
pub(crate) mod local;
mod show;
mod wait;

use std::{future::Future, process::ExitCode};

use anyhow::Context;
use clap::Subcommand;

use crate::{failure::Failure, output};

/// What `mysos` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a cluster, and print how to reach it. The only command that prints a password.
    Create(create::Create),
    /// List all clusters.
    List(list::List),
    /// Show one cluster: its members, who is primary, what is wrong and what will be done about it.
    Show(show::Show),
    /// Tell what the members of a cluster did, step by step: elections, promotions, rebuilding.
    History(history::History),
    /// Delete a cluster; its password is needed.
    Delete(delete::Delete),
    /// Wait until a cluster serves, or until it is gone.
    Wait(wait::Wait),
    /// Open the stock MySQL client on the primary or on a replica.
    Connect(connect::Connect),
    /// Run all of it on this machine: ZooKeeper, Mesos and the scheduler.
    #[command(subcommand)]
    Local(local::Command),
    /// Print the completions for a shell.
    Completions(completions::Completions),
}

/// Runs one command. An error is told by the caller; a code other than success has been explained already.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create(arguments) => remote(create::run(arguments)),
        Command::List(arguments) => remote(list::run(arguments)),
        Command::Show(arguments) => remote(show::run(arguments)),
        Command::History(arguments) => remote(history::run(arguments)),
        Command::Delete(arguments) => remote(delete::run(arguments)),
        Command::Wait(arguments) => remote(wait::run(arguments)),
        Command::Connect(arguments) => remote(connect::run(arguments)),
        Command::Local(command) => local::run(command),
        Command::Completions(arguments) => {
            completions::run(&arguments);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs a verb that asks the scheduler, and turns its failure into an exit code.
fn remote(verb: impl Future<Output = Result<(), Failure>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.context("the system gives no threads to run on")?.block_on(verb) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) => {
            let code = failure.code();
            output::error(&failure.into());
            Ok(code)
        }
    }
}
