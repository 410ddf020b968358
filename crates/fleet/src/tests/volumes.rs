//! Volumes: asked for once, written down before, come back to, and given back; never anybody else's, never one that
//! may be needed.

use std::time::Duration;

use mysos_model::{
    Ordinal,
    wire::{
        home::{Home, HomeStage, ReservationId},
        state::Instance,
    },
};

use super::world::{Death, Fault, Luck, World, cluster, create, delete};
use crate::{
    Action, Event, Slot,
    action::{Accept, Feedback, VolumeSource},
    change::Count,
    event::{OperationState, OperationUpdate, TaskState},
    operation::{Kind, Operation},
};

fn running(agents: usize, num_nodes: u32) -> World {
    let mut world = World::with_volumes(agents);
    world.ask(create("shop", num_nodes));
    world.settle();
    assert!(world.words("shop").iter().all(|word| *word == "running"), "{:?}", world.words("shop"));
    world.performed();
    world
}

fn home(world: &World, ordinal: u32) -> Home {
    let instances = &world.fleet.cluster(&cluster("shop")).unwrap().saved.instances;
    instances[&Ordinal(ordinal)].home.clone().expect("a home")
}

fn slot(ordinal: u32) -> Slot {
    Slot { cluster: cluster("shop"), ordinal: Ordinal(ordinal) }
}

/// The index of the agent that has a slot's volume.
fn agent_of(world: &World, ordinal: u32) -> usize {
    let home = home(world, ordinal);
    world.agents.iter().position(|agent| agent.reserved.contains_key(&home.reservation)).expect("an agent")
}

fn accepts(world: &mut World) -> Vec<Accept> {
    let all = world.performed().into_iter();
    all.filter_map(|action| match action {
        Action::Accept(accept) => Some(accept),
        _ => None,
    })
    .collect()
}

fn all_reservations(world: &World) -> Vec<ReservationId> {
    world.agents.iter().flat_map(|agent| agent.reserved.keys().cloned()).collect()
}

#[test]
fn each_member_has_a_reservation_and_a_volume_of_its_own() {
    let world = running(3, 3);
    for ordinal in 0..3 {
        let home = home(&world, ordinal);
        assert_eq!(home.stage, HomeStage::Filled);
        assert_eq!(home.volume, home.reservation.volume(&cluster("shop"), Ordinal(ordinal)));
        let reserved = &world.agents[agent_of(&world, ordinal)].reserved[&home.reservation];
        assert_eq!((reserved.free, reserved.ports.len()), ((0, 0, 0), 0), "the task uses all of it");
        assert_eq!(reserved.volume.as_ref().unwrap().name, home.volume);
    }
    assert_eq!(all_reservations(&world).len(), 3);
}

#[test]
fn what_is_asked_for_is_saved_before() {
    let mut world = World::with_volumes(1);
    world.ask(create("shop", 1));
    world.dies = None;
    for _ in 0..60 {
        world.turn();
        if world.words("shop") == ["reserving"] || world.words("shop") == ["staging"] {
            break;
        }
    }
    let saved = String::from_utf8(world.saved_clusters[&cluster("shop")].0.clone()).unwrap();
    assert!(saved.contains(&home(&world, 0).reservation.0), "{saved}");
}

#[test]
fn a_task_that_dies_comes_back_on_its_own_volume_and_ports() {
    let mut world = running(4, 3);
    let (before, task) = (home(&world, 1), world.task("shop", 1));
    let data = world.tasks[&task].data.clone();
    world.moves(&task, TaskState::Failed, "killed");
    world.settle();
    let again = world.task("shop", 1);
    assert_ne!(again, task);
    assert_eq!(home(&world, 1).reservation, before.reservation);
    assert_eq!(world.state("shop", 1).place(), Some(&before.place), "also on the same ports");
    assert_eq!(world.tasks[&again].data, data, "with the same data");
    let accepts = accepts(&mut world);
    let berth = accepts[0].launches[0].berth.as_ref().unwrap();
    assert_eq!((accepts.len(), &berth.source), (1, &VolumeSource::There));
    assert_eq!(all_reservations(&world).len(), 3, "no second volume");
}

#[test]
fn a_slot_waits_for_its_volume_while_the_agent_is_away() {
    let mut world = running(4, 1);
    let at = agent_of(&world, 0);
    let (before, task) = (home(&world, 0), world.task("shop", 0));
    world.moves(&task, TaskState::Failed, "killed");
    world.agents_send();
    world.deliver();
    world.agent_goes_away(at);
    world.advance(Duration::from_secs(3 * 3600));
    world.settle();
    assert_eq!(world.words("shop"), ["pending"], "nobody else serves: an empty member would be of no use");
    let why = world.fleet.why(&slot(0)).unwrap();
    assert_eq!(why.code, "WaitingForVolume");
    assert!(why.text.contains(&before.volume) && why.text.contains("acknowledged"), "{}", why.text);
    world.agent_returns(at);
    world.advance(Duration::from_secs(3600));
    world.settle();
    assert_eq!((world.words("shop"), home(&world, 0).reservation), (vec!["running"], before.reservation));
}

#[test]
fn a_member_whose_agent_stays_away_is_replaced_and_its_volume_goes_when_it_is_not_needed() {
    let mut world = running(4, 3);
    let (at, before) = (agent_of(&world, 2), home(&world, 2));
    world.agent_goes_away(at);
    world.deliver();
    // Its server ends too, and the others go on without it.
    let task = world.task("shop", 2);
    world.tasks.get_mut(&task).unwrap().alive = false;
    world.settle();
    world.advance(Duration::from_secs(28 * 60));
    assert_eq!(home(&world, 2).reservation, before.reservation, "not before thirty minutes");
    world.advance(Duration::from_secs(120));
    world.settle();
    assert_eq!(world.words("shop"), ["running"; 3]);
    assert_ne!(home(&world, 2).reservation, before.reservation);
    assert!(world.agents[at].reserved.contains_key(&before.reservation), "it is away, so it is kept");
    let agent = world.agents[at].id.clone();
    world.tasks.remove(&task);
    world.unmount(&agent, &task);
    world.agent_returns(at);
    world.settle();
    world.advance(Duration::from_secs(2 * 3600));
    world.settle();
    assert!(!world.agents[at].reserved.contains_key(&before.reservation), "it is released");
    assert!(world.fleet.all_releasing().next().is_none() && world.suppressed);
}

#[test]
fn a_volume_that_may_be_needed_is_not_destroyed_and_is_taken_back_when_nobody_else_can_serve() {
    let mut world = running(2, 1);
    let (at, before) = (agent_of(&world, 0), home(&world, 0));
    let (task, agent) = (world.task("shop", 0), world.agents[at].id.clone());
    // An operator declares the agent gone, and is wrong about its disk.
    world.tasks.remove(&task);
    world.unmount(&agent, &task);
    world.agent_goes_away(at);
    world.inbox.clear();
    world.master_says(&task, Some(agent), TaskState::GoneByOperator, None);
    world.deliver();
    world.settle();
    assert_ne!(home(&world, 0).reservation, before.reservation, "built anew elsewhere");
    world.agent_is_reborn(at);
    world.settle_for(30);
    assert!(world.agents[at].reserved.contains_key(&before.reservation), "what it holds is needed");
    world.advance(Duration::from_secs(2 * 3600));
    world.settle();
    world.advance(Duration::from_secs(2 * 3600));
    world.settle();
    assert_eq!(home(&world, 0).reservation, before.reservation);
    assert_eq!(world.words("shop"), ["running"]);
    assert_eq!(all_reservations(&world), [before.reservation], "the empty one is given back");
}

#[test]
fn a_volume_that_comes_back_under_another_agent_id_is_recognized() {
    let mut world = running(3, 3);
    let (at, before) = (agent_of(&world, 0), home(&world, 0));
    world.agent_is_reborn(at);
    world.settle();
    world.advance(Duration::from_secs(20 * 60));
    world.settle();
    assert_eq!((world.words("shop"), home(&world, 0).reservation), (vec!["running"; 3], before.reservation));
    assert_eq!(world.state("shop", 0).place().unwrap().agent, world.agents[at].id);
}

#[test]
fn deletion_destroys_and_gives_back_what_is_ours_and_nothing_else() {
    let mut world = running(3, 3);
    let theirs = world.plant(1, "another installation");
    world.ask(create("other", 2));
    world.settle();
    let others = world.fleet.cluster(&cluster("other")).unwrap().saved.instances.clone();
    world.ask(delete("shop"));
    world.settle();
    assert_eq!(world.words("shop"), ["gone"]);
    let left = all_reservations(&world);
    assert_eq!(left.len(), 3, "{left:?}");
    assert!(left.contains(&theirs));
    assert!(others.values().all(|instance| left.contains(&instance.home.as_ref().unwrap().reservation)));
}

#[test]
fn the_record_waits_for_an_agent_that_is_away_and_then_goes_without_it() {
    let mut world = running(3, 2);
    let (at, reservation) = (agent_of(&world, 1), home(&world, 1).reservation);
    let task = world.task("shop", 1);
    world.moves(&task, TaskState::Failed, "killed");
    world.agents_send();
    world.deliver();
    world.agent_goes_away(at);
    world.ask(delete("shop"));
    world.settle();
    assert!(world.words("shop").is_empty(), "it has no slot any more, and is still there");
    assert_eq!(world.fleet.all_releasing().count(), 1);
    world.advance(Duration::from_secs(600));
    world.settle();
    assert_eq!(world.words("shop"), ["gone"], "the name is free again");
    world.crash();
    world.subscribe();
    world.agent_returns(at);
    world.settle();
    assert!(!world.agents[at].reserved.contains_key(&reservation), "it is released all the same");
    assert!(world.fleet.framework().unwrap().orphans.is_empty() && world.suppressed);
}

#[test]
fn an_accept_that_is_lost_leaves_nothing_and_makes_no_second_volume() {
    for luck in [Luck::Lost(1), Luck::Lost(3)] {
        let mut world = World::with_volumes(2);
        world.ask(create("shop", 1));
        world.settle_for(2);
        world.luck = luck;
        world.settle();
        world.advance(Duration::from_secs(6 * 60));
        world.settle();
        world.advance(Duration::from_secs(3600));
        world.settle();
        assert_eq!(world.words("shop"), ["running"]);
        assert_eq!(all_reservations(&world), [home(&world, 0).reservation]);
        assert!(world.suppressed);
    }
}

#[test]
fn every_operation_may_fail_alone() {
    for fault in [Fault::Reserve, Fault::Create, Fault::Launch] {
        let mut world = World::with_volumes(2);
        world.fault = Some(fault);
        world.ask(create("shop", 1));
        world.settle();
        world.settle();
        world.advance(Duration::from_secs(3600));
        world.settle();
        assert_eq!(world.words("shop"), ["running"], "{fault:?}");
        assert_eq!(all_reservations(&world), [home(&world, 0).reservation], "{fault:?}");
    }
    let mut world = running(1, 1);
    world.fault = Some(Fault::Release);
    world.ask(delete("shop"));
    world.settle();
    world.settle();
    assert_eq!((world.words("shop"), all_reservations(&world)), (vec!["gone"], vec![]));
}

#[test]
fn what_mesos_refused_is_told() {
    let mut world = World::with_volumes(1);
    world.fault = Some(Fault::Reserve);
    world.ask(create("shop", 1));
    for _ in 0..60 {
        world.turn();
        if world.fleet.count(Count::OperationRefused) > 0 {
            break;
        }
    }
    world.deliver();
    let why = world.fleet.why(&slot(0)).unwrap();
    assert!(why.text.contains("refused by the world"), "{why:?}");
}

#[test]
fn a_scheduler_that_dies_anywhere_in_a_creation_or_deletion_leaves_one_volume_or_none() {
    for actions in 0..4 {
        for death in [Death::BeforeSave, Death::AfterActions(actions)] {
            for turns in 0..8 {
                let mut world = World::with_volumes(2);
                world.ask(create("shop", 1));
                world.settle_for(turns);
                world.dies = Some(death);
                settle_with_deaths(&mut world);
                assert_eq!(world.words("shop"), ["running"], "{death:?} {turns}");
                assert_eq!(all_reservations(&world), [home(&world, 0).reservation], "{death:?} {turns}");
                world.ask(delete("shop"));
                world.settle_for(turns);
                world.dies = Some(death);
                settle_with_deaths(&mut world);
                assert_eq!(all_reservations(&world), [], "{death:?} {turns}");
                assert_eq!(world.words("shop"), ["gone"], "{death:?} {turns}");
            }
        }
    }
}

fn settle_with_deaths(world: &mut World) {
    world.settle_for(20);
    world.dies = None;
    world.subscribe();
    world.settle();
    world.advance(Duration::from_secs(12 * 60));
    world.settle();
    world.settle();
}

#[test]
fn a_volume_with_our_labels_that_no_record_names_is_left_alone_and_counted() {
    let mut world = World::with_volumes(1);
    let uid = world.fleet.framework().unwrap().cluster_uid.clone();
    let orphan = world.plant(0, &uid);
    world.ask(create("shop", 1));
    world.settle();
    assert!(world.agents[0].reserved.contains_key(&orphan));
    assert!(world.fleet.count(Count::OrphanVolume) > 0);
    world.agents[0].reserved.get_mut(&orphan).unwrap().volume = None;
    world.agents[0].reserved.get_mut(&orphan).unwrap().free.2 = 1 << 30;
    world.ask(delete("shop"));
    world.settle();
    assert!(!world.agents[0].reserved.contains_key(&orphan), "without a volume it holds no data");
}

#[test]
fn an_agent_that_cannot_answer_for_operations_is_asked_no_more() {
    let mut world = World::with_volumes(1);
    world.ask(create("shop", 1));
    world.settle_for(3);
    let accept = accepts(&mut world).pop().expect("an accept");
    assert_eq!(accept.feedback, Feedback::Asked);
    let reservation = home(&world, 0).reservation;
    let operation = Operation { kind: Kind::Reserve, reservation, attempt: "1".to_owned() }.to_string();
    world.take(&Event::Operation(OperationUpdate {
        operation,
        agent: Some(world.agents[0].id.clone()),
        state: OperationState::Refused,
        message: "the agent does not have the required AGENT_OPERATION_FEEDBACK capability".to_owned(),
        uuid: None,
    }));
    world.ask(delete("shop"));
    world.settle();
    world.settle();
    world.settle();
    let accepts = accepts(&mut world);
    assert!(accepts.iter().all(|accept| accept.feedback == Feedback::None), "{accepts:?}");
    assert_eq!((world.words("shop"), all_reservations(&world)), (vec!["gone"], vec![]), "the offers told");
}

#[test]
fn with_volumes_no_two_members_wait_on_one_host() {
    let mut world = running(3, 3);
    for ordinal in 0..3 {
        let task = world.task("shop", ordinal);
        world.moves(&task, TaskState::Failed, "all at once");
    }
    world.settle();
    assert_eq!(world.words("shop"), ["running"; 3]);
    assert!(matches!(world.state("shop", 0), Instance::Running { .. }));
    assert_eq!(all_reservations(&world).len(), 3);
}
