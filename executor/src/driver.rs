//! The loop of a member: an event in, decide, apply, save, perform. Nothing else moves its view.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use mysos_ha::{
    Action, Change, Decision, Event, Order, View,
    action::Report,
    change::ToldChange,
    decide,
    view::{Life, Saved},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    clock,
    control::Status,
    copy::give::Consent,
    membership::Membership,
    metrics::Metrics,
    orders::ServerLane,
    perform::Performer,
    records,
    senses::{self, Named, Stream},
    server::Server,
    store::Store,
    vitals,
};

/// Events that wait. Streams give their latest value again, so a full queue delays and loses nothing.
const INBOX: usize = 1024;
/// Orders that wait; the decision code has one under way at a time.
const ORDERS: usize = 4;
/// At least this often the loop turns: a wait that nobody woke is seen within it.
const TICK: Duration = Duration::from_secs(1);

/// What a member is made of.
pub(crate) struct Parts {
    pub(crate) member: Arc<Membership>,
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) saved: Saved,
    pub(crate) performer: Performer,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) consent: watch::Sender<Consent>,
    pub(crate) metrics: Metrics,
}

/// The queue that a driver reads, for those who feed it before it runs.
pub(crate) fn inbox() -> (records::Inbox, mpsc::Receiver<Event>) {
    mpsc::channel(INBOX)
}

/// A member at work.
struct Driver {
    view: View,
    store: Store,
    performer: Arc<Performer>,
    orders: mpsc::Sender<(u64, Order)>,
    inbox: records::Inbox,
    actions: JoinSet<()>,
    /// The primary that this member follows, for the probes.
    primary: watch::Sender<Option<Named>>,
    /// The start of mysqld that answers, for those who ask whether it still does.
    answering: watch::Sender<Option<u64>>,
    status: watch::Sender<Status>,
    consent: watch::Sender<Consent>,
    metrics: Metrics,
}

/// Runs a member until Mesos has been told that it is over. Says how it ended.
pub(crate) async fn run(
    parts: Parts,
    (inbox, mut events): (records::Inbox, mpsc::Receiver<Event>),
) -> anyhow::Result<Life> {
    let (orders, order_queue) = mpsc::channel(ORDERS);
    let mut tasks = JoinSet::new();
    records::watch(&parts.member, &inbox, &mut tasks);
    tasks.spawn(vitals::write(parts.server.beside_data(), inbox.clone()));
    let (answering, up) = watch::channel(None);
    tasks.spawn(vitals::ask(parts.member.clone(), up, inbox.clone()));
    let lane = ServerLane::new(parts.member.clone(), parts.server, inbox.clone());
    tasks.spawn(lane.run(order_queue));
    let (primary, named) = watch::channel(None);
    tasks.spawn(senses::probe(named, inbox.clone()));
    let mut driver = Driver {
        view: View::new(parts.member.identity(), parts.saved, clock::now()),
        store: parts.store,
        performer: Arc::new(parts.performer),
        orders,
        inbox,
        actions: JoinSet::new(),
        primary,
        answering,
        status: parts.status,
        consent: parts.consent,
        metrics: parts.metrics,
    };
    while !driver.is_over() {
        let event = driver.next(&mut events, &mut tasks).await?;
        driver.turn(&event).await?;
    }
    Ok(driver.view.own.life)
}

impl Driver {
    /// Mesos has been told the end.
    fn is_over(&self) -> bool {
        matches!(self.view.own.reported, Some(Report::Killed | Report::Failed(_)))
    }

    async fn next(
        &mut self,
        events: &mut mpsc::Receiver<Event>,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Event> {
        let now = clock::now();
        let wait = self.view.next_wakeup(now).map_or(TICK, |at| at.since(now).min(TICK));
        loop {
            tokio::select! {
                event = events.recv() => return event.context("the queue of events has ended"),
                Some(ended) = self.actions.join_next() => ended.context("an action died")?,
                Some(ended) = tasks.join_next() => {
                    ended.context("a task of the member died")?;
                    anyhow::bail!("a task of the member ended: its records or its server are not seen any more");
                }
                () = tokio::time::sleep(wait) => return Ok(Event::Tick),
            }
        }
    }

    async fn turn(&mut self, event: &Event) -> anyhow::Result<()> {
        let Decision { changes, actions } = decide(&self.view, clock::now(), event);
        for change in &changes {
            self.view.apply(change);
            tell(change);
        }
        if changes.iter().any(Change::is_durable) {
            self.save().await;
        }
        let session = self.view.seen.session.number;
        for (number, action) in actions {
            self.dispatch(number, action, session).await?;
        }
        self.name_primary();
        let start = self.view.up().map(|up| up.start);
        self.answering.send_if_modified(|named| std::mem::replace(named, start) != start);
        self.metrics.turned(&self.view);
        self.status.send_replace(Status::of(&self.view, clock::now()));
        self.consent.send_if_modified(|given| {
            let now = Consent::of(&self.view);
            let changed = *given != now;
            *given = now;
            changed
        });
        Ok(())
    }

    /// Tells the probes whom to probe.
    fn name_primary(&self) {
        let primary = self.view.own.followed.as_ref().and_then(|_| self.view.primary_member());
        let receives = self.view.up().is_some_and(|up| up.observed.lag.is_some());
        let stream = if receives { Stream::Runs } else { Stream::Lost };
        let primary = primary.map(|member| Named { at: member.control.clone(), stream });
        self.primary.send_if_modified(|named| {
            let changed = *named != primary;
            *named = primary;
            changed
        });
    }

    /// Saves before anything that follows. A disk that does not take it holds the member up: it may neither
    /// act nor go back.
    async fn save(&mut self) {
        while let Err(error) = self.store.save(&self.view.own.saved).await {
            tracing::error!(%error, "the member's state cannot be saved; nothing is done until it can");
            tokio::time::sleep(TICK).await;
        }
    }

    async fn dispatch(&mut self, number: u64, action: Action, session: u64) -> anyhow::Result<()> {
        if let Action::Server(order) = action {
            return self.orders.send((number, order)).await.context("the server's lane has ended");
        }
        tracing::debug!(?action, "action");
        let (performer, inbox) = (self.performer.clone(), self.inbox.clone());
        self.actions.spawn(async move {
            let outcome = performer.perform(action, session).await;
            if let mysos_ha::action::Outcome::Failed(why) = &outcome {
                tracing::debug!(action = number, error = why, "an action failed; it is tried again");
            }
            let _ = inbox.send(Event::Ended { number, outcome }).await;
        });
        Ok(())
    }
}

/// Decisions are logged once, as the journal has them.
fn tell(change: &Change) {
    match change {
        Change::Told(ToldChange::Noted(line)) => {
            tracing::info!(epoch = line.epoch.0, turn = line.turn.0, step = line.step, "{}", line.detail);
        }
        Change::Told(ToldChange::State(state, _)) => tracing::info!(?state, "member"),
        _ => {}
    }
}
