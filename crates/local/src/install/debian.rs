//! Debian packages: which are missing, and how they come.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::InstallError;
use crate::progress::Progress;

/// Lines of a failed program that are shown.
const TAIL_LINES: usize = 15;
/// How long apt waits for another one that installs.
const APT_LOCK: &str = "DPkg::Lock::Timeout=300";

/// A package, and how to see that what it brings is there. It need not come from the package.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    name: &'static str,
    proof: Proof,
}

#[derive(Debug, PartialEq, Eq)]
enum Proof {
    /// A program in the search path.
    Program(&'static str),
    /// A file at one of the places where libraries are.
    Library(&'static str),
    /// A file at this very place.
    File(&'static str),
    /// `python3 -m NAME` works, or the variable stands in for it.
    Module { name: &'static str, or_variable: &'static str },
}

const fn package(name: &'static str, proof: Proof) -> Package {
    Package { name, proof }
}

/// What the servers and the stack need.
pub(super) static TO_RUN: [Package; 8] = [
    package("python3", Proof::Program("python3")),
    package("zookeeper", Proof::File("/usr/share/java/zookeeper.jar")),
    package("default-jre-headless", Proof::Program("java")),
    package("libsasl2-2", Proof::Library("libsasl2.so.2")),
    package("libsasl2-modules", Proof::Library("sasl2/libcrammd5.so")),
    package("libcurl3-gnutls", Proof::Library("libcurl-gnutls.so.4")),
    package("libssl3", Proof::Library("libcrypto.so.3")),
    package("zlib1g", Proof::Library("libz.so.1")),
];

/// What the set-up of Mesos needs, once.
pub(super) static TO_BUILD_MESOS: &[Package] = &[
    package("g++", Proof::Program("g++")),
    package("binutils", Proof::Program("readelf")),
    package("python3-pip", Proof::Module { name: "pip", or_variable: "PIP_INDEX_URL" }),
];

/// The database server, its client and its copying program.
pub(super) static MARIADB: &[Package] = &[
    package("mariadb-server-core", Proof::Program("mariadbd")),
    package("mariadb-client", Proof::Program("mariadb")),
    package("mariadb-backup", Proof::Program("mariadb-backup")),
];

/// Installs what is missing of these.
pub(super) fn ensure(wanted: &[&Package], progress: &Progress) -> Result<(), InstallError> {
    let missing = missing(wanted);
    if missing.is_empty() {
        return Ok(());
    }
    if !nix::unistd::geteuid().is_root() {
        return Err(InstallError::NeedsRoot { command: command_line(&missing), packages: owned(&missing) });
    }
    progress.say(format!("installing Debian packages: {}", missing.join(" ")));
    run("apt-get update", apt(&["update", "-q"]), progress)?;
    let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
    install.args(&missing);
    run("apt-get install", install, progress)?;
    match self::missing(wanted) {
        rest if rest.is_empty() => Ok(()),
        rest => Err(InstallError::StillMissing(owned(&rest))),
    }
}

fn missing(wanted: &[&Package]) -> Vec<&'static str> {
    wanted.iter().filter(|package| !package.proof.holds()).map(|package| package.name).collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn command_line(packages: &[&str]) -> String {
    format!("apt-get update && apt-get install -y --no-install-recommends {}", packages.join(" "))
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", APT_LOCK, "-o", "Dpkg::Use-Pty=0"]);
    command.args(arguments);
    command
}

impl Proof {
    fn holds(&self) -> bool {
        match self {
            Self::Program(name) => program(name),
            Self::Library(name) => library(name),
            Self::File(path) => Path::new(path).exists(),
            Self::Module { name, or_variable } => std::env::var_os(or_variable).is_some() || module(name),
        }
    }
}

fn program(name: &str) -> bool {
    // Servers are in the second kind of directory, which a plain user's search path often lacks.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let beside = ["/usr/sbin", "/usr/local/sbin"].map(Into::into);
    std::env::split_paths(&path).chain(beside).any(|dir| dir.join(name).is_file())
}

fn library(name: &str) -> bool {
    let machine = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [machine.as_str(), "/usr/lib64", "/usr/lib", "/lib", "/usr/local/lib"]
        .iter()
        .any(|dir| Path::new(dir).join(name).exists())
}

fn module(name: &str) -> bool {
    let mut python = Command::new("python3");
    python.args(["-m", name, "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Runs a program that installs, and tells each of its lines.
pub(super) fn run(what: &str, mut command: Command, progress: &Progress) -> Result<(), InstallError> {
    let shown = format!("{command:?}");
    let failed = |status: String, tail: &[String]| InstallError::Failed {
        what: what.to_owned(),
        status,
        tail: tail.join("\n"),
        command: shown.clone(),
    };
    let (reader, writer) = std::io::pipe().map_err(|error| failed(error.to_string(), &[]))?;
    let streams = writer.try_clone().map_err(|error| failed(error.to_string(), &[]))?;
    command.stdin(Stdio::null()).stdout(writer).stderr(streams);
    let mut child = command.spawn().map_err(|error| failed(error.to_string(), &[]))?;
    drop(command); // It holds the writing end, without which the lines below never end.
    let mut tail = Vec::new();
    for line in BufReader::new(reader).lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
        progress.say(format!("  {line}"));
        tail.push(line);
        if tail.len() > TAIL_LINES {
            tail.remove(0);
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string(), &tail)),
        Err(error) => Err(failed(error.to_string(), &tail)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_needs_no_installation() {
        let shell = package("dash", Proof::Program("sh"));
        ensure(&[&shell], &Progress::silent()).unwrap();
    }

    #[test]
    fn what_is_missing_is_named() {
        let nothing = package("no-such-package", Proof::File("/no/such/file"));
        let shell = package("dash", Proof::Program("sh"));
        assert_eq!(missing(&[&nothing, &shell]), ["no-such-package"]);
        assert!(command_line(&["a", "b"]).ends_with("--no-install-recommends a b"));
    }

    #[test]
    fn a_failing_program_is_told_with_its_last_lines() {
        let (sender, told) = std::sync::mpsc::channel();
        let progress = Progress::new(move |line| sender.send(line.to_owned()).unwrap());
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let error = run("the test", command, &progress).unwrap_err().to_string();
        assert!(error.contains("one\ntwo") && error.contains("exit status: 3"), "{error}");
        drop(progress);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["  one", "  two"]);
    }
}
