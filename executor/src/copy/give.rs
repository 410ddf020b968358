//! Giving a copy: one at a time, to a member of the same cluster in the present epoch, for as long as this member
//! is not needed for anything higher.
//!
//! A copy holds locks in the server: for moments, but an applier that waits for one holds up a drain, and a drain an
//! election. So it is ended, with its locks, as soon as the member may not give one any more.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use mysos_ha::View;
use mysos_model::{Epoch, Flavor, TaskId};
use mysos_mysql_admin::{Conn, session, status};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    CopyError,
    frames::{FRAME_BYTES, Frame, Head, Tail},
    space,
    tools::{Job, Tools, remove_file},
};
use crate::{membership::Membership, metrics::Metrics, mysqld::process::Exited};

/// Between two words that say that the donor is at it.
pub(crate) const ALIVE: Duration = Duration::from_secs(2);
/// How long a copy may bring nothing, or its reader take nothing, before it is ended: the longest statement of a client
/// that a lock of the copy is kept waiting for, and a disk that is busy.
const STALL: Duration = Duration::from_secs(60);
/// How long one question to the own server may take.
const ASK: Duration = Duration::from_secs(5);
/// Frames that wait for the network.
const QUEUE: usize = 4;
/// Name of the pipe, and of the login that is there while a copy is made.
const PIPE: &str = "copy-out.pipe";
const LOGIN: &str = "copy-login.cnf";

/// Whether this member may give a copy, and to whom: taken from each view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Consent {
    /// In which epoch.
    pub(crate) epoch: Epoch,
    /// Why not now.
    pub(crate) why_not: Option<&'static str>,
    /// The other members that have a record.
    pub(crate) members: Vec<TaskId>,
}

impl Consent {
    /// As of this view.
    pub(crate) fn of(view: &View) -> Self {
        Self {
            epoch: view.own.saved.obeyed,
            why_not: mysos_ha::copy::why_no_donor(view),
            members: view.others().map(|member| member.task.clone()).collect(),
        }
    }
}

/// A copy that was granted.
pub(crate) struct Grant {
    epoch: Epoch,
    frames: mpsc::Sender<Bytes>,
    _turn: OwnedSemaphorePermit,
}

/// Asks for grants; held by the control port.
#[derive(Clone)]
pub(crate) struct Desk {
    turn: Arc<Semaphore>,
    grants: mpsc::Sender<Grant>,
}

impl Desk {
    /// The stream of a copy, unless one is being given already.
    pub(crate) fn grant(&self, epoch: Epoch) -> Option<mpsc::Receiver<Bytes>> {
        let turn = self.turn.clone().try_acquire_owned().ok()?;
        let (frames, stream) = mpsc::channel(QUEUE);
        self.grants.try_send(Grant { epoch, frames, _turn: turn }).ok()?;
        Some(stream)
    }
}

/// Gives the copies that were granted.
pub(crate) struct Giver {
    tools: Tools,
    member: Arc<Membership>,
    consent: watch::Receiver<Consent>,
    metrics: Metrics,
    grants: mpsc::Receiver<Grant>,
}

impl Giver {
    /// A giver and the desk where copies are asked for.
    pub(crate) fn new(
        tools: Tools,
        member: Arc<Membership>,
        consent: watch::Receiver<Consent>,
        metrics: Metrics,
    ) -> (Self, Desk) {
        let (sender, grants) = mpsc::channel(1);
        let desk = Desk { turn: Arc::new(Semaphore::new(1)), grants: sender };
        (Self { tools, member, consent, metrics, grants }, desk)
    }

    /// Until nobody can ask any more.
    pub(crate) async fn run(mut self) {
        while let Some(grant) = self.grants.recv().await {
            self.metrics.giving(1);
            let last = self.give(&grant).await;
            self.metrics.giving(0);
            // A reader that is gone has had enough.
            let _ = timeout(ALIVE, grant.frames.send(last.encode())).await;
        }
    }

    /// Gives one, and answers what is to be said last.
    async fn give(&mut self, grant: &Grant) -> Frame {
        tracing::info!(epoch = grant.epoch.0, "giving a copy");
        let mut consent = self.consent.clone();
        let given = tokio::select! {
            biased;
            why = withdrawn(&mut consent, grant.epoch) => Err(CopyError::Ended(why)),
            () = grant.frames.closed() => Err(CopyError::Ended("nobody takes it any more".to_owned())),
            given = self.stream(grant) => given,
        };
        match given {
            Ok(tail) => {
                tracing::info!("the copy was given");
                Frame::Tail(tail)
            }
            Err(error) => {
                self.release().await;
                let why = crate::server::words(&error);
                tracing::warn!(why, "the copy was not given");
                Frame::Failed(why)
            }
        }
    }

    async fn stream(&self, grant: &Grant) -> Result<Tail, CopyError> {
        let (volume, at) = (self.tools.volume.clone(), "measure the data");
        let measured = tokio::task::spawn_blocking(move || space::data_bytes(&volume.data_dir())).await;
        let bytes = measured.map_err(|_| CopyError::Ended(format!("cannot {at}")))?;
        send(grant, Frame::Head(Head { bytes })).await?;
        match self.tools.flavor {
            Flavor::MariaDb => self.back_up(grant).await,
            Flavor::MySql => self.consent_only(grant).await,
        }
    }

    /// The servers copy between themselves; this conversation says for how long they may.
    async fn consent_only(&self, grant: &Grant) -> Result<Tail, CopyError> {
        loop {
            sleep(ALIVE).await;
            send(grant, Frame::Alive).await?;
        }
    }

    /// `mariadb-backup` reads the data while the server goes on; its output is the copy.
    async fn back_up(&self, grant: &Grant) -> Result<Tail, CopyError> {
        let program = self.tools.find("mariadb-backup")?;
        let log_from = self.tools.begin_log();
        let _login = LoginFile::write(&self.tools, &self.member)?;
        let path = self.tools.pipe(PIPE)?;
        let open = pipe::OpenOptions::new().read_write(true).open_receiver(&path);
        let mut output = open.map_err(CopyError::disk("read", &path))?;
        let job =
            Job { program: program.clone(), args: self.args(), input: None, stream: Some(path.clone()) };
        let life = self.tools.start(job).await?;
        let mut life = std::pin::pin!(life);
        let exited = self.pump(grant, &mut output, life.as_mut()).await?;
        self.tools.judge(&program, exited, log_from)?;
        let _ = remove_file(&path);
        Ok(Tail { state: self.state().await? })
    }

    fn args(&self) -> Vec<std::ffi::OsString> {
        let volume = &self.tools.volume;
        let option = |name: &str, path: &std::path::Path| {
            let mut option = std::ffi::OsString::from(name);
            option.push(path);
            option
        };
        vec![
            option("--defaults-file=", &volume.copy_file(LOGIN)),
            "--backup".into(),
            "--stream=xbstream".into(),
            option("--datadir=", &volume.data_dir()),
            option("--target-dir=", &volume.tmp_dir()),
            option("--tmpdir=", &volume.tmp_dir()),
        ]
    }

    /// Passes on what the program makes, until it ends.
    async fn pump(
        &self,
        grant: &Grant,
        output: &mut pipe::Receiver,
        mut life: std::pin::Pin<&mut futures::future::BoxFuture<'static, Exited>>,
    ) -> Result<Exited, CopyError> {
        let mut buffer = vec![0; FRAME_BYTES];
        let mut alive = interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut quiet = Duration::ZERO;
        loop {
            tokio::select! {
                read = output.read(&mut buffer) => {
                    let read = read.map_err(CopyError::disk("read", &self.tools.volume.copy_file(PIPE)))?;
                    quiet = Duration::ZERO;
                    self.pass_on(grant, buffer.get(..read).unwrap_or_default()).await?;
                }
                exited = &mut life => {
                    while let Ok(read @ 1..) = output.try_read(&mut buffer) {
                        self.pass_on(grant, buffer.get(..read).unwrap_or_default()).await?;
                    }
                    return Ok(exited);
                }
                _ = alive.tick() => {
                    quiet += ALIVE;
                    if quiet > STALL {
                        return Err(CopyError::Stalled(STALL));
                    }
                    send(grant, Frame::Alive).await?;
                }
            }
        }
    }

    async fn pass_on(&self, grant: &Grant, bytes: &[u8]) -> Result<(), CopyError> {
        send(grant, Frame::Data(Bytes::copy_from_slice(bytes))).await?;
        self.metrics.gave(bytes.len() as u64);
        if self.tools.rate > 0 {
            let seconds = bytes.len() as f64 / (f64::from(self.tools.rate) * 1_048_576.0);
            sleep(Duration::from_secs_f64(seconds)).await;
        }
        Ok(())
    }

    /// What the own binary log holds now: more than the copy, never less.
    async fn state(&self) -> Result<String, CopyError> {
        let own = self.member.identity().mysql;
        let mut conn = Conn::open(&self.member.login(&own), ASK).await?;
        Ok(status::facts(&mut conn, ASK).await?.logged.to_string())
    }

    /// Ends what a copy that was given up may still hold or wait for in the server.
    async fn release(&self) {
        let own = self.member.identity().mysql;
        let released = async {
            let mut conn = Conn::open(&self.member.login(&own), ASK).await?;
            session::end_copies(&mut conn, ASK).await
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "a copy that was given up may hold locks until its connection is noticed");
        }
    }
}

/// Waits until this member may not give the copy any more, and says why.
async fn withdrawn(consent: &mut watch::Receiver<Consent>, epoch: Epoch) -> String {
    let ended = consent.wait_for(|now| now.epoch != epoch || now.why_not.is_some()).await;
    match ended {
        Ok(now) if now.epoch != epoch => format!("epoch {epoch} is over"),
        Ok(now) => now.why_not.unwrap_or_default().to_owned(),
        Err(_) => "the member ends".to_owned(),
    }
}

async fn send(grant: &Grant, frame: Frame) -> Result<(), CopyError> {
    match timeout(STALL, grant.frames.send(frame.encode())).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(CopyError::Ended("nobody takes it any more".to_owned())),
        Err(_) => Err(CopyError::Stalled(STALL)),
    }
}

/// The login of the backup program: in a file for the executor's user alone, while it is needed.
struct LoginFile(std::path::PathBuf);

impl LoginFile {
    fn write(tools: &Tools, member: &Membership) -> Result<Self, CopyError> {
        let path = tools.volume.copy_file(LOGIN);
        let login = member.login(&member.identity().mysql);
        let text = format!(
            "[mariadb-backup]\nhost=\"{}\"\nport={}\nuser=\"{}\"\npassword=\"{}\"\n",
            login.host,
            login.port,
            login.user,
            login.password.expose().replace('\\', "\\\\")
        );
        crate::store::write_durably(&path, text.as_bytes()).map_err(CopyError::disk("write", &path))?;
        Ok(Self(path))
    }
}

impl Drop for LoginFile {
    fn drop(&mut self) {
        let _ = remove_file(&self.0);
    }
}
