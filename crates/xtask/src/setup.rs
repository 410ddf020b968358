//! Installs what the stack and the tests need.
use anyhow::Result;
use mysos_local::{Flavor, Parts, Progress};

use crate::terminal;

/// Installs all parts for a flavor. The tests need MariaDB in any case.
pub(crate) fn run(flavor: Flavor) -> Result<()> {
    let progress = Progress::stderr("setup");
    let parts = Parts::install(Flavor::Mariadb, &progress)?;
    if flavor == Flavor::Mysql {
        Parts::install(flavor, &progress)?;
    }
    terminal::note(&format!("setup: all parts are there; those of our own are in {}", parts.dir().display()));
    Ok(())
}
