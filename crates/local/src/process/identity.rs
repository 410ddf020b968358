//! One process, told from a later one that got the same number.
use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::wait::wait_until;

/// How long the kernel may take to end what got SIGKILL: a disk wait, nothing else, holds it up.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// A process: its number, and when it began, in ticks since the machine's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The number of the process; the kernel gives it to another one later.
    pub pid: i32,
    /// Field 22 of `/proc/PID/stat`.
    pub start_time: u64,
}

impl Identity {
    /// Who has this number now; nobody if it ended, reaped or not.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        parse_stat(&stat).map(|start_time| Self { pid, start_time })
    }

    /// Whether this very process still runs.
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, if this very process still runs.
    pub fn signal(self, signal: Signal) {
        if self.is_alive() {
            // It may end in between, and a process of another user is not ours to end: both show in the next look.
            let _: Result<(), Errno> = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// Ends it at once and waits until it is gone; whether it is.
    pub fn kill(self) -> bool {
        self.signal(Signal::SIGKILL);
        wait_until(KILL_LIMIT, || !self.is_alive())
    }

    /// Asks it to end, waits, and ends it if it does not; whether it is gone.
    pub fn end(self, grace: Duration) -> bool {
        self.signal(Signal::SIGTERM);
        wait_until(grace, || !self.is_alive()) || self.kill()
    }
}

/// The start time in a line of `/proc/PID/stat`; none for a process that has ended and waits for its parent.
fn parse_stat(stat: &str) -> Option<u64> {
    // The name stands in parentheses and may hold any character, so count from its end.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let state = fields.first()?;
    // The state is field 3, the start time field 22.
    if matches!(*state, "Z" | "X") { None } else { fields.get(19)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21";
        assert_eq!(parse_stat(stat), Some(777));
    }

    #[test]
    fn a_process_that_waits_for_its_parent_has_ended() {
        assert_eq!(parse_stat("42 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20"), None);
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id() as i32;
        assert!(wait_until(KILL_LIMIT, || Identity::of(pid).is_none()));
        child.wait().unwrap();
    }

    #[test]
    fn another_process_with_the_same_number_is_left_alone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let real = Identity::of(child.id() as i32).unwrap();
        let earlier = Identity { start_time: real.start_time - 1, ..real };
        assert!(earlier.kill(), "what is gone counts as ended");
        assert!(real.is_alive());
        assert!(real.end(Duration::from_secs(5)));
        child.wait().unwrap();
    }
}
