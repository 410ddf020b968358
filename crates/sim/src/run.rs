//! One run: the cluster forms, faults come and go, everything is healed, and it must be healthy again.

use crate::{
    check::Violation,
    plan::{Mode, Plan},
    world::{STEP, World},
};

/// The cluster forms within this many milliseconds.
const FORMS: u64 = 20_000;
/// Healed, it is healthy within this many: a cool-down, an eviction, and a few sessions.
const HEALTHY: u64 = 180_000;

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// Writes that clients were told OK for.
    pub acked: usize,
    /// The last epoch.
    pub epoch: u64,
    /// Simulated milliseconds.
    pub took: u64,
}

/// A violation with the plan that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The plan.
    pub plan: Plan,
    /// What it breaks.
    pub violation: Violation,
}

/// Runs a plan.
pub fn run(plan: &Plan) -> Report {
    let mut world = World::new(plan);
    play(&mut world, plan);
    report(world)
}

/// Runs a plan and keeps its event log.
pub fn trace(plan: &Plan) -> (Report, Vec<String>) {
    let mut world = World::new(plan);
    world.log = Some(Vec::new());
    play(&mut world, plan);
    let log = world.log.take().unwrap_or_default();
    (report(world), log)
}

fn report(world: World) -> Report {
    Report {
        acked: world.books.acked.len(),
        epoch: world.store.epoch.epoch.0,
        took: world.now.0 - 1_000_000,
        violation: world.violation,
    }
}

fn play(world: &mut World, plan: &Plan) {
    healthy_within(world, FORMS);
    match plan.mode {
        Mode::Single => {
            for fault in &plan.faults {
                pass(world, fault.at);
                world.inject(fault);
                pass(world, fault.lasts);
                healthy_within(world, HEALTHY);
            }
        }
        Mode::Combined | Mode::Long => combined(world, plan),
    }
    pass(world, 500);
    world.check_all();
}

fn combined(world: &mut World, plan: &Plan) {
    let mut passed = 0;
    for fault in &plan.faults {
        pass(world, fault.at.saturating_sub(passed));
        passed = passed.max(fault.at);
        world.inject(fault);
    }
    let last = plan.faults.iter().map(|fault| fault.at + fault.lasts).max().unwrap_or(0);
    pass(world, last.saturating_sub(passed));
    world.heal();
    healthy_within(world, HEALTHY);
}

/// Lets time pass, until something is broken.
fn pass(world: &mut World, ms: u64) {
    for _ in 0..ms / STEP {
        if world.violation.is_some() {
            return;
        }
        world.step();
    }
}

fn healthy_within(world: &mut World, ms: u64) {
    let (start, before) = (world.now, world.books.acked.len());
    // A moment in which senses have had time to see what was done, so that an old health does not count.
    pass(world, 700);
    while world.violation.is_none() && !(world.is_healthy() && world.books.acked.len() > before) {
        let late = world.now.millis_since(start) > ms;
        if late && world.is_lost() {
            world.note(|| "LOST: what was destroyed is needed; that is said, and not counted".to_owned());
            return;
        }
        if late && world.waits_for_a_copy() {
            world.note(|| {
                "BLOCKED: only the primary could give the copy that its commits wait for".to_owned()
            });
            return;
        }
        if late {
            let states: Vec<String> =
                world.members.iter().map(|it| format!("{:?}", it.view.own.state.0)).collect();
            let record = &world.store.epoch;
            let what = format!(
                "not healthy within {ms} ms: {} in epoch {} ({:?}, {} ackers, k {}), {} published",
                states.join(", "),
                record.epoch,
                record.phase,
                record.ackers.len(),
                record.acks,
                world.store.published.len()
            );
            world.broken(6, what);
            return;
        }
        world.step();
    }
}
