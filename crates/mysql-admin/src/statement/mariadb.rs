//! What to say to MariaDB 10.11 and later.

use std::fmt::Write;

use mysos_model::{flavor::Flavor, gtid::GtidSet, name::Ordinal, secret::Password};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    Statement, StatementError, ensure_marker, fixed, kill, replication_account, trim_marker, write_marker,
};
use crate::{
    account::{ADMIN_USER, replication_user},
    intent::{ConnectionId, Intent, RelayPosition, Source, Switch},
    rights,
    sql::Sql,
};

/// Ten years: never. The server would degrade in silence when this is over.
const ENDLESS_MS: &str = "SET GLOBAL rpl_semi_sync_master_timeout = 315360000000";

type Statements = Result<Vec<Statement>, StatementError>;

pub(super) fn statements(intent: &Intent) -> Statements {
    Ok(match intent {
        Intent::SetReadOnly(Switch::On) => vec![fixed("SET GLOBAL read_only = ON")],
        Intent::SetReadOnly(Switch::Off) => vec![fixed("SET GLOBAL read_only = OFF")],
        Intent::SemiSyncSource { wait_count } => return semi_sync_source(*wait_count),
        Intent::SemiSyncSourceOff => vec![fixed("SET GLOBAL rpl_semi_sync_master_enabled = OFF")],
        Intent::SetAcking(Switch::On) => vec![fixed("SET GLOBAL rpl_semi_sync_slave_enabled = ON")],
        Intent::SetAcking(Switch::Off) => vec![fixed("SET GLOBAL rpl_semi_sync_slave_enabled = OFF")],
        Intent::StartReceiver => vec![fixed("START SLAVE IO_THREAD")],
        Intent::StopReceiver => vec![fixed("STOP SLAVE IO_THREAD")],
        Intent::StartApplier => vec![fixed("START SLAVE SQL_THREAD")],
        Intent::StopApplier => vec![fixed("STOP SLAVE SQL_THREAD")],
        Intent::StartReplication => vec![fixed("START SLAVE")],
        Intent::StopReplication => vec![fixed("STOP SLAVE")],
        Intent::PointAt(source) | Intent::MoveReceiver(source) => point_at(source),
        Intent::ForgetSource => vec![fixed("RESET SLAVE ALL")],
        Intent::DrainRelayLog(at) => drain_relay_log(at),
        Intent::ReturnToGtidMode => vec![fixed("CHANGE MASTER TO MASTER_USE_GTID = slave_pos")],
        Intent::FreshStart { position } => vec![fixed("RESET MASTER"), set_position(position)?],
        Intent::ResetPosition(position) => vec![set_position(position)?],
        Intent::SetServerId(id) => set_server_id(*id),
        Intent::EnsureAdmin { password } => ensure_admin(password),
        Intent::EnsureReplicationAccount { ordinal, password } => ensure_replica(*ordinal, password),
        Intent::LockAccount(ordinal) => vec![replication_account("ALTER USER ", *ordinal, " ACCOUNT LOCK")],
        Intent::UnlockAccount(ordinal) => {
            vec![replication_account("ALTER USER ", *ordinal, " ACCOUNT UNLOCK")]
        }
        Intent::EnsureClusterUser { user, password } => ensure_cluster_user(user.as_str(), password),
        Intent::Kill(ConnectionId(id)) => vec![kill(*id)],
        Intent::EnsureMarker => ensure_marker(),
        Intent::WriteMarker { epoch, turn } => write_marker(epoch.0, turn.0),
        Intent::TrimMarker => vec![trim_marker()],
    })
}

/// There is no variable for the count: it waits for one. Switched on last, when all else is set.
fn semi_sync_source(wait_count: u32) -> Statements {
    if wait_count != 1 {
        return Err(StatementError::WaitCount { flavor: Flavor::MariaDb, most: 1, wanted: wait_count });
    }
    Ok(vec![
        fixed("SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'"),
        fixed("SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON"),
        fixed(ENDLESS_MS),
        fixed("SET GLOBAL rpl_semi_sync_master_enabled = ON"),
    ])
}

/// A server that has written itself knows its place from its binary log only; one that was copied has an
/// empty binary log and knows it from `gtid_slave_pos`.
fn point_at(source: &Source) -> Vec<Statement> {
    let adopt = "SET GLOBAL gtid_slave_pos = IF(@@GLOBAL.gtid_binlog_pos = '', @@GLOBAL.gtid_slave_pos, \
         @@GLOBAL.gtid_binlog_pos)";
    let change = Sql::new("CHANGE MASTER TO MASTER_HOST = ")
        .literal(&source.host)
        .words(", MASTER_PORT = ")
        .number(source.port.into())
        .words(", MASTER_USER = ")
        .literal(&replication_user(source.ordinal))
        .words(", MASTER_PASSWORD = ")
        .secret(&source.password)
        .words(", MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 1");
    vec![fixed(adopt), Statement::never(change)]
}

/// Naming file and offset is what keeps the server from throwing the relay log away.
fn drain_relay_log(at: &RelayPosition) -> Vec<Statement> {
    let change = Sql::new("CHANGE MASTER TO MASTER_USE_GTID = no, RELAY_LOG_FILE = ")
        .literal(&at.file)
        .words(", RELAY_LOG_POS = ")
        .number(at.offset);
    vec![Statement::never(change), fixed("START SLAVE SQL_THREAD")]
}

fn set_position(position: &GtidSet) -> Result<Statement, StatementError> {
    if position.flavor() != Flavor::MariaDb {
        return Err(StatementError::ForeignSet { flavor: Flavor::MariaDb, set: position.flavor() });
    }
    Ok(Statement::never(Sql::new("SET GLOBAL gtid_slave_pos = ").literal(&position.to_string())))
}

/// A connection keeps the id that it began with, so ours is set too.
fn set_server_id(id: u32) -> Vec<Statement> {
    let set = |words| Statement::never(Sql::new(words).number(id.into()));
    vec![set("SET GLOBAL server_id = "), set("SET SESSION server_id = ")]
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

/// What the server keeps of a password. The binary log holds the statement as it was said (seen on 10.11), so the
/// password itself is not in it; MySQL writes the hash there by itself (seen on 9.7).
fn native_hash(password: &Password) -> Password {
    let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let twice = sha1(sha1(password.expose().as_bytes()).as_ref());
    let mut hash = String::from("*");
    for byte in twice.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02X}");
    }
    Password::new(hash)
}

fn ensure_cluster_user(user: &str, password: &Password) -> Vec<Statement> {
    let create = Sql::new("CREATE USER IF NOT EXISTS ")
        .account(user)
        .words(" IDENTIFIED VIA mysql_native_password USING ")
        .secret(&native_hash(password));
    let grant = rights::grant(Flavor::MariaDb).account(user).words(" WITH GRANT OPTION");
    vec![Statement::written(create), Statement::written(grant)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_as_the_server_does() {
        // What MariaDB 10.11 answers to SELECT PASSWORD('password').
        let hash = native_hash(&Password::new("password"));
        assert_eq!(hash.expose(), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    }
}
