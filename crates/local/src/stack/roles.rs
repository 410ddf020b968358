//! Single servers of a stack: start, end, kill, wait. For tests of what happens when one is lost.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::{Stack, StartError};
use crate::process::{Identity, spawn};
use crate::progress::Progress;
use crate::role::Role;
use crate::servers::{self, Context, Question};
use crate::wait::wait_for;

/// From start to answer. Seen: 0.3 s to 3 s; a machine with all cores busy takes many times that.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long a single server may take to end by itself.
const END_GRACE: Duration = Duration::from_secs(10);
/// How much of a log an error shows.
const TAIL_BYTES: i64 = 3000;

enum Outcome {
    Answers,
    Ended,
    Interrupted,
}

impl Stack {
    /// The process of a role, if it runs.
    pub fn process(&self, role: Role) -> Option<Identity> {
        self.record.alive(role)
    }

    /// All processes on record that still run.
    pub fn processes(&self) -> BTreeMap<Role, Identity> {
        let alive = |(role, process): (&Role, &Identity)| process.is_alive().then_some((*role, *process));
        self.record.processes.iter().filter_map(alive).collect()
    }

    /// Where a role listens.
    pub fn place(&self, role: Role) -> Result<SocketAddrV4, StartError> {
        servers::place(&self.record.places, role)
    }

    /// Starts a role that does not run, with the state it left, and waits until it answers.
    pub fn start(&mut self, role: Role) -> Result<(), StartError> {
        self.place(role)?;
        if !self.is_alive(role) {
            self.launch(role)?;
        }
        self.wait(role, &Progress::silent())
    }

    /// Ends a role as its operator would.
    pub fn stop(&mut self, role: Role) -> Result<(), StartError> {
        self.forget(role, |process| process.end(END_GRACE))
    }

    /// Ends a role at once, as a crash would.
    pub fn kill(&mut self, role: Role) -> Result<(), StartError> {
        self.forget(role, Identity::kill)
    }

    /// Ends a role at once and starts it again.
    pub fn restart(&mut self, role: Role) -> Result<(), StartError> {
        self.kill(role)?;
        self.start(role)
    }

    /// The id by which the Mesos masters know each registered agent.
    pub fn agent_ids(&self) -> BTreeMap<Role, String> {
        servers::agent_ids(&self.record.places)
    }

    /// Waits until a role answers.
    pub fn wait(&mut self, role: Role, progress: &Progress) -> Result<(), StartError> {
        let place = self.place(role)?;
        let process = self.record.processes.get(&role).copied();
        let question = Question { role, place, places: &self.record.places };
        let outcome = wait_for(START_LIMIT, || {
            if progress.is_interrupted() {
                Some(Outcome::Interrupted)
            } else if question.is_answered() {
                Some(Outcome::Answers)
            } else {
                process.is_none_or(|process| !process.is_alive()).then_some(Outcome::Ended)
            }
        });
        match outcome {
            Some(Outcome::Answers) => Ok(()),
            Some(Outcome::Interrupted) => Err(StartError::Interrupted { role }),
            Some(Outcome::Ended) => Err(self.ended(role)),
            None => Err(self.silent(role, place)),
        }
    }

    pub(super) fn is_alive(&self, role: Role) -> bool {
        self.record.alive(role).is_some()
    }

    /// Starts a role and writes down who it is.
    pub(super) fn launch(&mut self, role: Role) -> Result<(), StartError> {
        let launch = servers::launch(
            role,
            &Context {
                layout: &self.layout,
                parts: &self.parts,
                settings: &self.record.settings,
                places: &self.record.places,
                zk_account: &self.zk_account,
            },
        )?;
        let spawned = |source| StartError::Spawn { role, source };
        let child =
            spawn(&launch, self.layout.dir(), &self.layout.log(role), Stdio::null()).map_err(spawned)?;
        let process = Identity::of(child.id() as i32);
        self.children.push(child);
        let process = process.ok_or_else(|| self.ended(role))?;
        self.record.processes.insert(role, process);
        Ok(self.record.save(&self.layout)?)
    }

    /// Kills a role, whatever comes of it; for ways out that report something else.
    pub(super) fn forget_killed(&mut self, role: Role) {
        // The error that led here is the one to tell.
        let _ = self.forget(role, Identity::kill);
    }

    fn forget(&mut self, role: Role, end: impl FnOnce(Identity) -> bool) -> Result<(), StartError> {
        if let Some(process) = self.record.processes.remove(&role) {
            end(process);
            self.reap();
        }
        Ok(self.record.save(&self.layout)?)
    }

    /// Takes note of children that ended, so that they do not stay in the process table.
    pub(super) fn reap(&mut self) {
        self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    fn ended(&self, role: Role) -> StartError {
        let log = self.layout.log(role);
        StartError::Ended { role, tail: tail(&log), log: log.display().to_string() }
    }

    fn silent(&self, role: Role, place: SocketAddrV4) -> StartError {
        let log = self.layout.log(role);
        StartError::Silent {
            role,
            place: place.to_string(),
            expectation: Question::expectation(role),
            seconds: START_LIMIT.as_secs(),
            tail: tail(&log),
            log: log.display().to_string(),
        }
    }
}

/// The end of a log file, from the start of a line.
fn tail(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len() as i64;
        file.seek(SeekFrom::End(-length.min(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let cut = if length > TAIL_BYTES { text.find('\n').map_or(0, |at| at + 1) } else { 0 };
        Ok(text.get(cut..).unwrap_or_default().trim_end().to_owned())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_log_begins_with_a_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("x.log");
        std::fs::write(&log, "one\ntwo\n").unwrap();
        assert_eq!(tail(&log), "one\ntwo");
        std::fs::write(&log, "a line of words\n".repeat(1000)).unwrap();
        assert!(tail(&log).starts_with("a line"));
        assert_eq!(tail(Path::new("/no/such/log")), "");
    }
}
