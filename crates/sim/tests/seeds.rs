//! The first seeds break nothing, the same seed gives the same bytes, and what was once found stays cured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

use mysos_sim::{Fault, Kind, Mode, Plan, Shape, Target, run, saved, trace};

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..16 {
        let plan = Plan::of(seed);
        let text = saved::write(&plan, &trace(&plan).1);
        let replayed = saved::read(&text).unwrap();
        assert_eq!(saved::write(&replayed, &trace(&replayed).1), text, "seed {seed}");
    }
}

/// A plan of three members on MariaDB with these faults.
fn faults(seed: u64, faults: &[Fault]) -> Plan {
    Plan { seed, shape: Shape::USUAL, mode: Mode::Combined, faults: faults.to_vec(), breakage: None }
}

#[test]
fn a_lost_answer_leaves_nobody_unpublished() {
    let lost = Fault { at: 6_051, lasts: 8_467, target: Target::Slot(1), kind: Kind::LostAnswers };
    let replaced = Fault { at: 9_657, lasts: 67, target: Target::Primary, kind: Kind::ReplaceTask };
    for seed in 600..610 {
        assert_eq!(run(&faults(seed, &[lost, replaced])).violation, None, "seed {seed}");
    }
}

#[test]
fn a_primary_that_comes_back_on_its_volume_is_found_where_it_is_now() {
    let killed = Fault { at: 5_000, lasts: 166, target: Target::Primary, kind: Kind::KillTask };
    for seed in 0..20 {
        let report = run(&faults(seed, &[killed]));
        assert_eq!((report.violation, report.epoch), (None, 1), "seed {seed}");
    }
}
