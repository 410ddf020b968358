//! Installs what the stack and the tests need.
use anyhow::Result;
use mysos_local::{Flavor, Parts, Progress};

use crate::terminal;

/// Installs all parts for both flavors: the tests need both.
pub(crate) fn both() -> Result<()> {
    [Flavor::Mariadb, Flavor::Mysql].into_iter().try_for_each(run)
}

/// Installs all parts for a flavor.
pub(crate) fn run(flavor: Flavor) -> Result<()> {
    let parts = Parts::install(flavor, &Progress::stderr("setup"))?;
    let (flavor, dir) = (flavor.name(), parts.dir().display());
    terminal::note(&format!("setup: all parts for {flavor} are there; those of our own are in {dir}"));
    Ok(())
}
