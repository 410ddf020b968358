//! Ceasing to be the primary: unpublish, close the doors within a bound, and if they do not close, kill.
//!
//! Semi-sync is never switched off to make this easier: waiting clients would be told OK for rows that no
//! replica has.

use mysos_model::{
    Timestamp,
    record::{JournalStep, Phase},
};

use crate::{
    action::{Action, Lane, Order},
    change::{Change, PromotionChange},
    decide::Moving,
    limits,
    view::{Group, Life, Promotion, Server, Step, View},
};

/// Whether the promotion under way is still wanted: the record that is obeyed names this member in the
/// epoch it was begun in, the server is the same start, and nobody asked for a stop. A record that is away, that
/// cannot be read, or that is of an epoch from before deposes nobody: only a later one does.
pub(crate) fn still_wanted(view: &View, promotion: &Promotion) -> bool {
    let named = view.record().is_none() && view.own.saved.obeyed == promotion.epoch
        || view
            .serving()
            .is_some_and(|record| record.epoch == promotion.epoch && view.is_me(record.primary.as_ref()));
    let same_start = view.up().is_some_and(|up| up.start == promotion.start);
    named && same_start && view.own.life == Life::Serving
}

/// Whether the server accepts writes, as far as is known.
pub(crate) fn doors_open(view: &View) -> bool {
    let opening = matches!(
        view.own.busy.get(&Lane::Server).map(|begun| &begun.action),
        Some(Action::Server(Order::Open))
    );
    opening || view.up().is_some_and(|up| !up.observed.read_only)
}

/// Notes that this member is deposed, and that it is over once its doors are closed.
pub(crate) fn settle(moving: &mut Moving) {
    let Some(promotion) = &moving.view.own.promotion else { return };
    if promotion.deposed.is_none() && !still_wanted(&moving.view, promotion) {
        let why = deposed_by(&moving.view);
        let now = moving.now;
        moving.make(Change::Promotion(PromotionChange::Deposed(now)));
        moving.note(JournalStep::Deposed, why, None);
        return;
    }
    let Some(since) = promotion.deposed else { return };
    if !doors_open(&moving.view) {
        let took = moving.now.millis_since(since);
        moving.make(Change::Promotion(PromotionChange::Over));
        moving.note(JournalStep::Closed, "no longer primary; no doors are open", Some(took));
    }
}

fn deposed_by(view: &View) -> String {
    match (&view.own.life, &view.own.server, view.obeyed()) {
        (Life::Stopping { .. } | Life::Failed { .. }, _, _) => "this member is stopping".to_owned(),
        (Life::Serving, Server::Down | Server::Starting { .. }, _) => "mysqld ended".to_owned(),
        (Life::Serving, Server::Up(_), Some(record)) if record.phase != Phase::Serving => {
            format!("epoch {} is being left", record.epoch)
        }
        (Life::Serving, Server::Up(_), _) => "the record names another".to_owned(),
    }
}

/// Closes the doors of a server that should not have them open.
pub(crate) fn order(view: &View, now: Timestamp) -> Option<Order> {
    let up = view.up()?;
    let allowed = view
        .own
        .promotion
        .as_ref()
        .is_some_and(|it| it.deposed.is_none() && it.step >= Step::Open { acks: 0 });
    if up.observed.read_only || allowed {
        return None;
    }
    let deposed = view.own.promotion.as_ref().and_then(|promotion| promotion.deposed);
    let published = view.own.published.is_some_and(|it| it.group == Group::Primary);
    let waits = published && deposed.is_some_and(|since| now.since(since) < limits::UNPUBLISH);
    let failed = view
        .own
        .failures
        .get(&Lane::Server)
        .is_some_and(|failure| matches!(failure.action, Action::Server(Order::Close { .. })));
    match (failed, waits) {
        (true, _) => Some(Order::Kill),
        (false, true) => None,
        (false, false) => Some(Order::Close { within: limits::CLOSE }),
    }
}
