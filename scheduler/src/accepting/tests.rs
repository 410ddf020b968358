//! What an accept becomes: the order of its operations, labels, volumes, and nothing changed that was not to be.

use std::time::Duration;

use mesos_v1::{
    proto::resource::AllocationInfo,
    resources::{self, Range, Ranges},
    scheduler::call,
    validate::scheduler_call,
};
use mysos_fleet::{action::Filled, event::OfferId};
use mysos_model::{Bytes, wire::state::AgentId};

use super::*;
use crate::launch::tests::{kit, launch};

const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";
const ROLE: &str = "mysos";

fn reservation() -> ReservationId {
    ReservationId(UUID.to_owned())
}

fn allocated(resource: Resource) -> Resource {
    Resource { allocation_info: Some(AllocationInfo { role: Some(ROLE.to_owned()) }), ..resource }
}

/// What an agent offers that nobody has reserved.
fn offered() -> Resources {
    let scalar = |name, whole| allocated(Resource::scalar_of(name, resources::Amount::from_whole(whole)));
    let ports: Ranges = [Range { begin: 31_000, end: 31_099 }].into_iter().collect();
    let all = [
        scalar("cpus", 4),
        scalar("mem", 4096),
        scalar("disk", 8192),
        allocated(Resource::ranges_of("ports", &ports)),
    ];
    Resources::from_iter(&all)
}

fn amount(pool: Pool, (cpus, mem, disk): (u64, u64, u64), ports: &[(u16, u16)]) -> Amount {
    let (mem, disk) = (Bytes(mem * MIB), Bytes(disk * MIB));
    Amount { pool, cpus: MilliCpus(cpus), mem, disk, ports: ports.to_vec() }
}

/// A launch that takes everything from one pool.
fn taking(pool: &Pool, source: VolumeSource) -> Launch {
    Launch {
        task_takes: vec![amount(pool.clone(), (900, 448, 0), &[(31_000, 31_001)])],
        executor_takes: vec![amount(pool.clone(), (100, 64, 32), &[])],
        berth: Some(Berth {
            reservation: reservation(),
            volume: reservation().volume(&"shop".parse().unwrap(), mysos_model::Ordinal(2)),
            source,
            filled: Filled::No,
            attempt: "a1".to_owned(),
        }),
        ..launch()
    }
}

fn new_volume() -> Launch {
    let disk = Bytes(2016 * MIB);
    taking(&Pool::Unreserved, VolumeSource::Made { pool: Pool::Unreserved, disk })
}

fn accept(releases: Vec<Release>, launches: Vec<Launch>) -> Accept {
    Accept {
        agent: AgentId("a-S1".to_owned()),
        role: ROLE.to_owned(),
        offers: vec![OfferId("o1".to_owned())],
        releases,
        launches,
        feedback: Feedback::Asked,
        refuse: Duration::from_secs(1),
    }
}

fn valid(operations: &[Operation]) {
    let call = call::accept(vec!["o1".into()], operations.to_vec(), 1.0);
    assert_eq!(scheduler_call(&call), Ok(()));
}

/// The resources of the launched task and its executor, added up.
fn used(operation: &Operation) -> Resources {
    let task = &operation.launch.as_ref().unwrap().task_infos[0];
    let executor = &task.executor.as_ref().unwrap().resources;
    task.resources.iter().chain(executor).collect()
}

#[test]
fn a_new_member_is_reserved_for_then_given_a_volume_then_launched() {
    let operations = operations(&accept(Vec::new(), vec![new_volume()]), &mut offered(), &kit()).unwrap();
    valid(&operations);
    let [reserve, create, start] = operations.as_slice() else { panic!("{operations:#?}") };
    let names: Vec<_> = operations.iter().map(|it| it.id.as_ref().map(|id| id.value.as_str())).collect();
    let (reserved, made) = (format!("reserve.{UUID}.a1"), format!("create.{UUID}.a1"));
    assert_eq!(names, [Some(reserved.as_str()), Some(made.as_str()), None]);
    insta::assert_snapshot!(format!("{reserve:#?}\n{create:#?}"));
    // What is launched is what was reserved, and the volume that was made of its disk.
    let volume = &create.create.as_ref().unwrap().volumes[0];
    let reserved = Resources::from_iter(&reserve.reserve.as_ref().unwrap().resources);
    let disk = reservation::bare(volume.clone());
    let rest = reserved.minus(&Resources::from_iter([&disk])).unwrap();
    let mut expected = rest;
    expected.add(volume);
    assert!(used(start).contains(&expected) && expected.contains(&used(start)));
    let executor = start.launch.as_ref().unwrap().task_infos[0].executor.as_ref().unwrap();
    assert!(executor.resources.contains(volume), "it is held for as long as the executor lives");
}

/// What the agent offers after the task of `new_volume` has ended.
fn offered_again() -> Resources {
    let operations = operations(&accept(Vec::new(), vec![new_volume()]), &mut offered(), &kit()).unwrap();
    used(&operations[2])
}

#[test]
fn a_member_comes_back_on_what_was_offered_verbatim() {
    let mut held = offered_again();
    let before = held.clone();
    let again = taking(&Pool::Own(reservation()), VolumeSource::There);
    let operations = operations(&accept(Vec::new(), vec![again]), &mut held, &kit()).unwrap();
    valid(&operations);
    assert_eq!(operations.len(), 1, "nothing is reserved or made");
    assert!(used(&operations[0]).contains(&before) && held.is_empty());
}

#[test]
fn a_reservation_without_a_volume_gets_one() {
    let mut held = Resources::default();
    for resource in offered_again().iter() {
        held.add(&reservation::bare(resource.clone()));
    }
    let own = Pool::Own(reservation());
    let source = VolumeSource::Made { pool: own.clone(), disk: Bytes(2016 * MIB) };
    let operations = operations(&accept(Vec::new(), vec![taking(&own, source)]), &mut held, &kit()).unwrap();
    valid(&operations);
    let kinds: Vec<_> = operations.iter().map(Operation::r#type).collect();
    assert_eq!(kinds, [operation::Type::Create, operation::Type::Launch]);
}

#[test]
fn a_volume_is_destroyed_and_then_all_of_its_reservation_given_back() {
    let mut held = offered_again();
    offered().iter().for_each(|resource| held.add(resource));
    let volume = reservation().volume(&"shop".parse().unwrap(), mysos_model::Ordinal(2));
    let release = Release { reservation: reservation(), volume: Some(volume), attempt: "b2".to_owned() };
    let operations = operations(&accept(vec![release.clone()], Vec::new()), &mut held, &kit()).unwrap();
    valid(&operations);
    let [destroy, unreserve] = operations.as_slice() else { panic!("{operations:#?}") };
    assert_eq!(destroy.id.as_ref().unwrap().value, format!("destroy.{UUID}.b2"));
    assert_eq!(unreserve.id.as_ref().unwrap().value, format!("unreserve.{UUID}.b2"));
    let given = Resources::from_iter(&unreserve.unreserve.as_ref().unwrap().resources);
    assert_eq!(given.scalar("disk"), resources::Amount::from_whole(2048));
    assert_eq!(given.scalar("cpus"), resources::Amount::from_whole(1));
    assert!(given.iter().all(|resource| resource.disk.is_none()));
    assert!(held.iter().all(|resource| pool_of(resource) == Pool::Unreserved), "and nothing else");
    let gone = super::operations(&accept(vec![release], Vec::new()), &mut held, &kit()).unwrap_err();
    assert!(gone.to_string().contains("the volume"), "{gone}");
}

#[test]
fn an_agent_that_cannot_answer_gets_operations_without_names() {
    let accept = Accept { feedback: Feedback::None, ..accept(Vec::new(), vec![new_volume()]) };
    let operations = operations(&accept, &mut offered(), &kit()).unwrap();
    assert!(operations.iter().all(|operation| operation.id.is_none()));
}

#[test]
fn with_the_data_in_the_sandbox_nothing_is_reserved() {
    let launch = Launch { berth: None, ..new_volume() };
    let operations = operations(&accept(Vec::new(), vec![launch]), &mut offered(), &kit()).unwrap();
    assert_eq!(operations.len(), 1);
    assert!(used(&operations[0]).iter().all(|resource| !resource.is_reserved()));
}

#[test]
fn an_operators_reservation_for_the_role_holds_a_volume_too() {
    let mut held = Resources::default();
    let by = Reserver {
        role: ROLE.to_owned(),
        principal: "operator".to_owned(),
        labels: mesos_v1::proto::Labels::default(),
    };
    offered().iter().for_each(|resource| held.add(&by.reserve(resource.clone())));
    let pool = Pool::Role(ROLE.to_owned());
    let source = VolumeSource::Made { pool: pool.clone(), disk: Bytes(2016 * MIB) };
    let operations = operations(&accept(Vec::new(), vec![taking(&pool, source)]), &mut held, &kit()).unwrap();
    let kinds: Vec<_> = operations.iter().map(Operation::r#type).collect();
    assert_eq!(kinds, [operation::Type::Create, operation::Type::Launch], "it is reserved already");
    let volume = &operations[0].create.as_ref().unwrap().volumes[0];
    let release = Release {
        reservation: reservation(),
        volume: volume.volume_id().map(str::to_owned),
        attempt: "c3".to_owned(),
    };
    let mut held = Resources::from_iter([volume]);
    let operations = super::operations(&accept(vec![release], Vec::new()), &mut held, &kit()).unwrap();
    let kinds: Vec<_> = operations.iter().map(Operation::r#type).collect();
    assert_eq!(kinds, [operation::Type::Destroy], "what the operator reserved stays reserved");
}
