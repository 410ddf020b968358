//! Where each record lies, relative to the path of `--zk_url`.

use crate::name::{ClusterName, TaskId};

/// The scheduler's own nodes, closed to all others.
pub const STATE: &str = "/state";
/// The saved framework: its id and what must not change.
pub const STATE_FRAMEWORK: &str = "/state/framework";
/// The saved clusters, one node each.
pub const STATE_CLUSTERS: &str = "/state/clusters";
/// Election among schedulers.
pub const LEADER: &str = "/leader";
/// Parent of the clusters' records.
pub const CLUSTERS: &str = "/clusters";
/// Parent of what clients read.
pub const DISCOVER: &str = "/discover";

/// The saved state of one cluster.
pub fn state_cluster(cluster: &ClusterName) -> String {
    format!("{STATE_CLUSTERS}/{cluster}")
}

/// The records of a cluster; their parent's version is checked by each swap of the epoch.
pub fn cluster(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}")
}

/// What the operator wants of a cluster; written by the scheduler.
pub fn spec(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/spec")
}

/// Accounts of a cluster, sealed; written by the scheduler.
pub fn credentials(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/credentials")
}

/// The fencing record.
pub fn epoch(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/epoch")
}

/// Parent of the member records.
pub fn members(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/members")
}

/// One member's record, named after its task.
pub fn member(task: &TaskId) -> String {
    format!("{}/{task}", members(task.cluster()))
}

/// Who acts now.
pub fn coordinator(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/coordinator")
}

/// Operators' wishes.
pub fn requests(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/requests")
}

/// Parent of the journal's lines.
pub fn journal(cluster: &ClusterName) -> String {
    format!("{CLUSTERS}/{cluster}/journal")
}

/// What clients of a cluster read.
pub fn discover(cluster: &ClusterName) -> String {
    format!("{DISCOVER}/{cluster}")
}

/// Group of the primary.
pub fn discover_master(cluster: &ClusterName) -> String {
    format!("{DISCOVER}/{cluster}/master")
}

/// Group of the replicas.
pub fn discover_slaves(cluster: &ClusterName) -> String {
    format!("{DISCOVER}/{cluster}/slaves")
}
