//! What the HTTP faces may ask of the fleet, and what it answers. Parsed and checked before it comes here.

use mysos_model::{ClusterName, ClusterSpec, Password};

/// Makes a repeated request recognizable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's `Idempotency-Key`.
    pub key: String,
    /// Who called.
    pub principal: String,
    /// Keyed digest of the normalized request, in hexadecimal.
    pub digest: String,
}

/// A wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Make a cluster.
    Create {
        /// Its name.
        name: ClusterName,
        /// What is wanted.
        spec: ClusterSpec,
        /// The owner's own password; absent: one is generated.
        cluster_password: Option<Password>,
        /// Who asked.
        owner: String,
        /// To recognize a repeat.
        idempotency: Option<Idempotency>,
    },
    /// Delete a cluster.
    Delete {
        /// Its name.
        name: ClusterName,
        /// The cluster's password, as the caller gave it.
        password: Option<Password>,
    },
}

/// What became of a wish. Sent after it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The cluster is recorded and will be made.
    Created {
        /// The owner's password.
        password: Password,
        /// Whether this is the answer to an earlier request.
        replayed: bool,
        /// Id of the operation.
        operation: String,
    },
    /// The deletion is recorded and goes on.
    Deleted {
        /// Id of the operation.
        operation: String,
    },
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why a wish was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A cluster of that name exists.
    #[error("cluster {name} exists{}; choose another name, or delete it first", if *terminating { " and is being deleted" } else { "" })]
    Exists {
        /// The name.
        name: ClusterName,
        /// Whether it is being deleted.
        terminating: bool,
    },
    /// There is none.
    #[error("there is no cluster {0}")]
    NotFound(ClusterName),
    /// The password is absent or wrong.
    #[error(
        "the password of cluster {0} is absent or wrong; it is the cluster_password that its creation answered"
    )]
    WrongPassword(ClusterName),
    /// Not now; the text says why. Repeat it.
    #[error("{0}")]
    Unavailable(String),
}
