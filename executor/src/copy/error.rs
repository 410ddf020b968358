//! What can go wrong with a copy, in words for whoever looks after the member.

use std::{io, path::PathBuf, time::Duration};

use mysos_mysql_admin::AdminError;

use super::position::PositionError;
use crate::{
    mysqld::process::{Exited, StartError},
    volume::VolumeError,
};

/// Why a copy was not built, or not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// A program is missing.
    #[error("{name} was not found; looked at {looked}; it comes with {package}")]
    NoProgram {
        /// Which.
        name: &'static str,
        /// Where.
        looked: String,
        /// What to install.
        package: &'static str,
    },
    /// A program could not be started.
    #[error("cannot start {program}")]
    Start {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: StartError,
    },
    /// A program failed.
    #[error("{program} ended by {exited}; it says: {lines}")]
    Failed {
        /// Which.
        program: PathBuf,
        /// How it ended.
        exited: Exited,
        /// The last lines that it wrote.
        lines: String,
    },
    /// A program took too long, and was killed.
    #[error("{program} did not end within {limit:?}")]
    TooLong {
        /// Which.
        program: PathBuf,
        /// The bound.
        limit: Duration,
    },
    /// The donor does not give one now.
    #[error("member {donor} gives no copy now: {why}")]
    Refused {
        /// Its slot.
        donor: u32,
        /// What it answered.
        why: String,
    },
    /// The donor ended the copy.
    #[error("the donor ended the copy: {0}")]
    Ended(String),
    /// The conversation broke off.
    #[error("the stream from the donor broke off after {bytes} bytes: {why}")]
    Broken {
        /// How much had come.
        bytes: u64,
        /// What happened.
        why: String,
    },
    /// Nothing comes any more.
    #[error("no byte of the copy has come for {0:?}")]
    Stalled(Duration),
    /// The disk is too small.
    #[error(
        "the disk is full: the copy needs about {need} bytes beside the present data, and {free} are free in {path}"
    )]
    Space {
        /// What the copy needs.
        need: u64,
        /// What is free.
        free: u64,
        /// Where.
        path: PathBuf,
    },
    /// The disk refused.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The member's directory.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The place of the copy in the history.
    #[error("the copy does not say where in the history it ends")]
    Position(#[from] PositionError),
    /// A server.
    #[error(transparent)]
    Server(#[from] AdminError),
}

impl CopyError {
    /// For an answer of the disk.
    pub(crate) fn disk(doing: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { doing, path, source }
    }
}
