//! Every breakage with the schedule that finds it: drawn by seed where that is enough, written by hand where
//! what is needed is rare. Among them are the flaws of an earlier wording of `docs/failover.md`, as named
//! cases: each is found without its cure, and the same schedule breaks nothing with it.

use crate::{Breakage, Fault, Kind, Mode, Plan, Shape, Target, check::Violation, run::run};

/// Within so many seeds each breakage is found.
pub const SEEDS: u64 = 300;

/// Where the faults of a case come from.
type Schedule = fn(u64) -> Plan;

/// A breakage and what finds it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// In a few words.
    pub name: &'static str,
    /// What is broken.
    pub breakage: Breakage,
    /// Number of the flaw of an earlier wording of the law, if it is one of those.
    pub flaw: Option<u8>,
    /// The invariant of `docs/failover.md` §9 that it breaks.
    pub invariant: u8,
    /// The plan of each seed, unbroken.
    pub schedule: Schedule,
    /// Where the schedule comes from, in a word.
    pub source: &'static str,
}

/// A flaw that cannot be shown on what is built, and what must come with its place.
#[derive(Debug, Clone, Copy)]
pub struct NotBuilt {
    /// Its number.
    pub flaw: u8,
    /// In a few words.
    pub name: &'static str,
    /// Why it cannot be shown, and what must be added when it can.
    pub why: &'static str,
}

impl Case {
    /// The first seed that finds it, with what it breaks. A cluster that is only not healthy counts only
    /// where that is what the case is about.
    pub fn find(&self) -> Option<(u64, Violation)> {
        (0..SEEDS).find_map(|seed| {
            let plan = Plan { breakage: Some(self.breakage), ..(self.schedule)(seed) };
            run(&plan).violation.filter(|it| it.invariant == self.invariant).map(|it| (seed, it))
        })
    }
}

const fn drawn(name: &'static str, breakage: Breakage, invariant: u8) -> Case {
    Case { name, breakage, flaw: None, invariant, schedule: by_seed, source: "drawn" }
}

const fn written(
    flaw: u8,
    name: &'static str,
    (breakage, invariant): (Breakage, u8),
    schedule: Schedule,
) -> Case {
    Case { name, breakage, flaw: Some(flaw), invariant, schedule, source: "written" }
}

/// All that are shown.
pub const ALL: [Case; 20] = [
    drawn("skip the revocation count", Breakage::SkipTheCount, 1),
    drawn("publish before promote", Breakage::PublishBeforePromote, 3),
    drawn("forget the obeyed epoch", Breakage::ForgetTheObeyedEpoch, 4),
    drawn("start the receiver before draining", Breakage::StartBeforeDraining, 1),
    drawn("semi-sync off on demotion", Breakage::SemiSyncOffOnDemotion, 1),
    drawn("ack before recorded", Breakage::AckBeforeRecorded, 1),
    Case {
        name: "shrink A before the replica is cut off",
        breakage: Breakage::ShrinkBeforeCutOff,
        flaw: None,
        invariant: 1,
        schedule: acker_is_missed_and_receives,
        source: "written",
    },
    Case {
        name: "no floor",
        breakage: Breakage::NoFloor,
        flaw: None,
        invariant: 1,
        schedule: winner_dies_before_it_is_copied,
        source: "written",
    },
    drawn("open without semi-sync", Breakage::OpenUnarmed, 1),
    drawn("no look for errant transactions", Breakage::SkipTheErrantCheck, 5),
    Case {
        name: "logs synced now and then",
        breakage: Breakage::LazySync,
        flaw: None,
        invariant: 1,
        schedule: only_holder_loses_power,
        source: "written",
    },
    written(
        1,
        "an eviction forgets what only the evicted holds",
        (Breakage::EvictWithoutProof, 1),
        only_holder_goes,
    ),
    written(3, "evidence outlives its truth", (Breakage::ClaimsOutliveTurns, 1), claim_is_taken_back),
    written(
        4,
        "a restart lowers what was claimed",
        (Breakage::OpenWithoutSwap, 1),
        primary_restarts_after_claim,
    ),
    written(5, "who was cut off comes back acking", (Breakage::LetAnybodyIn, 1), evicted_comes_back),
    written(6, "acking survives the epoch", (Breakage::KeepAccounts, 1), acker_hears_of_no_election),
    written(7, "a copy is not checked", (Breakage::TrustCopies, 5), copy_is_ahead),
    written(8, "a good acker is judged errant", (Breakage::CompareCommitted, 6), acker_restarts),
    written(
        9,
        "dead for ever with everybody alive",
        (Breakage::ForgetWhoWasLeft, 6),
        acker_is_lost_in_election,
    ),
    written(13, "filter before comparing", (Breakage::FilterFirst, 1), drained_acker_holds_alone),
];

/// The others of the thirteen.
pub const NOT_BUILT: [NotBuilt; 4] = [
    NotBuilt {
        flaw: 2,
        name: "raising k the stated way",
        why: "k changes only in an election; with raising it comes the case that leaves out its marker row",
    },
    NotBuilt {
        flaw: 10,
        name: "lost record, formed by what one member knows",
        why: "a lost record is never formed again; with cold start comes the case that forms from one member",
    },
    NotBuilt {
        flaw: 11,
        name: "lost record, sets without revoking",
        why: "as 10; with cold start comes the case that counts a set before its member has revoked",
    },
    NotBuilt {
        flaw: 12,
        name: "roll-back by the primary itself",
        why: "there is no handover; with it comes the case of a primary that opens without having read the swap",
    },
];

/// Three members on MariaDB, faults of both kinds.
fn by_seed(seed: u64) -> Plan {
    let mode = if seed.is_multiple_of(2) { Mode::Single } else { Mode::Combined };
    Plan::draw(seed, Shape::USUAL, mode)
}

/// A plan with these faults: when, for how long, whom, what.
fn plan(seed: u64, faults: &[(u64, u64, u32, Kind)]) -> Plan {
    let faults = faults
        .iter()
        .map(|&(at, lasts, role, kind)| Fault { at, lasts, target: Target::Role(role), kind })
        .collect();
    Plan { seed, shape: Shape::USUAL, mode: Mode::Combined, faults, breakage: None }
}

// In what follows the primary is 0, its ackers are 1 and 2. A session ends after 6 s, an acker that is missing
// is cut off 10 s later, and the primary claims that a moment after 16 s.

/// 1 is missing from ZooKeeper, and acknowledges all the while.
fn acker_is_missed_and_receives(seed: u64) -> Plan {
    plan(seed, &[(0, 30_000, 1, Kind::CutStore)])
}

/// 1 alone acknowledges, and its machine dies.
fn only_holder_loses_power(seed: u64) -> Plan {
    plan(seed, &[(0, 10_000, 2, Kind::CutMembers), (1_000, 3_000, 1, Kind::CrashMachine)])
}

/// 1 alone acknowledges, then goes. Cutting it off must wait for 2.
fn only_holder_goes(seed: u64) -> Plan {
    plan(seed, &[(0, 60_000, 2, Kind::CutMembers), (1_000, 50_000, 1, Kind::KillTask)])
}

/// The primary claims 1 cut off, restarts, and lets it in again. 2 coordinates: it is slow, and keeps the claim.
fn claim_is_taken_back(seed: u64) -> Plan {
    plan(
        seed,
        &[
            (0, 17_600, 1, Kind::Isolate),
            (15_500, 12_000, 2, Kind::SlowActions),
            (16_450, 50, 0, Kind::KillServer),
            (16_450, 12_000, 2, Kind::OldMembers),
        ],
    )
}

/// The same, with a coordinator that began the swap before.
fn primary_restarts_after_claim(seed: u64) -> Plan {
    plan(
        seed,
        &[
            (0, 17_600, 1, Kind::Isolate),
            (15_500, 6_000, 2, Kind::SlowActions),
            (16_450, 50, 0, Kind::KillServer),
        ],
    )
}

/// 1 is evicted without hearing of it, comes back, and is slow to turn its acking off.
fn evicted_comes_back(seed: u64) -> Plan {
    plan(seed, &[(0, 25_000, 1, Kind::Isolate), (24_000, 16_000, 1, Kind::SlowActions)])
}

/// 2 is cut from ZooKeeper only. The primary restarts and is elected again; 2 still tries to reach it.
fn acker_hears_of_no_election(seed: u64) -> Plan {
    plan(seed, &[(0, 40_000, 2, Kind::CutStore), (1_000, 50, 0, Kind::KillServer)])
}

/// A replica outside A receives what no acker has, and is copied from until the next primary is named without it.
fn copy_is_ahead(seed: u64) -> Plan {
    let fault = |at, lasts, target, kind| Fault { at, lasts, target, kind };
    let faults = vec![
        fault(2_000, 0, Target::Primary, Kind::PurgeLogs),
        fault(2_010, 10, Target::Spare(0), Kind::ReplaceTask),
        fault(4_900, 20_000, Target::Spare(1), Kind::CutStore),
        fault(5_000, 4_000, Target::Acker(0), Kind::CutMembers),
        fault(5_000, 4_000, Target::Acker(1), Kind::CutMembers),
        fault(5_500, 9_000, Target::Role(0), Kind::KillTask),
    ];
    let shape = Shape { size: 5, ..Shape::USUAL };
    Plan { seed, shape, mode: Mode::Combined, faults, breakage: None }
}

/// The only acker of two members dies between receiving and acknowledging.
fn acker_restarts(seed: u64) -> Plan {
    let shape = Shape { size: 2, ..Shape::USUAL };
    Plan { shape, ..plan(seed, &[(500 + seed * 7 % 200, 50, 1, Kind::KillServer)]) }
}

/// An election begins that needs 2, and 2 loses its data before it has revoked. The old primary is back soon.
fn acker_is_lost_in_election(seed: u64) -> Plan {
    plan(seed, &[(1_000, 50, 0, Kind::KillServer), (1_010, 1_000, 2, Kind::ReplaceTask)])
}

/// 1 alone holds what is acknowledged, and is being drained when the primary dies.
fn drained_acker_holds_alone(seed: u64) -> Plan {
    plan(
        seed,
        &[(0, 40_000, 2, Kind::CutMembers), (0, 40_000, 1, Kind::Drain), (1_000, 30_000, 0, Kind::KillTask)],
    )
}

/// 1 alone holds what is acknowledged, is elected, and dies before 2, its acker now, has any of it. After the
/// cool-down 2 is enough by count.
fn winner_dies_before_it_is_copied(seed: u64) -> Plan {
    plan(
        seed,
        &[
            (0, 110_000, 2, Kind::CutMembers),
            (1_000, 150_000, 0, Kind::KillTask),
            (14_000, 130_000, 1, Kind::KillTask),
        ],
    )
}
