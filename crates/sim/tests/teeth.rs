//! Each breakage of the decision code is caught within a bounded number of seeds; unbroken, nothing is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

use mysos_sim::{Breakage, Fault, Kind, Mode, Plan, Target, run, trace};

/// So many seeds are tried before a breakage counts as not caught.
const SEEDS: u64 = 300;

fn plan(seed: u64) -> Plan {
    let mode = if seed.is_multiple_of(2) { Mode::Single } else { Mode::Combined };
    Plan::draw(seed, 3, mode)
}

/// The first seed that catches it, with the number of the invariant. What is only not healthy does not count.
fn caught(breakage: Breakage) -> (u64, u8) {
    (0..SEEDS)
        .find_map(|seed| {
            let plan = Plan { breakage: Some(breakage), ..plan(seed) };
            let violation = run(&plan).violation.filter(|it| it.invariant != 6)?;
            Some((seed, violation.invariant))
        })
        .unwrap_or_else(|| panic!("{breakage:?} is not caught within {SEEDS} seeds"))
}

#[test]
fn counting_is_needed() {
    assert_eq!(caught(Breakage::SkipTheCount).1, 1);
}

#[test]
fn publishing_before_promoting_is_caught() {
    assert_eq!(caught(Breakage::PublishBeforePromote).1, 3);
}

#[test]
fn acking_before_it_is_recorded_is_caught() {
    assert_eq!(caught(Breakage::AckBeforeRecorded).1, 1);
}

#[test]
fn semi_sync_off_on_demotion_is_caught() {
    assert_eq!(caught(Breakage::SemiSyncOffOnDemotion).1, 1);
}

#[test]
fn starting_the_receiver_before_draining_is_caught() {
    assert_eq!(caught(Breakage::StartBeforeDraining).1, 1);
}

#[test]
fn forgetting_the_obeyed_epoch_is_caught() {
    assert_eq!(caught(Breakage::ForgetTheObeyedEpoch).1, 4);
}

#[test]
fn opening_without_semi_sync_is_caught() {
    assert_eq!(caught(Breakage::OpenUnarmed).1, 1);
}

#[test]
fn shrinking_before_cutting_off_is_caught() {
    assert_eq!(caught(Breakage::ShrinkBeforeCutOff).1, 1);
}

#[test]
fn not_looking_for_errant_transactions_is_caught() {
    assert_eq!(caught(Breakage::SkipTheErrantCheck).1, 5);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..6 {
        assert_eq!(trace(&plan(seed)), trace(&plan(seed)));
    }
}

#[test]
fn the_first_seeds_break_nothing() {
    for seed in 0..40 {
        assert_eq!(run(&plan(seed)).violation, None, "seed {seed}");
    }
}

/// A plan whose faults come one at a time.
fn faults(seed: u64, faults: &[Fault]) -> Plan {
    Plan { seed, size: 3, mode: Mode::Combined, faults: faults.to_vec(), breakage: None }
}

#[test]
fn a_lost_answer_leaves_nobody_unpublished() {
    let lost = Fault { at: 6_051, lasts: 8_467, target: Target::Slot(1), kind: Kind::LostAnswers };
    let replaced = Fault { at: 9_657, lasts: 67, target: Target::Primary, kind: Kind::ReplaceTask };
    for seed in 600..640 {
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
