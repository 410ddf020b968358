//! What the owner's account can do, and what it tries in vain.

use mysos_model::secret::Password;
use mysos_mysql_admin::{AdminError, Conn, Flavor, Intent, rights, session, sql::Sql, status};

use crate::server::{LIMIT, Server, apply, password, run, until, value};

async fn owner(server: &Server, conn: &mut Conn) -> Conn {
    let user = "app.owner".parse().unwrap();
    apply(conn, Intent::EnsureClusterUser { user, password: password() }).await;
    Conn::open(&server.login("app.owner"), LIMIT).await.unwrap()
}

/// The server's answer to a statement that must be refused.
async fn refused(conn: &mut Conn, sql: &'static str) -> u16 {
    match conn.query(&Sql::new(sql), LIMIT).await {
        Err(AdminError::Refused { code, .. }) => code,
        other => panic!("{sql}: not refused: {other:?}"),
    }
}

/// "Access denied; you need …", "Access denied for user" and "the server is running with --read-only".
const NO_RIGHT: u16 = 1227;
const NO_ACCESS: u16 = 1045;
const READ_ONLY: u16 = 1290;
const NOT_YOURS: u16 = 1095;

#[tokio::test]
async fn the_owner_makes_databases_accounts_and_grants_on_the_primary() {
    let server = Server::new(0).await;
    let mut admin = server.open().await;
    let mut owner = owner(&server, &mut admin).await;
    for sql in [
        "CREATE DATABASE shop",
        "CREATE TABLE shop.t (id INT PRIMARY KEY)",
        "INSERT INTO shop.t VALUES (1)",
        "CREATE USER reader@'%' IDENTIFIED BY 'r'",
        "GRANT SELECT ON shop.* TO reader@'%'",
        "CREATE FUNCTION shop.one() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.id = NEW.id + 0",
        "CREATE PROCEDURE shop.p() SELECT 1",
        "CREATE EVENT shop.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "SHOW SLAVE STATUS",
        "SHOW MASTER STATUS",
        "SHOW PROCESSLIST",
        "DROP USER reader@'%'",
        "DROP DATABASE shop",
    ] {
        if let Err(error) = owner.query(&Sql::new(sql), LIMIT).await {
            panic!("{sql}: {error}");
        }
    }
}

#[tokio::test]
async fn the_owner_cannot_break_the_invariant_on_a_replica() {
    let [primary, replica] = Server::several().await;
    let mut admin = primary.open().await;
    let mut follower = replica.follow(&primary).await;
    let _ = owner(&primary, &mut admin).await;
    run(&mut admin, "CREATE DATABASE d").await;
    run(&mut admin, "CREATE TABLE d.t (id INT PRIMARY KEY)").await;
    let made = status::facts(&mut admin, LIMIT).await.unwrap().logged;
    until("the replica has the account and the table", async || {
        status::facts(&mut follower, LIMIT).await.unwrap().logged.contains(&made)
    })
    .await;
    let mut owner = Conn::open(&replica.login("app.owner"), LIMIT).await.unwrap();
    for sql in [
        "INSERT INTO d.t VALUES (1)",
        "CREATE DATABASE mine",
        "DROP USER mysos_admin@'%'",
        "ANALYZE TABLE d.t",
    ] {
        assert_eq!(refused(&mut owner, sql).await, READ_ONLY, "{sql}");
    }
    // RELOAD would let these write a transaction into the binary log of a read-only replica.
    for sql in ["FLUSH TABLES", "FLUSH PRIVILEGES", "FLUSH STATUS", "RESET MASTER", "RESET SLAVE"] {
        assert_eq!(refused(&mut owner, sql).await, NO_RIGHT, "{sql}");
    }
    for sql in ["STOP SLAVE", "CHANGE MASTER TO MASTER_HOST = 'elsewhere'"] {
        assert_eq!(refused(&mut owner, sql).await, NO_RIGHT, "{sql}");
    }
    let after = status::facts(&mut follower, LIMIT).await.unwrap();
    assert_eq!(after.logged, made, "nothing was written here");
    assert!(after.read_only);
}

#[tokio::test]
async fn the_owner_cannot_switch_what_the_invariant_rests_on() {
    let server = Server::new(0).await;
    let mut admin = server.open().await;
    let mut owner = owner(&server, &mut admin).await;
    for sql in [
        "SET GLOBAL read_only = 0",
        "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
        "SET GLOBAL rpl_semi_sync_slave_enabled = ON",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0",
        "SET GLOBAL sync_binlog = 0",
        "SET GLOBAL server_id = 9",
        "SET SESSION sql_log_bin = 0",
        "SET SESSION gtid_domain_id = 5",
        "SET SESSION gtid_seq_no = 900000",
        "SET SESSION server_id = 77",
        "PURGE BINARY LOGS BEFORE NOW()",
        "CREATE DEFINER = mysos_admin@'%' PROCEDURE mysql.p() SET GLOBAL read_only = 0",
        "SHUTDOWN",
    ] {
        let code = refused(&mut owner, sql).await;
        assert!([NO_RIGHT, NO_ACCESS].contains(&code), "{sql}: {code}");
    }
    let file = "SELECT LOAD_FILE('/etc/hostname') AS v";
    assert_eq!(value(&mut owner, file).await, None, "no file is read");
    for session in session::list(&mut admin, LIMIT).await.unwrap() {
        if session.id == owner.id() {
            continue;
        }
        let error = owner.apply(&Intent::Kill(session.id), LIMIT).await.unwrap_err();
        assert_eq!(error.code(), Some(NOT_YOURS), "{error:?}");
    }
}

#[tokio::test]
async fn the_owner_cannot_attach_a_replica_that_would_acknowledge() {
    let [primary, stranger] = Server::several().await;
    let mut admin = primary.open().await;
    let _ = owner(&primary, &mut admin).await;
    let mut conn = stranger.conn().await;
    let source = primary.as_source_of(&stranger);
    apply(&mut conn, Intent::PointAt(source)).await;
    run(&mut conn, "CHANGE MASTER TO MASTER_USER = 'app.owner'").await;
    apply(&mut conn, Intent::StartReplication).await;
    until("the stranger is refused", async || {
        let error = status::replica(&mut conn, LIMIT).await.unwrap().receiver_error;
        error.is_some_and(|error| error.message.contains("Access denied for user 'app.owner'"))
    })
    .await;
}

#[tokio::test]
async fn the_server_shows_exactly_the_rights_of_the_list() {
    let server = Server::new(0).await;
    let mut admin = server.open().await;
    let _ = owner(&server, &mut admin).await;
    let rows = admin.query(&Sql::new("SHOW GRANTS FOR 'app.owner'@'%'"), LIMIT).await.unwrap();
    let shown = rows[0].get("Grants for app.owner@%").unwrap().to_owned();
    let list = shown.strip_prefix("GRANT ").unwrap().split(" ON *.* TO ").next().unwrap();
    let mut shown: Vec<&str> = list.split(", ").collect();
    let mut wanted: Vec<&str> = rights::granted(Flavor::MariaDb).collect();
    shown.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(shown, wanted);
    // The rights of the server are the two lists together, and what neither needs.
    let all = admin.query(&Sql::new("SHOW PRIVILEGES"), LIMIT).await.unwrap();
    for right in all.iter().filter_map(|row| row.get("Privilege")) {
        let right = right.to_ascii_uppercase();
        let known = rights::granted(Flavor::MariaDb).any(|granted| granted == right)
            || rights::withheld(Flavor::MariaDb).iter().any(|(withheld, _)| *withheld == right)
            || ["GRANT OPTION", "PROXY", "USAGE"].contains(&right.as_str());
        assert!(known, "{right} is new: grant it or withhold it");
    }
}

#[tokio::test]
async fn an_owner_that_exists_keeps_its_password() {
    let server = Server::new(0).await;
    let mut admin = server.open().await;
    let _ = owner(&server, &mut admin).await;
    let user = "app.owner".parse().unwrap();
    apply(&mut admin, Intent::EnsureClusterUser { user, password: Password::new("another") }).await;
    Conn::open(&server.login("app.owner"), LIMIT).await.unwrap();
}
