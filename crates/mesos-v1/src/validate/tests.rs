//! What is refused before it is sent, and what is not believed when it comes.

use super::{scheduler_call, scheduler_event, uuid_from_random};
use crate::proto::offer::{Operation, operation};
use crate::proto::scheduler::call::{Accept, Acknowledge, Kill, Subscribe, Type};
use crate::proto::scheduler::event::Type as EventType;
use crate::proto::scheduler::{Call, Event, event};
use crate::proto::{
    CommandInfo, ExecutorInfo, FrameworkInfo, Offer, Resource, TaskInfo, TaskState, TaskStatus, task_status,
    value,
};
use crate::resources::Amount;
use crate::validate::{Invalid, own_status};

fn call(r#type: Type) -> Call {
    Call { r#type: Some(r#type as i32), framework_id: Some("F".into()), ..Default::default() }
}

fn fault(result: Result<(), Invalid>) -> String {
    result.map_or_else(|invalid| invalid.to_string(), |()| "valid".to_owned())
}

fn task() -> TaskInfo {
    TaskInfo {
        name: "t".to_owned(),
        task_id: "t".into(),
        agent_id: "a".into(),
        resources: vec![Resource::scalar_of("cpus", Amount::from_whole(1))],
        command: Some(CommandInfo::default()),
        ..Default::default()
    }
}

fn launch(change: impl FnOnce(&mut TaskInfo)) -> String {
    let mut task = task();
    change(&mut task);
    let launch = Operation {
        r#type: Some(operation::Type::Launch as i32),
        launch: Some(operation::Launch { task_infos: vec![task] }),
        ..Default::default()
    };
    accept(launch)
}

fn accept(operation: Operation) -> String {
    let accept = Accept { offer_ids: vec!["o".into()], operations: vec![operation], filters: None };
    fault(scheduler_call(&Call { accept: Some(accept), ..call(Type::Accept) }))
}

#[test]
fn task_that_the_master_would_refuse_is_not_sent() {
    assert_eq!(launch(|_| {}), "valid");
    assert_eq!(launch(|task| task.name.clear()), "task.name is missing");
    assert_eq!(launch(|task| task.agent_id.value.clear()), "task.agent_id is missing");
    assert_eq!(launch(|task| task.task_id = "a/b".into()), "task.task_id has a slash or a control character");
    assert_eq!(launch(|task| task.task_id = "..".into()), "task.task_id has a slash or a control character");
    assert_eq!(launch(|task| task.task_id = "x".repeat(256).into()), "task.task_id is longer than 255 bytes");
    assert_eq!(launch(|task| task.command = None), "task needs either an executor or a command");
    let executor = || ExecutorInfo { executor_id: "e".into(), ..Default::default() };
    assert_eq!(launch(|task| task.executor = Some(executor())), "task needs either an executor or a command");
    let only_executor = launch(|task| (task.executor, task.command) = (Some(executor()), None));
    assert_eq!(only_executor, "executor.command is missing");
}

#[test]
fn number_that_json_cannot_carry_is_not_sent() {
    let cpus = |value| Resource { scalar: Some(value::Scalar { value }), ..task().resources.remove(0) };
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(
            launch(|task| task.resources = vec![cpus(bad)]),
            "resource.scalar is negative or not finite"
        );
    }
    let without = Resource { scalar: None, ..cpus(1.0) };
    assert_eq!(launch(|task| task.resources = vec![without]), "resource has no value of its type");
    assert_eq!(
        launch(|task| task.limits = [("mem".to_owned(), value::Scalar { value: f64::INFINITY })].into()),
        "task.limits has a value that is not finite"
    );
}

#[test]
fn operation_id_is_not_for_a_launch() {
    let launch = Operation {
        r#type: Some(operation::Type::Launch as i32),
        id: Some("o".into()),
        launch: Some(operation::Launch::default()),
        ..Default::default()
    };
    assert_eq!(accept(launch), "operation.id is not for a launch");
    assert_eq!(accept(Operation::default()), "operation.type is missing");
}

#[test]
fn ids_of_a_framework_have_to_agree() {
    let info = |id: Option<&str>| FrameworkInfo {
        user: "u".to_owned(),
        name: "n".to_owned(),
        id: id.map(Into::into),
        ..Default::default()
    };
    let subscribe = |info| {
        let subscribe = Subscribe { framework_info: info, suppressed_roles: vec![] };
        fault(scheduler_call(&Call { subscribe: Some(subscribe), ..call(Type::Subscribe) }))
    };
    assert_eq!(subscribe(info(Some("F"))), "valid");
    assert_eq!(subscribe(info(None)), "framework_id is not the id in framework_info");
    assert_eq!(
        subscribe(FrameworkInfo { user: String::new(), ..info(Some("F")) }),
        "framework_info.user is missing"
    );
    let endless = FrameworkInfo { failover_timeout: Some(f64::INFINITY), ..info(Some("F")) };
    assert_eq!(subscribe(endless), "framework_info.failover_timeout is no length of time");
}

#[test]
fn uuid_of_an_acknowledgement_has_sixteen_bytes() {
    let acknowledge = |uuid: &[u8]| {
        let acknowledge = Acknowledge { agent_id: "a".into(), task_id: "t".into(), uuid: uuid.to_vec() };
        fault(scheduler_call(&Call { acknowledge: Some(acknowledge), ..call(Type::Acknowledge) }))
    };
    assert_eq!(acknowledge(&[0; 16]), "valid");
    assert_eq!(acknowledge(&[0; 36]), "acknowledge.uuid is not the 16 bytes of a uuid");
    assert_eq!(acknowledge(&[]), "acknowledge.uuid is not the 16 bytes of a uuid");
}

#[test]
fn type_without_its_body_is_not_sent() {
    assert_eq!(fault(scheduler_call(&call(Type::Kill))), "kill is missing");
    assert_eq!(
        fault(scheduler_call(&Call { kill: Some(Kill::default()), ..call(Type::Kill) })),
        "kill.task_id is missing"
    );
    assert_eq!(fault(scheduler_call(&Call::default())), "call.type is missing");
}

#[test]
fn status_of_an_executor_is_its_own() {
    let status = TaskStatus {
        task_id: "t".into(),
        state: TaskState::TaskRunning as i32,
        source: Some(task_status::Source::Executor as i32),
        uuid: Some(uuid_from_random([0; 16])),
        ..Default::default()
    };
    let check = |status: TaskStatus| fault(own_status(&status));
    assert_eq!(check(status.clone()), "valid");
    let staging = TaskState::TaskStaging as i32;
    assert_eq!(check(TaskStatus { state: staging, ..status.clone() }), "status.state is TASK_STAGING");
    assert_eq!(check(TaskStatus { state: 99, ..status.clone() }), "status.state is not a state");
    assert_eq!(check(TaskStatus { source: None, ..status.clone() }), "status.source is not SOURCE_EXECUTOR");
    let any_bytes = Some(vec![0; 16]);
    assert_eq!(
        check(TaskStatus { uuid: any_bytes, ..status }),
        "status.uuid is not a uuid of version 1 to 5"
    );
}

#[test]
fn uuid_from_random_bytes_is_of_version_four() {
    for byte in [0x00, 0x5a, 0xff] {
        let uuid = uuid_from_random([byte; 16]);
        assert_eq!((uuid[6] >> 4, uuid[8] >> 6, uuid[0]), (4, 2, byte));
    }
}

#[test]
fn event_without_what_it_must_have_is_not_believed() {
    let event = |r#type: EventType| Event { r#type: Some(r#type as i32), ..Default::default() };
    assert_eq!(fault(scheduler_event(&event(EventType::Offers))), "offers is missing");
    let offers = event::Offers { offers: vec![Offer { id: "o".into(), ..Default::default() }] };
    let nameless = Event { offers: Some(offers), ..event(EventType::Offers) };
    assert_eq!(fault(scheduler_event(&nameless)), "offer.agent_id is missing");
    let update = event::Update {
        status: TaskStatus { task_id: "t".into(), uuid: Some(vec![1]), ..Default::default() },
    };
    let short = Event { update: Some(update), ..event(EventType::Update) };
    assert_eq!(fault(scheduler_event(&short)), "status.uuid is not the 16 bytes of a uuid");
    assert_eq!(fault(scheduler_event(&Event { r#type: Some(99), ..Default::default() })), "valid");
    assert_eq!(fault(scheduler_event(&event(EventType::Heartbeat))), "valid");
}
