//! A and k: who may acknowledge, and when that may change (`docs/failover.md` §3).
//!
//! At every instant: recorded k ≤ the wait count in force, and recorded A ⊇ the members that can
//! acknowledge. Nothing else in the house may judge these questions.

use std::collections::BTreeSet;

use mysos_model::{
    DataId,
    record::{EpochRecord, Goal, LagClass, MemberRecord, MemberState, Phase, SpecRecord},
};

/// How many ackers a cluster keeps for a wait count of `acks`. With k = 1 an election must hear all of
/// A, so A is kept small; one more than k lets one acker die without blocking writes.
pub fn wanted_ackers(acks: u32) -> usize {
    2 * acks as usize
}

/// Whether leaving an epoch may go on: R is the set of members that have revoked.
///
/// With |R ∩ A| ≥ |A| − k + 1 the old epoch can reach at most k − 1 acknowledgements, and every write it
/// acknowledged is on somebody in R. The old primary itself in R does as well; with k = 0 only that.
pub fn may_leave(record: &EpochRecord, revoked: &BTreeSet<DataId>) -> bool {
    let heard = record.ackers.intersection(revoked).count();
    let by_ackers = record.acks > 0 && heard + record.acks as usize > record.ackers.len();
    let old = record.left.as_ref().or(record.primary.as_ref());
    by_ackers || old.is_some_and(|primary| revoked.contains(primary))
}

/// Whether `member` is wanted as an acker: its slot is to serve, and the slot's present task is its own.
fn is_wanted(spec: &SpecRecord, member: &MemberRecord) -> bool {
    spec.members
        .get(&member.ordinal)
        .is_some_and(|wanted| wanted.goal == Goal::Serve && wanted.task.as_ref() == Some(&member.task))
}

/// Whether A may take in one more: there are fewer than are kept, or so many are lost for good (`lost` of them, in all
/// likelihood) that those that are left cannot acknowledge. Lost ones are cut off only when others can prove it.
pub fn has_room(record: &EpochRecord, lost: usize) -> bool {
    let wanted = wanted_ackers(record.acks);
    let left = record.ackers.len().saturating_sub(lost);
    record.ackers.len() < wanted || left < record.acks as usize && record.ackers.len() < MOST_SETS * wanted
}

/// Newcomers may be lost too, before they could prove the loss of those before them: A is bounded by this many times
/// what it is to be.
const MOST_SETS: usize = 3;

/// Whether `member` may be admitted to A under this very record, if there is room: it follows in this epoch, has caught up,
/// and has claimed under this turn that it does not acknowledge yet.
pub fn may_admit(record: &EpochRecord, spec: &SpecRecord, member: &MemberRecord) -> bool {
    let Some(data) = &member.data else { return false };
    record.phase == Phase::Serving
        && !record.ackers.contains(data)
        && !record.is_primary(data)
        && member.state == MemberState::Following
        && (member.epoch, member.turn) == (record.epoch, record.turn)
        && !member.claims.acking
        && member.lag == Some(LagClass::Current)
        && is_wanted(spec, member)
}

/// Those of A that the primary has claimed cut off under this very record, as far as A may shrink:
/// never below k, and never to nobody.
pub fn may_evict(record: &EpochRecord, primary: &MemberRecord) -> BTreeSet<DataId> {
    let same_turn = (primary.epoch, primary.turn) == (record.epoch, record.turn);
    let is_it = primary.data.as_ref().is_some_and(|data| record.is_primary(data));
    if record.phase != Phase::Serving || !same_turn || !is_it {
        return BTreeSet::new();
    }
    let room = record.ackers.len().saturating_sub((record.acks as usize).max(1));
    primary.claims.cut_off.intersection(&record.ackers).take(room).cloned().collect()
}

/// Whether the primary may unlock the account of `member`: it obeys this epoch, and under this very turn it is
/// in A, or claims that it does not acknowledge.
///
/// The account is the slot's. A record of an earlier turn may be that of a task that is gone, while other data is in
/// its slot that acknowledges and that the primary has not read of.
pub fn may_let_in(record: &EpochRecord, member: &MemberRecord) -> bool {
    let Some(data) = &member.data else { return false };
    (member.epoch, member.turn) == (record.epoch, record.turn)
        && !record.is_primary(data)
        && (record.ackers.contains(data) || !member.claims.acking)
}

#[cfg(test)]
mod tests {
    use mysos_model::Timestamp;

    use super::*;

    fn id(n: u8) -> DataId {
        format!("00000000-0000-4000-8000-0000000000{n:02}").parse().unwrap()
    }

    fn record(ackers: &[u8], acks: u32) -> EpochRecord {
        let mut record = EpochRecord::forming(acks, Timestamp(0));
        record.phase = Phase::Electing;
        record.left = Some(id(0));
        record.ackers = ackers.iter().map(|n| id(*n)).collect();
        record
    }

    fn heard(members: &[u8]) -> BTreeSet<DataId> {
        members.iter().map(|n| id(*n)).collect()
    }

    #[test]
    fn with_one_ack_every_acker_must_be_heard() {
        let record = record(&[1, 2], 1);
        assert!(!may_leave(&record, &heard(&[1])));
        assert!(may_leave(&record, &heard(&[1, 2])));
    }

    #[test]
    fn with_two_acks_of_four_three_are_enough() {
        let record = record(&[1, 2, 3, 4], 2);
        assert!(!may_leave(&record, &heard(&[1, 2])));
        assert!(may_leave(&record, &heard(&[1, 2, 3])));
    }

    #[test]
    fn a_full_set_takes_in_more_only_when_what_is_left_cannot_acknowledge() {
        assert!(has_room(&record(&[1], 1), 0));
        assert!(!has_room(&record(&[1, 2], 1), 0) && !has_room(&record(&[1, 2], 1), 1));
        assert!(has_room(&record(&[1, 2], 1), 2));
        assert!(has_room(&record(&[1, 2, 3, 4], 2), 3), "one is left of two that are needed");
        assert!(!has_room(&record(&[1, 2, 3, 4, 5, 6], 1), 6), "there is an end to it");
    }

    #[test]
    fn the_old_primary_alone_is_enough() {
        assert!(may_leave(&record(&[1, 2], 1), &heard(&[0])));
    }

    #[test]
    fn without_acks_only_the_old_primary_will_do() {
        let record = record(&[1, 2], 0);
        assert!(!may_leave(&record, &heard(&[1, 2])));
        assert!(may_leave(&record, &heard(&[0])));
    }

    #[test]
    fn members_outside_the_ack_set_do_not_count() {
        assert!(!may_leave(&record(&[1, 2], 1), &heard(&[1, 3, 4])));
    }

    #[test]
    fn slot_is_opened_only_on_a_record_of_the_present_turn() {
        let mut record = record(&[1], 1);
        record.phase = Phase::Serving;
        record.primary = Some(id(0));
        let mut acker = crate::testing::told(1, MemberState::Following);
        (acker.data, acker.epoch, acker.turn) = (Some(id(1)), record.epoch, record.turn);
        acker.claims.acking = true;
        assert!(may_let_in(&record, &acker));
        record.turn = record.turn.next();
        assert!(!may_let_in(&record, &acker), "other data may have been admitted in its slot since");
        acker.turn = record.turn;
        assert!(may_let_in(&record, &acker));
        record.ackers.clear();
        assert!(!may_let_in(&record, &acker), "outside A it must not acknowledge");
        acker.claims.acking = false;
        assert!(may_let_in(&record, &acker));
    }
}
