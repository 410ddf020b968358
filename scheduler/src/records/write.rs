//! What the scheduler writes beside its own state: the trees of a cluster at admission, `spec`, and the removal of
//! the trees. Each may be done twice, and each checks the leader's term: a scheduler that has been replaced while it
//! stood still neither writes nor removes anything of its successor's.

use std::time::Duration;

use mysos_fleet::action::{NewTree, Tree};
use mysos_model::{
    ClusterName,
    record::{Credentials, SpecRecord, decode, encode, path},
};
use mysos_zk::{
    Access, Credentials as ZkAccount, DigestId, Kind, Leadership, Multi, Reason, SealKey, ZkError, ZkHandle,
};

/// A write of a few znodes takes milliseconds; who does not answer for this long is away, and it is tried again.
const DEADLINE: Duration = Duration::from_secs(5);
/// Looks at a tree before its removal is left to the next attempt: members that unpublish meanwhile change it.
const LOOKS: usize = 5;
/// Znodes of a cluster at most; its journal is bounded. All of them go in one transaction.
const TREE: usize = 2000;

/// Why a record was not written. The fleet asks again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// ZooKeeper does not answer, or refuses.
    #[error(transparent)]
    ZooKeeper(#[from] ZkError),
    /// There are records of another cluster of this name.
    #[error("{place} holds records that are not this cluster's; remove them, or choose another name")]
    Foreign {
        /// Where.
        place: String,
    },
    /// There is no tree to write into.
    #[error("{place} is gone")]
    Gone {
        /// Where.
        place: String,
    },
    /// It changes faster than it can be removed, or it is no cluster's.
    #[error("{place} could not be removed: {what}")]
    Stays {
        /// Where.
        place: String,
        /// Why.
        what: &'static str,
    },
    /// Sealing failed.
    #[error("the credentials cannot be sealed: {0}")]
    Seal(String),
}

/// Writes the scheduler's part of the records.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    zk: ZkHandle,
    key: SealKey,
    leadership: Leadership,
    /// Who may read where clusters are found.
    public: Access,
}

impl Records {
    /// With the key that the executors have too, and the account that may read where clusters are found.
    pub(crate) fn new(
        zk: ZkHandle,
        key: SealKey,
        leadership: Leadership,
        reader: Option<&ZkAccount>,
    ) -> Self {
        let public = reader.map_or(Access::WorldReadable, |reader| Access::ReadableBy(DigestId::of(reader)));
        Self { zk, key, leadership, public }
    }

    /// Commits only as long as we lead.
    async fn commit(&self, multi: Multi) -> Result<(), ZkError> {
        let multi = self.leadership.fence().guard(multi);
        self.zk.commit_in(self.leadership.session(), &multi, DEADLINE).await.map(drop)
    }

    /// Makes the parents of all clusters.
    pub(crate) async fn make_parents(&self) -> Result<(), ZkError> {
        self.zk.ensure_path(path::CLUSTERS, &Access::Private, DEADLINE).await?;
        self.zk.ensure_path(path::DISCOVER, &self.public, DEADLINE).await
    }

    /// Makes the records of a new cluster, all at once. What is there already is never overwritten.
    pub(crate) async fn make_tree(&self, tree: &NewTree) -> Result<(), RecordError> {
        let multi = self.tree(tree)?;
        match self.commit(multi).await {
            Ok(()) => Ok(()),
            // A repeat; or an answer that was lost.
            Err(error) if error.reason() == Some(Reason::NodeExists) => self.check_tree(tree).await,
            Err(error) => Err(error.into()),
        }
    }

    fn tree(&self, tree: &NewTree) -> Result<Multi, RecordError> {
        let cluster = &tree.cluster;
        let place = path::credentials(cluster);
        let sealed = self.key.seal(&place, &encode(&tree.credentials));
        let sealed = sealed.map_err(|error| RecordError::Seal(error.to_string()))?;
        let private = |multi: Multi, path: String, data: Vec<u8>| {
            multi.create(path, data, Kind::Persistent, Access::Private)
        };
        let mut multi = [
            (path::cluster(cluster), Vec::new()),
            (path::spec(cluster), encode(&tree.spec)),
            (place, sealed),
            (path::members(cluster), Vec::new()),
            (path::requests(cluster), Vec::new()),
            (path::journal(cluster), Vec::new()),
            (path::epoch(cluster), encode(&tree.epoch)),
        ]
        .into_iter()
        .fold(Multi::new(), |multi, (path, data)| private(multi, path, data));
        // Whoever makes the epoch also sets its parent: swaps check the version of both.
        multi = multi.set(path::cluster(cluster), Vec::new(), None);
        let public =
            [path::discover(cluster), path::discover_master(cluster), path::discover_slaves(cluster)];
        Ok(public
            .into_iter()
            .fold(multi, |multi, path| multi.create(path, Vec::new(), Kind::Persistent, self.public.clone())))
    }

    /// Whether the tree that is there is the one that was to be made.
    async fn check_tree(&self, tree: &NewTree) -> Result<(), RecordError> {
        let place = path::credentials(&tree.cluster);
        let found = self.zk.read(&place, DEADLINE).await?;
        let open = found.and_then(|node| self.key.open(&place, &node.data).ok());
        let theirs: Option<Credentials> = open.and_then(|plain| decode(&plain).ok());
        if theirs.is_none_or(|theirs| theirs.control_token != tree.credentials.control_token) {
            return Err(RecordError::Foreign { place: path::cluster(&tree.cluster) });
        }
        for group in [path::discover_master(&tree.cluster), path::discover_slaves(&tree.cluster)] {
            self.zk.ensure_path(&group, &self.public, DEADLINE).await?;
        }
        Ok(())
    }

    /// Writes `spec`, unless this generation or a later one is there.
    pub(crate) async fn write_spec(&self, spec: &SpecRecord) -> Result<(), RecordError> {
        let place = path::spec(&spec.cluster);
        let Some(node) = self.zk.sync_then_read(&place, DEADLINE).await? else {
            return Err(RecordError::Gone { place });
        };
        let there = decode::<SpecRecord>(&node.data).ok().map(|there| there.generation);
        if there.is_some_and(|there| there >= spec.generation) {
            return Ok(());
        }
        Ok(self.commit(Multi::new().set(place, encode(spec), node.stat.version)).await?)
    }

    /// Removes a tree; fine if it is gone.
    pub(crate) async fn remove_tree(&self, cluster: &ClusterName, tree: Tree) -> Result<(), RecordError> {
        let place = match tree {
            Tree::Discover => path::discover(cluster),
            Tree::Records => path::cluster(cluster),
        };
        for _ in 0..LOOKS {
            let found = self.below(&place).await?;
            if found.is_empty() {
                return Ok(());
            }
            let leaves_first = found.iter().rev();
            let multi = leaves_first.fold(Multi::new(), |multi, path| multi.delete(path, None));
            match self.commit(multi).await {
                Ok(()) => return Ok(()),
                // Somebody makes or removes nodes in it: look again.
                Err(error) if matches!(error.reason(), Some(Reason::NotEmpty | Reason::NoNode)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RecordError::Stays { place, what: "members still write there" })
    }

    /// The node and all below it, parents first; nothing if there is none.
    async fn below(&self, place: &str) -> Result<Vec<String>, RecordError> {
        let mut open = vec![place.to_owned()];
        let mut found = Vec::new();
        while let Some(next) = open.pop() {
            if let Some(names) = self.zk.children(&next, DEADLINE).await? {
                open.extend(names.iter().map(|name| format!("{next}/{name}")));
                found.push(next);
            }
            if found.len() + open.len() > TREE {
                let what = "it has more nodes than a cluster has; remove it by hand";
                return Err(RecordError::Stays { place: place.to_owned(), what });
            }
        }
        Ok(found)
    }
}
