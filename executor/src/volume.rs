//! The member's directory: layout, lock, and the marker that says whose data it is.
//!
//! Nothing that is there is ever removed or written over, but for the oldest quarantines and what a copy has taken
//! the place of. A directory is begun (`begun.json`), filled, and
//! then marked by renaming that file: what was begun and never marked holds nobody's data, and is moved
//! aside. What has neither file is somebody else's, and is not touched.

#[path = "volume/copies.rs"]
mod copies;

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError, create_dir, read_dir, remove_dir_all},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use mysos_model::{
    ClusterName, DataId, Epoch,
    record::{Extra, Record, RecordError, encode},
};
use serde::{Deserialize, Serialize};

use crate::store::{ReadError, read_record, rename_durably, write_durably};

/// Everything of a member is below this directory of its sandbox or volume.
const HOME: &str = "mysqldata";
/// Says that the data directory is complete, and whose it is.
const MARKER: &str = "marker.json";
/// The same, for one that is being made.
const BEGUN: &str = "begun.json";
/// Where errant data lies, with the epoch in which it was found.
const QUARANTINE: &str = "quarantine-";
/// How many of them are kept: enough to look into the last failures, not enough to fill the disk.
const QUARANTINES: usize = 2;
/// How many directories may lie aside. Each is a failed attempt of some hundred megabytes; after this many
/// another would fail too, and fill the disk.
const ASIDES: u32 = 4;
/// For the executor's user alone.
const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Whose data a directory holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    cluster_uid: String,
    cluster: ClusterName,
    data: DataId,
    server_id: u32,
    #[serde(flatten)]
    extra: Extra,
}

impl Record for Marker {
    const NAME: &'static str = "data directory marker";
    const SCHEMA: u32 = 1;
}

/// What is in the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or something that was begun and never finished.
    Empty,
    /// Ours, complete.
    Ready {
        /// Its identity.
        data: DataId,
        /// The server id it was made with.
        server_id: u32,
    },
    /// Not ours, and why that is thought.
    Foreign(String),
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VolumeError {
    /// The sandbox or volume itself is not there.
    #[error("{path} is not there: the volume is not mounted in this container")]
    Missing {
        /// The place.
        path: PathBuf,
    },
    /// A directory of the sandbox stands where the volume should be mounted.
    #[error(
        "the volume is not mounted: {path} is a directory of the sandbox, and data in it would go with the task; does \
         this agent have the isolator filesystem/posix or filesystem/linux?"
    )]
    NotMounted {
        /// The place.
        path: PathBuf,
    },
    /// Another executor has it, or its mysqld has not ended yet.
    #[error("data directory busy: {path} is in use by {holder}")]
    Busy {
        /// The directory.
        path: PathBuf,
        /// Who holds it, as far as can be told.
        holder: String,
    },
    /// The disk refused.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There is data already.
    #[error("{path} is not empty; nothing is initialized over data: {why}")]
    Occupied {
        /// The data directory.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// Too many attempts have failed.
    #[error(
        "{ASIDES} interrupted initializations lie in {path} as aside-1 to aside-{ASIDES}; read their logs, \
         remove them, and start the task again"
    )]
    TooManyAside {
        /// The member's directory.
        path: PathBuf,
    },
    /// Nothing was begun, so nothing can be finished.
    #[error("no initialization was begun in {path}")]
    NotBegun {
        /// The member's directory.
        path: PathBuf,
    },
}

/// A member's directory, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Volume {
    dir: PathBuf,
    cluster_uid: String,
    cluster: ClusterName,
    _lock: File,
}

impl Volume {
    /// Takes the directory below `root` for this process alone.
    pub(crate) fn open(root: &Path, cluster_uid: &str, cluster: &ClusterName) -> Result<Self, VolumeError> {
        let root = root.canonicalize().map_err(|_| VolumeError::Missing { path: root.to_owned() })?;
        let dir = root.join(HOME);
        make_dir(&dir)?;
        let lock = take(&dir)?;
        // The executor of an earlier task may be gone and its mysqld still dying.
        let volume = Self { dir, cluster_uid: cluster_uid.into(), cluster: cluster.clone(), _lock: lock };
        for (lock, program) in [(volume.running_lock(), "mysqld"), (volume.copying_lock(), "copying program")]
        {
            if is_held(&lock) {
                let holder = format!("the {program} of an earlier task, which has not ended yet");
                return Err(VolumeError::Busy { path: volume.dir, holder });
            }
        }
        volume.tidy()?;
        Ok(volume)
    }

    /// The member's directory: what outlives a rebuild lies here.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// For the server's temporary files.
    pub(crate) fn tmp_dir(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    /// The server's log.
    pub(crate) fn error_log(&self) -> PathBuf {
        self.dir.join("log/error.log")
    }

    /// What the programs say that make a data directory.
    pub(crate) fn init_log(&self) -> PathBuf {
        self.dir.join("log/initialize.log")
    }

    /// The server's option file.
    pub(crate) fn option_file(&self) -> PathBuf {
        self.dir.join("my.cnf")
    }

    /// The first accounts, for the moment in which they are made.
    pub(crate) fn accounts_file(&self) -> PathBuf {
        self.dir.join("accounts.sql")
    }

    /// Locked by every program that works in the data directory.
    pub(crate) fn running_lock(&self) -> PathBuf {
        self.dir.join("running")
    }

    /// Looks, and changes nothing.
    pub(crate) fn inspect(&self) -> Result<Found, VolumeError> {
        let filled = has_entries(&self.data_dir())?;
        Ok(match (self.read(MARKER)?, self.read(BEGUN)?) {
            (Reading::Unclear(why) | Reading::Theirs(why), _) => Found::Foreign(why),
            (Reading::Ours(marker), _) if filled => {
                Found::Ready { data: marker.data, server_id: marker.server_id }
            }
            (Reading::Ours(marker), _) => Found::Foreign(format!(
                "{} says that {} is complete, but it is empty: the disk has lost it, or another one is mounted",
                self.dir.join(MARKER).display(),
                marker.data
            )),
            (Reading::None, Reading::Unclear(why) | Reading::Theirs(why)) if filled => Found::Foreign(why),
            (Reading::None, Reading::None) if filled => Found::Foreign(format!(
                "{} holds files, and no marker of ours; move them away to let a member be made here",
                self.data_dir().display()
            )),
            (Reading::None, _) => Found::Empty,
        })
    }

    /// Begins a data directory with this identity; leftovers of an earlier attempt are moved aside.
    pub(crate) fn begin(&self, data: &DataId, server_id: u32) -> Result<(), VolumeError> {
        match self.inspect()? {
            Found::Empty => {}
            Found::Ready { data, .. } => return Err(self.occupied(format!("it holds {data}"))),
            Found::Foreign(why) => return Err(self.occupied(why)),
        }
        self.move_aside()?;
        let marker = Marker {
            cluster_uid: self.cluster_uid.clone(),
            cluster: self.cluster.clone(),
            data: data.clone(),
            server_id,
            extra: Extra::new(),
        };
        let begun = self.dir.join(BEGUN);
        write_durably(&begun, &encode(&marker)).map_err(|source| disk("write", &begun, source))?;
        self.ensure_dirs()?;
        make_dir(&self.data_dir())
    }

    /// Marks what was begun as complete. Everything in it is on disk before it counts.
    pub(crate) fn finish(&self) -> Result<(), VolumeError> {
        let (begun, marker) = (self.dir.join(BEGUN), self.dir.join(MARKER));
        if !begun.exists() {
            return Err(VolumeError::NotBegun { path: self.dir.clone() });
        }
        let sync = || -> io::Result<()> { Ok(nix::unistd::syncfs(&File::open(&self.dir)?)?) };
        sync().map_err(|source| disk("sync", &self.dir, source))?;
        rename_durably(&begun, &marker).map_err(|source| disk("write", &marker, source))
    }

    /// Directories that a server needs beside its data.
    pub(crate) fn ensure_dirs(&self) -> Result<(), VolumeError> {
        make_dir(&self.tmp_dir())?;
        make_dir(&self.dir.join("log"))
    }

    /// Moves a complete data directory aside, unchanged, with the evidence of why. Its marker goes with it; the
    /// epoch that was obeyed stays. Only the newest few are kept.
    pub(crate) fn quarantine(&self, epoch: Epoch, evidence: &str) -> Result<(), VolumeError> {
        let aside = self.dir.join(format!("{QUARANTINE}{epoch}"));
        let failed = |source| disk("make", &aside, source);
        // A second one of the same epoch takes the place of the first: between them lies a whole rebuild.
        remove_dir(&aside).map_err(failed)?;
        create_dir(&aside).map_err(failed)?;
        let file = aside.join("errant-transactions.txt");
        write_durably(&file, evidence.as_bytes()).map_err(|source| disk("write", &file, source))?;
        // Unmarked first: whoever dies in between leaves an unfinished directory, not one that seems foreign.
        let (marker, begun) = (self.dir.join(MARKER), self.dir.join(BEGUN));
        let moves =
            [(marker, begun.clone()), (self.data_dir(), aside.join("data")), (begun, aside.join(MARKER))];
        for (from, to) in moves.iter().filter(|(from, _)| from.exists()) {
            rename_durably(from, to).map_err(|source| disk("move aside", from, source))?;
        }
        self.forget_old_quarantines()
    }

    fn forget_old_quarantines(&self) -> Result<(), VolumeError> {
        let failed = |source| disk("list", &self.dir, source);
        let mut found = Vec::new();
        for entry in read_dir(&self.dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let epoch = name.to_str().and_then(|name| name.strip_prefix(QUARANTINE)?.parse::<u64>().ok());
            found.extend(epoch);
        }
        found.sort_unstable();
        for old in found.iter().rev().skip(QUARANTINES) {
            let path = self.dir.join(format!("{QUARANTINE}{old}"));
            remove_dir(&path).map_err(|source| disk("remove", &path, source))?;
        }
        Ok(())
    }

    fn move_aside(&self) -> Result<(), VolumeError> {
        let data = self.data_dir();
        if !has_entries(&data)? {
            return Ok(());
        }
        let mut asides = (1..=ASIDES).map(|n| self.dir.join(format!("aside-{n}")));
        let free = asides.find(|aside| !aside.exists());
        let aside = free.ok_or_else(|| VolumeError::TooManyAside { path: self.dir.clone() })?;
        rename_durably(&data, &aside).map_err(|source| disk("move aside", &data, source))
    }

    fn occupied(&self, why: String) -> VolumeError {
        VolumeError::Occupied { path: self.data_dir(), why }
    }

    fn read(&self, name: &str) -> Result<Reading, VolumeError> {
        let path = self.dir.join(name);
        match read_record::<Marker>(&path) {
            Ok(None) => Ok(Reading::None),
            Ok(Some(marker)) => Ok(self.judge(&path, marker)),
            Err(ReadError::Record(error)) => Ok(Reading::Unclear(unclear(&path, &error))),
            Err(ReadError::Disk(source)) => Err(disk("read", &path, source)),
        }
    }

    fn judge(&self, path: &Path, marker: Marker) -> Reading {
        if marker.cluster != self.cluster {
            let theirs = format!("{} is of cluster {}, not {}", path.display(), marker.cluster, self.cluster);
            return Reading::Theirs(theirs);
        }
        if marker.cluster_uid != self.cluster_uid {
            return Reading::Theirs(format!(
                "{} is of another cluster that was named {} too ({}, not {})",
                path.display(),
                marker.cluster,
                marker.cluster_uid,
                self.cluster_uid
            ));
        }
        Reading::Ours(marker)
    }
}

/// What a marker file says.
enum Reading {
    None,
    Ours(Marker),
    Theirs(String),
    Unclear(String),
}

fn remove_dir(path: &Path) -> io::Result<()> {
    match remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn unclear(path: &Path, error: &RecordError) -> String {
    format!("{} cannot be understood: {error}", path.display())
}

fn disk(doing: &'static str, path: &Path, source: io::Error) -> VolumeError {
    VolumeError::Disk { doing, path: path.to_owned(), source }
}

fn make_dir(path: &Path) -> Result<(), VolumeError> {
    match DirBuilder::new().mode(PRIVATE_DIR).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made.map_err(|source| disk("make", path, source)),
    }
}

fn has_entries(dir: &Path) -> Result<bool, VolumeError> {
    match dir.read_dir() {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(disk("look into", dir, source)),
    }
}

/// Locks the member's directory for this process. The file says who has it, for people.
fn take(dir: &Path) -> Result<File, VolumeError> {
    let path = dir.join("lock");
    let open =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(PRIVATE_FILE).open(&path);
    let mut file = open.map_err(|source| disk("open", &path, source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Sixteen digits are more than any process number has.
            let _ = file.take(16).read_to_string(&mut pid);
            return Err(VolumeError::Busy {
                path: dir.to_owned(),
                holder: format!("process {}", pid.trim()),
            });
        }
        Err(TryLockError::Error(source)) => return Err(disk("lock", &path, source)),
    }
    let note = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    note.map_err(|source| disk("write", &path, source))?;
    Ok(file)
}

/// Whether some process holds this lock.
pub(crate) fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
#[path = "volume/tests.rs"]
mod tests;
