//! Values that stand in files: secrets, and flags given as `file:///path`.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// A credential file is some hundred bytes; more than this is another file.
const MAX_BYTES: u64 = 1 << 20;
/// Bits of a file's mode that let others than its owner in.
const OTHERS: u32 = 0o077;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// It cannot be read.
    #[error("--{flag}: cannot read {}", path.display())]
    Unreadable {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Others may read or change it.
    #[error("--{flag}: {} has mode {mode:04o}, but it holds a secret: chmod 600 it", path.display())]
    Open {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is not what the flag expects.
    #[error("--{flag}: {}: {what}", path.display())]
    Content {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// `file://` with a host in it.
    #[error("--{flag}: a file is written file:///path, with three slashes")]
    Address {
        /// The flag.
        flag: &'static str,
    },
}

/// The path in a value that may be written `file:///path`.
pub(super) fn path_of(flag: &'static str, value: &str) -> Result<PathBuf, FileError> {
    match value.strip_prefix("file://") {
        None => Ok(PathBuf::from(value)),
        Some(path) if path.starts_with('/') => Ok(PathBuf::from(path)),
        Some(_) => Err(FileError::Address { flag }),
    }
}

/// The value itself, or the content of the file that it names, less blanks around it.
pub(super) fn value_of(flag: &'static str, value: &str) -> Result<String, FileError> {
    if !value.starts_with("file://") {
        return Ok(value.trim().to_owned());
    }
    let path = path_of(flag, value)?;
    let bytes = read(flag, &path)?;
    let text = String::from_utf8(bytes).map_err(|_| content(flag, &path, "it is no text"))?;
    Ok(text.trim().to_owned())
}

/// The bytes of a file that holds a secret; refuses one that others may read.
pub(super) fn secret(flag: &'static str, path: &Path) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Unreadable { flag, path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(unreadable)?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(FileError::Open { flag, path: path.to_owned(), mode });
    }
    read(flag, path)
}

/// The bytes of a key file: exactly 32, as they are.
pub(super) fn key(flag: &'static str, path: &Path) -> Result<[u8; 32], FileError> {
    let bytes = secret(flag, path)?;
    let found = bytes.len();
    let newline = if found == 33 && bytes.last() == Some(&b'\n') { " (the last is a newline)" } else { "" };
    <[u8; 32]>::try_from(bytes).map_err(|_| {
        let what = format!("a key has exactly 32 bytes, this file has {found}{newline}");
        content(flag, path, &what)
    })
}

pub(super) fn content(flag: &'static str, path: &Path, what: &str) -> FileError {
    FileError::Content { flag, path: path.to_owned(), what: what.to_owned() }
}

fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Unreadable { flag, path: path.to_owned(), source };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
        return Err(content(flag, path, "it is larger than 1 MiB"));
    }
    fs::read(path).map_err(unreadable)
}
