//! Start, stop, failure, and what reaches the caller.

use std::{net::TcpListener, os::unix::fs::PermissionsExt, time::Duration};

use mysos_ha::view::Disk;
use mysos_local::Parts;
use mysos_model::{Bytes, Flavor, size::MIB};
use nix::sys::signal::Signal;

use crate::{
    keeper::Errand,
    mysqld::{
        log,
        process::{Exited, Mysqld, StartOptions},
    },
    server::words,
    support::{
        LIMIT, PASSWORD, PATIENCE, Place, SERVER_ID, data, is_alive, parent_of, patient, signal, spawner,
        value,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_starts_read_only_with_its_accounts_and_stops_cleanly() {
    let place = Place::new();
    let mut server = place.server().await.unwrap();
    assert_eq!(server.inspect().await.unwrap(), (Disk::Empty, None));
    let made = server.initialize(data(), SERVER_ID, &crate::support::credentials()).await.unwrap();
    assert_eq!(made, (Disk::Ready, Some(data())));

    let life = tokio::spawn(server.start().await.unwrap());
    let mut conn = place.conn().await;
    assert_eq!(value(&mut conn, "SELECT @@read_only AS v").await, "1");
    assert_eq!(value(&mut conn, "SELECT @@server_id AS v").await, SERVER_ID.to_string());
    assert_eq!(value(&mut conn, "SELECT @@gtid_binlog_state AS v").await, "", "nothing was logged");
    let open = "SELECT GROUP_CONCAT(User) AS v FROM mysql.global_priv \
        WHERE NOT JSON_VALUE(Priv, '$.account_locked') <=> 1";
    assert_eq!(value(&mut conn, open).await, "mysos_admin", "the accounts that are not locked");
    drop(conn);

    let pid = server.pid().unwrap();
    assert!(server.is_running() && is_alive(pid));
    server.stop(PATIENCE).await;
    assert_eq!(life.await.unwrap(), Exited::Code(0));
    assert!(!server.is_running() && !is_alive(pid));
    assert!(place.error_log().contains("Shutdown complete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_left_on_disk_or_in_arguments() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    let pid = server.pid().unwrap();
    place.conn().await;
    for process in [pid, parent_of(pid)] {
        let arguments = std::fs::read(format!("/proc/{process}/cmdline")).unwrap();
        assert!(!String::from_utf8_lossy(&arguments).contains(PASSWORD));
    }
    for entry in place.path("").read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o007, 0, "{} can be read by others", entry.display());
        if entry.is_file() {
            assert!(!std::fs::read_to_string(&entry).unwrap().contains("secret"), "{}", entry.display());
        }
    }
    assert!(!place.path("accounts.sql").exists());
    server.kill().await;
    assert_eq!(life.await.unwrap(), Exited::Signal(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_by_itself_says_how_and_why() {
    let place = Place::new();
    let mut server = place.made().await;
    let taken = TcpListener::bind((place.task.host.0.as_str(), place.task.mysql_port)).unwrap();
    let life = server.start().await.unwrap();
    assert_eq!(life.await, Exited::Code(1));
    let lines = server.last_lines().await;
    assert!(lines.contains("[ERROR]") && lines.contains("Address already in use"), "{lines}");
    drop(taken);

    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    assert!(!server.last_lines().await.contains("[ERROR]"), "of an earlier start");
    signal(server.pid().unwrap(), Signal::SIGSEGV);
    assert!(matches!(life.await.unwrap(), Exited::Signal(11 | 6)));
    assert!(!server.is_running());
    assert!(server.last_lines().await.contains("got signal 11"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_server_with_a_bad_option_reach_the_caller() {
    let place = Place::new();
    let dir = place.root();
    let options = dir.join("bad.cnf");
    let text = format!("[mariadbd]\ndatadir={}\nno_such_option=1\n", dir.display());
    std::fs::write(&options, text).unwrap();
    let output = dir.join("error.log");
    let errand = Errand {
        lock: dir.join("running"),
        input: None,
        stream: None,
        output: output.clone(),
        program: "/usr/sbin/mariadbd".into(),
        args: vec![format!("--defaults-file={}", options.display()).into(), "--user=root".into()],
    };
    let (_process, life) = Mysqld::start(&spawner(), StartOptions { errand, env: Vec::new() }).await.unwrap();
    assert!(matches!(life.await, Exited::Code(1..)));
    let lines = log::last_lines(&output, 0);
    assert!(lines.contains("unknown variable 'no_such_option=1'"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_said_in_its_log() {
    let place = Place::new();
    let output = place.root().join("error.log");
    let errand = Errand {
        lock: place.root().join("running"),
        input: None,
        stream: None,
        output: output.clone(),
        program: "/nowhere/mysqld".into(),
        args: Vec::new(),
    };
    let (_process, life) = Mysqld::start(&spawner(), StartOptions { errand, env: Vec::new() }).await.unwrap();
    assert_eq!(life.await, Exited::Code(1));
    let lines = log::last_lines(&output, 0);
    assert!(lines.contains("cannot run /nowhere/mysqld: No such file"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_stop_in_time_is_killed() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    place.conn().await;
    signal(server.pid().unwrap(), Signal::SIGSTOP);
    server.stop(Duration::from_millis(300)).await;
    assert_eq!(life.await.unwrap(), Exited::Signal(9));
    assert!(!server.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_at_a_time() {
    let place = Place::new();
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    assert!(server.start().await.err().unwrap().contains("is running already"));
    let errand = Errand {
        lock: place.path("running"),
        input: None,
        stream: None,
        output: place.root().join("second.log"),
        program: "/usr/sbin/mariadbd".into(),
        args: vec!["--version".into()],
    };
    // Another one that got past this executor is stopped by the lock that the first holds itself.
    place.conn().await;
    let (_process, second) =
        Mysqld::start(&spawner(), StartOptions { errand, env: Vec::new() }).await.unwrap();
    assert_eq!(second.await, Exited::Code(1));
    let lines = log::last_lines(&place.root().join("second.log"), 0);
    assert!(lines.contains("another server is still running"), "{lines}");
    server.kill().await;
    life.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_too_small_is_refused_before_anything_is_made() {
    let mut place = Place::new();
    place.task.mem = Bytes(255 * MIB);
    let error = words(&place.server().await.err().unwrap());
    assert!(error.contains("mariadb needs at least 256 MiB of memory, the task has 255 MiB"), "{error}");
    assert!(!place.path("data").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_program_of_another_flavor_is_refused() {
    let mut place = Place::new();
    place.task.mysqld_path = Some("/usr/sbin/mysqld".into());
    place.task.flavor = Flavor::MySql;
    place.task.mem = Bytes(1024 * MIB);
    let error = words(&place.server().await.err().unwrap());
    assert!(
        error.contains("no mysql server was found") && error.contains("/usr/sbin/mysqld (mariadb"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_lives_on_while_its_executor_beats() {
    let silence = Duration::from_millis(500);
    let place = Place::new();
    let errand = Errand {
        lock: place.root().join("running"),
        input: None,
        stream: None,
        output: place.root().join("log"),
        program: "/bin/sleep".into(),
        args: vec!["600".into()],
    };
    let (mut process, life) =
        Mysqld::start(&patient(silence), StartOptions { errand, env: Vec::new() }).await.unwrap();
    let life = tokio::spawn(life);
    // Nothing must happen, so there is nothing to wait for but the time.
    tokio::time::sleep(silence * 4).await;
    assert!(process.exited().is_none() && is_alive(process.pid()));
    process.terminate().await;
    assert_eq!(tokio::time::timeout(LIMIT, process.gone()).await.unwrap(), Exited::Signal(15));
    assert_eq!(life.await.unwrap(), Exited::Signal(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_member_on_mysql_starts_read_only_and_stops_cleanly() {
    let mut place = Place::new();
    place.task.flavor = Flavor::MySql;
    place.task.mem = Bytes(1024 * MIB);
    place.task.parts_dir = Some(Parts::locate().unwrap().dir().display().to_string());
    let mut server = place.made().await;
    let life = tokio::spawn(server.start().await.unwrap());
    let mut conn = place.conn().await;
    assert_eq!(value(&mut conn, "SELECT @@super_read_only AS v").await, "1");
    assert_eq!(value(&mut conn, "SELECT @@server_id AS v").await, SERVER_ID.to_string());
    assert_eq!(value(&mut conn, "SELECT @@gtid_executed AS v").await, "", "nothing was logged");
    let open = "SELECT GROUP_CONCAT(user) AS v FROM mysql.user WHERE account_locked = 'N'";
    assert_eq!(value(&mut conn, open).await, "mysos_admin");
    drop(conn);
    server.stop(PATIENCE).await;
    assert_eq!(life.await.unwrap(), Exited::Code(0));
}
