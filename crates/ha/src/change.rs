//! How a view moves. Durable changes are on disk before anything that follows from them is done.

use std::collections::BTreeMap;

use mysos_model::{
    DataId, Epoch, GtidSet, Ordinal, Problem, TaskId, Timestamp,
    record::{JournalLine, MemberRecord, MemberState, SpecRecord},
};

use crate::{
    action::{Begun, Lane, Report},
    limits,
    view::{
        Acking, Copying, Cut, Disk, Due, Exit, Failure, Followed, Life, Observation, Promotion, Published,
        SeenEpoch, Server, Session, Step, Up, View, Welcome,
    },
    vital::{Silence, Vital},
};

/// One step of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// What is kept on disk.
    Durable(Durable),
    /// What the records say.
    Records(RecordChange),
    /// The own server.
    Server(ServerChange),
    /// Being or becoming the primary.
    Promotion(PromotionChange),
    /// Following one.
    Replica(ReplicaChange),
    /// What is thought of the primary.
    Sense(SenseChange),
    /// What others were told.
    Told(ToldChange),
    /// Actions.
    Lane(LaneChange),
    /// Whether it goes on.
    Life(Life),
}

/// Kept on disk, beside the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Durable {
    /// This epoch is obeyed; nothing lower is any more.
    Obeyed(Epoch),
    /// The data directory has this identity.
    DataNamed(DataId),
}

/// What the records say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// The session.
    Session(Session),
    /// The fencing record.
    Epoch(Option<SeenEpoch>),
    /// The fencing record cannot be understood.
    EpochUnreadable(String),
    /// The spec.
    Spec(Option<Box<SpecRecord>>),
    /// The member records.
    Members(BTreeMap<TaskId, MemberRecord>),
    /// Which ackers have no record, and since when.
    Missing(BTreeMap<DataId, Timestamp>),
    /// The coordinator.
    Coordinator(Option<TaskId>),
}

/// The own server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChange {
    /// The data directory.
    Disk(Disk),
    /// mysqld was started.
    Started(Timestamp),
    /// mysqld answers.
    CameUp(Box<Up>),
    /// A look at mysqld, and since when its commits have been stuck.
    Observed(Box<Observation>, Option<Timestamp>),
    /// What was received before this start is applied.
    Drained,
    /// mysqld ended by itself.
    WentDown(Exit),
    /// mysqld ended because it was told to.
    WasStopped,
    /// It had served for a while: what it suffered before is forgotten.
    Served,
    /// Since when one of its vitals has been without success; `None`: it is well.
    Silent(Vital, Option<Silence>),
    /// Clients were ended for what they held up.
    Freed(Timestamp),
    /// What is wrong.
    Problems(Vec<Problem>),
}

/// What is thought of the primary, and what the cluster needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenseChange {
    /// Probes in a row without an answer.
    Probes(u32),
    /// Since when the primary is suspected on both senses.
    Suspects(Option<Timestamp>),
    /// Since when the primary of this epoch has taken no writes.
    Unserved(Option<(Epoch, Timestamp)>),
    /// The swap that is due, and since when.
    Due(Option<(Due, Timestamp)>),
}

/// Being or becoming the primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionChange {
    /// It begins.
    Begun(Box<Promotion>),
    /// Its next step.
    Stepped(Step),
    /// This member is not to be the primary any more.
    Deposed(Timestamp),
    /// Its doors are closed, or its server is gone.
    Over,
    /// A replica's account was unlocked, for its data.
    LetIn(Ordinal, DataId),
    /// Every account is locked again.
    NobodyIn,
    /// How far the cutting off of an acker has come.
    Cutting(DataId, Cut),
    /// It is outside A: nothing is left to be cut.
    CutOver(DataId),
}

/// Following a primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaChange {
    /// Whether this member may acknowledge.
    Acking(Acking),
    /// What the primary said.
    Welcomed(Option<Welcome>),
    /// Transactions the primary lacks.
    Errant(Option<GtidSet>),
    /// How far the building of a copy has come.
    Copying(Copying),
    /// How far it has caught up.
    CaughtUp(Option<crate::follow::CaughtUp>),
    /// An order to follow was carried out, or undone.
    Followed(Option<Followed>),
}

/// What others were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToldChange {
    /// The own ServerSet number.
    Numbered(u32),
    /// What is published.
    Published(Option<Published>),
    /// The own record was written in this session.
    Record(u64, Box<MemberRecord>),
    /// Mesos was told.
    Reported(Report),
    /// The state told in the record.
    State(MemberState, Timestamp),
    /// What the swap that is under way will have done.
    Telling(Option<Box<crate::story::Telling>>),
    /// A line for the journal.
    Noted(Box<JournalLine>),
    /// The oldest line of the backlog was written.
    JournalWritten,
}

/// Actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneChange {
    /// One was begun.
    Begun(Lane, Box<Begun>),
    /// One ended as asked.
    Done(Lane),
    /// One failed; its lane may be used again at this time.
    Failed(Lane, Timestamp, Box<Failure>),
    /// One ended as asked, and its lane rests until this time.
    Rested(Lane, Timestamp),
}

impl Change {
    /// Whether it must be on disk before anything that follows from it.
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::Durable(_))
    }
}

impl View {
    /// Takes one step. Total: what does not fit is a no-op.
    pub fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Durable(Durable::Obeyed(epoch)) => {
                self.own.saved.obeyed = self.own.saved.obeyed.max(epoch);
            }
            Change::Durable(Durable::DataNamed(data)) => self.own.saved.data = Some(data),
            Change::Records(change) => self.apply_records(change),
            Change::Server(change) => self.apply_server(change),
            Change::Promotion(change) => self.apply_promotion(change),
            Change::Replica(change) => self.apply_replica(change),
            Change::Sense(SenseChange::Probes(count)) => self.own.silent_probes = count,
            Change::Sense(SenseChange::Suspects(since)) => self.own.suspects = since,
            Change::Sense(SenseChange::Unserved(since)) => self.own.unserved = since,
            Change::Sense(SenseChange::Due(due)) => self.own.due = due,
            Change::Told(change) => self.apply_told(change),
            Change::Lane(change) => self.apply_lane(change),
            Change::Life(life) => self.own.life = life,
        }
    }

    fn apply_records(&mut self, change: RecordChange) {
        let seen = &mut self.seen;
        match change {
            RecordChange::Session(session) => seen.session = session,
            RecordChange::Epoch(epoch) => {
                seen.epoch = epoch;
                seen.unreadable = None;
            }
            RecordChange::EpochUnreadable(why) => {
                seen.epoch = None;
                seen.unreadable = Some(why);
            }
            RecordChange::Spec(spec) => seen.spec = spec.map(|spec| *spec),
            RecordChange::Members(members) => seen.members = members,
            RecordChange::Missing(missing) => seen.missing = missing,
            RecordChange::Coordinator(task) => {
                seen.coordinator = task;
                seen.coordinator_read = true;
            }
        }
    }

    fn apply_server(&mut self, change: ServerChange) {
        let own = &mut self.own;
        match (change, &mut own.server) {
            (ServerChange::Disk(disk), _) => own.disk = disk,
            (ServerChange::Started(since), server) => {
                own.starts += 1;
                *server = Server::Starting { since };
            }
            (ServerChange::CameUp(up), server) => {
                *server = Server::Up(*up);
                own.silent.retain(|vital, _| matches!(vital, Vital::Disk | Vital::Room));
            }
            (ServerChange::Silent(vital, Some(silence)), _) => {
                own.silent.insert(vital, silence);
            }
            (ServerChange::Silent(vital, None), _) => {
                own.silent.remove(&vital);
            }
            (ServerChange::Observed(observed, stuck), Server::Up(up)) => {
                up.observed = *observed;
                up.stuck = stuck;
            }
            (ServerChange::Drained, Server::Up(up)) => up.drained = true,
            (ServerChange::Observed(..) | ServerChange::Drained, Server::Down | Server::Starting { .. }) => {}
            (ServerChange::WentDown(exit), server) => {
                *server = Server::Down;
                own.acking = Acking::Off;
                own.followed = None;
                own.exits.push_back(exit);
                while own.exits.len() > limits::CRASHES {
                    own.exits.pop_front();
                }
            }
            (ServerChange::Served, _) => own.exits.clear(),
            (ServerChange::WasStopped, server) => {
                *server = Server::Down;
                own.acking = Acking::Off;
                own.followed = None;
            }
            (ServerChange::Freed(at), _) => own.freed = Some(at),
            (ServerChange::Problems(problems), _) => own.problems = problems,
        }
    }

    fn apply_promotion(&mut self, change: PromotionChange) {
        match (change, &mut self.own.promotion) {
            (PromotionChange::Begun(promotion), now) => *now = Some(*promotion),
            (PromotionChange::Over, now) => *now = None,
            (PromotionChange::Stepped(step), Some(promotion)) => promotion.step = step,
            (PromotionChange::Deposed(at), Some(promotion)) => promotion.deposed = Some(at),
            (PromotionChange::LetIn(ordinal, data), Some(promotion)) => {
                promotion.let_in.insert(ordinal, data);
            }
            (PromotionChange::NobodyIn, Some(promotion)) => promotion.let_in.clear(),
            (PromotionChange::Cutting(data, cut), Some(promotion)) => {
                if cut > Cut::Lock {
                    promotion.let_in.retain(|_, there| *there != data);
                }
                promotion.cutting.insert(data, cut);
            }
            (PromotionChange::CutOver(data), Some(promotion)) => {
                promotion.cutting.remove(&data);
            }
            (
                PromotionChange::Stepped(_)
                | PromotionChange::Deposed(_)
                | PromotionChange::LetIn(..)
                | PromotionChange::NobodyIn
                | PromotionChange::Cutting(..)
                | PromotionChange::CutOver(_),
                None,
            ) => {}
        }
    }

    fn apply_replica(&mut self, change: ReplicaChange) {
        match change {
            ReplicaChange::Acking(acking) => self.own.acking = acking,
            ReplicaChange::Welcomed(welcome) => self.own.welcome = welcome,
            ReplicaChange::Errant(errant) => self.own.errant = errant,
            ReplicaChange::Copying(copying) => self.own.copying = copying,
            ReplicaChange::CaughtUp(caught_up) => self.own.caught_up = caught_up,
            ReplicaChange::Followed(followed) => self.own.followed = followed,
        }
    }

    fn apply_told(&mut self, change: ToldChange) {
        let own = &mut self.own;
        match change {
            ToldChange::Numbered(number) => own.number = Some(number),
            ToldChange::Published(published) => own.published = published,
            ToldChange::Record(session, record) => own.told = Some((session, *record)),
            ToldChange::Reported(report) => own.reported = Some(report),
            ToldChange::State(state, at) => own.state = (state, at),
            ToldChange::Telling(telling) => own.telling = telling.map(|telling| *telling),
            ToldChange::Noted(line) => {
                own.journal.push_back(*line);
                while own.journal.len() > limits::JOURNAL_BACKLOG {
                    own.journal.pop_front();
                }
            }
            ToldChange::JournalWritten => {
                own.journal.pop_front();
            }
        }
    }

    fn apply_lane(&mut self, change: LaneChange) {
        let own = &mut self.own;
        match change {
            LaneChange::Begun(lane, begun) => {
                own.last_action = begun.number;
                own.not_before.remove(&lane);
                own.busy.insert(lane, *begun);
            }
            LaneChange::Done(lane) => {
                own.busy.remove(&lane);
                own.failures.remove(&lane);
            }
            LaneChange::Failed(lane, again, failure) => {
                own.busy.remove(&lane);
                own.not_before.insert(lane, again);
                let since = own.failures.get(&lane).map_or(failure.since, |before| before.since);
                own.failures.insert(lane, Failure { since, ..*failure });
            }
            LaneChange::Rested(lane, again) => {
                own.busy.remove(&lane);
                own.failures.remove(&lane);
                own.not_before.insert(lane, again);
            }
        }
    }
}
