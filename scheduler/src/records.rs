//! The records of the clusters in ZooKeeper: `write` makes and removes what is the scheduler's, this module reads
//! what the members say. What is read is shown and counted; nothing is decided from it here.

mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use mysos_fleet::{Event, needs::Needs};
use mysos_model::{
    ClusterName, Endpoint, Host, TaskId,
    record::{EpochRecord, JournalLine, MemberRecord, Record, decode, path},
};
use mysos_zk::{ChildNodes, Node, Watched, ZkHandle};
use serverset::Member;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

pub(crate) use write::Records;

/// Journal lines that are shown: some five failovers. Each is some hundred bytes, for each cluster.
const JOURNAL_SHOWN: usize = 100;
/// Sightings that wait for the driver; a cluster's watcher waits when there are more.
pub(crate) const SIGHTINGS: usize = 256;

/// What the members of a cluster say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClusterRecords {
    /// The fencing record.
    pub(crate) epoch: Option<EpochRecord>,
    /// The members' own records, those that can be read.
    pub(crate) members: BTreeMap<TaskId, MemberRecord>,
    /// Tasks that have a record, readable or not.
    pub(crate) present: BTreeSet<TaskId>,
    /// What clients find under `master/`.
    pub(crate) primary: Option<Endpoint>,
    /// What clients find under `slaves/`.
    pub(crate) replicas: Vec<Endpoint>,
    /// Nodes under `master/` and under `slaves/`, readable or not.
    pub(crate) published: (usize, usize),
    /// The newest lines of the journal, oldest first.
    pub(crate) journal: Vec<JournalLine>,
}

/// A cluster's records as they are now.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    /// The cluster.
    pub(crate) cluster: ClusterName,
    /// Its records.
    pub(crate) records: Arc<ClusterRecords>,
}

/// Watches over the records of all clusters; ends when dropped.
pub(crate) struct Lookout {
    zk: ZkHandle,
    sightings: mpsc::Sender<Sighting>,
    watchers: JoinSet<()>,
    clusters: BTreeMap<ClusterName, AbortHandle>,
}

impl Lookout {
    /// Watches nothing yet.
    pub(crate) fn new(zk: ZkHandle) -> (Self, mpsc::Receiver<Sighting>) {
        let (sightings, seen) = mpsc::channel(SIGHTINGS);
        (Self { zk, sightings, watchers: JoinSet::new(), clusters: BTreeMap::new() }, seen)
    }

    /// Watches these clusters and no others.
    pub(crate) fn watch(&mut self, wanted: &BTreeSet<ClusterName>) {
        self.clusters.retain(|name, watcher| {
            let kept = wanted.contains(name);
            if !kept {
                watcher.abort();
            }
            kept
        });
        for name in wanted {
            if !self.clusters.contains_key(name) {
                let watcher = Watcher::new(&self.zk, name).run(self.sightings.clone());
                self.clusters.insert(name.clone(), self.watchers.spawn(watcher));
            }
        }
        while self.watchers.try_join_next().is_some() {}
    }
}

/// The streams of one cluster.
struct Watcher {
    cluster: ClusterName,
    epoch: Watched<Option<Node>>,
    members: Watched<ChildNodes>,
    primary: Watched<ChildNodes>,
    replicas: Watched<ChildNodes>,
    journal: Watched<ChildNodes>,
    /// Which of them have been read: before all have, absence means nothing.
    read: BTreeSet<Part>,
    records: ClusterRecords,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Epoch,
    Members,
    Primary,
    Replicas,
    Journal,
}

/// How many parts there are.
const PARTS: usize = 5;

impl Watcher {
    fn new(zk: &ZkHandle, cluster: &ClusterName) -> Self {
        Self {
            cluster: cluster.clone(),
            epoch: zk.watch_node(&path::epoch(cluster)),
            members: zk.watch_child_nodes(&path::members(cluster)),
            primary: zk.watch_child_nodes(&path::discover_master(cluster)),
            replicas: zk.watch_child_nodes(&path::discover_slaves(cluster)),
            journal: zk.watch_newest(&path::journal(cluster), JOURNAL_SHOWN),
            read: BTreeSet::new(),
            records: ClusterRecords::default(),
        }
    }

    async fn run(mut self, sightings: mpsc::Sender<Sighting>) {
        while let Some(part) = self.look().await {
            self.read.insert(part);
            if self.read.len() < PARTS {
                continue;
            }
            let sighting =
                Sighting { cluster: self.cluster.clone(), records: Arc::new(self.records.clone()) };
            if sightings.send(sighting).await.is_err() {
                return;
            }
        }
    }

    /// Waits for the next change; `None` when there will be none.
    async fn look(&mut self) -> Option<Part> {
        Some(tokio::select! {
            seen = self.epoch.next() => {
                self.records.epoch = seen?.value.and_then(|node| read(&self.cluster, &node));
                Part::Epoch
            }
            seen = self.members.next() => {
                self.records.set_members(&self.cluster, &seen?.value.unwrap_or_default());
                Part::Members
            }
            seen = self.primary.next() => {
                self.records.set_primary(&seen?.value.unwrap_or_default());
                Part::Primary
            }
            seen = self.replicas.next() => {
                self.records.set_replicas(&seen?.value.unwrap_or_default());
                Part::Replicas
            }
            seen = self.journal.next() => {
                let nodes = seen?.value.unwrap_or_default();
                self.records.journal =
                    nodes.values().filter_map(|node| read(&self.cluster, node)).collect();
                Part::Journal
            }
        })
    }
}

impl ClusterRecords {
    /// What the fleet is told of them.
    pub(crate) fn event(&self, cluster: &ClusterName) -> Event {
        let data =
            self.members.iter().filter_map(|(task, record)| Some((task.clone(), record.data.clone()?)));
        Event::MembersSeen {
            cluster: cluster.clone(),
            members: self.present.clone(),
            published: self.published.0 + self.published.1,
            needs: self.epoch.as_ref().map(Needs::of),
            data: data.collect(),
        }
    }

    fn set_members(&mut self, cluster: &ClusterName, nodes: &BTreeMap<String, Node>) {
        let named: Vec<(TaskId, &Node)> =
            nodes.iter().filter_map(|(name, node)| Some((name.parse().ok()?, node))).collect();
        self.present = named.iter().map(|(task, _)| task.clone()).collect();
        let readable = named.into_iter().filter_map(|(task, node)| Some((task, read(cluster, node)?)));
        self.members = readable.collect();
    }

    fn set_primary(&mut self, group: &BTreeMap<String, Node>) {
        self.published = (group.len(), self.published.1);
        self.primary = endpoints(group).into_iter().next();
    }

    fn set_replicas(&mut self, group: &BTreeMap<String, Node>) {
        self.published = (self.published.0, group.len());
        self.replicas = endpoints(group);
    }
}

/// A record, if it can be read. One that cannot is left alone and counts as absent.
fn read<R: Record>(cluster: &ClusterName, node: &Node) -> Option<R> {
    match decode(&node.data) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::warn!(%cluster, record = R::NAME, error = &error as &dyn std::error::Error, "unreadable record");
            None
        }
    }
}

/// Where the members of a discovery group answer.
fn endpoints(group: &BTreeMap<String, Node>) -> Vec<Endpoint> {
    let members = group.values().filter_map(|node| Member::parse(&node.data).ok());
    members.map(|member| Endpoint { host: Host(member.service.host), port: member.service.port }).collect()
}

#[cfg(test)]
mod tests {
    use mysos_model::{Ordinal, record::encode};
    use mysos_zk::{Stat, Version};

    use super::*;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    fn node(data: impl Into<Vec<u8>>) -> Node {
        let stat = Stat {
            version: Version(0),
            children_version: 0,
            children: 0,
            created: 1,
            modified: 1,
            created_ms: 0,
            modified_ms: 0,
            owner: None,
        };
        Node { data: data.into(), stat }
    }

    fn group(members: &[(&str, &str)]) -> BTreeMap<String, Node> {
        members.iter().map(|(name, data)| ((*name).to_owned(), node(*data))).collect()
    }

    #[test]
    fn member_that_cannot_be_read_is_present_all_the_same() {
        let cluster: ClusterName = "shop".parse().unwrap();
        let task = TaskId::new(&cluster, Ordinal(0), UUID).unwrap();
        let mut records = ClusterRecords::default();
        records.set_members(&cluster, &group(&[(task.as_str(), "{"), ("a-stranger", "{}")]));
        assert_eq!((records.members.len(), records.present.len()), (0, 1));
    }

    #[test]
    fn published_nodes_count_even_if_they_cannot_be_read() {
        let mut records = ClusterRecords::default();
        let good = Member::alive(serverset::Endpoint::new("a1", 31_000)).to_json();
        records.set_primary(&group(&[("member_0000000001", &good)]));
        records.set_replicas(&group(&[("member_0000000002", "{"), ("member_0000000003", &good)]));
        let endpoint = Endpoint { host: Host("a1".to_owned()), port: 31_000 };
        assert_eq!(records.primary, Some(endpoint.clone()));
        assert_eq!(records.replicas, [endpoint]);
        assert_eq!(records.published, (1, 2));
        records.set_primary(&BTreeMap::new());
        assert_eq!((records.primary, records.published), (None, (0, 2)));
    }

    #[test]
    fn record_is_read_or_left_alone() {
        let cluster: ClusterName = "shop".parse().unwrap();
        let epoch = EpochRecord::forming(1, mysos_model::Timestamp(5));
        assert!(read::<EpochRecord>(&cluster, &node(encode(&epoch))).is_some());
        assert!(read::<EpochRecord>(&cluster, &node("{\"schema\": 99}")).is_none());
    }
}
