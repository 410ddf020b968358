//! Each breakage is found within a bounded number of seeds, and the schedule that finds it breaks nothing
//! in what is not broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

use mysos_sim::{
    Breakage, Plan,
    cases::{ALL, Case, NOT_BUILT, SEEDS},
    run,
};

/// Unbroken, so many more seeds of a written schedule are run than finding it took.
const MORE: u64 = 3;

fn case(breakage: Breakage) -> &'static Case {
    ALL.iter().find(|case| case.breakage == breakage).unwrap()
}

/// It is found, and with the code as it is the same schedules break nothing.
fn bites(breakage: Breakage) {
    let case = case(breakage);
    let (seed, _) = case.find().unwrap_or_else(|| panic!("{}: not found within {SEEDS} seeds", case.name));
    for seed in seed.saturating_sub(1)..seed + MORE {
        assert_eq!(run(&(case.schedule)(seed)).violation, None, "{}, seed {seed}, unbroken", case.name);
    }
}

macro_rules! each_bites {
    ($($name:ident: $breakage:ident,)*) => {
        $(#[test] fn $name() { bites(Breakage::$breakage); })*

        #[test]
        fn every_case_has_its_test() {
            let tested = [$(Breakage::$breakage),*];
            assert!(ALL.iter().all(|case| tested.contains(&case.breakage)));
        }
    };
}

each_bites! {
    counting_is_needed: SkipTheCount,
    publishing_before_promoting_is_found: PublishBeforePromote,
    acking_before_it_is_recorded_is_found: AckBeforeRecorded,
    semi_sync_off_on_demotion_is_found: SemiSyncOffOnDemotion,
    starting_the_receiver_before_draining_is_found: StartBeforeDraining,
    forgetting_the_obeyed_epoch_is_found: ForgetTheObeyedEpoch,
    opening_without_semi_sync_is_found: OpenUnarmed,
    shrinking_before_cutting_off_is_found: ShrinkBeforeCutOff,
    not_looking_for_errant_transactions_is_found: SkipTheErrantCheck,
    an_election_without_the_floor_is_found: NoFloor,
    logs_that_are_not_synced_are_found: LazySync,
    flaw_1_an_eviction_forgets_what_only_the_evicted_holds: EvictWithoutProof,
    flaw_3_evidence_outlives_its_truth: ClaimsOutliveTurns,
    flaw_4_a_restart_lowers_what_was_claimed: OpenWithoutSwap,
    flaw_5_who_was_cut_off_comes_back_acking: LetAnybodyIn,
    flaw_6_acking_survives_the_epoch: KeepAccounts,
    flaw_7_a_copy_is_not_checked: TrustCopies,
    flaw_8_a_good_acker_is_judged_errant: CompareCommitted,
    flaw_9_dead_for_ever_with_everybody_alive: ForgetWhoWasLeft,
    flaw_13_filter_before_comparing: FilterFirst,
}

#[test]
fn all_thirteen_flaws_are_spoken_of() {
    let mut flaws: Vec<u8> = ALL.iter().filter_map(|case| case.flaw).collect();
    flaws.extend(NOT_BUILT.iter().map(|it| it.flaw));
    flaws.sort_unstable();
    assert_eq!(flaws, (1..=13).collect::<Vec<_>>());
}

#[test]
fn a_breakage_changes_the_plan_and_nothing_else() {
    let case = case(Breakage::NoFloor);
    let broken = Plan { breakage: Some(case.breakage), ..(case.schedule)(0) };
    assert_eq!(Plan { breakage: None, ..broken }, (case.schedule)(0));
}
