//! Offers as they come, and what may be taken of them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::proto::resource::{AllocationInfo, DiskInfo, RevocableInfo, disk_info, reservation_info};
use crate::proto::{Label, Labels, Volume, volume};

fn allocated(resource: Resource) -> Resource {
    Resource { allocation_info: Some(AllocationInfo { role: Some("r".to_owned()) }), ..resource }
}

fn scalar(name: &str, thousandths: u64) -> Resource {
    allocated(Resource::scalar_of(name, Amount::from_thousandths(thousandths)))
}

fn ports(begin: u64, end: u64) -> Resource {
    allocated(Resource::ranges_of("ports", &[Range { begin, end }].into_iter().collect()))
}

fn reservation(principal: &str) -> ReservationInfo {
    ReservationInfo {
        r#type: Some(reservation_info::Type::Dynamic as i32),
        role: Some("r".to_owned()),
        principal: Some(principal.to_owned()),
        labels: None,
    }
}

fn labelled() -> ReservationInfo {
    let label = Label { key: "owner".to_owned(), value: None };
    ReservationInfo { labels: Some(Labels { labels: vec![label] }), ..reservation("p") }
}

fn volume_of(disk: Resource, id: &str) -> Resource {
    let persistence = Some(disk_info::Persistence { id: id.to_owned(), principal: None });
    let volume =
        Volume { mode: volume::Mode::Rw as i32, container_path: "d".to_owned(), ..Default::default() };
    Resource { disk: Some(DiskInfo { persistence, volume: Some(volume), source: None }), ..disk }
}

fn on_a_disk_of_its_own(disk: Resource) -> Resource {
    let source = disk_info::Source { r#type: disk_info::source::Type::Mount as i32, ..Default::default() };
    Resource { disk: Some(DiskInfo { source: Some(source), ..Default::default() }), ..disk }
}

fn bag(resources: &[Resource]) -> Resources {
    resources.iter().collect()
}

fn cpus(thousandths: u64) -> Wanted {
    Wanted { cpus: Amount::from_thousandths(thousandths), ..Wanted::default() }
}

#[test]
fn same_resources_of_several_offers_add_up() {
    let all = bag(&[scalar("cpus", 100), scalar("cpus", 200), ports(1, 3), ports(4, 6), ports(9, 9)]);
    assert_eq!(all.iter().count(), 2);
    assert_eq!(all.scalar("cpus"), Amount::from_thousandths(300));
    assert_eq!(all.ranges("ports").to_string(), "[1-6,9-9]");
}

#[test]
fn reserved_comes_before_unreserved_and_each_is_named_as_offered() {
    let mine = scalar("cpus", 300).reserved(reservation("p"));
    let other = scalar("cpus", 200).reserved(reservation("q"));
    let mut all = bag(&[scalar("cpus", 1000), mine.clone(), other.clone()]);
    let taken = all.take(&cpus(600)).unwrap();
    assert_eq!(taken.resources, [mine, other, scalar("cpus", 100)]);
    assert_eq!(all, bag(&[scalar("cpus", 900)]));
}

#[test]
fn what_others_have_plans_for_is_never_taken() {
    let apart = [
        volume_of(scalar("disk", 5000).reserved(reservation("p")), "v"),
        scalar("disk", 5000).reserved(labelled()),
        on_a_disk_of_its_own(scalar("disk", 5000)),
        Resource { revocable: Some(RevocableInfo {}), ..scalar("disk", 5000) },
        Resource { provider_id: Some("p".into()), ..scalar("disk", 5000) },
    ];
    let mut all = bag(&apart);
    all.add(&scalar("disk", 1000));
    let wanted = Wanted { disk: Amount::from_thousandths(1001), ..Wanted::default() };
    let Err(Shortage(lacks)) = all.clone().take(&wanted) else { panic!("taken") };
    assert_eq!(lacks[0].there, Amount::from_thousandths(1000));
    all.take(&Wanted { disk: Amount::from_whole(1), ..wanted }).unwrap();
    assert_eq!(all, bag(&apart));
}

#[test]
fn everything_that_is_missing_is_told() {
    let mut all = bag(&[scalar("cpus", 100), scalar("mem", 64_000), ports(1, 1)]);
    let before = all.clone();
    let wanted = Wanted { mem: Amount::from_whole(64), ports: 2, disk: Amount::from_whole(1), ..cpus(1500) };
    let shortage = all.take(&wanted).unwrap_err();
    assert_eq!(shortage.to_string(), "1.4 cpus of 1.5 missing, 1 disk of 1 missing, 1 ports of 2 missing");
    assert_eq!(all, before, "nothing is taken");
}

#[test]
fn volumes_are_never_added_to_each_other() {
    let disk = scalar("disk", 1000).reserved(reservation("p"));
    let (one, two) = (volume_of(disk.clone(), "1"), volume_of(disk, "2"));
    let all = bag(&[one.clone(), two.clone()]);
    assert_eq!(all.iter().count(), 2);
    assert!(all.contains(&bag(std::slice::from_ref(&two))));
    assert_eq!(all.minus(&bag(&[one])), Some(bag(&[two])));
}

#[test]
#[allow(deprecated, reason = "that format is what it is about")]
fn older_format_of_reservations_is_understood() {
    let old = Resource { role: Some("r".to_owned()), ..scalar("cpus", 1) };
    assert_eq!((old.reserved_role(), old.is_reserved()), ("r", true));
    assert!(!scalar("cpus", 1).is_reserved());
    assert_eq!(scalar("cpus", 1).reserved(reservation("p")).reserved_role(), "r");
    let old = Resource { reservation: Some(labelled()), ..old };
    assert!(!old.is_plain());
}

fn some_resource() -> impl Strategy<Value = Resource> {
    let plain = prop_oneof![
        (prop_oneof![Just("cpus"), Just("mem"), Just("disk")], 0_u64..4000)
            .prop_map(|(name, amount)| scalar(name, amount)),
        (0_u64..30, 0_u64..6).prop_map(|(begin, more)| ports(begin, begin + more)),
    ];
    let reservations = prop_oneof![
        Just(None),
        Just(Some(reservation("p"))),
        Just(Some(reservation("q"))),
        Just(Some(labelled())),
    ];
    (plain, reservations, 0_u8..8).prop_map(|(resource, reservation, kind)| {
        let resource = match reservation {
            Some(reservation) => resource.reserved(reservation),
            None => resource,
        };
        match kind {
            0 if resource.scalar.is_some() => volume_of(resource, "v"),
            1 if resource.scalar.is_some() => on_a_disk_of_its_own(resource),
            _ => resource,
        }
    })
}

fn some_wish() -> impl Strategy<Value = Wanted> {
    (0_u64..4000, 0_u64..4000, 0_u64..4000, 0_u64..8).prop_map(|(cpus, mem, disk, ports)| Wanted {
        cpus: Amount::from_thousandths(cpus),
        mem: Amount::from_thousandths(mem),
        disk: Amount::from_thousandths(disk),
        ports,
    })
}

proptest! {
    #[test]
    fn what_is_taken_is_what_was_wanted_and_the_rest_is_left(
        offered in vec(some_resource(), 0..12),
        wanted in some_wish(),
    ) {
        let before = bag(&offered);
        let mut left = before.clone();
        match left.take(&wanted) {
            Ok(Taken { resources, ports }) => {
                let taken = bag(&resources);
                prop_assert_eq!(taken.scalar("cpus"), wanted.cpus);
                prop_assert_eq!(taken.scalar("mem"), wanted.mem);
                prop_assert_eq!(taken.scalar("disk"), wanted.disk);
                prop_assert_eq!(taken.ranges("ports").numbers().collect::<Vec<_>>(), ports.clone());
                prop_assert_eq!(ports.len() as u64, wanted.ports);
                prop_assert!(resources.iter().all(Resource::is_plain));
                prop_assert!(before.contains(&taken));
                prop_assert_eq!(before.minus(&taken), Some(left));
            }
            Err(Shortage(lacks)) => {
                prop_assert_eq!(&left, &before);
                prop_assert!(!lacks.is_empty());
                for lack in lacks {
                    let there = match lack.name {
                        "ports" => Amount::from_whole(before.plain().ranges("ports").count()),
                        name => before.plain().scalar(name),
                    };
                    prop_assert_eq!(lack.there, there);
                    prop_assert!(!lack.missing().is_zero());
                }
            }
        }
    }

    #[test]
    fn sum_contains_its_parts_and_nothing_is_lost(
        one in vec(some_resource(), 0..8),
        other in vec(some_resource(), 0..8),
    ) {
        // Ports and volumes are sets, so only scalars that add up are counted.
        let scalars = |list: &[Resource]| -> Vec<Resource> {
            list.iter().filter(|one| one.scalar.is_some() && one.volume_id().is_none()).cloned().collect()
        };
        let (one, other) = (scalars(&one), scalars(&other));
        let all: Resources = one.iter().chain(&other).collect();
        prop_assert!(all.contains(&bag(&one)));
        let rest = all.minus(&bag(&one)).unwrap();
        prop_assert!(rest.contains(&bag(&other)) && bag(&other).contains(&rest));
        for name in ["cpus", "mem", "disk"] {
            let sum = bag(&one).scalar(name) + bag(&other).scalar(name);
            prop_assert_eq!(all.scalar(name), sum);
        }
    }
}
