//! A real stack of ZooKeeper, one master and two agents: it comes up, says so, ends, and leaves nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mysos_local::{
    DownError, Grace, Identity, Lifetime, Net, Options, Progress, Role, RoleState, Scheduler, Stack,
};
use serde_json::Value;

/// A directory whose stack ends with the test, however the test ends.
struct Scratch {
    dir: tempfile::TempDir,
    net: Net,
}

impl Scratch {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), net: Net::random() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn options(&self, lifetime: Lifetime) -> Options {
        Options {
            net: Some(self.net),
            agents: Some(2),
            scheduler: Scheduler::Without,
            lifetime,
            ..Options::new(self.path())
        }
    }

    fn up(&self, lifetime: Lifetime) -> Stack {
        Stack::up(&self.options(lifetime), &Progress::stderr("up")).expect("the stack comes up")
    }

    fn down(&self) {
        Stack::down(self.path(), Grace::Clean, &Progress::stderr("down")).expect("the stack ends");
        assert_eq!(self.named_by(), Vec::<String>::new(), "something of the stack is left");
    }

    /// The processes whose environment or command line names the directory, less the test itself.
    fn named_by(&self) -> Vec<String> {
        let dir = self.path().to_str().unwrap().as_bytes();
        let names = |bytes: Vec<u8>| bytes.windows(dir.len()).any(|part| part == dir);
        let own = std::process::id().to_string();
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
            .filter(|pid| *pid != own && pid.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|pid| {
                ["environ", "cmdline"]
                    .iter()
                    .any(|file| fs::read(format!("/proc/{pid}/{file}")).is_ok_and(names))
            })
            .map(|pid| {
                fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ")
            })
            .collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = Stack::down(self.path(), Grace::None, &Progress::silent());
    }
}

#[test]
fn a_detached_stack_answers_ends_and_comes_back_with_the_same_agents() {
    let scratch = Scratch::new();
    let stack = scratch.up(Lifetime::Detached);
    let ids = stack.agent_ids();
    assert_eq!(ids.len(), 2, "both agents are registered: {ids:?}");
    let report = stack.report().unwrap();
    assert_eq!(report.agents[1].hostname, scratch.net.agent(2).to_string());
    assert!(stack.status().unwrap().is_whole());
    let places = [Role::Zookeeper, Role::Master(1), Role::Agent(1), Role::Agent(2)]
        .map(|role| stack.place(role).expect("each role has a place"));

    let again = scratch.up(Lifetime::Detached);
    assert_eq!(again.report().unwrap(), report, "a second start changes nothing");
    drop((stack, again));

    scratch.down();
    for place in places {
        TcpListener::bind(place).unwrap_or_else(|error| panic!("{place} is still taken: {error}"));
    }
    let stopped = Stack::open(scratch.path()).unwrap().expect("the record stays");
    assert!(stopped.status().unwrap().is_down());

    let back = scratch.up(Lifetime::Detached);
    assert_eq!(back.agent_ids(), ids, "agents keep their ids");
    scratch.down();
}

#[test]
fn single_roles_are_killed_and_come_back() {
    let scratch = Scratch::new();
    let mut stack = scratch.up(Lifetime::Attached);
    let ids = stack.agent_ids();
    for role in [Role::Agent(2), Role::Master(1), Role::Zookeeper] {
        let before = stack.process(role).unwrap();
        stack.kill(role).unwrap();
        assert!(!before.is_alive());
        assert_eq!(stack.status().unwrap().states[&role.to_string()], RoleState::Ended);
        stack.start(role).unwrap();
        assert_ne!(stack.process(role), Some(before));
    }
    stack.wait(Role::Agent(1), &Progress::silent()).unwrap();
    stack.wait(Role::Agent(2), &Progress::silent()).unwrap();
    assert_eq!(stack.agent_ids(), ids);
    stack.stop(Role::Agent(1)).unwrap();
    assert_eq!(stack.process(Role::Agent(1)), None);
    drop(stack);
    assert_eq!(scratch.named_by(), Vec::<String>::new(), "an attached stack ends with its value");
}

#[test]
fn a_start_that_is_killed_half_way_is_taken_down() {
    let scratch = Scratch::new();
    for marker in ["zookeeper starts", "agent-1 starts"] {
        let mut child = start_elsewhere(&scratch, Lifetime::Detached);
        wait_for_line(&mut child, marker);
        child.kill().unwrap();
        child.wait().unwrap();
        // Not at once: a process that is just becoming a server shows no environment for an instant.
        let deadline = Instant::now() + Duration::from_secs(10);
        while scratch.named_by().is_empty() {
            assert!(Instant::now() < deadline, "the servers do not outlive their starter");
        }
        scratch.down();
    }
}

#[test]
fn an_attached_stack_ends_when_its_starter_is_killed() {
    let scratch = Scratch::new();
    let mut child = start_elsewhere(&scratch, Lifetime::Attached);
    wait_for_line(&mut child, "all of it answers");
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !scratch.named_by().is_empty() {
        assert!(Instant::now() < deadline, "the guard left {:?}", scratch.named_by());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_foreign_process_with_a_recorded_number_is_left_alone() {
    let scratch = Scratch::new();
    drop(scratch.up(Lifetime::Detached));
    let mut foreign = Command::new("sleep").arg("600").spawn().unwrap();
    let record = scratch.path().join("stack.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let old: Identity = serde_json::from_value(value["processes"]["agent-1"].clone()).unwrap();
    value["processes"]["agent-1"]["pid"] = foreign.id().into();
    fs::write(&record, serde_json::to_vec(&value).unwrap()).unwrap();
    scratch.down();
    assert!(!old.is_alive(), "the agent is found by what it says of itself");
    assert!(foreign.try_wait().unwrap().is_none(), "the foreign process lives");
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}

#[test]
fn members_get_the_time_to_end_and_servers_outlive_them() {
    let scratch = Scratch::new();
    let stack = scratch.up(Lifetime::Detached);
    let sandbox = scratch.path().join("mesos/agent-1/a-task");
    fs::create_dir_all(&sandbox).unwrap();
    // Ends like a database server: after the signal it still has work to do, and needs ZooKeeper for it.
    let place = stack.place(Role::Zookeeper).unwrap();
    let script = format!(
        "trap 'sleep 0.5; exec 3<>/dev/tcp/{}/{} && echo clean > end; exit' TERM; echo > ready; while :; do sleep 0.05; done",
        place.ip(),
        place.port()
    );
    let mut member = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&sandbox)
        .env("MESOS_SANDBOX", &sandbox)
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !sandbox.join("ready").exists() {
        assert!(Instant::now() < deadline, "the member does not set its trap");
        thread::sleep(Duration::from_millis(20));
    }
    let ended = Stack::down(scratch.path(), Grace::Clean, &Progress::stderr("down")).unwrap();
    member.wait().unwrap();
    assert_eq!(fs::read_to_string(sandbox.join("end")).unwrap(), "clean\n");
    assert_eq!(ended.killed, 0, "nothing had to be killed: {ended:?}");
    assert_eq!(scratch.named_by(), Vec::<String>::new());
}

#[test]
fn a_start_that_fails_says_why_and_leaves_nothing() {
    for lifetime in [Lifetime::Attached, Lifetime::Detached] {
        let scratch = Scratch::new();
        let options = Options { resources: Some("cpus:many".to_owned()), ..scratch.options(lifetime) };
        let error = Stack::up(&options, &Progress::stderr("up")).unwrap_err().to_string();
        assert!(error.contains("agent") && error.contains("Bad type for resource cpus"), "{error}");
        assert_eq!(scratch.named_by(), Vec::<String>::new());
    }
}

#[test]
fn a_taken_port_is_avoided_and_an_unknown_directory_is_refused() {
    let scratch = Scratch::new();
    let taken = TcpListener::bind((scratch.net.front(), 2181)).unwrap();
    let stack = scratch.up(Lifetime::Attached);
    assert_eq!(stack.place(Role::Zookeeper).unwrap().port(), 2182);
    drop((stack, taken));

    let other = tempfile::tempdir().unwrap();
    let error = Stack::down(other.path(), Grace::Clean, &Progress::silent()).unwrap_err();
    assert!(matches!(error, DownError::NoStack { .. }));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "nothing is made there");
}

/// Not a test by itself: the process that [`start_elsewhere`] starts and a test kills.
#[test]
fn starter() {
    let Some(dir) = std::env::var_os("STARTER_DIR") else { return };
    let text = |name| std::env::var(name).unwrap();
    let lifetime = if text("STARTER_LIFE") == "Attached" { Lifetime::Attached } else { Lifetime::Detached };
    let options = Options {
        net: Some(text("STARTER_NET").parse().unwrap()),
        agents: Some(2),
        scheduler: Scheduler::Without,
        lifetime,
        ..Options::new(dir)
    };
    let progress = Progress::stderr("starter");
    let stack = Stack::up(&options, &progress).unwrap();
    progress.say("all of it answers");
    thread::sleep(Duration::from_secs(120));
    drop(stack);
}

fn start_elsewhere(scratch: &Scratch, lifetime: Lifetime) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "starter", "--nocapture"])
        .env("STARTER_DIR", scratch.path())
        .env("STARTER_NET", scratch.net.to_string())
        .env("STARTER_LIFE", format!("{lifetime:?}"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for_line(child: &mut Child, marker: &str) {
    use std::io::{BufRead, BufReader};
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.contains(marker)).collect();
    assert!(child.try_wait().unwrap().is_none(), "the starter ended before `{marker}`: {seen:?}");
}
