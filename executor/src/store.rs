//! Small values that must outlive the process: written, synced, renamed, and the directory synced; each
//! write under a deadline. What they mean is `ha`'s matter.
//!
//! One thread writes, in order: a write that was given up because the disk hung can land late, but never
//! after a newer one.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::Duration,
};

use mysos_ha::view::Saved;
use mysos_model::{
    DataId, Epoch,
    record::{Extra, Record, RecordError, decode, encode},
};
use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, time::timeout};

use crate::volume::Volume;

/// What a member has obeyed, beside its data directory: it outlives a rebuild.
pub(crate) const OBEYED: &str = "obeyed.json";
/// How long a save may take. A disk that syncs nothing for this long is stalled: the member says so instead
/// of telling others what is not on disk.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// Saves that wait for their turn; the driver waits for each, so more than one is a hung disk.
const BACKLOG: usize = 8;
/// Readable by the executor's user alone.
const PRIVATE: u32 = 0o600;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Obeyed {
    epoch: Epoch,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<DataId>,
    #[serde(flatten)]
    extra: Extra,
}

impl Record for Obeyed {
    const NAME: &'static str = "obeyed epoch";
    const SCHEMA: u32 = 1;
}

/// Why a value is not on disk, or cannot be had from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The disk refused.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is there and cannot be understood. Guessing an epoch could lose writes.
    #[error(
        "{path} cannot be understood; restore it from a copy, upgrade the executor if a later version wrote \
         it, or give this member an empty volume and let it be built anew"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// The disk has not answered. The value may still get there.
    #[error("{path} was not written within {limit:?}; the disk hangs or is overloaded")]
    Deadline {
        /// The file.
        path: PathBuf,
        /// The bound.
        limit: Duration,
    },
    /// An epoch once obeyed is never given up.
    #[error("{path} holds epoch {held}; epoch {asked} is older and is not saved")]
    Older {
        /// The file.
        path: PathBuf,
        /// What it holds.
        held: Epoch,
        /// What was asked.
        asked: Epoch,
    },
}

/// The saved values of one member.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    deadline: Duration,
    jobs: SyncSender<Job>,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Load(Answer<Saved>),
    Save(Saved, Answer<()>),
}

impl Store {
    /// The store in a member's directory.
    pub(crate) fn open(volume: &Volume) -> Self {
        Self::at(volume.dir(), DEADLINE)
    }

    fn at(dir: &Path, deadline: Duration) -> Self {
        let path = dir.join(OBEYED);
        let (jobs, todo) = sync_channel(BACKLOG);
        let file = StoredFile { path: path.clone(), held: None };
        std::thread::spawn(move || file.serve(&todo));
        Self { path, deadline, jobs }
    }

    /// What is on disk; nothing yet is [`Saved::default`].
    pub(crate) async fn load(&self) -> Result<Saved, StoreError> {
        self.ask(Job::Load).await
    }

    /// Returns when the value is on disk, or says why it may not be.
    pub(crate) async fn save(&self, saved: &Saved) -> Result<(), StoreError> {
        self.ask(|done| Job::Save(saved.clone(), done)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (done, written) = oneshot::channel();
        let late = || StoreError::Deadline { path: self.path.clone(), limit: self.deadline };
        self.jobs.try_send(job(done)).map_err(|_| late())?;
        match timeout(self.deadline, written).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(late()),
        }
    }
}

/// The file, as its one thread has it.
struct StoredFile {
    path: PathBuf,
    /// The newest value that may have reached the disk, once it was read.
    held: Option<Obeyed>,
}

impl StoredFile {
    fn serve(mut self, todo: &Receiver<Job>) {
        for job in todo {
            // Whoever gave up waiting has had its answer.
            match job {
                Job::Load(done) => drop(done.send(self.load())),
                Job::Save(saved, done) => drop(done.send(self.save(saved))),
            }
        }
    }

    fn load(&mut self) -> Result<Saved, StoreError> {
        let held = load(&self.path)?;
        let saved = Saved { obeyed: held.epoch, data: held.data.clone() };
        self.held = Some(held);
        Ok(saved)
    }

    fn save(&mut self, saved: Saved) -> Result<(), StoreError> {
        let held = match &self.held {
            Some(held) => held.clone(),
            None => load(&self.path)?,
        };
        if saved.obeyed < held.epoch {
            let (held, asked) = (held.epoch, saved.obeyed);
            return Err(StoreError::Older { path: self.path.clone(), held, asked });
        }
        let next = Obeyed { epoch: saved.obeyed, data: saved.data, extra: held.extra };
        let text = encode(&next);
        self.held = Some(next);
        write_durably(&self.path, &text).map_err(|source| disk("write", &self.path, source))
    }
}

fn disk(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Disk { doing, path: path.to_owned(), source }
}

fn load(path: &Path) -> Result<Obeyed, StoreError> {
    match read_record(path) {
        Ok(None) => Ok(Obeyed::default()),
        Ok(Some(held)) => {
            // Whoever wrote it may have ended before its sync; what is told from here on must stay.
            sync(path).map_err(|source| disk("sync", path, source))?;
            Ok(held)
        }
        Err(ReadError::Disk(source)) => Err(disk("read", path, source)),
        Err(ReadError::Record(source)) => Err(StoreError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Why a file gives no record.
pub(crate) enum ReadError {
    /// It cannot be read.
    Disk(io::Error),
    /// It cannot be understood.
    Record(RecordError),
}

/// The record in a file, if there is a file.
pub(crate) fn read_record<R: Record>(path: &Path) -> Result<Option<R>, ReadError> {
    match std::fs::read(path) {
        Ok(bytes) => decode(&bytes).map(Some).map_err(ReadError::Record),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError::Disk(error)),
    }
}

/// Replaces a file by these bytes: whatever happens, the old or the new is there, whole. Private to the user.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(PRIVATE).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename_durably(&new, path)
}

/// Renames, and syncs the directory of the new name.
pub(crate) fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_parent(to)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "files of a test need not be durable")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DATA: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    fn saved(epoch: u64) -> Saved {
        Saved { obeyed: Epoch(epoch), data: Some(DATA.parse().unwrap()) }
    }

    fn at(dir: &tempfile::TempDir) -> Store {
        Store::at(dir.path(), DEADLINE)
    }

    #[tokio::test]
    async fn what_was_saved_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let store = at(&dir);
        assert_eq!(store.load().await.unwrap(), Saved::default());
        store.save(&saved(7)).await.unwrap();
        store.save(&saved(8)).await.unwrap();
        assert_eq!(at(&dir).load().await.unwrap(), saved(8));
        let file = dir.path().join(OBEYED).metadata().unwrap();
        assert_eq!(file.permissions().mode() & 0o777, PRIVATE);
    }

    #[tokio::test]
    async fn an_obeyed_epoch_never_falls() {
        let dir = tempfile::tempdir().unwrap();
        at(&dir).save(&saved(8)).await.unwrap();
        let error = at(&dir).save(&saved(7)).await.unwrap_err();
        assert!(matches!(error, StoreError::Older { held: Epoch(8), asked: Epoch(7), .. }), "{error}");
        assert_eq!(at(&dir).load().await.unwrap(), saved(8));
    }

    #[tokio::test]
    async fn keys_of_a_later_version_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(OBEYED), r#"{"schema":1,"epoch":3,"later":true}"#).unwrap();
        let store = at(&dir);
        assert_eq!(store.load().await.unwrap(), Saved { obeyed: Epoch(3), data: None });
        store.save(&saved(4)).await.unwrap();
        let text = std::fs::read_to_string(dir.path().join(OBEYED)).unwrap();
        assert!(text.contains(r#""later":true"#) && text.contains(r#""schema":1"#), "{text}");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_understood_is_named_and_left_alone() {
        for text in ["", "{}", "not json", r#"{"schema":99,"epoch":1}"#] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(OBEYED);
            std::fs::write(&path, text).unwrap();
            let error = at(&dir).load().await.unwrap_err();
            assert!(matches!(error, StoreError::Unreadable { .. }), "{text}: {error}");
            let shown = error.to_string();
            assert!(shown.contains(path.to_str().unwrap()) && shown.contains("restore it"), "{shown}");
            assert!(at(&dir).save(&saved(9)).await.is_err(), "nor is it written over");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn a_disk_that_refuses_is_told_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = at(&dir);
        std::fs::create_dir(dir.path().join(format!("{OBEYED}.new"))).unwrap();
        let error = store.save(&saved(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Disk { .. }), "{error}");
        assert!(error.to_string().contains(OBEYED));
    }

    #[tokio::test]
    async fn a_disk_that_hangs_is_told_at_the_deadline() {
        let dir = tempfile::tempdir().unwrap();
        // Opening a pipe to write waits for a reader that never comes.
        nix::unistd::mkfifo(&dir.path().join(format!("{OBEYED}.new")), nix::sys::stat::Mode::S_IRWXU)
            .unwrap();
        let store = Store::at(dir.path(), Duration::from_millis(100));
        let error = store.save(&saved(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Deadline { .. }), "{error}");
    }
}
