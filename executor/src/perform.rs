//! An action, one await, an outcome. Orders to the own server go to `orders.rs`, which owns the server.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use mysos_ha::{
    Action,
    action::{Account, Outcome, Terms},
};
use mysos_model::{
    Endpoint, Epoch, Turn,
    record::{self, EpochRecord, JournalLine, MemberRecord, path},
};
use mysos_mysql_admin::{AdminError, Conn, Intent, lock, nudge, status};
use mysos_zk::{Access, Kind, Multi, Reason, SessionNumber, Version, ZkError};

use crate::{copy, discover, membership::Membership, mesos::Reporter};

/// How long one request to ZooKeeper may take. Shorter than any session: what is late is decided again.
const STORE: Duration = Duration::from_secs(3);
/// How long a question to the primary may take.
const ASK: Duration = Duration::from_secs(2);
/// The server's words for "no such table" and "no such database".
const NO_TABLE: [u16; 2] = [1146, 1049];
/// Lines of the journal that are kept: twice what is shown, so that a scheduler that looks late misses none.
const JOURNAL_LINES: usize = 200;

/// Performs what is not an order to the own server. `session` is the one that the decision saw.
pub(crate) struct Performer {
    pub(crate) member: Arc<Membership>,
    pub(crate) reporter: Reporter,
    pub(crate) copies: copy::receive::Receiver,
}

impl Performer {
    /// Does it once.
    pub(crate) async fn perform(&self, action: Action, session: u64) -> Outcome {
        let session = SessionNumber(session);
        match action {
            Action::Server(_) => Outcome::Failed("orders go to the server's lane".to_owned()),
            Action::Prove { epoch, turn, account, within, .. } => {
                self.prove((epoch, turn), account, within).await
            }
            Action::Nudge { within } => self.nudge(within).await,
            Action::Ask { primary, .. } => self.ask(&primary).await,
            Action::Copy { donor, epoch } => match self.copies.build(&donor, epoch).await {
                Ok((data, bytes)) => Outcome::Copied { data, bytes },
                Err(error) => Outcome::Failed(crate::server::words(&error)),
            },
            Action::SwapEpoch { version, parent, record } => self.swap(version, parent, &record).await,
            Action::Tell(record) => done(self.tell(&record, session).await),
            Action::Coordinate => done(self.coordinate(session).await),
            Action::StandDown => done(self.stand_down().await),
            Action::Publish { group, number, version } => {
                let place = discover::Place { group, number, version };
                discover::publish(&self.member, &place, session, STORE).await
            }
            Action::Journal(line) => done(self.journal(&line).await),
            Action::Report(report) => self.reporter.report(&report).await,
        }
    }

    /// Writes the marker row, then the owner's account; each waits for its acknowledgement. In this order,
    /// because a waiting account statement holds up every other one, and those that let ackers in are such.
    async fn prove(&self, (epoch, turn): (Epoch, Turn), account: Account, within: Duration) -> Outcome {
        let own = self.member.identity().mysql;
        let mut conn = match Conn::open(&self.member.login(&own), ASK).await {
            Ok(conn) => conn,
            Err(error) => return failed(&error),
        };
        let mut intents = vec![Intent::WriteMarker { epoch, turn }];
        let credentials = &self.member.credentials;
        let missing = match account {
            Account::Ensure => {
                !lock::exists(&mut conn, credentials.cluster_user.as_str(), ASK).await.unwrap_or(false)
            }
            Account::Present => false,
        };
        if missing {
            intents.push(Intent::EnsureClusterUser {
                user: credentials.cluster_user.clone(),
                password: credentials.cluster_password.clone(),
            });
        }
        // Its rows do not grow without end. Last: whatever came before is proven by then.
        intents.push(Intent::TrimMarker);
        let id = conn.id();
        for intent in intents {
            if let Err(error) = apply(&mut conn, &intent, within).await {
                self.end_connection(&own, id).await;
                return failed(&error);
            }
        }
        Outcome::Done
    }

    /// Writes something that changes nothing.
    async fn nudge(&self, within: Duration) -> Outcome {
        let own = self.member.identity().mysql;
        let nudged = async {
            let mut conn = Conn::open(&self.member.login(&own), ASK).await?;
            let id = conn.id();
            Ok::<_, AdminError>((id, nudge::nudge(&mut conn, within).await))
        };
        match nudged.await {
            Ok((_, Ok(()))) => Outcome::Done,
            Ok((id, Err(error))) => {
                self.end_connection(&own, id).await;
                failed(&error)
            }
            Err(error) => failed(&error),
        }
    }

    /// A commit that still waits goes on waiting when its connection is only dropped.
    async fn end_connection(&self, server: &Endpoint, id: mysos_mysql_admin::intent::ConnectionId) {
        if let Ok(mut conn) = Conn::open(&self.member.login(server), ASK).await {
            // It may have ended by itself, and the row is written again in any case.
            let _ = conn.apply(&Intent::Kill(id), ASK).await;
        }
    }

    async fn ask(&self, primary: &Endpoint) -> Outcome {
        let asked = async {
            let mut conn = Conn::open(&self.member.login(primary), ASK).await?;
            let facts = status::facts(&mut conn, ASK).await?;
            let let_in = !facts.read_only && self.is_let_in(&mut conn, primary).await?;
            Ok::<_, AdminError>(Terms { holds: facts.logged, let_in })
        };
        match asked.await {
            Ok(terms) => Outcome::Welcome(terms),
            Err(error) => failed(&error),
        }
    }

    /// Whether the primary lets this member receive. An account statement that waits may wait for this very member, and
    /// on MariaDB nobody can read the accounts meanwhile: then trying the account tells.
    async fn is_let_in(&self, conn: &mut Conn, primary: &Endpoint) -> Result<bool, AdminError> {
        match lock::is_unlocked(conn, self.member.task.ordinal, ASK).await {
            Err(AdminError::Timeout { .. }) => {
                self.end_connection(primary, conn.id()).await;
                lock::admits(&self.member.replication_login(primary), ASK).await
            }
            answer => answer,
        }
    }

    /// Swaps the fencing record, if neither it nor the cluster's node has changed.
    async fn swap(&self, version: i32, parent: i32, record: &EpochRecord) -> Outcome {
        let cluster = &self.member.task.cluster;
        let multi = Multi::new().check(path::cluster(cluster), Version(parent)).set(
            path::epoch(cluster),
            record::encode(record),
            Version(version),
        );
        match self.member.zk.commit(&multi, STORE).await {
            Ok(_) => Outcome::Swapped { version: version.wrapping_add(1) },
            Err(error) if matches!(error.reason(), Some(Reason::BadVersion | Reason::NoNode)) => {
                Outcome::Lost
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn tell(&self, record: &MemberRecord, session: SessionNumber) -> Result<(), ZkError> {
        let at = path::member(&record.task);
        let data = record::encode(record);
        self.member.zk.create_ephemeral(session, (&at, &data), &Access::Private, STORE).await
    }

    async fn coordinate(&self, session: SessionNumber) -> Result<(), ZkError> {
        let task = &self.member.task;
        let at = path::coordinator(&task.cluster);
        let data = task.task.as_str().as_bytes();
        self.member.zk.create_ephemeral(session, (&at, data), &Access::Private, STORE).await
    }

    /// Removes the coordinator's node, if it is this member's.
    async fn stand_down(&self) -> Result<(), ZkError> {
        let task = &self.member.task;
        let at = path::coordinator(&task.cluster);
        match self.member.zk.read(&at, STORE).await? {
            Some(node) if node.data == task.task.as_str().as_bytes() => {
                self.member.zk.delete_if(&at, node.stat.version, STORE).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Appends a line, and removes the oldest ones beyond the bound.
    async fn journal(&self, line: &JournalLine) -> Result<(), ZkError> {
        let zk = &self.member.zk;
        let parent = path::journal(&self.member.task.cluster);
        let multi = Multi::new().create(
            format!("{parent}/line-"),
            record::encode(line),
            Kind::PersistentSequential,
            Access::Private,
        );
        zk.commit(&multi, STORE).await?;
        let lines: BTreeSet<String> = zk.children(&parent, STORE).await?.unwrap_or_default();
        for old in lines.iter().take(lines.len().saturating_sub(JOURNAL_LINES)) {
            let at = format!("{parent}/{old}");
            // Another member may remove it at the same time.
            let _ = zk.delete_if(&at, Version(0), STORE).await;
        }
        Ok(())
    }
}

/// Applies an intent of a proof. The marker's table is there from the start; in a directory that somebody
/// else made it is made now.
async fn apply(conn: &mut Conn, intent: &Intent, within: Duration) -> Result<(), AdminError> {
    match conn.apply(intent, within).await {
        Err(error) if error.code().is_some_and(|code| NO_TABLE.contains(&code)) => {
            conn.apply(&Intent::EnsureMarker, within).await?;
            conn.apply(intent, within).await
        }
        result => result,
    }
}

fn done(result: Result<(), ZkError>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// The chain of an error in one line.
pub(crate) fn failed(error: &AdminError) -> Outcome {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Outcome::Failed(text)
}
