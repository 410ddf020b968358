//! The legal steps of the fencing record: the only makers of a new one.
//!
//! Each takes the record as it is and gives the record as it shall be, with the next turn. Whether a step
//! may be taken is judged elsewhere ([`ackset`](crate::ackset), [`coldstart`](crate::coldstart)).

use std::collections::BTreeSet;

use mysos_model::{
    DataId, GtidSet, Timestamp,
    record::{EpochRecord, Failed, Phase},
};

/// The record one turn later, with what a step changes.
fn turned(record: &EpochRecord, reason: &str, now: Timestamp) -> EpochRecord {
    EpochRecord { turn: record.turn.next(), reason: reason.to_owned(), since: now, ..record.clone() }
}

/// From "nobody has ever served": `primary` is the first. It had drained `floor`, and nobody acknowledges yet.
pub fn first_primary(
    record: &EpochRecord,
    primary: &DataId,
    floor: Option<GtidSet>,
    now: Timestamp,
) -> EpochRecord {
    EpochRecord {
        epoch: record.epoch.next(),
        phase: Phase::Serving,
        primary: Some(primary.clone()),
        left: None,
        ackers: BTreeSet::new(),
        floor,
        ..turned(record, "first primary", now)
    }
}

/// The swap of the record to itself by which a primary opens: still serving, still mine.
pub fn opening(record: &EpochRecord, now: Timestamp) -> EpochRecord {
    turned(record, "opening", now)
}

/// `acker` may acknowledge from this turn on.
pub fn admitted(record: &EpochRecord, acker: &DataId, now: Timestamp) -> EpochRecord {
    let mut next = turned(record, "acker admitted", now);
    next.ackers.insert(acker.clone());
    next
}

/// `gone` may no longer acknowledge; the primary has claimed them cut off under the record's turn.
pub fn evicted(record: &EpochRecord, gone: &BTreeSet<DataId>, now: Timestamp) -> EpochRecord {
    let mut next = turned(record, "acker evicted", now);
    next.ackers.retain(|acker| !gone.contains(acker));
    next
}

/// The last epoch is being left: nobody is primary, and who was is remembered. What the ack set was stays.
pub fn electing(record: &EpochRecord, failed: Failed) -> EpochRecord {
    let (now, reason, epoch) = (failed.at, failed.reason.clone(), record.epoch.next());
    EpochRecord {
        epoch,
        phase: Phase::Electing,
        left: record.primary.clone().or_else(|| record.left.clone()),
        primary: None,
        failed: Some(Box::new(Failed { epoch, ..failed })),
        ..turned(record, &reason, now)
    }
}

/// Who was elected, who may acknowledge its writes from the start, and what it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elected {
    /// The winner.
    pub primary: DataId,
    /// Those that have revoked and hold nothing that the winner lacks.
    pub ackers: BTreeSet<DataId>,
    /// The winner's set.
    pub floor: GtidSet,
    /// How many acknowledgements each write shall wait for.
    pub acks: u32,
}

/// The election is over.
pub fn named(record: &EpochRecord, elected: Elected, now: Timestamp) -> EpochRecord {
    EpochRecord {
        phase: Phase::Serving,
        primary: Some(elected.primary),
        left: None,
        ackers: elected.ackers,
        acks: elected.acks,
        floor: Some(elected.floor),
        ..turned(record, "elected", now)
    }
}

/// Whether `to` may follow `from`: what every swap is checked against before it is sent.
pub fn is_legal(from: &EpochRecord, to: &EpochRecord) -> bool {
    let serving = |record: &EpochRecord| record.phase == Phase::Serving;
    let turned = to.turn == from.turn.next();
    let apart = !to.primary.as_ref().is_some_and(|primary| to.ackers.contains(primary));
    let named = match (from.phase, to.phase) {
        (Phase::Forming, Phase::Serving) => {
            to.epoch == from.epoch.next() && to.primary.is_some() && to.ackers.is_empty()
        }
        (Phase::Serving, Phase::Serving) => {
            to.epoch == from.epoch
                && to.primary == from.primary
                && to.floor == from.floor
                && to.acks == from.acks
        }
        (Phase::Serving | Phase::Electing | Phase::Handover, Phase::Electing) => {
            to.epoch > from.epoch && to.primary.is_none()
        }
        (Phase::Electing, Phase::Serving) => to.epoch == from.epoch && to.primary.is_some(),
        (Phase::Serving, Phase::Handover) | (Phase::Handover, Phase::Serving) => {
            to.epoch == from.epoch && to.primary == from.primary || to.epoch == from.epoch.next()
        }
        (Phase::Forming | Phase::Electing | Phase::Handover, Phase::Forming | Phase::Handover)
        | (Phase::Forming, Phase::Electing)
        | (Phase::Serving, Phase::Forming) => false,
    };
    let shrinks_above_k = !serving(from)
        || !serving(to)
        || to.ackers.len() >= from.ackers.len()
        || to.ackers.len() >= to.acks as usize;
    turned && apart && named && shrinks_above_k
}
