//! The keeper: a small process of our own between the executor and mysqld, so that mysqld cannot outlive
//! the executor, however that ends.
//!
//! executor → keeper (dies with the executor, stays, watches) → `exec-mysqld` (dies with the keeper, takes
//! the lock, becomes mysqld). Both are this same binary. The executor sends a line each second, and orders;
//! silence means that it is frozen, the end of the pipe that it is gone: either way mysqld is killed.
//! The keeper decides nothing else, and starts nothing again.
#![allow(clippy::disallowed_methods, reason = "one of the places that start programs")]

use std::{
    ffi::{OsStr, OsString},
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::{
        fs::OpenOptionsExt,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        prctl,
        signal::{Signal, killpg},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::{Pid, getpid, getppid, setsid},
};

/// The subcommand of the keeper.
pub(crate) const KEEPER: &str = "keeper";
/// The subcommand that becomes mysqld.
const EXEC: &str = "exec-mysqld";

/// Lines from the executor: alive; SIGTERM, please; SIGKILL, please.
pub(crate) const BEAT: &str = "beat";
pub(crate) const TERM: &str = "term";
pub(crate) const KILL: &str = "kill";

/// Silence is counted in this many pieces: a keeper that was frozen together with the executor has then
/// counted one piece, not the whole time, and does not kill a server whose executor is back as well.
const PIECES: u32 = 10;
/// For the executor's user alone.
const PRIVATE: u32 = 0o600;
/// Messages between the keeper's own threads; it never has more than a few.
const BACKLOG: usize = 16;

/// What the keeper is to run. It travels as arguments, so it never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errand {
    /// Locked for as long as the program, or anything it started, lives. It runs in the same directory.
    pub(crate) lock: PathBuf,
    /// What it reads, if anything.
    pub(crate) input: Option<PathBuf>,
    /// Where its output is appended.
    pub(crate) output: PathBuf,
    /// Where its standard output goes instead, if that is what it makes: a pipe that somebody reads.
    pub(crate) stream: Option<PathBuf>,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) args: Vec<OsString>,
}

/// Both subcommands: the process that must be alive, how long it may be silent, and the errand.
struct Role {
    parent: Pid,
    silence: Duration,
    errand: Errand,
}

/// Arguments of the keeper, begun by its subcommand.
pub(crate) fn keeper_args(silence: Duration, errand: &Errand) -> Vec<OsString> {
    to_args(KEEPER, &Role { parent: getpid(), silence, errand: errand.clone() })
}

/// Takes over if the arguments (the program's name first) are those of one of the two subcommands. To be
/// called before anything else is: a process that becomes mysqld must have a single thread.
pub(crate) fn dispatch(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    let run: fn(&Role) -> io::Result<()> = match args.next()?.to_str()? {
        KEEPER => keep,
        EXEC => become_program,
        _ => return None,
    };
    let result = parse(args)
        .ok_or_else(|| io::Error::other("only the executor starts this"))
        .and_then(|role| run(&role));
    if let Err(error) = &result {
        let _ = writeln!(io::stderr(), "mysos: {error}");
    }
    Some(if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn to_args(subcommand: &str, role: &Role) -> Vec<OsString> {
    let Role { parent, silence, errand } = role;
    let none = Path::new("-");
    let mut args: Vec<OsString> =
        vec![subcommand.into(), parent.to_string().into(), silence.as_millis().to_string().into()];
    let (input, stream) = (errand.input.as_deref(), errand.stream.as_deref());
    let (lock, output, program) = (&errand.lock, &errand.output, &errand.program);
    let paths = [lock, input.unwrap_or(none), output, stream.unwrap_or(none), program];
    args.extend(paths.map(|path: &Path| path.into()));
    args.extend(errand.args.iter().cloned());
    args
}

fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Role> {
    let mut number = || args.next()?.to_str()?.parse::<u64>().ok();
    let parent = Pid::from_raw(i32::try_from(number()?).ok()?);
    let silence = Duration::from_millis(number()?);
    let mut path = || args.next().map(PathBuf::from);
    let (lock, input, output, stream, program) = (path()?, path()?, path()?, path()?, path()?);
    let named = |path: PathBuf| (path.as_os_str() != OsStr::new("-")).then_some(path);
    let (input, stream) = (named(input), named(stream));
    let errand = Errand { lock, input, output, stream, program, args: args.collect() };
    Some(Role { parent, silence, errand })
}

/// Asks the kernel for SIGKILL when the parent ends, and makes sure that it has not ended just before.
fn die_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == parent { Ok(()) } else { Err(io::Error::other("the parent is gone already")) }
}

enum Heard {
    Beat,
    Order(Signal),
    Ended,
}

/// The keeper's life. Its main thread starts the child and stays: the child dies when that thread ends.
fn keep(role: &Role) -> io::Result<()> {
    die_with(role.parent)?;
    // Signals to the executor's process group and session do not come here.
    setsid()?;
    let mut child = start_child(role)?;
    let pid = Pid::from_raw(child.id() as i32);
    say(&format!("pid {pid}"))?;
    let (tell, hear) = sync_channel(BACKLOG);
    let ended = tell.clone();
    std::thread::spawn(move || wait_for_end(pid, &ended));
    std::thread::spawn(move || read_orders(&tell));
    watch(&hear, pid, role.silence);
    let status = child.wait()?;
    say(&in_words(status))
}

fn start_child(role: &Role) -> io::Result<Child> {
    let inner = Role { parent: getpid(), silence: role.silence, errand: role.errand.clone() };
    Command::new(std::env::current_exe()?)
        .args(to_args(EXEC, &inner))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
}

/// To the executor. That it is gone is noticed elsewhere.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited code {code}"),
        (None, signal) => format!("exited signal {}", signal.unwrap_or_default()),
    }
}

/// Sees the end without reaping: the number stays the child's own until the main thread, the only one that
/// signals, has heard of it.
fn wait_for_end(pid: Pid, tell: &SyncSender<Heard>) {
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(nix::errno::Errno::EINTR) {
    }
    let _ = tell.send(Heard::Ended);
}

/// Until the executor is gone; then it asks for the kill itself.
fn read_orders(tell: &SyncSender<Heard>) {
    for line in BufReader::new(io::stdin()).lines().map_while(Result::ok) {
        let heard = match line.as_str() {
            TERM => Heard::Order(Signal::SIGTERM),
            KILL => Heard::Order(Signal::SIGKILL),
            _ => Heard::Beat,
        };
        if tell.send(heard).is_err() {
            return;
        }
    }
    let _ = tell.send(Heard::Order(Signal::SIGKILL));
}

/// Returns when the child has ended.
fn watch(hear: &Receiver<Heard>, pid: Pid, silence: Duration) {
    let mut silent = 0;
    loop {
        match hear.recv_timeout(silence / PIECES) {
            Ok(Heard::Beat) => silent = 0,
            // A group that is gone already is about to be heard of.
            Ok(Heard::Order(signal)) => drop(killpg(pid, signal)),
            Ok(Heard::Ended) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => silent += 1,
        }
        if silent == PIECES {
            let _ = killpg(pid, Signal::SIGKILL);
        }
    }
}

/// Dies with the keeper, takes the lock, and becomes the program. Returns only when that fails; why is
/// appended to the program's output, where its own last words would be.
fn become_program(role: &Role) -> io::Result<()> {
    die_with(role.parent)?;
    let mut output = append_to(&role.errand.output)?;
    let error = exec(role, &output).unwrap_or_else(|error| error);
    let _ = writeln!(output, "[ERROR] mysos: cannot run {}: {error}", role.errand.program.display());
    Err(error)
}

fn exec(role: &Role, output: &File) -> io::Result<io::Error> {
    let errand = &role.errand;
    let lock = hold(&errand.lock)?;
    let input = match &errand.input {
        Some(path) => Stdio::from(File::open(path)?),
        None => Stdio::null(),
    };
    let stdout = match &errand.stream {
        Some(path) => OpenOptions::new().write(true).open(path)?,
        None => output.try_clone()?,
    };
    let error = Command::new(&errand.program)
        .args(&errand.args)
        .current_dir(errand.lock.parent().unwrap_or(Path::new("/")))
        .stdin(input)
        .stdout(stdout)
        .stderr(output.try_clone()?)
        // A server that is asked to begin again (MySQL's CLONE, RESTART) ends with code 16 if somebody waits.
        .env("MYSQLD_PARENT_PID", role.parent.to_string())
        .exec();
    drop(lock);
    Ok(error)
}

/// Locks a file and lets the lock pass on to the program: it ends with the last process that has it.
fn hold(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(path)?;
    file.try_lock()
        .map_err(|_| io::Error::other("another server is still running on this data directory"))?;
    fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(file)
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(PRIVATE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_survives_its_way_through_the_arguments() {
        for input in [None, Some(PathBuf::from("/d/in put"))] {
            let errand = Errand {
                lock: "/d/running".into(),
                stream: input.clone(),
                input,
                output: "/d/log/error.log".into(),
                program: "/usr/sbin/mariadbd".into(),
                args: vec!["--defaults-file=/d/my.cnf".into(), "-".into(), "".into()],
            };
            let args = keeper_args(Duration::from_millis(1500), &errand);
            let role = parse(args.into_iter().skip(1)).unwrap();
            assert_eq!((role.parent, role.silence), (getpid(), Duration::from_millis(1500)));
            assert_eq!(role.errand, errand);
        }
    }

    #[test]
    fn other_arguments_are_left_to_the_executor() {
        for args in [&["mysos_executor"][..], &["mysos_executor", "--help"], &["mysos_executor", "x", KEEPER]]
        {
            assert!(dispatch(args.iter().map(OsString::from)).is_none());
        }
    }

    #[test]
    fn arguments_that_are_no_errand_fail() {
        for args in [&["x", KEEPER][..], &["x", EXEC, "1"], &["x", KEEPER, "a", "b", "c", "d", "e", "f"]] {
            assert_eq!(
                format!("{:?}", dispatch(args.iter().map(OsString::from))),
                format!("{:?}", Some(ExitCode::FAILURE))
            );
        }
    }
}
