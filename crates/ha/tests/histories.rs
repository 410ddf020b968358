//! Histories of a whole cluster, by seed: it forms, serves, loses and regains members.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod world;

use mysos_ha::action::Report;
use mysos_model::{
    Epoch,
    record::{JournalStep, MemberState},
};
use proptest::prelude::*;
use world::{STRAY, World};

const FORMS_WITHIN_MS: u64 = 5_000;

fn formed(size: u32, seed: u64) -> World {
    let mut world = World::new(size, seed);
    world.run_until("all members serve", FORMS_WITHIN_MS, |world| world.all_serve(size as usize));
    world
}

fn primary(world: &World) -> u32 {
    *world.members.iter().find(|(_, it)| it.view.own.state.0 == MemberState::Primary).unwrap().0
}

#[test]
fn cluster_of_one_serves_without_acks() {
    let world = formed(1, 1);
    assert_eq!(world.store.epoch.acks, 0);
    assert_eq!(world.store.published.len(), 1);
}

#[test]
fn replicas_enter_the_ack_set_one_turn_at_a_time() {
    let mut world = formed(3, 7);
    world.run_until("both acknowledge", 2_000, |world| world.store.epoch.ackers.len() == 2);
    assert_eq!(world.store.epoch.epoch, Epoch(1));
    assert_eq!(world.store.epoch.floor.as_ref().map(mysos_model::GtidSet::is_empty), Some(true));
}

#[test]
fn a_big_cluster_keeps_few_ackers() {
    let mut world = formed(5, 3);
    world.run(2_000);
    assert_eq!(world.store.epoch.ackers.len(), 2);
}

#[test]
fn stopping_primary_withdraws_before_it_stops() {
    let mut world = formed(3, 5);
    let key = primary(&world);
    world.members.get_mut(&key).unwrap().inbox.push(mysos_ha::Event::Stop { grace_ms: 30_000 });
    world.run_until("it told Mesos", 10_000, |world| {
        world.members[&key].reports.last() == Some(&Report::Killed)
    });
    assert!(!world.members[&key].server.running);
    assert!(world.store.published.values().all(|(_, group, _)| *group != mysos_ha::view::Group::Primary));
}

#[test]
fn a_server_that_will_not_stay_up_fails_the_task_with_its_log() {
    let mut world = World::new(1, 2);
    for _ in 0..4 {
        world.run_until("it runs", 10_000, |world| world.members[&1].server.running);
        world.kill_server(1);
        world.run(10);
    }
    world.run_until("it gave up", 5_000, |world| {
        matches!(world.members[&1].reports.last(), Some(Report::Failed(_)))
    });
}

#[test]
fn a_member_that_writes_rest_on_is_never_given_up() {
    let mut world = formed(1, 2);
    for _ in 0..6 {
        world.run_until("it runs", 20_000, |world| world.members[&1].server.running);
        world.kill_server(1);
        world.run(10);
    }
    world.run_until("it serves again", 30_000, |world| world.all_serve(1));
    assert!(!world.members[&1].reports.iter().any(|report| matches!(report, Report::Failed(_))));
}

#[test]
fn the_journal_tells_a_failover_from_the_exit_to_the_publication() {
    let mut world = formed(3, 11);
    world.run_until("two ackers", 5_000, |world| world.store.epoch.ackers.len() == 2);
    world.run(100);
    let (killed, told) = (primary(&world), world.journal.len());
    world.kill_server(killed);
    world.run(50);
    world.run_until("all serve again", 30_000, |world| world.all_serve(3));
    world.run_until("two ackers again", 5_000, |world| world.store.epoch.ackers.len() == 2);
    world.run(100);
    let lines = &world.journal[told..];
    let at = |step: JournalStep| {
        let found = lines.iter().position(|line| line.step == step.as_str());
        found.unwrap_or_else(|| panic!("no line {step:?} in {lines:#?}"))
    };
    let order = [
        JournalStep::Exited,
        JournalStep::Electing,
        JournalStep::Elected,
        JournalStep::Drained,
        JournalStep::Opened,
        JournalStep::Proven,
        JournalStep::Published,
        JournalStep::Admitted,
    ];
    let places: Vec<usize> = order.map(at).to_vec();
    assert!(places.is_sorted(), "{lines:#?}");
    let revoked = lines.iter().filter(|line| line.step == JournalStep::Revoked.as_str()).count();
    assert_eq!(revoked, 2, "{lines:#?}");
    let electing = &lines[at(JournalStep::Electing)];
    let old = world.members[&killed].view.own.id.ordinal;
    assert_eq!(electing.detail, format!("member {old} is left as primary: its mysqld is not running"));
    assert_eq!(electing.epoch, Epoch(2));
    let failed = world.store.epoch.failed.as_ref().unwrap();
    assert_eq!((failed.ordinal, failed.epoch), (Some(old), Epoch(2)));
    assert_eq!(failed.reason, "its mysqld is not running");
    assert!(lines[at(JournalStep::Elected)].took_ms.is_some());
}

#[test]
fn nothing_happens_without_a_record() {
    let mut world = World::new(1, 2);
    let decision = mysos_ha::decide(
        &world.members[&1].view,
        world.now,
        &mysos_ha::Event::EpochUnreadable("not JSON".into()),
    );
    world.members.get_mut(&1).unwrap().view.apply(&decision.changes[0]);
    assert!(world.members[&1].view.record().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_cluster_forms(size in 1u32..6, seed in any::<u64>()) {
        formed(size, seed);
    }

    #[test]
    fn a_replaced_acker_leaves_the_set_and_the_newcomer_enters(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        let acker = *world.members.iter()
            .find(|(_, it)| it.view.own.state.0 == MemberState::Following).unwrap().0;
        let (ordinal, old) = {
            let member = &world.members[&acker];
            (member.view.own.id.ordinal.0, member.server.data.clone().unwrap())
        };
        world.kill_task(acker);
        world.run(seed % 3000);
        world.launch(ordinal, 10);
        world.run_until("the newcomer acknowledges", 30_000, |world| {
            world.all_serve(3) && world.members[&10].server.acking
        });
        prop_assert!(!world.store.epoch.ackers.contains(&old));
        world.run_until("two ackers again", 5_000, |world| world.store.epoch.ackers.len() == 2);
    }

    #[test]
    fn a_crashed_replica_comes_back_in_place(seed in any::<u64>(), which in 0usize..2) {
        let mut world = formed(3, seed);
        let epoch = world.store.epoch.epoch;
        world.run_until("two ackers", 5_000, |world| world.store.epoch.ackers.len() == 2);
        let replicas: Vec<u32> = world.members.keys().copied().filter(|key| *key != primary(&world)).collect();
        world.kill_server(replicas[which]);
        world.run(50);
        world.run_until("all serve again", 30_000, |world| world.all_serve(3));
        prop_assert_eq!(world.store.epoch.epoch, epoch);
    }

    #[test]
    fn a_killed_primary_is_replaced_and_comes_back(seed in any::<u64>(), kills in 1u32..4) {
        let mut world = formed(3, seed);
        world.writing = true;
        for kill in 0..kills {
            world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
            world.run(world.dice.clone().below(200));
            let epoch = world.store.epoch.epoch;
            let acked = world.acked.len();
            world.kill_server(primary(&world));
            world.run(20);
            world.run_until("writes go on", 10_000, |world| {
                world.store.epoch.epoch > epoch && world.acked.len() > acked + 3
            });
            world.run_until("all serve again", 30_000, |world| world.all_serve(3));
            let _ = kill;
        }
    }

    // An executor that is frozen comes to the same: its session ends, its keeper kills mysqld when it has been silent
    // for long, and until then acknowledgements still reach the clients of a server that is well.
    #[test]
    fn a_primary_that_is_gone_with_its_executor_is_replaced(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let gone = primary(&world);
        let ordinal = world.members[&gone].view.own.id.ordinal.0;
        let acked = world.acked.len();
        world.freeze_out(gone);
        world.run_until("writes go on", 10_000, |world| world.acked.len() > acked + 3);
        world.launch(ordinal, 10);
        world.run_until("the newcomer serves", 30_000, |world| world.all_serve(3));
        world.run_until("two ackers again", 20_000, |world| world.store.epoch.ackers.len() == 2);
    }

    #[test]
    fn a_primary_whose_mysqld_is_frozen_is_replaced_and_comes_back(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        world.run(seed % 300);
        let (epoch, acked) = (world.store.epoch.epoch, world.acked.len());
        world.freeze_server(primary(&world));
        world.run_until("writes go on", 5_000, |world| {
            world.store.epoch.epoch > epoch && world.acked.len() > acked + 3
        });
        world.run_until("all serve again", 30_000, |world| world.all_serve(3));
    }

    #[test]
    fn an_acker_that_is_frozen_when_the_primary_dies_holds_the_election_up_only_for_a_while(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let acker = world.members.keys().copied().find(|key| *key != primary(&world)).unwrap();
        world.freeze_server(acker);
        world.run(seed % 500);
        let (epoch, acked) = (world.store.epoch.epoch, world.acked.len());
        world.kill_server(primary(&world));
        world.run_until("writes go on", 12_000, |world| {
            world.store.epoch.epoch >= epoch && world.acked.len() > acked + 3
        });
        world.run_until("all serve again", 30_000, |world| world.all_serve(3));
    }

    #[test]
    fn an_acker_that_writes_by_itself_leaves_the_set_and_is_built_anew(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let stray = world.members.keys().copied().find(|key| *key != primary(&world)).unwrap();
        let old = world.members[&stray].server.data.clone().unwrap();
        let server = &mut world.members.get_mut(&stray).unwrap().server;
        let number = server.log.last().map_or(1, |(_, number)| number + 1);
        server.log.push((STRAY + 7, number));
        world.run_until("it is built anew", 20_000, |world| {
            world.members[&stray].server.data.as_ref().is_some_and(|data| *data != old) && world.all_serve(3)
        });
        world.run_until("two ackers again", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let strays = |world: &World| world.members.values().any(|it| it.server.log.iter().any(|(id, _)| *id >= STRAY));
        prop_assert!(!strays(&world));
    }

    #[test]
    fn a_member_that_writes_by_itself_does_not_win(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let stray = world.members.keys().copied().find(|key| *key != primary(&world)).unwrap();
        let server = &mut world.members.get_mut(&stray).unwrap().server;
        let number = server.log.last().map_or(1, |(_, number)| number + 1);
        server.log.push((STRAY + 7, number));
        let epoch = world.store.epoch.epoch;
        world.kill_server(primary(&world));
        world.run_until("another is named", 10_000, |world| {
            world.store.epoch.epoch > epoch && world.store.epoch.primary.is_some()
        });
        prop_assert_ne!(&world.store.epoch.primary, &world.members[&stray].server.data);
        world.run_until("all serve again", 40_000, |world| world.all_serve(3));
    }

    #[test]
    fn a_cluster_whose_ackers_all_lost_their_data_takes_in_new_ones(seed in any::<u64>()) {
        let mut world = formed(3, seed);
        world.writing = true;
        world.run_until("two ackers", 20_000, |world| world.store.epoch.ackers.len() == 2);
        let lost: Vec<u32> = world.members.keys().copied().filter(|key| *key != primary(&world)).collect();
        for (launch, key) in lost.into_iter().enumerate() {
            let ordinal = world.members[&key].view.own.id.ordinal.0;
            world.kill_task(key);
            world.launch(ordinal, 10 + launch as u32);
        }
        let acked = world.acked.len();
        world.run_until("writes go on", 40_000, |world| world.acked.len() > acked + 3);
        world.run_until("all serve", 30_000, |world| world.all_serve(3));
        world.run_until("the lost ones left", 60_000, |world| {
            let there = |data| world.members.values().any(|it| !it.gone && it.server.data.as_ref() == Some(data));
            world.store.epoch.ackers.len() == 2 && world.store.epoch.ackers.iter().all(there)
        });
    }

    #[test]
    fn a_lost_session_is_rebuilt(seed in any::<u64>(), which in 1u32..4) {
        let mut world = formed(3, seed);
        world.expire(which);
        world.run(50);
        world.run_until("all are published again", 30_000, |world| world.all_serve(3));
    }

    #[test]
    fn the_same_seed_gives_the_same_history(seed in any::<u64>()) {
        let (a, b) = (formed(3, seed), formed(3, seed));
        prop_assert_eq!(a.trace, b.trace);
    }
}
