//! Building a copy beside the data directory: asked of a donor, received, prepared, and marked as complete.

use std::{path::Path, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use mysos_ha::{Event, action::Donor};
use mysos_model::{DataId, Epoch, Flavor};
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncWriteExt, net::unix::pipe, time::timeout};

use super::{
    CopyError,
    frames::{Frame, Frames, Head, Tail},
    position::{self, POSITION_FILE, STATE_FILE},
    space,
    tools::{Job, Tools, remove_file},
};
use crate::{clock, membership::Membership, metrics::Metrics, mysqld::process::Exited, records::Inbox};

/// How long the donor may take to answer at all.
const ANSWER: Duration = Duration::from_secs(10);
/// How long the conversation may be silent: a donor that is at it says so every two seconds.
const SILENCE: Duration = Duration::from_secs(20);
/// How long the unpacking may take to end once everything was given to it.
const UNPACK: Duration = Duration::from_secs(300);
/// How long it may take to apply what the donor wrote while it was copied: a redo log at its largest.
const PREPARE: Duration = Duration::from_secs(3600);
/// Memory for that, beside a server that is idle.
const PREPARE_MEMORY: &str = "--use-memory=64M";
/// The least that is worth telling.
const TELL_BYTES: u64 = 1 << 20;
/// Name of the pipe to the unpacking program.
const PIPE: &str = "copy-in.pipe";
/// What the programs leave behind for people; the copy's place in the history is taken over before.
const NOTES: [&str; 5] = [
    POSITION_FILE,
    "xtrabackup_binlog_pos_innodb",
    "xtrabackup_checkpoints",
    "xtrabackup_info",
    "backup-my.cnf",
];

/// What a member asks a donor for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// Which installation of Mysos.
    pub(crate) cluster_uid: String,
    /// Which cluster.
    pub(crate) cluster: String,
    /// Who asks.
    pub(crate) task: String,
    /// In which epoch.
    pub(crate) epoch: u64,
}

/// Builds copies.
pub(crate) struct Receiver {
    pub(crate) tools: Tools,
    pub(crate) member: Arc<Membership>,
    pub(crate) inbox: Inbox,
    pub(crate) metrics: Metrics,
}

impl Receiver {
    /// Builds one, and answers its identity and size. What a failed one has left is removed at once: its room may
    /// be what the server needs.
    pub(crate) async fn build(&self, donor: &Donor, epoch: Epoch) -> Result<(DataId, u64), CopyError> {
        let (data, server_id) = (clock::data_id(), clock::server_id());
        let (named, volume) = (data.clone(), self.tools.volume.clone());
        on_disk(move || Ok(volume.begin_copy(&named, server_id)?)).await?;
        let built = self.fill(donor, epoch).await;
        let volume = self.tools.volume.clone();
        match built {
            Ok(()) => {
                on_disk(move || {
                    volume.finish_copy()?;
                    Ok((data, space::all_bytes(&volume.copy_data())))
                })
                .await
            }
            Err(error) => {
                let removed = on_disk(move || Ok(volume.remove_leftovers()?)).await;
                if let Err(error) = removed {
                    tracing::warn!(%error, "what a failed copy left is removed at the next one");
                }
                Err(error)
            }
        }
    }

    async fn fill(&self, donor: &Donor, epoch: Epoch) -> Result<(), CopyError> {
        let mut talk = self.ask(donor, epoch).await?;
        let head = talk.head().await?;
        let volume = self.tools.volume.clone();
        on_disk(move || space::check(volume.dir(), head.bytes)).await?;
        self.metrics.receiving(0, head.bytes);
        let filled = match self.tools.flavor {
            Flavor::MariaDb => self.unpack(talk, head).await,
            Flavor::MySql => self.clone_from(donor, talk, head).await,
        };
        self.metrics.receiving(0, 0);
        filled
    }

    async fn ask(&self, donor: &Donor, epoch: Epoch) -> Result<Talk, CopyError> {
        let refused = |why: String| CopyError::Refused { donor: donor.ordinal.0, why };
        let client = reqwest::Client::builder().no_proxy().connect_timeout(ANSWER).build();
        let client = client.map_err(|error| refused(error.to_string()))?;
        let task = &self.member.task;
        let wish = Wish {
            cluster_uid: task.cluster_uid.clone(),
            cluster: task.cluster.to_string(),
            task: task.task.to_string(),
            epoch: epoch.0,
        };
        let request = client
            .post(format!("http://{}/copy", donor.control))
            .bearer_auth(self.member.credentials.control_token.expose())
            .json(&wish);
        let answer = match timeout(ANSWER, request.send()).await {
            Ok(answer) => answer.map_err(|error| refused(crate::server::words(&error.without_url())))?,
            Err(_) => return Err(refused(format!("no answer within {ANSWER:?}"))),
        };
        if !answer.status().is_success() {
            let status = answer.status();
            let text = timeout(ANSWER, answer.text()).await.ok().and_then(Result::ok).unwrap_or_default();
            return Err(refused(format!("{status}: {}", text.trim().chars().take(300).collect::<String>())));
        }
        Ok(Talk { answer, frames: Frames::default(), bytes: 0 })
    }

    /// MariaDB: unpacks the stream, applies what was written meanwhile, and takes over the place in the history.
    async fn unpack(&self, mut talk: Talk, head: Head) -> Result<(), CopyError> {
        let tools = &self.tools;
        let (unpacker, preparer) = (tools.find("mbstream")?, tools.find("mariadb-backup")?);
        let log_from = tools.begin_log();
        let data = tools.volume.copy_data();
        std::fs::create_dir(&data).map_err(CopyError::disk("make", &data))?;
        let path = tools.pipe(PIPE)?;
        let open = pipe::OpenOptions::new().read_write(true).open_sender(&path);
        let input = open.map_err(CopyError::disk("write", &path))?;
        let args = vec!["-x".into(), "-C".into(), data.clone().into()];
        let life =
            tools.start(Job { program: unpacker.clone(), args, input: Some(path.clone()), stream: None });
        let mut life = std::pin::pin!(life.await?);
        let fed = tokio::select! {
            fed = self.feed(&mut talk, input, head) => fed,
            exited = &mut life => Err(self.early(&unpacker, exited, log_from)),
        };
        let tail = fed?;
        let exited = timeout(UNPACK, life).await;
        let exited = exited.map_err(|_| CopyError::TooLong { program: unpacker.clone(), limit: UNPACK })?;
        tools.judge(&unpacker, exited, log_from)?;
        let _ = remove_file(&path);
        self.prepare(&preparer, &data, log_from).await?;
        on_disk(move || take_over(&data, &tail)).await
    }

    /// A program that ended before it was told to.
    fn early(&self, program: &Path, exited: Exited, log_from: u64) -> CopyError {
        let judged = self.tools.judge(program, exited, log_from);
        let unasked = CopyError::Ended(format!("{} ended before the stream did", program.display()));
        judged.err().unwrap_or(unasked)
    }

    /// Passes the stream on until it is whole. Dropping the input is what tells the program that it is.
    async fn feed(&self, talk: &mut Talk, mut input: pipe::Sender, head: Head) -> Result<Tail, CopyError> {
        let (mut bytes, mut told) = (0u64, 0u64);
        loop {
            match talk.next().await? {
                Frame::Data(data) => {
                    let written = input.write_all(&data).await;
                    written.map_err(CopyError::disk("write", &self.tools.volume.copy_file(PIPE)))?;
                    bytes += data.len() as u64;
                }
                Frame::Alive => {}
                Frame::Tail(tail) => return Ok(tail),
                Frame::Failed(why) => return Err(CopyError::Ended(why)),
                Frame::Head(_) => return Err(talk.broken("a second beginning")),
            }
            if bytes >= told + TELL_BYTES {
                told = bytes;
                self.tell(bytes, head.bytes).await;
            }
        }
    }

    /// Tells how far it is.
    pub(super) async fn tell(&self, bytes: u64, expected: u64) {
        self.metrics.receiving(bytes, expected);
        // Nobody listens only when the executor is about to end.
        let _ = self.inbox.send(Event::Copying { bytes, expected }).await;
    }

    async fn prepare(&self, program: &Path, data: &Path, log_from: u64) -> Result<(), CopyError> {
        let mut target = std::ffi::OsString::from("--target-dir=");
        target.push(data);
        let args = vec!["--no-defaults".into(), "--prepare".into(), PREPARE_MEMORY.into(), target];
        let job = Job { program: program.to_owned(), args, input: None, stream: None };
        let life: BoxFuture<'static, Exited> = self.tools.start(job).await?;
        let late = CopyError::TooLong { program: program.to_owned(), limit: PREPARE };
        let exited = timeout(PREPARE, life).await.map_err(|_| late)?;
        self.tools.judge(program, exited, log_from)
    }
}

/// Writes the state of the binary log that the copied server begins with.
fn take_over(data: &Path, tail: &Tail) -> Result<(), CopyError> {
    let info = data.join(POSITION_FILE);
    let text = std::fs::read_to_string(&info).map_err(CopyError::disk("read", &info))?;
    let state = data.join(STATE_FILE);
    let lines = position::state_at(&text, &tail.state)?;
    crate::store::write_durably(&state, lines.as_bytes()).map_err(CopyError::disk("write", &state))?;
    for note in NOTES {
        let note = data.join(note);
        remove_file(&note).map_err(CopyError::disk("remove", &note))?;
    }
    Ok(())
}

/// The conversation with a donor.
pub(super) struct Talk {
    answer: reqwest::Response,
    frames: Frames,
    bytes: u64,
}

impl Talk {
    /// The next frame; a donor that says nothing any more is gone.
    pub(super) async fn next(&mut self) -> Result<Frame, CopyError> {
        loop {
            if let Some(frame) = self.frames.next().map_err(|error| self.broken(&error.to_string()))? {
                return Ok(frame);
            }
            match timeout(SILENCE, self.answer.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    self.bytes += chunk.len() as u64;
                    self.frames.push(&chunk);
                }
                Ok(Ok(None)) => return Err(self.broken("it ended before it was whole")),
                Ok(Err(error)) => return Err(self.broken(&crate::server::words(&error.without_url()))),
                Err(_) => return Err(CopyError::Stalled(SILENCE)),
            }
        }
    }

    async fn head(&mut self) -> Result<Head, CopyError> {
        match self.next().await? {
            Frame::Head(head) => Ok(head),
            Frame::Failed(why) => Err(CopyError::Ended(why)),
            Frame::Data(_) | Frame::Alive | Frame::Tail(_) => {
                Err(self.broken("it does not say how large it is"))
            }
        }
    }

    pub(super) fn broken(&self, why: &str) -> CopyError {
        CopyError::Broken { bytes: self.bytes, why: why.to_owned() }
    }
}

/// What waits for the disk runs beside the runtime.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CopyError> + Send + 'static,
) -> Result<T, CopyError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(CopyError::Ended("the executor ends".to_owned())))
}
