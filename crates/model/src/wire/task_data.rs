//! `TaskInfo.data`: what an executor is told about its member. Never a secret: anybody who may look at
//! Mesos can read it. Secrets come from the sealed `credentials` record, opened with the key file that
//! `admin_keypath` names.

use serde::{Deserialize, Serialize};

use crate::{
    flavor::Flavor,
    name::{ClusterName, InstanceId, Ordinal, TaskId},
    place::Host,
    record::{Extra, Record},
    size::Bytes,
};

/// Where the data directory lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Storage {
    /// In the task's sandbox: gone with the task.
    Sandbox,
    /// In a persistent volume, mounted at this path below the sandbox.
    Volume {
        /// One path segment: Mesos mounts nothing at a deeper path.
        container_path: String,
        /// mysqld has answered on it before: an empty one has lost data.
        #[serde(default)]
        filled: bool,
    },
}

/// What an executor is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskData {
    /// The task itself.
    pub task: TaskId,
    /// The cluster.
    pub cluster: ClusterName,
    /// Which installation of Mysos the cluster belongs to; data of another one is refused.
    pub cluster_uid: String,
    /// The slot.
    pub ordinal: Ordinal,
    /// The instance.
    pub instance: InstanceId,
    /// ZooKeeper's servers, `host:port,host:port`.
    pub zk_servers: String,
    /// The path of `--zk_url`, beginning with a slash, or empty.
    pub zk_path: String,
    /// Session timeout to ask of ZooKeeper, in milliseconds.
    pub zk_session_timeout_ms: u64,
    /// A file on the agent: ZooKeeper's account and the key of the credentials.
    pub admin_keypath: String,
    /// The agent's advertised host, which clients and members connect to.
    pub host: Host,
    /// Port of mysqld on that host.
    pub mysql_port: u16,
    /// Port of the executor's control endpoint.
    pub control_port: u16,
    /// Which server.
    pub flavor: Flavor,
    /// mysqld itself, if the operator named it.
    pub mysqld_path: Option<String>,
    /// Directory of unpacked server packages, `<flavor>*/bin`.
    pub parts_dir: Option<String>,
    /// Memory of the task, executor included.
    pub mem: Bytes,
    /// Disk of the task.
    pub disk: Bytes,
    /// Where the data directory lies.
    pub storage: Storage,
    /// How long mysqld may take to stop, in milliseconds.
    pub kill_grace_ms: u64,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for TaskData {
    const NAME: &'static str = "task data";
    const SCHEMA: u32 = 1;
}
