//! What the world's agents hold beyond tasks: reservations with labels, volumes, the data in them, and who needs it.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    Bytes, ClusterName, DataId, MilliCpus, TaskId, wire::home::ReservationId, wire::state::AgentId,
};

use super::World;
use crate::{
    Event,
    action::{Accept, Berth, Feedback, Launch, Release, VolumeSource},
    event::{Amount, Holding, OperationState, OperationUpdate, Pool, TaskState},
    needs::Needs,
    operation::{Kind, Operation},
};

/// One reservation on an agent.
#[derive(Debug, Clone, Default)]
pub(in crate::tests) struct Reserved {
    pub(in crate::tests) installation: String,
    pub(in crate::tests) free: (u64, u64, u64),
    pub(in crate::tests) ports: BTreeSet<u16>,
    pub(in crate::tests) volume: Option<Volume>,
}

/// A volume in it.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Volume {
    pub(in crate::tests) name: String,
    disk: u64,
    /// Which task has it mounted.
    pub(in crate::tests) task: Option<TaskId>,
    /// What is in it, once a server has run on it.
    pub(in crate::tests) data: Option<DataId>,
    pub(in crate::tests) cluster: ClusterName,
}

/// What goes wrong with the operations of the next accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Fault {
    Reserve,
    Create,
    Launch,
    Release,
}

/// A launch whose resources were not there.
pub(in crate::tests) struct Dropped;

impl World {
    /// Somebody else's reservation and volume in the same role.
    pub(in crate::tests) fn plant(&mut self, at: usize, installation: &str) -> ReservationId {
        let reservation = ReservationId(self.uuid());
        let cluster: ClusterName = "theirs".parse().unwrap();
        let name = reservation.volume(&cluster, mysos_model::Ordinal(0));
        let volume = Volume { name, disk: 1 << 30, task: None, data: None, cluster };
        let installation = installation.to_owned();
        let free = (500, 1 << 28, 0);
        let reserved = Reserved { installation, free, volume: Some(volume), ..Reserved::default() };
        self.agents[at].reserved.insert(reservation.clone(), reserved);
        reservation
    }

    pub(in crate::tests) fn holdings(&self, at: &AgentId) -> Vec<Holding> {
        let Some(agent) = self.agents.iter().find(|agent| agent.id == *at) else { return Vec::new() };
        let shown = agent.reserved.iter().filter_map(|(reservation, reserved)| {
            let volume = reserved.volume.as_ref().filter(|volume| volume.task.is_none());
            let (cpus, mem, disk) = reserved.free;
            let nothing = cpus + mem + disk == 0 && reserved.ports.is_empty() && volume.is_none();
            let amount = Amount {
                pool: Pool::Own(reservation.clone()),
                cpus: MilliCpus(cpus),
                mem: Bytes(mem),
                disk: Bytes(disk),
                ports: reserved.ports.iter().map(|port| (*port, *port)).collect(),
            };
            (!nothing).then(|| Holding {
                reservation: reservation.clone(),
                installation: Some(reserved.installation.clone()),
                amount,
                volume: volume.map(|volume| volume.name.clone()),
            })
        });
        shown.collect()
    }

    pub(in crate::tests) fn reserved(
        &mut self,
        agent: &AgentId,
        at: &ReservationId,
    ) -> Option<&mut Reserved> {
        self.agents.iter_mut().find(|there| there.id == *agent)?.reserved.get_mut(at)
    }

    /// What a launch asks for before it is one: reserves, makes the volume, mounts it.
    pub(in crate::tests) fn lodge(
        &mut self,
        accept: &Accept,
        launch: &Launch,
    ) -> Result<Vec<Amount>, Dropped> {
        let takes: Vec<Amount> = launch.task_takes.iter().chain(&launch.executor_takes).cloned().collect();
        let Some(berth) = &launch.berth else { return Ok(takes) };
        let own = Pool::Own(berth.reservation.clone());
        let new: Vec<Amount> = takes.iter().filter(|take| take.pool == Pool::Unreserved).cloned().collect();
        let volume = match &berth.source {
            VolumeSource::Made { pool, disk } => Some((pool.clone(), *disk)),
            VolumeSource::There => None,
        };
        let fresh =
            volume.as_ref().filter(|(pool, _)| *pool == Pool::Unreserved).map_or(0, |(_, disk)| disk.0);
        if !new.is_empty() || fresh > 0 {
            self.answer_operation(accept, berth, Kind::Reserve, Fault::Reserve)?;
            self.move_into(&accept.agent, &berth.reservation, &new, fresh);
        }
        if let Some((_, disk)) = volume {
            self.answer_operation(accept, berth, Kind::Create, Fault::Create)?;
            self.make_volume(&accept.agent, (launch, berth), disk.0);
        }
        if self.fault == Some(Fault::Launch) {
            return Err(Dropped);
        }
        self.mount(&accept.agent, (launch, berth));
        Ok(takes.into_iter().map(|take| Amount { pool: own.clone(), ..take }).collect())
    }

    fn move_into(&mut self, agent: &AgentId, to: &ReservationId, amounts: &[Amount], disk: u64) {
        self.occupy(agent, amounts);
        let installation = self.fleet.framework().unwrap().cluster_uid.clone();
        self.with_agent(agent, |agent| {
            agent.free.2 = agent.free.2.checked_sub(disk).expect("disk given twice");
            let reserved = agent.reserved.entry(to.clone()).or_default();
            reserved.installation = installation;
            reserved.free.2 += disk;
            for amount in amounts {
                reserved.free.0 += amount.cpus.0;
                reserved.free.1 += amount.mem.0;
                reserved.free.2 += amount.disk.0;
                amount.ports.iter().for_each(|(first, last)| reserved.ports.extend(*first..=*last));
            }
        });
    }

    fn make_volume(&mut self, agent: &AgentId, (launch, berth): (&Launch, &Berth), disk: u64) {
        let (name, cluster) = (berth.volume.clone(), launch.task.cluster().clone());
        let reserved = self.reserved(agent, &berth.reservation).expect("it is reserved");
        reserved.free.2 = reserved.free.2.checked_sub(disk).expect("disk given twice");
        assert!(reserved.volume.is_none(), "a second volume in {}", berth.reservation);
        reserved.volume = Some(Volume { name, disk, task: None, data: None, cluster });
    }

    /// No two tasks have one volume.
    fn mount(&mut self, agent: &AgentId, (launch, berth): (&Launch, &Berth)) {
        let volume = self.reserved(agent, &berth.reservation).and_then(|there| there.volume.as_mut());
        let volume = volume.unwrap_or_else(|| panic!("{} has no volume", launch.task));
        assert_eq!((volume.name.as_str(), &volume.task), (berth.volume.as_str(), &None), "{}", launch.task);
        volume.task = Some(launch.task.clone());
    }

    fn answer_operation(
        &mut self,
        accept: &Accept,
        berth: &Berth,
        kind: Kind,
        fault: Fault,
    ) -> Result<(), Dropped> {
        let done = self.fault != Some(fault);
        let state = if done { OperationState::Finished } else { OperationState::Refused };
        let (reservation, attempt) = (berth.reservation.clone(), berth.attempt.clone());
        self.operation_says(accept, &Operation { kind, reservation, attempt }, state);
        if done { Ok(()) } else { Err(Dropped) }
    }

    fn operation_says(&mut self, accept: &Accept, operation: &Operation, state: OperationState) {
        if accept.feedback == Feedback::None || !self.subscribed {
            return;
        }
        let done = state == OperationState::Finished;
        let uuid = done.then(|| self.draw().to_be_bytes().to_vec());
        self.inbox.push_back(Event::Operation(OperationUpdate {
            operation: operation.to_string(),
            agent: Some(accept.agent.clone()),
            state,
            message: if done { String::new() } else { "refused by the world".to_owned() },
            uuid,
        }));
    }

    /// Destroys and gives back, if all of that is right.
    pub(in crate::tests) fn give_back(&mut self, accept: &Accept, release: &Release) {
        self.check_release(&accept.agent, release);
        let done = self.fault != Some(Fault::Release);
        let state = if done { OperationState::Finished } else { OperationState::Refused };
        if done {
            let reservation = &release.reservation;
            let agent = self.agents.iter_mut().find(|agent| agent.id == accept.agent).unwrap();
            if let Some(reserved) = agent.reserved.remove(reservation) {
                agent.free.0 += reserved.free.0;
                agent.free.1 += reserved.free.1;
                agent.free.2 += reserved.free.2 + reserved.volume.map_or(0, |volume| volume.disk);
                agent.ports.extend(reserved.ports);
            }
        }
        for kind in [Kind::Destroy, Kind::Unreserve] {
            let (reservation, attempt) = (release.reservation.clone(), release.attempt.clone());
            self.operation_says(accept, &Operation { kind, reservation, attempt }, state);
        }
    }

    /// Only what is ours, in nobody's use, and not needed is destroyed.
    fn check_release(&mut self, agent: &AgentId, release: &Release) {
        let ours = self.fleet.framework().unwrap().cluster_uid.clone();
        let Some(reserved) = self.reserved(agent, &release.reservation).cloned() else {
            panic!("{release:?} is not there");
        };
        assert_eq!(reserved.installation, ours, "{release:?} is somebody else's");
        let Some(volume) = reserved.volume else { return };
        assert_eq!(volume.task, None, "{release:?} is in use");
        assert_eq!(Some(&volume.name), release.volume.as_ref(), "destroyed without being named");
        let lives = self.fleet.cluster(&volume.cluster).is_some_and(|cluster| !cluster.is_terminating());
        let needed = self.needs.get(&volume.cluster).zip(volume.data.as_ref());
        let needed = needed.is_some_and(|(needs, data)| needs.all.contains(data));
        assert!(!(lives && needed), "{release:?} is needed: {:?}", volume.data);
        let homes = self.fleet.clusters.values().flat_map(|cluster| cluster.saved.instances.values());
        let has = |home: &mysos_model::wire::home::Home| home.reservation == release.reservation;
        assert!(!homes.filter_map(|it| it.home.as_ref()).any(has), "{release:?} is a slot's home");
    }

    /// A task has ended: what it had mounted is free.
    pub(in crate::tests) fn unmount(&mut self, agent: &AgentId, task: &TaskId) {
        let Some(agent) = self.agents.iter_mut().find(|there| there.id == *agent) else { return };
        for volume in agent.reserved.values_mut().filter_map(|reserved| reserved.volume.as_mut()) {
            if volume.task.as_ref() == Some(task) {
                volume.task = None;
            }
        }
    }

    /// The server of a task answers: from now on there is data.
    pub(in crate::tests) fn fill(&mut self, id: &TaskId) {
        let data = self.uuid().parse::<DataId>().unwrap();
        let agent = self.tasks[id].agent.clone();
        let mut volumes = self.agents.iter_mut().filter(|there| there.id == agent);
        let mut volumes = volumes.by_ref().flat_map(|agent| agent.reserved.values_mut());
        let volume =
            volumes.find_map(|there| there.volume.as_mut().filter(|it| it.task.as_ref() == Some(id)));
        let data = match volume {
            Some(volume) => volume.data.get_or_insert(data).clone(),
            None => data,
        };
        self.tasks.get_mut(id).unwrap().data = Some(data);
    }

    /// The members of a cluster go on among themselves: elect from what is named, admit who is there, let go of who
    /// is gone once there is another, or every slot is filled.
    pub(in crate::tests) fn members_go_on(&mut self) {
        let mut alive: BTreeMap<ClusterName, BTreeSet<DataId>> = BTreeMap::new();
        for (id, task) in self.tasks.iter().filter(|(_, task)| task.alive) {
            if let (TaskState::Running, Some(data)) = (task.state, &task.data) {
                alive.entry(id.cluster().clone()).or_default().insert(data.clone());
            }
        }
        let gone: Vec<ClusterName> =
            self.needs.keys().filter(|name| !self.trees.contains_key(*name)).cloned().collect();
        for name in &gone {
            self.needs.remove(name);
        }
        for (name, alive) in alive {
            let needs = self.needs.entry(name.clone()).or_default();
            let serves = needs.primary.as_ref().is_some_and(|primary| alive.contains(primary));
            if !serves {
                let next = alive.iter().find(|data| needs.all.is_empty() || needs.all.contains(*data));
                needs.primary = next.cloned();
            }
            let wanted = self.fleet.clusters.get(&name).map_or(1, |cluster| cluster.saved.instances.len());
            match &needs.primary {
                Some(_) if alive.len() > 1 || alive.len() >= wanted => needs.all.clone_from(&alive),
                Some(primary) => drop(needs.all.insert(primary.clone())),
                None => {}
            }
        }
    }

    pub(in crate::tests) fn needs_of(&self, name: &ClusterName) -> Needs {
        self.needs.get(name).cloned().unwrap_or_default()
    }

    /// An agent loses its state but not its disk, and comes back under another id with its volumes.
    pub(in crate::tests) fn agent_is_reborn(&mut self, at: usize) {
        let id = AgentId(format!("S{}", self.draw()));
        let Some(agent) = self.agents.get_mut(at) else { return };
        let old = std::mem::replace(&mut agent.id, id);
        (agent.away, agent.removed) = (None, false);
        self.rescind(&old);
        for task in self.tasks_on(&old) {
            let ended = self.tasks.remove(&task).unwrap();
            let new = self.agents[at].id.clone();
            self.unmount(&new, &task);
            self.release(&new, &ended.takes);
            self.master_says(&task, Some(old.clone()), TaskState::Lost, None);
        }
    }
}
