//! The accounts of a new server, and locking a member out.

use mysos_model::name::Ordinal;
use mysos_mysql_admin::{AdminError, Conn, Intent, account, session, status};

use crate::server::{LIMIT, Server, apply, run, until, value};

#[tokio::test]
async fn a_new_server_knows_our_accounts_and_nobody_else() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    let accounts = value(
        &mut conn,
        "SELECT GROUP_CONCAT(User, '@', Host, IF(JSON_VALUE(Priv, '$.account_locked') = 1, ' locked', '') \
         ORDER BY User SEPARATOR ', ') AS v FROM mysql.global_priv",
    )
    .await
    .unwrap();
    assert_eq!(
        accounts,
        "mariadb.sys@localhost locked, mysos_admin@%, mysos_repl_0@% locked, mysos_repl_1@% locked, \
         mysos_repl_2@% locked, root@localhost locked"
    );
    let slots = account::replication_slots(&mut conn, LIMIT).await.unwrap();
    assert_eq!(slots, [0, 1, 2].map(Ordinal));
}

#[tokio::test]
async fn nobody_gets_in_without_an_account_and_its_password() {
    let server = Server::new(0).await;
    let mut wrong = server.admin();
    wrong.password = mysos_model::secret::Password::new("guessed");
    let without = |user: &str| {
        let password = mysos_model::secret::Password::new("");
        mysos_mysql_admin::Login { password, ..server.login(user) }
    };
    let logins = [wrong, without("root"), without(""), without("mysos_admin"), server.login("mysos_repl_0")];
    for login in logins {
        let error = Conn::open(&login, LIMIT).await.unwrap_err();
        assert!(matches!(error, AdminError::Denied { .. }), "{}: {error:?}", login.user);
    }
}

#[tokio::test]
async fn making_accounts_leaves_no_trace_in_the_history() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    for _ in 0..2 {
        apply(
            &mut conn,
            Intent::EnsureReplicationAccount { ordinal: Ordinal(7), password: crate::server::password() },
        )
        .await;
        apply(&mut conn, Intent::UnlockAccount(Ordinal(7))).await;
    }
    let facts = status::facts(&mut conn, LIMIT).await.unwrap();
    assert!(facts.logged.is_empty(), "{}", facts.logged);
    assert!(facts.read_only, "the server began read-only and stays so");
    // Ensured again after it was unlocked, it is still unlocked: a connection can be opened.
    apply(
        &mut conn,
        Intent::EnsureReplicationAccount { ordinal: Ordinal(7), password: crate::server::password() },
    )
    .await;
    Conn::open(&server.login("mysos_repl_7"), LIMIT).await.unwrap();
    assert_eq!(value(&mut conn, "SELECT @@SESSION.sql_log_bin AS v").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_locked_member_whose_connection_is_ended_gets_nothing_more() {
    let [primary, replica] = Server::several().await;
    let mut conn = primary.open().await;
    let mut follower = replica.follow(&primary).await;
    run(&mut conn, "CREATE DATABASE d").await;
    until("the replica has the database", async || {
        value(&mut follower, "SELECT COUNT(*) AS v FROM information_schema.schemata WHERE schema_name = 'd'")
            .await
            == Some("1".into())
    })
    .await;
    apply(&mut conn, Intent::LockAccount(replica.ordinal)).await;
    assert_eq!(session::end_dumps(&mut conn, Some(replica.ordinal), LIMIT).await.unwrap(), 1);
    until("its dump thread is gone", async || {
        session::end_dumps(&mut conn, Some(replica.ordinal), LIMIT).await.unwrap() == 0
    })
    .await;
    run(&mut conn, "CREATE DATABASE unseen").await;
    until("the replica was refused when it tried again", async || {
        let error = status::replica(&mut follower, LIMIT).await.unwrap().receiver_error;
        error.is_some_and(|error| error.code == 4151)
    })
    .await;
    let seen = status::replica(&mut follower, LIMIT).await.unwrap();
    let made = status::facts(&mut conn, LIMIT).await.unwrap();
    assert!(!seen.received.contains(&made.logged));

    apply(&mut conn, Intent::UnlockAccount(replica.ordinal)).await;
    until("the replica caught up after it was let in again", async || {
        status::replica(&mut follower, LIMIT).await.unwrap().executed.contains(&made.logged)
    })
    .await;
}
