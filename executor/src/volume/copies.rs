//! A copy beside the data directory: begun, filled, finished, and then put in the data directory's place.
//!
//! It lies in `copy/` with a marker of its own. Whatever ends on the way, either the data directory is as it was
//! and the copy counts for nothing, or the copy is complete and [`Volume::tidy`] puts it in its place.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use mysos_model::{
    DataId,
    record::{Extra, encode},
};

use super::{BEGUN, MARKER, Marker, Reading, Volume, VolumeError, disk, make_dir, remove_dir};
use crate::store::{rename_durably, write_durably};

/// Where a copy is built.
const COPY: &str = "copy";
/// The marker of a copy that is being put in the place of the data directory.
const TAKING: &str = "copy/taking.json";
/// Data that a copy has taken the place of, until it is removed.
const REPLACED: &str = "replaced";
/// Says that no server has answered on the data since it was copied.
const FRESH: &str = "fresh-copy";

impl Volume {
    /// Where the data of a copy goes.
    pub(crate) fn copy_data(&self) -> PathBuf {
        self.dir.join(COPY).join("data")
    }

    /// A file that a copy needs for a while: a pipe, or a login.
    pub(crate) fn copy_file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// What the programs say that make a copy, or give one.
    pub(crate) fn copy_log(&self) -> PathBuf {
        self.dir.join("log/copy.log")
    }

    /// Locked by every program that works on a copy.
    pub(crate) fn copying_lock(&self) -> PathBuf {
        self.dir.join("copying")
    }

    /// Begins a copy with this identity. An earlier one that was not taken is removed. The directory of its data is
    /// left to whoever fills it.
    pub(crate) fn begin_copy(&self, data: &DataId, server_id: u32) -> Result<(), VolumeError> {
        if self.dir.join(TAKING).exists() {
            return Err(VolumeError::Occupied {
                path: self.dir.join(COPY),
                why: "a copy is being taken".into(),
            });
        }
        self.remove_leftovers()?;
        self.ensure_dirs()?;
        let dir = self.dir.join(COPY);
        make_dir(&dir)?;
        let marker = Marker {
            cluster_uid: self.cluster_uid.clone(),
            cluster: self.cluster.clone(),
            data: data.clone(),
            server_id,
            extra: Extra::new(),
        };
        let begun = dir.join(BEGUN);
        write_durably(&begun, &encode(&marker)).map_err(|source| disk("write", &begun, source))
    }

    /// Marks a copy as complete. Everything in it is on disk before it counts.
    pub(crate) fn finish_copy(&self) -> Result<(), VolumeError> {
        let dir = self.dir.join(COPY);
        let sync = || -> std::io::Result<()> { Ok(nix::unistd::syncfs(&File::open(&self.dir)?)?) };
        sync().map_err(|source| disk("sync", &self.dir, source))?;
        moved(&dir.join(BEGUN), &dir.join(MARKER))
    }

    /// Puts the complete copy with this identity in the place of the data directory. Repeatable.
    pub(crate) fn take_copy(&self, data: &DataId) -> Result<(), VolumeError> {
        let marker = self.dir.join(COPY).join(MARKER);
        if marker.exists() {
            let ready =
                matches!(self.read(&format!("{COPY}/{MARKER}"))?, Reading::Ours(it) if it.data == *data);
            if !ready {
                return Err(VolumeError::NotBegun { path: self.dir.join(COPY) });
            }
            // From here on the copy is what counts.
            moved(&marker, &self.dir.join(TAKING))?;
        }
        self.finish_taking()
    }

    /// Whether the data is a copy that still holds what its donor followed.
    pub(crate) fn is_fresh_copy(&self) -> bool {
        self.dir.join(FRESH).exists()
    }

    /// It follows nobody any more.
    pub(crate) fn no_longer_fresh(&self) -> Result<(), VolumeError> {
        let fresh = self.dir.join(FRESH);
        let removed = std::fs::remove_file(&fresh).and_then(|()| File::open(&self.dir)?.sync_all());
        removed.map_err(|source| disk("remove", &fresh, source))
    }

    /// Ends what was interrupted: a copy that was being taken is taken, one that was not is removed.
    pub(crate) fn tidy(&self) -> Result<(), VolumeError> {
        self.finish_taking()?;
        self.remove_leftovers()
    }

    /// Removes a copy that is not being taken, and data that a copy has taken the place of.
    pub(crate) fn remove_leftovers(&self) -> Result<(), VolumeError> {
        let leftovers = if self.dir.join(TAKING).exists() { &[REPLACED][..] } else { &[COPY, REPLACED] };
        for leftover in leftovers {
            let path = self.dir.join(leftover);
            remove_dir(&path).map_err(|source| disk("remove", &path, source))?;
        }
        Ok(())
    }

    /// Goes on where a taking was interrupted. The server is stopped.
    pub(crate) fn finish_taking(&self) -> Result<(), VolumeError> {
        let taking = self.dir.join(TAKING);
        if !taking.exists() {
            return Ok(());
        }
        let (copy, data) = (self.copy_data(), self.data_dir());
        let (marker, begun) = (self.dir.join(MARKER), self.dir.join(BEGUN));
        if copy.exists() {
            if marker.exists() {
                moved(&marker, &begun)?;
            }
            if data.exists() {
                let replaced = self.dir.join(REPLACED);
                remove_dir(&replaced).map_err(|source| disk("remove", &replaced, source))?;
                moved(&data, &replaced)?;
            }
            let fresh = self.dir.join(FRESH);
            write_durably(&fresh, b"").map_err(|source| disk("write", &fresh, source))?;
            moved(&copy, &data)?;
        }
        moved(&taking, &marker)
    }
}

fn moved(from: &Path, to: &Path) -> Result<(), VolumeError> {
    rename_durably(from, to).map_err(|source| disk("move", from, source))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "files of a test need not be durable")]

    use super::*;
    use crate::volume::Found;

    const OLD: &str = "00000000-0000-4000-8000-000000000001";
    const NEW: &str = "00000000-0000-4000-8000-000000000002";

    fn open(root: &Path) -> Volume {
        Volume::open(root, "uid-1", &"shop".parse().unwrap()).unwrap()
    }

    fn id(text: &str) -> DataId {
        text.parse().unwrap()
    }

    /// A member's directory with data, and a copy that is complete.
    fn with_copy(root: &Path) -> Volume {
        let volume = open(root);
        volume.begin(&id(OLD), 7).unwrap();
        std::fs::write(volume.data_dir().join("old"), "x").unwrap();
        volume.finish().unwrap();
        volume.begin_copy(&id(NEW), 8).unwrap();
        std::fs::create_dir(volume.copy_data()).unwrap();
        std::fs::write(volume.copy_data().join("new"), "y").unwrap();
        volume.finish_copy().unwrap();
        volume
    }

    fn holds(volume: &Volume, data: &str, server_id: u32) {
        assert_eq!(volume.inspect().unwrap(), Found::Ready { data: id(data), server_id });
    }

    #[test]
    fn a_copy_takes_the_place_of_the_data_with_its_identity_and_server_id() {
        let root = tempfile::tempdir().unwrap();
        let volume = with_copy(root.path());
        holds(&volume, OLD, 7);
        volume.take_copy(&id(NEW)).unwrap();
        holds(&volume, NEW, 8);
        assert!(volume.is_fresh_copy());
        volume.no_longer_fresh().unwrap();
        assert!(!volume.is_fresh_copy());
        assert!(volume.data_dir().join("new").exists() && !volume.data_dir().join("old").exists());
        volume.take_copy(&id(NEW)).unwrap();
        volume.tidy().unwrap();
        holds(&volume, NEW, 8);
        assert!(!volume.dir().join(COPY).exists() && !volume.dir().join(REPLACED).exists());
    }

    #[test]
    fn a_copy_that_was_not_taken_is_gone_at_the_next_start() {
        let root = tempfile::tempdir().unwrap();
        drop(with_copy(root.path()));
        let volume = open(root.path());
        holds(&volume, OLD, 7);
        assert!(!volume.dir().join(COPY).exists());
        assert!(volume.take_copy(&id(NEW)).is_ok(), "nothing lies ready, nothing is done");
        holds(&volume, OLD, 7);
    }

    #[test]
    fn a_copy_that_is_not_complete_or_not_the_one_is_not_taken() {
        let root = tempfile::tempdir().unwrap();
        let volume = with_copy(root.path());
        assert!(volume.take_copy(&id(OLD)).is_err());
        volume.begin_copy(&id(NEW), 9).unwrap();
        volume.take_copy(&id(NEW)).unwrap();
        holds(&volume, OLD, 7);
    }

    /// The steps of [`Volume::finish_taking`] in order; whoever dies after any of them finds it finished later.
    #[test]
    fn an_interrupted_taking_is_finished_at_the_next_start() {
        for done in 0..=4 {
            let root = tempfile::tempdir().unwrap();
            let volume = with_copy(root.path());
            let dir = volume.dir().to_owned();
            let steps =
                [("copy/marker.json", TAKING), (MARKER, BEGUN), ("data", REPLACED), ("copy/data", "data")];
            for (from, to) in &steps[..done] {
                std::fs::rename(dir.join(from), dir.join(to)).unwrap();
            }
            drop(volume);
            let volume = open(root.path());
            if done == 0 {
                holds(&volume, OLD, 7);
            } else {
                holds(&volume, NEW, 8);
            }
            assert!(!dir.join(COPY).exists() && !dir.join(REPLACED).exists(), "after {done} steps");
        }
    }
}
