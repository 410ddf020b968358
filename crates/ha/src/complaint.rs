//! What is wrong with this member, as it tells the others: by code, since when, and what is done about it.

use mysos_model::{Problem, ProblemCode, Timestamp};

use crate::{
    action::{Action, Lane, Order},
    copy,
    decide::Moving,
    life, limits,
    view::{Disk, Failure, Step, Up, View},
    vital,
};

/// All of it; a problem that was there before keeps its beginning.
pub(crate) fn all(moving: &Moving) -> Vec<Problem> {
    let (view, now) = (&moving.view, moving.now);
    let mut found: Vec<(ProblemCode, String)> = Vec::new();
    if let Some(errant) = &view.own.errant {
        found.push((ProblemCode::ErrantMember, format!("holds {errant}, which the primary lacks")));
    }
    if let Some(why) = life::crash_loop(view, now) {
        found.push((ProblemCode::CrashLoop, why));
    }
    found.extend(vital::problem(view));
    if let Disk::Foreign(why) = &view.own.disk {
        found.push((ProblemCode::ForeignData, why.clone()));
    }
    if let Some(why) = &view.seen.unreadable {
        found.push((ProblemCode::RecordUnreadable, why.clone()));
    }
    found.extend(set_back(view).map(|why| (ProblemCode::RecordUnreadable, why)));
    if let Some(up) = view.up() {
        if let Some(error) = up.observed.error.as_ref().filter(|_| view.own.followed.is_some()) {
            found.push((ProblemCode::ReplicaStopped, format!("{}: {}", error.code, error.message)));
        }
        if let Some(missing) = missing_acks(view, up) {
            found.push((ProblemCode::AckQuorumLost, missing));
        }
    }
    found.extend(copy::problem(view));
    found.extend(failing(view, now).map(|(_, text)| (ProblemCode::StepFailing, text)));
    found.into_iter().map(|(code, text)| problem(view, (code, text), now)).collect()
}

fn problem(view: &View, (code, text): (ProblemCode, String), now: Timestamp) -> Problem {
    let before = view.own.problems.iter().find(|problem| problem.code == code);
    let began = failing(view, now).filter(|_| code == ProblemCode::StepFailing).map(|(since, _)| since);
    let since = before.map_or(began.unwrap_or(now), |problem| problem.since);
    let problem = Problem::new(code, since, text).of(view.own.id.ordinal);
    match action(code) {
        Some(action) => problem.action(action),
        None => problem,
    }
}

/// What is done about problems. About those that are not here a person must act.
const ACTIONS: &[(ProblemCode, &str)] = &[
    (ProblemCode::ErrantMember, "its data is moved aside and built anew, once nothing rests on it"),
    (
        ProblemCode::CrashLoop,
        "it is started again while acknowledged writes may rest on it; else its task is replaced",
    ),
    (ProblemCode::ReplicaStopped, "replication is started again every two seconds"),
    (ProblemCode::AckQuorumLost, "replicas connect again, or are replaced"),
    (ProblemCode::StepFailing, "it is tried again, at longer and longer intervals up to eight seconds"),
    (ProblemCode::MemberCopying, "it follows when the copy is there"),
    (ProblemCode::CopyFailed, "another copy is tried"),
    (
        ProblemCode::MemberUnreachable,
        "if it is the primary, another is elected; it rejoins when it answers again",
    ),
    (
        ProblemCode::DiskStalled,
        "if it is the primary, another is elected; it rejoins when its disk answers again",
    ),
    (ProblemCode::DiskFull, "if it is the primary, another is elected; it rejoins when there is room"),
];

fn action(code: ProblemCode) -> Option<&'static str> {
    ACTIONS.iter().find_map(|(known, action)| (*known == code).then_some(*action))
}

/// A fencing record from before an epoch that was obeyed here: somebody put an old one back.
fn set_back(view: &View) -> Option<String> {
    let (found, obeyed) = (view.seen.epoch.as_ref()?.record.epoch, view.own.saved.obeyed);
    (found < obeyed).then(|| {
        format!("the epoch record says {found}, and epoch {obeyed} was obeyed here: it was set back; restore the later one")
    })
}

/// A primary whose commits wait for acknowledgements that nobody connected can give.
fn missing_acks(view: &View, up: &Up) -> Option<String> {
    let promotion = view.own.promotion.as_ref()?;
    let Step::Serve { acks } = promotion.step else { return None };
    let connected = up.observed.connected_ackers;
    (connected < acks).then(|| {
        format!("each write waits for {acks} acknowledgement(s), and {connected} replica(s) could give one")
    })
}

/// The step that has failed for the longest time, and goes on failing.
fn failing(view: &View, now: Timestamp) -> Option<(Timestamp, String)> {
    // A copy has problems of its own, and a line of the journal that is late harms nobody.
    let counts = |lane: &Lane| !matches!(lane, Lane::Copy | Lane::Journal);
    let goes_on = |lane: Lane, failure: &Failure| {
        let again = view.own.not_before.get(&lane).copied().unwrap_or(failure.at).max(failure.at);
        view.own.busy.contains_key(&lane) || now.since(again) < limits::FAILING
    };
    let (_, failure) = (view.own.failures.iter())
        .filter(|(lane, failure)| counts(lane) && goes_on(**lane, failure))
        .filter(|(_, failure)| now.since(failure.since) >= limits::FAILING)
        .min_by_key(|(_, failure)| failure.since)?;
    Some((failure.since, format!("cannot {}: {}", words(&failure.action), cut(&failure.why))))
}

/// The beginning of a text that a server may have made long.
fn cut(text: &str) -> String {
    text.chars().take(limits::WHY).collect()
}

/// What an action does, after "cannot".
fn words(action: &Action) -> &'static str {
    match action {
        Action::Server(order) => order_words(order),
        Action::Prove { .. } => "write a row that is acknowledged",
        Action::Nudge { .. } => "call for acknowledgements that are missing",
        Action::Ask { .. } => "ask the primary's server",
        Action::Copy { .. } => "copy another member's data",
        Action::SwapEpoch { .. } => "change the fencing record",
        Action::Tell(_) => "write its record",
        Action::Coordinate | Action::StandDown => "take or give back the coordinator's place",
        Action::Publish { .. } => "change what clients find",
        Action::Journal(_) => "write the journal",
        Action::Report(_) => "tell Mesos of its state",
    }
}

fn order_words(order: &Order) -> &'static str {
    match order {
        Order::Inspect => "look at its data directory",
        Order::Initialize { .. } => "make its data directory",
        Order::Quarantine { .. } => "move its errant data aside",
        Order::TakeCopy { .. } => "put the copy in the place of its data",
        Order::Start => "start mysqld",
        Order::Stop { .. } | Order::Kill => "stop mysqld",
        Order::Drain => "apply what it had received",
        Order::Revoke => "stop receiving",
        Order::Follow { .. } => "follow the primary",
        Order::LockAll => "lock the accounts of replicas",
        Order::LetIn { .. } => "let a replica in",
        Order::CutOff { .. } => "cut a replica off",
        Order::Arm { .. } => "switch waiting for acknowledgements on",
        Order::EndClients => "end clients that hold it up",
        Order::Open => "open for writes",
        Order::Close { .. } => "close for writes",
        Order::ForgetSource => "forget where it received from",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mysos_model::{Endpoint, Epoch, Flavor, Host, Ordinal, record::EpochRecord};

    use super::*;
    use crate::{
        change::{Change, Durable, LaneChange, RecordChange},
        view::{Identity, Saved, SeenEpoch},
    };

    const NOW: Timestamp = Timestamp(1_000_000);

    fn member() -> Moving {
        let host = Host("host0".to_owned());
        let id = Identity {
            task: "mysos-shop-0-00000000-0000-4000-8000-000000000000".parse().unwrap(),
            ordinal: Ordinal(0),
            mysql: Endpoint::new(&host, 1),
            control: Endpoint::new(&host, 2),
            flavor: Flavor::MariaDb,
        };
        Moving { view: View::new(id, Saved::default(), NOW), now: NOW, changes: Vec::new() }
    }

    fn fail(moving: &mut Moving, order: Order) {
        let (action, at) = (Action::Server(order), moving.now);
        let failure = Failure { action, why: "no".to_owned(), since: at, at, times: 1 };
        moving.make(Change::Lane(LaneChange::Failed(Lane::Server, at, Box::new(failure))));
    }

    fn told(moving: &Moving) -> Vec<(ProblemCode, Timestamp, String)> {
        all(moving).into_iter().map(|it| (it.code, it.since, it.text)).collect()
    }

    #[test]
    fn a_step_that_goes_on_failing_is_told_with_its_beginning() {
        let mut moving = member();
        while moving.now.since(NOW) < limits::FAILING {
            fail(&mut moving, Order::LockAll);
            assert_eq!(told(&moving), []);
            moving.now = moving.now + Duration::from_millis(250);
        }
        let text = "cannot lock the accounts of replicas: no".to_owned();
        assert_eq!(told(&moving), [(ProblemCode::StepFailing, NOW, text)]);
        moving.make(Change::Lane(LaneChange::Done(Lane::Server)));
        assert_eq!(told(&moving), []);
    }

    #[test]
    fn an_epoch_record_that_was_set_back_is_told_and_not_obeyed() {
        let mut moving = member();
        moving.make(Change::Durable(Durable::Obeyed(Epoch(7))));
        let record = EpochRecord { epoch: Epoch(3), ..EpochRecord::forming(1, NOW) };
        let seen = SeenEpoch { record, version: 1, parent: 1 };
        moving.make(Change::Records(RecordChange::Epoch(Some(seen.clone()))));
        let told = told(&moving);
        assert_eq!((told.len(), told[0].0), (1, ProblemCode::RecordUnreadable));
        assert!(told[0].2.contains("says 3") && told[0].2.contains("epoch 7 was obeyed"), "{told:?}");
        let later = EpochRecord { epoch: Epoch(7), ..seen.record };
        moving.make(Change::Records(RecordChange::Epoch(Some(SeenEpoch { record: later, ..seen }))));
        assert_eq!(all(&moving), []);
    }

    #[test]
    fn a_failure_that_nobody_repeats_is_forgotten() {
        let mut moving = member();
        fail(&mut moving, Order::Revoke);
        moving.now = moving.now + 2 * limits::FAILING;
        assert_eq!(told(&moving), []);
    }
}
