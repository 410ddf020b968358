//! Files stay small and say what they are for; a constant that bounds something says why it has its value.
use anyhow::Result;

use crate::sources::{self, Source};

/// A file that is longer has more than one subject.
const MAX_LINES: usize = 600;

/// Checks all Rust files.
pub(crate) fn run() -> Result<()> {
    let sources = sources::all()?;
    let rust = sources.iter().filter(|source| source.is_rust() && !source.is_generated());
    sources::verdict("limits", &rust.flat_map(complaints).collect::<Vec<_>>())
}

fn complaints(source: &Source) -> Vec<String> {
    let path = source.path.display();
    let lines = source.text.lines().count();
    let mut found = Vec::new();
    if lines > MAX_LINES {
        found
            .push(format!("{path}: {lines} lines; more than {MAX_LINES} is more than one subject: split it"));
    }
    if !source.text.starts_with("//!") {
        found.push(format!("{path}:1: begin the file with `//!` and what it is for"));
    }
    if !source.is_test() {
        let reason = "a constant that bounds a time or a size needs a comment that gives the reason";
        found.extend(unexplained(&source.text).map(|line| format!("{path}:{line}: {reason}")));
    }
    found
}

/// The numbers of the lines with a bound that no comment explains.
fn unexplained(text: &str) -> impl Iterator<Item = usize> {
    let before = std::iter::once("").chain(text.lines());
    text.lines().zip(before).enumerate().filter_map(|(index, (line, before))| {
        let explained = before.trim_start().starts_with("//") || is_bound(before) || line.contains(" // ");
        (is_bound(line) && !explained).then_some(index + 1)
    })
}

fn is_bound(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
    let Some((name, kind)) = line.strip_prefix("const ").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    name.ends_with("_BYTES") || kind.trim_start().starts_with("Duration")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "x.rs".into(), text: text.to_owned() }
    }

    #[test]
    fn a_long_file_and_one_without_a_head_are_found() {
        assert!(complaints(&source("//! Fine.\n")).is_empty());
        assert!(complaints(&source("use std;\n"))[0].contains("begin the file"));
        assert!(complaints(&source(&format!("//! Long.\n{}", "\n".repeat(600))))[0].contains("601 lines"));
    }

    #[test]
    fn a_bound_without_a_reason_is_found() {
        let bare = "//! X.\n\nconst LIMIT: Duration = Duration::from_secs(3);\n";
        assert!(complaints(&source(bare))[0].starts_with("x.rs:3:"));
        let explained = "//! X.\n/// A reason.\npub const MAX_BYTES: u64 = 3;\nconst MORE_BYTES: u64 = 4;\n";
        assert!(complaints(&source(explained)).is_empty());
    }
}
