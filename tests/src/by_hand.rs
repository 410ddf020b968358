//! A scheduler started by hand: with the flags of the stack's own, and others instead. What starts badly is shown so.

use std::{
    fs::File,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::wait_until;

/// How a scheduler is started, read from one that runs.
#[derive(Debug, Clone)]
pub struct Recipe {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    dir: PathBuf,
}

/// A scheduler of our own. It is killed with this value.
#[derive(Debug)]
pub struct ByHand {
    child: Child,
    log: PathBuf,
}

impl Recipe {
    /// That of a running process; `dir` is the directory of its stack.
    pub(crate) fn of(pid: i32, dir: &Path) -> Self {
        let words = |name: &str| -> Vec<String> {
            let bytes = std::fs::read(format!("/proc/{pid}/{name}")).expect("the scheduler runs");
            let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
            words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
        };
        let halves =
            |word: String| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            arguments: words("cmdline"),
            environment: words("environ").into_iter().filter_map(halves).collect(),
            dir: dir.to_owned(),
        }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).expect("a variable of the scheduler")
    }

    /// The same, with another value of a variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, with further flags. The last of a name counts.
    #[must_use]
    pub fn with_flag(mut self, name: &str, value: &str) -> Self {
        self.arguments.push(format!("--{name}={value}"));
        self
    }

    /// Starts it, with a log of its own.
    pub fn start(&self, log: &str) -> ByHand {
        let log = self.dir.join("log").join(format!("{log}.log"));
        let out = File::create(&log).expect("a log");
        let (program, arguments) = self.arguments.split_first().expect("a command line");
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a second handle"))
            .stderr(out)
            .spawn()
            .expect("it starts");
        ByHand { child, log }
    }
}

impl ByHand {
    /// What it said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it ends by itself, and answers its exit code.
    pub fn exit_code(&mut self, within: Duration) -> i32 {
        let status = wait_until("the scheduler ends by itself", within, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            other => Err(format!("{other:?} {}", std::fs::read_to_string(&self.log).unwrap_or_default())),
        });
        status.code().unwrap_or_else(|| panic!("ended by signal {:?}", status.signal()))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
