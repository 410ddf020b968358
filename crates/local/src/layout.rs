//! The directory of one stack: what lies where. Makes the directories, nothing else.
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::role::Role;

/// Paths under the directory of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// The layout of a directory; the path is made absolute, the directory need not exist.
    pub fn new(dir: &Path) -> io::Result<Self> {
        let dir = std::path::absolute(dir)?;
        // The marker in the environment of what we start is compared byte by byte: one name per directory.
        Ok(Self { dir: fs::canonicalize(&dir).unwrap_or(dir) })
    }

    /// Makes the directories that everything else expects.
    pub fn create(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let layout = Self::new(dir)?;
        for part in ["log", "mesos", "zookeeper", "executor", "scheduler"] {
            fs::create_dir_all(layout.dir.join(part))?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(layout.secrets())?;
        Ok(layout)
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What runs, and how it was asked for.
    pub fn record(&self) -> PathBuf {
        self.dir.join("stack.json")
    }

    /// Held while `up` or `down` works.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join(".lock")
    }

    /// The log file of a role.
    pub fn log(&self, role: Role) -> PathBuf {
        self.dir.join("log").join(format!("{role}.log"))
    }

    /// The state of a role.
    pub fn state(&self, role: Role) -> PathBuf {
        match role {
            Role::Zookeeper => self.dir.join("zookeeper"),
            Role::Scheduler => self.dir.join("scheduler"),
            Role::Master(_) | Role::Agent(_) => self.dir.join("mesos").join(role.to_string()),
        }
    }

    /// Where the stripped executor is put.
    pub(crate) fn executor(&self) -> PathBuf {
        self.dir.join("executor")
    }

    fn secrets(&self) -> PathBuf {
        self.dir.join("secrets")
    }

    /// The key of the scheduler: 32 bytes.
    pub fn scheduler_key(&self) -> PathBuf {
        self.secrets().join("scheduler.key")
    }

    /// What executors need to read their credentials.
    pub fn admin_key(&self) -> PathBuf {
        self.secrets().join("admin.key")
    }
}
