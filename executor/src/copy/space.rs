//! How large data is, and how much room there is for it.

use std::{
    fs::{DirEntry, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use nix::sys::statvfs::statvfs;

use super::CopyError;

/// Files of a data directory that no copy takes along, by how their names begin.
const LEFT_OUT: [&str; 8] =
    ["binlog.", "relay.", "ib_logfile", "ibtmp", "#innodb_redo", "#innodb_temp", "#ib_16384", "undo_temp"];
/// Room for what a copy makes beside the data: a redo log, and what is written while it runs.
const BESIDE: u64 = 32 << 20;

/// How large the data in this directory is.
pub(crate) fn data_bytes(dir: &Path) -> u64 {
    bytes(dir, |entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        !LEFT_OUT.iter().any(|left_out| name.starts_with(left_out))
    })
}

/// How large everything in this directory is.
pub(crate) fn all_bytes(dir: &Path) -> u64 {
    bytes(dir, |_| true)
}

/// How much of the disk a directory uses: files that are made at their full length fill up later.
pub(crate) fn used_bytes(dir: &Path) -> u64 {
    sum(dir, |_| true, |found| found.blocks() * 512)
}

fn bytes(dir: &Path, counts: impl Fn(&DirEntry) -> bool + Copy) -> u64 {
    sum(dir, counts, Metadata::len)
}

/// What goes away while it is being looked at counts for nothing.
fn sum(dir: &Path, counts: impl Fn(&DirEntry) -> bool + Copy, size_of: fn(&Metadata) -> u64) -> u64 {
    let Ok(entries) = dir.read_dir() else { return 0 };
    let size = |entry: DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => sum(&entry.path(), counts, size_of),
        Ok(found) => size_of(&found),
        Err(_) => 0,
    };
    entries.filter_map(io::Result::ok).filter(|entry| counts(entry)).map(size).sum()
}

/// Free room for the executor's user, in bytes.
pub(crate) fn free_bytes(dir: &Path) -> Result<u64, CopyError> {
    let room = statvfs(dir).map_err(|errno| CopyError::disk("look at the room of", dir)(errno.into()))?;
    Ok(room.blocks_available().saturating_mul(room.fragment_size()))
}

/// Refuses a copy for which there is no room, before its first byte.
pub(crate) fn check(dir: &Path, data: u64) -> Result<(), CopyError> {
    let (need, free) = (data.saturating_add(BESIDE), free_bytes(dir)?);
    if free < need {
        return Err(CopyError::Space { need, free, path: dir.to_owned() });
    }
    Ok(())
}
