//! A transaction as a value: checks, creates, sets and deletes that all happen or none.
//!
//! Every write of this crate is one of these, also a single one.

use zookeeper_client::{self as client, Client};

use crate::{
    acl::{Access, Account},
    call::{Asked, Failed, Line, Until},
    error::{Refusal, ZkError},
    node::{Stat, Version},
    session::SessionNumber,
};

/// ZooKeeper's limit of a request is 1 MiB less one byte (`jute.maxbuffer`); a larger one ends the connection
/// instead of being refused. This leaves room for headers.
const MAX_BYTES: usize = 1_000_000;
/// Header, access list and length fields of one operation, generously.
const OP_OVERHEAD: usize = 256;

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The znode exists in this version.
    Check {
        /// Where.
        path: String,
        /// The version it must have.
        version: Version,
    },
    /// A new znode.
    Create {
        /// Where; the server appends ten digits if the kind is sequential.
        path: String,
        /// Its data.
        data: Vec<u8>,
        /// How long it lives and how it is named.
        kind: Kind,
        /// Who may do what with it.
        access: Access,
    },
    /// New data.
    Set {
        /// Where.
        path: String,
        /// The data.
        data: Vec<u8>,
        /// The version it must have; any, if none is given.
        version: Option<Version>,
    },
    /// The znode goes.
    Delete {
        /// Where.
        path: String,
        /// The version it must have; any, if none is given.
        version: Option<Version>,
    },
}

/// How long a znode lives and how it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Until it is deleted.
    Persistent,
    /// Until it is deleted; the server appends a number.
    PersistentSequential,
    /// As long as the session.
    Ephemeral,
    /// As long as the session; the server appends a number.
    EphemeralSequential,
}

/// What an operation of a committed transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The version was right.
    Checked,
    /// The znode has this path. Its version is 0. (Servers before 3.8.2 tell no more about it here.)
    Created(String),
    /// The znode has these numbers now.
    Set(Stat),
    /// It is gone.
    Deleted,
}

/// A transaction, in order: each operation sees what those before it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Multi {
    ops: Vec<Op>,
}

impl Multi {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only if `path` has this version.
    #[must_use]
    pub fn check(self, path: impl Into<String>, version: Version) -> Self {
        self.with(Op::Check { path: path.into(), version })
    }

    /// And make `path`.
    #[must_use]
    pub fn create(
        self,
        path: impl Into<String>,
        data: impl Into<Vec<u8>>,
        kind: Kind,
        access: Access,
    ) -> Self {
        self.with(Op::Create { path: path.into(), data: data.into(), kind, access })
    }

    /// And set `path`, if it has this version.
    #[must_use]
    pub fn set(
        self,
        path: impl Into<String>,
        data: impl Into<Vec<u8>>,
        version: impl Into<Option<Version>>,
    ) -> Self {
        self.with(Op::Set { path: path.into(), data: data.into(), version: version.into() })
    }

    /// And delete `path`, if it has this version.
    #[must_use]
    pub fn delete(self, path: impl Into<String>, version: impl Into<Option<Version>>) -> Self {
        self.with(Op::Delete { path: path.into(), version: version.into() })
    }

    /// And this.
    #[must_use]
    pub fn with(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    /// The operations in order.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    fn bytes(&self) -> usize {
        self.ops.iter().map(|op| op.bytes() + OP_OVERHEAD).sum()
    }

    /// For error texts: the first operation that changes something.
    fn asked(&self) -> Asked<'_> {
        let first = self.ops.iter().find(|op| !matches!(op, Op::Check { .. })).or(self.ops.first());
        first.map_or(Asked { verb: "commit", path: "/" }, Op::asked)
    }
}

impl FromIterator<Op> for Multi {
    fn from_iter<I: IntoIterator<Item = Op>>(ops: I) -> Self {
        Self { ops: ops.into_iter().collect() }
    }
}

impl Op {
    fn asked(&self) -> Asked<'_> {
        match self {
            Self::Check { path, .. } => Asked { verb: "check", path },
            Self::Create { path, .. } => Asked { verb: "create", path },
            Self::Set { path, .. } => Asked { verb: "set", path },
            Self::Delete { path, .. } => Asked { verb: "delete", path },
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Check { path, .. } | Self::Delete { path, .. } => path.len(),
            Self::Create { path, data, .. } | Self::Set { path, data, .. } => path.len() + data.len(),
        }
    }

    fn add_to(&self, writer: &mut client::MultiWriter<'_>, account: Account) -> Result<(), client::Error> {
        match self {
            Self::Check { path, version } => writer.add_check_version(path, version.0),
            Self::Create { path, data, kind, access } => {
                let acls = access.list(account);
                writer.add_create(path, data, &kind.mode().with_acls(acls.as_slice().into()))
            }
            Self::Set { path, data, version } => writer.add_set_data(path, data, version.map(|v| v.0)),
            Self::Delete { path, version } => writer.add_delete(path, version.map(|v| v.0)),
        }
    }
}

impl Kind {
    fn mode(self) -> client::CreateMode {
        match self {
            Self::Persistent => client::CreateMode::Persistent,
            Self::PersistentSequential => client::CreateMode::PersistentSequential,
            Self::Ephemeral => client::CreateMode::Ephemeral,
            Self::EphemeralSequential => client::CreateMode::EphemeralSequential,
        }
    }
}

impl Line {
    /// Commits in whichever session serves, and in none but `only` if that is given.
    pub(crate) async fn commit(
        &self,
        multi: &Multi,
        only: Option<SessionNumber>,
        until: Until,
    ) -> Result<(Vec<Done>, SessionNumber), ZkError> {
        let asked = multi.asked();
        if multi.bytes() > MAX_BYTES {
            let what = format!("{} bytes in one request, ZooKeeper takes at most {MAX_BYTES}", multi.bytes());
            return Err(ZkError::Misuse { verb: asked.verb, path: asked.path.to_owned(), what });
        }
        let account = self.account;
        let commit = |client: Client| async move { commit(&client, multi, account).await };
        self.write(asked, until, only, commit).await.map_err(|error| name_operation(error, multi))
    }
}

async fn commit(client: &Client, multi: &Multi, account: Account) -> Result<Vec<Done>, Failed> {
    let mut writer = client.new_multi_writer();
    for op in multi.ops() {
        op.add_to(&mut writer, account)?;
    }
    Ok(writer.commit().await?.into_iter().map(Done::from).collect())
}

/// Says which operation it was.
fn name_operation(error: ZkError, multi: &Multi) -> ZkError {
    let ZkError::Refused(Refusal { index, reason, verb, path }) = error else {
        return error;
    };
    let (verb, path) =
        multi.ops().get(index).map_or((verb, path), |op| (op.asked().verb, op.asked().path.to_owned()));
    ZkError::Refused(Refusal { index, verb, path, reason })
}

impl From<client::MultiWriteResult> for Done {
    fn from(result: client::MultiWriteResult) -> Self {
        match result {
            client::MultiWriteResult::Create { path, .. } => Self::Created(path),
            client::MultiWriteResult::SetData { stat } => Self::Set(stat.into()),
            client::MultiWriteResult::Delete => Self::Deleted,
            // `Check`; the enum is open, and a result of a kind that we never ask for cannot come.
            _ => Self::Checked,
        }
    }
}
