//! Processes of this machine, as far as they belong to a directory.

use std::{fs, path::Path};

/// A process: its number and when it began, because numbers come again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Start time in clock ticks since boot.
    pub start: u64,
    /// Its command line, cut.
    pub command: String,
}

impl Process {
    /// What it is called.
    pub fn program(&self) -> &str {
        self.command.split(' ').next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
    }

    /// Resident memory in KiB.
    pub fn rss_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// The processes whose environment or command line names this directory, less the one that asks.
pub fn named_by(dir: &Path) -> Vec<Process> {
    let name = dir.to_str().expect("a plain path").as_bytes().to_owned();
    let names = |bytes: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    let own = std::process::id() as i32;
    let mut found: Vec<Process> = fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid| {
            let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            if !names(&environ) && !names(&command) {
                return None;
            }
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let after = stat.rsplit_once(')')?.1;
            let start = after.split_whitespace().nth(19)?.parse().ok()?;
            let zombie = after.split_whitespace().next() == Some("Z");
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            (!zombie).then_some(Process { pid, start, command })
        })
        .collect();
    found.sort();
    found
}
