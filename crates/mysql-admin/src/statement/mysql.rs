//! What to say to MySQL 8.4 and later.

use mysos_model::{flavor::Flavor, gtid::GtidSet, name::Ordinal, secret::Password};

use super::{
    Statement, StatementError, ensure_marker, fixed, kill, not_on, replication_account, trim_marker,
    write_marker,
};
use crate::{
    account::{ADMIN_USER, replication_user},
    intent::{ConnectionId, Intent, Source, Switch},
    rights,
    sql::Sql,
};

/// The longest that the server can wait, 49.7 days; after that it degrades in silence, so its status is
/// watched.
const LONGEST_MS: &str = "SET GLOBAL rpl_semi_sync_source_timeout = 4294967295";
/// The most that the server's variable takes.
const MAX_WAIT_COUNT: u32 = 65535;

type Statements = Result<Vec<Statement>, StatementError>;

pub(super) fn statements(intent: &Intent) -> Statements {
    Ok(match intent {
        Intent::SetReadOnly(Switch::On) => {
            vec![fixed("SET GLOBAL read_only = ON"), fixed("SET GLOBAL super_read_only = ON")]
        }
        Intent::SetReadOnly(Switch::Off) => {
            vec![fixed("SET GLOBAL super_read_only = OFF"), fixed("SET GLOBAL read_only = OFF")]
        }
        Intent::SemiSyncSource { wait_count } => return semi_sync_source(*wait_count),
        Intent::SemiSyncSourceOff => vec![fixed("SET GLOBAL rpl_semi_sync_source_enabled = OFF")],
        Intent::SetAcking(Switch::On) => vec![fixed("SET GLOBAL rpl_semi_sync_replica_enabled = ON")],
        Intent::SetAcking(Switch::Off) => vec![fixed("SET GLOBAL rpl_semi_sync_replica_enabled = OFF")],
        Intent::StartReceiver => vec![fixed("START REPLICA IO_THREAD")],
        Intent::StopReceiver => vec![fixed("STOP REPLICA IO_THREAD")],
        Intent::StartApplier => vec![fixed("START REPLICA SQL_THREAD")],
        Intent::StopApplier => vec![fixed("STOP REPLICA SQL_THREAD")],
        Intent::StartReplication => vec![fixed("START REPLICA")],
        Intent::StopReplication => vec![fixed("STOP REPLICA")],
        Intent::PointAt(source) => vec![Statement::never(change(source).words(", SOURCE_AUTO_POSITION = 1"))],
        Intent::MoveReceiver(source) => vec![Statement::never(change(source))],
        Intent::ForgetSource => vec![fixed("RESET REPLICA ALL")],
        Intent::FreshStart { position } => fresh_start(position)?,
        Intent::DrainRelayLog(_) | Intent::ReturnToGtidMode | Intent::ResetPosition(_) => {
            return Err(not_on(Flavor::MySql, intent));
        }
        Intent::SetServerId(id) => {
            vec![Statement::never(Sql::new("SET GLOBAL server_id = ").number((*id).into()))]
        }
        Intent::EnsureAdmin { password } => own(ensure_admin(password)),
        Intent::EnsureReplicationAccount { ordinal, password } => own(ensure_replica(*ordinal, password)),
        Intent::LockAccount(ordinal) => {
            own(vec![replication_account("ALTER USER ", *ordinal, " ACCOUNT LOCK")])
        }
        Intent::UnlockAccount(ordinal) => {
            own(vec![replication_account("ALTER USER ", *ordinal, " ACCOUNT UNLOCK")])
        }
        Intent::EnsureClusterUser { user, password } => ensure_cluster_user(user.as_str(), password),
        Intent::Kill(ConnectionId(id)) => vec![kill(*id)],
        Intent::EnsureMarker => ensure_marker(),
        Intent::WriteMarker { epoch, turn } => write_marker(epoch.0, turn.0),
        Intent::TrimMarker => vec![trim_marker()],
    })
}

/// Switched on last, when all else is set.
fn semi_sync_source(wait_count: u32) -> Statements {
    if !(1..=MAX_WAIT_COUNT).contains(&wait_count) {
        let flavor = Flavor::MySql;
        return Err(StatementError::WaitCount { flavor, most: MAX_WAIT_COUNT, wanted: wait_count });
    }
    let count =
        Sql::new("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = ").number(wait_count.into());
    Ok(vec![
        fixed("SET GLOBAL rpl_semi_sync_source_wait_point = 'AFTER_SYNC'"),
        fixed("SET GLOBAL rpl_semi_sync_source_wait_no_replica = ON"),
        fixed(LONGEST_MS),
        Statement::never(count),
        fixed("SET GLOBAL rpl_semi_sync_source_enabled = ON"),
    ])
}

/// Retries once a second for a hundred years: the server's own habit is once a minute, ten times. The key
/// is asked for because an account that nobody used since the start is let in over plain TCP only so.
fn change(source: &Source) -> Sql {
    Sql::new("CHANGE REPLICATION SOURCE TO SOURCE_HOST = ")
        .literal(&source.host)
        .words(", SOURCE_PORT = ")
        .number(source.port.into())
        .words(", SOURCE_USER = ")
        .literal(&replication_user(source.ordinal))
        .words(", SOURCE_PASSWORD = ")
        .secret(&source.password)
        .words(", GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 3153600000")
        .words(", SOURCE_HEARTBEAT_PERIOD = 1")
}

fn fresh_start(position: &GtidSet) -> Statements {
    if position.flavor() != Flavor::MySql {
        return Err(StatementError::ForeignSet { flavor: Flavor::MySql, set: position.flavor() });
    }
    let purged = Sql::new("SET GLOBAL gtid_purged = ").literal(&position.to_string());
    Ok(vec![fixed("RESET BINARY LOGS AND GTIDS"), Statement::never(purged)])
}

/// Accounts of a server's own may be changed while it is read-only, but not while it is so for us too. The
/// second is lifted for these statements and set again to what the first says: on a serving primary it stays
/// off.
fn own(statements: Vec<Statement>) -> Vec<Statement> {
    let mut all = vec![fixed("SET GLOBAL super_read_only = OFF")];
    all.extend(statements);
    all.push(fixed("SET GLOBAL super_read_only = @@GLOBAL.read_only"));
    all
}

fn ensure_admin(password: &Password) -> Vec<Statement> {
    let grant = Sql::new("GRANT ALL PRIVILEGES ON *.* TO ").account(ADMIN_USER).words(" WITH GRANT OPTION");
    let mut statements = with_password(ADMIN_USER, password, "");
    statements.push(Statement::off(grant));
    statements
}

fn ensure_replica(ordinal: Ordinal, password: &Password) -> Vec<Statement> {
    let mut statements = with_password(&replication_user(ordinal), password, " ACCOUNT LOCK");
    statements.push(replication_account("GRANT REPLICATION SLAVE ON *.* TO ", ordinal, ""));
    statements
}

/// Makes an account, or gives the one that exists this password and leaves its lock as it is.
fn with_password(user: &str, password: &Password, born: &'static str) -> Vec<Statement> {
    let words = |verb: &'static str| Sql::new(verb).account(user).words(" IDENTIFIED BY ").secret(password);
    vec![
        Statement::off(words("CREATE USER IF NOT EXISTS ").words(born)),
        Statement::off(words("ALTER USER ")),
    ]
}

fn ensure_cluster_user(user: &str, password: &Password) -> Vec<Statement> {
    let create =
        Sql::new("CREATE USER IF NOT EXISTS ").account(user).words(" IDENTIFIED BY ").secret(password);
    let grant = rights::grant(Flavor::MySql).account(user).words(" WITH GRANT OPTION");
    vec![Statement::written(create), Statement::written(grant)]
}
