//! What can go wrong in the imagined world, with the names by which saved schedules call it.

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// kill -9 of mysqld. What it had written to its files stays, synced or not.
    KillServer,
    /// Executor and mysqld die; the task comes back on its own data after the fault's time.
    KillTask,
    /// The machine dies: what was not synced is lost, and the logs are torn at any place after what was.
    CrashMachine,
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
    /// What it sends reaches no other member; it still hears them.
    CutSending,
    /// It hears no other member; what it sends still arrives.
    CutHearing,
    /// What it sends to other members, and they to it, is late, or lost and sent again.
    SlowNetwork,
    /// Cut from everybody.
    Isolate,
    /// The ZooKeeper session is ended.
    Expire,
    /// Records are read late.
    LateRecords,
    /// The other members' records are not read again, while all the rest is.
    OldMembers,
    /// What was received is applied late.
    SlowApplier,
    /// ZooKeeper does what it is asked, and the answers are lost.
    LostAnswers,
    /// Requests take long.
    SlowActions,
    /// ZooKeeper is away for everybody; sessions live on.
    StoreAway,
    /// Its binary logs begin later from then on: who needs more needs a copy.
    PurgeLogs,
    /// The scheduler wants the slot drained.
    Drain,
}

impl Kind {
    /// All kinds with their names. The first is what happens most.
    pub const ALL: [(Self, &'static str); 23] = [
        (Self::KillServer, "kill-server"),
        (Self::KillTask, "kill-task"),
        (Self::CrashMachine, "crash-machine"),
        (Self::ReplaceTask, "replace-task"),
        (Self::PauseExecutor, "pause-executor"),
        (Self::PauseServer, "pause-server"),
        (Self::PauseHost, "pause-host"),
        (Self::CutStore, "cut-store"),
        (Self::CutMembers, "cut-members"),
        (Self::CutLink, "cut-link"),
        (Self::CutSending, "cut-sending"),
        (Self::CutHearing, "cut-hearing"),
        (Self::SlowNetwork, "slow-network"),
        (Self::Isolate, "isolate"),
        (Self::Expire, "expire"),
        (Self::LateRecords, "late-records"),
        (Self::OldMembers, "old-members"),
        (Self::SlowApplier, "slow-applier"),
        (Self::LostAnswers, "lost-answers"),
        (Self::SlowActions, "slow-actions"),
        (Self::StoreAway, "store-away"),
        (Self::PurgeLogs, "purge-logs"),
        (Self::Drain, "drain"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, name)| name)
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, it)| *it == name).map(|(kind, _)| *kind)
    }
}
