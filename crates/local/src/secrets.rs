//! The secrets of a stack: made once, readable for the owner alone, never shown.
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};

use crate::layout::Layout;

/// Who the scheduler and the executors are for ZooKeeper.
const ZK_USER: &str = "mysos";
/// What the cipher that seals credentials takes.
const KEY_BYTES: usize = 32;

/// Secrets could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The disk said no.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system has no random bytes.
    #[error("the system's random source failed: {0}")]
    Chance(String),
    /// A file holds something else than it should.
    #[error(
        "{path} is damaged: it and the file beside it belong together; restore both, or remove the directory"
    )]
    Damaged {
        /// The file.
        path: String,
    },
}

/// `admin.key`: what an executor on an agent needs.
#[derive(Serialize, Deserialize)]
struct AdminKey {
    /// `user:secret` for ZooKeeper.
    zk: String,
    /// The key that seals credentials, in base64; the same bytes as in `scheduler.key`.
    key: String,
}

/// Makes what is missing, and returns `user:secret` for ZooKeeper.
pub(crate) fn ensure(layout: &Layout) -> Result<String, SecretsError> {
    let path = layout.admin_key();
    if !path.exists() {
        let key = ensure_scheduler_key(&layout.scheduler_key())?;
        let admin =
            AdminKey { zk: format!("{ZK_USER}:{}", hex(&random::<16>()?)), key: STANDARD.encode(key) };
        let text = serde_json::to_vec(&admin).map_err(|_| damaged(&path))?;
        create(&path, &text).map_err(|source| io_error(&path, source))?;
    }
    let admin = read_admin(&path)?;
    let key = ensure_scheduler_key(&layout.scheduler_key())?;
    if STANDARD.decode(&admin.key).ok() == Some(key) { Ok(admin.zk) } else { Err(damaged(&path)) }
}

fn ensure_scheduler_key(path: &Path) -> Result<Vec<u8>, SecretsError> {
    if !path.exists() {
        create(path, &random::<KEY_BYTES>()?).map_err(|source| io_error(path, source))?;
    }
    let key = fs::read(path).map_err(|source| io_error(path, source))?;
    if key.len() == KEY_BYTES { Ok(key) } else { Err(damaged(path)) }
}

fn read_admin(path: &Path) -> Result<AdminKey, SecretsError> {
    let bytes = fs::read(path).map_err(|source| io_error(path, source))?;
    serde_json::from_slice(&bytes).map_err(|_| damaged(path))
}

/// Whole or not at all: a start that is cut short must not leave half a key.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let _ = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

fn random<const N: usize>() -> Result<[u8; N], SecretsError> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| SecretsError::Chance(error.to_string()))?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn io_error(path: &Path, source: io::Error) -> SecretsError {
    SecretsError::Io { path: path.display().to_string(), source }
}

fn damaged(path: &Path) -> SecretsError {
    SecretsError::Damaged { path: path.display().to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn both_files_hold_the_same_key_and_only_the_owner_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::create(dir.path()).unwrap();
        let zk = ensure(&layout).unwrap();
        assert!(zk.starts_with("mysos:") && zk.len() > 30);
        let key = fs::read(layout.scheduler_key()).unwrap();
        assert_eq!(key.len(), 32);
        assert_eq!(STANDARD.decode(read_admin(&layout.admin_key()).unwrap().key).unwrap(), key);
        for path in [layout.scheduler_key(), layout.admin_key()] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let parent = layout.admin_key();
        let mode = fs::metadata(parent.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn secrets_stay_the_same_and_a_foreign_key_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::create(dir.path()).unwrap();
        let first = ensure(&layout).unwrap();
        assert_eq!(ensure(&layout).unwrap(), first);
        fs::write(layout.scheduler_key(), [1; 32]).unwrap();
        assert!(matches!(ensure(&layout), Err(SecretsError::Damaged { .. })));
    }
}
