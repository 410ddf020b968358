//! What the person at the terminal reads, and the programs that are run for them.
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// A line of progress or complaint, on standard error.
pub(crate) fn note(line: &str) {
    // Nobody reads: no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A line of a result, on standard output.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The top of the repository, two levels above this package.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// A program that runs at the top of the repository and reads nothing.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(repository()).stdin(Stdio::null());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Whether cargo has a subcommand of this name.
pub(crate) fn has_subcommand(name: &str) -> bool {
    let mut asked = cargo(&[name, "--version"]);
    asked.stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// Runs a program; its failure is an error that names it.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let shown = show(&command);
    note(&format!("$ {shown}"));
    let status = command.status().with_context(|| format!("cannot run `{shown}`"))?;
    check(status, &shown)
}

/// Runs a program, shows each of its lines, and lets `look` see them.
pub(crate) fn watch(mut command: Command, mut look: impl FnMut(&str)) -> Result<()> {
    let shown = show(&command);
    note(&format!("$ {shown}"));
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot copy a pipe")?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot run `{shown}`"))?;
    // It holds the writing end, without which the lines below never end.
    drop(command);
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        note(&line);
        look(&line);
    }
    check(child.wait().with_context(|| format!("cannot wait for `{shown}`"))?, &shown)
}

fn check(status: ExitStatus, shown: &str) -> Result<()> {
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

fn show(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
