//! Our own programs: where they are, and the copy of the executor that Mesos agents fetch.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ring::digest::{SHA256, digest};

use crate::layout::Layout;
use crate::secrets::hex;

const SCHEDULER: &str = "mysos_scheduler";
const EXECUTOR: &str = "mysos_executor";

/// Our programs could not be found or copied.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// They were not built, or lie elsewhere.
    #[error(
        "{missing} is not there: build it (`cargo build -p mysos-scheduler -p mysos-executor -p mysos-cli`), \
         or say with --bin_dir where it is"
    )]
    Missing {
        /// The path where it was looked for.
        missing: String,
    },
    /// The executor could not be copied.
    #[error("cannot copy {path} for the agents")]
    Copy {
        /// The executor.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The programs of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) scheduler: PathBuf,
    executor: PathBuf,
}

impl Binaries {
    /// Both programs in a directory, or beside the running program.
    pub(crate) fn find(bin_dir: Option<&Path>) -> Result<Self, BinariesError> {
        let dir = bin_dir.map_or_else(beside, Path::to_path_buf);
        let found = |name| {
            let path = dir.join(name);
            let missing = || BinariesError::Missing { missing: path.display().to_string() };
            path.is_file().then(|| path.clone()).ok_or_else(missing)
        };
        Ok(Self { scheduler: found(SCHEDULER)?, executor: found(EXECUTOR)? })
    }

    /// A stripped copy of the executor under the stack's directory, instead of those of earlier builds. Its name tells
    /// its content, so agents may cache it. Executors that run have copies of their own.
    pub(crate) fn publish_executor(&self, layout: &Layout) -> Result<PathBuf, BinariesError> {
        self.publish(&layout.executor())
            .map_err(|source| BinariesError::Copy { path: self.executor.display().to_string(), source })
    }

    fn publish(&self, dir: &Path) -> io::Result<PathBuf> {
        let content = digest(&SHA256, &fs::read(&self.executor)?);
        let short: String = hex(content.as_ref()).chars().take(8).collect();
        let copy = dir.join(format!("{EXECUTOR}-{}-{short}", env!("CARGO_PKG_VERSION")));
        if !copy.exists() {
            let unfinished = dir.join(format!("{EXECUTOR}-{short}.new"));
            if !strip(&self.executor, &unfinished) {
                fs::copy(&self.executor, &unfinished)?;
            }
            remove_earlier(dir)?;
            fs::rename(&unfinished, &copy)?;
        }
        Ok(copy)
    }
}

fn remove_earlier(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!("{EXECUTOR}-")) && !name.ends_with(".new") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether binutils made the copy: it is a fifth of the size, and each member fetches one.
fn strip(from: &Path, to: &Path) -> bool {
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(to).arg(from).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    strip.status().is_ok_and(|status| status.success())
}

/// The directory of the running program; tests of cargo lie one below the programs.
fn beside() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let dir = program.parent().unwrap_or(Path::new("/"));
    let dir = if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir };
    dir.to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_built_is_named_with_the_way_to_build_it() {
        let error = Binaries::find(Some(Path::new("/no/such"))).unwrap_err().to_string();
        assert!(error.contains("/no/such/mysos_scheduler") && error.contains("cargo build"), "{error}");
    }

    #[test]
    fn the_copy_of_the_executor_is_named_by_its_content() {
        let dir = tempfile::tempdir().unwrap();
        for name in [SCHEDULER, EXECUTOR] {
            fs::write(dir.path().join(name), "first").unwrap();
        }
        let binaries = Binaries::find(Some(dir.path())).unwrap();
        let first = binaries.publish(dir.path()).unwrap();
        assert_eq!(binaries.publish(dir.path()).unwrap(), first);
        fs::write(dir.path().join(EXECUTOR), "second").unwrap();
        let second = binaries.publish(dir.path()).unwrap();
        assert!(first != second && !first.exists(), "the copy of the earlier build is gone");
        assert_eq!(fs::read_to_string(second).unwrap(), "second");
    }
}
