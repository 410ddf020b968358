//! `mysos completions`: what a shell needs to complete our commands.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Cli;

/// `mysos completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(arguments: &Completions) {
    clap_complete::generate(arguments.shell, &mut Cli::command(), "mysos", &mut io::stdout());
}
