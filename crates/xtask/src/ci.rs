//! All checks and all tests, in the order of what they cost. Stops at the first that fails.
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::tally::Tally;
use crate::terminal::{self, cargo, has_subcommand, note, tell};
use crate::{codegen, docs, floors, limits, sim, words};

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Full,
    /// Without the tests that start real servers; for the hand.
    Quick,
}

/// What `.config/nextest.toml` calls the tests that start real servers. Both lists are one.
const REAL: &str =
    "package(mysos-tests) + (package(/^(mysos-local|mysos-zk|mysos-mysql-admin|mesos-v1)$/) & kind(test))";
/// Servers of several tests at once need more memory and disk than processors; two suffice to fill them.
const THREADS_OF_CARGO_TEST: &str = "--test-threads=2";

struct Step {
    name: &'static str,
    run: fn(Extent, &mut Tally) -> Result<()>,
}

static STEPS: &[Step] = &[
    Step { name: "format", run: |_, _| terminal::run(cargo(&["fmt", "--all", "--check"])) },
    Step { name: "floors", run: |_, _| floors::run() },
    Step { name: "limits", run: |_, _| limits::run() },
    Step { name: "words", run: |_, _| words::run() },
    Step { name: "codegen", run: |_, _| codegen::run(true) },
    Step { name: "deny", run: |_, _| deny() },
    Step {
        name: "clippy",
        run: |_, _| terminal::run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    },
    // Tests start our programs, which building the tests alone would leave out or stale.
    Step { name: "build", run: |_, _| terminal::run(cargo(&["build", "--workspace", "--bins"])) },
    // Asks the programs for their flags.
    Step { name: "docs", run: |_, _| docs::run() },
    Step { name: "tests", run: tests },
    Step { name: "sim", run: |_, _| sim::few() },
    Step { name: "doc tests", run: |_, tally| count(&["test", "--workspace", "--doc"], tally) },
];

/// Runs the steps, prints a table of them, and last the count of tests.
pub(crate) fn run(extent: Extent) -> Result<()> {
    let mut tally = Tally::default();
    let mut table = Vec::new();
    let mut failure = None;
    for step in STEPS {
        note(&format!("\n== {}", step.name));
        let start = Instant::now();
        let result = (step.run)(extent, &mut tally);
        table.push(row(step.name, start.elapsed(), if result.is_ok() { "ok" } else { "FAILED" }));
        if let Err(error) = result {
            failure = Some((step.name, error));
            break;
        }
    }
    tell("");
    for row in &table {
        tell(row);
    }
    if let Some((name, error)) = &failure {
        tell(&format!("\n{name}: {error:#}"));
    }
    tell(&format!("{} passed, {} failed", tally.passed, tally.failed));
    match failure {
        Some((name, _)) => bail!("the step `{name}` failed"),
        None => Ok(()),
    }
}

fn row(name: &str, took: Duration, how: &str) -> String {
    format!("{name:<12} {:>8.1} s  {how}", took.as_secs_f64())
}

fn deny() -> Result<()> {
    if !has_subcommand("deny") {
        note("cargo-deny is not installed: left out");
        return Ok(());
    }
    terminal::run(cargo(&[
        "deny",
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn tests(extent: Extent, tally: &mut Tally) -> Result<()> {
    let without_real = format!("not ({REAL})");
    match (has_subcommand("nextest"), extent) {
        (true, Extent::Full) => count(&["nextest", "run", "--workspace", "--profile", "ci"], tally),
        (true, Extent::Quick) => {
            count(&["nextest", "run", "--workspace", "--profile", "ci", "-E", &without_real], tally)
        }
        (false, Extent::Full) => {
            note("cargo-nextest is not installed: cargo test does it, slower");
            count(&["test", "--workspace", "--lib", "--bins", "--tests", "--", THREADS_OF_CARGO_TEST], tally)
        }
        (false, Extent::Quick) => count(&["test", "--workspace", "--lib", "--bins"], tally),
    }
}

fn count(arguments: &[&str], tally: &mut Tally) -> Result<()> {
    let mut own = Tally::default();
    let result = terminal::watch(cargo(arguments), |line| own.read(line));
    *tally += own;
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_with_real_servers_are_the_same_here_and_in_the_configuration() {
        let path = terminal::repository().join(".config/nextest.toml");
        let configuration = std::fs::read_to_string(path).unwrap();
        assert!(configuration.contains(&format!("filter = '{REAL}'")));
    }
}
