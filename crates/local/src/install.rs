//! Puts the real parts on this machine: Debian packages, Mesos and MySQL.
//!
//! What is there is left alone. Packages need root; without it the error says what to type. Mesos and MySQL go to the
//! user's cache directory, where all stacks share them.
mod debian;
mod scripts;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::progress::Progress;

/// The database server that clusters run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// MariaDB, from Debian's packages.
    #[default]
    Mariadb,
    /// MySQL, unpacked beside the system.
    Mysql,
}

impl Flavor {
    /// The name in flags and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
        }
    }
}

/// A part could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Packages are missing, and only root may install them.
    #[error("missing here: {}; as root, type\n  {command}", packages.join(", "))]
    NeedsRoot {
        /// The Debian packages.
        packages: Vec<String>,
        /// What installs them.
        command: String,
    },
    /// A program that installs failed.
    #[error("{what} failed ({status}); its last lines:\n{tail}\nTo try by hand: {command}")]
    Failed {
        /// What was being done.
        what: String,
        /// How the program ended.
        status: String,
        /// What it said last.
        tail: String,
        /// What was run.
        command: String,
    },
    /// All steps passed, and something is still not there.
    #[error("still missing after the installation: {}", .0.join(", "))]
    StillMissing(Vec<String>),
    /// There is no place for the parts.
    #[error("neither XDG_CACHE_HOME nor HOME says where to keep the parts: set one of them")]
    NoCache,
    /// The disk said no.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The directory of the installed parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    dir: PathBuf,
}

impl Parts {
    /// Where the parts of this user are, installed or not.
    pub fn locate() -> Result<Self, InstallError> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        Ok(Self { dir: cache.ok_or(InstallError::NoCache)?.join("mysos").join("parts") })
    }

    /// The directory itself: the scheduler's `--parts_dir`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Mesos.
    pub fn mesos(&self) -> PathBuf {
        self.dir.join("mesos-1.11.0")
    }

    /// The program that becomes a master, an agent or a ZooKeeper server.
    pub fn mesos_run(&self) -> PathBuf {
        self.mesos().join("bin").join("mesos-run")
    }

    /// MySQL.
    pub fn mysql(&self) -> PathBuf {
        self.dir.join("mysql-9.7")
    }

    /// Installs what is missing to run clusters of a flavor.
    pub fn install(flavor: Flavor, progress: &Progress) -> Result<Self, InstallError> {
        let parts = Self::locate()?;
        fs::create_dir_all(&parts.dir).map_err(|source| io_error("make", &parts.dir, source))?;
        // Held until the end: two set-ups at once would build in each other's files.
        let _lock = lock(&parts.dir.join(".lock"), progress)?;
        debian::ensure(&parts.wanted(flavor), progress)?;
        scripts::mesos(&parts, progress)?;
        if flavor == Flavor::Mysql {
            scripts::mysql(&parts, progress)?;
        }
        Ok(parts)
    }

    fn wanted(&self, flavor: Flavor) -> Vec<&'static debian::Package> {
        let mut wanted: Vec<_> = debian::TO_RUN.iter().collect();
        if !scripts::mesos_is_ready(self) {
            wanted.extend(debian::TO_BUILD_MESOS);
        }
        if flavor == Flavor::Mariadb {
            wanted.extend(debian::MARIADB);
        }
        wanted
    }
}

pub(crate) fn lock(path: &Path, progress: &Progress) -> Result<File, InstallError> {
    let failed = |source| io_error("lock", path, source);
    let file = File::create(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.say(format!("waiting for another one that holds {}", path.display()));
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    Ok(file)
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> InstallError {
    InstallError::Io { what, path: path.display().to_string(), source }
}
