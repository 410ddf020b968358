//! The saved fleet in ZooKeeper: one znode for the framework, one for each cluster. Each save is one transaction
//! that also checks the leader's term, so that a scheduler that has been replaced saves nothing more.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use mysos_model::record::{encode, path};
use mysos_zk::{Access, Done, Kind, Leadership, Multi, SealKey, Stat, Version, ZkError, ZkHandle};

use super::{LoadError, Memory, SaveError, Saved, Settled, Write, sealing};

/// Loading happens once per leadership, and all of it is needed.
const LOAD_DEADLINE: Duration = Duration::from_secs(30);
/// Less than half of a session: whoever waits for a save is answered before the leadership can have moved on.
const SAVE_DEADLINE: Duration = Duration::from_secs(4);
/// Reads under way at once while loading.
const PARALLEL_READS: usize = 64;
/// What Mysos makes at the top of its path.
const OURS: [&str; 4] = ["clusters", "discover", "leader", "state"];

/// The saved fleet in ZooKeeper.
#[derive(Debug)]
pub(crate) struct ZkStore {
    zk: ZkHandle,
    key: SealKey,
    leadership: Leadership,
    versions: BTreeMap<String, Version>,
    /// The save whose answer was lost, by path: its bytes, or `None` for a removal.
    unsure: BTreeMap<String, Option<Vec<u8>>>,
}

/// Looks whether the path may be this scheduler's, before anything is made there.
pub(crate) async fn inspect(zk: &ZkHandle, shown: &str, memory: Memory) -> Result<(), LoadError> {
    let foreign = |what| Err(LoadError::Foreign { place: shown.to_owned(), what });
    let children = zk.children("/", LOAD_DEADLINE).await?.unwrap_or_default();
    if let Some(node) = zk.read(path::STATE_FRAMEWORK, LOAD_DEADLINE).await? {
        sealing::framework(&format!("{shown}{}", path::STATE_FRAMEWORK), &node.data)?;
        return match memory {
            Memory::ZooKeeper => Ok(()),
            Memory::Local | Memory::None => {
                foreign("the saved state of a scheduler with --state_storage=zk".to_owned())
            }
        };
    }
    let unknown =
        children.iter().map(String::as_str).filter(|name| !OURS.contains(name) && *name != "zookeeper");
    let unknown: Vec<&str> = unknown.collect();
    if !unknown.is_empty() {
        return foreign(format!("what Mysos did not make ({})", unknown.join(", ")));
    }
    if memory == Memory::Local {
        return Ok(());
    }
    for parent in [path::STATE_CLUSTERS, path::CLUSTERS, path::DISCOVER] {
        let found = zk.children(parent, LOAD_DEADLINE).await?.unwrap_or_default();
        if let Some(first) = found.first() {
            return foreign(format!("{parent}/{first}, but no saved framework that made it"));
        }
    }
    Ok(())
}

impl ZkStore {
    /// The state as this leader may change it.
    pub(crate) fn new(zk: ZkHandle, key: SealKey, leadership: Leadership) -> Self {
        Self { zk, key, leadership, versions: BTreeMap::new(), unsure: BTreeMap::new() }
    }

    pub(super) async fn load(&mut self) -> Result<Saved, LoadError> {
        self.zk.ensure_path(path::STATE_CLUSTERS, &Access::Private, LOAD_DEADLINE).await?;
        self.versions.clear();
        let mut saved = Saved::default();
        if let Some(node) = self.zk.sync_then_read(path::STATE_FRAMEWORK, LOAD_DEADLINE).await? {
            saved.framework = Some(sealing::framework(path::STATE_FRAMEWORK, &node.data)?);
            self.versions.insert(path::STATE_FRAMEWORK.to_owned(), node.stat.version);
        }
        let names = self.zk.children(path::STATE_CLUSTERS, LOAD_DEADLINE).await?.unwrap_or_default();
        let zk = self.zk.clone();
        let read = |name: String| {
            let (zk, place) = (zk.clone(), format!("{}/{name}", path::STATE_CLUSTERS));
            async move { zk.read(&place, LOAD_DEADLINE).await.map(|node| (place, node)) }
        };
        let nodes: Vec<_> = stream::iter(names).map(read).buffered(PARALLEL_READS).try_collect().await?;
        for (place, node) in nodes {
            let Some(node) = node else { continue };
            saved.clusters.push(sealing::open_cluster(&self.key, &place, &node.data)?);
            self.versions.insert(place, node.stat.version);
        }
        Ok(saved)
    }

    pub(super) async fn save(&mut self, writes: &[Write]) -> Result<(), SaveError> {
        let mut contents = BTreeMap::new();
        for write in writes {
            let (place, bytes) = self.bytes_of(write).map_err(SaveError::Broken)?;
            contents.insert(place, bytes);
        }
        // A record that was never saved need not be removed.
        contents.retain(|place, bytes| bytes.is_some() || self.versions.contains_key(place));
        let multi = contents
            .iter()
            .fold(Multi::new(), |multi, (place, bytes)| self.operation(multi, place, bytes.as_deref()));
        let multi = self.leadership.fence().guard(multi);
        match self.zk.commit_in(self.leadership.session(), &multi, SAVE_DEADLINE).await {
            Ok(done) => {
                // The last one is the check of the term.
                for ((place, _), done) in contents.iter().zip(&done) {
                    self.note(place, done);
                }
                Ok(())
            }
            Err(error @ ZkError::Unavailable { .. }) => Err(SaveError::Away(error)),
            Err(error @ (ZkError::Unknown { .. } | ZkError::Strange { .. })) => {
                self.unsure = contents;
                Err(SaveError::Unsure(error))
            }
            Err(error @ ZkError::Misuse { .. }) => Err(SaveError::Broken(error.to_string())),
            Err(ZkError::Refused(refusal)) if refusal.reason == mysos_zk::Reason::NotNow => {
                Err(SaveError::Away(refusal.into()))
            }
            Err(error @ (ZkError::Refused(_) | ZkError::SessionOver { .. } | ZkError::Closed)) => {
                Err(SaveError::Lost(error.to_string()))
            }
        }
    }

    /// Reads back what was to be saved. The session executes requests in order, so what is read now is final.
    pub(super) async fn settle(&mut self) -> Result<Settled, SaveError> {
        let mut found: Option<Settled> = None;
        for (place, wanted) in self.unsure.clone() {
            let node = self.zk.sync_then_read(&place, SAVE_DEADLINE).await.map_err(SaveError::Unsure)?;
            let (data, version) = node.map(|node| (node.data, node.stat.version)).unzip();
            let old = self.versions.get(&place).copied();
            let settled = if data == wanted && version != old {
                Settled::Saved
            } else if version == old {
                Settled::NotSaved
            } else {
                return Err(SaveError::Lost(format!("{place} was changed by another")));
            };
            if found.is_some_and(|found| found != settled) {
                return Err(SaveError::Lost(format!("{place} was changed by another")));
            }
            found = Some(settled);
        }
        if found == Some(Settled::Saved) {
            self.note_saved();
        }
        self.unsure.clear();
        Ok(found.unwrap_or(Settled::NotSaved))
    }

    fn bytes_of(&self, write: &Write) -> Result<(String, Option<Vec<u8>>), String> {
        Ok(match write {
            Write::Framework(framework) => (path::STATE_FRAMEWORK.to_owned(), Some(encode(framework))),
            Write::Cluster(cluster) => {
                (path::state_cluster(&cluster.0.name), Some(sealing::seal_cluster(&self.key, cluster)?))
            }
            Write::Remove(name) => (path::state_cluster(name), None),
        })
    }

    fn operation(&self, multi: Multi, place: &str, bytes: Option<&[u8]>) -> Multi {
        match (bytes, self.versions.get(place)) {
            (Some(bytes), Some(version)) => multi.set(place, bytes, *version),
            (Some(bytes), None) => multi.create(place, bytes, Kind::Persistent, Access::Private),
            (None, Some(version)) => multi.delete(place, *version),
            (None, None) => multi,
        }
    }

    fn note(&mut self, place: &str, done: &Done) {
        match done {
            Done::Set(Stat { version, .. }) => {
                self.versions.insert(place.to_owned(), *version);
            }
            Done::Created(_) => {
                self.versions.insert(place.to_owned(), Version(0));
            }
            Done::Deleted => {
                self.versions.remove(place);
            }
            Done::Checked => {}
        }
    }

    fn note_saved(&mut self) {
        for (place, bytes) in std::mem::take(&mut self.unsure) {
            let next =
                self.versions.get(&place).map_or(Version(0), |version| Version(version.0.wrapping_add(1)));
            match bytes {
                Some(_) => self.versions.insert(place, next),
                None => self.versions.remove(&place),
            };
        }
    }
}
