//! Starts a server so that it outlives its starter, with its own session, a clean environment and a log file.
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The variable by which everything we start is found again.
pub(crate) const MARKER: &str = "MYSOS_STACK_DIR";
/// What servers inherit. Not more: a `MESOS_*` variable of the caller would be a flag of the server.
const INHERITED: [&str; 9] =
    ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "JAVA_HOME", "RUST_LOG", "RUST_BACKTRACE"];

/// A program to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: BTreeMap<String, OsString>,
}

impl Launch {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), environment: BTreeMap::new() }
    }

    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn flag(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(value);
        self.arg(flag)
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// The command, in a session of its own: a closed terminal or a signal to the starter's group does not reach it.
    fn command(&self, dir: &Path) -> Command {
        // The program of util-linux calls setsid and becomes the server: the process number stays.
        let mut command = Command::new("setsid");
        command.arg(&self.program).args(&self.arguments).env_clear();
        command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(&self.environment).env(MARKER, dir).current_dir(dir);
        command
    }
}

/// Starts a program that belongs to a stack; its output is appended to a log file.
pub(crate) fn spawn(launch: &Launch, dir: &Path, log: &Path, input: Stdio) -> io::Result<Child> {
    if let Some(parent) = log.parent() {
        fs::create_dir_all(parent)?;
    }
    let out = OpenOptions::new().create(true).append(true).open(log)?;
    launch.command(dir).stdin(input).stdout(out.try_clone()?).stderr(out).spawn()
}
