//! Breakages, one each, to show that the checks bite. Most bend what goes into [`decide`] and what comes out
//! of it; the code itself is the production code, and has no switch for this. Which schedule finds each is
//! in [`cases`](crate::cases).

use std::collections::BTreeSet;

use mysos_ha::{
    Action, Event, Order, View,
    action::{Lane, Outcome},
    change::{Change, LaneChange},
    decide,
    epoch::{self, Elected},
    view::{Group, Step},
};
use mysos_model::{
    GtidSet, Timestamp,
    record::{EpochRecord, Goal, MemberRecord, MemberState, Phase},
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
    /// An election does not ask what the last primary held when it was named.
    NoFloor,
    /// Servers sync their logs now and then, not before they tell.
    LazySync,
    /// An acker leaves A without a marker row that the rest acknowledged.
    EvictWithoutProof,
    /// A claim counts whatever turn it was made under.
    ClaimsOutliveTurns,
    /// A restarted primary opens without a swap of its own.
    OpenWithoutSwap,
    /// A primary lets in whoever has a record.
    LetAnybodyIn,
    /// A promotion locks no account and ends no dump thread.
    KeepAccounts,
    /// A member compares with what the primary has committed, not with its binary log.
    CompareCommitted,
    /// Who was left does not help to end an election.
    ForgetWhoWasLeft,
    /// What was built from a copy is not compared with the primary.
    TrustCopies,
    /// Members that are being drained count as heard, and their sets are not compared.
    FilterFirst,
}

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
    let seen = bend_view(breakage, view);
    let event = bend_event(breakage, view, event);
    let mut bent = straight(decide(&seen, now, &event));
    let mut after = view.clone();
    for change in &bent.changes {
        after.apply(change);
    }
    bend(breakage, &after, now, &mut bent);
    bent
}

fn straight(decision: mysos_ha::Decision) -> Bent {
    let deeds = decision.actions.into_iter().map(|(number, action)| (number, Deed::Do(action)));
    Bent { changes: decision.changes, deeds: deeds.collect() }
}

/// What a member believes, bent.
fn bend_view(breakage: Breakage, view: &View) -> View {
    let mut seen = view.clone();
    let mut members = std::mem::take(&mut seen.seen.members);
    for member in members.values_mut() {
        bend_member(breakage, view, member);
    }
    seen.seen.members = members;
    seen
}

/// A record as the breakage has it read.
fn bend_member(breakage: Breakage, view: &View, member: &mut MemberRecord) {
    let Some(record) = view.record() else { return };
    match breakage {
        Breakage::ClaimsOutliveTurns => member.turn = record.turn,
        Breakage::LetAnybodyIn if view.own.promotion.is_some() && is_outside(record, member) => {
            (member.epoch, member.turn) = (record.epoch, record.turn);
            member.claims.acking = false;
        }
        Breakage::FilterFirst if member.state == MemberState::Revoked => {
            let wanted = view.seen.spec.as_ref().and_then(|spec| spec.members.get(&member.ordinal));
            if wanted.is_some_and(|wanted| wanted.goal != Goal::Serve) {
                member.received = Some(GtidSet::empty(member.flavor));
            }
        }
        _ => {}
    }
}

fn is_outside(record: &EpochRecord, member: &MemberRecord) -> bool {
    member.data.as_ref().is_some_and(|data| !record.ackers.contains(data))
}

fn bend_event(breakage: Breakage, view: &View, event: &Event) -> Event {
    let mut event = event.clone();
    match (breakage, &mut event) {
        (Breakage::SkipTheErrantCheck, Event::Ended { outcome: Outcome::Welcome(terms), .. }) => {
            if let Some(up) = view.up() {
                terms.holds = up.observed.received.clone();
            }
        }
        (Breakage::NoFloor, Event::Epoch(Some(seen))) if seen.record.phase == Phase::Electing => {
            seen.record.floor = None;
        }
        (Breakage::ForgetWhoWasLeft, Event::Epoch(Some(seen))) if seen.record.phase == Phase::Electing => {
            seen.record.left = None;
        }
        (_, Event::Members(members)) => {
            for member in members.values_mut() {
                bend_member(breakage, view, member);
            }
        }
        _ => {}
    }
    event
}

fn bend(breakage: Breakage, view: &View, now: Timestamp, bent: &mut Bent) {
    match breakage {
        Breakage::SkipTheCount => bent.deeds.extend(self_named(view, now)),
        Breakage::PublishBeforePromote => bent.deeds.extend(early(view)),
        Breakage::SemiSyncOffOnDemotion => switched_off(view, &mut bent.deeds),
        Breakage::OpenWithoutSwap => unswapped(view, bent),
        _ => bent.deeds.iter_mut().for_each(|(_, deed)| replace(breakage, deed)),
    }
}

/// Actions that are only said to be done, or done otherwise.
fn replace(breakage: Breakage, deed: &mut Deed) {
    let Deed::Do(action) = deed else { return };
    if let (Breakage::AckBeforeRecorded, Action::Server(Order::Follow { acking, .. })) =
        (breakage, &mut *action)
    {
        *acking = true;
        return;
    }
    let pretended = match (breakage, &*action) {
        (Breakage::StartBeforeDraining, Action::Server(order)) => *order == Order::Drain,
        (Breakage::OpenUnarmed, Action::Server(order)) => matches!(order, Order::Arm { .. }),
        (Breakage::KeepAccounts, Action::Server(order)) => *order == Order::LockAll,
        (Breakage::ShrinkBeforeCutOff, Action::Server(order)) => matches!(order, Order::CutOff { .. }),
        (Breakage::ShrinkBeforeCutOff | Breakage::EvictWithoutProof, Action::Prove { cut, .. }) => {
            !cut.is_empty()
        }
        _ => false,
    };
    if pretended {
        *deed = Deed::Pretend(action.clone());
    }
}

/// The swap with which an opening begins is said to be done; the record stays as it is.
fn unswapped(view: &View, bent: &mut Bent) {
    let confirms = view.own.promotion.as_ref().is_some_and(|promotion| promotion.step == Step::Confirm);
    let Some(seen) = view.seen.epoch.as_ref().filter(|_| confirms) else { return };
    for change in &mut bent.changes {
        if let Change::Lane(LaneChange::Begun(Lane::Epoch, begun)) = change
            && let Action::SwapEpoch { record, .. } = &mut begun.action
        {
            **record = seen.record.clone();
        }
    }
    for (_, deed) in &mut bent.deeds {
        if let Deed::Do(Action::SwapEpoch { version, parent, .. }) = *deed {
            let record = Box::new(seen.record.clone());
            *deed = Deed::Pretend(Action::SwapEpoch { version, parent, record });
        }
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
