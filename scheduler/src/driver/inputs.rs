//! Where events come from: one bounded queue each, one at a time.

use std::time::Duration;

use mesos_v1::scheduler::{Disconnected, Reason, SchedulerEvent};
use mysos_fleet::{
    Event,
    event::{Drawn, OfferId, Offers, OperationState, RequestId},
    request::Request,
};
use mysos_model::{Timestamp, wire::state::AgentId};
use tokio_util::sync::CancellationToken;

use super::{Driver, Ended, no_chance};
use crate::{
    clock::{self, NoChance},
    gate::Asked,
    mesos,
    perform::{Job, Performed, chain},
    records::Sighting,
    translate,
};

/// The loop turns at least this often, so that whoever looks can see that it does.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// Something for the driver.
pub(super) enum Input {
    /// The subscription.
    Mesos(Box<SchedulerEvent>),
    /// An effect had its outcome.
    Performed(Performed),
    /// A wish.
    Asked(Asked),
    /// The members' records.
    Seen(Sighting),
    /// The session of ZooKeeper is in another state.
    Session,
    /// Time has passed.
    Tick,
}

impl Driver<'_> {
    /// The next input; `None` when we are to stop.
    pub(super) async fn next_input(&mut self, stop: &CancellationToken) -> Result<Option<Input>, Ended> {
        let sleep = self.next_wakeup().since(clock::now()).min(LONGEST_SLEEP);
        let connected = self.tools.zk.session().is_connected();
        let mut sessions = self.tools.zk.sessions();
        let turned = sessions.wait_for(move |session| session.is_connected() != connected);
        Ok(Some(tokio::select! {
            () = stop.cancelled() => return Ok(None),
            why = self.tools.leadership.lost() => return Err(Ended::Lost(why.to_string())),
            performed = self.tools.performer.next() => Input::Performed(performed),
            event = self.tools.mesos.events.recv() => match event {
                Some(event) => Input::Mesos(Box::new(event)),
                None => return Err(Ended::Lost("the client of Mesos has ended".to_owned())),
            },
            Some(asked) = self.outside.wishes.recv() => Input::Asked(asked),
            Some(seen) = self.tools.sightings.recv() => Input::Seen(seen),
            _changed = turned => Input::Session,
            () = tokio::time::sleep(sleep) => Input::Tick,
        }))
    }

    fn next_wakeup(&self) -> Timestamp {
        let far = clock::now() + LONGEST_SLEEP;
        let thaw = self.frozen.as_ref().map(|frozen| frozen.look_at);
        [self.fleet.next_wakeup(), self.view_due, thaw].into_iter().flatten().fold(far, Ord::min)
    }

    /// Turns an input into turns.
    pub(super) async fn take(&mut self, input: Input) -> Result<(), Ended> {
        match input {
            Input::Mesos(event) => self.take_mesos(*event).await,
            Input::Performed(Performed::Event(event)) => self.turn(event).await,
            Input::Performed(Performed::NotConfirmed) => {
                self.tools.mesos.reconnect();
                let why = "subscribing again to tell Mesos the failover timeout".to_owned();
                self.turn(Event::Disconnected { why }).await
            }
            Input::Asked(asked) => self.take_wish(asked).await,
            Input::Seen(sighting) => self.take_sighting(sighting).await,
            Input::Session => {
                if self.tools.zk.session().is_connected() {
                    self.thaw().await
                } else {
                    self.freeze_idle()
                }
            }
            Input::Tick => {
                if self.frozen.as_ref().is_some_and(|frozen| frozen.look_at <= clock::now()) {
                    self.thaw().await?;
                }
                self.turn(Event::Tick).await
            }
        }
    }

    async fn take_wish(&mut self, asked: Asked) -> Result<(), Ended> {
        if asked.answer.is_closed() {
            return Ok(());
        }
        let id = RequestId(self.next_request);
        self.next_request += 1;
        tracing::info!(
            request = id.0,
            request_id = asked.request_id,
            wish = name_of(&asked.request),
            "asked"
        );
        self.answers.insert(id, asked.answer);
        let drawn = self.drawn(&asked.request).map_err(no_chance)?;
        self.turn(Event::Requested { id, request: Box::new(asked.request), drawn: Box::new(drawn) }).await
    }

    fn drawn(&self, request: &Request) -> Result<Drawn, NoChance> {
        let instances = match request {
            Request::Create { spec, .. } => spec.num_nodes,
            Request::Delete { .. } => 0,
        };
        Ok(Drawn {
            operation: self.chance.uuid()?,
            cluster_password: self.chance.password()?,
            admin_password: self.chance.password()?,
            replication_seed: self.chance.password()?,
            control_token: self.chance.password()?,
            uuids: (0..instances).map(|_| self.chance.uuid()).collect::<Result<_, _>>()?,
        })
    }

    async fn take_sighting(&mut self, sighting: Sighting) -> Result<(), Ended> {
        let Sighting { cluster, records } = sighting;
        let event = records.event(&cluster);
        self.around.seen.insert(cluster, records);
        self.view_soon();
        self.turn(event).await
    }

    async fn take_mesos(&mut self, event: SchedulerEvent) -> Result<(), Ended> {
        let metrics = self.outside.metrics.clone();
        metrics.event(kind_of(&event));
        match event {
            SchedulerEvent::SubscribeWanted => {
                let saved = self.fleet.framework().and_then(|framework| framework.framework_id.clone());
                self.tools.mesos.subscribe(saved.as_deref());
                Ok(())
            }
            SchedulerEvent::Subscribed(subscribed) => {
                metrics.subscribed();
                self.around.leader = mesos::shown(subscribed.master.as_ref());
                self.trouble.is_over();
                tracing::info!(framework = %subscribed.framework_id, leader = ?self.around.leader, "subscribed to Mesos");
                self.turn(Event::Subscribed { framework_id: subscribed.framework_id.value }).await
            }
            SchedulerEvent::Disconnected(disconnected) => self.take_disconnected(disconnected).await,
            SchedulerEvent::Offers(offers) => self.take_offers(&offers).await,
            SchedulerEvent::Rescind(id) => {
                let id = OfferId(id.value);
                self.tools.mesos.book.forget(&id);
                self.turn(Event::Rescinded(id)).await
            }
            SchedulerEvent::Update(status) => {
                metrics.update(translate::state_name(status.state));
                self.turn(Event::Update(translate::update(&status))).await
            }
            SchedulerEvent::Failure(failure) => {
                let Some(agent) = failure.agent_id else { return Ok(()) };
                let executor = failure.executor_id.map(|executor| executor.value);
                self.turn(Event::Failure { agent: AgentId(agent.value), executor }).await
            }
            SchedulerEvent::InverseOffers(offers) => {
                self.send("DECLINE_INVERSE_OFFERS", mesos::decline_inverse(offers));
                Ok(())
            }
            SchedulerEvent::UpdateOperationStatus(status) => {
                let update = translate::operation(&status);
                if update.state == OperationState::Refused {
                    let (operation, why) = (&update.operation, &update.message);
                    tracing::warn!(operation, why, "Mesos refused an operation");
                }
                self.turn(Event::Operation(update)).await
            }
            // Nothing depends on a message arriving, and executors send none.
            SchedulerEvent::RescindInverseOffer(_) | SchedulerEvent::Message(_) => Ok(()),
        }
    }

    async fn take_disconnected(&mut self, disconnected: Disconnected) -> Result<(), Ended> {
        self.tools.mesos.void();
        let why = chain(&disconnected.reason);
        self.trouble.say(&why, clock::now());
        match disconnected.reason {
            Reason::FrameworkRemoved { message } => self.turn(Event::FrameworkLost { message }).await,
            _ => self.turn(Event::Disconnected { why }).await,
        }
    }

    async fn take_offers(&mut self, offers: &[mesos_v1::proto::Offer]) -> Result<(), Ended> {
        let others = offers.iter().filter(|offer| !self.tools.mesos.is_ours(offer)).count();
        self.outside.metrics.offers(offers.len(), others);
        for offer in offers {
            self.tools.mesos.book.note(offer);
        }
        let wanted = self.fleet.uuids_wanted(clock::now());
        let uuids = (0..wanted).map(|_| self.chance.uuid()).collect::<Result<_, _>>().map_err(no_chance)?;
        let offers = offers.iter().map(translate::offer).collect();
        self.turn(Event::Offers(Offers { offers, uuids })).await
    }

    /// A call that no decision of the fleet is behind.
    fn send(&mut self, kind: &'static str, call: mesos_v1::proto::scheduler::Call) {
        let client = self.tools.mesos.client.clone();
        let outcome = mysos_fleet::event::Outcome::Called;
        let unsent = self.tools.performer.enqueue(Job::Call { client, call: Box::new(call), kind, outcome });
        self.todo.extend(unsent);
    }
}

fn name_of(request: &Request) -> String {
    match request {
        Request::Create { name, spec, owner, .. } => {
            format!("create {name} of {} nodes for {owner}", spec.num_nodes)
        }
        Request::Delete { name, .. } => format!("delete {name}"),
    }
}

fn kind_of(event: &SchedulerEvent) -> &'static str {
    match event {
        SchedulerEvent::SubscribeWanted => "SUBSCRIBING",
        SchedulerEvent::Subscribed(_) => "SUBSCRIBED",
        SchedulerEvent::Disconnected(_) => "DISCONNECTED",
        SchedulerEvent::Offers(_) => "OFFERS",
        SchedulerEvent::InverseOffers(_) => "INVERSE_OFFERS",
        SchedulerEvent::Rescind(_) => "RESCIND",
        SchedulerEvent::RescindInverseOffer(_) => "RESCIND_INVERSE_OFFER",
        SchedulerEvent::Update(_) => "UPDATE",
        SchedulerEvent::UpdateOperationStatus(_) => "UPDATE_OPERATION_STATUS",
        SchedulerEvent::Message(_) => "MESSAGE",
        SchedulerEvent::Failure(_) => "FAILURE",
    }
}
