//! Forming a cluster: naming its first primary.
//!
//! "Nobody has ever served" is a record, not a guess: the scheduler makes it at admission. From it the
//! first ready member is named; its promotion row waits for the first acker.

use mysos_model::{
    Epoch, Timestamp,
    record::{EpochRecord, MemberRecord},
};

use crate::{epoch, member, view::View};

/// The record that names the first primary, if one is ready.
pub(crate) fn first(view: &View, record: &EpochRecord, now: Timestamp) -> Option<EpochRecord> {
    if record.epoch != Epoch(0) {
        return None; // A record that was lost and is formed again needs every wanted member.
    }
    let spec = view.seen.spec.as_ref()?;
    let wanted = |member: &&MemberRecord| {
        spec.members.get(&member.ordinal).is_some_and(|it| it.task.as_ref() == Some(&member.task))
    };
    let first = view
        .seen
        .members
        .values()
        .filter(|member| member::is_ready(record, member))
        .filter(wanted)
        .min_by_key(|member| member.ordinal)?;
    Some(epoch::first_primary(record, first.data.as_ref()?, first.executed.clone(), now))
}
