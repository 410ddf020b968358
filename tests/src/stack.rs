//! A real stack for one test: own addresses, own directory, gone with its value.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use mysos_local::{
    Ended, Flavor, Grace, Layout, Lifetime, Net, Options, Progress, Report, Role, Scheduler, Stack,
};
use serde_json::Value;

use crate::{Answer, Api, Recipe, Sql, Znodes, named_by, wait_until};

/// Where cargo builds our programs: beside the directory of the running test.
pub fn bin_dir() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the running test");
    let dir = test.parent().and_then(|deps| deps.parent()).expect("a directory above").to_owned();
    for program in ["mysos_scheduler", "mysos_executor", "mysos"] {
        assert!(dir.join(program).exists(), "{program} is not built: run `cargo build --workspace --bins`");
    }
    dir
}

/// A stack that ends with this value.
pub struct TestStack {
    /// Absent only while it is down.
    stack: Option<Stack>,
    options: Options,
    runtime: tokio::runtime::Runtime,
    /// A disk of its own for an agent, gone before the directory is.
    small_disk: Option<SmallDisk>,
    dir: tempfile::TempDir,
    net: Net,
    flavor: Flavor,
}

/// A file system in memory, of a fixed size. Needs root.
#[derive(Debug)]
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, mib: u32) -> Self {
        std::fs::create_dir_all(at).expect("a directory");
        let size = format!("size={mib}m");
        let mut mount = std::process::Command::new("mount");
        let status = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status();
        assert!(status.is_ok_and(|status| status.success()), "mount a file system at {}", at.display());
        Self(at.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still stand in it.
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

impl TestStack {
    /// ZooKeeper, a master, agents and the scheduler. Clusters run the default database server.
    pub fn up(agents: u8) -> Self {
        Self::of(Flavor::default(), agents)
    }

    /// The same, for clusters of this flavor.
    pub fn of(flavor: Flavor, agents: u8) -> Self {
        Self::start(flavor, agents, bin_dir(), &[])
    }

    /// The same, with further flags of the scheduler.
    pub fn with_flags(agents: u8, flags: &[&str]) -> Self {
        Self::start(Flavor::default(), agents, bin_dir(), flags)
    }

    /// Clusters of this flavor, with further flags of the scheduler.
    pub fn of_with_flags(flavor: Flavor, agents: u8, flags: &[&str]) -> Self {
        Self::start(flavor, agents, bin_dir(), flags)
    }

    /// The same, with the programs of another directory.
    pub fn with_programs(flavor: Flavor, agents: u8, bin_dir: &Path) -> Self {
        Self::start(flavor, agents, bin_dir.to_owned(), &[])
    }

    /// Three agents, the first of them on a disk of this size.
    pub fn with_small_disk(flavor: Flavor, mib: u32) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let disk = SmallDisk::mount(&dir.path().join("mesos/agent-1"), mib);
        Self { small_disk: Some(disk), ..Self::start_in(dir, (flavor, 3), bin_dir(), &[]) }
    }

    fn start(flavor: Flavor, agents: u8, bin_dir: PathBuf, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self::start_in(dir, (flavor, agents), bin_dir, flags)
    }

    fn start_in(
        dir: tempfile::TempDir,
        (flavor, agents): (Flavor, u8),
        bin_dir: PathBuf,
        flags: &[&str],
    ) -> Self {
        let net = Net::random();
        let scheduler = Scheduler::Run {
            bin_dir: Some(bin_dir),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        };
        let options = Options {
            net: Some(net),
            agents: Some(agents),
            flavor: Some(flavor),
            lifetime: Lifetime::Attached,
            scheduler,
            ..Options::new(dir.path())
        };
        // Only the first of all tests finds no provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let stack = Stack::up(&options, &Progress::stderr("stack")).expect("the stack comes up");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        Self { stack: Some(stack), options, runtime, small_disk: None, dir, net, flavor }
    }

    /// What its clusters run.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// The HTTP interface.
    pub fn api(&self) -> Api<'_> {
        let url = self.report().api.expect("the scheduler is part of it");
        Api::new(url, &self.runtime)
    }

    /// ZooKeeper, seen with a foreign client that has no account.
    pub fn znodes(&self) -> Znodes<'_> {
        let report = self.report();
        let servers = report.zk_url.trim_start_matches("zk://").split('/').next().unwrap_or_default();
        Znodes::connect(servers, None, &self.runtime)
    }

    /// The same, with the account that the scheduler and the members use.
    pub fn znodes_as_ours(&self) -> Znodes<'_> {
        let report = self.report();
        let servers = report.zk_url.trim_start_matches("zk://").split('/').next().unwrap_or_default();
        Znodes::connect(servers, Some(self.there().zk_account()), &self.runtime)
    }

    /// A foreign SQL client's connection.
    pub fn sql(&self, endpoint: (&str, u16), user: &str, password: &str) -> Sql<'_> {
        Sql::connect(endpoint, (user, password), &self.runtime)
    }

    /// The same, through the socket of a server's data directory.
    pub fn sql_over_socket(&self, socket: &str, user: &str, password: &str) -> Sql<'_> {
        Sql::over_socket(socket, (user, password), &self.runtime)
    }

    /// How the scheduler is started.
    pub fn recipe(&self) -> Recipe {
        let scheduler = self.there().process(Role::Scheduler).expect("the scheduler runs");
        Recipe::of(scheduler.pid, self.dir.path())
    }

    /// What the Mesos master says of its state.
    pub fn mesos_state(&self) -> Result<Value, String> {
        Api::new(format!("http://{}", self.report().mesos_master), &self.runtime).get("/master/state")
    }

    /// Starts writers that remember every OK.
    pub fn load(&self, writers: u64, primary: crate::Primary, password: &str) -> crate::Load {
        crate::Load::start(&self.runtime, writers, primary, password)
    }

    /// Ends them, and answers what was acknowledged.
    pub fn end_load(&self, load: crate::Load) -> std::collections::BTreeSet<u64> {
        load.end(&self.runtime)
    }

    /// kill -9 of one role, and the same one started again.
    pub fn kill_and_restart(&mut self, role: Role) {
        self.stack().kill(role).expect("it is killed");
        self.stack().start(role).expect("it is started again");
        self.stack().wait(role, &Progress::stderr("stack")).expect("it answers again");
    }

    /// The stack itself.
    pub fn stack(&mut self) -> &mut Stack {
        self.stack.as_mut().expect("it is up")
    }

    fn there(&self) -> &Stack {
        self.stack.as_ref().expect("it is up")
    }

    /// Takes all of it down, as a person would, looks that nothing runs, and brings it up again in the same directory.
    pub fn down_and_up(&mut self) -> Ended {
        let stack = self.stack.take().expect("it is up");
        let ended = stack.end(Grace::Clean, &Progress::stderr("stack")).expect("the stack ends");
        assert_eq!(named_by(self.dir.path()), vec![], "something runs on");
        let stack = Stack::up(&self.options, &Progress::stderr("stack")).expect("the stack comes up again");
        self.stack = Some(stack);
        ended
    }

    /// What the Mesos master says of its agents.
    pub fn mesos_agents(&self) -> Result<Value, String> {
        Api::new(format!("http://{}", self.report().mesos_master), &self.runtime).get("/master/slaves")
    }

    /// A call to the operator's interface of the Mesos master.
    pub fn mesos_operator(&self, call: &Value) -> Answer {
        let api = Api::new(format!("http://{}", self.report().mesos_master), &self.runtime);
        api.post_json("/api/v1", call).expect("an answer of the master")
    }

    /// The log of a role, for messages of tests.
    pub fn log(&self, role: Role) -> String {
        std::fs::read_to_string(self.there().layout().log(role)).unwrap_or_default()
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where things lie.
    pub fn layout(&self) -> &Layout {
        self.there().layout()
    }

    /// `user:secret` of ZooKeeper.
    pub fn zk_account(&self) -> &str {
        self.there().zk_account()
    }

    /// What runs where.
    pub fn report(&self) -> Report {
        self.there().report().expect("a report")
    }

    /// GET of any page.
    pub fn get(&self, url: &str) -> Result<Answer, String> {
        self.at(url).send("GET", "", &[])
    }

    /// Whatever answers HTTP there.
    pub fn at(&self, url: &str) -> Api<'_> {
        Api::new(url.to_owned(), &self.runtime)
    }

    /// The addresses.
    pub fn net(&self) -> Net {
        self.net
    }

    /// Ends everything and looks that nothing is left.
    pub fn down(self) {
        let Self { stack, dir, small_disk, .. } = self;
        let stack = stack.expect("it is up");
        stack.end(Grace::Clean, &Progress::stderr("stack")).expect("the stack ends");
        wait_until("no process of the stack is left", Duration::from_secs(10), || {
            let left = named_by(dir.path());
            if left.is_empty() { Ok(()) } else { Err(left) }
        });
        drop(small_disk);
    }
}
