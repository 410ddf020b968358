//! The member's own server, as the performer sees it: look, initialize, start, stop, kill.
//!
//! It decides nothing and tries nothing twice. Each call is bounded, but for the life of the server itself,
//! which is handed out as a future.

use std::{
    error::Error,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use mysos_ha::view::Disk;
use mysos_model::{
    DataId, Epoch, GtidSet, gtid::mariadb::FIRST_MEMBER_ID, record::Credentials, wire::task_data::TaskData,
};
use mysos_mysql_admin::{account::FirstAccounts, memory::MemoryError};
use tokio::time::timeout;

use crate::{
    keeper::Errand,
    mysqld::{
        init::{InitError, Workshop},
        locate::{self, Located, NotLocated, Where},
        log,
        options::{self, OptionFileError},
        process::{Exited, Mysqld, Spawner, StartError, StartOptions},
    },
    volume::{Found, Volume, VolumeError},
};

/// How long the disk may take for a look or a small change, its sync included.
const DISK: Duration = Duration::from_secs(30);
/// How long a killed server may take to be reaped: a process that waits for a hung disk cannot die.
const REAP: Duration = Duration::from_secs(60);
/// Where programs look for others when the executor itself has no `PATH`.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The server id that a MariaDB primary takes in an epoch: what it writes never has the number of what it
/// wrote in an earlier one.
pub(crate) fn server_id_of_epoch(epoch: Epoch) -> u32 {
    1 + (epoch.0 % u64::from(FIRST_MEMBER_ID - 1)) as u32
}

/// An error with all that lies beneath it, in one line.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(source) = below {
        text = format!("{text}: {source}");
        below = source.source();
    }
    text
}

/// What can go wrong with the own server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// The task is too small. Nothing was made.
    #[error("the task cannot hold its server")]
    Memory(#[from] MemoryError),
    /// There is no program to run.
    #[error(transparent)]
    Program(#[from] NotLocated),
    /// The directory.
    #[error("the member's directory cannot be used")]
    Volume(#[from] VolumeError),
    /// The disk has not answered.
    #[error("the disk did not {doing} within {DISK:?}")]
    Hung {
        /// What was asked.
        doing: &'static str,
    },
    /// The option file.
    #[error("the server has no option file")]
    Options(#[from] OptionFileError),
    /// The initialization.
    #[error("the data directory was not made")]
    Init(#[from] InitError),
    /// The start.
    #[error("mysqld was not started")]
    Start(#[from] StartError),
    /// There is nothing to start.
    #[error("there is no data directory of this member to start a server on: {0}")]
    NotReady(String),
    /// One is running.
    #[error("mysqld is running already, as process {0}")]
    Running(u32),
}

/// The server of this member.
#[derive(Debug)]
pub(crate) struct Server {
    task: TaskData,
    volume: Arc<Volume>,
    located: Located,
    spawner: Spawner,
    env: Vec<(OsString, OsString)>,
    process: Option<Mysqld>,
    log_from: u64,
}

impl Server {
    /// The server of this task in this directory, if the task is large enough and there is a program.
    /// Nothing is made yet.
    pub(crate) async fn new(task: &TaskData, volume: Volume, spawner: Spawner) -> Result<Self, ServerError> {
        options::check_memory(task)?;
        let path = search_path();
        let places = Where {
            program: task.mysqld_path.as_deref().map(Path::new),
            parts: task.parts_dir.as_deref().map(Path::new),
            path: &path,
        };
        let located = locate::locate(task.flavor, places).await?;
        // A server that begins removes every temporary table in its directory for them, also those of others.
        let tmp = ("TMPDIR".into(), volume.tmp_dir().into());
        let env = vec![("PATH".into(), path), ("HOME".into(), volume.dir().into()), tmp];
        let (task, volume) = (task.clone(), Arc::new(volume));
        Ok(Self { task, volume, located, spawner, env, process: None, log_from: 0 })
    }

    /// The program, and what it says it is.
    pub(crate) fn located(&self) -> &Located {
        &self.located
    }

    /// The server's data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.volume.data_dir()
    }

    /// The directory that the data directory is in: the same volume, and never moved aside.
    pub(crate) fn beside_data(&self) -> PathBuf {
        self.volume.dir().to_owned()
    }

    /// The member's directory.
    pub(crate) fn volume(&self) -> Arc<Volume> {
        self.volume.clone()
    }

    /// The environment of the programs that it starts.
    pub(crate) fn env(&self) -> Vec<(OsString, OsString)> {
        self.env.clone()
    }

    /// Puts a complete copy in the place of the data directory. The server is stopped.
    pub(crate) async fn take_copy(&mut self, data: DataId) -> Result<(), String> {
        self.must_be_down().map_err(|error| words(&error))?;
        let volume = self.volume.clone();
        on_disk("take a copy", move || volume.take_copy(&data)).await.map_err(|error| words(&error))
    }

    /// Looks at the data directory. It changes nothing, but for a copy whose taking was interrupted.
    pub(crate) async fn inspect(&mut self) -> Result<(Disk, Option<DataId>), String> {
        if self.must_be_down().is_ok() {
            let volume = self.volume.clone();
            on_disk("finish taking a copy", move || volume.finish_taking())
                .await
                .map_err(|error| words(&error))?;
        }
        Ok(match self.found().await.map_err(|error| words(&error))? {
            Found::Empty => (Disk::Empty, None),
            Found::Ready { data, .. } => (Disk::Ready, Some(data)),
            Found::Foreign(why) => (Disk::Foreign(why), None),
        })
    }

    /// Makes a data directory with this identity, never over existing data, and says what is there then.
    /// It has the administrator's account; those of replicas are made when they are let in.
    pub(crate) async fn initialize(
        &mut self,
        data: DataId,
        server_id: u32,
        credentials: &Credentials,
    ) -> Result<(Disk, Option<DataId>), String> {
        let admin = credentials.admin_password.clone();
        let accounts = FirstAccounts { admin, replication: Vec::new() };
        self.make(data, server_id, &accounts).await.map_err(|error| words(&error))?;
        self.inspect().await
    }

    /// Moves the data directory aside with the transactions that speak against it. The server is stopped.
    pub(crate) async fn quarantine(&mut self, epoch: Epoch, errant: &GtidSet) -> Result<(), String> {
        self.must_be_down().map_err(|error| words(&error))?;
        let evidence = format!("{errant}\n");
        let volume = self.volume.clone();
        on_disk("move the data directory aside", move || volume.quarantine(epoch, &evidence))
            .await
            .map_err(|error| words(&error))
    }

    /// Starts mysqld: read-only, not replicating, acknowledging nothing. The future must be polled until it
    /// says how the server ended; dropping it kills the server.
    pub(crate) async fn start(&mut self) -> Result<BoxFuture<'static, Exited>, String> {
        self.launch().await.map_err(|error| words(&error))
    }

    /// Asks mysqld to end; kills it when it has not within the bound. Returns when it is reaped.
    pub(crate) async fn stop(&mut self, within: Duration) {
        let Some(process) = &mut self.process else { return };
        process.terminate().await;
        if timeout(within, process.gone()).await.is_err() {
            tracing::warn!(pid = process.pid(), ?within, "mysqld did not end in time and is killed");
            self.kill().await;
        }
    }

    /// Kills mysqld. Returns when it is reaped; one that the kernel cannot end yet counts as running.
    pub(crate) async fn kill(&mut self) {
        let Some(process) = &mut self.process else { return };
        process.kill().await;
        if timeout(REAP, process.gone()).await.is_err() {
            tracing::error!(pid = process.pid(), "mysqld was killed and is not gone; does its disk hang?");
        }
    }

    /// Whether mysqld was started and has not ended.
    pub(crate) fn is_running(&self) -> bool {
        self.pid().is_some()
    }

    /// mysqld's process, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.as_ref().filter(|process| process.exited().is_none()).map(Mysqld::pid)
    }

    /// The last error lines since mysqld was last started.
    pub(crate) async fn last_lines(&self) -> String {
        let (path, from) = (self.volume.error_log(), self.log_from);
        let read = on_disk("read the error log", move || Ok::<_, VolumeError>(log::last_lines(&path, from)));
        read.await.unwrap_or_default()
    }

    async fn make(&self, data: DataId, server_id: u32, accounts: &FirstAccounts) -> Result<(), ServerError> {
        self.must_be_down()?;
        let volume = self.volume.clone();
        on_disk("begin a data directory", move || volume.begin(&data, server_id)).await?;
        self.write_options(server_id).await?;
        let workshop = Workshop {
            spawner: &self.spawner,
            server: &self.located.program,
            volume: &self.volume,
            env: &self.env,
        };
        workshop.initialize(self.task.flavor, accounts).await?;
        let volume = self.volume.clone();
        on_disk("finish a data directory", move || volume.finish()).await
    }

    async fn launch(&mut self) -> Result<BoxFuture<'static, Exited>, ServerError> {
        self.must_be_down()?;
        let server_id = match self.found().await? {
            Found::Ready { server_id, .. } => server_id,
            Found::Empty => return Err(ServerError::NotReady("it is empty".into())),
            Found::Foreign(why) => return Err(ServerError::NotReady(why)),
        };
        self.write_options(server_id).await?;
        let errand = self.errand();
        let output = errand.output.clone();
        let begin = move || Ok::<_, VolumeError>(log::begin(&output));
        self.log_from = on_disk("show the error log", begin).await?;
        let start = StartOptions { errand, env: self.env.clone() };
        let (process, life) = Mysqld::start(&self.spawner, start).await?;
        self.process = Some(process);
        Ok(life)
    }

    fn errand(&self) -> Errand {
        let mut defaults = OsString::from("--defaults-file=");
        defaults.push(self.volume.option_file());
        Errand {
            lock: self.volume.running_lock(),
            input: None,
            output: self.volume.error_log(),
            stream: None,
            program: self.located.program.clone(),
            args: vec![defaults],
        }
    }

    fn must_be_down(&self) -> Result<(), ServerError> {
        self.pid().map_or(Ok(()), |pid| Err(ServerError::Running(pid)))
    }

    async fn found(&self) -> Result<Found, ServerError> {
        let volume = self.volume.clone();
        on_disk("show the data directory", move || volume.inspect()).await
    }

    async fn write_options(&self, server_id: u32) -> Result<(), ServerError> {
        let (task, volume) = (self.task.clone(), self.volume.clone());
        on_disk("write the option file", move || {
            volume.ensure_dirs()?;
            options::write(&task, &volume, server_id).map_err(ServerError::from)
        })
        .await
    }
}

/// Where programs are looked for.
#[expect(clippy::disallowed_methods, reason = "where the machine keeps its programs is no flag of ours")]
fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into())
}

/// What waits for the disk runs beside the runtime and under a bound: a hung disk holds up nothing else.
async fn on_disk<T: Send + 'static, E: Into<ServerError> + Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, ServerError> {
    match timeout(DISK, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => done.map_err(Into::into),
        Ok(Err(_)) | Err(_) => Err(ServerError::Hung { doing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_ids_of_epochs_and_of_directories_never_meet() {
        for epoch in [0, 1, 1_048_574, 1_048_575, u64::MAX] {
            let id = server_id_of_epoch(Epoch(epoch));
            assert!((1..FIRST_MEMBER_ID).contains(&id), "{epoch}: {id}");
        }
        assert_ne!(server_id_of_epoch(Epoch(1)), server_id_of_epoch(Epoch(2)));
    }

    #[test]
    fn an_error_is_told_with_what_lies_beneath() {
        let error = ServerError::from(VolumeError::Missing { path: "/volume".into() });
        assert_eq!(
            words(&error),
            "the member's directory cannot be used: /volume is not there: the volume is not mounted in this container"
        );
    }
}
