//! Why a verb did not do what it was asked to, and the exit code that says so to scripts.

use std::process::ExitCode;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, or failed
  2  wrong usage
  3  no such cluster
  4  not within the time given
  5  the scheduler cannot be reached";

/// A verb failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The scheduler said no.
    #[error("{url} answered {status}: {text}")]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// The scheduler's words.
        text: String,
    },
    /// There is no such cluster.
    #[error("{url}: {text}; `mysos list` shows what there is")]
    NotFound {
        /// What was asked.
        url: String,
        /// The scheduler's words.
        text: String,
    },
    /// It went on for too long.
    #[error("{0}")]
    TimedOut(String),
    /// Nobody answers.
    #[error(
        "cannot reach {url}; is the scheduler running there? Name another address with --api or MYSOS_API"
    )]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The command makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl Failure {
    /// The code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused { .. } | Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::NotFound { .. } => 3,
            Self::TimedOut(_) => 4,
            Self::Unreachable { .. } => 5,
        })
    }

    /// Whether the same request may succeed a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { status: 503, .. })
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}
