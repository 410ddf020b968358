//! The saved fleet in a file: for one scheduler on one machine. The records of the clusters' members are in
//! ZooKeeper all the same.
//!
//! One file, replaced whole: written beside it, synced, renamed, the directory synced. A lock keeps a second
//! scheduler out.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use mysos_model::record::{encode, path};
use mysos_zk::SealKey;
use nix::fcntl::{Flock, FlockArg};
use serde_json::{Map, Value};

use super::{LoadError, SaveError, Saved, Write, sealing};

const STATE_FILE: &str = "state.json";
const NEW_FILE: &str = "state.json.new";
const LOCK_FILE: &str = "lock";
/// The layout of the file itself; its records have their own numbers.
const SCHEMA: u64 = 1;

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    /// The system refuses.
    #[error("--work_dir: {what} {}", path.display())]
    System {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another scheduler uses it.
    #[error("--work_dir: another scheduler uses {}; give this one a directory of its own", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The file is not ours.
    #[error("--work_dir: {} is not a state file that this version of Mysos can read; nothing was touched", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
}

/// Whether this scheduler still leads.
pub(crate) type MaySave = Box<dyn Fn() -> bool + Send>;

/// The saved fleet in a file.
pub(crate) struct LocalStore {
    dir: PathBuf,
    key: SealKey,
    may_save: MaySave,
    records: BTreeMap<String, Value>,
    _lock: Flock<File>,
}

impl LocalStore {
    /// Opens the directory, makes it if it is missing, and locks it.
    pub(crate) fn open(dir: &Path, key: SealKey, may_save: MaySave) -> Result<Self, LocalError> {
        let failed = |what, path: &Path| {
            let path = path.to_owned();
            move |source| LocalError::System { what, path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("cannot make", dir))?;
        let lock_path = dir.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(failed("cannot open", &lock_path))?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
            .map_err(|_| LocalError::Locked { path: dir.to_owned() })?;
        Ok(Self { dir: dir.to_owned(), key, may_save, records: BTreeMap::new(), _lock: lock })
    }

    /// Whether there is a saved fleet in this directory.
    pub(crate) fn is_in(dir: &Path) -> bool {
        dir.join(STATE_FILE).exists()
    }

    pub(super) fn load(&mut self) -> Result<Saved, LoadError> {
        let file = self.dir.join(STATE_FILE);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Saved::default()),
            Err(source) => return Err(LocalError::System { what: "cannot read", path: file, source }.into()),
        };
        self.records = records_of(&bytes).ok_or(LocalError::Unreadable { path: file })?;
        let mut saved = Saved::default();
        for (place, value) in &self.records {
            let bytes = value.to_string().into_bytes();
            if place == path::STATE_FRAMEWORK {
                saved.framework = Some(sealing::framework(place, &bytes)?);
            } else {
                saved.clusters.push(sealing::open_cluster(&self.key, place, &bytes)?);
            }
        }
        Ok(saved)
    }

    pub(super) async fn save(&mut self, writes: &[Write]) -> Result<(), SaveError> {
        if !(self.may_save)() {
            return Err(SaveError::Lost("another scheduler may lead now".to_owned()));
        }
        let mut records = self.records.clone();
        for write in writes {
            match write {
                Write::Framework(framework) => {
                    records.insert(path::STATE_FRAMEWORK.to_owned(), value_of(&encode(framework))?);
                }
                Write::Cluster(cluster) => {
                    let bytes = sealing::seal_cluster(&self.key, cluster).map_err(SaveError::Broken)?;
                    records.insert(path::state_cluster(&cluster.0.name), value_of(&bytes)?);
                }
                Write::Remove(name) => {
                    records.remove(&path::state_cluster(name));
                }
            }
        }
        let (dir, bytes) = (self.dir.clone(), file_of(&records));
        let written = tokio::task::spawn_blocking(move || replace(&dir, &bytes)).await;
        match written {
            Ok(Ok(())) => {
                self.records = records;
                Ok(())
            }
            Ok(Err(error)) => Err(SaveError::Broken(format!("{}: {error}", self.dir.display()))),
            Err(error) => Err(SaveError::Broken(error.to_string())),
        }
    }
}

fn value_of(bytes: &[u8]) -> Result<Value, SaveError> {
    serde_json::from_slice(bytes).map_err(|error| SaveError::Broken(error.to_string()))
}

fn records_of(bytes: &[u8]) -> Option<BTreeMap<String, Value>> {
    let mut file: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let schema = file.get("schema").and_then(Value::as_u64)?;
    let Some(Value::Object(records)) = file.remove("records") else { return None };
    (schema <= SCHEMA).then(|| records.into_iter().collect())
}

fn file_of(records: &BTreeMap<String, Value>) -> Vec<u8> {
    let file = serde_json::json!({ "schema": SCHEMA, "records": records });
    file.to_string().into_bytes()
}

/// Replaces the file so that a crash at any instant leaves the old one or the new one.
fn replace(dir: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = dir.join(NEW_FILE);
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, dir.join(STATE_FILE))?;
    File::open(dir)?.sync_all()
}

impl std::fmt::Debug for LocalStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test writes files that nobody needs after it")]
mod tests {
    use mysos_model::{record::Extra, wire::state::SavedFramework};

    use super::{
        super::sealing::tests::{SECRET, cluster, key, same},
        *,
    };

    fn framework() -> SavedFramework {
        SavedFramework {
            cluster_uid: "u".to_owned(),
            framework_id: Some("f".to_owned()),
            user: "mysql".to_owned(),
            principal: Some("mysos".to_owned()),
            role: "mysos".to_owned(),
            abandoned: BTreeMap::new(),
            orphans: BTreeMap::new(),
            extra: Extra::new(),
        }
    }

    #[tokio::test]
    async fn what_is_saved_is_loaded_by_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = LocalStore::open(dir.path(), key(7), Box::new(|| true)).unwrap();
        assert_eq!(store.load().unwrap(), Saved::default());
        let (a, b) = (cluster("a"), cluster("b"));
        let write = |cluster: &(_, _)| Write::Cluster(Box::new(cluster.clone()));
        store.save(&[Write::Framework(framework()), write(&a), write(&b)]).await.unwrap();
        store.save(&[Write::Remove(a.0.name.clone())]).await.unwrap();
        drop(store);
        let read = LocalStore::open(dir.path(), key(7), Box::new(|| true)).unwrap().load().unwrap();
        assert_eq!(read.framework.unwrap().framework_id.as_deref(), Some("f"));
        assert!(matches!(read.clusters.as_slice(), [only] if same(only, &b)));
        let text = fs::read_to_string(dir.path().join(STATE_FILE)).unwrap();
        assert!(text.contains("\"app\"") && !text.contains(SECRET));
    }

    #[test]
    fn second_scheduler_is_kept_out() {
        let dir = tempfile::tempdir().unwrap();
        let first = LocalStore::open(dir.path(), key(7), Box::new(|| true)).unwrap();
        assert!(matches!(
            LocalStore::open(dir.path(), key(7), Box::new(|| true)),
            Err(LocalError::Locked { .. })
        ));
        drop(first);
        assert!(LocalStore::open(dir.path(), key(7), Box::new(|| true)).is_ok());
    }

    #[test]
    fn file_of_another_program_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["hello", "{}", r#"{"schema": 2, "records": {}}"#, r#"{"schema": 1, "records": []}"#] {
            fs::write(dir.path().join(STATE_FILE), text).unwrap();
            let mut store = LocalStore::open(dir.path(), key(7), Box::new(|| true)).unwrap();
            assert!(matches!(store.load(), Err(LoadError::Local(LocalError::Unreadable { .. }))), "{text}");
            assert_eq!(fs::read_to_string(dir.path().join(STATE_FILE)).unwrap(), text);
        }
    }
}
