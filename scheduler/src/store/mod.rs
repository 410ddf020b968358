//! The saved fleet: loaded whole at the start of a leadership, then saved record by record before anything is done.
//!
//! What is secret is sealed on the way out and opened on the way in; nothing of it is ever in clear at rest. What
//! cannot be understood is left alone, and the scheduler does not start.

mod local;
mod sealing;
mod zk;

use mysos_model::{
    ClusterName,
    record::{Credentials, RecordError},
    wire::state::{SavedCluster, SavedFramework},
};
use mysos_zk::{OpenError, ZkError};

pub(crate) use local::{LocalError, LocalStore};
pub(crate) use zk::{ZkStore, inspect};

/// Where the saved fleet is kept.
#[derive(Debug)]
pub(crate) enum Store {
    /// In ZooKeeper, each save checked against the leader's term.
    ZooKeeper(ZkStore),
    /// In a file.
    Local(LocalStore),
}

/// Where a scheduler remembers what it made in ZooKeeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// In ZooKeeper itself, if it is not the first start.
    ZooKeeper,
    /// In a file that is there.
    Local,
    /// In a file that is not there: it is the first start.
    None,
}

/// Everything that was saved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Saved {
    /// The framework's record; `None` at the very first start.
    pub(crate) framework: Option<SavedFramework>,
    /// The clusters, each with its opened credentials.
    pub(crate) clusters: Vec<(SavedCluster, Credentials)>,
}

/// One record that is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Write {
    /// The framework's.
    Framework(SavedFramework),
    /// A cluster's, with what is to be sealed into it.
    Cluster(Box<(SavedCluster, Credentials)>),
    /// A cluster's record goes.
    Remove(ClusterName),
}

/// Why the saved fleet cannot be used. Nothing was touched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// ZooKeeper does not answer, or refuses.
    #[error("the saved state cannot be read")]
    ZooKeeper(#[from] ZkError),
    /// The file cannot be used.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A record of another program, or of a later version.
    #[error("{place} is not a record that this version of Mysos can read; nothing was touched")]
    Record {
        /// Where.
        place: String,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// The passwords do not open.
    #[error(
        "the passwords in {place} do not open with this --scheduler_keypath: give the key they were sealed with; \
         nothing was touched"
    )]
    Key {
        /// Where.
        place: String,
        /// What the seal says.
        #[source]
        source: OpenError,
    },
    /// Not a place of Mysos.
    #[error("{place} holds {what}; give Mysos a path of its own in --zk_url; nothing was touched")]
    Foreign {
        /// Where.
        place: String,
        /// What is there.
        what: String,
    },
}

/// Why saving failed, by what is to be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    /// Nothing was saved. Decide again when saving works again.
    #[error("nothing was saved")]
    Away(#[source] ZkError),
    /// It may have been saved. [`Store::settle`] tells.
    #[error("it is not known whether it was saved")]
    Unsure(#[source] ZkError),
    /// Somebody else leads, or has changed our state. Drop everything and follow.
    #[error("the leadership is lost: {0}")]
    Lost(String),
    /// The file cannot be written, or a record cannot be sealed. Decide again later.
    #[error("nothing was saved: {0}")]
    Broken(String),
}

/// What became of a save whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was done.
    Saved,
    /// It was not done and never will be.
    NotSaved,
}

impl Store {
    /// Everything that was saved.
    pub(crate) async fn load(&mut self) -> Result<Saved, LoadError> {
        match self {
            Self::ZooKeeper(store) => store.load().await,
            Self::Local(store) => store.load(),
        }
    }

    /// Saves all of these or none.
    pub(crate) async fn save(&mut self, writes: &[Write]) -> Result<(), SaveError> {
        match self {
            Self::ZooKeeper(store) => store.save(writes).await,
            Self::Local(store) => store.save(writes).await,
        }
    }

    /// After [`SaveError::Unsure`]: whether it was saved.
    pub(crate) async fn settle(&mut self) -> Result<Settled, SaveError> {
        match self {
            Self::ZooKeeper(store) => store.settle().await,
            Self::Local(_) => Ok(Settled::NotSaved),
        }
    }
}
