//! What this executor tries of its own member again and again: whether mysqld answers, and whether the disk below it
//! takes a write. Apart from the server's lane, because an order that waits there must not look like a server that hangs.
//!
//! It says how each try went and judges nothing: that is `ha::vital`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use mysos_ha::{Event, Vital, event::Probe};
use mysos_mysql_admin::{AdminError, sql::Sql};
use tokio::{
    sync::{oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{line::Line, membership::Membership, records::Inbox};

/// Between two questions to mysqld.
const ASK: Duration = Duration::from_millis(500);
/// How long mysqld may take to answer one, or to let us in.
const ANSWER: Duration = Duration::from_secs(1);
/// So many questions are asked on one connection. A server that lets nobody in still answers those that are in: an account
/// statement that waits for its acknowledgement holds the lock of every login, so the ackers stay out that it waits for.
const QUESTIONS: u32 = 4;
/// Between two writes to the disk (`docs/failover.md` §4).
const WRITE: Duration = Duration::from_secs(1);
/// How long a write with its sync may take. A busy disk takes some hundred milliseconds.
const SYNC: Duration = Duration::from_secs(2);
/// What is written: enough that a full disk has no room for it, little enough that nobody notices.
const BYTES: usize = 16 * 1024;
/// The file, beside the data directory: the same volume.
const FILE: &str = "disk-probe";
/// Readable by the executor's user alone.
const PRIVATE: u32 = 0o600;

/// Asks mysqld, while a start of it is named, until nobody listens.
pub(crate) async fn ask(member: Arc<Membership>, named: watch::Receiver<Option<u64>>, inbox: Inbox) {
    let mut line = Line::new(member);
    let (mut of, mut asked) = (None, 0u32);
    let mut tick = interval(ASK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if named.has_changed().is_err() {
            return;
        }
        let now = *named.borrow();
        if now != of {
            line.cut();
            of = now;
        }
        if now.is_none() {
            continue;
        }
        if asked.is_multiple_of(QUESTIONS) {
            line.cut();
        }
        asked = asked.wrapping_add(1);
        let probe = question(&mut line).await;
        // What was asked of an earlier start says nothing about this one.
        let current = *named.borrow() == of;
        if current && inbox.send(Event::Tried { vital: Vital::Server, probe }).await.is_err() {
            return;
        }
    }
}

async fn question(line: &mut Line) -> Probe {
    let asked = async { line.open(ANSWER).await?.query(&Sql::new("SELECT 1"), ANSWER).await.map(drop) };
    match asked.await {
        // A server that says no answers.
        Ok(()) | Err(AdminError::Refused { .. } | AdminError::Denied { .. }) => Probe::Answered,
        Err(error) => {
            tracing::debug!(%error, "mysqld gave no answer");
            line.give_up();
            Probe::Silent
        }
    }
}

/// Writes to the disk below this directory until nobody listens.
pub(crate) async fn write(dir: PathBuf, inbox: Inbox) {
    let (jobs, todo) = sync_channel(1);
    std::thread::spawn(move || serve(&dir, &todo));
    let mut tick = interval(WRITE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let written = written(&jobs).await;
        if let Err(error) = &written {
            tracing::debug!(%error, "the disk was tried");
        }
        for (vital, probe) in judged(&written) {
            if inbox.send(Event::Tried { vital, probe }).await.is_err() {
                return;
            }
        }
    }
}

type Job = oneshot::Sender<io::Result<()>>;

/// One thread writes: a disk that hangs holds one, and no more.
fn serve(dir: &Path, todo: &Receiver<Job>) {
    for done in todo {
        // Whoever gave up waiting has had its answer.
        let _ = done.send(attempt(&dir.join(FILE)));
    }
}

/// A new file each time: room that an old one holds would say nothing about what is left.
fn attempt(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(PRIVATE).open(path)?;
    let written = file.write_all(&[0; BYTES]).and_then(|()| file.sync_all());
    written.and(fs::remove_file(path))
}

async fn written(jobs: &SyncSender<Job>) -> io::Result<()> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("not synced within {SYNC:?}"));
    let (done, written) = oneshot::channel();
    // The thread is still at an earlier one.
    jobs.try_send(done).map_err(|_| late())?;
    match timeout(SYNC, written).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) | Err(_) => Err(late()),
    }
}

/// A disk that refuses for want of room answers.
fn judged(written: &io::Result<()>) -> [(Vital, Probe); 2] {
    use Probe::{Answered, Silent};
    let (disk, room) = match written.as_ref().map_err(io::Error::kind) {
        Ok(()) => (Answered, Answered),
        Err(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => (Answered, Silent),
        // Of the room nothing is known; what was known of it stays.
        Err(_) => return [(Vital::Disk, Silent), (Vital::Disk, Silent)],
    };
    [(Vital::Disk, disk), (Vital::Room, room)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_synced_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        attempt(&dir.path().join(FILE)).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_full_disk_answers_and_has_no_room() {
        // This device takes nothing.
        let error =
            OpenOptions::new().write(true).open("/dev/full").and_then(|mut full| full.write_all(&[0]));
        let found = judged(&error);
        assert_eq!(found, [(Vital::Disk, Probe::Answered), (Vital::Room, Probe::Silent)]);
        assert_eq!(judged(&Ok(())), [(Vital::Disk, Probe::Answered), (Vital::Room, Probe::Answered)]);
        let gone = attempt(Path::new("/nowhere/at/all"));
        assert!(judged(&gone).iter().all(|it| *it == (Vital::Disk, Probe::Silent)));
    }

    #[tokio::test]
    async fn a_write_behind_one_that_hangs_is_late_at_once() {
        let (jobs, _todo) = sync_channel(1);
        let (hangs, _never) = oneshot::channel();
        jobs.try_send(hangs).unwrap();
        assert_eq!(written(&jobs).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
