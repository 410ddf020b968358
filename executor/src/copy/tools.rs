//! The programs that make a copy: where they are, and how one runs under its keeper.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::future::BoxFuture;
use mysos_model::Flavor;
use nix::{sys::stat::Mode, unistd::mkfifo};

use super::CopyError;
use crate::{
    keeper::Errand,
    mysqld::{
        log,
        process::{Exited, Mysqld, Spawner, StartOptions},
    },
    volume::Volume,
};

/// What comes with the programs.
const PACKAGE: &str = "MariaDB's backup package";

/// What it takes to run one.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    /// The member's directory.
    pub(crate) volume: Arc<Volume>,
    /// Starts programs.
    pub(crate) spawner: Spawner,
    /// Their environment.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// The server's own program: the others are in the same package.
    pub(crate) server: PathBuf,
    /// Which server.
    pub(crate) flavor: Flavor,
    /// The most that a copy may take, in MiB a second; 0: no bound.
    pub(crate) rate: u32,
}

/// One program with its arguments and pipes.
pub(crate) struct Job {
    /// Which.
    pub(crate) program: PathBuf,
    /// Its arguments: no secret is among them.
    pub(crate) args: Vec<OsString>,
    /// What it reads.
    pub(crate) input: Option<PathBuf>,
    /// Where its output goes, if somebody reads that.
    pub(crate) stream: Option<PathBuf>,
}

impl Tools {
    /// Where a program is: in the server's package, in the path, or where Debian has it.
    pub(crate) fn find(&self, name: &'static str) -> Result<PathBuf, CopyError> {
        let mut dirs: Vec<PathBuf> = self.server.parent().map(Path::to_owned).into_iter().collect();
        let package = self.server.parent().and_then(Path::parent);
        dirs.extend(package.map(|package| package.join("bin")));
        let path = self.env.iter().find(|(name, _)| name == "PATH");
        dirs.extend(path.iter().flat_map(|(_, path)| std::env::split_paths(path)));
        dirs.push("/usr/bin".into());
        dirs.dedup();
        let found = dirs.iter().map(|dir| dir.join(name)).find(|program| program.is_file());
        let looked = || dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| CopyError::NoProgram { name, looked: looked(), package: PACKAGE })
    }

    /// Makes a pipe with this name.
    pub(crate) fn pipe(&self, name: &str) -> Result<PathBuf, CopyError> {
        let path = self.volume.copy_file(name);
        let made = remove_file(&path).and_then(|()| Ok(mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?));
        made.map_err(CopyError::disk("make the pipe", &path))?;
        Ok(path)
    }

    /// Starts a program. Its life must be polled, and takes it along when it is dropped.
    pub(crate) async fn start(&self, job: Job) -> Result<BoxFuture<'static, Exited>, CopyError> {
        let Job { program, args, input, stream } = job;
        let output = self.volume.copy_log();
        let lock = self.volume.copying_lock();
        let errand = Errand { lock, input, output, stream, program: program.clone(), args };
        let start = Mysqld::start(&self.spawner, StartOptions { errand, env: self.env.clone() });
        let (_process, life) = start.await.map_err(|source| CopyError::Start { program, source })?;
        Ok(life)
    }

    /// Begins the log of a copy, and says from where on its lines are of this one.
    pub(crate) fn begin_log(&self) -> u64 {
        log::begin(&self.volume.copy_log())
    }

    /// What an end means.
    pub(crate) fn judge(&self, program: &Path, exited: Exited, log_from: u64) -> Result<(), CopyError> {
        if exited == Exited::Code(0) {
            return Ok(());
        }
        let lines = log::last_lines(&self.volume.copy_log(), log_from);
        Err(CopyError::Failed { program: program.to_owned(), exited, lines })
    }
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
