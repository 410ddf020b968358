//! The executor's death is its mysqld's death, whichever link of the chain breaks.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::{
    mysqld::process::Exited,
    support::{PATIENCE, Place, StandIn, TOKEN, is_alive, parent_of, signal, until},
};

/// How soon a server is gone when the kernel ends it.
const MOMENT: Duration = Duration::from_secs(2);

/// A stand-in with a server that answers: the server's process, and its keeper's.
async fn running(place: &Place) -> (StandIn, u32, u32) {
    drop(place.made().await);
    let mut stand_in = StandIn::start(place, "start");
    let mysqld = stand_in.told("mysqld");
    place.conn().await;
    let keeper = parent_of(mysqld);
    assert_eq!(parent_of(keeper), stand_in.pid());
    (stand_in, mysqld, keeper)
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqld_dies_with_an_executor_that_is_killed() {
    let place = Place::new();
    let (stand_in, mysqld, keeper) = running(&place).await;
    signal(stand_in.pid(), Signal::SIGKILL);
    let took = until("mysqld is gone", || !is_alive(mysqld) && !is_alive(keeper));
    assert!(took < MOMENT, "{took:?}");
    drop(stand_in);
    until("the directory is free", || place.volume().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqld_dies_with_an_executor_that_is_frozen_for_too_long() {
    let place = Place::new();
    let (stand_in, mysqld, _) = running(&place).await;
    signal(stand_in.pid(), Signal::SIGSTOP);
    let since = Instant::now();
    until("mysqld is gone", || !is_alive(mysqld));
    // The stand-in's bound is two seconds, and it beats five times in it.
    assert!(since.elapsed() > Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_to_the_executors_group_do_not_hit_mysqld() {
    let place = Place::new();
    let (stand_in, mysqld, keeper) = running(&place).await;
    let group = |pid: u32| nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(pid as i32))).unwrap();
    let session = |pid: u32| nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(pid as i32))).unwrap();
    for process in [mysqld, keeper] {
        assert_ne!(group(process), group(stand_in.pid()));
        assert_ne!(session(process), session(stand_in.pid()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqld_sees_its_keeper_and_nothing_of_the_agents_environment() {
    let place = Place::new();
    let (stand_in, mysqld, keeper) = running(&place).await;
    let environment = |pid: u32| {
        let bytes = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert!(environment(stand_in.pid()).contains(TOKEN), "else this proves nothing");
    for process in [mysqld, keeper] {
        let text = environment(process);
        assert!(!text.contains("MESOS_") && !text.contains("MYSOS_"), "{text}");
    }
    assert!(environment(mysqld).contains(&format!("MYSQLD_PARENT_PID={keeper}\0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn mysqld_dies_with_its_keeper_and_the_loss_is_told() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    let mysqld = server.pid().unwrap();
    signal(parent_of(mysqld), Signal::SIGKILL);
    assert_eq!(tokio::time::timeout(PATIENCE, life).await.unwrap().unwrap(), Exited::Lost);
    assert!(!is_alive(mysqld) && !server.is_running());
    let again = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    server.stop(PATIENCE).await;
    assert_eq!(again.await.unwrap(), Exited::Code(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_under_a_frozen_keeper_is_killed_all_the_same() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    let mysqld = server.pid().unwrap();
    signal(parent_of(mysqld), Signal::SIGSTOP);
    server.kill().await;
    assert!(!is_alive(mysqld));
    assert_eq!(life.await.unwrap(), Exited::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_that_is_dropped_takes_mysqld_along() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = server.start().await.unwrap();
    let mysqld = server.pid().unwrap();
    assert!(is_alive(mysqld));
    drop(life);
    until("mysqld is gone", || !is_alive(mysqld));
}
