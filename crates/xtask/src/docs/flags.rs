//! The flags of the programs, as `--help` tells them, against `docs/flags.md`.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

use super::{code_word, differences, rows, text_of};
use crate::sources::Source;
use crate::terminal;

const PAGE: &str = "docs/flags.md";
/// Every program has them, and they need no words.
const USUAL: [&str; 2] = ["--help", "--version"];
/// What clap adds to a program with verbs.
const HELP_VERB: &str = "help";
/// Columns before the name of a flag without a short form.
const INDENT: usize = 6;
/// Verbs are nested this deep at most; more would be a loop.
const DEPTH: usize = 2;

/// Flags without a line, and lines without a flag.
pub(super) fn complaints(sources: &[Source]) -> Result<Vec<String>> {
    let programs = programs()?;
    let mut code = BTreeSet::new();
    for name in ["mysos_scheduler", "mysos_executor", "mysos"] {
        ask(&programs.join(name), (name, &[]), &mut code)?;
    }
    Ok(differences(PAGE, "flag", &code, &told(text_of(sources, PAGE))))
}

/// Where cargo builds.
fn programs() -> Result<PathBuf> {
    let manifest = terminal::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    Ok(metadata.context("cannot ask cargo where it builds")?.target_directory.join("debug").into())
}

/// Collects `mysos create --user` and the like from one command and those below it.
fn ask(program: &Path, (name, below): (&str, &[&str]), found: &mut BTreeSet<String>) -> Result<()> {
    let words = [&[name], below].concat().join(" ");
    ensure!(below.len() <= DEPTH, "{words}: verbs are nested too deeply");
    let mut command = terminal::program(program, below);
    let output = command.arg("--help").output();
    let output = output.with_context(|| {
        format!("cannot run {}, which `cargo build --workspace --bins` makes", program.display())
    })?;
    ensure!(output.status.success(), "{words} --help failed");
    let help = String::from_utf8(output.stdout).context("the help is not UTF-8")?;
    for flag in flags(&help).filter(|flag| !USUAL.contains(flag)) {
        found.insert(format!("{words} {flag}"));
    }
    for verb in verbs(&help) {
        ask(program, (name, &[below, &[verb]].concat()), found)?;
    }
    Ok(())
}

/// `--name` of each line that introduces a flag; words about flags are indented further.
fn flags(help: &str) -> impl Iterator<Item = &str> {
    help.lines()
        .filter(|line| line.find('-').is_some_and(|at| at <= INDENT && line.starts_with(&" ".repeat(at))))
        .filter_map(|line| {
            line.trim_start().split(", ").find(|part| part.starts_with("--"))?.split([' ', '=']).next()
        })
}

/// The verbs below `Commands:`.
fn verbs(help: &str) -> impl Iterator<Item = &str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let entries = list.take_while(|line| !line.is_empty());
    let begins = entries.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    begins.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != HELP_VERB)
}

/// The flags of the page: a row is the flag, then the commands that have it, then words.
fn told(page: &str) -> BTreeSet<String> {
    let rows = rows(page).filter_map(|row| Some((code_word(&row)?.to_owned(), (*row.get(1)?).to_owned())));
    rows.filter(|(flag, _)| flag.starts_with("--"))
        .flat_map(|(flag, commands)| {
            let commands: Vec<String> =
                commands.split(", ").map(|it| it.trim_matches('`').to_owned()).collect();
            commands.into_iter().map(move |command| format!("{command} {flag}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Usage: x\n\nCommands:\n  create  Make\n          one --more\n  help    Print\n\nOptions:\n  \
                        -h, --help\n      --user <USER>\n          \
                        --log_level=debug does it\n";

    #[test]
    fn flags_and_verbs_are_read_from_help() {
        assert_eq!(flags(HELP).collect::<Vec<_>>(), ["--help", "--user"]);
        assert_eq!(verbs(HELP).collect::<Vec<_>>(), ["create"]);
    }

    #[test]
    fn a_row_of_the_page_counts_for_each_of_its_commands() {
        let page = "| `--api` | `mysos list`, `mysos show` | where |\n| flag | of | words |\n";
        assert_eq!(told(page).into_iter().collect::<Vec<_>>(), ["mysos list --api", "mysos show --api"]);
    }
}
