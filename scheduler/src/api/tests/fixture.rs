//! A fleet to look at: one healthy cluster of three with a primary, one that waits for a place.

use std::collections::{BTreeMap, BTreeSet};

use mysos_ha::assess::{Assessment, ClusterState};
use mysos_model::{
    ClusterSpec, DataId, Endpoint, Epoch, Flavor, Generation, Host, InstanceSize, Ordinal, Problem,
    ProblemCode, TaskId, Timestamp, Turn,
    record::{
        Claims, EpochRecord, Failed, JournalLine, JournalStep, LagClass, MemberRecord, MemberState, Phase,
    },
};

use crate::view::{ClusterView, FleetView, InstanceView, MesosView, Why};

/// 2026-05-04T08:00:00Z.
const NOW: Timestamp = Timestamp(1_777_881_600_000);

/// A fleet that is subscribed and has these clusters.
pub(crate) fn fleet(clusters: Vec<ClusterView>) -> FleetView {
    FleetView {
        volumes: BTreeMap::new(),
        loaded: true,
        mesos: MesosView {
            subscribed: true,
            ever_subscribed: true,
            reconciled: true,
            framework_id: Some("6f1c-0000".to_owned()),
            leader: Some("127.0.0.2:5050".to_owned()),
            trouble: None,
            since: minutes_ago(60),
        },
        zk_lost: None,
        clusters,
        started: minutes_ago(61),
        now: NOW,
    }
}

/// A healthy cluster of three.
pub(crate) fn cluster(name: &str) -> ClusterView {
    let members: Vec<MemberRecord> = (0..3).map(|ordinal| member(name, ordinal)).collect();
    let at = |ordinal: usize| members.get(ordinal).map(|member| member.mysql.clone());
    ClusterView {
        gives_back: Vec::new(),
        published_primary: at(0),
        published_replicas: at(1).into_iter().chain(at(2)).collect(),
        instances: members.iter().map(running).collect(),
        epoch: Some(serving()),
        assessment: Assessment {
            state: ClusterState::Healthy { epoch: Epoch(12), primary: data(0) },
            problems: Vec::new(),
        },
        members: members.into_iter().map(|member| (member.task.clone(), member)).collect(),
        ..waiting(name)
    }
}

/// The same a moment after member 1 failed: member 0 was elected.
pub(crate) fn failed_over(name: &str) -> ClusterView {
    let mut cluster = cluster(name);
    let at = |ms: u64| Timestamp(NOW.0 - 5_000 + ms);
    let failed = Failed {
        at: at(30),
        data: Some(data(1)),
        host: None,
        ordinal: Some(Ordinal(1)),
        reason: "its mysqld is not running".to_owned(),
        epoch: Epoch(12),
    };
    let line = |ms: u64, epoch: u64, by: u32, step: JournalStep| JournalLine {
        at: at(ms),
        epoch: Epoch(epoch),
        turn: Turn(30),
        by: Ordinal(by),
        step: step.as_str().to_owned(),
        detail: format!("what {} means", step.as_str()),
        took_ms: (step == JournalStep::Elected).then_some(170),
        extra: serde_json::Map::new(),
    };
    cluster.journal = vec![
        line(0, 11, 1, JournalStep::Exited),
        line(30, 12, 2, JournalStep::Electing),
        line(200, 12, 2, JournalStep::Elected),
        line(750, 12, 0, JournalStep::Published),
    ];
    cluster.epoch.as_mut().unwrap().failed = Some(Box::new(failed));
    cluster.cooldown_until = Some(at(60_030));
    cluster
}

/// A cluster of three that nobody has found a place for.
pub(crate) fn waiting(name: &str) -> ClusterView {
    let problem = Problem::new(ProblemCode::NoSpareCapacity, minutes_ago(3), "no offer has 512mb of memory")
        .action("wait for offers");
    ClusterView {
        gives_back: Vec::new(),
        name: name.parse().unwrap(),
        spec: ClusterSpec {
            cluster_user: "app".parse().unwrap(),
            num_nodes: 3,
            size: InstanceSize::default(),
            durability: None,
            flavor: Flavor::MariaDb,
            backup_id: None,
        },
        generation: Generation(7),
        owner: "local".to_owned(),
        created: minutes_ago(4),
        terminating: None,
        instances: (0..3).map(pending).collect(),
        epoch: None,
        members: BTreeMap::new(),
        published_primary: None,
        published_replicas: Vec::new(),
        assessment: Assessment {
            state: ClusterState::Provisioning { ready: 0, wanted: 3 },
            problems: vec![problem],
        },
        cooldown_until: None,
        journal: Vec::new(),
    }
}

fn minutes_ago(minutes: u64) -> Timestamp {
    Timestamp(NOW.0 - minutes * 60_000)
}

fn data(ordinal: u32) -> DataId {
    format!("0c55a3de-3f3c-4d4a-9c0f-4f2f0a2b7d1{ordinal}").parse().unwrap()
}

fn serving() -> EpochRecord {
    EpochRecord {
        epoch: Epoch(12),
        turn: Turn(31),
        phase: Phase::Serving,
        primary: Some(data(0)),
        ackers: BTreeSet::from([data(1), data(2)]),
        ..EpochRecord::forming(1, minutes_ago(2))
    }
}

fn member(name: &str, ordinal: u32) -> MemberRecord {
    let host = Host(format!("127.0.0.{}", 10 + ordinal));
    let uuid = format!("6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a1{ordinal}");
    let primary = ordinal == 0;
    MemberRecord {
        task: TaskId::new(&name.parse().unwrap(), Ordinal(ordinal), &uuid).unwrap(),
        ordinal: Ordinal(ordinal),
        data: Some(data(ordinal)),
        mysql: Endpoint::new(&host, 31_000),
        control: Endpoint::new(&host, 31_001),
        flavor: Flavor::MariaDb,
        version: Some("10.11.6".to_owned()),
        state: if primary { MemberState::Primary } else { MemberState::Following },
        epoch: Epoch(12),
        turn: Turn(31),
        executed: None,
        received: None,
        claims: Claims { acking: !primary, ..Claims::default() },
        suspects: None,
        lag: (!primary).then_some(LagClass::Current),
        number: Some(ordinal),
        copy: None,
        problems: Vec::new(),
        since: minutes_ago(2),
        extra: serde_json::Map::new(),
    }
}

fn running(member: &MemberRecord) -> InstanceView {
    InstanceView {
        task: Some(member.task.clone()),
        state: "running",
        why: None,
        host: Some(member.mysql.host.clone()),
        agent_id: Some(format!("agent-{}", member.ordinal)),
        mysql: Some(member.mysql.clone()),
        control: Some(member.control.clone()),
        started: Some(minutes_ago(3)),
        ..pending(member.ordinal.0)
    }
}

fn pending(ordinal: u32) -> InstanceView {
    InstanceView {
        ordinal: Ordinal(ordinal),
        id: format!("7f0e6c1c-2b8e-4f0e-8a41-1f4c4b6de90{ordinal}").parse().unwrap(),
        task: None,
        state: "pending",
        why: Some(Why {
            code: "WaitingForOffer".to_owned(),
            text: "31 offers looked at: 19 too little mem, 12 host already has a member".to_owned(),
            since: minutes_ago(3),
            next_attempt: None,
        }),
        host: None,
        agent_id: None,
        mysql: None,
        control: None,
        started: None,
    }
}
