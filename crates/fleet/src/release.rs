//! What nobody needs any more: volumes are destroyed and reservations given back, those that are provably ours and no
//! others.
//!
//! Provably ours: the labels carry our installation's id, and a volume is named in a record of ours that says that no
//! slot has it. A reservation with our labels and no volume in it holds no data, so it needs no record. What has our
//! labels, a volume and no record is left alone and counted: a state that was lost or restored must not destroy data.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    Timestamp,
    wire::{
        home::{HomeStage, Releasing, ReservationId},
        state::AgentId,
    },
};

use crate::{
    Action, Decision, Fleet,
    action::{Feedback, Release},
    change::{Count, Durable, Noted, doubled},
    cluster::Cluster,
    config::{MISSED_FOR, RELEASE_AGAIN, RELEASE_LONGEST, REST_OF_HOME},
    event::{Holding, OperationState, OperationUpdate},
    housing::HomeChange,
    operation::{Kind, Operation},
    reconcile,
    stock::Stock,
};

/// What was observed of reservations, and will be again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sweep {
    /// When each release was last asked for, and how often.
    asked: BTreeMap<ReservationId, (Timestamp, u32)>,
    /// Since when the agent of a home makes offers without it.
    missed: BTreeMap<ReservationId, Timestamp>,
    /// Agents that cannot say what becomes of operations.
    mute: BTreeSet<AgentId>,
}

/// A step of what is to be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepNote {
    /// A home that no slot has was in an offer.
    Shown {
        /// It.
        reservation: ReservationId,
    },
    /// Its agent made an offer without it.
    Missed {
        /// It.
        reservation: ReservationId,
        /// When.
        at: Timestamp,
    },
    /// It was asked to be released.
    Asked {
        /// It.
        reservation: ReservationId,
        /// When.
        at: Timestamp,
    },
    /// An agent cannot say what becomes of operations.
    Mute {
        /// The agent.
        agent: AgentId,
    },
}

impl Sweep {
    pub(crate) fn note(&mut self, note: &SweepNote) {
        match note {
            SweepNote::Shown { reservation } => {
                self.missed.remove(reservation);
            }
            SweepNote::Missed { reservation, at } => {
                self.missed.entry(reservation.clone()).or_insert(*at);
            }
            SweepNote::Asked { reservation, at } => {
                let (last, times) = self.asked.entry(reservation.clone()).or_insert((*at, 0));
                (*last, *times) = (*at, times.saturating_add(1));
            }
            SweepNote::Mute { agent } => {
                self.mute.insert(agent.clone());
            }
        }
    }

    pub(crate) fn forget(&mut self, reservation: &ReservationId) {
        self.asked.remove(reservation);
        self.missed.remove(reservation);
    }

    /// What was asked before a new subscription may never have arrived.
    pub(crate) fn subscribed(&mut self) {
        self.asked.clear();
        self.missed.clear();
    }

    /// Whether an agent can say what becomes of operations.
    pub(crate) fn feedback(&self, agent: &AgentId) -> Feedback {
        if self.mute.contains(agent) { Feedback::None } else { Feedback::Asked }
    }

    fn may_ask(&self, reservation: &ReservationId, now: Timestamp) -> bool {
        self.asked.get(reservation).is_none_or(|(at, times)| {
            *at + doubled(RELEASE_AGAIN, RELEASE_LONGEST, times.saturating_sub(1)) <= now
        })
    }
}

/// What one agent's offers show.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is given back.
    pub(crate) releases: Vec<Release>,
    /// Something cannot be given back just now.
    pub(crate) look_again: bool,
}

/// What is to become of a reservation in an offer.
enum Verdict {
    /// It is somebody else's, or a slot's.
    Leave,
    /// No slot has it, and what it holds may be needed.
    Keep,
    /// It goes, with this volume.
    Go(Option<String>),
    /// It goes once all of it is shown.
    Later,
    /// It has our labels and a volume that no record names.
    Orphan,
}

/// Looks at the reservations that an agent offers.
pub(crate) fn look<'u>(
    fleet: &Fleet,
    now: Timestamp,
    stock: &Stock,
    uuids: &mut impl Iterator<Item = &'u String>,
    d: &mut Decision,
) -> Found {
    let mut found = Found::default();
    for holding in &stock.holdings {
        let reservation = &holding.reservation;
        let volume = match verdict(fleet, now, holding) {
            Verdict::Leave => continue,
            Verdict::Orphan => {
                d.count(Count::OrphanVolume);
                continue;
            }
            Verdict::Keep | Verdict::Later => None,
            Verdict::Go(volume) => Some(volume),
        };
        d.note(Noted::Sweep(SweepNote::Shown { reservation: reservation.clone() }));
        let Some(volume) = volume else {
            found.look_again = true;
            continue;
        };
        match uuids.next().filter(|_| fleet.sweep.may_ask(reservation, now)) {
            Some(attempt) => {
                d.note(Noted::Sweep(SweepNote::Asked { reservation: reservation.clone(), at: now }));
                let (reservation, attempt) = (reservation.clone(), attempt.clone());
                found.releases.push(Release { reservation, volume, attempt });
            }
            None => found.look_again = true,
        }
    }
    found
}

fn verdict(fleet: &Fleet, now: Timestamp, holding: &Holding) -> Verdict {
    let ours = fleet.framework().map(|framework| &framework.cluster_uid);
    let labels_are_ours = holding.installation.as_ref() == ours;
    let is_other = holding.installation.is_some() && !labels_are_ours;
    if is_other || fleet.slot_of(&holding.reservation).is_some() {
        return Verdict::Leave;
    }
    // While an executor that has ended its task still holds the rest, no disk is shown.
    let is_whole = holding.volume.is_some() || holding.amount.disk.0 > 0;
    match fleet.releasing(&holding.reservation) {
        Some((_, releasing))
            if holding.volume.as_ref().is_some_and(|shown| *shown != releasing.home.volume) =>
        {
            Verdict::Orphan
        }
        Some((cluster, releasing)) if cluster.is_some_and(|cluster| !may_go(cluster, (now, releasing))) => {
            Verdict::Keep
        }
        Some((_, releasing)) if is_whole || now.since(releasing.since) >= MISSED_FOR => {
            Verdict::Go(holding.volume.clone())
        }
        None if !labels_are_ours => Verdict::Leave,
        None if holding.volume.is_some() => Verdict::Orphan,
        None if is_whole => Verdict::Go(None),
        Some(_) | None => Verdict::Later,
    }
}

/// What was seen of a living cluster's records must be younger than the end of the task.
fn may_go(cluster: &Cluster, (now, releasing): (Timestamp, &Releasing)) -> bool {
    cluster.may_release() && (cluster.is_terminating() || now.since(releasing.since) >= MISSED_FOR)
}

/// Homes that their agents have not offered for so long that they are not there any more. Answers the stocks that are
/// to be looked at again.
pub(crate) fn missed(fleet: &Fleet, now: Timestamp, stocks: &[Stock], d: &mut Decision) -> Vec<usize> {
    let mut again = Vec::new();
    for (cluster, releasing) in fleet.all_releasing() {
        let (home, agent) = (&releasing.home, &releasing.home.place.agent);
        let shown = stocks.iter().any(|stock| stock.holding(&home.reservation).is_some());
        let Some(at) = stocks.iter().position(|stock| stock.agent == *agent).filter(|_| !shown) else {
            continue;
        };
        if is_held(fleet, agent, d) {
            again.push(at);
            continue;
        }
        let patience = if home.stage == HomeStage::Asked { REST_OF_HOME } else { MISSED_FOR };
        match fleet.sweep.missed.get(&home.reservation) {
            Some(since) if now.since(*since) >= patience => {
                released(cluster, &home.reservation, d);
            }
            missed => {
                if missed.is_none() {
                    d.note(Noted::Sweep(SweepNote::Missed {
                        reservation: home.reservation.clone(),
                        at: now,
                    }));
                }
                again.push(at);
            }
        }
    }
    again
}

/// Whether a task on an agent, of whichever cluster, is on its way out: it may hold what is missed. Those that were
/// given up while the agent was away are asked about again, now that it is back.
fn is_held(fleet: &Fleet, agent: &AgentId, d: &mut Decision) -> bool {
    let mut leaving = fleet.clusters.values().flat_map(|cluster| cluster.saved.leaving.values());
    let abandoned = fleet.framework().into_iter().flat_map(|framework| &framework.abandoned);
    let abandoned = abandoned.filter(|(_, abandoned)| abandoned.agent == *agent);
    let given_up: Vec<_> = abandoned.map(|(task, there)| (task.clone(), there.agent.clone())).collect();
    reconcile::ask(&given_up, d);
    leaving.any(|leaving| leaving.agent == *agent) || !given_up.is_empty()
}

fn released(cluster: Option<&Cluster>, reservation: &ReservationId, d: &mut Decision) {
    d.count(Count::VolumeReleased);
    let reservation = reservation.clone();
    d.save(match cluster {
        Some(cluster) => {
            Durable::Home(HomeChange::Released { cluster: cluster.saved.name.clone(), reservation })
        }
        None => Durable::Home(HomeChange::OrphanReleased { reservation }),
    });
}

impl Fleet {
    /// Every home that no slot has, with its cluster if there still is one.
    pub(crate) fn all_releasing(&self) -> impl Iterator<Item = (Option<&Cluster>, &Releasing)> {
        let of = |cluster| move |releasing| (Some(cluster), releasing);
        let known =
            self.clusters.values().flat_map(move |cluster| cluster.saved.releasing.values().map(of(cluster)));
        let orphans = self.framework().into_iter().flat_map(|framework| framework.orphans.values());
        known.chain(orphans.map(|orphan| (None, orphan)))
    }

    fn releasing(&self, reservation: &ReservationId) -> Option<(Option<&Cluster>, &Releasing)> {
        self.all_releasing().find(|(_, releasing)| releasing.home.reservation == *reservation)
    }
}

/// Mesos says what became of an operation.
pub(crate) fn operation(fleet: &Fleet, update: &OperationUpdate, d: &mut Decision) {
    match update.operation.parse::<Operation>() {
        Ok(operation) => ours(fleet, (&operation, update), d),
        Err(_) => d.count(Count::Ignored),
    }
    if let (Some(uuid), Some(agent)) = (&update.uuid, &update.agent)
        && !uuid.is_empty()
    {
        let (operation, agent, uuid) = (update.operation.clone(), agent.clone(), uuid.clone());
        d.act(Action::AcknowledgeOperation { operation, agent, uuid });
    }
}

fn ours(fleet: &Fleet, (operation, update): (&Operation, &OperationUpdate), d: &mut Decision) {
    match (update.state, operation.kind) {
        (OperationState::Finished, Kind::Create) => {
            if let Some((slot, _, home)) = fleet.slot_of(&operation.reservation)
                && home.stage == HomeStage::Asked
            {
                d.save(Durable::Home(HomeChange::Made { slot }));
            }
        }
        (OperationState::Finished, Kind::Unreserve) => {
            if let Some((cluster, _)) = fleet.releasing(&operation.reservation) {
                released(cluster, &operation.reservation, d);
            }
        }
        (OperationState::Refused, kind) => refused(fleet, (operation, kind, update), d),
        (OperationState::Finished, Kind::Reserve | Kind::Destroy) | (OperationState::Open, _) => {}
    }
}

fn refused(fleet: &Fleet, (operation, kind, update): (&Operation, Kind, &OperationUpdate), d: &mut Decision) {
    d.count(Count::OperationRefused);
    if update.message.contains("capability")
        && let Some(agent) = &update.agent
    {
        d.note(Noted::Sweep(SweepNote::Mute { agent: agent.clone() }));
    }
    if let (Kind::Reserve | Kind::Create, Some((slot, ..))) = (kind, fleet.slot_of(&operation.reservation)) {
        d.note(Noted::OperationRefused { slot, text: update.message.clone() });
    }
}
