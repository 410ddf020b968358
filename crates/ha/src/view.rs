//! What one member knows: `Own` is itself and its server, `Seen` is what the records say.
//!
//! The view moves only by [`Change`](crate::Change)s. `Own::saved` outlives the process: it lies beside
//! the data directory and is on disk before anything that follows from it is done or told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mysos_model::{
    DataId, Endpoint, Epoch, Flavor, GtidSet, Ordinal, Problem, TaskId, Timestamp, Turn,
    record::{
        EpochRecord, JournalLine, LagClass, MemberRecord, MemberState, Phase, ReplicationError, SpecRecord,
    },
};

pub use crate::copy::{CopyNeed, Copying};
use crate::{
    action::{Action, Asked, Begun, Lane, Report, Terms},
    evict, limits,
    vital::{Silence, Vital},
};

/// Who this member is. Does not change while the executor lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its task.
    pub task: TaskId,
    /// Its slot.
    pub ordinal: Ordinal,
    /// Where its mysqld answers.
    pub mysql: Endpoint,
    /// Where the executor answers.
    pub control: Endpoint,
    /// Which server.
    pub flavor: Flavor,
}

/// What is on this member's disk, beside the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saved {
    /// The highest epoch it has obeyed. Never back.
    pub obeyed: Epoch,
    /// The identity of its data directory, once one has been begun.
    pub data: Option<DataId>,
}

/// The data directory, as the executor found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disk {
    /// Not looked at yet.
    Unknown,
    /// Nothing there, or a directory that was begun and never finished.
    Empty,
    /// Ours, complete.
    Ready,
    /// Not ours. It is not touched.
    Foreign(String),
}

/// How a mysqld ended, with what its log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// When.
    pub at: Timestamp,
    /// Exit code or signal, in words.
    pub how: String,
    /// The last error lines of its log; no secrets are in there.
    pub log: String,
}

/// The process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// Not running.
    Down,
    /// Started, does not answer yet.
    Starting {
        /// Since when.
        since: Timestamp,
    },
    /// Answers.
    Up(Up),
}

/// A server that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Up {
    /// Number of this start within the executor's life. What was done to an earlier start is void.
    pub start: u64,
    /// The version it told.
    pub version: String,
    /// What it held when it began, received transactions included, has been applied.
    pub drained: bool,
    /// The last look at it.
    pub observed: Observation,
    /// Since when commits have waited while nothing was written: an acknowledgement that was lost with a
    /// connection comes only with the next write.
    pub stuck: Option<Timestamp>,
}

/// State of the thread that receives from the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// Stopped.
    Off,
    /// Retrying. It may come back at any moment, so it is not off.
    Connecting,
    /// Receiving.
    On,
}

/// One look at a server. Taken on a timer and after each order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Refuses writes.
    pub read_only: bool,
    /// Where it receives from, if that is configured.
    pub source: Option<Endpoint>,
    /// The receiving thread.
    pub receiver: Receiver,
    /// Whether the applying thread runs.
    pub applying: bool,
    /// Everything in its binary log, commits that wait for their acknowledgement included.
    pub executed: GtidSet,
    /// That, and what it has received completely: never less than `executed`.
    pub received: GtidSet,
    /// How many acknowledgements its commits wait for; `None` when they wait for nobody.
    pub wait_count: Option<u32>,
    /// How many of its commits wait now.
    pub waiting: u32,
    /// How many replicas can acknowledge now.
    pub connected_ackers: u32,
    /// How far behind it is, if it replicates.
    pub lag: Option<LagClass>,
    /// Why replication stopped, if it did.
    pub error: Option<ReplicationError>,
}

/// Whether this member may acknowledge. `On` is noted before it is done, `Off` after: the word errs on
/// the side of `On`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acking {
    /// It cannot, and its receiver was restarted since it could.
    Off,
    /// It can, or might.
    On,
}

/// The way of a named primary to its open doors. Each step is repeatable; a later epoch, a new start of
/// the server or a stop ends the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// In which epoch.
    pub epoch: Epoch,
    /// Of which start of the server.
    pub start: u64,
    /// How far it has come.
    pub step: Step,
    /// When it began.
    pub since: Timestamp,
    /// Since when this member is not to be the primary any more; its doors are then closed.
    pub deposed: Option<Timestamp>,
    /// Accounts that were unlocked since the doors opened, and for whose data.
    pub let_in: BTreeMap<Ordinal, DataId>,
    /// Ackers that are being cut off or are cut off, until they are outside A.
    pub cutting: BTreeMap<DataId, Cut>,
}

/// The steps of a promotion, in their order (`docs/failover.md` §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Swap the record to itself: still serving, still mine.
    Confirm,
    /// Get a ServerSet number, if it has none: a member enters through `slaves/`.
    Enter,
    /// Lock every replication account and cut every dump thread.
    Lock,
    /// Receiver stopped, everything received applied.
    Drain,
    /// Semi-sync on, with the k of the record that confirmed.
    Arm {
        /// That k.
        acks: u32,
    },
    /// Open for writes.
    Open {
        /// The k in force.
        acks: u32,
    },
    /// The owner's account and the promotion row wait for their acknowledgement; doors count as held.
    Prove {
        /// The k in force.
        acks: u32,
    },
    /// The row is acknowledged: publish, then serve.
    Serve {
        /// The k in force, proven.
        acks: u32,
    },
}

/// How far the cutting off of an acker has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// Its account is to be locked and its dump thread ended.
    Lock,
    /// Locked and gone; a marker row is to be acknowledged by the others.
    Prove,
    /// Proven: it is claimed cut off.
    Done,
}

/// Who is allowed to stop, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Life {
    /// Serve.
    Serving,
    /// Going away on purpose: unpublish, stop mysqld, tell.
    Stopping {
        /// Since when.
        since: Timestamp,
        /// When mysqld is killed if it has not ended.
        kill_at: Timestamp,
    },
    /// Given up: the server cannot be kept up, or the data is not ours.
    Failed {
        /// In words, with the last lines of the log.
        why: String,
    },
}

/// What the primary said about this member, asked before it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// Who was asked, in which epoch, by which start of the own server.
    pub of: Asked,
    /// When the question was sent.
    pub at: Timestamp,
    /// What it said.
    pub terms: Terms,
}

/// A group of a ServerSet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// `master/`.
    Primary,
    /// `slaves/`.
    Replicas,
}

/// What this member last made true below `discover/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Where.
    pub group: Group,
    /// In which session; another session's nodes are gone.
    pub session: u64,
}

/// A swap that the cluster needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Begin an election.
    Elect,
    /// End one.
    Name,
    /// Anything else.
    Other,
}

/// An order to follow that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// When.
    pub at: Timestamp,
    /// Whom.
    pub source: Endpoint,
    /// Acknowledging or not.
    pub acking: bool,
}

/// An action that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub action: Action,
    /// Why, in words.
    pub why: String,
    /// When the first of this lane failed since one went well.
    pub since: Timestamp,
    /// When this one failed.
    pub at: Timestamp,
    /// How often in a row.
    pub times: u32,
}

/// Everything a member knows about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Who it is.
    pub id: Identity,
    /// What is on its disk.
    pub saved: Saved,
    /// Its data directory.
    pub disk: Disk,
    /// Its process.
    pub server: Server,
    /// Starts of the process so far.
    pub starts: u64,
    /// Its recent crashes.
    pub exits: VecDeque<Exit>,
    /// Which of its vitals have been without success, and since when.
    pub silent: BTreeMap<Vital, Silence>,
    /// When clients were last ended for what they held up.
    pub freed: Option<Timestamp>,
    /// Whether it goes on.
    pub life: Life,
    /// Whether it may acknowledge.
    pub acking: Acking,
    /// What it was last told to follow, since this start of the server.
    pub followed: Option<Followed>,
    /// How far it has caught up, once it has reached an answer of this primary.
    pub caught_up: Option<crate::follow::CaughtUp>,
    /// Probes of the primary's control endpoint in a row that stayed without an answer.
    pub silent_probes: u32,
    /// Since when this member suspects the primary on both senses.
    pub suspects: Option<Timestamp>,
    /// Since when the primary of which epoch has taken no writes.
    pub unserved: Option<(Epoch, Timestamp)>,
    /// The swap that the cluster needs, and since when: for who is not the coordinator.
    pub due: Option<(Due, Timestamp)>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Its promotion, while it is the primary or becomes it.
    pub promotion: Option<Promotion>,
    /// What the primary said.
    pub welcome: Option<Welcome>,
    /// Transactions the primary lacks, found when it was asked.
    pub errant: Option<GtidSet>,
    /// Building the data from a copy.
    pub copying: Copying,
    /// Its ServerSet number.
    pub number: Option<u32>,
    /// What it has published.
    pub published: Option<Published>,
    /// Its record as last written, and in which session.
    pub told: Option<(u64, MemberRecord)>,
    /// What Mesos was told last.
    pub reported: Option<Report>,
    /// What the swap that is under way will have done.
    pub telling: Option<crate::story::Telling>,
    /// Journal lines that wait to be written.
    pub journal: VecDeque<JournalLine>,
    /// Since when it is in its present state, for the record.
    pub state: (MemberState, Timestamp),
    /// What is under way, by lane.
    pub busy: BTreeMap<Lane, Begun>,
    /// When a failed action may be tried again, by lane.
    pub not_before: BTreeMap<Lane, Timestamp>,
    /// What failed last, by lane, and why.
    pub failures: BTreeMap<Lane, Failure>,
    /// Number of the last action.
    pub last_action: u64,
}

/// The epoch record with the versions that a swap checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEpoch {
    /// The record.
    pub record: EpochRecord,
    /// Version of its node.
    pub version: i32,
    /// Version of the cluster's node: a record made anew begins at version 0 again.
    pub parent: i32,
}

/// The ZooKeeper session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Number of the session within the executor's life; 0 before the first.
    pub number: u64,
    /// Whether it is connected now.
    pub connected: bool,
}

/// What the records say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The session they were read in.
    pub session: Session,
    /// The fencing record.
    pub epoch: Option<SeenEpoch>,
    /// The fencing record is there and cannot be understood.
    pub unreadable: Option<String>,
    /// What is wanted.
    pub spec: Option<SpecRecord>,
    /// Members by task, this one's last told record among them.
    pub members: BTreeMap<TaskId, MemberRecord>,
    /// When an acker of A was first seen without a record, or with one that says that its server does not work.
    pub missing: BTreeMap<DataId, Timestamp>,
    /// Who acts.
    pub coordinator: Option<TaskId>,
    /// Whether the coordinator has been read at all.
    pub coordinator_read: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Itself.
    pub own: Own,
    /// The others.
    pub seen: Seen,
}

impl View {
    /// A member that has just begun: it knows what is on its disk and nothing else.
    pub fn new(id: Identity, saved: Saved, now: Timestamp) -> Self {
        let own = Own {
            id,
            saved,
            disk: Disk::Unknown,
            server: Server::Down,
            starts: 0,
            exits: VecDeque::new(),
            silent: BTreeMap::new(),
            freed: None,
            life: Life::Serving,
            acking: Acking::Off,
            followed: None,
            caught_up: None,
            silent_probes: 0,
            suspects: None,
            unserved: None,
            due: None,
            problems: Vec::new(),
            promotion: None,
            welcome: None,
            errant: None,
            copying: Copying::default(),
            number: None,
            published: None,
            told: None,
            reported: None,
            telling: None,
            journal: VecDeque::new(),
            state: (MemberState::Preparing, now),
            busy: BTreeMap::new(),
            not_before: BTreeMap::new(),
            failures: BTreeMap::new(),
            last_action: 0,
        };
        let seen = Seen {
            session: Session { number: 0, connected: false },
            epoch: None,
            unreadable: None,
            spec: None,
            members: BTreeMap::new(),
            missing: BTreeMap::new(),
            coordinator: None,
            coordinator_read: false,
        };
        Self { own, seen }
    }

    /// The fencing record, if it is readable and not from before an epoch this member has obeyed.
    pub fn record(&self) -> Option<&EpochRecord> {
        let record = &self.seen.epoch.as_ref()?.record;
        (record.epoch >= self.own.saved.obeyed).then_some(record)
    }

    /// The fencing record, once it is obeyed.
    pub fn obeyed(&self) -> Option<&EpochRecord> {
        self.record().filter(|record| record.epoch == self.own.saved.obeyed)
    }

    /// The turn under which this member's claims are made.
    pub fn turn(&self) -> Turn {
        self.obeyed().map_or(Turn(0), |record| record.turn)
    }

    /// The server, if it answers.
    pub fn up(&self) -> Option<&Up> {
        match &self.own.server {
            Server::Up(up) => Some(up),
            Server::Down | Server::Starting { .. } => None,
        }
    }

    /// Whether this member is the primary of the epoch it obeys, and that epoch is being served.
    pub fn is_primary(&self) -> bool {
        self.serving().is_some_and(|record| self.is_me(record.primary.as_ref()))
    }

    /// The record, if it is obeyed and its phase is serving.
    pub fn serving(&self) -> Option<&EpochRecord> {
        self.obeyed().filter(|record| record.phase == Phase::Serving)
    }

    /// Whether this identity is the own data's.
    pub fn is_me(&self, data: Option<&DataId>) -> bool {
        data.is_some() && data == self.own.saved.data.as_ref()
    }

    /// The record of the member that holds this data.
    pub fn member_with(&self, data: &DataId) -> Option<&MemberRecord> {
        match &self.seen.spec {
            Some(spec) => holder(data, spec, &self.seen.members),
            None => self.seen.members.values().find(|member| member.data.as_ref() == Some(data)),
        }
    }

    /// The record of the primary of the obeyed epoch.
    pub fn primary_member(&self) -> Option<&MemberRecord> {
        self.member_with(self.serving()?.primary.as_ref()?)
    }

    /// The other members that have a record now.
    pub fn others(&self) -> impl Iterator<Item = &MemberRecord> {
        self.seen.members.values().filter(|member| member.task != self.own.id.task)
    }

    /// The record that speaks for a slot: after its task was replaced there are two, until the earlier task's session
    /// ends.
    pub(crate) fn of_slot(&self, ordinal: Ordinal) -> Option<&MemberRecord> {
        let there = || self.others().filter(move |member| member.ordinal == ordinal);
        let wanted = self.seen.spec.as_ref().and_then(|spec| spec.members.get(&ordinal)?.task.as_ref());
        there().find(|member| Some(&member.task) == wanted).or_else(|| there().next())
    }

    /// Data identities of the ackers that have no record now, or one that says that their server does not work.
    pub fn missing_ackers(&self) -> BTreeSet<DataId> {
        let Some(record) = self.obeyed() else { return BTreeSet::new() };
        let works = |acker: &DataId| self.member_with(acker).is_some_and(evict::is_at_work);
        record.ackers.iter().filter(|acker| !works(acker)).cloned().collect()
    }

    /// Whether nothing is under way on a lane and its last failure is long enough ago.
    pub fn is_idle(&self, lane: Lane, now: Timestamp) -> bool {
        !self.own.busy.contains_key(&lane) && self.own.not_before.get(&lane).is_none_or(|at| *at <= now)
    }

    /// Whether an action must wait: its lane rests, or it has failed just now. What is owed after a failure and is
    /// something else waits only a little: a demotion is not held up by what failed before it.
    pub fn must_wait(&self, action: &Action, now: Timestamp) -> bool {
        let lane = action.lane();
        let rests = self.own.not_before.get(&lane).is_some_and(|at| *at > now);
        let other = self
            .own
            .failures
            .get(&lane)
            .is_some_and(|failure| failure.action != *action && now.since(failure.at) >= limits::RETRY);
        rests && !other
    }

    /// The earliest time after `now` at which a tick would matter. What is past has had its turn.
    pub fn next_wakeup(&self, now: Timestamp) -> Option<Timestamp> {
        let stop = match &self.own.life {
            Life::Stopping { kill_at, .. } => Some(*kill_at),
            Life::Serving | Life::Failed { .. } => None,
        };
        let evict = self.seen.missing.values().map(|since| *since + limits::EVICT_AFTER).min();
        let starting = match self.own.server {
            Server::Starting { since } => Some(since + limits::START),
            Server::Down | Server::Up(_) => None,
        };
        let due = self.own.due.map(|(_, since)| since + limits::TAKEOVER * (1 + self.own.id.ordinal.0));
        self.own
            .not_before
            .values()
            .copied()
            .chain(due)
            .chain(stop)
            .chain(evict)
            .chain(starting)
            .filter(|at| *at > now)
            .min()
    }
}

/// The record of the member that holds this data. After a restart on the same volume there are two until the
/// earlier task's session ends: the one of the task that is wanted tells where the data is.
pub(crate) fn holder<'a>(
    data: &DataId,
    spec: &SpecRecord,
    members: &'a BTreeMap<TaskId, MemberRecord>,
) -> Option<&'a MemberRecord> {
    let holders = || members.values().filter(|member| member.data.as_ref() == Some(data));
    let is_wanted = |member: &&MemberRecord| {
        let wanted = spec.members.get(&member.ordinal);
        wanted.is_some_and(|wanted| wanted.task.as_ref() == Some(&member.task))
    };
    holders().find(is_wanted).or_else(|| holders().next())
}
