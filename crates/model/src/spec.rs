//! What the owner of a cluster wants, checked once: the only input of everything that follows.

use serde::{Deserialize, Serialize};

use crate::{flavor::Flavor, name::ClusterUser, size::InstanceSize};

/// What a cluster gives up when replicas are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Every write waits for an acker; with none left writes block. Never loses an acknowledged write.
    Lossless,
    /// As lossless, but with no acker left the primary goes on alone, after recording that.
    Available,
    /// No write waits for anybody.
    Async,
}

impl Durability {
    /// The policy of a cluster whose owner set none: lossless as soon as there is a replica.
    pub fn default_for(num_nodes: u32) -> Self {
        if num_nodes >= 2 { Self::Lossless } else { Self::Available }
    }

    /// How many ackers each write waits for when all `num_nodes` members serve.
    pub fn wished_acks(self, num_nodes: u32) -> u32 {
        match self {
            Self::Async => 0,
            Self::Lossless | Self::Available => u32::from(num_nodes >= 2),
        }
    }
}

/// A cluster as its owner wants it. Made by the faces of the HTTP interface and by nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSpec {
    /// The account made for the owner.
    pub cluster_user: ClusterUser,
    /// Members in service.
    pub num_nodes: u32,
    /// What each instance may use.
    pub size: InstanceSize,
    /// The durability policy that was set, if one was.
    pub durability: Option<Durability>,
    /// Which server.
    pub flavor: Flavor,
    /// The backup to restore from.
    pub backup_id: Option<String>,
}

impl ClusterSpec {
    /// The policy in force.
    pub fn durability(&self) -> Durability {
        self.durability.unwrap_or(Durability::default_for(self.num_nodes))
    }

    /// How many ackers each write shall wait for.
    pub fn wished_acks(&self) -> u32 {
        self.durability().wished_acks(self.num_nodes)
    }
}
