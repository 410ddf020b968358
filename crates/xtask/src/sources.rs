//! The files of the repository, as git sees them: tracked ones and new ones, less what is ignored.
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::terminal;

/// A text file and what is in it.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the top of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    /// Nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        stem.ends_with("tests") || self.path.components().any(|part| part.as_os_str() == "tests")
    }

    /// Made by a program, so nobody's to shorten.
    pub(crate) fn is_generated(&self) -> bool {
        self.path.components().any(|part| part.as_os_str() == "gen")
    }
}

/// All text files.
pub(crate) fn all() -> Result<Vec<Source>> {
    let mut git = terminal::program(
        "git",
        &["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    );
    let output = git.output().context("cannot run git, which knows the files of the repository")?;
    ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let top = terminal::repository();
    // A file that was removed and not yet committed is listed; one that is no text has no lines to look at.
    let read = |name: &str| {
        let text = std::fs::read_to_string(top.join(name)).ok()?;
        Some(Source { path: name.into(), text })
    };
    Ok(names.split('\0').filter(|name| !name.is_empty()).filter_map(read).collect())
}

/// Ends a check: nothing found is fine, anything else is told line by line.
pub(crate) fn verdict(check: &str, found: &[String]) -> Result<()> {
    for line in found {
        terminal::note(line);
    }
    ensure!(found.is_empty(), "{check}: {} found", found.len());
    terminal::note(&format!("{check}: nothing to complain about"));
    Ok(())
}
