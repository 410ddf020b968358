//! A data directory is made once, whole, and never over another.

use mysos_ha::view::Disk;
use nix::sys::signal::Signal;

use crate::{
    server::words,
    support::{PATIENCE, Place, SERVER_ID, StandIn, credentials, data, signal, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_initialization_is_moved_aside_and_made_anew() {
    let place = Place::new();
    let mut stand_in = StandIn::start(&place, "initialize");
    stand_in.told("initializing");
    until("the installer has written something", || place.path("data/ibdata1").exists());
    signal(stand_in.pid(), Signal::SIGKILL);
    drop(stand_in);
    // What the killed executor had started ends without it, and lets go.
    until("the directory is free", || place.volume().is_ok());

    let mut server = place.server().await.unwrap();
    assert_eq!(server.inspect().await.unwrap(), (Disk::Empty, None));
    let made = server.initialize(data(), SERVER_ID, &credentials()).await.unwrap();
    assert_eq!(made, (Disk::Ready, Some(data())));
    assert!(place.path("aside-1/ibdata1").exists(), "nothing is deleted");
    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    server.stop(PATIENCE).await;
    life.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initialization_that_fails_tells_the_words_of_the_program() {
    let place = Place::new();
    let mut server = place.server().await.unwrap();
    // A file where the installer wants to make a directory.
    std::fs::create_dir_all(place.path("log")).unwrap();
    std::fs::write(place.path("tmp"), "").unwrap();
    let error = server.initialize(data(), SERVER_ID, &credentials()).await.unwrap_err();
    assert!(error.contains("cannot make") && error.contains("mysqldata/tmp"), "{error}");
    std::fs::remove_file(place.path("tmp")).unwrap();

    std::fs::create_dir(place.path("tmp")).unwrap();
    std::fs::create_dir(place.path("accounts.sql")).unwrap();
    let error = server.initialize(data(), SERVER_ID, &credentials()).await.unwrap_err();
    assert!(error.contains("cannot write") && error.contains("accounts.sql"), "{error}");
    std::fs::remove_dir(place.path("accounts.sql")).unwrap();
    assert_eq!(server.inspect().await.unwrap(), (Disk::Empty, None));
    server.initialize(data(), SERVER_ID, &credentials()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_directory_is_neither_filled_nor_started() {
    let place = Place::new();
    let foreign = place.path("data/ibdata1");
    std::fs::create_dir_all(place.path("data")).unwrap();
    std::fs::write(&foreign, "somebody's").unwrap();
    let mut server = place.server().await.unwrap();
    let (disk, data_id) = server.inspect().await.unwrap();
    assert!(matches!(&disk, Disk::Foreign(why) if why.contains("no marker of ours")), "{disk:?}");
    assert_eq!(data_id, None);
    assert!(
        server
            .initialize(data(), SERVER_ID, &credentials())
            .await
            .unwrap_err()
            .contains("nothing is initialized over data")
    );
    assert!(server.start().await.err().unwrap().contains("no marker of ours"));
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "somebody's");
    assert_eq!(place.path("data").read_dir().unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_executor_is_busy() {
    let place = Place::new();
    let _first = place.server().await.unwrap();
    let error = words(&place.server().await.err().unwrap());
    assert!(error.contains("data directory busy"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_in_the_path_of_the_sandbox_do_no_harm() {
    let place = Place::below("with two blanks");
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    server.stop(PATIENCE).await;
    life.await.unwrap();
}
