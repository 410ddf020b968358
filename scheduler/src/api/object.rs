//! A cluster of the view as the object of the native face. What nobody knows yet is null.

use std::collections::BTreeMap;

use mysos_ha::assess::ClusterState;
use mysos_model::{
    DataId, Ordinal, Timestamp,
    record::{MemberRecord, MemberState},
    wire::native,
};
use serde_json::Map;

use super::{
    member,
    reading::{durability_word, in_service, phase_word, primary_record, primary_since, severity_word},
    story,
};
use crate::view::ClusterView;

/// The object without its instances, as in lists.
pub(super) fn summary(cluster: &ClusterView, cluster_url: String) -> native::Cluster {
    let spec = &cluster.spec;
    native::Cluster {
        name: cluster.name.to_string(),
        state: cluster.assessment.state.as_str().to_owned(),
        generation: cluster.generation.0,
        created: cluster.created.rfc3339(),
        owner: cluster.owner.clone(),
        cluster_user: spec.cluster_user.to_string(),
        cluster_url,
        num_nodes: spec.num_nodes,
        size: size(cluster),
        flavor: spec.flavor.to_string(),
        version: primary_record(cluster).and_then(|record| record.version.clone()),
        config: Map::new(),
        epoch: cluster.epoch.as_ref().map(|record| record.epoch.0),
        phase: cluster.epoch.as_ref().map(|record| phase_word(record.phase).to_owned()),
        primary: primary(cluster),
        quorum: quorum(cluster),
        in_service: in_service(cluster),
        spares: 0,
        max_lag_seconds: None,
        auto_failover: story::auto_failover(cluster),
        last_failover: story::last_failover(cluster),
        last_backup: None,
        problems: problems(cluster),
        operations: Vec::new(),
        warnings: cluster.gives_back.clone(),
        instances: None,
        journal: None,
    }
}

/// The whole object.
pub(super) fn whole(cluster: &ClusterView, cluster_url: String) -> native::Cluster {
    let instances = cluster.instances.iter().map(|instance| member::object(cluster, instance)).collect();
    native::Cluster {
        instances: Some(instances),
        journal: Some(story::tail(cluster)),
        ..summary(cluster, cluster_url)
    }
}

/// Who may acknowledge writes.
pub(crate) fn quorum(cluster: &ClusterView) -> native::Quorum {
    let durability = durability_word(cluster.spec.durability()).to_owned();
    let writable =
        matches!(cluster.assessment.state, ClusterState::Healthy { .. } | ClusterState::Degraded { .. });
    let Some(epoch) = &cluster.epoch else {
        return native::Quorum {
            durability,
            acks: None,
            ackers: Vec::new(),
            connected: 0,
            can_lose: 0,
            writable,
        };
    };
    let records = by_data(cluster);
    let acking = |data: &&DataId| {
        records.get(data).is_some_and(|record| record.claims.acking && record.state == MemberState::Following)
    };
    let connected = epoch.ackers.iter().filter(acking).count() as u32;
    let ids = epoch
        .ackers
        .iter()
        .filter_map(|data| records.get(data))
        .filter_map(|record| id(cluster, record.ordinal));
    native::Quorum {
        durability,
        acks: Some(epoch.acks),
        ackers: ids.collect(),
        connected,
        can_lose: connected.saturating_sub(epoch.acks),
        writable,
    }
}

fn primary(cluster: &ClusterView) -> Option<native::Primary> {
    let record = primary_record(cluster)?;
    Some(native::Primary {
        instance: id(cluster, record.ordinal),
        host: record.mysql.host.to_string(),
        port: record.mysql.port,
        member: record.number.map(member_name),
        since: primary_since(cluster)?.rfc3339(),
    })
}

/// Name of a ServerSet member.
pub(super) fn member_name(number: u32) -> String {
    format!("member_{number:010}")
}

/// A time that may not be known.
pub(super) fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

/// The instance of a slot.
pub(super) fn id(cluster: &ClusterView, ordinal: Ordinal) -> Option<String> {
    let found = cluster.instances.iter().find(|instance| instance.ordinal == ordinal);
    found.map(|instance| instance.id.to_string())
}

fn by_data(cluster: &ClusterView) -> BTreeMap<&DataId, &MemberRecord> {
    cluster.members.values().filter_map(|record| Some((record.data.as_ref()?, record))).collect()
}

fn size(cluster: &ClusterView) -> native::Size {
    let size = &cluster.spec.size;
    native::Size { cpus: size.cpus.cpus(), mem: size.mem.to_string(), disk: size.disk.to_string() }
}

fn problems(cluster: &ClusterView) -> Vec<native::Problem> {
    cluster.assessment.problems.iter().map(|problem| self::problem(cluster, problem)).collect()
}

fn problem(cluster: &ClusterView, problem: &mysos_model::Problem) -> native::Problem {
    let of = problem.instance.map(|ordinal| format!("-{ordinal}")).unwrap_or_default();
    native::Problem {
        id: format!("{}{of}", problem.code),
        code: problem.code.to_string(),
        severity: severity_word(problem.severity).to_owned(),
        since: problem.since.rfc3339(),
        instance: problem.instance.and_then(|ordinal| id(cluster, ordinal)),
        text: problem.text.clone(),
        action: problem.action.clone(),
        blocked_by: problem.blocked_by.clone(),
        until: time(problem.until),
    }
}
