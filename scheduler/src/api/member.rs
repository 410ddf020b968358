//! One instance of a cluster as JSON: the scheduler's slot and what its member says of itself, side by side.

use mysos_model::{
    Endpoint, GtidSet,
    record::{CopyRecord, MemberRecord},
    wire::native,
};

use super::{
    object::{member_name, time},
    reading::{lag_word, published, record, role, state_word},
};
use crate::view::{ClusterView, InstanceView, Why};

/// The object of an instance.
pub(super) fn object(cluster: &ClusterView, instance: &InstanceView) -> native::Instance {
    let record = record(cluster, instance);
    let gtid = |set: fn(&MemberRecord) -> &Option<GtidSet>| {
        record.and_then(|record| set(record).as_ref()).map(GtidSet::to_string)
    };
    native::Instance {
        id: instance.id.to_string(),
        ordinal: instance.ordinal.0,
        task_id: instance.task.as_ref().map(ToString::to_string),
        role: role(cluster, instance).map(str::to_owned),
        goal: if cluster.terminating.is_some() { "drain" } else { "serve" }.to_owned(),
        state: instance.state.to_owned(),
        why: instance.why.as_ref().map(why),
        agent_id: instance.agent_id.clone(),
        host: instance.host.as_ref().map(ToString::to_string),
        zone: None,
        mysql: instance.mysql.as_ref().map(address),
        control: instance.control.as_ref().map(address),
        member: record.and_then(|record| record.number).map(member_name),
        published: published(cluster, instance).map(str::to_owned),
        member_state: record.map(|record| state_word(record.state).to_owned()),
        data_id: record.and_then(|record| record.data.as_ref()).map(ToString::to_string),
        version: record.and_then(|record| record.version.clone()),
        epoch_obeyed: record.map(|record| record.epoch.0),
        gtid_executed: gtid(|record| &record.executed),
        gtid_received: gtid(|record| &record.received),
        lag_seconds: None,
        lag: record.and_then(|record| record.lag).map(|lag| lag_word(lag).to_owned()),
        acker: is_acker(cluster, record),
        copy: record.and_then(|record| record.copy.as_ref()).map(|copy| self::copy(cluster, copy)),
        errant: None,
        disk: None,
        started: time(instance.started),
    }
}

fn is_acker(cluster: &ClusterView, record: Option<&MemberRecord>) -> bool {
    let data = record.and_then(|record| record.data.as_ref());
    cluster.epoch.as_ref().is_some_and(|epoch| data.is_some_and(|data| epoch.ackers.contains(data)))
}

fn copy(cluster: &ClusterView, copy: &CopyRecord) -> native::Copy {
    let donor = cluster.instances.iter().find(|instance| instance.ordinal == copy.donor);
    native::Copy {
        donor: donor.map(|instance| instance.id.to_string()),
        since: copy.since.rfc3339(),
        percent: copy.percent,
        bytes: copy.bytes,
    }
}

fn address(at: &Endpoint) -> native::Address {
    native::Address { host: at.host.to_string(), port: at.port }
}

fn why(why: &Why) -> native::Why {
    native::Why {
        code: why.code.clone(),
        text: why.text.clone(),
        since: why.since.rfc3339(),
        next_attempt: time(why.next_attempt),
        blocked_by: Vec::new(),
    }
}
