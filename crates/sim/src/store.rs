//! ZooKeeper: records with versions, ephemerals that end with their session, compare-and-set.

use std::collections::BTreeMap;

use mysos_ha::{
    Event,
    view::{Group, SeenEpoch},
};
use mysos_model::{
    ClusterSpec, Epoch, Generation, InstanceSize, Ordinal, TaskId, Timestamp,
    record::{EpochRecord, Extra, Goal, MemberRecord, SpecRecord, WantedMember},
};

use crate::Shape;

/// What a member watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Epoch,
    Spec,
    Members,
    Coordinator,
}

impl Node {
    pub(crate) const ALL: [Self; 4] = [Self::Epoch, Self::Spec, Self::Members, Self::Coordinator];
}

/// A session: of which task, and which of its sessions.
pub(crate) type SessionId = (u32, u64);

/// A node below `discover/`.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) session: SessionId,
    pub(crate) group: Group,
}

pub(crate) struct Store {
    pub(crate) epoch: EpochRecord,
    pub(crate) version: i32,
    pub(crate) spec: SpecRecord,
    pub(crate) members: BTreeMap<TaskId, (SessionId, MemberRecord)>,
    pub(crate) coordinator: Option<(SessionId, TaskId)>,
    pub(crate) published: BTreeMap<u32, Place>,
    pub(crate) sessions: BTreeMap<SessionId, Timestamp>,
    next_number: u32,
    ticks: BTreeMap<Node, u64>,
}

impl Store {
    /// A cluster that was admitted by the scheduler.
    pub(crate) fn admitted(shape: Shape, now: Timestamp) -> Option<Self> {
        let wanted = ClusterSpec {
            cluster_user: "app".parse().ok()?,
            num_nodes: shape.size,
            size: InstanceSize::default(),
            durability: None,
            flavor: shape.flavor,
            backup_id: None,
        };
        let spec = SpecRecord {
            cluster: "shop".parse().ok()?,
            generation: Generation(1),
            members: BTreeMap::new(),
            cluster_user: wanted.cluster_user.clone(),
            flavor: wanted.flavor,
            size: wanted.size,
            durability: wanted.durability(),
            acks: if shape.size > 1 { shape.acks } else { 0 },
            auto_failover: true,
            failover_delay_ms: 0,
            epoch_floor: Epoch(0),
            terminating: false,
            extra: Extra::new(),
        };
        Some(Self {
            epoch: EpochRecord::forming(spec.acks, now),
            version: 0,
            spec,
            members: BTreeMap::new(),
            coordinator: None,
            published: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_number: 0,
            ticks: BTreeMap::new(),
        })
    }

    /// The scheduler wants this task in this slot.
    pub(crate) fn want(&mut self, slot: u32, task: &TaskId) {
        let instance = format!("00000000-0000-4000-8000-{slot:012}").parse().unwrap();
        let wanted = WantedMember { instance, task: Some(task.clone()), goal: Goal::Serve };
        self.spec.members.insert(Ordinal(slot), wanted);
        self.touch(Node::Spec);
    }

    /// The scheduler changes what a slot is for.
    pub(crate) fn set_goal(&mut self, slot: u32, goal: Goal) {
        if let Some(member) = self.spec.members.get_mut(&Ordinal(slot)) {
            member.goal = goal;
            self.touch(Node::Spec);
        }
    }

    pub(crate) fn tick(&self, node: Node) -> u64 {
        self.ticks.get(&node).copied().unwrap_or(0)
    }

    pub(crate) fn touch(&mut self, node: Node) {
        *self.ticks.entry(node).or_default() += 1;
    }

    /// Compare-and-set.
    pub(crate) fn swap(&mut self, version: i32, record: &EpochRecord) -> Option<i32> {
        if version != self.version {
            return None;
        }
        self.epoch = record.clone();
        self.version += 1;
        self.touch(Node::Epoch);
        Some(self.version)
    }

    pub(crate) fn end_session(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.members.retain(|_, (owner, _)| *owner != session);
        self.published.retain(|_, place| place.session != session);
        if self.coordinator.as_ref().is_some_and(|(owner, _)| *owner == session) {
            self.coordinator = None;
            self.touch(Node::Coordinator);
        }
        self.touch(Node::Members);
    }

    /// What reading a node gives.
    pub(crate) fn read(&self, node: Node) -> Event {
        match node {
            Node::Epoch => {
                Event::Epoch(Some(SeenEpoch { record: self.epoch.clone(), version: self.version, parent: 0 }))
            }
            Node::Spec => Event::Spec(Some(Box::new(self.spec.clone()))),
            Node::Members => Event::Members(
                self.members.iter().map(|(task, (_, record))| (task.clone(), record.clone())).collect(),
            ),
            Node::Coordinator => Event::Coordinator(self.coordinator.as_ref().map(|(_, task)| task.clone())),
        }
    }

    /// One transaction below `discover/`: the version of the record is checked, an older node of this number
    /// and, for the primary's group, everybody else's are removed.
    pub(crate) fn publish(
        &mut self,
        session: SessionId,
        (group, number, version): (Option<Group>, Option<u32>, Option<i32>),
    ) -> Result<Option<u32>, &'static str> {
        if version.is_some_and(|version| version != self.version) {
            return Err("the record has changed");
        }
        if !self.sessions.contains_key(&session) {
            return Err("the session has ended");
        }
        let Some(group) = group else {
            if let Some(number) = number {
                self.published.remove(&number);
            }
            return Ok(number);
        };
        // Whoever enters again because an answer was lost takes the node that it has.
        let own =
            self.published.iter().find(|(_, place)| place.session == session).map(|(number, _)| *number);
        let number = number.or(own).unwrap_or_else(|| {
            self.next_number += 1;
            self.next_number - 1
        });
        if group == Group::Primary {
            self.published.retain(|_, place| place.group != Group::Primary);
        }
        self.published.insert(number, Place { session, group });
        Ok(Some(number))
    }

    /// How many stand under `master/`.
    pub(crate) fn primaries(&self) -> usize {
        self.published.values().filter(|place| place.group == Group::Primary).count()
    }
}
