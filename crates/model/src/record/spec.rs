//! What the operator wants of a cluster, as the scheduler tells the members.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Extra, Record};
use crate::{
    epoch::{Epoch, Generation},
    flavor::Flavor,
    name::{ClusterName, ClusterUser, InstanceId, Ordinal, TaskId},
    size::InstanceSize,
    spec::Durability,
};

/// What a member is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Serve: be published, acknowledge, be promoted.
    Serve,
    /// Follow only.
    Spare,
    /// Leave service, then stop.
    Drain,
}

/// One wanted member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedMember {
    /// The instance.
    pub instance: InstanceId,
    /// Its present task; `None` while it waits for a place.
    pub task: Option<TaskId>,
    /// What it is for.
    pub goal: Goal,
}

/// The spec of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecRecord {
    /// The cluster.
    pub cluster: ClusterName,
    /// Rises with every change.
    pub generation: Generation,
    /// Wanted members by slot.
    pub members: BTreeMap<Ordinal, WantedMember>,
    /// The account of the owner, made on the primary.
    pub cluster_user: ClusterUser,
    /// Which server.
    pub flavor: Flavor,
    /// What each instance may use.
    pub size: InstanceSize,
    /// The policy in force.
    pub durability: Durability,
    /// k as wished: how many ackers each write shall wait for.
    pub acks: u32,
    /// Whether members fail over by themselves.
    pub auto_failover: bool,
    /// How long a failure must last before they do, in milliseconds.
    pub failover_delay_ms: u64,
    /// An epoch that the members must reach.
    pub epoch_floor: Epoch,
    /// The cluster is being deleted: members unpublish and stop.
    pub terminating: bool,
    /// Keys of later versions.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Record for SpecRecord {
    const NAME: &'static str = "spec";
    const SCHEMA: u32 = 1;
}
