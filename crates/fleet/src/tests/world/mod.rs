//! A small world around a fleet: agents with tasks and resources, a master that offers and answers, a
//! store. Everything the fleet asks for is done here, or lost, and each rule that must always hold is
//! checked when it is.

mod checks;
mod mesos;
mod volumes;

pub(super) use volumes::Fault;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use mysos_model::{
    Bytes, ClusterName, ClusterSpec, DataId, Dice, Flavor, Host, MilliCpus, Password, TaskId, Timestamp,
    record::{Credentials, SpecRecord, decode, encode},
    size::{InstanceSize, MIB},
    wire::{
        home::ReservationId,
        state::{AgentId, Instance, SavedCluster, SavedFramework},
    },
};

use crate::{
    Action, Config, Event, Fleet, Step,
    action::Tree,
    change::Touched,
    config::{Identity, StorageMode},
    event::{Amount, Drawn, Loaded, OfferId, Outcome, RequestId, StoreState, TaskState, Update},
    needs::Needs,
    request::{Answer, Refusal, Request},
    step,
};

pub(super) const START: Timestamp = Timestamp(1_777_881_600_000);
pub(super) const PASSWORD: &str = "s3cret-of-the-owner";

/// One machine.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub(super) id: AgentId,
    pub(super) host: Host,
    /// Since when the master cannot reach it.
    pub(super) away: Option<Timestamp>,
    /// The master has removed it and knows nothing of it any more; it may come back all the same.
    removed: bool,
    free: (u64, u64, u64),
    ports: BTreeSet<u16>,
    pub(super) reserved: BTreeMap<ReservationId, volumes::Reserved>,
    filtered_until: Timestamp,
}

/// One task on it.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) agent: AgentId,
    pub(super) state: TaskState,
    /// Whether its mysqld may run.
    pub(super) alive: bool,
    was_away: bool,
    /// What its server serves, once it has answered.
    pub(super) data: Option<DataId>,
    takes: Vec<Amount>,
    /// Not acknowledged yet; the first is sent again and again.
    unacknowledged: VecDeque<Update>,
}

/// What the next actions meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Luck {
    Good,
    /// So many calls and writes vanish.
    Lost(u32),
}

/// Where in its next turn the scheduler dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    BeforeSave,
    /// After so many actions.
    AfterActions(usize),
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) fleet: Fleet,
    pub(super) dice: Dice,
    pub(super) agents: Vec<Agent>,
    /// Agents that an operator declared gone.
    gone: BTreeSet<AgentId>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) inbox: VecDeque<Event>,
    pub(super) luck: Luck,
    pub(super) dies: Option<Death>,
    /// What goes wrong with the next accept.
    pub(super) fault: Option<Fault>,
    pub(super) config: Config,
    /// What the fencing records name.
    pub(super) needs: BTreeMap<ClusterName, Needs>,
    pub(super) subscribed: bool,
    pub(super) suppressed: bool,
    pub(super) offers: BTreeMap<OfferId, AgentId>,
    pub(super) saved_clusters: BTreeMap<ClusterName, (Vec<u8>, Credentials)>,
    pub(super) saved_framework: Option<Vec<u8>>,
    pub(super) trees: BTreeMap<ClusterName, BTreeSet<Tree>>,
    pub(super) specs: BTreeMap<ClusterName, SpecRecord>,
    pub(super) answers: BTreeMap<RequestId, Answer>,
    pub(super) performed: Vec<Action>,
    drawn: u64,
    /// The last tick and how many there were at that instant.
    ticks: (Timestamp, u32),
}

pub(super) fn cluster(name: &str) -> ClusterName {
    name.parse().unwrap()
}

pub(super) fn size() -> InstanceSize {
    InstanceSize { cpus: MilliCpus(500), mem: Bytes(512 * MIB), disk: Bytes(1024 * MIB) }
}

pub(super) fn spec(num_nodes: u32) -> ClusterSpec {
    ClusterSpec {
        cluster_user: "app".parse().unwrap(),
        num_nodes,
        size: size(),
        durability: None,
        flavor: Flavor::MariaDb,
        backup_id: None,
    }
}

pub(super) fn create(name: &str, num_nodes: u32) -> Request {
    Request::Create {
        name: cluster(name),
        spec: spec(num_nodes),
        cluster_password: Some(Password::new(PASSWORD)),
        owner: "ops".to_owned(),
        idempotency: None,
    }
}

pub(super) fn delete(name: &str) -> Request {
    Request::Delete { name: cluster(name), password: Some(Password::new(PASSWORD)) }
}

impl World {
    /// Agents in good order, a scheduler that has never run.
    pub(super) fn new(agents: usize) -> Self {
        Self::with(agents, Config::default())
    }

    fn with(agents: usize, config: Config) -> Self {
        let mut world = Self {
            now: START,
            fleet: Fleet::new(config.clone()),
            dice: Dice::new(7),
            agents: Vec::new(),
            gone: BTreeSet::new(),
            tasks: BTreeMap::new(),
            inbox: VecDeque::new(),
            luck: Luck::Good,
            dies: None,
            fault: None,
            config,
            needs: BTreeMap::new(),
            subscribed: false,
            suppressed: true,
            offers: BTreeMap::new(),
            saved_clusters: BTreeMap::new(),
            saved_framework: None,
            trees: BTreeMap::new(),
            specs: BTreeMap::new(),
            answers: BTreeMap::new(),
            performed: Vec::new(),
            drawn: 0,
            ticks: (START, 0),
        };
        for at in 0..agents {
            world.add_agent(&format!("host{at}"));
        }
        world
    }

    /// The same, loaded and subscribed.
    pub(super) fn ready(agents: usize) -> Self {
        let mut world = Self::new(agents);
        world.load();
        world.subscribe();
        world.settle();
        world
    }

    /// The same, with data in volumes.
    pub(super) fn with_volumes(agents: usize) -> Self {
        let identity = Identity { role: "mysos".to_owned(), ..Config::default().identity };
        let config = Config { storage: StorageMode::Volumes, identity, ..Config::default() };
        let mut world = Self::with(agents, config);
        world.load();
        world.subscribe();
        world.settle();
        world
    }

    pub(super) fn add_agent(&mut self, host: &str) {
        let id = AgentId(format!("S{}", self.draw()));
        self.agents.push(Agent {
            id,
            host: Host(host.to_owned()),
            away: None,
            removed: false,
            free: (2000, 2048 * MIB, 8192 * MIB),
            ports: (31000..31008).collect(),
            reserved: BTreeMap::new(),
            filtered_until: START,
        });
    }

    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    pub(super) fn uuid(&mut self) -> String {
        format!("{:08x}-0000-4000-8000-000000000000", self.draw())
    }

    pub(super) fn load(&mut self) {
        let framework = self.saved_framework.as_ref().map(|bytes| decode::<SavedFramework>(bytes).unwrap());
        let clusters = self
            .saved_clusters
            .values()
            .map(|(bytes, credentials)| (decode::<SavedCluster>(bytes).unwrap(), credentials.clone()))
            .collect();
        let drawn_uid = self.uuid();
        self.take(&Event::Loaded(Box::new(Loaded { framework, clusters, drawn_uid })));
    }

    pub(super) fn subscribe(&mut self) {
        self.subscribed = true;
        self.suppressed = true;
        self.offers.clear();
        for agent in &mut self.agents {
            agent.filtered_until = self.now;
        }
        self.take(&Event::Subscribed { framework_id: "F-1".to_owned() });
    }

    pub(super) fn disconnect(&mut self) {
        self.subscribed = false;
        self.offers.clear();
        self.inbox.clear();
        self.take(&Event::Disconnected { why: "the stream ended".to_owned() });
    }

    /// The scheduler dies and starts again; only what was saved is left.
    pub(super) fn crash(&mut self) {
        self.subscribed = false;
        self.inbox.clear();
        self.offers.clear();
        self.fleet = Fleet::new(self.config.clone());
        self.load();
    }

    pub(super) fn ask(&mut self, request: Request) -> Answer {
        let id = RequestId(self.draw());
        let drawn = Drawn {
            operation: self.uuid(),
            cluster_password: Password::new("drawn-for-the-owner"),
            admin_password: Password::new("drawn-for-the-admin"),
            replication_seed: Password::new("drawn-for-replication"),
            control_token: Password::new("drawn-for-control"),
            uuids: (0..Drawn::uuids_for(&request)).map(|_| self.uuid()).collect(),
        };
        self.take(&Event::Requested { id, request: Box::new(request), drawn: Box::new(drawn) });
        let died = || Answer::Refused(Refusal::Unavailable("the scheduler died".to_owned()));
        self.answers.get(&id).cloned().unwrap_or_else(died)
    }

    /// One turn: what was touched is saved, then everything is done.
    pub(super) fn take(&mut self, event: &Event) -> Step {
        let was_reconciled = self.fleet.is_reconciled();
        let made = step(&mut self.fleet, self.now, event, &mut self.dice);
        // Dying in a turn that saves nothing is dying after it.
        let dies = if made.touched.is_empty() { None } else { self.dies.take() };
        if dies == Some(Death::BeforeSave) {
            self.crash();
            return made;
        }
        self.save(&made.touched);
        self.check_saved();
        for (at, action) in made.actions.iter().enumerate() {
            if dies == Some(Death::AfterActions(at)) {
                self.crash();
                return made;
            }
            let launches = matches!(action, Action::Accept(accept) if !accept.launches.is_empty());
            assert!(!launches || was_reconciled, "a launch before the reconciliation has ended");
            self.perform(action);
        }
        if let Event::Offers(batch) = event {
            for offer in &batch.offers {
                assert!(!self.offers.contains_key(&offer.id), "{} has no verdict", offer.id);
            }
        }
        if *event == Event::Tick {
            self.check_ticks();
        }
        made
    }

    fn save(&mut self, touched: &BTreeSet<Touched>) {
        for record in touched {
            match record {
                Touched::Framework => self.saved_framework = self.fleet.framework().map(encode),
                Touched::Cluster(name) => match self.fleet.cluster(name) {
                    Some(cluster) => {
                        let saved = (encode(&cluster.saved), cluster.credentials.clone());
                        self.saved_clusters.insert(name.clone(), saved);
                    }
                    None => {
                        self.saved_clusters.remove(name);
                    }
                },
            }
        }
    }

    /// What is saved is all that is durable.
    fn check_saved(&self) {
        if !self.fleet.is_loaded() {
            return;
        }
        assert_eq!(self.saved_framework, self.fleet.framework().map(encode));
        let saved: Vec<&Vec<u8>> = self.saved_clusters.values().map(|(bytes, _)| bytes).collect();
        let kept: Vec<Vec<u8>> = self.fleet.clusters.values().map(|cluster| encode(&cluster.saved)).collect();
        assert_eq!(saved, kept.iter().collect::<Vec<_>>(), "a change that is not saved");
    }

    fn is_lost(&mut self) -> bool {
        match &mut self.luck {
            Luck::Good => false,
            Luck::Lost(left) => {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.luck = Luck::Good;
                }
                true
            }
        }
    }

    fn perform(&mut self, action: &Action) {
        self.performed.push(action.clone());
        match action {
            Action::Answer { id, answer } => {
                self.answers.insert(*id, answer.clone());
            }
            Action::Accept(accept) => self.accept(accept),
            Action::Decline { offers, refuse } => {
                for offer in offers {
                    self.answered(offer, *refuse);
                }
            }
            Action::Acknowledge { task, uuid, .. } => {
                self.check_acknowledged(task, uuid);
                if !self.is_lost() {
                    self.acknowledge(task, uuid);
                }
            }
            Action::Kill { task, .. } | Action::Shutdown { task, .. } => {
                self.check_unwanted(task);
                if !self.is_lost() {
                    self.kill(task);
                }
            }
            Action::Halt { .. } | Action::ConfirmFramework | Action::AcknowledgeOperation { .. } => {}
            Action::Revive
            | Action::Suppress
            | Action::Reconcile { .. }
            | Action::MakeTree(_)
            | Action::WriteSpec(_)
            | Action::RemoveTree { .. } => {
                if !self.is_lost() {
                    self.effect(action);
                }
            }
        }
    }

    fn effect(&mut self, action: &Action) {
        match action {
            Action::Revive => {
                self.suppressed = false;
                let now = self.now;
                self.agents.iter_mut().for_each(|agent| agent.filtered_until = now);
            }
            Action::Suppress => self.suppressed = true,
            Action::Reconcile { tasks } => self.reconcile(tasks),
            Action::MakeTree(tree) => {
                self.trees.insert(tree.cluster.clone(), [Tree::Discover, Tree::Records].into());
                self.specs.insert(tree.cluster.clone(), tree.spec.clone());
                let generation = tree.spec.generation;
                self.outcome(Outcome::TreeMade { cluster: tree.cluster.clone(), generation });
            }
            Action::WriteSpec(spec) => {
                self.specs.insert(spec.cluster.clone(), (**spec).clone());
                let generation = spec.generation;
                self.outcome(Outcome::SpecWritten { cluster: spec.cluster.clone(), generation });
            }
            Action::RemoveTree { cluster, tree } => {
                self.check_removable(cluster);
                self.trees.entry(cluster.clone()).or_default().remove(tree);
                self.outcome(Outcome::TreeRemoved { cluster: cluster.clone(), tree: *tree });
            }
            _ => unreachable!("performed elsewhere"),
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        self.inbox.push_back(Event::Done(outcome));
    }

    /// Delivers what is in the inbox and what follows from it.
    pub(super) fn deliver(&mut self) {
        for _ in 0..10_000 {
            let Some(event) = self.inbox.pop_front() else { return };
            self.take(&event);
        }
        panic!("the inbox does not empty: {:?}", self.inbox.front());
    }

    /// Time passes, tick by tick.
    pub(super) fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..100_000 {
            let next = self.fleet.next_wakeup().unwrap_or(end).max(self.now).min(end);
            let due = self.fleet.next_wakeup().is_some_and(|next| next <= end);
            self.now = next;
            self.take(&Event::Tick);
            if next == end && !due {
                return;
            }
        }
        panic!("time does not pass: {:?}", self.fleet.next_wakeup());
    }

    /// Everything that is under way comes to its end, with all luck; tasks come up.
    pub(super) fn settle(&mut self) {
        for _ in 0..60 {
            self.turn();
        }
    }

    /// One second in which everything works.
    pub(super) fn turn(&mut self) {
        self.advance(Duration::from_secs(1));
        self.agents_send();
        self.look();
        self.deliver();
        self.offer();
        self.deliver();
        self.tasks_proceed();
    }

    /// Live tasks come up.
    pub(super) fn tasks_proceed(&mut self) {
        let here: BTreeSet<AgentId> = self.reachable().map(|agent| agent.id.clone()).collect();
        let all = self.tasks.iter().filter(|(_, task)| here.contains(&task.agent));
        let steps: Vec<(TaskId, TaskState)> = all
            .filter_map(|(id, task)| match task.state {
                TaskState::Staging => Some((id.clone(), TaskState::Starting)),
                TaskState::Starting => Some((id.clone(), TaskState::Running)),
                _ => None,
            })
            .collect();
        for (id, state) in steps {
            if state == TaskState::Running {
                self.fill(&id);
            }
            self.moves(&id, state, "");
        }
    }

    /// The shell looks at the members of clusters that are being deleted.
    pub(super) fn look(&mut self) {
        self.members_go_on();
        let names: Vec<ClusterName> = self.fleet.clusters.keys().cloned().collect();
        for name in names {
            let alive: Vec<(&TaskId, &Task)> =
                self.tasks.iter().filter(|(id, task)| task.alive && *id.cluster() == name).collect();
            let members: BTreeSet<TaskId> = alive.iter().map(|(id, _)| (*id).clone()).collect();
            let data =
                alive.iter().filter_map(|(id, task)| Some(((*id).clone(), task.data.clone()?))).collect();
            let (published, needs) = (members.len(), Some(self.needs_of(&name)));
            // A watch shows the latest state, in order, also while nothing can be saved.
            self.take(&Event::MembersSeen { cluster: name, members, published, needs, data });
        }
    }

    pub(super) fn store(&mut self, state: StoreState) {
        self.take(&Event::Store(state));
    }

    pub(super) fn state(&self, name: &str, ordinal: u32) -> &Instance {
        &self.fleet.clusters[&cluster(name)].saved.instances[&mysos_model::Ordinal(ordinal)].state
    }

    pub(super) fn task(&self, name: &str, ordinal: u32) -> TaskId {
        self.state(name, ordinal)
            .task()
            .unwrap_or_else(|| panic!("no task: {:?}", self.state(name, ordinal)))
            .clone()
    }

    pub(super) fn words(&self, name: &str) -> Vec<&'static str> {
        let Some(cluster) = self.fleet.cluster(&cluster(name)) else { return vec!["gone"] };
        cluster.saved.instances.values().map(|instance| instance.state.word()).collect()
    }

    /// What was asked of the world since the last look.
    pub(super) fn performed(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.performed)
    }

    /// So many good seconds.
    pub(super) fn settle_for(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.turn();
        }
    }

    /// As `settle`, with nobody looking at the members' records.
    pub(super) fn settle_without_looking(&mut self) {
        for _ in 0..60 {
            self.advance(Duration::from_secs(1));
            self.agents_send();
            self.deliver();
        }
    }

    /// Delivers some of what is in the inbox.
    pub(super) fn deliver_some(&mut self, count: usize) {
        for _ in 0..count {
            let Some(event) = self.inbox.pop_front() else { return };
            self.take(&event);
        }
    }

    /// An event comes twice.
    pub(super) fn duplicate(&mut self, at: usize) {
        if let Some(event) = self.inbox.get(at).cloned() {
            self.inbox.push_back(event);
        }
    }

    /// Two events come in the other order.
    pub(super) fn swap(&mut self, at: usize) {
        if at + 1 < self.inbox.len() {
            self.inbox.swap(at, at + 1);
        }
    }

    /// Some task ends.
    pub(super) fn end(&mut self, at: usize, state: TaskState) {
        let Some(task) = self.tasks.keys().nth(at).cloned() else { return };
        self.moves(&task, state, "it ended");
    }
}
