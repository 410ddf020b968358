//! Creations: from the POST to a published primary and to all published, and from the DELETE to nothing published;
//! beside them, in the same run, the same servers by hand.

use std::time::{Duration, Instant};

use mysos_tests::{Process, TestStack, Znodes, named_by, wait_until};

use crate::{
    Create,
    by_hand::{self, Model},
    table::{Table, ratio},
};

/// Members of a cluster.
const NODES: usize = 3;
/// A step takes at most this, or something is wrong.
const LIMIT: Duration = Duration::from_secs(180);
/// Between two looks into ZooKeeper. A look takes less than a millisecond.
const LOOK: Duration = Duration::from_millis(5);
/// Where the servers by hand listen: the agents are from 11 on.
const BY_HAND: u8 = 200;

/// What one run found.
struct Run {
    primary: Duration,
    all: Duration,
    gone: Duration,
    memory: Memory,
    model: Model,
}

/// Resident memory in MiB; of what there are several of, the mean.
struct Memory {
    scheduler: f64,
    executor: f64,
    keepers: f64,
    server: f64,
}

/// Measures and prints.
pub(crate) fn run(wish: &Create) {
    let stack = TestStack::with_programs(mysos_tests::Flavor::Mariadb, NODES as u8, &wish.bin_dir);
    let znodes = stack.znodes();
    let names = ["primary", "1 by hand", "ratio", "all 3", "3 by hand", "ratio", "delete"];
    let mut times = Table::new(&names);
    let mut memory = Table::new(&["scheduler", "executor", "its keepers", "mysqld"]);
    let mut model = None;
    for number in 1..=wish.runs {
        let run = one(&stack, &znodes, &format!("bench{number}"));
        let host = stack.net().host(BY_HAND);
        let (single, three) =
            (by_hand::start(&run.model, 1, host), by_hand::start(&run.model, NODES as u16, host));
        times.add(vec![
            run.primary.as_secs_f64(),
            single.as_secs_f64(),
            ratio(run.primary, single),
            run.all.as_secs_f64(),
            three.as_secs_f64(),
            ratio(run.all, three),
            run.gone.as_secs_f64(),
        ]);
        memory.add(vec![run.memory.scheduler, run.memory.executor, run.memory.keepers, run.memory.server]);
        model = Some(run.model);
    }
    stack.down();
    print(wish, &times, &memory, model.as_ref());
}

fn print(wish: &Create, times: &Table, memory: &Table, model: Option<&Model>) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let version = model.map(Model::version).unwrap_or_default();
    println!(
        "\nClusters of {NODES} on one machine with {cores} cores; programs built as {}; {version}.\n\
         Seconds from POST to the primary under master/ and to all under master/ and slaves/; by hand:\n\
         mariadb-install-db and mariadbd with the same option file until it answers; from DELETE to no znode.\n\n{}\n\n\
         Resident memory in MiB, of one each, when all are published.\n\n{}",
        wish.profile,
        times.text(),
        memory.text()
    );
}

fn one(stack: &TestStack, znodes: &Znodes<'_>, name: &str) -> Run {
    let group = |group: &str| format!("/mysos/discover/{name}/{group}");
    let in_group = |at: &str| znodes.children(&group(at)).map_or(0, |members| members.len());
    let began = Instant::now();
    let created = stack.api().create(name, &[("cluster_user", "app"), ("num_nodes", "3")]);
    let primary = until("the primary is published", began, || in_group("master") == 1);
    let all =
        until("all are published", began, || in_group("master") == 1 && in_group("slaves") == NODES - 1);
    let processes = named_by(stack.dir());
    let memory = Memory::of(&processes);
    let server = processes.iter().find(|process| is_server(process)).expect("a server");
    let model = Model::of(&server.command);

    let path = format!("/clusters/{name}");
    let began = Instant::now();
    let deleted = stack.api().send("DELETE", &path, &[("password", &created.password)]).expect("an answer");
    assert_eq!(deleted.status, 200, "{deleted:?}");
    let gone = until("the discovery node is gone", began, || {
        znodes.children(&format!("/mysos/discover/{name}")).is_none()
    });
    wait_until("the cluster is forgotten and its executors have ended", LIMIT, || {
        let answer = stack.api().send("GET", &path, &[])?;
        let left = named_by(stack.dir()).iter().filter(|process| is_ours(process, "mysos_executor")).count();
        if answer.status == 404 && left == 0 { Ok(()) } else { Err(format!("{answer:?} {left}")) }
    });
    Run { primary, all, gone, memory, model }
}

fn until(what: &str, began: Instant, is_so: impl Fn() -> bool) -> Duration {
    while !is_so() {
        assert!(began.elapsed() < LIMIT, "waited {LIMIT:?} for this: {what}");
        std::thread::sleep(LOOK);
    }
    began.elapsed()
}

fn is_server(process: &Process) -> bool {
    matches!(process.program(), "mariadbd" | "mysqld")
}

fn is_ours(process: &Process, program: &str) -> bool {
    process.program().starts_with(program)
}

impl Memory {
    fn of(processes: &[Process]) -> Self {
        let is_keeper = |process: &Process| process.command.split(' ').nth(1) == Some("keeper");
        let mean = |which: &dyn Fn(&Process) -> bool| {
            let found: Vec<f64> = processes
                .iter()
                .filter(|process| which(process))
                .map(|process| process.rss_kib() as f64 / 1024.0)
                .collect();
            found.iter().sum::<f64>() / found.len() as f64
        };
        let executor = |process: &Process| is_ours(process, "mysos_executor");
        Self {
            scheduler: mean(&|process| is_ours(process, "mysos_scheduler")),
            executor: mean(&|process| executor(process) && !is_keeper(process)),
            keepers: mean(&|process| executor(process) && is_keeper(process)),
            server: mean(&is_server),
        }
    }
}
