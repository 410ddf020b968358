//! The simulator: many seeds, one with its event log, a saved run once more, or the teeth. A release build is
//! several times as fast: `cargo run --release -p mysos-xtask -- sim --seeds 10000`.
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use mysos_model::Flavor;
use mysos_sim::{Finding, Mode, Plan, Shape, cases, saved};

use crate::terminal::{note, repository, tell};

/// So many violations are shortened, saved and told of; the others are counted.
const SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run this seed only, with the shortest schedule that breaks the same.
    #[arg(long)]
    seed: Option<u64>,
    /// Write the event log of the one seed below `target/sim/`.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Run a saved run again, and see that it gives the same bytes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "teeth"])]
    replay: Option<PathBuf>,
    /// Run every breakage until it is found, and print how many seeds that took.
    #[arg(long)]
    teeth: bool,
    /// Members of the cluster; by seed if left out.
    #[arg(long)]
    size: Option<u32>,
    /// Which server; by seed if left out.
    #[arg(long)]
    flavor: Option<Flavor>,
    /// k, how many acknowledgements a write waits for; by seed if left out.
    #[arg(long)]
    acks: Option<u32>,
    /// One fault at a time (a), combinations (b), or long ones (c); by seed if left out.
    #[arg(long, value_enum)]
    mode: Option<ModeName>,
    /// Worlds that run at once.
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeName {
    A,
    B,
    C,
}

impl Sim {
    /// The plan of one seed.
    fn plan(&self, seed: u64) -> Plan {
        let mode = match self.mode {
            None => Mode::of(seed),
            Some(ModeName::A) => Mode::Single,
            Some(ModeName::B) => Mode::Combined,
            Some(ModeName::C) => Mode::Long,
        };
        let Shape { size, flavor, acks } = Shape::of(seed);
        let shape = Shape {
            size: self.size.unwrap_or(size),
            flavor: self.flavor.unwrap_or(flavor),
            acks: self.acks.unwrap_or(acks),
        };
        Plan::draw(seed, shape, mode)
    }
}

/// How to run one seed again.
fn again(plan: &Plan) -> String {
    let mode = match plan.mode {
        Mode::Single => "a",
        Mode::Combined => "b",
        Mode::Long => "c",
    };
    let Shape { size, flavor, acks } = plan.shape;
    format!(
        "cargo xtask sim --seed {} --size {size} --flavor {flavor} --acks {acks} --mode {mode} --trace",
        plan.seed
    )
}

/// A few seeds of all kinds, for the gate.
pub(crate) fn few() -> Result<()> {
    many(&Sim {
        seeds: 120,
        from: 0,
        seed: None,
        trace: false,
        replay: None,
        teeth: false,
        size: None,
        flavor: None,
        acks: None,
        mode: None,
        threads: 2,
    })
}

/// Runs what is asked for; a violation is an error.
pub(crate) fn run(sim: &Sim) -> Result<()> {
    match (&sim.replay, sim.teeth, sim.seed) {
        (Some(file), ..) => replay(file),
        (None, true, _) => teeth(),
        (None, false, Some(seed)) => one(sim, &sim.plan(seed)),
        (None, false, None) => many(sim),
    }
}

fn many(sim: &Sim) -> Result<()> {
    if cfg!(debug_assertions) {
        note("sim: a debug build; `cargo run --release -p mysos-xtask -- sim` is several times as fast");
    }
    let start = Instant::now();
    let next = AtomicU64::new(sim.from);
    let mut findings: Vec<Finding> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sim.threads.max(1)).map(|_| scope.spawn(|| work(sim, &next))).collect();
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
    for finding in findings.iter().take(SHOWN) {
        explain(finding)?;
    }
    let Some(finding) = findings.first() else { return Ok(()) };
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

/// Tells of a violation, with the shortest schedule found, and saves that with its event log.
fn explain(finding: &Finding) -> Result<()> {
    let violation = &finding.violation;
    tell(&format!(
        "seed {} breaks invariant {} at {} ms: {}",
        finding.plan.seed, violation.invariant, violation.at, violation.what
    ));
    let short = mysos_sim::shrink::shrink(&finding.plan);
    tell(&format!(
        "  the shortest schedule found, {} of {} faults:",
        short.faults.len(),
        finding.plan.faults.len()
    ));
    for fault in &short.faults {
        tell(&format!("  {}", saved::fault_line(fault)));
    }
    tell(&format!("  again: {}", again(&finding.plan)));
    save(&short, &mysos_sim::trace(&short).1)
}

fn save(plan: &Plan, log: &[String]) -> Result<()> {
    let dir = repository().join("target/sim");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let path = dir.join(format!("seed-{}.log", plan.seed));
    std::fs::write(&path, saved::write(plan, log))
        .with_context(|| format!("cannot write {}", path.display()))?;
    tell(&format!("  event log: {}", path.display()));
    Ok(())
}

fn one(sim: &Sim, plan: &Plan) -> Result<()> {
    let report = mysos_sim::run(plan);
    tell(&format!("{} writes acknowledged, epoch {}, {} ms", report.acked, report.epoch, report.took));
    match report.violation {
        None if sim.trace => save(plan, &mysos_sim::trace(plan).1),
        None => Ok(()),
        Some(violation) => {
            explain(&Finding { plan: plan.clone(), violation })?;
            bail!("seed {} breaks an invariant", plan.seed)
        }
    }
}

fn replay(file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let plan = match saved::read(&text) {
        Ok(plan) => plan,
        Err(wrong) => bail!("{}:{}: expected {}", file.display(), wrong.line, wrong.expected),
    };
    let (report, log) = mysos_sim::trace(&plan);
    let now = saved::write(&plan, &log);
    let differs = text.lines().zip(now.lines()).position(|(then, now)| then != now);
    if text != now {
        let line = differs.unwrap_or_else(|| text.lines().count().min(now.lines().count())) + 1;
        bail!("{}:{line}: here the run differs; the code or the world is another than then", file.display());
    }
    tell(&format!("the same {} bytes", now.len()));
    match report.violation {
        None => Ok(()),
        Some(violation) => {
            bail!("invariant {} at {} ms: {}", violation.invariant, violation.at, violation.what)
        }
    }
}

fn teeth() -> Result<()> {
    let mut toothless = 0;
    tell("flaw  broken                                            schedule  invariant  seeds");
    for case in &cases::ALL {
        let flaw = case.flaw.map_or_else(String::new, |flaw| flaw.to_string());
        let seeds = case.find().map_or_else(
            || {
                toothless += 1;
                format!("not found within {}", cases::SEEDS)
            },
            |(seed, _)| (seed + 1).to_string(),
        );
        tell(&format!("{flaw:>4}  {:<48}  {:<8}  {:>9}  {seeds}", case.name, case.source, case.invariant));
    }
    for flaw in &cases::NOT_BUILT {
        tell(&format!("{:>4}  {}: {}", flaw.flaw, flaw.name, flaw.why));
    }
    if toothless > 0 {
        bail!("{toothless} breakages are not found")
    }
    Ok(())
}
