//! Leaving an epoch: who has revoked, and who of them wins (`docs/failover.md` §3, steps 3 to 5).

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    DataId, GtidSet, Ordinal,
    record::{EpochRecord, Goal, MemberRecord, MemberState, Phase, SpecRecord},
};

use crate::{ackset, epoch::Elected};

/// What an election has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not enough members have revoked.
    Waiting {
        /// Ackers that have.
        heard: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Enough have, and nobody of them holds everything that may have been acknowledged.
    NoCandidate,
    /// This one wins.
    Winner(Elected),
}

/// How good a candidate is; the greatest wins. Only what may be compared after safety is settled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ElectionRank {
    /// Holds nothing that no primary has written: who does must be built anew, and its applier may never get past it.
    clean: bool,
    /// Wanted in service.
    serves: bool,
    /// How many of the others could acknowledge its writes at once.
    followers: usize,
    /// The lower slot, when all else is equal.
    slot: std::cmp::Reverse<Ordinal>,
}

/// A member that has revoked, with its set.
struct Heard<'a> {
    data: &'a DataId,
    /// All it holds.
    set: &'a GtidSet,
    /// What of that a primary has written: only that may have been acknowledged.
    written: GtidSet,
    member: &'a MemberRecord,
}

/// Members that have left every epoch before this one: they receive from nobody and acknowledge nothing.
fn revoked<'a>(
    record: &EpochRecord,
    members: impl Iterator<Item = &'a MemberRecord>,
) -> BTreeMap<&'a DataId, Heard<'a>> {
    members
        .filter(|member| {
            member.state == MemberState::Revoked && member.epoch == record.epoch && !member.claims.acking
        })
        .filter_map(|member| {
            let (data, set) = (member.data.as_ref()?, member.received.as_ref()?);
            Some((data, Heard { data, set, written: set.without_strays(), member }))
        })
        .collect()
}

/// What the election of this record has come to, by the members' records.
pub fn elect<'a>(
    record: &EpochRecord,
    spec: &SpecRecord,
    members: impl Iterator<Item = &'a MemberRecord>,
) -> Verdict {
    let heard = revoked(record, members);
    let names: BTreeSet<DataId> = heard.keys().map(|data| (*data).clone()).collect();
    let ackers = record.ackers.intersection(&names).count();
    let needed = (record.ackers.len() + 1).saturating_sub(record.acks as usize);
    if record.phase != Phase::Electing || !ackset::may_leave(record, &names) {
        return Verdict::Waiting { heard: ackers, needed };
    }
    let winner = heard
        .values()
        .filter(|candidate| is_safe(record, candidate, &heard))
        .max_by_key(|candidate| rank(spec, candidate, &heard));
    winner.map_or(Verdict::NoCandidate, |winner| Verdict::Winner(elected((record, spec), winner, &heard)))
}

/// Whether a candidate holds every write that may have been acknowledged: the floor, and the sets of so many
/// ackers that every acknowledged write is on one of them; or all that the old primary held.
fn is_safe(record: &EpochRecord, candidate: &Heard<'_>, heard: &BTreeMap<&DataId, Heard<'_>>) -> bool {
    if !has_floor(record, candidate) {
        return false;
    }
    let covers =
        |other: &&DataId| heard.get(*other).is_some_and(|other| candidate.written.contains(&other.written));
    let covered = record.ackers.iter().filter(covers).count();
    let by_ackers = record.acks > 0 && covered + record.acks as usize > record.ackers.len();
    by_ackers || record.left.as_ref().is_some_and(|left| covers(&left))
}

/// Whether a member holds what the primary of the epoch that is left had when it was named.
fn has_floor(record: &EpochRecord, member: &Heard<'_>) -> bool {
    record.floor.as_ref().is_none_or(|floor| member.written.contains(&floor.without_strays()))
}

fn rank(spec: &SpecRecord, candidate: &Heard<'_>, heard: &BTreeMap<&DataId, Heard<'_>>) -> ElectionRank {
    let member = candidate.member;
    let serves = spec
        .members
        .get(&member.ordinal)
        .is_some_and(|wanted| wanted.goal == Goal::Serve && wanted.task.as_ref() == Some(&member.task));
    let followers = heard.values().filter(|other| candidate.set.contains(other.set)).count();
    let clean = candidate.set.strays().is_empty();
    ElectionRank { clean, serves, followers, slot: std::cmp::Reverse(member.ordinal) }
}

/// Who holds nothing that the winner lacks may acknowledge from the start; who holds more is errant. Who has nothing
/// yet, or not even the last floor, has all to read first: it is admitted when it has caught up, like any newcomer.
fn elected(
    (record, spec): (&EpochRecord, &SpecRecord),
    winner: &Heard<'_>,
    heard: &BTreeMap<&DataId, Heard<'_>>,
) -> Elected {
    let caught_up =
        |other: &Heard<'_>| has_floor(record, other) && (!other.set.is_empty() || winner.set.is_empty());
    let mut followers: Vec<&Heard<'_>> = heard
        .values()
        .filter(|other| other.data != winner.data && winner.set.contains(other.set) && caught_up(other))
        .collect();
    followers.sort_by_key(|other| other.member.ordinal);
    let least = u32::from(spec.acks > 0);
    let acks = spec.acks.min(followers.len() as u32).max(least);
    let most = ackset::wanted_ackers(acks);
    Elected {
        primary: winner.data.clone(),
        ackers: followers.into_iter().take(most).map(|other| other.data.clone()).collect(),
        floor: winner.written.clone(),
        acks,
    }
}

#[cfg(test)]
mod tests;
