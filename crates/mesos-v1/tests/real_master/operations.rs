//! Reservations and persistent volumes, with feedback, on a real agent.

use mesos_v1::proto::offer::{Operation, operation};
use mesos_v1::proto::resource::{DiskInfo, ReservationInfo, disk_info, reservation_info};
use mesos_v1::proto::{
    CommandInfo, Label, Labels, Offer, OperationState, Resource, TaskState, Volume, volume,
};
use mesos_v1::resources::{Amount, Resources};
use mesos_v1::scheduler::{SchedulerEvent, call};

use crate::framework::{Framework, ROLE};
use crate::mesos::Place;

fn of(r#type: operation::Type, id: &str) -> Operation {
    Operation { r#type: Some(r#type as i32), id: Some(id.into()), ..Default::default() }
}

/// 64 MB of the disk of an offer, reserved with a label.
fn reserved_disk(offer: &Offer) -> Resource {
    let whole = offer.resources.iter().find(|one| one.name == "disk" && one.is_plain()).unwrap();
    let part = Resource::scalar_of("disk", Amount::from_whole(64));
    let label = Label { key: "owner".to_owned(), value: Some("test".to_owned()) };
    Resource { allocation_info: whole.allocation_info.clone(), ..part }.reserved(ReservationInfo {
        r#type: Some(reservation_info::Type::Dynamic as i32),
        role: Some(ROLE.to_owned()),
        principal: Some("test".to_owned()),
        labels: Some(Labels { labels: vec![label] }),
    })
}

fn volume_on(disk: &Resource) -> Resource {
    let persistence =
        disk_info::Persistence { id: "volume-1".to_owned(), principal: Some("test".to_owned()) };
    let volume =
        Volume { mode: volume::Mode::Rw as i32, container_path: "data".to_owned(), ..Default::default() };
    let disk_info = DiskInfo { persistence: Some(persistence), volume: Some(volume), source: None };
    Resource { disk: Some(disk_info), ..disk.clone() }
}

/// Waits for as many operations to finish, and acknowledges them.
async fn finished(framework: &mut Framework, ids: &[&str]) {
    let mut open: Vec<&str> = ids.to_vec();
    while !open.is_empty() {
        let feedback = |event: &SchedulerEvent| matches!(event, SchedulerEvent::UpdateOperationStatus(_));
        let event = framework.wait("feedback of an operation", feedback).await;
        let SchedulerEvent::UpdateOperationStatus(status) = event else { unreachable!() };
        assert_eq!(status.state, OperationState::OperationFinished as i32, "{status:?}");
        framework.client.call(call::acknowledge_operation(&status).unwrap()).await.unwrap();
        let id = status.operation_id.unwrap().value;
        open.retain(|one| *one != id);
    }
}

#[tokio::test]
async fn volume_is_reserved_created_used_destroyed_and_unreserved() {
    let place = Place::new();
    let master = place.master(&[]);
    let _agent = place.agent(&master, &[]);
    let mut framework = Framework::subscribed(&master).await;

    let offer = framework.roomy_offer().await;
    let disk = reserved_disk(&offer);
    let volume = volume_on(&disk);
    let reserve = operation::Reserve { resources: vec![disk.clone()], source: vec![] };
    let create = operation::Create { volumes: vec![volume.clone()] };
    let operations = vec![
        Operation { reserve: Some(reserve), ..of(operation::Type::Reserve, "r") },
        Operation { create: Some(create), ..of(operation::Type::Create, "c") },
    ];
    framework.client.call(call::accept(vec![offer.id], operations, 0.0)).await.unwrap();
    finished(&mut framework, &["r", "c"]).await;

    // It is offered, as it was made, and never taken for plain disk.
    let offer = framework.offer(|offer| offer.resources.iter().any(|one| one.volume_id().is_some())).await;
    let offered = offer.resources.iter().find(|one| one.volume_id().is_some()).unwrap().clone();
    assert_eq!(offered.volume_id(), Some("volume-1"));
    assert_eq!(offered.reserved_role(), ROLE);
    assert!(offered.has_reservation_labels() && !offered.is_plain());
    let mut task = Framework::task(&offer, "writer");
    assert!(Resources::from_iter(&task.resources).only(|one| one.volume_id().is_some()).is_empty());
    task.resources.push(offered.clone());
    task.command = Some(CommandInfo {
        shell: Some(true),
        value: Some("echo 42 > data/file".to_owned()),
        ..Default::default()
    });
    framework.launch(&offer, task).await;
    framework.task_state(TaskState::TaskFinished).await;
    let file =
        place.path("agent-10").join("work").join("volumes").join("roles").join(ROLE).join("volume-1/file");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "42\n");

    let offer = framework.offer(|offer| offer.resources.contains(&offered)).await;
    let destroy = operation::Destroy { volumes: vec![offered] };
    let unreserve = operation::Unreserve { resources: vec![disk.clone()] };
    let operations = vec![
        Operation { destroy: Some(destroy), ..of(operation::Type::Destroy, "d") },
        Operation { unreserve: Some(unreserve), ..of(operation::Type::Unreserve, "u") },
    ];
    framework.client.call(call::accept(vec![offer.id], operations, 0.0)).await.unwrap();
    finished(&mut framework, &["d", "u"]).await;
    let whole = framework
        .offer(|offer| {
            Resources::from_iter(&offer.resources).plain().scalar("disk") >= Amount::from_whole(64)
        })
        .await;
    assert!(whole.resources.iter().all(Resource::is_plain));
}
