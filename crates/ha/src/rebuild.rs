//! Coming back with transactions that the primary lacks: they were never acknowledged. The directory is
//! moved aside with the evidence, and the member is built anew. No human.

use mysos_model::record::Phase;

use crate::{
    action::{Action, Lane, Order},
    view::View,
};

/// Moves an errant directory aside, once nothing can rest on it any more: a directory whose identity is in A,
/// or is the primary or the one that was left, must leave first.
pub(crate) fn order(view: &View) -> Option<Order> {
    let errant = view.own.errant.clone()?;
    let record = view.obeyed()?;
    may_give_up(view).then_some(Order::Quarantine { epoch: record.epoch, errant })
}

/// Whether nothing can rest on the data directory: its identity is not in A, and is neither the primary nor the
/// one that was left, in an epoch that is being served.
pub(crate) fn may_give_up(view: &View) -> bool {
    let (Some(record), Some(data)) = (view.obeyed(), &view.own.saved.data) else { return false };
    record.phase == Phase::Serving
        && !record.ackers.contains(data)
        && !record.is_primary(data)
        && record.left.as_ref() != Some(data)
}

/// Whether it is being moved aside now.
pub(crate) fn is_moving(view: &View) -> bool {
    matches!(
        view.own.busy.get(&Lane::Server).map(|begun| &begun.action),
        Some(Action::Server(Order::Quarantine { .. }))
    )
}
