//! Orders to the own server, one after the other, and the looks at it in between. All of it in one task:
//! a look can never tell of a time before an order that has ended.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use mysos_ha::{
    Event, Order, Vital,
    action::Outcome,
    event::Probe,
    view::{Disk, Exit},
};
use mysos_model::{DataId, Flavor};
use mysos_mysql_admin::{AdminError, ServerVersion};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    clock, line::Line, membership::Membership, mysqld::process::Exited, observe::observe, perform::failed,
    records::Inbox, replication, server::Server,
};

/// Between two looks. A stream that is lost or a lag that grows is seen within this time.
const LOOK: Duration = Duration::from_millis(200);
/// Between two looks while the server starts: the wait is part of every start.
const KNOCK: Duration = Duration::from_millis(50);
/// How long one question of a look may take.
const LOOK_LIMIT: Duration = Duration::from_secs(1);
/// How long a server that is to be moved aside may take to stop; it is replicating nothing.
const QUARANTINE_STOP: Duration = Duration::from_secs(20);
/// How long one statement of an order may take.
pub(crate) const STATEMENT: Duration = Duration::from_secs(10);

/// The task that owns the server.
pub(crate) struct ServerLane {
    member: Arc<Membership>,
    server: Server,
    inbox: Inbox,
    line: Line,
    /// The server has answered since its last start.
    answered: bool,
    exits: JoinSet<Exited>,
}

impl ServerLane {
    /// A lane for this server; the events of its life go to `inbox`.
    pub(crate) fn new(member: Arc<Membership>, server: Server, inbox: Inbox) -> Self {
        let line = Line::new(member.clone());
        Self { member, server, inbox, line, answered: false, exits: JoinSet::new() }
    }

    /// Runs until the orders end. A server that still runs then is killed with its keeper.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<(u64, Order)>) {
        let mut look = interval(KNOCK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = interval(LOOK);
        last.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Some(exited) = self.exits.join_next() => self.exited(exited.ok()).await,
                order = orders.recv() => match order {
                    Some((number, order)) => self.carry_out(number, order).await,
                    None => return,
                },
                _ = look.tick(), if self.server.is_running() && !self.answered => self.look().await,
                _ = last.tick(), if self.server.is_running() && self.answered => self.look().await,
            }
        }
    }

    async fn carry_out(&mut self, number: u64, order: Order) {
        let process = matches!(
            order,
            Order::Inspect
                | Order::Initialize { .. }
                | Order::Start
                | Order::Stop { .. }
                | Order::Kill
                | Order::Quarantine { .. }
                | Order::TakeCopy { .. }
        );
        tracing::debug!(?order, "order");
        let outcome = if process { self.process(order).await } else { self.ask(&order).await };
        if let Outcome::Failed(why) = &outcome {
            tracing::warn!(order = number, error = %why, "an order failed; it is tried again");
        }
        if !process {
            self.look().await; // The outcome must not arrive before what it changed is seen.
        }
        self.send(Event::Ended { number, outcome }).await;
    }

    /// Orders that concern the directory and the process.
    async fn process(&mut self, order: Order) -> Outcome {
        match order {
            Order::Inspect => disk(self.server.inspect().await),
            Order::Initialize { .. } => disk(self.initialize().await),
            Order::Start => match self.server.start().await {
                Ok(exit) => self.started(exit),
                Err(why) => Outcome::Failed(why),
            },
            Order::Stop { within } => {
                self.stop(within).await;
                Outcome::Done
            }
            Order::Kill => {
                self.stop(Duration::ZERO).await;
                Outcome::Done
            }
            Order::Quarantine { epoch, errant } => {
                self.stop(QUARANTINE_STOP).await;
                match self.server.quarantine(epoch, &errant).await {
                    Ok(()) => disk(self.server.inspect().await),
                    Err(why) => Outcome::Failed(why),
                }
            }
            Order::TakeCopy { data } => {
                self.stop(QUARANTINE_STOP).await;
                match self.server.take_copy(data).await {
                    Ok(()) => {
                        self.forget_replaced();
                        disk(self.server.inspect().await)
                    }
                    Err(why) => Outcome::Failed(why),
                }
            }
            _ => Outcome::Failed("not an order to the process".to_owned()),
        }
    }

    /// Stops the server; its end is told before the outcome of whatever asked for it.
    async fn stop(&mut self, within: Duration) {
        self.line.cut();
        if within.is_zero() {
            self.server.kill().await;
        } else {
            self.server.stop(within).await;
        }
        while !self.server.is_running()
            && let Some(exited) = self.exits.join_next().await
        {
            self.exited(exited.ok()).await;
        }
    }

    /// A copy begins with what its donor followed, and the donor's relay log is not there. Nothing else is
    /// said to the server, or of it, before that is forgotten.
    async fn forget_donor(&mut self) -> Result<(), String> {
        let volume = self.server.volume();
        if !volume.is_fresh_copy() {
            return Ok(());
        }
        let forgotten = async { replication::forget_donor(self.line.open(LOOK_LIMIT).await?).await };
        forgotten.await.map_err(|error| error.to_string())?;
        volume.no_longer_fresh().map_err(|error| crate::server::words(&error))
    }

    /// What a copy has taken the place of goes meanwhile; what does not go now goes at the next start.
    fn forget_replaced(&self) {
        let volume = self.server.volume();
        drop(tokio::task::spawn_blocking(move || volume.remove_leftovers()));
    }

    fn started(&mut self, exit: BoxFuture<'static, Exited>) -> Outcome {
        self.answered = false;
        self.exits.spawn(exit);
        Outcome::Done
    }

    /// A new directory with a new identity. Replication accounts are made as members are let in.
    async fn initialize(&mut self) -> Result<(Disk, Option<DataId>), String> {
        let (data, server_id) = (clock::data_id(), clock::server_id());
        self.server.initialize(data, server_id, &self.member.credentials).await
    }

    /// Orders that are said to the running server, once nothing of an earlier order is under way there.
    async fn ask(&mut self, order: &Order) -> Outcome {
        let data_dir = self.server.data_dir();
        let said = async {
            let conn = self.line.open_alone(LOOK_LIMIT).await?;
            replication::carry_out(conn, &self.member, &data_dir, order).await
        };
        let Err(error) = said.await else { return Outcome::Done };
        self.line.give_up();
        if replication::wants_free_accounts(order, &error) {
            self.free_accounts().await;
        }
        failed(&error)
    }

    /// On a connection of its own: the one that ran into its limit is gone.
    async fn free_accounts(&mut self) {
        let mysql = self.member.identity().flavor == Flavor::MySql;
        let connected = self.line.open(LOOK_LIMIT).await;
        if mysql && matches!(connected, Err(AdminError::Timeout { .. })) {
            // Nothing ends a commit that waits there, and nobody gets in meanwhile, an acker least of all.
            tracing::error!(
                "an account statement that waits for its acknowledgement keeps everybody out: mysqld is killed"
            );
            self.stop(Duration::ZERO).await;
        } else if let Ok(conn) = connected
            && let Err(error) = replication::free_accounts(conn).await
        {
            tracing::warn!(%error, "clients could not be ended");
        }
    }

    /// Looks at the server and tells what was seen; of one that does not answer, that.
    async fn look(&mut self) {
        if !self.server.is_running() {
            return;
        }
        if let Err(why) = self.forget_donor().await {
            tracing::debug!(why, "a copy still holds what its donor followed; it is tried again");
            self.line.give_up();
            return;
        }
        let seen = async {
            let conn = self.line.open(LOOK_LIMIT).await?;
            Ok::<_, AdminError>((observe(conn, LOOK_LIMIT).await?, conn.version()))
        };
        match seen.await {
            Ok((observed, _)) if self.answered => self.send(Event::Observed(Box::new(observed))).await,
            Ok((observed, ServerVersion { major, minor, patch, .. })) => {
                self.answered = true;
                let version = format!("{major}.{minor}.{patch}");
                tracing::info!(version, "mysqld answers");
                self.send(Event::Answered { version, observed: Box::new(observed) }).await;
            }
            Err(error) => {
                tracing::debug!(%error, "no look at the server");
                self.line.give_up();
                self.unseen().await;
            }
        }
    }

    /// A server that has answered and tells this look nothing. One that starts has not answered yet.
    async fn unseen(&self) {
        if self.answered {
            self.send(Event::Tried { vital: Vital::Look, probe: Probe::Silent }).await;
        }
    }

    async fn exited(&mut self, exited: Option<Exited>) {
        self.line.cut();
        self.answered = false;
        let how = exited.map_or_else(|| "an unknown cause".to_owned(), |exited| exited.to_string());
        let log = self.server.last_lines().await;
        tracing::warn!(how, "mysqld ended");
        self.send(Event::Exited(Exit { at: clock::now(), how, log })).await;
    }

    async fn send(&self, event: Event) {
        // Nobody listens only when the executor is about to end.
        let _ = self.inbox.send(event).await;
    }
}

fn disk(found: Result<(Disk, Option<DataId>), String>) -> Outcome {
    found.map_or_else(Outcome::Failed, |(disk, data)| Outcome::Disk { disk, data })
}
