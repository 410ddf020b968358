//! What a member's directory is found to be, and what is never done to it.
#![allow(clippy::disallowed_methods, reason = "files of a test need not be durable")]

use tempfile::TempDir;

use super::*;

const DATA: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

fn open(dir: &TempDir) -> Volume {
    of(dir, "uid-1", "shop").unwrap()
}

fn of(dir: &TempDir, uid: &str, cluster: &str) -> Result<Volume, VolumeError> {
    Volume::open(dir.path(), uid, &cluster.parse().unwrap())
}

fn data() -> DataId {
    DATA.parse().unwrap()
}

fn fill(volume: &Volume) {
    std::fs::write(volume.data_dir().join("ibdata1"), "rows").unwrap();
}

/// A volume with complete data, let go again.
fn filled(dir: &TempDir) {
    let volume = open(dir);
    volume.begin(&data(), 77).unwrap();
    fill(&volume);
    volume.finish().unwrap();
}

/// Every file of a directory with its content.
fn content(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in dir.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(content(&entry));
        } else {
            files.push((entry.clone(), std::fs::read(&entry).unwrap()));
        }
    }
    files.sort();
    files
}

fn foreign(found: Found) -> String {
    match found {
        Found::Foreign(why) => why,
        other => panic!("{other:?} is not foreign"),
    }
}

#[test]
fn what_was_finished_is_ready_with_its_identity() {
    let dir = TempDir::new().unwrap();
    assert_eq!(open(&dir).inspect().unwrap(), Found::Empty);
    filled(&dir);
    assert_eq!(open(&dir).inspect().unwrap(), Found::Ready { data: data(), server_id: 77 });
}

#[test]
fn what_was_begun_and_not_finished_is_empty_and_is_moved_aside() {
    let dir = TempDir::new().unwrap();
    let volume = open(&dir);
    volume.begin(&data(), 1).unwrap();
    fill(&volume);
    assert_eq!(volume.inspect().unwrap(), Found::Empty);
    volume.begin(&data(), 2).unwrap();
    assert!(!has_entries(&volume.data_dir()).unwrap());
    assert!(volume.dir().join("aside-1/ibdata1").exists());
}

#[test]
fn attempts_that_fail_again_and_again_do_not_fill_the_disk() {
    let dir = TempDir::new().unwrap();
    let volume = open(&dir);
    for _ in 0..=ASIDES {
        volume.begin(&data(), 1).unwrap();
        fill(&volume);
    }
    let error = volume.begin(&data(), 1).unwrap_err();
    assert!(matches!(error, VolumeError::TooManyAside { .. }), "{error}");
    assert!(volume.data_dir().join("ibdata1").exists());
}

#[test]
fn nothing_is_begun_over_data_and_nothing_foreign_is_touched() {
    let dir = TempDir::new().unwrap();
    filled(&dir);
    assert!(matches!(open(&dir).begin(&data(), 1), Err(VolumeError::Occupied { .. })), "our own data");
    let before = content(&dir.path().join("mysqldata/data"));
    std::fs::remove_file(dir.path().join("mysqldata/marker.json")).unwrap();
    let volume = open(&dir);
    assert!(foreign(volume.inspect().unwrap()).contains("no marker of ours"));
    assert!(matches!(volume.begin(&data(), 1), Err(VolumeError::Occupied { .. })), "data of nobody we know");
    assert_eq!(content(&volume.data_dir()), before);
}

#[test]
fn data_of_another_cluster_is_foreign() {
    let dir = TempDir::new().unwrap();
    filled(&dir);
    for (uid, cluster, said) in [("uid-1", "other", "of cluster shop"), ("uid-2", "shop", "uid-2")] {
        let why = foreign(of(&dir, uid, cluster).unwrap().inspect().unwrap());
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn what_another_cluster_began_is_not_moved() {
    let dir = TempDir::new().unwrap();
    let volume = open(&dir);
    volume.begin(&data(), 1).unwrap();
    fill(&volume);
    drop(volume);
    let theirs = of(&dir, "uid-1", "other").unwrap();
    foreign(theirs.inspect().unwrap());
    assert!(theirs.begin(&data(), 1).is_err());
    assert!(theirs.data_dir().join("ibdata1").exists());
}

#[test]
fn a_marker_that_cannot_be_understood_is_foreign() {
    for text in ["", "{}", r#"{"schema":99}"#] {
        let dir = TempDir::new().unwrap();
        filled(&dir);
        let marker = dir.path().join("mysqldata/marker.json");
        std::fs::write(&marker, text).unwrap();
        let why = foreign(open(&dir).inspect().unwrap());
        assert!(why.contains(marker.to_str().unwrap()), "{why}");
    }
}

#[test]
fn data_that_the_disk_has_lost_is_not_made_anew() {
    let dir = TempDir::new().unwrap();
    filled(&dir);
    remove_dir_all(dir.path().join("mysqldata/data")).unwrap();
    let volume = open(&dir);
    assert!(foreign(volume.inspect().unwrap()).contains("the disk has lost it"));
    assert!(volume.begin(&data(), 1).is_err());
}

#[test]
fn a_directory_is_taken_by_one_at_a_time() {
    let dir = TempDir::new().unwrap();
    let first = open(&dir);
    let error = of(&dir, "uid-1", "shop").unwrap_err().to_string();
    assert!(error.contains("data directory busy"), "{error}");
    assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    open(&dir);
}

#[test]
fn a_directory_in_which_a_server_still_runs_is_busy() {
    let dir = TempDir::new().unwrap();
    let running = open(&dir).running_lock();
    let server = File::create(&running).unwrap();
    server.lock().unwrap();
    assert!(of(&dir, "uid-1", "shop").unwrap_err().to_string().contains("has not ended yet"));
    drop(server);
    open(&dir);
}

#[test]
fn a_volume_that_is_not_mounted_is_not_made() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("volume");
    let error = Volume::open(&missing, "uid-1", &"shop".parse().unwrap()).unwrap_err();
    assert!(matches!(error, VolumeError::Missing { .. }), "{error}");
    assert!(!missing.exists());
}
