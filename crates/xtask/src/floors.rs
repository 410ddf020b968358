//! Who may import whom. The table is the house; `cargo metadata` is what stands.
//!
//! Only what a package needs to run counts: its tests may use what they like, but nobody builds on the yard.
mod imports;
mod table;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::sources::{self, Source};
use crate::terminal;
use table::{Floor, Foreign, YARD, floor};

/// Checks the dependencies of each package, and the imports of the pure ones.
pub(crate) fn run() -> Result<()> {
    let manifest = terminal::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let metadata = metadata.context("cannot ask cargo for the packages")?;
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut found: Vec<String> =
        metadata.packages.iter().flat_map(|package| of_package(package, &ours)).collect();
    let sources = sources::all()?;
    found.extend(sources.iter().flat_map(imports::complaints));
    found.extend(sources.iter().filter(|source| source.path.ends_with("Cargo.toml")).flat_map(versions));
    sources::verdict("floors", &found)
}

fn of_package(package: &Package, ours: &BTreeSet<&str>) -> Vec<String> {
    let name = package.name.as_str();
    let Some(floor) = floor(name) else {
        return vec![format!("{name} has no floor: give it one in crates/xtask/src/floors/table.rs")];
    };
    let needed =
        package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    let needed: BTreeSet<&str> = needed.map(|dependency| dependency.name.as_str()).collect();
    needed.iter().filter_map(|other| complaint(floor, other, ours.contains(other))).collect()
}

#[allow(clippy::fn_params_excessive_bools, reason = "a fact about `other`, looked up by the caller")]
fn complaint(floor: &Floor, other: &str, is_ours: bool) -> Option<String> {
    let allowed = if is_ours {
        floor.imports(other) && (floor.is_yard() || !YARD.contains(&other))
    } else {
        floor.foreign.allows(other)
    };
    (!allowed).then(|| format!("{} may not import {other}: {}", floor.package, floor.because))
}

/// Versions stand in the workspace, so that two packages never differ.
fn versions(source: &Source) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in source.text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.contains("workspace");
        } else if inside && line.contains('=') && !line.starts_with('#') && !line.contains("workspace = true")
        {
            let path = source.path.display();
            found.push(format!("{path}:{}: write the version in [workspace.dependencies]", index + 1));
        }
    }
    found
}

impl Foreign {
    fn allows(&self, other: &str) -> bool {
        match self {
            Self::Only(these) => these.contains(&other),
            Self::AllBut(these) => !these.contains(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(package: &str, other: &str) -> Option<String> {
        let ours = floor(other).is_some();
        complaint(floor(package).unwrap(), other, ours)
    }

    #[test]
    fn a_mind_imports_the_vocabulary_and_nothing_that_acts() {
        assert_eq!(verdict("mysos-ha", "mysos-model"), None);
        for other in ["mysos-fleet", "mysos-zk", "tokio", "reqwest", "rand"] {
            assert!(verdict("mysos-ha", other).is_some(), "{other}");
        }
    }

    #[test]
    fn the_scheduler_opens_no_database_connection() {
        assert!(verdict("mysos-scheduler", "mysos-mysql-admin").is_some());
        assert!(verdict("mysos-scheduler", "mysql_async").is_some());
        assert_eq!(verdict("mysos-executor", "mysos-mysql-admin"), None);
    }

    #[test]
    fn nobody_builds_on_the_yard() {
        assert!(verdict("mysos-cli", "mysos-xtask").is_some());
        assert_eq!(verdict("mysos-xtask", "mysos-local"), None);
    }

    #[test]
    fn a_version_outside_the_workspace_is_found() {
        let text = "[package]\nversion = \"1\"\n[dependencies]\na.workspace = true\nb = \"1\"\n";
        let source = Source { path: "x/Cargo.toml".into(), text: text.to_owned() };
        assert_eq!(versions(&source), ["x/Cargo.toml:5: write the version in [workspace.dependencies]"]);
    }
}
