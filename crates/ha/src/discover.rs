//! Where this member stands in the cluster's ServerSet. Unpublish first, publish last.

use mysos_model::record::{Goal, LagClass, MemberState, Phase};

use crate::{
    action::{Action, Lane},
    member,
    view::{Group, Life, Step, View},
};

/// The group this member belongs in now.
fn wanted(view: &View) -> Option<Group> {
    if view.own.life != Life::Serving || !serves(view) {
        return None;
    }
    let now = view.own.published.map(|published| published.group);
    let stays = (now == Some(Group::Replicas)).then_some(Group::Replicas);
    if let Some(promotion) = &view.own.promotion {
        return match promotion.step {
            Step::Serve { .. } if promotion.deposed.is_none() => Some(Group::Primary),
            // A member enters through `slaves/`, read-only, also in a cluster of one.
            Step::Enter if promotion.deposed.is_none() => Some(Group::Replicas),
            Step::Confirm
            | Step::Enter
            | Step::Lock
            | Step::Drain
            | Step::Arm { .. }
            | Step::Open { .. }
            | Step::Prove { .. }
            | Step::Serve { .. } => stays,
        };
    }
    let lag = member::lag(view);
    let electing = view.obeyed().is_some_and(|record| record.phase == Phase::Electing);
    match view.own.state.0 {
        MemberState::Following if lag.is_some_and(|lag| lag < LagClass::Lagging) => Some(Group::Replicas),
        // Readers keep what they have while a new primary is sought.
        MemberState::Following | MemberState::Revoked if electing || lag.is_none() => stays,
        MemberState::Preparing
        | MemberState::Recovering
        | MemberState::Revoked
        | MemberState::Following
        | MemberState::Promoting
        | MemberState::Primary
        | MemberState::Demoting
        | MemberState::Quarantining
        | MemberState::Stalled
        | MemberState::Down
        | MemberState::Refused
        | MemberState::Stopping => None,
    }
}

/// Whether this task fills its slot, and the slot is to serve.
fn serves(view: &View) -> bool {
    let own = &view.own.id;
    view.seen.spec.as_ref().is_some_and(|spec| {
        !spec.terminating
            && spec
                .members
                .get(&own.ordinal)
                .is_some_and(|wanted| wanted.goal == Goal::Serve && wanted.task.as_ref() == Some(&own.task))
    })
}

/// Makes the nodes below `discover/` as they should be, in one transaction.
pub(crate) fn publication(view: &View) -> Option<Action> {
    let wanted = wanted(view);
    let is = view.own.published.filter(|published| published.session == view.seen.session.number);
    // After a failure nobody knows what was done: an answer may be lost. Then it is made true once more.
    let sure = !view.own.failures.contains_key(&Lane::Discovery);
    if sure && is.map(|published| published.group) == wanted {
        return None;
    }
    // Entering rests on the record that this member goes by; leaving rests on nothing.
    let version = match wanted {
        Some(_) => Some(view.seen.epoch.as_ref()?.version),
        None => None,
    };
    Some(Action::Publish { group: wanted, number: view.own.number, version })
}
