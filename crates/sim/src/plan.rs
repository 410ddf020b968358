//! What a run is made from: a seed, a cluster, and faults. Drawn by seed, written by hand, or shortened by
//! [`shrink`](crate::shrink).

use mysos_model::{Dice, Flavor};

use crate::Kind;

/// How faults come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One at a time; the cluster is healthy again before the next.
    Single,
    /// Several at once, then everything is healed.
    Combined,
    /// Several that last long, so that bounds of the decision code pass meanwhile; then everything is healed.
    Long,
}

impl Mode {
    /// How the faults of a seed come. Long ones are few, because they take long.
    pub fn of(seed: u64) -> Self {
        match seed % 16 {
            15 => Self::Long,
            even if even.is_multiple_of(2) => Self::Single,
            _ => Self::Combined,
        }
    }
}

/// Whom a fault hits; said when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The member that the record names.
    Primary,
    /// The member of this slot.
    Slot(u32),
    /// Of the ackers in A, that of this rank by slot.
    Acker(u32),
    /// Of the replicas outside A, that of this rank by slot.
    Spare(u32),
    /// 0: who was primary when the first fault began. 1, 2, …: those that come after it by slot.
    Role(u32),
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// When it begins, in milliseconds: after the cluster is healthy (`Single`), or after the start.
    pub at: u64,
    /// How long it lasts, in milliseconds.
    pub lasts: u64,
    /// Whom it hits.
    pub target: Target,
    /// What it is.
    pub kind: Kind,
}

/// The cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Members.
    pub size: u32,
    /// Which server.
    pub flavor: Flavor,
    /// k as wished. MariaDB waits for one acknowledgement at most.
    pub acks: u32,
}

impl Shape {
    /// Three members on MariaDB, k = 1: what most clusters are.
    pub const USUAL: Self = Self { size: 3, flavor: Flavor::MariaDb, acks: 1 };

    /// The cluster of a seed.
    pub fn of(seed: u64) -> Self {
        let shape = |size, flavor, acks| Self { size, flavor, acks };
        match seed / 2 % 8 {
            0..=2 => Self::USUAL,
            3 => shape(2, Flavor::MariaDb, 1),
            4 => shape(3, Flavor::MySql, 1),
            5 | 6 => shape(5, Flavor::MySql, 2),
            _ if seed.is_multiple_of(3) => shape(2, Flavor::MySql, 1),
            _ => shape(5, Flavor::MariaDb, 1),
        }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Of order and delays.
    pub seed: u64,
    /// The cluster.
    pub shape: Shape,
    /// How faults come.
    pub mode: Mode,
    /// Which.
    pub faults: Vec<Fault>,
    /// What is broken, for the teeth.
    pub breakage: Option<crate::Breakage>,
}

impl Plan {
    /// The plan of a seed: now this cluster, now that, one fault at a time or many.
    pub fn of(seed: u64) -> Self {
        Self::draw(seed, Shape::of(seed), Mode::of(seed))
    }

    /// The plan of a seed for this cluster, with faults that come like this.
    pub fn draw(seed: u64, shape: Shape, mode: Mode) -> Self {
        let mut dice = Dice::new(seed ^ 0xFA17);
        let count = match mode {
            Mode::Single => 1 + dice.below(3),
            Mode::Combined | Mode::Long => 2 + dice.below(6),
        };
        let mut faults: Vec<Fault> = (0..count).map(|_| fault(&mut dice, shape.size, mode)).collect();
        if mode != Mode::Single {
            keep_one_replacement(&mut faults);
            faults.sort_by_key(|fault| fault.at);
        }
        Self { seed, shape, mode, faults, breakage: None }
    }
}

/// No fault of a combination lasts beyond this, in milliseconds.
const COMBINED: u64 = 20_000;
/// Nor of a long one: a cool-down and an eviction pass in it.
const LONG: u64 = 120_000;

fn fault(dice: &mut Dice, size: u32, mode: Mode) -> Fault {
    let kind = Kind::ALL[dice.below(Kind::ALL.len() as u64 + 4) as usize % Kind::ALL.len()].0;
    let target =
        if dice.below(2) == 0 { Target::Primary } else { Target::Slot(dice.below(u64::from(size)) as u32) };
    let (begins, end) = match mode {
        Mode::Single => (1_500, u64::MAX),
        Mode::Combined => (12_000, COMBINED),
        Mode::Long => (60_000, LONG),
    };
    let at = dice.below(begins);
    let lasts = match dice.below(3) {
        0 => 50 + dice.below(800),
        1 => 500 + dice.below(5_000),
        _ if mode == Mode::Long => 3_000 + dice.below(90_000),
        _ => 3_000 + dice.below(15_000),
    };
    Fault { at, lasts: lasts.min(end - at), target, kind }
}

/// Data is destroyed once in a combination at most: two at once may be more than any protocol survives.
fn keep_one_replacement(faults: &mut [Fault]) {
    for fault in faults.iter_mut().filter(|fault| fault.kind == Kind::ReplaceTask).skip(1) {
        fault.kind = Kind::KillTask;
    }
}
