//! Failovers under load: four writers at 25 writes a second each, three members, each write waits for one of them.
//! How long nobody's write is acknowledged, whether one that was is lost, and how soon all is well again. Beside it, in
//! the same run, the floor: the same servers without Mysos, and a script that knows at once what happened.

mod drill;
mod report;
mod rig;
mod stages;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mysos_local::Flavor;
use mysos_tests::{Load, wait_until};

use crate::FailoverWish;
use report::{Row, Run};
use rig::Rig;

/// Writers at a time.
const WRITERS: u64 = 4;
/// Writes that must be acknowledged after a failure before it counts as over.
const GO_ON: usize = 20;
/// The writers work this long before each failure.
const WARM: Duration = Duration::from_secs(2);
/// A gap beyond this is shown with its journal.
const SLOW: Duration = Duration::from_secs(3);
/// A failover is over within this, or something is wrong with it.
const WRITES_AGAIN: Duration = Duration::from_secs(60);

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fault {
    /// kill -9 of the primary's mysqld.
    Mysqld,
    /// kill -9 of its executor, which takes its mysqld with it.
    Executor,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Mysqld => "kill -9 of mysqld",
            Self::Executor => "executor and mysqld killed",
        }
    }

    /// The gaps to reach, p50 and p99 (`docs/failover.md` §10).
    fn target(self) -> (f64, f64) {
        match self {
            Self::Mysqld => (0.8, 2.0),
            Self::Executor => (2.0, 3.5),
        }
    }
}

/// Measures and prints, flavor by flavor.
pub(crate) fn run(wish: &FailoverWish) {
    let faults = if wish.faults.is_empty() { &[Fault::Mysqld, Fault::Executor] } else { &wish.faults[..] };
    for flavor in wish.flavor.all() {
        let (rows, model) = product(wish, *flavor, faults);
        let floor = drill::floor(&model, wish.runs, *flavor);
        report::print(wish, &model.version(), &rows, &floor);
    }
}

/// The rows of one flavor, through the product.
fn product(wish: &FailoverWish, flavor: Flavor, faults: &[Fault]) -> (Vec<Row>, crate::by_hand::Model) {
    let rig = Rig::up(flavor, &wish.bin_dir);
    let rows = rig.follow(|primary| {
        let load = rig.stack.load(WRITERS, primary.clone(), rig.password());
        let row = |fault: &Fault| Row {
            fault: *fault,
            runs: (1..=wish.runs).map(|number| one(&rig, &load, *fault, number)).collect(),
        };
        let rows = faults.iter().map(row).collect();
        let acknowledged = rig.stack.end_load(load);
        assert_eq!(rig.lost(&acknowledged), 0, "acknowledged writes are missing at the end");
        rig.wait_until_replicas_hold(&acknowledged);
        rows
    });
    let model = rig.model();
    rig.down();
    (rows, model)
}

/// One failure, until all is well again.
fn one(rig: &Rig, load: &Load, fault: Fault, number: u32) -> Run {
    rig.wait_until_whole();
    rig.wait_until_not_held();
    wait_for_writes(load, load.acknowledged(), "the writers write");
    std::thread::sleep(WARM);
    let before = rig.primary();
    let victim = rig.victim(&before, fault);
    let clock = millis();
    let begin = Instant::now();
    victim.kill();
    wait_for_writes(load, load.acknowledged(), "writes go on");
    let (from, to) = load.gap(begin);
    rig.wait_until_whole();
    let healthy = begin.elapsed();
    let so_far = load.numbers();
    let lost = rig.lost(&so_far);
    if lost == 0 {
        rig.wait_until_replicas_hold(&so_far);
    }
    let journal = rig.journal_since(clock);
    let stages = stages::of(&journal, clock, clock + (to - begin).as_millis() as u64);
    let run = Run { gap: to - from, healthy, lost, came_back: rig.came_back(&before, &journal), stages };
    tell(&run, fault, number);
    if run.gap > SLOW || run.stages.is_none() {
        for line in &journal {
            eprintln!("    {line}");
        }
    }
    run
}

/// One line while it goes on.
fn tell(run: &Run, fault: Fault, number: u32) {
    let stages: Vec<String> = run.stages.iter().flatten().map(|stage| format!("{stage:.0}")).collect();
    eprintln!(
        "{} {number}: gap {:.3} s ({}), healthy after {:.1} s, {}",
        fault.name(),
        run.gap.as_secs_f64(),
        stages.join(" "),
        run.healthy.as_secs_f64(),
        run.came_back
    );
}

fn wait_for_writes(load: &Load, before: usize, what: &str) {
    wait_until(what, WRITES_AGAIN, || {
        let now = load.acknowledged();
        if now >= before + GO_ON { Ok(()) } else { Err(format!("{} since", now - before)) }
    });
}

/// The clock that journals are written by.
fn millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_millis() as u64
}
