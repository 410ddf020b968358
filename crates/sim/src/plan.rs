//! What a run is made from: a seed, a size, and faults. Drawn by seed, or shortened by hand or by `shrink`.

use mysos_model::Dice;

/// How faults come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One at a time; the cluster is healthy again before the next.
    Single,
    /// Several at once, then everything is healed.
    Combined,
}

/// Whom a fault hits; said when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The member that the record names.
    Primary,
    /// The member of this slot.
    Slot(u32),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// kill -9 of mysqld.
    KillServer,
    /// Executor and mysqld die; the task comes back on its own data after the fault's time.
    KillTask,
    /// Executor and mysqld die with their data; another task takes the slot.
    ReplaceTask,
    /// SIGSTOP of the executor; mysqld goes on.
    PauseExecutor,
    /// SIGSTOP of mysqld.
    PauseServer,
    /// SIGSTOP of both.
    PauseHost,
    /// Cut from ZooKeeper.
    CutStore,
    /// Cut from the other members.
    CutMembers,
    /// Cut from the next member only.
    CutLink,
    /// Cut from everybody.
    Isolate,
    /// The ZooKeeper session is ended.
    Expire,
    /// Records are read late.
    LateRecords,
    /// What was received is applied late.
    SlowApplier,
    /// ZooKeeper does what it is asked, and the answers are lost.
    LostAnswers,
    /// Requests take long.
    SlowActions,
    /// ZooKeeper is away for everybody; sessions live on.
    StoreAway,
}

/// All kinds, for drawing.
const KINDS: [Kind; 16] = [
    Kind::KillServer,
    Kind::KillTask,
    Kind::ReplaceTask,
    Kind::PauseExecutor,
    Kind::PauseServer,
    Kind::PauseHost,
    Kind::CutStore,
    Kind::CutMembers,
    Kind::CutLink,
    Kind::Isolate,
    Kind::Expire,
    Kind::LateRecords,
    Kind::SlowApplier,
    Kind::LostAnswers,
    Kind::SlowActions,
    Kind::StoreAway,
];

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// When it begins, in milliseconds: after the cluster is healthy (`Single`), or after the start (`Combined`).
    pub at: u64,
    /// How long it lasts, in milliseconds.
    pub lasts: u64,
    /// Whom it hits.
    pub target: Target,
    /// What it is.
    pub kind: Kind,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Of order and delays.
    pub seed: u64,
    /// Members.
    pub size: u32,
    /// How faults come.
    pub mode: Mode,
    /// Which.
    pub faults: Vec<Fault>,
    /// What is broken in the decision code, for the teeth.
    pub breakage: Option<crate::Breakage>,
}

impl Plan {
    /// The plan of a seed.
    pub fn draw(seed: u64, size: u32, mode: Mode) -> Self {
        let mut dice = Dice::new(seed ^ 0xFA17);
        let count = match mode {
            Mode::Single => 1 + dice.below(3),
            Mode::Combined => 2 + dice.below(6),
        };
        let mut faults: Vec<Fault> = (0..count).map(|_| fault(&mut dice, size, mode)).collect();
        keep_one_replacement(&mut faults, mode);
        if mode == Mode::Combined {
            faults.sort_by_key(|fault| fault.at);
        }
        Self { seed, size, mode, faults, breakage: None }
    }
}

fn fault(dice: &mut Dice, size: u32, mode: Mode) -> Fault {
    // The first kind is what happens most.
    let kind = KINDS[dice.below(KINDS.len() as u64 + 4) as usize % KINDS.len()];
    let target =
        if dice.below(2) == 0 { Target::Primary } else { Target::Slot(dice.below(u64::from(size)) as u32) };
    let at = match mode {
        Mode::Single => dice.below(1_500),
        Mode::Combined => dice.below(12_000),
    };
    let lasts = match dice.below(3) {
        0 => 50 + dice.below(800),
        1 => 500 + dice.below(5_000),
        _ => 3_000 + dice.below(15_000),
    };
    Fault { at, lasts, target, kind }
}

/// Data is destroyed once in a combination at most: two at once may be more than any protocol survives.
fn keep_one_replacement(faults: &mut [Fault], mode: Mode) {
    let replacements = faults.iter_mut().filter(|fault| fault.kind == Kind::ReplaceTask);
    if mode == Mode::Combined {
        for fault in replacements.skip(1) {
            fault.kind = Kind::KillTask;
        }
    }
}
