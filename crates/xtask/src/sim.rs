//! The simulator: many seeds, or one with its event log. A release build is several times as fast:
//! `cargo run --release -p mysos-xtask -- sim --seeds 10000`.
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use mysos_sim::{Finding, Mode, Plan};

use crate::terminal::{note, repository, tell};

/// Worlds that run at once.
const THREADS: u64 = 2;

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run this seed only.
    #[arg(long)]
    seed: Option<u64>,
    /// Write the event log of the one seed below `target/sim/`.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Members of the cluster; by seed if left out.
    #[arg(long)]
    size: Option<u32>,
    /// One fault at a time (a) or combinations (b); both if left out.
    #[arg(long, value_enum)]
    mode: Option<ModeName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeName {
    A,
    B,
}

impl Sim {
    /// The plan of one seed.
    fn plan(&self, seed: u64) -> Plan {
        let mode = match self.mode {
            Some(ModeName::A) => Mode::Single,
            None if seed.is_multiple_of(2) => Mode::Single,
            Some(ModeName::B) | None => Mode::Combined,
        };
        let size = self.size.unwrap_or(match seed / 2 % 4 {
            0 | 1 => 3,
            2 => 5,
            _ => 2,
        });
        Plan::draw(seed, size, mode)
    }
}

/// How to run one seed again.
fn again(plan: &Plan) -> String {
    let mode = if plan.mode == Mode::Single { "a" } else { "b" };
    format!("cargo xtask sim --seed {} --size {} --mode {mode} --trace", plan.seed, plan.size)
}

/// A few seeds of both kinds, for the gate.
pub(crate) fn few() -> Result<()> {
    run(&Sim { seeds: 60, from: 0, seed: None, trace: false, size: None, mode: None })
}

/// Runs what is asked for; a violation is an error.
pub(crate) fn run(sim: &Sim) -> Result<()> {
    if let Some(seed) = sim.seed {
        return one(sim, &sim.plan(seed));
    }
    if cfg!(debug_assertions) {
        note("sim: a debug build; `cargo run --release -p mysos-xtask -- sim` is several times as fast");
    }
    let start = Instant::now();
    let next = AtomicU64::new(sim.from);
    let mut findings: Vec<Finding> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| work(sim, &next))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    findings.sort_by_key(|finding| finding.plan.seed);
    let took = start.elapsed().as_secs_f64();
    let pace = sim.seeds as f64 / took.max(0.001);
    tell(&format!(
        "sim: {} seeds from {} in {took:.1} s, {pace:.0} seeds/s, {} violations",
        sim.seeds,
        sim.from,
        findings.len()
    ));
    for finding in findings.iter().skip(1).take(20) {
        tell(&format!("  also {}: {}", again(&finding.plan), finding.violation.what));
    }
    let Some(finding) = findings.first() else { return Ok(()) };
    explain(finding);
    bail!("seed {} breaks invariant {}", finding.plan.seed, finding.violation.invariant)
}

fn work(sim: &Sim, next: &AtomicU64) -> Vec<Finding> {
    let mut found = Vec::new();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= sim.from + sim.seeds {
            return found;
        }
        let plan = sim.plan(seed);
        if let Some(violation) = mysos_sim::run(&plan).violation {
            found.push(Finding { plan, violation });
        }
    }
}

fn explain(finding: &Finding) {
    let violation = &finding.violation;
    tell(&format!(
        "seed {} breaks invariant {} at {} ms: {}",
        finding.plan.seed, violation.invariant, violation.at, violation.what
    ));
    let short = mysos_sim::shrink::shrink(&finding.plan);
    tell(&format!(
        "the shortest schedule found, {} of {} faults:",
        short.faults.len(),
        finding.plan.faults.len()
    ));
    for fault in &short.faults {
        tell(&format!("  {fault:?}"));
    }
    tell(&format!("again: {}", again(&finding.plan)));
}

fn one(sim: &Sim, plan: &Plan) -> Result<()> {
    let short = mysos_sim::shrink::shrink(plan);
    let (report, log) = mysos_sim::trace(&short);
    tell(&format!("{} writes acknowledged, epoch {}, {} ms", report.acked, report.epoch, report.took));
    if sim.trace {
        let dir = repository().join("target/sim");
        std::fs::create_dir_all(&dir)?;
        let path = dir.join(format!("seed-{}.log", plan.seed));
        std::fs::write(&path, log.join("\n"))?;
        tell(&format!("event log: {}", path.display()));
    }
    match report.violation {
        None => Ok(()),
        Some(violation) => {
            explain(&Finding { plan: plan.clone(), violation });
            bail!("seed {} breaks an invariant", plan.seed)
        }
    }
}
