//! A connection to the own server, and those that were given up before it.
//!
//! A server goes on with a statement whose client has gone. So what was given up is ended from the next connection: else
//! questions that hang would pile up, and an order could still be carried out after a later one that undoes it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use mysos_mysql_admin::{AdminError, Conn, Intent, intent::ConnectionId, session};

use crate::membership::Membership;

/// Between two looks whether a connection has gone.
const AGAIN: Duration = Duration::from_millis(20);
/// How often is looked before the attempt is given up.
const LOOKS: u32 = 100;

/// The connection of one task to the own server.
pub(crate) struct Line {
    member: Arc<Membership>,
    conn: Option<Conn>,
    /// Given up, and not seen gone. One is added only when another was opened, and each opening ends them.
    left: BTreeSet<ConnectionId>,
}

impl Line {
    /// None is open yet.
    pub(crate) fn new(member: Arc<Membership>) -> Self {
        Self { member, conn: None, left: BTreeSet::new() }
    }

    /// The server has ended, and with it all that was open.
    pub(crate) fn cut(&mut self) {
        self.conn = None;
        self.left.clear();
    }

    /// What was asked last failed: a connection that cannot be used for more is given up.
    pub(crate) fn give_up(&mut self) {
        if let Some(conn) = self.conn.take_if(|conn| !conn.is_usable()) {
            self.left.insert(conn.id());
        }
    }

    /// A connection that can be used. Those that were given up are told to end.
    pub(crate) async fn open(&mut self, limit: Duration) -> Result<&mut Conn, AdminError> {
        self.give_up();
        if self.conn.is_none() {
            let own = self.member.identity().mysql;
            let conn = self.conn.insert(Conn::open(&self.member.login(&own), limit).await?);
            for id in &self.left {
                conn.apply(&Intent::Kill(*id), limit).await?;
            }
        }
        self.conn.as_mut().ok_or_else(|| closed(&self.member))
    }

    /// The same, and whatever was given up has gone: no statement of before can be carried out any more.
    pub(crate) async fn open_alone(&mut self, limit: Duration) -> Result<&mut Conn, AdminError> {
        self.open(limit).await?;
        let Some(conn) = self.conn.as_mut() else { return Err(closed(&self.member)) };
        for _ in 0..LOOKS {
            if self.left.is_empty() {
                return Ok(conn);
            }
            let there: BTreeSet<ConnectionId> =
                session::list(conn, limit).await?.into_iter().map(|session| session.id).collect();
            self.left.retain(|id| there.contains(id));
            for id in &self.left {
                conn.apply(&Intent::Kill(*id), limit).await?;
            }
            if !self.left.is_empty() {
                tokio::time::sleep(AGAIN).await;
            }
        }
        Err(AdminError::Timeout {
            at: self.member.identity().mysql.to_string(),
            doing: "end what was begun before".to_owned(),
            limit: AGAIN * LOOKS,
        })
    }
}

fn closed(member: &Membership) -> AdminError {
    AdminError::Closed { at: member.identity().mysql.to_string() }
}
