//! What each order of the decision code takes, in statements. One attempt, bounded; every order may be
//! carried out twice.

mod halt;

use std::{path::Path, time::Duration};

use crate::{membership::Membership, orders::STATEMENT, server::server_id_of_epoch};
use mysos_ha::Order;
use mysos_model::{Endpoint, Epoch, Flavor, Ordinal};
use mysos_mysql_admin::{
    AdminError, Conn, Intent, account,
    drain::{self, Drain, RELAY_LOG_UNREADABLE, ends_torn},
    intent::{RelayPosition, Source, Switch},
    lock, session, status,
};

/// How long one attempt to drain may take; what is left is drained by the next one.
const DRAIN: Duration = Duration::from_secs(20);
/// How long an account statement may take. One of a client that waits for its acknowledgement holds it up
/// without end; see [`free_accounts`].
const ACCOUNT: Duration = Duration::from_secs(3);
/// Between two looks at a drain, and at a thread that is to be gone.
const AGAIN: Duration = Duration::from_millis(20);
/// How often a thread that was ended is looked for before the attempt is given up.
const GONE_LOOKS: u32 = 100;

/// Carries out one order on a server that answers.
pub(crate) async fn carry_out(
    conn: &mut Conn,
    member: &Membership,
    data_dir: &Path,
    order: &Order,
) -> Result<(), AdminError> {
    match order {
        Order::Drain => drained(conn, data_dir).await,
        Order::Revoke => revoke(conn).await,
        Order::Follow { source, acking } => {
            let acking = if *acking { Switch::On } else { Switch::Off };
            follow(conn, (member, data_dir), source, acking).await
        }
        Order::LockAll => {
            lock_all(conn).await?;
            // A lock that a client holds would hold up the applier that is to drain.
            session::end_clients(conn, STATEMENT).await.map(drop)
        }
        Order::EndClients => session::end_clients(conn, STATEMENT).await.map(drop),
        Order::LetIn { ordinal } => let_in(conn, member, *ordinal).await,
        Order::CutOff { ordinal } => match ordinal {
            Some(ordinal) => cut_off(conn, *ordinal).await,
            None => cut_everybody_off(conn).await,
        },
        Order::Arm { epoch, acks } => arm(conn, member, *epoch, *acks).await,
        Order::Open => say(conn, Intent::SetReadOnly(Switch::Off)).await,
        Order::Close { within } => halt::close(conn, *within).await,
        Order::ForgetSource => {
            halt::stop_replication(conn, member).await?;
            say(conn, Intent::ForgetSource).await
        }
        Order::Inspect
        | Order::Initialize { .. }
        | Order::Start
        | Order::Stop { .. }
        | Order::Kill
        | Order::Quarantine { .. }
        | Order::TakeCopy { .. } => Ok(()),
    }
}

/// Forgets whom the donor of a copy followed.
pub(crate) async fn forget_donor(conn: &mut Conn) -> Result<(), AdminError> {
    if status::replica(conn, STATEMENT).await?.source.is_some() {
        say(conn, Intent::StopReplication).await?;
        say(conn, Intent::ForgetSource).await?;
    }
    Ok(())
}

async fn say(conn: &mut Conn, intent: Intent) -> Result<(), AdminError> {
    conn.apply(&intent, STATEMENT).await
}

/// Applies everything that was received. The receiver is off before and after.
async fn drained(conn: &mut Conn, data_dir: &Path) -> Result<(), AdminError> {
    let whole = async {
        loop {
            match drain::step(conn, STATEMENT).await? {
                Drain::Done(_) => return Ok(()),
                Drain::Going => tokio::time::sleep(AGAIN).await,
                Drain::Stuck { error, at } if stops_torn(data_dir, error.code, at.as_ref()).await => {
                    // Half an event was never acknowledged: everything complete is executed.
                    say(conn, Intent::ReturnToGtidMode).await?;
                    return Ok(());
                }
                Drain::Stuck { error, .. } => {
                    return Err(AdminError::Refused {
                        doing: "apply what it had received".to_owned(),
                        code: error.code,
                        message: error.message,
                    });
                }
            }
        }
    };
    tokio::time::timeout(DRAIN, whole).await.unwrap_or_else(|_| {
        Err(AdminError::Timeout {
            at: "its own address".to_owned(),
            doing: "apply what it had received".to_owned(),
            limit: DRAIN,
        })
    })
}

/// Whether the applier stopped at an event that is not whole because the file ends there.
async fn stops_torn(data_dir: &Path, code: u16, at: Option<&RelayPosition>) -> bool {
    let Some(at) = at.filter(|_| code == RELAY_LOG_UNREADABLE) else { return false };
    let (file, offset) = (data_dir.join(&at.file), at.offset);
    let read = move || std::fs::File::open(file).and_then(|mut log| ends_torn(&mut log, offset));
    tokio::task::spawn_blocking(read).await.is_ok_and(|torn| torn.unwrap_or(false))
}

/// Receive from nobody, acknowledge nothing. The receiver stops first: the switch counts from its next start.
async fn revoke(conn: &mut Conn) -> Result<(), AdminError> {
    if status::replica(conn, STATEMENT).await?.source.is_some() {
        say(conn, Intent::StopReceiver).await?;
    }
    say(conn, Intent::SetAcking(Switch::Off)).await
}

/// Receive from this primary. When it does already, only the receiver is restarted; else everything that was
/// received is applied first, because pointing elsewhere throws the relay log away.
async fn follow(
    conn: &mut Conn,
    (member, data_dir): (&Membership, &Path),
    primary: &Endpoint,
    acking: Switch,
) -> Result<(), AdminError> {
    let now = status::replica(conn, STATEMENT).await?;
    let same = now.source.as_ref().is_some_and(|it| it.host == primary.host.0 && it.port == primary.port);
    let applies = now.applier != status::Applier::Off;
    if now.source.is_some() {
        say(conn, Intent::StopReceiver).await?;
    }
    say(conn, Intent::SetAcking(acking)).await?;
    if same && applies {
        return say(conn, Intent::StartReceiver).await;
    }
    drained(conn, data_dir).await?;
    if now.source.is_some() {
        halt::stop_replication(conn, member).await?;
    }
    let ordinal = member.task.ordinal;
    let source = Source {
        host: primary.host.0.clone(),
        port: primary.port,
        ordinal,
        password: member.credentials.replication_password(ordinal),
    };
    say(conn, Intent::PointAt(source)).await?;
    say(conn, Intent::StartReplication).await
}

/// After an account statement that ran into its limit: ends the clients. A client's account statement that
/// waits for an acknowledgement keeps out the very members that could give it; who is ended was never told OK.
pub(crate) async fn free_accounts(conn: &mut Conn) -> Result<(), AdminError> {
    let ended = session::end_clients(conn, ACCOUNT).await?;
    tracing::warn!(ended, "clients were ended: one of them held up the accounts of replicas");
    Ok(())
}

/// Whether an order that failed may have been held up by a client's account statement.
pub(crate) fn wants_free_accounts(order: &Order, error: &AdminError) -> bool {
    matches!(order, Order::LetIn { .. } | Order::CutOff { .. }) && matches!(error, AdminError::Timeout { .. })
}

/// Lock first, then end: a lock stops new logins only.
async fn lock_all(conn: &mut Conn) -> Result<(), AdminError> {
    for ordinal in account::replication_slots(conn, STATEMENT).await? {
        if lock::is_unlocked(conn, ordinal, STATEMENT).await? {
            say(conn, Intent::LockAccount(ordinal)).await?;
        }
    }
    see_gone(conn, None).await
}

async fn let_in(conn: &mut Conn, member: &Membership, ordinal: Ordinal) -> Result<(), AdminError> {
    // No statement that is not needed: each takes the lock that logins wait for.
    if lock::is_unlocked(conn, ordinal, ACCOUNT).await? {
        return Ok(());
    }
    if !lock::exists(conn, &account::replication_user(ordinal), ACCOUNT).await? {
        let password = member.credentials.replication_password(ordinal);
        conn.apply(&Intent::EnsureReplicationAccount { ordinal, password }, ACCOUNT).await?;
    }
    conn.apply(&Intent::UnlockAccount(ordinal), ACCOUNT).await
}

async fn cut_off(conn: &mut Conn, ordinal: Ordinal) -> Result<(), AdminError> {
    let slots = account::replication_slots(conn, STATEMENT).await?;
    if slots.contains(&ordinal) {
        conn.apply(&Intent::LockAccount(ordinal), ACCOUNT).await?;
    }
    see_gone(conn, Some(ordinal)).await
}

/// Nobody knows which slot the member is in: all are cut off, and who may come is let in again.
async fn cut_everybody_off(conn: &mut Conn) -> Result<(), AdminError> {
    for ordinal in account::replication_slots(conn, STATEMENT).await? {
        cut_off(conn, ordinal).await?;
    }
    Ok(())
}

/// Ends dump threads until there is none.
async fn see_gone(conn: &mut Conn, of: Option<Ordinal>) -> Result<(), AdminError> {
    for _ in 0..GONE_LOOKS {
        if session::end_dumps(conn, of, STATEMENT).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(AGAIN).await;
    }
    Err(late("end the threads that send to replicas"))
}

/// Ends the clients that are there now until none of them is. They began under the server id of the directory and keep it,
/// and what carries that id counts as written by nobody ([`mysos_model::GtidSet::strays`]).
async fn see_clients_gone(conn: &mut Conn) -> Result<(), AdminError> {
    let mut there = session::clients(conn, STATEMENT).await?;
    for _ in 0..GONE_LOOKS {
        for id in &there {
            conn.apply(&Intent::Kill(*id), STATEMENT).await?;
        }
        let now = session::clients(conn, STATEMENT).await?;
        there.retain(|id| now.contains(id));
        if there.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(AGAIN).await;
    }
    Err(late("end the clients that were there before its promotion"))
}

/// A thread that is not gone in time.
fn late(doing: &str) -> AdminError {
    AdminError::Timeout {
        at: "its own address".to_owned(),
        doing: doing.to_owned(),
        limit: AGAIN * GONE_LOOKS,
    }
}

/// Everything that must be in force before the doors open. On MariaDB the transactions of an epoch carry a
/// server id of that epoch, so that a number written twice can be told apart.
async fn arm(conn: &mut Conn, member: &Membership, epoch: Epoch, acks: u32) -> Result<(), AdminError> {
    let flavor = conn.flavor();
    if status::replica(conn, STATEMENT).await?.source.is_some() {
        say(conn, Intent::StopReceiver).await?;
        halt::let_go_of_halves(conn, member).await?;
    }
    say(conn, Intent::SetAcking(Switch::Off)).await?;
    if flavor == Flavor::MariaDb {
        say(conn, Intent::SetServerId(server_id_of_epoch(epoch))).await?;
        see_clients_gone(conn).await?;
    }
    match acks {
        0 => say(conn, Intent::SemiSyncSourceOff).await,
        wait_count => say(conn, Intent::SemiSyncSource { wait_count }).await,
    }
}
