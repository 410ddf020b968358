//! Building a member's data from a copy of another member's: when, from whom, and when the copy takes the place
//! of what is there (`docs/failover.md` §6).
//!
//! The copy is built beside the data directory, which goes on as it is: a copy that is given up at any point
//! costs nothing but the time. When it has taken the place it begins again at the first row of §6: it is asked
//! after, compared with the primary's binary log, and only then followed with.

use std::{cmp::Reverse, time::Duration};

use mysos_model::{
    DataId, ProblemCode,
    record::{CopyRecord, EpochRecord, JournalStep, MemberRecord, MemberState},
};

use crate::{
    action::{Action, Donor, Lane, Order},
    change::{Change, ReplicaChange, ServerChange},
    decide::Moving,
    limits, rebuild,
    view::{Disk, Life, Receiver, Step, View},
};

/// Why a member's data is to be built from a copy of another member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyNeed {
    /// The primary's binary logs begin later than what this member has.
    Purged,
    /// It has nothing, and reading the primary's binary logs from their beginning takes longer.
    Shorter,
}

/// How far the building of a copy has come. The copy lies beside the data directory until it takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copying {
    /// Why there is to be one.
    pub need: Option<CopyNeed>,
    /// The one that is being built.
    pub at_work: Option<CopyRecord>,
    /// The identity of one that lies ready.
    pub ready: Option<DataId>,
    /// Attempts in a row that failed.
    pub failed: u32,
}

/// The errors of a receiver that the primary turns away, as MariaDB and MySQL number them.
const TURNED_AWAY: [u32; 2] = [1236, 13114];
/// What both flavors say when the binary logs that a member needs are gone.
const PURGED: &str = "purged";

/// Keeps true whether a copy is needed.
pub(crate) fn settle(moving: &mut Moving) {
    let now = &moving.view.own.copying;
    let need = need(&moving.view);
    // One that was built in vain: the member follows with what it has.
    let in_vain =
        need.is_none() && now.at_work.is_none() && moving.view.own.followed.is_some() && receives(moving);
    let next = Copying { need, ready: now.ready.clone().filter(|_| !in_vain), ..now.clone() };
    if next != *now {
        if let Some(need) = next.need.filter(|_| now.need.is_none()) {
            moving.note(JournalStep::NeedsCopy, words(need), None);
        }
        change(moving, next);
    }
}

fn receives(moving: &Moving) -> bool {
    moving.view.up().is_some_and(|up| up.observed.receiver == Receiver::On && up.observed.lag.is_some())
}

fn change(moving: &mut Moving, copying: Copying) {
    moving.make(Change::Replica(ReplicaChange::Copying(copying)));
}

fn words(need: CopyNeed) -> &'static str {
    match need {
        CopyNeed::Purged => "the primary's binary logs no longer begin where this member's data ends",
        CopyNeed::Shorter => "copying is shorter than reading the primary's binary logs from their beginning",
    }
}

fn need(view: &View) -> Option<CopyNeed> {
    let own = &view.own;
    if own.errant.is_some() || own.promotion.is_some() || own.life != Life::Serving {
        return None;
    }
    let welcome = own.welcome.as_ref().filter(|welcome| welcome.terms.let_in)?;
    let up = view.up().filter(|up| up.drained)?;
    if own.copying.need == Some(CopyNeed::Purged) || is_turned_away(view) {
        return Some(CopyNeed::Purged);
    }
    let begun = own.copying.need == Some(CopyNeed::Shorter) && own.copying.at_work.is_some();
    let long = welcome.terms.holds.count() > limits::LONG_HISTORY;
    let empty = own.followed.is_none() && up.observed.received.is_empty();
    // After a failure the binary logs are read: they are all there, it only takes longer.
    let shorter = long && empty && own.copying.failed == 0 && replica_donor(view).is_some();
    (begun || shorter).then_some(CopyNeed::Shorter)
}

/// Whether the primary has told the receiver that it has purged what is needed.
fn is_turned_away(view: &View) -> bool {
    let error = view.up().and_then(|up| up.observed.error.as_ref());
    let stopped = view.up().is_some_and(|up| up.observed.receiver == Receiver::Off);
    let purged =
        error.is_some_and(|error| TURNED_AWAY.contains(&error.code) && error.message.contains(PURGED));
    view.own.followed.is_some() && stopped && purged
}

/// Begins a copy that is needed.
pub(crate) fn owed(view: &View) -> Option<Action> {
    let need = view.own.copying.need?;
    let record = view.serving()?;
    let fit = view.own.life == Life::Serving && view.own.copying.ready.is_none() && view.up().is_some();
    let donor = match need {
        CopyNeed::Purged => replica_donor(view).or_else(|| primary_donor(view, record)),
        CopyNeed::Shorter => replica_donor(view),
    };
    donor.filter(|_| fit).map(|member| Action::Copy { donor: as_donor(member), epoch: record.epoch })
}

fn as_donor(member: &MemberRecord) -> Donor {
    Donor {
        task: member.task.clone(),
        ordinal: member.ordinal,
        control: member.control.clone(),
        mysql: member.mysql.clone(),
    }
}

/// The replica to copy from: not the one that failed last, rather none of A, then the one that is least behind.
fn replica_donor(view: &View) -> Option<&MemberRecord> {
    let record = view.serving()?;
    let failure = view.own.failures.get(&Lane::Copy).map(|failure| &failure.action);
    let failed = if let Some(Action::Copy { donor, .. }) = failure { Some(&donor.task) } else { None };
    let rank = |member: &&MemberRecord| {
        let acks = member.data.as_ref().is_some_and(|data| record.ackers.contains(data));
        (Some(&member.task) == failed, acks, member.lag, Reverse(member.ordinal))
    };
    view.others().filter(|member| is_fit(view, record, member)).min_by_key(rank)
}

/// A replica in service: it follows in this epoch, is not errant, and has no need of a copy itself.
fn is_fit(view: &View, record: &EpochRecord, member: &MemberRecord) -> bool {
    let troubled = [ProblemCode::ErrantMember, ProblemCode::DiskFull, ProblemCode::CopyFailed];
    member.state == MemberState::Following
        && member.epoch == record.epoch
        && member.flavor == view.own.id.flavor
        && member.lag.is_some()
        && member.data.as_ref().is_some_and(|data| !record.is_primary(data))
        && member.copy.is_none()
        && !member.problems.iter().any(|problem| troubled.contains(&problem.code))
}

/// The primary, when no other member could give a copy, now or once it follows again.
fn primary_donor<'a>(view: &'a View, record: &EpochRecord) -> Option<&'a MemberRecord> {
    let may_come = view.others().any(|member| {
        let primary = member.data.as_ref().is_some_and(|data| record.is_primary(data));
        let lasting = [ProblemCode::CopyFailed, ProblemCode::MemberCopying, ProblemCode::CrashLoop];
        let cannot = member.problems.iter().any(|problem| lasting.contains(&problem.code));
        let goes =
            matches!(member.state, MemberState::Refused | MemberState::Stopping | MemberState::Stalled);
        !primary && !cannot && !goes && member.data.is_some()
    });
    view.primary_member().filter(|primary| !may_come && primary.state == MemberState::Primary)
}

/// Puts a copy that lies ready in the place of a directory that nothing rests on.
pub(crate) fn order(view: &View) -> Option<Order> {
    let data = view.own.copying.ready.clone()?;
    rebuild::may_give_up(view).then_some(Order::TakeCopy { data })
}

/// What must be noted before an action is begun.
pub(crate) fn before(moving: &mut Moving, action: &Action) {
    if let Action::Copy { donor, .. } = action {
        let at_work = CopyRecord { donor: donor.ordinal, since: moving.now, percent: 0, bytes: 0 };
        moving.note(JournalStep::Copying, format!("from member {}", donor.ordinal), None);
        let next = Copying { at_work: Some(at_work), ..moving.view.own.copying.clone() };
        change(moving, next);
    }
}

/// Takes in how far a copy has come, in steps.
pub(crate) fn progressed(moving: &mut Moving, bytes: u64, expected: u64) {
    let Some(at_work) = moving.view.own.copying.at_work.clone() else { return };
    // The size was a guess: only what is complete is all of it.
    let percent = (bytes.min(expected).saturating_mul(100) / expected.max(1)).min(99) as u8;
    let percent = percent - percent % limits::COPY_STEP;
    let next = CopyRecord { percent, bytes: expected, ..at_work.clone() };
    if next != at_work {
        let next = Copying { at_work: Some(next), ..moving.view.own.copying.clone() };
        change(moving, next);
    }
}

/// A copy lies ready.
pub(crate) fn built(moving: &mut Moving, data: DataId, bytes: u64) {
    let now = moving.view.own.copying.clone();
    let took = now.at_work.as_ref().map(|at_work| moving.now.millis_since(at_work.since));
    moving.note(JournalStep::Copied, format!("{bytes} bytes, as {data}"), took);
    change(moving, Copying { at_work: None, ready: Some(data), failed: 0, ..now });
}

/// A copy failed: how long to wait before the next.
pub(crate) fn failed(moving: &mut Moving, why: &str) -> Duration {
    let now = moving.view.own.copying.clone();
    let failed = now.failed.saturating_add(1);
    moving.note(JournalStep::CopyFailed, why, None);
    change(moving, Copying { at_work: None, failed, ..now });
    let doubled = limits::COPY_AGAIN * 2u32.saturating_pow(failed.min(10) - 1);
    doubled.min(limits::COPY_AT_MOST)
}

/// The copy is the data directory now: nothing is known of it yet.
pub(crate) fn taken(moving: &mut Moving) {
    moving.note(JournalStep::CopyTaken, "the copy is the data directory now", None);
    moving.make(Change::Replica(ReplicaChange::Errant(None)));
    moving.make(Change::Replica(ReplicaChange::Welcomed(None)));
    change(moving, Copying::default());
}

/// It could not be put in its place: what is there now must be looked at before anything else.
pub(crate) fn not_taken(moving: &mut Moving) {
    let next = Copying { ready: None, ..moving.view.own.copying.clone() };
    change(moving, next);
    moving.make(Change::Server(ServerChange::Disk(Disk::Unknown)));
}

/// What there is to say about a copy that is needed.
pub(crate) fn problem(view: &View) -> Option<(ProblemCode, String)> {
    let copying = &view.own.copying;
    if let Some(CopyRecord { donor, percent, bytes, .. }) = &copying.at_work {
        let so_far = format!("copies the data of member {donor}: {percent} % of about {bytes} bytes");
        return Some((ProblemCode::MemberCopying, so_far));
    }
    if copying.ready.is_some() {
        let waits = "has a copy ready, and takes it once its present data has left the ack set";
        return Some((ProblemCode::MemberCopying, waits.to_owned()));
    }
    let need = words(copying.need?);
    let why = view.own.failures.get(&Lane::Copy).map(|failure| failure.why.as_str());
    let why = why.unwrap_or("no member can give a copy now; needed is a replica in service");
    Some((ProblemCode::CopyFailed, format!("{need}; {why}")))
}

/// Why this member gives no copy now; `None`: it may. A copy under way is ended when this changes: it holds locks
/// that an election would wait for.
pub fn why_no_donor(view: &View) -> Option<&'static str> {
    let Some(up) = view.up() else { return Some("its mysqld does not answer") };
    if view.own.life != Life::Serving {
        return Some("it is going away");
    }
    if view.serving().is_none() {
        return Some("the epoch is not being served");
    }
    match &view.own.promotion {
        Some(promotion) => {
            let Step::Serve { acks } = promotion.step else { return Some("it is becoming the primary") };
            // A commit that waits for ever would hold the copy, and the copy every later commit.
            let blocked = promotion.deposed.is_some() || up.observed.connected_ackers < acks;
            blocked.then_some("it is a primary whose commits wait for acknowledgements")
        }
        None if view.own.state.0 != MemberState::Following => Some("it is not in service as a replica"),
        None => view.own.errant.is_some().then_some("it holds transactions that the primary lacks"),
    }
}

#[cfg(test)]
mod tests;
