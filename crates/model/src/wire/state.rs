//! The saved fleet: what a scheduler must know again after it, or its machine, is gone.
//!
//! One record for the framework, one for each cluster, all closed to everybody but the scheduler. What is
//! only observed (offers, connections, refusals) is not here: it is observed again. The steps from one
//! state of an instance to the next are in `mysos-fleet`.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    epoch::Generation,
    name::{ClusterName, InstanceId, Ordinal, TaskId},
    place::{Endpoint, Host},
    record::{Extra, Record},
    spec::ClusterSpec,
    time::Timestamp,
    wire::home::{Home, Releasing, ReservationId},
};

/// A Mesos agent, as the master calls it. A machine may come back under another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(pub String);

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The framework as Mesos knows it, and what must not change while it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFramework {
    /// This installation of Mysos, drawn once; in every data directory's marker.
    pub cluster_uid: String,
    /// The id Mesos gave; `None` until the first subscription.
    pub framework_id: Option<String>,
    /// The unix user tasks run as. Mesos keeps the first one whatever is sent later.
    pub user: String,
    /// The principal towards Mesos, which refuses another one.
    pub principal: Option<String>,
    /// The role offers are asked for.
    pub role: String,
    /// Tasks of deleted clusters that nobody could be asked about: ended if they ever come back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub abandoned: BTreeMap<TaskId, Abandoned>,
    /// Volumes of deleted clusters on agents that were away: released if they ever come back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub orphans: BTreeMap<ReservationId, Releasing>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for SavedFramework {
    const NAME: &'static str = "saved framework";
    const SCHEMA: u32 = 1;
}

/// A task that was given up without having been seen to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {
    /// Its agent.
    pub agent: AgentId,
    /// Its host, where that is known.
    pub host: Option<Host>,
    /// When it was given up.
    pub since: Timestamp,
}

/// A cluster as the scheduler keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCluster {
    /// Its name.
    pub name: ClusterName,
    /// What is wanted.
    pub spec: ClusterSpec,
    /// Who made it.
    pub owner: String,
    /// When.
    pub created: Timestamp,
    /// Its place in the order of creation; times may tie or go back.
    pub sequence: u64,
    /// Version of the `spec` record that belongs to this state.
    pub generation: Generation,
    /// Id of the operation that made it.
    pub operation: String,
    /// To recognize a repeat of the request that made it.
    pub idempotency: Option<SavedIdempotency>,
    /// The accounts, sealed by the store; empty in memory.
    #[serde(default)]
    pub credentials: String,
    /// Its records have been made in ZooKeeper. From then on its `epoch` is never made again.
    pub tree_made: bool,
    /// It is being deleted.
    pub terminating: Option<Termination>,
    /// Its slots.
    pub instances: BTreeMap<Ordinal, SavedInstance>,
    /// Tasks that no slot has any more and that have not been seen to end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leaving: BTreeMap<TaskId, Leaving>,
    /// Reservations and volumes that no slot has any more and that may still be there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub releasing: BTreeMap<ReservationId, Releasing>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for SavedCluster {
    const NAME: &'static str = "saved cluster";
    const SCHEMA: u32 = 1;
}

/// What makes a repeated request recognizable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedIdempotency {
    /// The caller's `Idempotency-Key`.
    pub key: String,
    /// Who called.
    pub principal: String,
    /// Keyed digest of the normalized request.
    pub digest: String,
}

/// A deletion under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Termination {
    /// Since when.
    pub since: Timestamp,
    /// Id of the operation; a repeated request answers it again.
    pub operation: String,
}

/// A task on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Its agent.
    pub agent: AgentId,
    /// Its host, which no other member of the cluster may use yet; `None` if it was never known.
    pub host: Option<Host>,
    /// Since when it is unwanted.
    pub since: Timestamp,
    /// Since when Mesos cannot reach it.
    pub unreachable: Option<Timestamp>,
}

/// A slot: its id, what it is doing, how often it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedInstance {
    /// Given once, outlives tasks.
    pub id: InstanceId,
    /// What it is doing.
    pub state: Instance,
    /// How its tasks ended.
    #[serde(default)]
    pub history: History,
    /// What is reserved for it, with its volume; `None`: its data lies in the sandbox, or nothing was asked for yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where an instance is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The agent.
    pub agent: AgentId,
    /// Its host.
    pub host: Host,
    /// Port of mysqld.
    pub mysql_port: u16,
    /// Port of the executor's control endpoint.
    pub control_port: u16,
}

impl Place {
    /// Where mysqld answers.
    pub fn mysql(&self) -> Endpoint {
        Endpoint::new(&self.host, self.mysql_port)
    }

    /// Where the executor answers.
    pub fn control(&self) -> Endpoint {
        Endpoint::new(&self.host, self.control_port)
    }
}

/// How far a launch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked of Mesos together with a reservation and a volume; of none of them has been heard.
    Reserving,
    /// Asked of Mesos; the executor has not spoken.
    Staging,
    /// The executor makes the data directory or waits for mysqld.
    Starting,
}

/// One instance, as the scheduler keeps it. A state carries exactly what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Instance {
    /// Waits for an offer that fits.
    Pending {
        /// Since when.
        since: Timestamp,
    },
    /// A task has been asked for and mysqld does not answer yet.
    Launching {
        /// Where.
        place: Place,
        /// The task.
        task: TaskId,
        /// How far it is.
        stage: Stage,
        /// Since when it is at this stage.
        since: Timestamp,
    },
    /// mysqld answers.
    Running {
        /// Where.
        place: Place,
        /// The task.
        task: TaskId,
        /// Since when.
        since: Timestamp,
    },
    /// The cluster is being deleted; the kill is repeated until the task has ended.
    Stopping {
        /// Where.
        place: Place,
        /// The task.
        task: TaskId,
        /// Since when.
        since: Timestamp,
        /// Since when Mesos cannot reach it.
        unreachable: Option<Timestamp>,
    },
    /// Its task has ended; another is started after a delay.
    Down {
        /// Since when.
        since: Timestamp,
        /// When it looks for a place again.
        retry_at: Timestamp,
    },
    /// Mesos cannot reach its agent; its mysqld may well be running.
    Unreachable {
        /// Where.
        place: Place,
        /// The task.
        task: TaskId,
        /// Since when.
        since: Timestamp,
        /// When a new task takes the slot; `None`: a person decides.
        replace_at: Option<Timestamp>,
    },
    /// It fails again and again, or Mesos refuses its task for good: a person must look. It is still
    /// tried, seldom.
    NeedsOperator {
        /// Since when.
        since: Timestamp,
        /// When it is tried again.
        retry_at: Timestamp,
    },
}

impl Instance {
    /// The task that holds the slot.
    pub fn task(&self) -> Option<&TaskId> {
        self.held().map(|(task, _)| task)
    }

    /// Where it is.
    pub fn place(&self) -> Option<&Place> {
        self.held().map(|(_, place)| place)
    }

    /// Task and place, in the states that have them.
    pub fn held(&self) -> Option<(&TaskId, &Place)> {
        match self {
            Self::Launching { place, task, .. }
            | Self::Running { place, task, .. }
            | Self::Stopping { place, task, .. }
            | Self::Unreachable { place, task, .. } => Some((task, place)),
            Self::Pending { .. } | Self::Down { .. } | Self::NeedsOperator { .. } => None,
        }
    }

    /// Since when it is in this state.
    pub fn since(&self) -> Timestamp {
        match self {
            Self::Pending { since }
            | Self::Launching { since, .. }
            | Self::Running { since, .. }
            | Self::Stopping { since, .. }
            | Self::Down { since, .. }
            | Self::Unreachable { since, .. }
            | Self::NeedsOperator { since, .. } => *since,
        }
    }

    /// The state in one word, as users see it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Launching { stage: Stage::Reserving, .. } => "reserving",
            Self::Launching { stage: Stage::Staging, .. } => "staging",
            Self::Launching { stage: Stage::Starting, .. } => "starting",
            Self::Running { .. } => "running",
            Self::Stopping { .. } => "stopping",
            Self::Down { .. } => "down",
            Self::Unreachable { .. } => "unreachable",
            Self::NeedsOperator { .. } => "needs_operator",
        }
    }
}

/// How the tasks of a slot ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Failures in a row, each before the task had run for long.
    pub failures: u32,
    /// The last one.
    pub last: Option<Failure>,
}

/// How one task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub host: Option<Host>,
    /// What Mesos called it: `TASK_FAILED`, …
    pub state: String,
    /// Mesos' reason, without its prefix.
    pub reason: Option<String>,
    /// The message, shortened.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        flavor::Flavor,
        record::{decode, encode},
        size::InstanceSize,
        wire::home::HomeStage,
    };

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    fn place(host: &str) -> Place {
        Place {
            agent: AgentId("a1-S0".to_owned()),
            host: Host(host.to_owned()),
            mysql_port: 31000,
            control_port: 31001,
        }
    }

    fn home(host: &str) -> Home {
        let reservation = ReservationId(UUID.to_owned());
        Home {
            volume: reservation.volume(&"shop".parse().unwrap(), Ordinal(2)),
            reservation,
            place: place(host),
            stage: HomeStage::Filled,
            since: Timestamp(1_777_881_600_000),
        }
    }

    fn instance(state: Instance) -> SavedInstance {
        SavedInstance {
            id: UUID.parse().unwrap(),
            state,
            history: History::default(),
            home: None,
            extra: Extra::new(),
        }
    }

    fn failed(at: Timestamp, later: Timestamp) -> SavedInstance {
        let mut failed = instance(Instance::Down { since: at, retry_at: later });
        failed.history = History {
            failures: 1,
            last: Some(Failure {
                at,
                host: Some(Host("agent3".to_owned())),
                state: "TASK_FAILED".to_owned(),
                reason: Some("COMMAND_EXECUTOR_FAILED".to_owned()),
                message: "mysqld exited with status 1".to_owned(),
            }),
        };
        failed.home = Some(home("agent3"));
        failed
    }

    fn cluster() -> SavedCluster {
        let name: ClusterName = "shop".parse().unwrap();
        let task = |ordinal| TaskId::new(&name, Ordinal(ordinal), UUID).unwrap();
        let (at, later) = (Timestamp(1_777_881_600_000), Timestamp(1_777_881_605_000));
        let failed = failed(at, later);
        SavedCluster {
            spec: ClusterSpec {
                cluster_user: "app".parse().unwrap(),
                num_nodes: 5,
                size: InstanceSize::default(),
                durability: None,
                flavor: Flavor::MariaDb,
                backup_id: None,
            },
            owner: "ops".to_owned(),
            created: at,
            sequence: 7,
            generation: Generation(3),
            operation: UUID.to_owned(),
            idempotency: Some(SavedIdempotency {
                key: "k".to_owned(),
                principal: "ops".to_owned(),
                digest: "d".to_owned(),
            }),
            credentials: "c2VhbGVk".to_owned(),
            tree_made: true,
            terminating: None,
            instances: [
                instance(Instance::Running { place: place("agent1"), task: task(0), since: at }),
                instance(Instance::Launching {
                    place: place("agent2"),
                    task: task(1),
                    stage: Stage::Starting,
                    since: at,
                }),
                failed,
                instance(Instance::Unreachable {
                    place: place("agent4"),
                    task: task(3),
                    since: at,
                    replace_at: Some(later),
                }),
                instance(Instance::Pending { since: at }),
            ]
            .into_iter()
            .enumerate()
            .map(|(at, instance)| (Ordinal(at as u32), instance))
            .collect(),
            leaving: [(
                task(4),
                Leaving {
                    agent: AgentId("a1-S5".to_owned()),
                    host: Some(Host("agent5".to_owned())),
                    since: at,
                    unreachable: Some(at),
                },
            )]
            .into(),
            releasing: [(
                ReservationId("0f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11".to_owned()),
                Releasing { ordinal: Ordinal(1), home: home("agent6"), since: later },
            )]
            .into(),
            extra: Extra::new(),
            name,
        }
    }

    #[test]
    fn saved_cluster_is_golden() {
        let value: Value = serde_json::from_slice(&encode(&cluster())).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn saved_cluster_reads_back() {
        let read: SavedCluster = decode(&encode(&cluster())).unwrap();
        let keys: Vec<&String> = read.extra.keys().collect();
        assert_eq!(keys, ["schema"]);
        assert_eq!(SavedCluster { extra: Extra::new(), ..read }, cluster());
    }

    #[test]
    fn unknown_keys_of_a_cluster_and_its_instances_are_kept() {
        let mut value: Value = serde_json::from_slice(&encode(&cluster())).unwrap();
        value["later"] = 1.into();
        value["instances"]["0"]["later"] = 2.into();
        let read: SavedCluster = decode(value.to_string().as_bytes()).unwrap();
        let written: Value = serde_json::from_slice(&encode(&read)).unwrap();
        assert_eq!((&written["later"], &written["instances"]["0"]["later"]), (&1.into(), &2.into()));
    }

    #[test]
    fn saved_framework_is_golden() {
        let framework = SavedFramework {
            cluster_uid: UUID.to_owned(),
            framework_id: Some("f-0001".to_owned()),
            user: "mysql".to_owned(),
            principal: Some("mysos".to_owned()),
            role: "mysos".to_owned(),
            abandoned: BTreeMap::new(),
            orphans: BTreeMap::new(),
            extra: Extra::new(),
        };
        let bytes = encode(&framework);
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap());
        let read: SavedFramework = decode(&bytes).unwrap();
        assert_eq!(SavedFramework { extra: Extra::new(), ..read }, framework);
    }
}
