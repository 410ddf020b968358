//! Ends a stack: first who would start things again, then who holds data, last what these need to end well.
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::Serialize;

use super::{DownError, Stack};
use crate::install;
use crate::layout::Layout;
use crate::process::{Identity, belonging_to, executors_of};
use crate::progress::Progress;
use crate::record::Record;
use crate::role::Role;
use crate::wait::{wait_until, wait_until_quiet};

/// What a server without data of ours gets to end by itself.
const SERVER_GRACE: Duration = Duration::from_secs(5);
/// The scheduler may be in the middle of a save.
const SCHEDULER_GRACE: Duration = Duration::from_secs(10);
/// A database server writes its dirty pages; executors wait for theirs.
const DATA_GRACE: Duration = Duration::from_secs(45);
/// After SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// How gently a stack ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// Database servers get the time to write everything.
    Clean,
    /// As a crash: for tests that are over.
    None,
}

/// What came of ending a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How many processes ended.
    pub processes: usize,
    /// How many of them had to be killed.
    pub killed: usize,
}

impl Stack {
    /// Ends everything that belongs to a directory, also what a start that was cut short left. The state of the servers
    /// stays for the next start.
    pub fn down(dir: &Path, grace: Grace, progress: &Progress) -> Result<Ended, DownError> {
        let nothing = || DownError::NoStack { dir: dir.display().to_string() };
        let layout = Layout::new(dir).map_err(|_| nothing())?;
        // Every start makes this file first; without it the directory is somebody else's.
        if !layout.lock().exists() {
            return Err(nothing());
        }
        let _lock = install::lock(&layout.lock(), progress)?;
        let record = Record::load(&layout);
        let known = record.as_ref().ok().and_then(Option::as_ref);
        let mut undertaker = Undertaker { dir: layout.dir(), grace, progress, ended: Ended::default() };
        let left = undertaker.end_all(known);
        if let Some(mut record) = record? {
            record.processes.clear();
            record.guard = None;
            record.save(&layout)?;
        }
        if left.is_empty() { Ok(undertaker.ended) } else { Err(DownError::Left(left)) }
    }

    /// Ends this stack; its servers are reaped if this process started them.
    pub fn end(mut self, grace: Grace, progress: &Progress) -> Result<Ended, DownError> {
        let ended = Self::down(self.layout.dir(), grace, progress);
        self.reap_all();
        ended
    }

    pub(super) fn end_now(&mut self) {
        // Called while a value is dropped: nobody is there to be told, and the guard tries again.
        let _ = Self::down(self.layout.dir(), Grace::None, &Progress::silent());
        self.reap_all();
    }

    fn reap_all(&mut self) {
        self.reap();
        if let Some(mut guard) = self.lifeline.take() {
            // Killed above, or its input ends now and it does.
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

struct Undertaker<'a> {
    dir: &'a Path,
    grace: Grace,
    progress: &'a Progress,
    ended: Ended,
}

impl Undertaker<'_> {
    /// What would not end.
    fn end_all(&mut self, record: Option<&Record>) -> Vec<Identity> {
        if let Some(record) = record.filter(|_| self.grace == Grace::Clean) {
            self.end_in_order(record);
        }
        self.kill_rest(record)
    }

    fn end_in_order(&mut self, record: &Record) {
        // It would replace the members that end next.
        self.end_roles(record, SCHEDULER_GRACE, |role| role == Role::Scheduler);
        // With agents, masters and ZooKeeper still there, executors can tell how their members ended.
        self.end_members(record);
        self.end_roles(record, SERVER_GRACE, |role| matches!(role, Role::Agent(_)));
        self.end_roles(record, SERVER_GRACE, |role| matches!(role, Role::Master(_)));
        self.end_roles(record, SERVER_GRACE, |role| role == Role::Zookeeper);
    }

    fn end_roles(&mut self, record: &Record, grace: Duration, which: impl Fn(Role) -> bool) {
        let roles: Vec<Role> = record.processes.keys().copied().filter(|role| which(*role)).collect();
        let processes: Vec<Identity> = roles.iter().filter_map(|role| record.alive(*role)).collect();
        for process in &processes {
            process.signal(Signal::SIGTERM);
        }
        let gone = wait_until(grace, || processes.iter().all(|process| !process.is_alive()));
        let late = processes.iter().filter(|process| process.is_alive()).count();
        self.ended.processes += processes.len() - late;
        if !processes.is_empty() {
            let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
            let how = if gone { "ended" } else { "not all of them end by themselves" };
            self.progress.say(format!("{}: {how}", names.join(", ")));
        }
    }

    /// First executors, which stop their servers; then what is left, other tasks among it. Each is asked once, as soon as
    /// it is seen.
    fn end_members(&mut self, record: &Record) {
        let servers: BTreeSet<Identity> = record.processes.values().copied().chain(record.guard).collect();
        let (mut asked, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let done = wait_until_quiet(DATA_GRACE, || {
            let members: Vec<Identity> =
                belonging_to(self.dir).into_iter().filter(|process| !servers.contains(process)).collect();
            let executors = executors_of(self.dir);
            let now = if executors.is_empty() { &members } else { &executors };
            for member in now {
                if asked.insert(*member) {
                    member.signal(Signal::SIGTERM);
                }
            }
            seen.extend(members.iter().copied());
            members.is_empty()
        });
        let alive = seen.iter().filter(|process| process.is_alive()).count();
        self.ended.processes += seen.len() - alive;
        if !seen.is_empty() {
            let how = if done { "ended" } else { "some do not end by themselves" };
            self.progress.say(format!("{} processes of members: {how}", seen.len()));
        }
    }

    /// What the record names and what the directory's name gives away; a process may start another until it is gone.
    fn kill_rest(&mut self, record: Option<&Record>) -> Vec<Identity> {
        let mut killed = BTreeSet::new();
        let named =
            || record.into_iter().flat_map(|record| record.processes.values().copied().chain(record.guard));
        let rest = || -> Vec<Identity> {
            named().filter(|process| process.is_alive()).chain(belonging_to(self.dir)).collect()
        };
        let done = wait_until_quiet(KILL_LIMIT, || {
            let rest = rest();
            for process in &rest {
                process.signal(Signal::SIGKILL);
            }
            let none = rest.is_empty();
            killed.extend(rest);
            none
        });
        // The guard takes no other signal, and holds nothing.
        let guard = record.and_then(|record| record.guard);
        let killed = killed.iter().filter(|process| Some(**process) != guard).count();
        self.ended.killed += killed;
        self.ended.processes += killed;
        if done { Vec::new() } else { rest() }
    }
}
