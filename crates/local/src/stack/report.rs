//! What a stack tells about itself, as `mysos local` prints it. Field names are an interface: scripts rely on them.
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::{Stack, StartError};
use crate::install::Flavor;
use crate::role::Role;
use crate::servers;

/// Everything that one needs to use a stack. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The URL of the scheduler's API, if it is part of the stack.
    pub api: Option<String>,
    /// Where our state lies in ZooKeeper; without the account.
    pub zk_url: String,
    /// Where the Mesos masters are found.
    pub mesos_master: String,
    /// The agents.
    pub agents: Vec<AgentReport>,
    /// Process numbers; nothing for what does not run.
    pub pids: PerRole<Option<i32>>,
    /// Log files.
    pub logs: PerRole<PathBuf>,
    /// The scheduler's key file.
    pub scheduler_keypath: PathBuf,
    /// The key file that executors read.
    pub admin_keypath: PathBuf,
    /// Which database server clusters get.
    pub flavor: Flavor,
    /// Where the installed parts are.
    pub parts_dir: PathBuf,
    /// The directory.
    pub dir: PathBuf,
}

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentReport {
    /// Its role's name.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// What it is called in offers.
    pub hostname: String,
    /// Its process, if it runs.
    pub pid: Option<i32>,
    /// Its log file.
    pub log: PathBuf,
}

/// Something for each role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PerRole<T> {
    /// Of ZooKeeper.
    pub zookeeper: T,
    /// Of the masters, in their order.
    pub mesos_masters: Vec<T>,
    /// Of the agents, in their order.
    pub mesos_agents: Vec<T>,
    /// Of the scheduler, if it is part of the stack.
    pub scheduler: Option<T>,
}

/// Whether a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleState {
    /// It runs and answers.
    Answers,
    /// It runs and does not answer.
    Silent,
    /// It does not run.
    Ended,
}

/// A report, and how the servers are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What a start would print.
    #[serde(flatten)]
    pub report: Report,
    /// The state of each role, by its name.
    pub states: BTreeMap<String, RoleState>,
}

impl Status {
    /// Whether all servers answer.
    pub fn is_whole(&self) -> bool {
        self.states.values().all(|state| *state == RoleState::Answers)
    }

    /// Whether no server runs.
    pub fn is_down(&self) -> bool {
        self.states.values().all(|state| *state == RoleState::Ended)
    }
}

impl Stack {
    /// What one needs to use this stack.
    pub fn report(&self) -> Result<Report, StartError> {
        let settings = &self.record.settings;
        let places = &self.record.places;
        let has_scheduler = self.roles().contains(&Role::Scheduler);
        let api = if has_scheduler { Some(self.place(Role::Scheduler)?) } else { None };
        Ok(Report {
            api: api.map(|place| format!("http://{place}")),
            zk_url: format!("zk://{}/mysos", self.place(Role::Zookeeper)?),
            mesos_master: servers::mesos_master(settings, places)?,
            agents: (1..=settings.agents).map(|number| self.agent(number)).collect::<Result<_, _>>()?,
            pids: self.per_role(|role| self.process(role).map(|process| process.pid)),
            logs: self.per_role(|role| self.layout().log(role)),
            scheduler_keypath: self.layout().scheduler_key(),
            admin_keypath: self.layout().admin_key(),
            flavor: settings.flavor,
            parts_dir: self.parts.dir().to_path_buf(),
            dir: self.layout().dir().to_path_buf(),
        })
    }

    /// The report, and how the servers are now.
    pub fn status(&self) -> Result<Status, StartError> {
        let states = self.roles().into_iter().map(|role| (role.to_string(), self.state(role)));
        Ok(Status { report: self.report()?, states: states.collect() })
    }

    fn state(&self, role: Role) -> RoleState {
        let Some(place) = self.record.places.get(&role) else { return RoleState::Ended };
        let question = servers::Question { role, place: *place, places: &self.record.places };
        match self.process(role) {
            None => RoleState::Ended,
            Some(_) if question.is_answered() => RoleState::Answers,
            Some(_) => RoleState::Silent,
        }
    }

    fn agent(&self, number: u8) -> Result<AgentReport, StartError> {
        let role = Role::Agent(number);
        let place = self.place(role)?;
        Ok(AgentReport {
            name: role.to_string(),
            address: place.to_string(),
            hostname: place.ip().to_string(),
            pid: self.process(role).map(|process| process.pid),
            log: self.layout().log(role),
        })
    }

    fn per_role<T>(&self, of: impl Fn(Role) -> T) -> PerRole<T> {
        let settings = &self.record.settings;
        PerRole {
            zookeeper: of(Role::Zookeeper),
            mesos_masters: (1..=settings.masters).map(|number| of(Role::Master(number))).collect(),
            mesos_agents: (1..=settings.agents).map(|number| of(Role::Agent(number))).collect(),
            scheduler: self.roles().contains(&Role::Scheduler).then(|| of(Role::Scheduler)),
        }
    }
}
