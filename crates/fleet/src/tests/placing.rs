//! Offers: where tasks go, what is taken, what goes back and for how long.

use std::{collections::BTreeSet, time::Duration};

use mysos_model::{
    Bytes, Host, MilliCpus,
    size::{InstanceSize, MIB},
    wire::state::AgentId,
};

use super::world::{World, cluster, create, delete, size};
use crate::{
    Action, Config, Event, Misfit, Slot,
    action::Accept,
    event::{Amount, Offer, OfferId, Offers, Pool},
};

fn amount(pool: Pool, (cpus, mem, disk): (u64, u64, u64), ports: &[(u16, u16)]) -> Amount {
    Amount {
        pool,
        cpus: MilliCpus(cpus),
        mem: Bytes(mem * MIB),
        disk: Bytes(disk * MIB),
        ports: ports.to_vec(),
    }
}

fn offer(id: &str, host: &str, pools: Vec<Amount>) -> Offer {
    let (id, agent, host) = (OfferId(id.to_owned()), AgentId(format!("S-{host}")), Host(host.to_owned()));
    Offer { id, agent, host, role: "*".to_owned(), pools, holdings: Vec::new() }
}

fn ample(id: &str, host: &str) -> Offer {
    offer(id, host, vec![amount(Pool::Unreserved, (8000, 8192, 65536), &[(31000, 31999)])])
}

/// Gives offers that the world knows nothing of, so that it does not count them.
fn give(world: &mut World, offers: Vec<Offer>) -> (Vec<Accept>, Vec<(Vec<String>, u64)>) {
    let uuids = (0..world.fleet.uuids_wanted(world.now)).map(|_| world.uuid()).collect();
    let event = Event::Offers(Offers { offers, uuids });
    let made = crate::step(&mut world.fleet, world.now, &event, &mut world.dice);
    let (mut accepts, mut declines) = (Vec::new(), Vec::new());
    for action in made.actions {
        match action {
            Action::Accept(accept) => accepts.push(accept),
            Action::Decline { offers, refuse } => {
                declines.push((offers.into_iter().map(|id| id.0).collect(), refuse.as_secs()));
            }
            _ => {}
        }
    }
    (accepts, declines)
}

/// A cluster that waits for offers, on no agent of the world.
fn waiting(clusters: &[(&str, u32)]) -> World {
    let mut world = World::ready(0);
    for (name, num_nodes) in clusters {
        world.ask(create(name, *num_nodes));
    }
    world.deliver();
    world
}

fn sum(amounts: &[Amount]) -> (u64, u64, u64) {
    let of = |get: fn(&Amount) -> u64| amounts.iter().map(get).sum();
    (of(|a| a.cpus.0), of(|a| a.mem.0 / MIB), of(|a| a.disk.0 / MIB))
}

#[test]
fn members_of_a_cluster_go_to_different_hosts() {
    let mut world = World::ready(4);
    world.ask(create("shop", 3));
    world.settle();
    assert_eq!(world.words("shop"), ["running", "running", "running"]);
    let hosts: BTreeSet<_> = (0..3).map(|at| world.state("shop", at).place().unwrap().host.clone()).collect();
    assert_eq!(hosts.len(), 3);
}

#[test]
fn a_second_agent_on_a_host_is_the_same_host() {
    let mut world = waiting(&[("shop", 2)]);
    let mut twin = ample("O2", "host0");
    twin.agent = AgentId("S-other".to_owned());
    let (accepts, declines) = give(&mut world, vec![ample("O1", "host0"), twin]);
    assert_eq!(accepts.len(), 1);
    assert_eq!(accepts[0].launches.len(), 1);
    assert_eq!(declines.len(), 1);
    let slot = Slot { cluster: cluster("shop"), ordinal: mysos_model::Ordinal(1) };
    assert_eq!(world.fleet.refusals(&slot).unwrap().by[&Misfit::HostTaken], 2);
}

#[test]
fn one_agent_takes_members_of_several_clusters_in_one_call() {
    let mut world = waiting(&[("a", 1), ("b", 1), ("c", 1)]);
    let two = amount(Pool::Unreserved, (1000, 1024, 2048), &[(31000, 31003)]);
    let (accepts, declines) = give(&mut world, vec![offer("O1", "host0", vec![two])]);
    let [accept] = accepts.as_slice() else { panic!("{accepts:?}") };
    assert_eq!(accept.launches.len(), 2, "the third does not fit");
    let ports: BTreeSet<u16> =
        accept.launches.iter().flat_map(|l| [l.place.mysql_port, l.place.control_port]).collect();
    assert_eq!(ports.len(), 4, "each has two ports of its own");
    assert_eq!((declines.len(), accept.refuse), (0, Duration::from_secs(1)));
}

#[test]
fn offers_of_one_agent_are_accepted_together() {
    let mut world = waiting(&[("shop", 1)]);
    let half = |id| offer(id, "host0", vec![amount(Pool::Unreserved, (250, 256, 512), &[(31000, 31000)])]);
    let mut other = half("O2");
    other.pools[0].ports = vec![(31005, 31005)];
    let (accepts, declines) = give(&mut world, vec![half("O1"), other]);
    let [accept] = accepts.as_slice() else { panic!("{declines:?}") };
    assert_eq!(accept.offers, [OfferId("O1".to_owned()), OfferId("O2".to_owned())]);
    assert_eq!(sum(&accept.launches[0].task_takes).0 + sum(&accept.launches[0].executor_takes).0, 500);
}

#[test]
fn reserved_resources_are_used_up_first_and_the_rest_is_mixed_in() {
    let mut world = waiting(&[("shop", 1)]);
    let role = Pool::Role("mysos".to_owned());
    let pools = vec![
        amount(Pool::Unreserved, (4000, 4096, 8192), &[(31000, 31010)]),
        amount(role.clone(), (300, 300, 0), &[(32000, 32000)]),
    ];
    let (accepts, _) = give(&mut world, vec![offer("O1", "host0", pools)]);
    let launch = &accepts[0].launches[0];
    let all: Vec<Amount> = launch.task_takes.iter().chain(&launch.executor_takes).cloned().collect();
    assert_eq!(sum(&all), (500, 512, 1024));
    let reserved: Vec<Amount> = all.iter().filter(|amount| amount.pool == role).cloned().collect();
    assert_eq!(sum(&reserved), (300, 300, 0));
    assert_eq!(launch.place.mysql_port, 32000);
    assert!((31000..=31010).contains(&launch.place.control_port));
}

#[test]
fn the_executor_gets_its_share_of_the_instance() {
    let mut world = waiting(&[("shop", 1)]);
    let (accepts, _) = give(&mut world, vec![ample("O1", "host0")]);
    let launch = &accepts[0].launches[0];
    assert_eq!((sum(&launch.executor_takes), sum(&launch.task_takes)), ((100, 64, 32), (400, 448, 992)));
    assert_eq!((launch.mem, launch.disk), (size().mem, size().disk));
}

#[test]
fn a_tiny_instance_leaves_half_to_its_task() {
    let mut world = World::ready(0);
    let mut request = create("tiny", 1);
    if let crate::request::Request::Create { spec, .. } = &mut request {
        spec.size = InstanceSize { cpus: MilliCpus(100), mem: Bytes(100 * MIB + 1), disk: Bytes(MIB) };
    }
    world.ask(request);
    world.deliver();
    let (accepts, _) = give(&mut world, vec![ample("O1", "host0")]);
    let launch = &accepts[0].launches[0];
    assert_eq!((sum(&launch.executor_takes), sum(&launch.task_takes)), ((50, 50, 0), (50, 51, 1)));
}

#[test]
fn hosts_with_fewer_members_come_first_then_the_tightest_fit() {
    let mut world = waiting(&[("a", 1), ("b", 1), ("c", 1)]);
    let small =
        |id, host| offer(id, host, vec![amount(Pool::Unreserved, (2000, 2048, 4096), &[(31000, 31009)])]);
    let (accepts, _) = give(&mut world, vec![ample("O1", "big"), small("O2", "small"), ample("O3", "large")]);
    let placed: Vec<(&str, usize)> =
        accepts.iter().map(|a| (a.launches[0].place.host.0.as_str(), a.launches.len())).collect();
    assert_eq!(placed, [("big", 1), ("small", 1), ("large", 1)], "one each");
    assert_eq!(
        world
            .fleet
            .instance(&Slot { cluster: cluster("a"), ordinal: mysos_model::Ordinal(0) })
            .unwrap()
            .place()
            .unwrap()
            .host
            .0,
        "small"
    );
}

#[test]
fn every_lack_is_told_and_a_small_offer_is_refused_for_five_minutes() {
    let mut world = waiting(&[("shop", 1)]);
    let cases = [
        ((400, 512, 1024), (31000, 31001), Misfit::TooLittleCpus),
        ((500, 511, 1024), (31000, 31001), Misfit::TooLittleMem),
        ((500, 512, 1023), (31000, 31001), Misfit::TooLittleDisk),
        ((500, 512, 1024), (31000, 31000), Misfit::TooLittlePorts),
    ];
    let slot = Slot { cluster: cluster("shop"), ordinal: mysos_model::Ordinal(0) };
    for (at, (scalars, ports, misfit)) in cases.into_iter().enumerate() {
        let pools = vec![amount(Pool::Unreserved, scalars, &[ports])];
        let (accepts, declines) = give(&mut world, vec![offer("O1", "host0", pools)]);
        assert_eq!((accepts.len(), declines), (0, vec![(vec!["O1".to_owned()], 300)]));
        let refusals = world.fleet.refusals(&slot).unwrap();
        assert_eq!((refusals.by[&misfit], refusals.looked_at as usize), (1, at + 1));
    }
    let why = world.fleet.why(&slot).unwrap();
    assert_eq!(why.code, "WaitingForOffer");
    assert_eq!(
        why.text,
        "4 offers looked at: 1 too little cpus, 1 too little mem, 1 too little disk, 1 too few ports"
    );
}

#[test]
fn offers_that_nobody_waits_for_go_back_for_an_hour() {
    let mut world = World::ready(0);
    let (_, declines) = give(&mut world, vec![ample("O1", "host0"), ample("O2", "host1")]);
    assert_eq!(declines, [(vec!["O1".to_owned(), "O2".to_owned()], 3600)]);
}

#[test]
fn offers_without_an_id_for_the_task_are_wanted_again_at_once() {
    let mut world = waiting(&[("shop", 1)]);
    let event = Event::Offers(Offers { offers: vec![ample("O1", "host0")], uuids: Vec::new() });
    let made = crate::step(&mut world.fleet, world.now, &event, &mut world.dice);
    let refuse = Duration::from_secs(1);
    assert!(made.actions.contains(&Action::Decline { offers: vec![OfferId("O1".to_owned())], refuse }));
}

#[test]
fn an_offer_named_twice_in_one_batch_has_one_verdict() {
    let mut world = World::ready(0);
    let (_, declines) = give(&mut world, vec![ample("O1", "host0"), ample("O1", "host0")]);
    assert_eq!(declines, [(vec!["O1".to_owned()], 3600)]);
}

#[test]
fn a_task_is_named_in_spec_before_it_is_launched() {
    let mut world = World::ready(3);
    world.ask(create("shop", 3));
    for _ in 0..10 {
        world.turn();
    }
    let performed = world.performed();
    let accept = performed.iter().position(|action| matches!(action, Action::Accept(_))).unwrap();
    let spec = performed.iter().position(|action| matches!(action, Action::WriteSpec(_))).unwrap();
    let Action::Accept(first) = &performed[accept] else { unreachable!() };
    let Action::WriteSpec(record) = &performed[spec] else { unreachable!() };
    let named: BTreeSet<_> = record.members.values().filter_map(|member| member.task.clone()).collect();
    assert!(spec < accept && named.contains(&first.launches[0].task));
}

#[test]
fn offers_are_asked_for_while_something_waits_and_only_then() {
    let mut world = World::ready(3);
    assert!(world.suppressed && !world.performed().contains(&Action::Revive), "nothing is wanted yet");
    world.ask(create("shop", 3));
    world.settle();
    let toggles: Vec<Action> =
        world.performed().into_iter().filter(|a| matches!(a, Action::Revive | Action::Suppress)).collect();
    assert_eq!(toggles, [Action::Revive, Action::Suppress]);
}

#[test]
fn a_revive_that_brings_nothing_is_repeated_ever_more_seldom() {
    let mut world = waiting(&[("shop", 1)]);
    world.performed();
    let mut minutes = Vec::new();
    for minute in 0..180 {
        world.advance(Duration::from_secs(60));
        let revives = world.performed().into_iter().filter(|a| *a == Action::Revive).count();
        minutes.extend((0..revives).map(|_| minute));
    }
    assert_eq!(minutes, [4, 14, 34, 74, 134]);
}

#[test]
fn wishes_that_come_together_are_one_revive() {
    let mut world = World::ready(0);
    for name in ["a", "b", "c"] {
        world.ask(create(name, 1));
        world.deliver();
        world.advance(Duration::from_secs(1));
    }
    let revives = |world: &mut World| world.performed().into_iter().filter(|a| *a == Action::Revive).count();
    assert_eq!(revives(&mut world), 1);
    world.advance(Duration::from_secs(5));
    assert_eq!(revives(&mut world), 1);
}

#[test]
fn a_revive_that_failed_is_repeated_soon() {
    let mut world = waiting(&[("shop", 1)]);
    world.performed();
    let why = "503".to_owned();
    world.take(&Event::Failed { what: crate::event::Outcome::OffersToggled, why });
    world.advance(Duration::from_secs(5));
    assert!(world.performed().contains(&Action::Revive));
}

#[test]
fn a_freed_host_is_asked_for_again() {
    let mut world = World::ready(1);
    world.ask(create("a", 2));
    world.settle();
    assert_eq!(world.words("a"), ["running", "pending"]);
    world.ask(create("b", 1));
    world.settle();
    assert_eq!(world.words("b"), ["running"], "a new wish clears the refusals that the first one gave");
    world.ask(delete("a"));
    world.settle();
    assert_eq!(world.words("a"), ["gone"]);
}

#[test]
fn a_slot_tries_another_host_first_after_a_failure() {
    let mut world = World::ready(2);
    world.ask(create("shop", 1));
    world.settle();
    let before = world.state("shop", 0).place().unwrap().host.clone();
    world.moves(&world.task("shop", 0), crate::event::TaskState::Failed, "no");
    world.settle();
    assert_ne!(world.state("shop", 0).place().unwrap().host, before);
}

#[test]
fn a_thousand_offers_take_no_time_to_speak_of() {
    let mut world = waiting(&[("shop", 32)]);
    let offers = (0..1000)
        .map(|at| {
            offer(&format!("O{at}"), &format!("h{at}"), vec![amount(Pool::Unreserved, (100, 100, 100), &[])])
        })
        .collect();
    let (accepts, declines) = give(&mut world, offers);
    assert_eq!((accepts.len(), declines.len(), declines[0].0.len()), (0, 1, 1000));
    assert_eq!(Config::default().executor.cpus, MilliCpus(100));
}
