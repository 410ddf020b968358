//! The life of a subscription, step by step, on a clock of our own.

use super::*;
use crate::proto::OfferId;
use crate::transport::TransportError;

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn machine() -> Subscription {
    Subscription::new(Timing::default(), Some(1))
}

fn subscribed(id: &str, heartbeat: Option<f64>) -> Event {
    let subscribed = event::Subscribed {
        framework_id: id.into(),
        heartbeat_interval_seconds: heartbeat,
        master_info: None,
    };
    Event { r#type: Some(Type::Subscribed as i32), subscribed: Some(subscribed), ..Default::default() }
}

fn heartbeat() -> Event {
    Event { r#type: Some(Type::Heartbeat as i32), ..Default::default() }
}

fn rescind() -> Event {
    let rescind = event::Rescind { offer_id: OfferId::from("o") };
    Event { r#type: Some(Type::Rescind as i32), rescind: Some(rescind), ..Default::default() }
}

/// Subscribed at `now`.
fn running(now: Instant) -> Subscription {
    let mut machine = machine();
    machine.start(None);
    machine.accepted(now, Some("s")).unwrap();
    let step = machine.event(now, subscribed("F", Some(15.0)));
    assert!(matches!(step, Step::Begin(_)), "{step:?}");
    machine
}

#[test]
fn nothing_is_awaited_before_the_answer_and_75_seconds_after_it() {
    let now = Instant::now();
    let mut machine = machine();
    machine.start(None);
    assert_eq!(machine.deadline(), None);
    machine.accepted(now, Some("s")).unwrap();
    assert_eq!(machine.deadline(), Some(now + second(75)));
    assert!(machine.overdue(now + second(74)).is_none());
    assert!(matches!(machine.overdue(now + second(75)), Some(Reason::NoFirstEvent(_))));
}

#[test]
fn stream_id_has_to_be_one() {
    for id in [None, Some(""), Some("x".repeat(129).as_str())] {
        let refused = machine().accepted(Instant::now(), id);
        assert!(matches!(refused, Err(Reason::Garbled(Garbled::StreamId))), "{id:?}");
    }
}

#[test]
fn bytes_put_the_deadline_off() {
    let now = Instant::now();
    let mut machine = running(now);
    assert_eq!(machine.deadline(), Some(now + second(75)));
    machine.heard(now + second(70));
    assert!(machine.overdue(now + second(100)).is_none());
    assert!(matches!(machine.overdue(now + second(145)), Some(Reason::Silent(_))));
}

#[test]
fn interval_that_cannot_be_is_not_believed() {
    let now = Instant::now();
    for (told, believed) in [
        (None, 15),
        (Some(0.0), 15),
        (Some(-1.0), 15),
        (Some(f64::NAN), 15),
        (Some(f64::INFINITY), 15),
        (Some(30.0), 30),
        (Some(1e12), 3600),
    ] {
        let mut machine = machine();
        let Step::Begin(begun) = machine.event(now, subscribed("F", told)) else { panic!("{told:?}") };
        assert_eq!(begun.heartbeat, second(believed), "{told:?}");
        assert_eq!(machine.deadline(), Some(now + second(5 * believed)));
    }
}

#[test]
fn events_before_subscribed_are_void() {
    let now = Instant::now();
    let mut machine = machine();
    machine.start(None);
    machine.accepted(now, Some("s")).unwrap();
    assert!(matches!(machine.event(now, rescind()), Step::Nothing));
    machine.event(now, subscribed("F", None));
    assert!(matches!(machine.event(now, rescind()), Step::Pass(SchedulerEvent::Rescind(_))));
}

#[test]
fn backoff_starts_over_only_when_the_subscription_has_proven_itself() {
    let now = Instant::now();
    let failed = Reason::Closed;
    let mut machine = running(now);
    for _ in 0..4 {
        machine.ended(now, &failed);
    }
    assert_eq!(machine.backoff.bound(), second(8));

    // SUBSCRIBED alone proves nothing.
    machine.event(now, subscribed("F", None));
    machine.ended(now + second(29), &failed);
    assert_eq!(machine.backoff.bound(), second(15));

    // An event after it does.
    machine.event(now, subscribed("F", None));
    machine.event(now, heartbeat());
    assert_eq!(machine.backoff.bound(), Duration::from_millis(500));
    machine.ended(now, &failed);
    assert_eq!(machine.backoff.bound(), second(1));

    // And so do 30 seconds.
    machine.event(now, subscribed("F", None));
    machine.ended(now + second(30), &failed);
    assert_eq!(machine.backoff.bound(), second(1));
}

#[test]
fn waits_are_those_of_the_reason() {
    let now = Instant::now();
    let message = || "x".to_owned();
    for _ in 0..100 {
        let wait = |reason| running(now).ended(now, &reason);
        assert!(wait(Reason::LeaderChanged) <= Duration::from_millis(500));
        assert!(wait(Reason::Closed) <= Duration::from_millis(500));
        let superseded = wait(Reason::Superseded { message: message() });
        assert!((second(1)..=second(5)).contains(&superseded));
        for slow in [
            Reason::Denied { message: message() },
            Reason::Refused { message: message() },
            Reason::FrameworkRemoved { message: message() },
        ] {
            assert!((second(30)..=second(60)).contains(&wait(slow)));
        }
    }
}

#[test]
fn twenty_failures_are_never_more_than_fifteen_seconds_apart() {
    let now = Instant::now();
    let mut machine = machine();
    for attempt in 0..20 {
        machine.start(None);
        let unavailable = TransportError::Unavailable { status: 503, message: String::new() };
        let wait = machine.ended(now, &Reason::Failed(unavailable));
        assert!(wait <= second(15), "attempt {attempt}: {wait:?}");
    }
}
