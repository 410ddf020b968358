//! A program under its keeper: start, signal, and how it ended.
//!
//! Whoever starts one gets a future that carries the conversation with the keeper. It must be polled for as
//! long as the program is to live: it sends the heartbeats. Dropping it kills the program.
#![allow(
    clippy::disallowed_methods,
    reason = "one of the places that start programs; and a timer of the runtime"
)]

use std::{
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    pin::Pin,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::Duration,
};

use futures::future::BoxFuture;
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    sync::{mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior, Sleep, interval, sleep, timeout},
};

use crate::keeper::{self, Errand};

/// How long an executor may be silent before its keeper kills mysqld. Longer than a machine that swaps lets
/// a process wait; a primary that is frozen for longer has lost its session and its clients anyway.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);
/// How often the executor says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// How long a keeper may take to begin: it starts two small processes.
const BEGIN: Duration = Duration::from_secs(10);
/// How long a program may take to be gone after SIGKILL before its keeper is killed too, which the kernel
/// answers with another SIGKILL: the keeper itself may be frozen.
const OBEY: Duration = Duration::from_secs(5);
/// How long a server whose keeper was lost may take to die and let go of its files.
const LET_GO: Duration = Duration::from_secs(30);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(20);
/// How long a program may take to say its version; some are wrapped in a script.
const VERSION: Duration = Duration::from_secs(10);
/// Characters of what such a program says last, when it fails: one line of an error.
const LAST_WORDS: usize = 300;
/// Starts that wait for their turn; there is one server.
const BACKLOG: usize = 8;
/// Orders that wait to be written to the keeper.
const ORDERS: usize = 8;

/// The exit code by which a server asks to be started again: MySQL after CLONE and RESTART.
const RESTART: i32 = 16;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct StartOptions {
    /// The program with its arguments and files.
    pub(crate) errand: Errand,
    /// Its whole environment.
    pub(crate) env: Vec<(OsString, OsString)>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exited {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Its keeper was lost, and it was killed with it.
    Lost,
    /// Its keeper was lost, and it has not let go of the data directory in time.
    Stuck,
}

impl fmt::Display for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(RESTART) => write!(f, "exit code {RESTART}, which asks for a restart"),
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal {number} ({signal})"),
                Err(_) => write!(f, "signal {number}"),
            },
            Self::Lost => f.write_str("the loss of its keeper, which killed it"),
            Self::Stuck => f.write_str("the loss of its keeper; it still holds the data directory"),
        }
    }
}

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The keeper could not be started.
    #[error("cannot start the keeper {program}")]
    Spawn {
        /// This executor's own binary.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The keeper ended or stayed silent; its words are in the executor's own log.
    #[error("the keeper did not begin: {0}")]
    Keeper(String),
}

/// Starts keepers, each from one thread that never ends: the kernel takes the end of the thread that
/// started a process for the end of its parent.
#[derive(Debug, Clone)]
pub(crate) struct Spawner {
    program: PathBuf,
    silence: Duration,
    jobs: SyncSender<Job>,
}

struct Job {
    command: Command,
    done: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// For the life of this process.
    pub(crate) fn start() -> io::Result<Self> {
        Self::new(std::env::current_exe()?, SILENCE)
    }

    /// Keepers are `program`, which is this executor's own binary; see [`SILENCE`].
    pub(crate) fn new(program: PathBuf, silence: Duration) -> io::Result<Self> {
        let (jobs, todo) = sync_channel(BACKLOG);
        std::thread::Builder::new().name("spawner".into()).spawn(move || serve(&todo))?;
        Ok(Self { program, silence, jobs })
    }

    async fn spawn(&self, options: &StartOptions) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(keeper::keeper_args(self.silence, &options.errand))
            .env_clear()
            .envs(options.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let (done, child) = oneshot::channel();
        self.jobs.try_send(Job { command, done }).map_err(|_| io::Error::other("too many starts at once"))?;
        child.await.map_err(|_| io::Error::other("the starting thread has ended"))?
    }
}

fn serve(todo: &Receiver<Job>) {
    for mut job in todo {
        if let Err(Ok(mut child)) = job.done.send(job.command.spawn()) {
            // Nobody waits for it any more.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
    // The last handle is gone, but children may live.
    loop {
        std::thread::park();
    }
}

/// A program that was started.
#[derive(Debug)]
pub(crate) struct Mysqld {
    pid: u32,
    orders: mpsc::Sender<&'static str>,
    exited: watch::Receiver<Option<Exited>>,
}

impl Mysqld {
    /// Starts a program. The future is its life: poll it until it says how that ended.
    pub(crate) async fn start(
        spawner: &Spawner,
        options: StartOptions,
    ) -> Result<(Self, BoxFuture<'static, Exited>), StartError> {
        let mut child = spawner
            .spawn(&options)
            .await
            .map_err(|source| StartError::Spawn { program: spawner.program.clone(), source })?;
        let pipes = Pipes::of(&mut child).map_err(|error| StartError::Keeper(error.to_string()));
        let mut keeper = Keeper { child: Some(child), pipes: pipes?, lock: options.errand.lock };
        let pid = match timeout(BEGIN, keeper.pipes.begin()).await {
            Ok(Ok(pid)) => pid,
            Ok(Err(error)) => return Err(StartError::Keeper(error.to_string())),
            Err(_) => return Err(StartError::Keeper(format!("not a word within {BEGIN:?}"))),
        };
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (tell, exited) = watch::channel(None);
        let beat = BEAT.min(spawner.silence / 5);
        let life = async move {
            let exited = keeper.converse(ordered, beat).await;
            tell.send_replace(Some(exited));
            exited
        };
        Ok((Self { pid, orders, exited }, Box::pin(life)))
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&self) -> Option<Exited> {
        *self.exited.borrow()
    }

    /// Asks it to end (SIGTERM).
    pub(crate) async fn terminate(&self) {
        // If nobody takes the order, the conversation has ended, and the program with it.
        let _ = self.orders.send(keeper::TERM).await;
    }

    /// Ends it (SIGKILL).
    pub(crate) async fn kill(&self) {
        let _ = self.orders.send(keeper::KILL).await;
    }

    /// Waits until it is reaped. Somebody else polls its life meanwhile.
    pub(crate) async fn gone(&mut self) -> Exited {
        match self.exited.wait_for(Option::is_some).await {
            Ok(exited) => exited.unwrap_or(Exited::Lost),
            Err(_) => Exited::Lost,
        }
    }
}

/// The executor's end of the pipes.
struct Pipes {
    to: tokio::process::ChildStdin,
    from: Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Pipes {
    fn of(child: &mut Child) -> io::Result<Self> {
        let missing = || io::Error::other("it has no pipes");
        let to: ChildStdin = child.stdin.take().ok_or_else(missing)?;
        let from: ChildStdout = child.stdout.take().ok_or_else(missing)?;
        let from = tokio::process::ChildStdout::from_std(from)?;
        Ok(Self { to: tokio::process::ChildStdin::from_std(to)?, from: BufReader::new(from).lines() })
    }

    async fn begin(&mut self) -> io::Result<u32> {
        let line = self.from.next_line().await?.unwrap_or_default();
        let pid = line.strip_prefix("pid ").and_then(|pid| pid.parse().ok());
        pid.ok_or_else(|| io::Error::other(format!("it ended, or said {line:?}")))
    }

    async fn say(&mut self, line: &str) {
        // A keeper that does not read is frozen or gone; the other pipe tells which.
        let _ = timeout(BEAT, self.to.write_all(format!("{line}\n").as_bytes())).await;
    }
}

struct Keeper {
    child: Option<Child>,
    pipes: Pipes,
    lock: PathBuf,
}

impl Keeper {
    /// Until the program has ended and the keeper is reaped.
    async fn converse(mut self, mut orders: mpsc::Receiver<&'static str>, beat: Duration) -> Exited {
        let mut beats = interval(beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut too_late: Pin<Box<Sleep>> = Box::pin(sleep(OBEY));
        let mut killing = false;
        let told = loop {
            tokio::select! {
                line = self.pipes.from.next_line() => break line.ok().flatten().and_then(|line| parse(&line)),
                order = orders.recv(), if !orders.is_closed() || !orders.is_empty() => {
                    let Some(order) = order else { continue };
                    if order == keeper::KILL && !killing {
                        killing = true;
                        too_late.as_mut().reset(Instant::now() + OBEY);
                    }
                    self.pipes.say(order).await;
                }
                _ = beats.tick() => self.pipes.say(keeper::BEAT).await,
                () = &mut too_late, if killing => break None,
            }
        };
        if let Some(exited) = told {
            self.reap().await;
            return exited;
        }
        self.kill_keeper();
        self.reap().await;
        if let_go(&self.lock).await { Exited::Lost } else { Exited::Stuck }
    }

    /// It may be gone already; a frozen one ends too, and the kernel then ends the program.
    fn kill_keeper(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
        }
    }

    async fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = tokio::task::spawn_blocking(move || child.wait()).await;
        }
    }
}

/// A conversation that is dropped takes its keeper along, and the kernel takes the program.
impl Drop for Keeper {
    fn drop(&mut self) {
        self.kill_keeper();
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }
}

fn parse(line: &str) -> Option<Exited> {
    let (kind, number) = line.strip_prefix("exited ")?.split_once(' ')?;
    let number = number.parse().ok()?;
    match kind {
        "code" => Some(Exited::Code(number)),
        "signal" => Some(Exited::Signal(number)),
        _ => None,
    }
}

/// Whether nothing holds this lock any more, within a bound.
async fn let_go(lock: &Path) -> bool {
    let free = async {
        while crate::volume::is_held(lock) {
            sleep(LOOK).await;
        }
    };
    timeout(LET_GO, free).await.is_ok()
}

/// What a program says when it is asked for its version.
pub(crate) async fn version_text(program: &Path) -> io::Result<String> {
    let output = tokio::process::Command::new(program)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(VERSION, output)
        .await
        .map_err(|_| io::Error::other(format!("it did not say its version within {VERSION:?}")))??;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing");
        let last: String = last.chars().take(LAST_WORDS).collect();
        return Err(io::Error::other(format!(
            "asked for its version it ended with {}: {last}",
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keepers_last_line_says_how_it_ended() {
        assert_eq!(parse("exited code 0"), Some(Exited::Code(0)));
        assert_eq!(parse("exited signal 9"), Some(Exited::Signal(9)));
        for odd in ["", "exited", "exited code", "exited code x", "exited well 1", "pid 7"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_end_is_told_in_words() {
        assert_eq!(Exited::Signal(9).to_string(), "signal 9 (SIGKILL)");
        assert_eq!(Exited::Code(1).to_string(), "exit code 1");
        assert_eq!(Exited::Code(16).to_string(), "exit code 16, which asks for a restart");
    }
}
