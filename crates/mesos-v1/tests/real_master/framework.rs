//! A small framework: answers for the subscription, keeps the offers, and
//! waits for what a test names.

use std::collections::VecDeque;

use mesos_v1::detector::Detector;
use mesos_v1::proto::framework_info::{Capability, capability};
use mesos_v1::proto::scheduler::call::Subscribe;
use mesos_v1::proto::{FrameworkInfo, Offer, TaskInfo, TaskState, TaskStatus, offer};
use mesos_v1::resources::{Amount, Resources, Wanted};
use mesos_v1::scheduler::{
    Disconnected, Reason, SchedulerClient, SchedulerConfig, SchedulerEvent, Subscribed, Timing, call,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::mesos::{PATIENCE, Server};

pub(crate) const ROLE: &str = "test";

pub(crate) fn info() -> FrameworkInfo {
    let capabilities = [
        capability::Type::MultiRole,
        capability::Type::PartitionAware,
        capability::Type::ReservationRefinement,
        capability::Type::TaskKillingState,
    ];
    FrameworkInfo {
        user: "root".to_owned(),
        name: "test".to_owned(),
        roles: vec![ROLE.to_owned()],
        principal: Some("test".to_owned()),
        failover_timeout: Some(3600.0),
        checkpoint: Some(true),
        capabilities: capabilities.map(|one| Capability { r#type: Some(one as i32) }).to_vec(),
        ..Default::default()
    }
}

/// Slow retries would only make the tests slow.
pub(crate) fn config() -> SchedulerConfig {
    let second = std::time::Duration::from_secs(1);
    let timing = Timing { slow: (second, second), backoff_cap: second, ..Timing::default() };
    SchedulerConfig { timing, ..SchedulerConfig::default() }
}

pub(crate) struct Framework {
    pub(crate) client: SchedulerClient,
    pub(crate) info: FrameworkInfo,
    pub(crate) offers: Vec<Offer>,
    passed: VecDeque<SchedulerEvent>,
    events: mpsc::Receiver<SchedulerEvent>,
}

impl Framework {
    pub(crate) fn new(config: SchedulerConfig, masters: &str, info: FrameworkInfo) -> Self {
        let (client, events) = SchedulerClient::connect(config, Detector::hosts(masters).unwrap());
        Framework { client, info, offers: Vec::new(), passed: VecDeque::new(), events }
    }

    /// A framework that is subscribed.
    pub(crate) async fn subscribed(master: &Server) -> Self {
        let mut framework = Framework::new(config(), &master.address, info());
        framework.subscription().await;
        framework
    }

    /// The first event that a condition holds for; others are kept for those
    /// who wait for them later.
    pub(crate) async fn wait(
        &mut self,
        what: &str,
        holds: impl Fn(&SchedulerEvent) -> bool,
    ) -> SchedulerEvent {
        if let Some(event) = self.passed.iter().position(&holds).and_then(|at| self.passed.remove(at)) {
            return event;
        }
        let waiting = async {
            loop {
                let event = self.events.recv().await.expect("the client runs");
                self.note(&event);
                if holds(&event) {
                    return event;
                }
                self.passed.push_back(event);
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
    }

    /// What a framework does at once.
    fn note(&mut self, event: &SchedulerEvent) {
        match event {
            SchedulerEvent::SubscribeWanted => self.answer(),
            SchedulerEvent::Offers(offers) => self.offers.extend(offers.clone()),
            SchedulerEvent::Subscribed(subscribed) => {
                self.info.id = Some(subscribed.framework_id.clone());
                self.offers.clear();
                // Attempts while the master was starting are of no interest.
                self.passed.retain(|event| !matches!(event, SchedulerEvent::Disconnected(_)));
            }
            _ => {}
        }
    }

    fn answer(&self) {
        let subscribe = Subscribe { framework_info: self.info.clone(), suppressed_roles: vec![] };
        self.client.subscribe(subscribe).unwrap();
    }

    pub(crate) async fn subscription(&mut self) -> Subscribed {
        let event = self.wait("subscribed", |event| matches!(event, SchedulerEvent::Subscribed(_))).await;
        let SchedulerEvent::Subscribed(subscribed) = event else { unreachable!() };
        subscribed
    }

    pub(crate) async fn end_of_subscription(&mut self) -> Reason {
        self.end_because("of whatever", |_| true).await
    }

    pub(crate) async fn end_because(&mut self, what: &str, holds: impl Fn(&Reason) -> bool) -> Reason {
        let over = |event: &SchedulerEvent| matches!(event, SchedulerEvent::Disconnected(Disconnected { reason, .. }) if holds(reason));
        let event = self.wait(&format!("disconnected because {what}"), over).await;
        let SchedulerEvent::Disconnected(over) = event else { unreachable!() };
        over.reason
    }

    /// An offer that a condition holds for, one that is held already or a new one.
    pub(crate) async fn offer(&mut self, holds: impl Fn(&Offer) -> bool) -> Offer {
        loop {
            if let Some(at) = self.offers.iter().position(&holds) {
                return self.offers.remove(at);
            }
            self.wait("an offer", |event| matches!(event, SchedulerEvent::Offers(_))).await;
        }
    }

    /// An offer with room for a task.
    pub(crate) async fn roomy_offer(&mut self) -> Offer {
        self.offer(|offer| {
            Resources::from_iter(&offer.resources).plain().scalar("cpus") >= Amount::from_whole(1)
        })
        .await
    }

    /// A task with some of the resources of an offer.
    pub(crate) fn task(offer: &Offer, name: &str) -> TaskInfo {
        let wanted =
            Wanted { cpus: Amount::from_f64(0.1), mem: Amount::from_whole(32), disk: Amount::ZERO, ports: 1 };
        let taken = Resources::from_iter(&offer.resources).take(&wanted).unwrap();
        TaskInfo {
            name: name.to_owned(),
            task_id: name.into(),
            agent_id: offer.agent_id.clone(),
            resources: taken.resources,
            ..Default::default()
        }
    }

    pub(crate) async fn launch(&self, offer: &Offer, task: TaskInfo) {
        let launch = offer::Operation {
            r#type: Some(offer::operation::Type::Launch as i32),
            launch: Some(offer::operation::Launch { task_infos: vec![task] }),
            ..Default::default()
        };
        self.client.call(call::accept(vec![offer.id.clone()], vec![launch], 0.0)).await.unwrap();
    }

    /// Acknowledges updates until one has this state.
    pub(crate) async fn task_state(&mut self, state: TaskState) -> TaskStatus {
        loop {
            let status = self.update().await;
            let reached = status.state == state as i32;
            if let Some(acknowledge) = call::acknowledge(&status) {
                self.client.call(acknowledge).await.unwrap();
            }
            if reached {
                return status;
            }
            let lively = matches!(
                TaskState::try_from(status.state).unwrap(),
                TaskState::TaskStarting | TaskState::TaskRunning | TaskState::TaskKilling
            );
            assert!(lively, "waiting for {state:?}, but {status:?}");
        }
    }

    /// The next update, not acknowledged.
    pub(crate) async fn update(&mut self) -> TaskStatus {
        let event = self.wait("an update", |event| matches!(event, SchedulerEvent::Update(_))).await;
        let SchedulerEvent::Update(status) = event else { unreachable!() };
        *status
    }
}
