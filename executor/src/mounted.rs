//! Whether the volume that a task was promised is there: mounted, and with the data in it that should be there.
//!
//! An agent that mounts nothing says so in its own log alone, and a directory made in the sandbox instead would be
//! lost with the task.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mysos_model::wire::Storage;

use crate::volume::{Found, Volume, VolumeError};

/// Where the member's directory lies.
pub(crate) fn root(sandbox: &Path, storage: &Storage) -> Result<PathBuf, VolumeError> {
    match storage {
        Storage::Sandbox => Ok(sandbox.to_owned()),
        Storage::Volume { container_path, .. } => {
            let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
            volume(sandbox, container_path, &mounts)
        }
    }
}

/// The volume: a link that leads out of the sandbox, or a mount point in it.
fn volume(sandbox: &Path, container_path: &str, mounts: &str) -> Result<PathBuf, VolumeError> {
    let path = sandbox.join(container_path);
    let missing = |_| VolumeError::Missing { path: path.clone() };
    let (place, sandbox) = (path.canonicalize().map_err(missing)?, sandbox.canonicalize().map_err(missing)?);
    if place.starts_with(&sandbox) && !is_mount_point(&place, mounts) {
        return Err(VolumeError::NotMounted { path });
    }
    Ok(place)
}

/// The fifth field of a line of `mountinfo` is the mount point, blanks and such in octal.
fn is_mount_point(place: &Path, mounts: &str) -> bool {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    points.map(plain).any(|point| Path::new(&point) == place)
}

fn plain(field: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(field.to_owned(), |text, (octal, plain)| text.replace(octal, plain))
}

/// What is missing from a volume on which a server has run before. It gets a new identity and is built anew: what
/// is gone may have been needed, and must not seem to be there.
pub(crate) fn lost(storage: &Storage, volume: &Volume) -> Result<Option<String>, VolumeError> {
    let Storage::Volume { filled: true, .. } = storage else { return Ok(None) };
    Ok((volume.inspect()? == Found::Empty).then(|| {
        format!(
            "{} is empty, and a server has run on this volume before: its disk was replaced or emptied; the member \
             is built anew",
            volume.dir().display()
        )
    }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_volume_is_a_link_out_of_the_sandbox() {
        let (sandbox, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(elsewhere.path(), sandbox.path().join("volume")).unwrap();
        let found = volume(sandbox.path(), "volume", "").unwrap();
        assert_eq!(found, elsewhere.path().canonicalize().unwrap());
    }

    #[test]
    fn a_volume_is_a_mount_point_in_the_sandbox() {
        let sandbox = tempfile::tempdir().unwrap();
        let place = sandbox.path().canonicalize().unwrap().join("the volume");
        fs::create_dir(&place).unwrap();
        let line = |point: &str| format!("22 1 8:1 /a {point} rw - ext4 /dev/sda rw\n");
        let mounts = line("/") + &line(&place.to_str().unwrap().replace(' ', "\\040"));
        assert_eq!(volume(sandbox.path(), "the volume", &mounts).unwrap(), place);
        assert!(volume(sandbox.path(), "the volume", &line("/")).is_err());
    }

    #[test]
    fn a_directory_of_the_sandbox_is_no_volume() {
        let sandbox = tempfile::tempdir().unwrap();
        assert!(matches!(volume(sandbox.path(), "volume", ""), Err(VolumeError::Missing { .. })));
        fs::create_dir(sandbox.path().join("volume")).unwrap();
        let error = volume(sandbox.path(), "volume", "").unwrap_err();
        assert!(error.to_string().contains("not mounted"), "{error}");
        fs::create_dir(sandbox.path().join("inside")).unwrap();
        symlink(sandbox.path().join("inside"), sandbox.path().join("link")).unwrap();
        assert!(matches!(volume(sandbox.path(), "link", ""), Err(VolumeError::NotMounted { .. })));
    }

    #[test]
    fn an_empty_volume_has_lost_data_only_where_there_was_some() {
        let place = tempfile::tempdir().unwrap();
        let uid = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";
        let volume = Volume::open(place.path(), uid, &"shop".parse().unwrap()).unwrap();
        let storage = |filled| Storage::Volume { container_path: "volume".to_owned(), filled };
        assert_eq!(lost(&Storage::Sandbox, &volume).unwrap(), None);
        assert_eq!(lost(&storage(false), &volume).unwrap(), None);
        assert!(lost(&storage(true), &volume).unwrap().unwrap().contains("built anew"));
    }
}
