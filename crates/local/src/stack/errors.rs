//! What can go wrong with a stack, by what the caller can do about it.
use std::io;

use crate::binaries::BinariesError;
use crate::install::InstallError;
use crate::process::Identity;
use crate::record::RecordError;
use crate::role::Role;
use crate::secrets::SecretsError;
use crate::settings::Mismatch;

/// A server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The stack has no such server.
    #[error("this stack has no {role}")]
    Unknown {
        /// Which.
        role: Role,
    },
    /// Its address is taken, and it must be this one.
    #[error("{role} needs {place}, where something else listens (`ss -ltnp` shows what)")]
    Taken {
        /// Which.
        role: Role,
        /// Where.
        place: String,
    },
    /// All ports near the usual one are taken.
    #[error("no free port for {role} at or after {place}")]
    NoPort {
        /// Which.
        role: Role,
        /// Where the search began.
        place: String,
    },
    /// Our programs are not there.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// The program could not be executed.
    #[error("cannot start {role}")]
    Spawn {
        /// Which.
        role: Role,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended instead of answering.
    #[error("{role} ended at once; the last lines of {log}:\n{tail}")]
    Ended {
        /// Which.
        role: Role,
        /// Its log file.
        log: String,
        /// The end of it.
        tail: String,
    },
    /// It runs and does not answer.
    #[error(
        "{role} at {place} did not give {expectation} within {seconds} s; the last lines of {log}:\n{tail}"
    )]
    Silent {
        /// Which.
        role: Role,
        /// Where.
        place: String,
        /// What was waited for.
        expectation: &'static str,
        /// How long.
        seconds: u64,
        /// Its log file.
        log: String,
        /// The end of it.
        tail: String,
    },
    /// The person who asked for it wants it no more.
    #[error("interrupted while {role} was starting")]
    Interrupted {
        /// Which.
        role: Role,
    },
    /// What runs could not be written down.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// A stack did not come up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The directory cannot be used.
    #[error("cannot use {dir} for a stack")]
    Directory {
        /// The directory.
        dir: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A number that makes no stack.
    #[error("{0}")]
    Wish(String),
    /// The wish does not fit the stack that is there.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A part is missing.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The secrets are not usable.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The record is not usable.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A stack did not end.
#[derive(Debug, thiserror::Error)]
pub enum DownError {
    /// The directory is not there, or cannot be read.
    #[error("no stack in {dir}")]
    NoStack {
        /// The directory.
        dir: String,
    },
    /// Another one works on it.
    #[error(transparent)]
    Lock(#[from] InstallError),
    /// The record is not usable; processes that the directory's name gives away were ended.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Some processes would not end.
    #[error("these processes would not end: {}", list(.0))]
    Left(Vec<Identity>),
}

fn list(processes: &[Identity]) -> String {
    processes.iter().map(|process| process.pid.to_string()).collect::<Vec<_>>().join(", ")
}
