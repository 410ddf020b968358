//! The life of an executor's subscriptions, step by step, on a clock of our own.

use super::*;
use crate::proto::executor::event::Subscribed;
use crate::proto::{ExecutorInfo, TaskId};

const RECOVERY: Recovery =
    Recovery { timeout: Duration::from_secs(900), backoff_max: Duration::from_millis(500) };

fn machine(now: Instant, recovery: Option<Recovery>) -> Subscription {
    let config = ExecutorConfig { seed: Some(1), ..ExecutorConfig::default() };
    Subscription::new(now, recovery, &config)
}

fn subscribe(machine: &mut Subscription, now: Instant) {
    machine.accepted(now);
    let executor_info = ExecutorInfo { executor_id: "E".into(), ..Default::default() };
    let subscribed = Subscribed { executor_info, ..Default::default() };
    let event =
        Event { r#type: Some(Type::Subscribed as i32), subscribed: Some(subscribed), ..Default::default() };
    assert!(matches!(machine.event(event), Step::Pass(ExecutorEvent::Subscribed(_))));
}

fn is_over_with_timeout(next: &Next) -> bool {
    matches!(next, Next::Over(ExecutorEvent::RecoveryTimeout))
}

#[test]
fn clock_of_the_recovery_starts_once() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut machine = machine(start, Some(RECOVERY));
    subscribe(&mut machine, start);
    assert_eq!(machine.give_up(), None);
    assert!(matches!(machine.ended(at(1000), &Reason::Closed), Next::Again(_)));
    // Attempts, even those that get as far as an answer, do not put it off.
    for seconds in [1100, 1500, 1899] {
        machine.accepted(at(seconds));
        assert!(matches!(machine.ended(at(seconds), &Reason::Closed), Next::Again(_)));
        assert_eq!(machine.give_up(), Some(at(1900)));
    }
    assert!(is_over_with_timeout(&machine.ended(at(1900), &Reason::Closed)));
}

#[test]
fn subscription_stops_the_clock() {
    let start = Instant::now();
    let mut machine = machine(start, Some(RECOVERY));
    subscribe(&mut machine, start);
    machine.ended(start, &Reason::Closed);
    subscribe(&mut machine, start + Duration::from_secs(899));
    let later = start + Duration::from_secs(5000);
    assert!(matches!(machine.ended(later, &Reason::Closed), Next::Again(_)));
    assert_eq!(machine.give_up(), Some(later + RECOVERY.timeout));
}

#[test]
fn waits_stay_within_the_pace_however_often_it_fails() {
    let start = Instant::now();
    let mut machine = machine(start, Some(RECOVERY));
    let mut longest = Duration::ZERO;
    for _ in 0..500 {
        let Next::Again(wait) = machine.ended(start, &Reason::Closed) else { panic!("it goes on") };
        assert!(wait <= RECOVERY.backoff_max, "{wait:?}");
        longest = longest.max(wait);
    }
    assert!(longest > RECOVERY.backoff_max / 2, "they are spread: {longest:?}");
}

#[test]
fn last_wait_ends_with_the_recovery() {
    let start = Instant::now();
    let mut machine = machine(start, Some(RECOVERY));
    let almost = start + RECOVERY.timeout - Duration::from_millis(1);
    let Next::Again(wait) = machine.ended(almost, &Reason::Closed) else { panic!("it goes on") };
    assert!(wait <= Duration::from_millis(1));
}

#[test]
fn without_a_checkpoint_only_the_first_subscription_is_tried_again() {
    let start = Instant::now();
    let mut machine = machine(start, None);
    assert!(matches!(machine.ended(start, &Reason::Closed), Next::Again(_)));
    subscribe(&mut machine, start);
    let over = machine.ended(start, &Reason::Closed);
    assert!(matches!(over, Next::Over(ExecutorEvent::NotCheckpointed)), "{over:?}");
}

#[test]
fn agent_without_a_place_for_us_ends_it_at_once() {
    let start = Instant::now();
    for error in [
        TransportError::Unknown { message: "Executor cannot be found".to_owned() },
        TransportError::Forbidden { message: "claims".to_owned() },
    ] {
        let over = machine(start, Some(RECOVERY)).ended(start, &Reason::Failed(error));
        assert!(matches!(over, Next::Over(ExecutorEvent::Gone { .. })), "{over:?}");
    }
    let denied = TransportError::Denied { message: String::new() };
    let again = machine(start, Some(RECOVERY)).ended(start, &Reason::Failed(denied));
    assert!(matches!(again, Next::Again(_)), "{again:?}");
}

#[test]
fn first_event_has_five_seconds() {
    let start = Instant::now();
    let mut machine = machine(start, Some(RECOVERY));
    machine.accepted(start);
    assert_eq!(machine.deadline(), Some(start + Duration::from_secs(5)));
    let late = machine.overdue(start + Duration::from_secs(5));
    assert!(matches!(late, Some(Reason::NoFirstEvent(_))));
    subscribe(&mut machine, start);
    assert_eq!(machine.deadline(), None);
}

#[test]
fn event_without_its_body_ends_the_subscription() {
    let mut machine = machine(Instant::now(), None);
    let kill = Event { r#type: Some(Type::Kill as i32), ..Default::default() };
    assert!(matches!(machine.event(kill), Step::End(Reason::Garbled(_))));
    let nameless = crate::proto::executor::event::Kill { task_id: TaskId::default(), kill_policy: None };
    let kill = Event { r#type: Some(Type::Kill as i32), kill: Some(nameless), ..Default::default() };
    assert!(matches!(machine.event(kill), Step::End(Reason::Garbled(_))));
    let unknown = Event { r#type: Some(99), ..Default::default() };
    assert!(matches!(machine.event(unknown), Step::Nothing));
}
