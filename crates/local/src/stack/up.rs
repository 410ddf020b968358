//! Brings a stack up: installs, writes down, starts what does not run, and waits until all of it answers.
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Stdio;

use super::{Stack, StartError, UpError};
use crate::binaries::Binaries;
use crate::install::{self, Parts};
use crate::layout::Layout;
use crate::net;
use crate::process::{Identity, Launch, spawn};
use crate::progress::Progress;
use crate::record::Record;
use crate::role::Role;
use crate::secrets;
use crate::settings::{Lifetime, MAX_AGENTS, MAX_MASTERS, Options, Scheduler, Settings};

const ZOOKEEPER_PORT: u16 = 2181;
const MASTER_PORT: u16 = 5050;
const AGENT_PORT: u16 = 5051;
const API_PORT: u16 = 55001;

impl Stack {
    /// Starts what of a stack does not run yet, and returns when everything answers. Running it again is harmless.
    ///
    /// When it fails, what was started in this call ends again. What ran before goes on, unless the stack was to end
    /// with this process.
    pub fn up(options: &Options, progress: &Progress) -> Result<Self, UpError> {
        let failed = |source| UpError::Directory { dir: options.dir.display().to_string(), source };
        let layout = Layout::create(&options.dir).map_err(failed)?;
        let lock = install::lock(&layout.lock(), progress)?;
        let settings = settings(&layout, options)?;
        check(&settings)?;
        if let Scheduler::Run { bin_dir, .. } = &settings.scheduler {
            Binaries::find(bin_dir.as_deref()).map_err(StartError::from)?;
        }
        let parts = Parts::install(settings.flavor, progress)?;
        let zk_account = secrets::ensure(&layout)?;
        let mut record = Record::load(&layout)?.unwrap_or_else(|| Record::new(settings.clone()));
        record.settings = settings;
        let mut stack = Self { layout, parts, record, zk_account, children: Vec::new(), lifeline: None };
        let result = stack.bring_up(options.lifetime, progress);
        // Before the stack is dropped, should it be: its end takes the lock again.
        drop(lock);
        result.map(|()| stack)
    }

    /// A stack that was started before, by whomever; none if the directory has none.
    pub fn open(dir: &Path) -> Result<Option<Self>, UpError> {
        let failed = |source| UpError::Directory { dir: dir.display().to_string(), source };
        let layout = Layout::new(dir).map_err(failed)?;
        let Some(record) = Record::load(&layout)? else { return Ok(None) };
        let (parts, zk_account) = (Parts::locate()?, secrets::ensure(&layout)?);
        Ok(Some(Self { layout, parts, record, zk_account, children: Vec::new(), lifeline: None }))
    }

    /// All roles of the stack, in the order in which they start.
    pub fn roles(&self) -> Vec<Role> {
        let settings = &self.record.settings;
        let scheduler = matches!(settings.scheduler, Scheduler::Run { .. }).then_some(Role::Scheduler);
        std::iter::once(Role::Zookeeper)
            .chain((1..=settings.masters).map(Role::Master))
            .chain((1..=settings.agents).map(Role::Agent))
            .chain(scheduler)
            .collect()
    }

    fn bring_up(&mut self, lifetime: Lifetime, progress: &Progress) -> Result<(), UpError> {
        let before: Vec<Role> = self.roles().into_iter().filter(|role| self.is_alive(*role)).collect();
        if nix::unistd::geteuid().is_root() {
            progress.say("executors and database servers run as root here: for trying things only");
        }
        let result = self.start_all(lifetime, progress);
        if result.is_err() {
            let started = self.roles().into_iter().rev().filter(|role| !before.contains(role));
            for role in started.collect::<Vec<_>>() {
                self.forget_killed(role);
            }
        }
        Ok(result?)
    }

    fn start_all(&mut self, lifetime: Lifetime, progress: &Progress) -> Result<(), StartError> {
        for role in self.roles() {
            self.assign(role, progress)?;
        }
        self.record.save(&self.layout)?;
        if lifetime == Lifetime::Attached {
            self.guard()?;
        }
        // Masters elect among themselves and agents register on their own: start a kind, then wait for it.
        for kind in self.kinds() {
            for role in &kind {
                self.launch_if_dead(*role, progress)?;
            }
            for role in &kind {
                self.wait(*role, progress)?;
            }
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<Vec<Role>> {
        let roles = self.roles();
        roles
            .chunk_by(|a, b| std::mem::discriminant(a) == std::mem::discriminant(b))
            .map(<[Role]>::to_vec)
            .collect()
    }

    fn launch_if_dead(&mut self, role: Role, progress: &Progress) -> Result<(), StartError> {
        if let Some(process) = self.record.alive(role) {
            progress.say(format!("{role} runs (process {})", process.pid));
            return Ok(());
        }
        self.launch(role)?;
        progress.say(format!("{role} starts at {}", self.place(role)?));
        Ok(())
    }

    /// Chooses where a role listens. What runs or has state that names its address keeps it.
    fn assign(&mut self, role: Role, progress: &Progress) -> Result<(), StartError> {
        let kept = self.record.places.get(&role).copied();
        let wanted = kept.unwrap_or_else(|| usual_place(role, &self.record.settings));
        if self.is_alive(role) || net::is_free(wanted) {
            self.record.places.insert(role, wanted);
        } else if kept.is_some() && matches!(role, Role::Agent(_)) {
            // An agent that comes back at another address is refused by its own saved state.
            return Err(StartError::Taken { role, place: wanted.to_string() });
        } else {
            let nothing = || StartError::NoPort { role, place: wanted.to_string() };
            let found = net::free_place(wanted).ok_or_else(nothing)?;
            progress.say(format!("{wanted} is taken, so {role} gets {found}"));
            self.record.places.insert(role, found);
        }
        Ok(())
    }

    /// Starts what ends the stack when this process ends, however it does.
    fn guard(&mut self) -> Result<(), StartError> {
        let spawned = |source| StartError::Spawn { role: Role::Zookeeper, source };
        let log = self.layout.dir().join("log").join("guard.log");
        let launch = Launch::new(self.parts.mesos_run()).arg("guard").arg(self.layout.dir());
        let child = spawn(&launch, self.layout.dir(), &log, Stdio::piped()).map_err(spawned)?;
        self.record.guard = Identity::of(child.id() as i32);
        self.lifeline = Some(child);
        Ok(self.record.save(&self.layout)?)
    }
}

fn usual_place(role: Role, settings: &Settings) -> SocketAddrV4 {
    let net = settings.net;
    match role {
        Role::Zookeeper => SocketAddrV4::new(net.front(), ZOOKEEPER_PORT),
        Role::Scheduler => SocketAddrV4::new(net.front(), API_PORT),
        Role::Master(number) => SocketAddrV4::new(net.master(number), MASTER_PORT),
        Role::Agent(number) => SocketAddrV4::new(net.agent(number), AGENT_PORT),
    }
}

fn settings(layout: &Layout, options: &Options) -> Result<Settings, UpError> {
    match Record::load(layout)? {
        Some(record) => Ok(record.settings.again(options)?),
        None => Ok(Settings::new(options)),
    }
}

fn check(settings: &Settings) -> Result<(), UpError> {
    let Settings { agents, masters, .. } = *settings;
    if agents == 0 || agents > MAX_AGENTS {
        return Err(UpError::Wish(format!("{agents} agents cannot be had: ask for 1 to {MAX_AGENTS}")));
    }
    if masters.is_multiple_of(2) || masters > MAX_MASTERS {
        return Err(UpError::Wish(format!(
            "{masters} masters cannot vote: ask for 1, 3, 5, 7 or {MAX_MASTERS}"
        )));
    }
    Ok(())
}
