//! Swaps of the fencing record in the words of the journal: what a record that is written tells that the one
//! before it did not. The words are found when the swap begins, because the new record may be read before the
//! answer to the swap is.

use std::collections::BTreeSet;

use mysos_model::{
    DataId, Timestamp,
    record::{EpochRecord, JournalStep, Phase},
};

use crate::{
    action::Action,
    change::{Change, ToldChange},
    decide::Moving,
    view::{Due, View},
};

/// What a swap of the fencing record will have done, in the words of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The step.
    pub step: JournalStep,
    /// What and why.
    pub detail: String,
    /// Since when it was under way, where that means something.
    pub since: Option<Timestamp>,
}

/// Keeps what a swap that begins will have done.
pub(crate) fn before(moving: &mut Moving, action: &Action) {
    if let Action::SwapEpoch { record, .. } = action {
        let telling = of_swap(&moving.view, record).map(Box::new);
        moving.make(Change::Told(ToldChange::Telling(telling)));
    }
}

/// The swap was made: its line, if it has one.
pub(crate) fn swapped(moving: &mut Moving) {
    if let Some(Telling { step, detail, since }) = moving.view.own.telling.clone() {
        let took = since.map(|since| moving.now.millis_since(since));
        moving.note(step, detail, took);
        moving.make(Change::Told(ToldChange::Telling(None)));
    }
}

/// What the swap to `after` tells; `None` for a primary that confirms itself: its next steps tell.
fn of_swap(view: &View, after: &EpochRecord) -> Option<Telling> {
    let before = view.seen.epoch.as_ref().map(|seen| &seen.record)?;
    match (before.phase, after.phase) {
        (_, Phase::Electing) => Some(electing(view, after)),
        (Phase::Electing, Phase::Serving) => Some(elected(view, (before, after))),
        (Phase::Forming, Phase::Serving) => {
            let detail = format!("{} is the first primary", named(view, after.primary.as_ref()));
            Some(Telling { step: JournalStep::Formed, detail, since: None })
        }
        (Phase::Serving, Phase::Serving) => ackers(view, before, after),
        (_, Phase::Forming | Phase::Handover) | (Phase::Handover, Phase::Serving) => None,
    }
}

/// Took: since the member that swapped first knew that it was due.
fn electing(view: &View, after: &EpochRecord) -> Telling {
    let due = view.own.due.filter(|(due, _)| *due == Due::Elect);
    Telling {
        step: JournalStep::Electing,
        detail: format!("{} is left as primary: {}", named(view, after.left.as_ref()), after.reason),
        since: due.map(|(_, since)| since),
    }
}

/// Took: since the election began.
fn elected(view: &View, (before, after): (&EpochRecord, &EpochRecord)) -> Telling {
    let floor = after.floor.as_ref().map(|floor| format!(", holding {floor}")).unwrap_or_default();
    Telling {
        step: JournalStep::Elected,
        detail: format!(
            "{} is primary{floor}; each write waits for {} of {}",
            named(view, after.primary.as_ref()),
            after.acks,
            list(view, &after.ackers),
        ),
        since: Some(before.since),
    }
}

fn ackers(view: &View, before: &EpochRecord, after: &EpochRecord) -> Option<Telling> {
    let came: BTreeSet<DataId> = after.ackers.difference(&before.ackers).cloned().collect();
    let gone: BTreeSet<DataId> = before.ackers.difference(&after.ackers).cloned().collect();
    let may = format!("now {} may, each write waits for {}", list(view, &after.ackers), after.acks);
    let (step, detail) = if !came.is_empty() {
        (JournalStep::Admitted, format!("{} may acknowledge; {may}", list(view, &came)))
    } else if !gone.is_empty() {
        (JournalStep::Evicted, format!("{} may acknowledge no more; {may}", list(view, &gone)))
    } else {
        return None;
    };
    Some(Telling { step, detail, since: None })
}

/// A member by its slot; by its data when its record is gone.
pub(crate) fn named(view: &View, data: Option<&DataId>) -> String {
    let Some(data) = data else { return "nobody".to_owned() };
    match view.member_with(data) {
        Some(member) => format!("member {}", member.ordinal),
        None => format!("data {data}"),
    }
}

fn list(view: &View, members: &BTreeSet<DataId>) -> String {
    let mut names: Vec<String> = members.iter().map(|data| named(view, Some(data))).collect();
    names.sort();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
