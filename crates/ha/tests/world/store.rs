//! The records, with versions and ephemerals.

use std::collections::BTreeMap;

use mysos_ha::{
    Event,
    view::{Group, SeenEpoch},
};
use mysos_model::{
    ClusterSpec, Epoch, Flavor, Generation, InstanceSize, Ordinal, TaskId, Timestamp,
    record::{EpochRecord, Extra, Goal, MemberRecord, SpecRecord, WantedMember},
};

pub struct Store {
    pub epoch: EpochRecord,
    pub version: i32,
    pub spec: SpecRecord,
    pub members: BTreeMap<TaskId, (u64, MemberRecord)>,
    pub coordinator: Option<(u64, TaskId)>,
    pub published: BTreeMap<u32, (u64, Group, TaskId)>,
    pub next_number: u32,
    ticks: BTreeMap<&'static str, u64>,
}

impl Store {
    pub fn admitted(size: u32, now: Timestamp) -> Self {
        let wanted = ClusterSpec {
            cluster_user: "app".parse().unwrap(),
            num_nodes: size,
            size: InstanceSize::default(),
            durability: None,
            flavor: Flavor::MariaDb,
            backup_id: None,
        };
        let spec = SpecRecord {
            cluster: "shop".parse().unwrap(),
            generation: Generation(1),
            members: BTreeMap::new(),
            cluster_user: wanted.cluster_user.clone(),
            flavor: wanted.flavor,
            size: wanted.size,
            durability: wanted.durability(),
            acks: wanted.wished_acks(),
            auto_failover: true,
            failover_delay_ms: 0,
            epoch_floor: Epoch(0),
            terminating: false,
            extra: Extra::new(),
        };
        Self {
            epoch: EpochRecord::forming(spec.acks, now),
            version: 0,
            spec,
            members: BTreeMap::new(),
            coordinator: None,
            published: BTreeMap::new(),
            next_number: 0,
            ticks: BTreeMap::new(),
        }
    }

    pub fn want(&mut self, ordinal: u32, task: &TaskId) {
        let instance = format!("00000000-0000-4000-8000-{ordinal:012}").parse().unwrap();
        let wanted = WantedMember { instance, task: Some(task.clone()), goal: Goal::Serve };
        self.spec.members.insert(Ordinal(ordinal), wanted);
        self.touch("spec");
    }

    pub fn touch(&mut self, what: &'static str) {
        *self.ticks.entry(what).or_default() += 1;
    }

    pub fn swap(&mut self, version: i32, record: &EpochRecord) -> Option<i32> {
        if version != self.version {
            return None;
        }
        assert!(mysos_ha::epoch::is_legal(&self.epoch, record), "{:?} -> {record:?}", self.epoch);
        self.epoch = record.clone();
        self.version += 1;
        self.touch("epoch");
        Some(self.version)
    }

    pub fn end_session(&mut self, session: u64) {
        self.members.retain(|_, (owner, _)| *owner != session);
        self.published.retain(|_, (owner, ..)| *owner != session);
        if self.coordinator.as_ref().is_some_and(|(owner, _)| *owner == session) {
            self.coordinator = None;
        }
        self.touch("members");
        self.touch("coordinator");
    }

    pub fn events(&self) -> Vec<(&'static str, u64, Event)> {
        let tick = |what| self.ticks.get(what).copied().unwrap_or(0);
        let epoch = SeenEpoch { record: self.epoch.clone(), version: self.version, parent: 0 };
        let members = self.members.iter().map(|(task, (_, record))| (task.clone(), record.clone())).collect();
        vec![
            ("epoch", tick("epoch"), Event::Epoch(Some(epoch))),
            ("spec", tick("spec"), Event::Spec(Some(Box::new(self.spec.clone())))),
            ("members", tick("members"), Event::Members(members)),
            (
                "coordinator",
                tick("coordinator"),
                Event::Coordinator(self.coordinator.as_ref().map(|(_, task)| task.clone())),
            ),
        ]
    }
}
