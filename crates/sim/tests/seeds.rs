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

/// The newcomer in the slot is admitted by itself; the primary reads of neither it nor the end of the other.
#[test]
fn an_acker_that_the_primary_has_not_read_of_is_cut_off_all_the_same() {
    let replaced = Fault { at: 3_425, lasts: 79, target: Target::Role(1), kind: Kind::ReplaceTask };
    let unread = Fault { at: 4_219, lasts: 25_000, target: Target::Role(0), kind: Kind::OldMembers };
    for seed in 0..10 {
        let plan = faults(seed, &[replaced, unread]);
        let pair = Plan { shape: Shape { size: 2, ..Shape::USUAL }, ..plan };
        assert_eq!(run(&pair).violation, None, "seed {seed}");
    }
}

/// An acker comes back when it has been cut off and nobody else is left to prove it.
#[test]
fn a_cut_that_nobody_can_prove_is_given_up() {
    let crashed = Fault { at: 11_302, lasts: 16_275, target: Target::Role(1), kind: Kind::CrashMachine };
    let replaced = Fault { at: 22_139, lasts: 74, target: Target::Role(2), kind: Kind::ReplaceTask };
    for seed in 0..10 {
        assert_eq!(run(&faults(seed, &[crashed, replaced])).violation, None, "seed {seed}");
    }
}

/// What the old primary had begun to write reaches its server when it has closed.
#[test]
fn a_late_write_of_a_deposed_primary_is_found() {
    let isolated = Fault { at: 10_379, lasts: 16_281, target: Target::Primary, kind: Kind::Isolate };
    let slow = Fault { at: 11_699, lasts: 9_885, target: Target::Role(0), kind: Kind::SlowActions };
    for seed in 0..20 {
        assert_eq!(run(&faults(seed, &[isolated, slow])).violation, None, "seed {seed}");
    }
}

/// It is told to acknowledge, hangs, is evicted, and goes on: nobody knows whether it acknowledges until it is told again.
#[test]
fn an_acker_that_hung_while_it_was_told_to_acknowledge_comes_back() {
    let killed = Fault { at: 2_618, lasts: 81, target: Target::Primary, kind: Kind::KillServer };
    for seed in 0..12 {
        let at = 3_900 + seed * 25;
        let hangs = Fault { at, lasts: 13_858, target: Target::Role(0), kind: Kind::PauseServer };
        assert_eq!(run(&faults(seed, &[killed, hangs])).violation, None, "seed {seed}");
    }
}
