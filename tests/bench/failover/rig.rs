//! The cluster that fails over: made, followed as a client would, broken, and looked at until it is whole.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mysos_local::Flavor;
use mysos_tests::{Created, Primary, Process, TestStack, named_by, wait_until};
use serde_json::Value;

use super::Fault;
use crate::by_hand::Model;

const NODES: usize = 3;
const NAME: &str = "shop";
/// A cluster is whole again within this: a task that is launched again waits for offers, and a copy for its bytes.
const WHOLE: Duration = Duration::from_secs(240);
/// Between two looks for the primary, as often as a client that watches would see it.
const LOOK: Duration = Duration::from_millis(5);

/// A cluster in service.
pub(super) struct Rig {
    pub(super) stack: TestStack,
    created: Created,
}

/// The primary before it fails.
pub(super) struct Before {
    ordinal: u64,
    task: String,
    data: String,
    at: (String, u16),
}

impl Rig {
    pub(super) fn up(flavor: Flavor, bin_dir: &Path) -> Self {
        let stack = TestStack::with_programs(flavor, NODES as u8, bin_dir);
        let created = stack.api().create(NAME, &[("cluster_user", "app"), ("num_nodes", "3")]);
        let rig = Self { stack, created };
        rig.wait_until_whole();
        let primary = rig.primary();
        for statement in ["CREATE DATABASE shop", "CREATE TABLE shop.writes (id BIGINT UNSIGNED PRIMARY KEY)"]
        {
            rig.column(&primary.at, statement).expect(statement);
        }
        rig
    }

    pub(super) fn password(&self) -> &str {
        &self.created.password
    }

    /// Follows the published primary while `run` goes on.
    pub(super) fn follow<T>(&self, run: impl FnOnce(&Primary) -> T) -> T {
        let primary: Primary = Arc::new(Mutex::new(None));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let znodes = self.stack.znodes();
                while !over.load(Ordering::SeqCst) {
                    let found =
                        znodes.members(&format!("/mysos/discover/{NAME}/master")).into_values().next();
                    *primary.lock().expect("the writers live") = found;
                    std::thread::sleep(LOOK);
                }
            });
            let result = run(&primary);
            over.store(true, Ordering::SeqCst);
            result
        })
    }

    fn object(&self) -> Result<Value, String> {
        self.stack.api().get(&format!("/clusters/{NAME}"))
    }

    /// All members serve, and both replicas may acknowledge.
    pub(super) fn wait_until_whole(&self) {
        wait_until("the cluster is whole", WHOLE, || {
            let object = self.object()?;
            let ackers = object["quorum"]["ackers"].as_array().map_or(0, Vec::len);
            let whole = object["state"] == "healthy" && object["in_service"] == NODES && ackers == NODES - 1;
            if whole { Ok(()) } else { Err(format!("{object:#}")) }
        });
    }

    /// No failover is held back after the last one.
    pub(super) fn wait_until_not_held(&self) {
        wait_until("the cool-down is over", WHOLE, || {
            let object = self.object()?;
            if object["auto_failover"]["cooldown_until"].is_null() {
                Ok(())
            } else {
                Err(format!("{object:#}"))
            }
        });
    }

    pub(super) fn primary(&self) -> Before {
        let object = self.object().expect("the cluster's object");
        let instance = instances(&object).find(|one| one["role"] == "primary").expect("a primary");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Before {
            ordinal: instance["ordinal"].as_u64().expect("a slot"),
            task: text(&instance["task_id"]),
            data: text(&instance["data_id"]),
            at: (
                text(&instance["mysql"]["host"]),
                instance["mysql"]["port"].as_u64().expect("a port") as u16,
            ),
        }
    }

    /// What is to be killed. Looked for before the clock starts, because that takes a while.
    pub(super) fn victim(&self, primary: &Before, fault: Fault) -> Victim {
        let pid = match fault {
            Fault::Mysqld => self.server_of(&primary.at),
            Fault::Executor => self.executor_of(&primary.task),
        };
        Victim(nix::unistd::Pid::from_raw(pid))
    }

    fn servers(&self) -> impl Iterator<Item = Process> {
        named_by(self.stack.dir()).into_iter().filter(|it| matches!(it.program(), "mariadbd" | "mysqld"))
    }

    fn server_of(&self, (host, port): &(String, u16)) -> i32 {
        let lines = [format!("port={port}"), format!("bind_address={host}")];
        let is_it = |process: &Process| {
            let text = std::fs::read_to_string(option_file(&process.command)).unwrap_or_default();
            lines.iter().all(|wanted| text.lines().any(|line| line == wanted))
        };
        self.servers().find(is_it).expect("the primary's mysqld").pid
    }

    fn executor_of(&self, task: &str) -> i32 {
        let is_it = |process: &Process| {
            let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            process.program().starts_with("mysos_executor")
                && !process.command.contains(" keeper")
                && String::from_utf8_lossy(&environ).contains(task)
        };
        named_by(self.stack.dir()).into_iter().find(is_it).expect("the primary's executor").pid
    }

    fn column(&self, (host, port): &(String, u16), statement: &str) -> Result<Vec<String>, String> {
        self.stack.sql((host, *port), "app", self.password()).column(statement)
    }

    /// Which of these numbers this member does not hold.
    fn missing(&self, at: &(String, u16), numbers: &BTreeSet<u64>) -> Result<Vec<u64>, String> {
        let rows = self.column(at, "SELECT CAST(id AS CHAR) FROM shop.writes")?;
        let held: BTreeSet<u64> = rows.iter().filter_map(|row| row.parse().ok()).collect();
        Ok(numbers.difference(&held).copied().collect())
    }

    /// How many of these the primary does not hold: they are lost.
    pub(super) fn lost(&self, numbers: &BTreeSet<u64>) -> usize {
        wait_until("the primary is asked", WHOLE, || self.missing(&self.primary_published()?, numbers)).len()
    }

    fn primary_published(&self) -> Result<(String, u16), String> {
        let members = self.stack.znodes().members(&format!("/mysos/discover/{NAME}/master"));
        members.into_values().next().ok_or("no primary is published".to_owned())
    }

    /// Each replica comes to hold what the primary holds of these. It may be a moment behind.
    pub(super) fn wait_until_replicas_hold(&self, numbers: &BTreeSet<u64>) {
        let replicas = self.stack.znodes().members(&format!("/mysos/discover/{NAME}/slaves"));
        for at in replicas.into_values() {
            wait_until(&format!("{at:?} holds every acknowledged write"), WHOLE, || {
                let missing = self.missing(&at, numbers)?.len();
                if missing == 0 { Ok(()) } else { Err(format!("{missing} of {} are missing", numbers.len())) }
            });
        }
    }

    /// What the members did since a time.
    pub(super) fn journal_since(&self, clock: u64) -> Vec<Value> {
        let since = mysos_model::Timestamp(clock).rfc3339();
        let journal = self.stack.api().get(&format!("/clusters/{NAME}/journal?since={since}"));
        journal.expect("the journal")["lines"].as_array().expect("lines").clone()
    }

    /// How the old primary came back.
    pub(super) fn came_back(&self, before: &Before, journal: &[Value]) -> &'static str {
        let object = self.object().expect("the cluster's object");
        let now = instances(&object).find(|one| one["ordinal"] == before.ordinal).expect("its slot").clone();
        let told =
            |step: &str| journal.iter().any(|line| line["by"] == before.ordinal && line["step"] == step);
        match (now["task_id"] == before.task.as_str(), now["data_id"] == before.data.as_str()) {
            (true, true) => "followed",
            (true, false) if told("quarantined") => "quarantined and rebuilt",
            (true, false) => "rebuilt",
            (false, true) => "relaunched on its data",
            (false, false) if told("quarantined") => "relaunched, quarantined and rebuilt",
            (false, false) => "relaunched and built anew",
        }
    }

    /// The option file of a member, for servers by hand.
    pub(super) fn model(&self) -> Model {
        Model::of(&self.servers().next().expect("a server").command)
    }

    pub(super) fn down(self) {
        self.stack.down();
    }
}

/// A process that is going to be killed.
pub(super) struct Victim(nix::unistd::Pid);

impl Victim {
    /// kill -9.
    pub(super) fn kill(self) {
        nix::sys::signal::kill(self.0, nix::sys::signal::Signal::SIGKILL).expect("it is killed");
    }
}

fn instances(object: &Value) -> impl Iterator<Item = &Value> {
    object["instances"].as_array().expect("instances").iter()
}

fn option_file(command: &str) -> &str {
    command.split("--defaults-file=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default()
}
