//! The pages say what the code does: links lead somewhere, and flags and problems have their lines, no more and no
//! fewer. The same is held for metrics and routes by tests in `scheduler` and `executor`, which have the real texts.
mod flags;
mod links;

use std::collections::BTreeSet;

use anyhow::Result;
use mysos_model::{ProblemCode, Severity, record::JournalStep};

use crate::sources::{self, Source};

const STEPS: &str = "docs/operations.md";
/// The part of that page that has a line for each step.
const STEPS_PART: &str = "## The history of a cluster";
const PROBLEMS: &str = "docs/problems.md";
/// What stands in the second cell of a problem's line, and of no other.
const SEVERITIES: [&str; 3] = ["notice", "warning", "critical"];

/// Checks all pages. The programs must have been built: their `--help` is compared.
pub(crate) fn run() -> Result<()> {
    let sources = sources::all()?;
    let mut found = links::complaints(&sources);
    found.extend(flags::complaints(&sources)?);
    found.extend(problem_complaints(&sources));
    found.extend(step_complaints(&sources));
    sources::verdict("docs", &found)
}

/// The problems of the code against those of the page, each with its severity.
fn problem_complaints(sources: &[Source]) -> Vec<String> {
    let code = ProblemCode::ALL.iter().map(|code| line_of(*code)).collect();
    let page = rows(text_of(sources, PROBLEMS))
        .filter(|row| row.get(1).is_some_and(|word| SEVERITIES.contains(word)))
        .filter_map(|row| Some(format!("{} ({})", code_word(&row)?, row.get(1)?)))
        .collect();
    differences(PROBLEMS, "ProblemCode", &code, &page)
}

/// The steps that journals tell against those of the page.
fn step_complaints(sources: &[Source]) -> Vec<String> {
    let code = JournalStep::ALL.iter().map(|step| step.as_str().to_owned()).collect();
    let part = text_of(sources, STEPS).split(STEPS_PART).nth(1).unwrap_or_default();
    let part = part.split("\n## ").next().unwrap_or_default();
    let page = rows(part).filter_map(|row| code_word(&row).map(str::to_owned)).collect();
    differences(STEPS, "journal step", &code, &page)
}

fn line_of(code: ProblemCode) -> String {
    let [notice, warning, critical] = SEVERITIES;
    let severity = match code.severity() {
        Severity::Notice => notice,
        Severity::Warning => warning,
        Severity::Critical => critical,
    };
    format!("{code} ({severity})")
}

/// What only one side has.
fn differences(page: &str, what: &str, code: &BTreeSet<String>, lines: &BTreeSet<String>) -> Vec<String> {
    let missing = code.difference(lines).map(|it| format!("{page}: no line for {what} {it}"));
    let surplus = lines.difference(code).map(|it| format!("{page}: {what} {it} is not in the code"));
    missing.chain(surplus).collect()
}

/// The text of a page; nothing if it is not there, and then everything is missing.
fn text_of<'a>(sources: &'a [Source], path: &str) -> &'a str {
    sources.iter().find(|source| source.path.as_os_str() == path).map_or("", |source| &source.text)
}

/// The rows of all tables of a page, as trimmed cells.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter_map(|line| {
        let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(inside.split(" | ").map(str::trim).collect())
    })
}

/// The word in backticks that is all of the first cell.
fn code_word<'a>(row: &[&'a str]) -> Option<&'a str> {
    row.first()?.strip_prefix('`')?.strip_suffix('`').filter(|word| !word.contains('`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.to_owned() }
    }

    #[test]
    fn a_problem_without_a_line_and_a_line_without_a_problem_are_found() {
        let found = problem_complaints(&[page(PROBLEMS, "| `PrimaryDown` | notice | x |\n")]);
        assert!(
            found.contains(&"docs/problems.md: no line for ProblemCode PrimaryDown (critical)".to_owned())
        );
        assert!(
            found.contains(
                &"docs/problems.md: ProblemCode PrimaryDown (notice) is not in the code".to_owned()
            )
        );
        assert_eq!(found.len(), ProblemCode::ALL.len() + 1);
    }

    #[test]
    fn steps_are_looked_for_in_their_own_part() {
        let text =
            format!("| `opened` | x |\n{STEPS_PART}\n| `revoked` | x |\n\n## Next\n| `elected` | x |\n");
        let found = step_complaints(&[page(STEPS, &text)]);
        assert!(!found.iter().any(|it| it.contains("revoked")), "{found:?}");
        assert_eq!(found.len(), JournalStep::ALL.len() - 1, "{found:?}");
    }

    #[test]
    fn rows_are_read_as_cells() {
        let read: Vec<_> = rows("text\n| `--a` | b \\| c |\n|---|---|\n").collect();
        assert_eq!(read, [vec!["`--a`", "b \\| c"], vec!["---|---"]]);
        assert_eq!(code_word(&read[0]), Some("--a"));
        assert_eq!(code_word(&["`a` or `b`"]), None);
    }
}
