//! What nobody may do to a server of a cluster: log in without an account of it, or, with the owner's, what could
//! break replication.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mysos_tests::{Flavor, TestStack};

use crate::cluster::{Cluster, FORMS, mysqlds};

/// Between two rounds of attempts while a cluster forms: a login that is open for an instant must not slip through.
const AGAIN: Duration = Duration::from_millis(10);
/// Logins that a careless server has open: user and password.
const OPEN_DOORS: [(&str, &str); 7] = [
    ("root", ""),
    ("", ""),
    ("mysql", ""),
    ("mysos_admin", ""),
    ("mariadb.sys", ""),
    ("mysql.sys", ""),
    ("app", ""),
];
/// What the owner must not do on the primary, nor anywhere.
const FORBIDDEN: [&str; 8] = [
    "SET GLOBAL read_only = ON",
    "SET GLOBAL read_only = OFF",
    "SET SESSION sql_log_bin = 0",
    "SET GLOBAL sync_binlog = 0",
    "FLUSH TABLES WITH READ LOCK",
    "PURGE BINARY LOGS BEFORE NOW()",
    "SHUTDOWN",
    "GRANT SUPER ON *.* TO app",
];
/// The same in the words of each flavor.
const FORBIDDEN_ON_MARIADB: [&str; 6] = [
    "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
    "SET GLOBAL rpl_semi_sync_master_timeout = 1",
    "SET GLOBAL rpl_semi_sync_slave_enabled = OFF",
    "STOP SLAVE",
    "CHANGE MASTER TO MASTER_HOST = '127.0.0.1'",
    "RESET MASTER",
];
const FORBIDDEN_ON_MYSQL: [&str; 12] = [
    "SET GLOBAL super_read_only = OFF",
    "SET PERSIST read_only = OFF",
    "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
    "SET GLOBAL rpl_semi_sync_source_timeout = 1",
    "SET GLOBAL rpl_semi_sync_replica_enabled = OFF",
    "STOP REPLICA",
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1'",
    "RESET BINARY LOGS AND GTIDS",
    "SET SESSION gtid_next = '11111111-1111-1111-1111-111111111111:1'",
    "FLUSH OPTIMIZER_COSTS",
    "LOCK INSTANCE FOR BACKUP",
    "ALTER INSTANCE DISABLE INNODB REDO_LOG",
];

fn forbidden(flavor: Flavor) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match flavor {
        Flavor::Mariadb => &FORBIDDEN_ON_MARIADB,
        Flavor::Mysql => &FORBIDDEN_ON_MYSQL,
    };
    FORBIDDEN.iter().chain(own).copied()
}

/// Whether a server answered and said no, as far as the words of the error tell. To an account that is not there
/// MySQL answers with a plugin drawn by lot, so that nobody learns which accounts there are.
fn is_refusal(error: &str) -> bool {
    let words = [
        "Access denied",
        "not allowed to connect",
        "ccount is locked",
        "Unknown authentication plugin",
        "4151",
        "1045",
        "1698",
    ];
    words.iter().any(|words| error.contains(words))
}

/// Tries the open doors of each server from its first moment until the cluster serves. Answers how often each
/// refused before that.
pub(crate) fn refused_from_the_first_moment(stack: &TestStack, cluster: &Cluster, nodes: usize) {
    let (began, mut refused) = (Instant::now(), BTreeMap::<(String, u16), u32>::new());
    loop {
        let object = cluster.object(stack).expect("the cluster's object");
        for at in object["instances"].as_array().expect("instances").iter().map(|one| &one["mysql"]) {
            let Some(host) = at["host"].as_str() else { continue };
            let endpoint = (host.to_owned(), at["port"].as_u64().expect("a port") as u16);
            for login in OPEN_DOORS {
                *refused.entry(endpoint.clone()).or_default() += refusals(stack, &endpoint, login);
            }
        }
        if object["state"] == "healthy" && object["in_service"] == nodes {
            break;
        }
        assert!(began.elapsed() < FORMS, "the cluster forms: {object:#}");
        std::thread::sleep(AGAIN);
    }
    assert_eq!(refused.len(), nodes, "{refused:?}");
    for (endpoint, count) in refused {
        assert!(
            count >= OPEN_DOORS.len() as u32,
            "each door of {endpoint:?} was tried before it served: {count}"
        );
    }
}

/// 1 if the server answered and refused; panics if it let us in.
fn refusals(stack: &TestStack, (host, port): &(String, u16), (user, password): (&str, &str)) -> u32 {
    match stack.sql((host, *port), user, password).column("SELECT CURRENT_USER()") {
        Ok(who) => panic!("{host}:{port} let `{user}` in without a password, as {who:?}"),
        Err(error) => u32::from(is_refusal(&error)),
    }
}

/// Nor through the socket of the data directory, although we are the user that the servers run as.
pub(crate) fn refused_at_the_socket(stack: &TestStack) {
    for server in mysqlds(stack) {
        let socket = format!("/proc/{}/cwd/mysql.sock", server.pid);
        for (user, password) in OPEN_DOORS {
            let error = stack.sql_over_socket(&socket, user, password).column("SELECT 1").unwrap_err();
            assert!(is_refusal(&error), "`{user}` at {socket}: {error}");
        }
    }
}

/// The owner's account does everything with data and accounts, and nothing to replication.
pub(crate) fn owner_is_bounded(stack: &TestStack, cluster: &Cluster) {
    let places = cluster.places(stack).expect("a primary");
    let primary = &places.primary;
    for allowed in [
        "CREATE DATABASE owned",
        "CREATE TABLE owned.t (id INT PRIMARY KEY)",
        "CREATE FUNCTION owned.f() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE USER helper IDENTIFIED BY 'helper-password-1'",
        "GRANT SELECT ON owned.* TO helper",
        match stack.flavor() {
            Flavor::Mariadb => "SHOW MASTER STATUS",
            Flavor::Mysql => "SHOW BINARY LOG STATUS",
        },
        "DROP USER helper",
        "DROP DATABASE owned",
    ] {
        cluster.sql(stack, primary, allowed).unwrap_or_else(|error| panic!("{allowed}: {error}"));
    }
    for server in std::iter::once(primary).chain(&places.replicas) {
        for statement in forbidden(stack.flavor()) {
            refuses(stack, cluster, server, statement);
        }
        others_stay_connected(stack, cluster, server);
    }
    for replica in &places.replicas {
        for write in
            ["INSERT INTO shop.things VALUES ('astray')", "CREATE DATABASE astray", "CREATE USER astray"]
        {
            refuses(stack, cluster, replica, write);
        }
    }
    let object = cluster.object(stack).unwrap();
    assert_eq!(object["state"], "healthy", "nothing of that did anything: {object:#}");
}

fn refuses(stack: &TestStack, cluster: &Cluster, server: &(String, u16), statement: &str) {
    match cluster.sql(stack, server, statement) {
        Ok(rows) => panic!("{server:?} lets the owner do this: {statement} {rows:?}"),
        Err(error) => {
            let said = ["Access denied", "denied", "read-only", "privilege"];
            assert!(said.iter().any(|words| error.contains(words)), "{statement} at {server:?}: {error}");
        }
    }
}

/// The connections of our own cannot be killed.
fn others_stay_connected(stack: &TestStack, cluster: &Cluster, server: &(String, u16)) {
    let list =
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER LIKE 'mysos%' OR USER = 'system user'";
    let ids = cluster.sql(stack, server, list).expect("the owner sees who is connected");
    assert!(!ids.is_empty(), "our own connections are there");
    for id in ids {
        match cluster.sql(stack, server, &format!("KILL {id}")) {
            Ok(_) => panic!("the owner killed connection {id} at {server:?}"),
            Err(error) => {
                let said = ["not owner", "Unknown thread"];
                assert!(said.iter().any(|words| error.contains(words)), "KILL {id} at {server:?}: {error}");
            }
        }
    }
}
