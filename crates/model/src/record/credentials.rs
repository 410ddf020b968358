//! The accounts of a cluster. Sealed in their znode; never in a TaskInfo, a log or an argument list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Extra, Record, exposed};
use crate::{
    name::{ClusterUser, Ordinal},
    secret::Password,
};

/// All secrets of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The owner's account.
    pub cluster_user: ClusterUser,
    /// Its password, and what deleting the cluster asks for.
    #[serde(with = "exposed")]
    pub cluster_password: Password,
    /// Password of `mysos_admin`, made by each executor on its own server.
    #[serde(with = "exposed")]
    pub admin_password: Password,
    /// Password of the replication account `mysos_repl_<ordinal>`, derived for each slot from this seed.
    #[serde(with = "exposed")]
    pub replication_seed: Password,
    /// What members show each other on their control endpoints.
    #[serde(with = "exposed")]
    pub control_token: Password,
    /// `user:secret` that may read `discover/`, where that is not open to all.
    #[serde(default, with = "exposed::option", skip_serializing_if = "Option::is_none")]
    pub discovery_account: Option<Password>,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Credentials {
    /// The replication account of a slot.
    pub fn replication_account(ordinal: Ordinal) -> String {
        format!("mysos_repl_{ordinal}")
    }

    /// The password of that account. Members that join later need no new record: the slot is part of it.
    pub fn replication_password(&self, ordinal: Ordinal) -> Password {
        Password::new(format!("{}{ordinal}", self.replication_seed.expose()))
    }
}

impl Record for Credentials {
    const NAME: &'static str = "credentials";
    const SCHEMA: u32 = 1;
}

/// The file on each agent that `--admin_keypath` names: how an executor gets at ZooKeeper and at the
/// sealed credentials. Mode 0600.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminKey {
    /// `user:secret` of ZooKeeper's digest scheme; absent where ZooKeeper is open.
    #[serde(default, with = "exposed::option", skip_serializing_if = "Option::is_none")]
    pub zk: Option<Password>,
    /// The 32 bytes that seal credentials, in base64.
    #[serde(with = "exposed")]
    pub key: Password,
    /// What else the file says, for tools of the operator.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}
