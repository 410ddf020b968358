//! The world's agents and its master: what they offer, what they say of tasks, what they answer.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use mysos_model::{Bytes, MilliCpus, TaskId, Timestamp, size::MIB, wire::state::AgentId};

use super::{Agent, Task, World};
use crate::{
    Event, Step,
    action::{Accept, Launch},
    config::StorageMode,
    event::{Amount, Offer, OfferId, Offers, Pool, Reason, TaskState, Update},
    task::{Word, word},
};

impl Agent {
    /// What is free of a pool.
    fn pool(&mut self, pool: &Pool) -> (&mut (u64, u64, u64), &mut BTreeSet<u16>) {
        match pool {
            Pool::Own(reservation) => {
                let reserved = self.reserved.get_mut(reservation).expect("it is reserved");
                (&mut reserved.free, &mut reserved.ports)
            }
            Pool::Role(_) | Pool::Unreserved => (&mut self.free, &mut self.ports),
        }
    }
}

impl World {
    pub(in crate::tests) fn answered(&mut self, offer: &OfferId, refuse: Duration) {
        let Some(agent) = self.offers.remove(offer) else { panic!("{offer} is answered twice") };
        let until = self.now + refuse;
        self.with_agent(&agent, |agent| agent.filtered_until = until);
    }

    pub(in crate::tests) fn with_agent(&mut self, id: &AgentId, change: impl FnOnce(&mut Agent)) {
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.id == *id) {
            change(agent);
        }
    }

    pub(in crate::tests) fn accept(&mut self, accept: &Accept) {
        assert!(!accept.offers.is_empty());
        assert!(!accept.launches.is_empty() || !accept.releases.is_empty());
        for offer in &accept.offers {
            assert_eq!(self.offers.get(offer), Some(&accept.agent), "offers of another agent");
            self.answered(offer, accept.refuse);
        }
        let lost = self.is_lost();
        for release in accept.releases.iter().filter(|_| !lost) {
            self.give_back(accept, release);
        }
        for launch in &accept.launches {
            self.check_launch(&launch.task, &accept.agent);
            if !lost {
                self.launch(accept, launch);
            }
        }
        if !lost {
            self.fault = None;
        }
    }

    fn launch(&mut self, accept: &Accept, launch: &Launch) {
        let (id, agent) = (&launch.task, Some(accept.agent.clone()));
        let Ok(takes) = self.lodge(accept, launch) else {
            self.master_says(id, agent, TaskState::Dropped, None);
            return;
        };
        self.occupy(&accept.agent, &takes);
        let task = Task {
            agent: accept.agent.clone(),
            state: TaskState::Staging,
            alive: true,
            was_away: false,
            data: None,
            takes,
            unacknowledged: VecDeque::new(),
        };
        self.tasks.insert(id.clone(), task);
    }

    pub(in crate::tests) fn occupy(&mut self, agent: &AgentId, takes: &[Amount]) {
        self.with_agent(agent, |agent| {
            for amount in takes {
                let (free, ports) = agent.pool(&amount.pool);
                free.0 = free.0.checked_sub(amount.cpus.0).expect("cpus given twice");
                free.1 = free.1.checked_sub(amount.mem.0).expect("memory given twice");
                free.2 = free.2.checked_sub(amount.disk.0).expect("disk given twice");
                for (first, last) in &amount.ports {
                    (*first..=*last).for_each(|port| assert!(ports.remove(&port), "port given twice"));
                }
            }
        });
    }

    pub(in crate::tests) fn release(&mut self, agent: &AgentId, takes: &[Amount]) {
        let now = self.now;
        self.with_agent(agent, |agent| {
            for amount in takes {
                let (free, ports) = agent.pool(&amount.pool);
                free.0 += amount.cpus.0;
                free.1 += amount.mem.0;
                free.2 += amount.disk.0;
                amount.ports.iter().for_each(|(first, last)| ports.extend(*first..=*last));
            }
            agent.filtered_until = now; // A larger offer passes the filter of a smaller one.
        });
    }

    /// The task is in another state, and its agent says so.
    pub(in crate::tests) fn moves(&mut self, id: &TaskId, state: TaskState, message: &str) {
        let uuid = self.draw().to_be_bytes().to_vec();
        let Some(task) = self.tasks.get_mut(id) else { return };
        if !task.alive {
            return;
        }
        task.state = state;
        let update = Update {
            task: id.to_string(),
            state,
            reason: None,
            message: message.to_owned(),
            uuid: Some(uuid),
            agent: Some(task.agent.clone()),
            unreachable_since: None,
        };
        task.unacknowledged.push_back(update);
        if word(state) == Word::Ended {
            task.alive = false;
            let (agent, takes) = (task.agent.clone(), std::mem::take(&mut task.takes));
            self.unmount(&agent, id);
            self.release(&agent, &takes);
        }
    }

    /// Agents send what has not been acknowledged, each task's first.
    pub(in crate::tests) fn agents_send(&mut self) {
        if !self.subscribed {
            return;
        }
        let reachable: BTreeSet<AgentId> = self.reachable().map(|agent| agent.id.clone()).collect();
        for task in self.tasks.values().filter(|task| reachable.contains(&task.agent)) {
            if let Some(first) = task.unacknowledged.front() {
                self.inbox.push_back(Event::Update(first.clone()));
            }
        }
    }

    pub(in crate::tests) fn reachable(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().filter(|agent| agent.away.is_none())
    }

    pub(in crate::tests) fn acknowledge(&mut self, task: &str, uuid: &[u8]) {
        let Ok(id) = task.parse::<TaskId>() else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if task.unacknowledged.front().is_some_and(|first| first.uuid.as_deref() == Some(uuid)) {
            task.unacknowledged.pop_front();
        }
        if !task.alive && task.unacknowledged.is_empty() {
            self.tasks.remove(&id);
        }
    }

    pub(in crate::tests) fn kill(&mut self, id: &TaskId) {
        let reachable =
            self.tasks.get(id).is_some_and(|task| self.reachable().any(|agent| agent.id == task.agent));
        if reachable && self.tasks.get(id).is_some_and(|task| task.alive) {
            self.moves(id, TaskState::Killed, "killed");
        } else {
            self.reconcile_one(id, None);
        }
    }

    pub(in crate::tests) fn reconcile(&mut self, tasks: &[(TaskId, AgentId)]) {
        if tasks.is_empty() {
            let all: Vec<TaskId> = self.tasks.keys().cloned().collect();
            let reachable: BTreeSet<AgentId> = self.reachable().map(|agent| agent.id.clone()).collect();
            for id in all {
                if self.tasks.get(&id).is_some_and(|task| reachable.contains(&task.agent)) {
                    self.reconcile_one(&id, None);
                }
            }
        }
        for (id, agent) in tasks {
            self.reconcile_one(id, Some(agent));
        }
    }

    pub(in crate::tests) fn reconcile_one(&mut self, id: &TaskId, agent: Option<&AgentId>) {
        let known = self.tasks.get(id);
        let at = known.map(|task| task.agent.clone()).or_else(|| agent.cloned());
        let host = self.agents.iter().find(|agent| Some(&agent.id) == at.as_ref());
        let (state, since) = match (known, host) {
            (_, Some(Agent { away: Some(_), removed: true, .. })) => (TaskState::Unknown, None),
            (_, Some(Agent { away: Some(since), .. })) => (TaskState::Unreachable, Some(*since)),
            (Some(task), Some(_)) => (task.state, None),
            (None, Some(_)) => (TaskState::Gone, None),
            (_, None) if at.as_ref().is_some_and(|at| self.gone.contains(at)) => {
                (TaskState::GoneByOperator, None)
            }
            (_, None) => (TaskState::Unknown, None),
        };
        self.master_says(id, at, state, since);
    }

    /// An update that the master makes itself, to be acknowledged by nobody.
    pub(in crate::tests) fn master_says(
        &mut self,
        id: &TaskId,
        agent: Option<AgentId>,
        state: TaskState,
        unreachable_since: Option<Timestamp>,
    ) {
        if !self.subscribed {
            return;
        }
        self.inbox.push_back(Event::Update(Update {
            task: id.to_string(),
            state,
            reason: Some(Reason::Reconciliation),
            message: String::new(),
            uuid: None,
            agent,
            unreachable_since,
        }));
    }

    pub(in crate::tests) fn tasks_on(&self, agent: &AgentId) -> Vec<TaskId> {
        self.tasks.iter().filter(|(_, task)| task.agent == *agent).map(|(id, _)| id.clone()).collect()
    }

    /// The master loses sight of an agent.
    pub(in crate::tests) fn agent_goes_away(&mut self, at: usize) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(at).filter(|agent| agent.away.is_none()) else { return };
        agent.away = Some(now);
        let id = agent.id.clone();
        self.rescind(&id);
        for task in self.tasks_on(&id) {
            self.tasks.get_mut(&task).unwrap().was_away = true;
            self.master_says(&task, Some(id.clone()), TaskState::Unreachable, Some(now));
        }
    }

    /// The master removes an agent, and with that forgets its tasks.
    pub(in crate::tests) fn agent_is_removed(&mut self, at: usize) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(at) else { return };
        agent.away = agent.away.or(Some(now));
        agent.removed = true;
        let id = agent.id.clone();
        self.rescind(&id);
        for task in self.tasks_on(&id) {
            self.tasks.get_mut(&task).unwrap().was_away = true;
            self.master_says(&task, Some(id.clone()), TaskState::Lost, None);
        }
    }

    /// It is back, with the tasks it had.
    pub(in crate::tests) fn agent_returns(&mut self, at: usize) {
        let Some(agent) = self.agents.get_mut(at).filter(|agent| agent.away.is_some()) else { return };
        (agent.away, agent.removed) = (None, false);
        let id = agent.id.clone();
        for task in self.tasks_on(&id) {
            let state = self.tasks[&task].state;
            self.master_says(&task, Some(id.clone()), state, None);
        }
    }

    /// An operator declares an agent gone; a new one is set up on the machine.
    pub(in crate::tests) fn agent_is_gone(&mut self, at: usize) {
        if at >= self.agents.len() {
            return;
        }
        let agent = self.agents.remove(at);
        self.gone.insert(agent.id.clone());
        self.rescind(&agent.id);
        for task in self.tasks_on(&agent.id) {
            self.tasks.remove(&task);
            self.master_says(&task, Some(agent.id.clone()), TaskState::GoneByOperator, None);
        }
        self.add_agent(&agent.host.0);
    }

    pub(in crate::tests) fn rescind(&mut self, agent: &AgentId) {
        let void: Vec<OfferId> =
            self.offers.iter().filter(|(_, at)| *at == agent).map(|(id, _)| id.clone()).collect();
        for offer in void {
            self.offers.remove(&offer);
            self.inbox.push_back(Event::Rescinded(offer));
        }
    }

    /// The master offers what is free, in one batch that is taken at once.
    pub(in crate::tests) fn offer(&mut self) -> Option<Step> {
        if !self.subscribed || self.suppressed {
            return None;
        }
        let free: Vec<Agent> =
            self.reachable().filter(|agent| agent.filtered_until <= self.now).cloned().collect();
        let offers: Vec<Offer> = free.iter().map(|agent| self.offer_of(agent)).collect();
        if offers.is_empty() {
            return None;
        }
        let uuids = (0..self.fleet.uuids_wanted(self.now)).map(|_| self.uuid()).collect();
        Some(self.take(&Event::Offers(Offers { offers, uuids })))
    }

    /// In a world without volumes, half of it reserved for our role, the rest for nobody, so that most launches take of both.
    pub(in crate::tests) fn offer_of(&mut self, agent: &Agent) -> Offer {
        let id = OfferId(format!("O{}", self.draw()));
        self.offers.insert(id.clone(), agent.id.clone());
        let ports: Vec<u16> = agent.ports.iter().copied().collect();
        let (low, high) = ports.split_at(ports.len() / 2);
        let amount = |pool, part: (u64, u64, u64), ports: &[u16]| Amount {
            pool,
            cpus: MilliCpus(part.0),
            mem: Bytes(part.1),
            disk: Bytes(part.2),
            ports: ports.iter().map(|port| (*port, *port)).collect(),
        };
        let (cpus, mem, disk) = agent.free;
        let (role, holdings) = (self.config.identity.role.clone(), self.holdings(&agent.id));
        if self.config.storage == StorageMode::Volumes {
            let pools = vec![amount(Pool::Unreserved, agent.free, &ports)];
            return Offer { id, agent: agent.id.clone(), host: agent.host.clone(), role, pools, holdings };
        }
        let reserved = (cpus / 3, mem / MIB / 3 * MIB, disk / MIB / 3 * MIB);
        let rest = (cpus - reserved.0, mem - reserved.1, disk - reserved.2);
        Offer {
            id,
            agent: agent.id.clone(),
            host: agent.host.clone(),
            role,
            holdings,
            pools: vec![
                amount(Pool::Unreserved, rest, low),
                amount(Pool::Role("mysos".to_owned()), reserved, high),
            ],
        }
    }
}
