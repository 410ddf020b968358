//! `stack.json`: what runs, since when, where, and how it was asked for. Written after each start, so that a start that
//! is cut short can still be taken down.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::layout::Layout;
use crate::process::Identity;
use crate::role::Role;
use crate::settings::Settings;

/// Raised when the meaning of a field changes.
const SCHEMA: u32 = 1;

/// The record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The disk said no.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not ours, or was damaged.
    #[error("{path} is not the record of a stack (remove it if the directory is meant for one)")]
    Malformed {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("{path} has schema {found}, this program knows {SCHEMA}: use the program that started the stack")]
    Newer {
        /// The file.
        path: String,
        /// What it says.
        found: u32,
    },
}

/// What is kept of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    schema: u32,
    /// Start times count from the machine's start, so they mean nothing after the next one.
    boot_id: String,
    pub(crate) settings: Settings,
    pub(crate) places: BTreeMap<Role, SocketAddrV4>,
    pub(crate) processes: BTreeMap<Role, Identity>,
    /// Ends the stack when its starter ends.
    pub(crate) guard: Option<Identity>,
}

impl Record {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            schema: SCHEMA,
            boot_id: boot_id(),
            settings,
            places: BTreeMap::new(),
            processes: BTreeMap::new(),
            guard: None,
        }
    }

    /// What was kept, if anything was.
    pub(crate) fn load(layout: &Layout) -> Result<Option<Self>, RecordError> {
        let path = layout.record();
        match fs::read(&path) {
            Ok(bytes) => parse(&bytes, &path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(RecordError::Io { path: path.display().to_string(), source }),
        }
    }

    /// Replaces the file in one step.
    pub(crate) fn save(&self, layout: &Layout) -> Result<(), RecordError> {
        let path = layout.record();
        self.write(layout.dir(), &path)
            .map_err(|source| RecordError::Io { path: path.display().to_string(), source })
    }

    fn write(&self, dir: &Path, path: &Path) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(dir)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(dir)?.sync_all()
    }

    /// Who has a role, if it still runs.
    pub(crate) fn alive(&self, role: Role) -> Option<Identity> {
        self.processes.get(&role).copied().filter(|identity| identity.is_alive())
    }
}

fn parse(bytes: &[u8], path: &Path) -> Result<Record, RecordError> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let name = || path.display().to_string();
    let malformed = |source| RecordError::Malformed { path: name(), source };
    let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
    if head.schema > SCHEMA {
        return Err(RecordError::Newer { path: name(), found: head.schema });
    }
    let mut record: Record = serde_json::from_slice(bytes).map_err(malformed)?;
    if record.boot_id != boot_id() {
        record.processes.clear();
        record.guard = None;
        record.boot_id = boot_id();
    }
    Ok(record)
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Options;

    fn stored(change: impl Fn(&mut Record)) -> Result<Option<Record>, RecordError> {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::create(dir.path()).unwrap();
        let mut record = Record::new(Settings::new(&Options::new(dir.path())));
        record.processes.insert(Role::Agent(2), Identity { pid: 7, start_time: 9 });
        record.places.insert(Role::Agent(2), "127.0.0.12:5051".parse().unwrap());
        change(&mut record);
        record.save(&layout).unwrap();
        Record::load(&layout)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = stored(|_| {}).unwrap().unwrap();
        assert_eq!(record.processes[&Role::Agent(2)], Identity { pid: 7, start_time: 9 });
        assert_eq!(record.places[&Role::Agent(2)].port(), 5051);
    }

    #[test]
    fn processes_of_an_earlier_boot_are_forgotten() {
        let record = stored(|record| "another".clone_into(&mut record.boot_id)).unwrap().unwrap();
        assert!(record.processes.is_empty());
        assert_eq!(record.places.len(), 1);
    }

    #[test]
    fn a_record_of_a_newer_program_is_refused() {
        let error = stored(|record| record.schema = 99).unwrap_err();
        assert!(matches!(error, RecordError::Newer { found: 99, .. }));
    }

    #[test]
    fn no_record_is_no_error_and_rubbish_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::create(dir.path()).unwrap();
        assert_eq!(Record::load(&layout).unwrap(), None);
        fs::write(layout.record(), "rubbish").unwrap();
        assert!(matches!(Record::load(&layout), Err(RecordError::Malformed { .. })));
    }
}
