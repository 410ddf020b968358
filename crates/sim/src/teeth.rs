//! Breakages of the decision code, one line each, to show that the checks bite. They bend what goes into
//! [`decide`] and what comes out of it; the code itself is the production code.

use std::collections::BTreeSet;

use mysos_ha::{
    Action, Event, Order, View,
    action::{Lane, Outcome},
    change::Change,
    decide,
    epoch::{self, Elected},
    view::{Group, Step},
};
use mysos_model::{
    Timestamp,
    record::{MemberState, Phase},
};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// The first member that has revoked names itself.
    SkipTheCount,
    /// A primary publishes itself before it is open.
    PublishBeforePromote,
    /// A follower acknowledges before the record has it in A.
    AckBeforeRecorded,
    /// Semi-sync is switched off when a primary closes.
    SemiSyncOffOnDemotion,
    /// The receiver is started before the relay log is applied.
    StartBeforeDraining,
    /// A restarted executor has forgotten what it obeyed.
    ForgetTheObeyedEpoch,
    /// A primary opens without semi-sync.
    OpenUnarmed,
    /// An acker leaves A before it is cut off and a marker row has proven the rest.
    ShrinkBeforeCutOff,
    /// Transactions beyond the primary's are not looked for.
    SkipTheErrantCheck,
}

/// All of them.
pub const ALL: [Breakage; 9] = [
    Breakage::SkipTheCount,
    Breakage::PublishBeforePromote,
    Breakage::AckBeforeRecorded,
    Breakage::SemiSyncOffOnDemotion,
    Breakage::StartBeforeDraining,
    Breakage::ForgetTheObeyedEpoch,
    Breakage::OpenUnarmed,
    Breakage::ShrinkBeforeCutOff,
    Breakage::SkipTheErrantCheck,
];

/// How an action is carried out.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// As it is.
    Do(Action),
    /// Not at all, and said to be done.
    Pretend(Action),
    /// Before anything else, unasked; nobody waits for the outcome.
    Sneak(Action),
}

/// A decision with its deeds.
pub(crate) struct Bent {
    pub(crate) changes: Vec<Change>,
    pub(crate) deeds: Vec<(u64, Deed)>,
}

/// Decides, bent or not.
pub(crate) fn decide_bent(breakage: Option<Breakage>, view: &View, now: Timestamp, event: &Event) -> Bent {
    let Some(breakage) = breakage else { return straight(decide(view, now, event)) };
    let event = bend_event(breakage, view, event);
    let mut bent = straight(decide(view, now, &event));
    let mut after = view.clone();
    for change in &bent.changes {
        after.apply(change);
    }
    bend(breakage, &after, now, &mut bent.deeds);
    bent
}

fn straight(decision: mysos_ha::Decision) -> Bent {
    let deeds = decision.actions.into_iter().map(|(number, action)| (number, Deed::Do(action)));
    Bent { changes: decision.changes, deeds: deeds.collect() }
}

fn bend_event(breakage: Breakage, view: &View, event: &Event) -> Event {
    let mut event = event.clone();
    if let (Breakage::SkipTheErrantCheck, Event::Ended { outcome: Outcome::Welcome(terms), .. }, Some(up)) =
        (breakage, &mut event, view.up())
    {
        terms.holds = up.observed.received.clone();
    }
    event
}

fn bend(breakage: Breakage, view: &View, now: Timestamp, deeds: &mut Vec<(u64, Deed)>) {
    match breakage {
        Breakage::SkipTheCount => deeds.extend(self_named(view, now)),
        Breakage::PublishBeforePromote => deeds.extend(early(view)),
        Breakage::SemiSyncOffOnDemotion => switched_off(view, deeds),
        Breakage::AckBeforeRecorded
        | Breakage::StartBeforeDraining
        | Breakage::OpenUnarmed
        | Breakage::ShrinkBeforeCutOff => {
            for (_, deed) in deeds {
                replace(breakage, deed);
            }
        }
        Breakage::ForgetTheObeyedEpoch | Breakage::SkipTheErrantCheck => {}
    }
}

fn replace(breakage: Breakage, deed: &mut Deed) {
    let Deed::Do(action) = deed else { return };
    match (breakage, &mut *action) {
        (Breakage::AckBeforeRecorded, Action::Server(Order::Follow { acking, .. })) => *acking = true,
        (Breakage::StartBeforeDraining, Action::Server(Order::Drain))
        | (Breakage::OpenUnarmed, Action::Server(Order::Arm { .. })) => *deed = Deed::Pretend(action.clone()),
        (Breakage::ShrinkBeforeCutOff, Action::Server(Order::CutOff { .. })) => {
            *deed = Deed::Pretend(action.clone());
        }
        (Breakage::ShrinkBeforeCutOff, Action::Prove { cut, .. }) if !cut.is_empty() => {
            *deed = Deed::Pretend(action.clone());
        }
        _ => {}
    }
}

fn switched_off(view: &View, deeds: &mut Vec<(u64, Deed)>) {
    let closes = |(_, deed): &(u64, Deed)| matches!(deed, Deed::Do(Action::Server(Order::Close { .. })));
    if deeds.iter().any(closes) {
        let off = Order::Arm { epoch: view.own.saved.obeyed, acks: 0 };
        deeds.insert(0, (0, Deed::Sneak(Action::Server(off))));
    }
}

fn early(view: &View) -> Option<(u64, Deed)> {
    let promotion = view.own.promotion.as_ref()?;
    let version = view.seen.epoch.as_ref()?.version;
    let arming = matches!(promotion.step, Step::Arm { .. }) && promotion.deposed.is_none();
    let publish =
        Action::Publish { group: Some(Group::Primary), number: view.own.number, version: Some(version) };
    arming.then_some((0, Deed::Sneak(publish)))
}

fn self_named(view: &View, now: Timestamp) -> Option<(u64, Deed)> {
    let seen = view.seen.epoch.as_ref()?;
    let up = view.up()?;
    let revoked = view.own.state.0 == MemberState::Revoked && seen.record.phase == Phase::Electing;
    if !revoked || view.own.busy.contains_key(&Lane::Epoch) {
        return None;
    }
    let primary = view.own.saved.data.clone()?;
    let ackers: BTreeSet<_> = seen.record.ackers.iter().filter(|acker| **acker != primary).cloned().collect();
    let elected = Elected { primary, ackers, floor: up.observed.received.clone(), acks: seen.record.acks };
    let record = Box::new(epoch::named(&seen.record, elected, now));
    let swap = Action::SwapEpoch { version: seen.version, parent: seen.parent, record };
    Some((0, Deed::Sneak(swap)))
}
