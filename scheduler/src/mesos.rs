//! Our end of the subscription: who we say we are, the offers that are outstanding, and the fleet's actions as calls.

use std::time::Duration;

use mesos_v1::{
    detector::{Detector, Leader},
    proto::{
        self, FrameworkInfo, OfferId, TaskStatus,
        framework_info::{Capability, capability},
        scheduler::{
            Call,
            call::{Subscribe, UpdateFramework},
        },
    },
    scheduler::{SchedulerClient, SchedulerConfig, SchedulerEvent, call},
    transport::TransportConfig,
};
use mysos_fleet::{action::Accept, event};
use mysos_model::{TaskId, wire::state::AgentId};
use tokio::sync::mpsc;

use crate::{
    accepting,
    config::{FrameworkConfig, UNSAVED_FAILOVER_TIMEOUT},
    launch::LaunchKit,
    offerbook::{Gone, OfferBook},
};

/// What we understand. `PARTITION_AWARE`: we decide what becomes of a task that cannot be reached.
const CAPABILITIES: [capability::Type; 4] = [
    capability::Type::MultiRole,
    capability::Type::PartitionAware,
    capability::Type::ReservationRefinement,
    capability::Type::TaskKillingState,
];
/// Until when an agent's operator is told "not now"; then Mesos asks again.
const REFUSE_INVERSE: Duration = Duration::from_secs(300);

/// Where leaders come from: made anew for each connection.
pub(crate) type Detect = Box<dyn Fn() -> Detector + Send>;

/// Our end of the subscription.
pub(crate) struct Mesos {
    config: FrameworkConfig,
    detect: Detect,
    /// Sends calls.
    pub(crate) client: SchedulerClient,
    /// What Mesos says.
    pub(crate) events: mpsc::Receiver<SchedulerEvent>,
    /// The offers that are outstanding.
    pub(crate) book: OfferBook,
    suppressed: bool,
}

/// An accept that could not be made: what was offered is gone.
#[derive(Debug)]
pub(crate) struct NotAccepted {
    /// The rest of the offers goes back.
    pub(crate) decline: Call,
    /// Why.
    pub(crate) why: Gone,
}

impl Mesos {
    /// Starts to look for the leader.
    pub(crate) fn connect(config: FrameworkConfig, detect: Detect) -> Self {
        let (client, events) = open(&config, &detect);
        Self { config, detect, client, events, book: OfferBook::default(), suppressed: true }
    }

    /// Gives the subscription up and makes a new one.
    pub(crate) fn reconnect(&mut self) {
        (self.client, self.events) = open(&self.config, &self.detect);
        self.void();
    }

    /// All offers are void, and the next subscription begins suppressed.
    pub(crate) fn void(&mut self) {
        self.book.clear();
        self.suppressed = true;
    }

    /// Says as whom to subscribe, with offers suppressed.
    pub(crate) fn subscribe(&mut self, saved_id: Option<&str>) {
        self.void();
        let framework_info = info(&self.config, saved_id);
        let subscribe = Subscribe { framework_info, suppressed_roles: vec![self.role()] };
        if let Err(error) = self.client.subscribe(subscribe) {
            tracing::debug!(%error, "subscription not wanted any more");
        }
    }

    fn role(&self) -> String {
        self.config.identity.role.clone()
    }

    /// Whether an offer is for us.
    pub(crate) fn is_ours(&self, offer: &proto::Offer) -> bool {
        offer.allocation_info.as_ref().is_some_and(|info| info.role() == self.config.identity.role)
    }

    /// Tells the real failover timeout, now that the id is saved.
    pub(crate) fn confirm(&self, saved_id: &str) -> Call {
        let suppressed_roles = if self.suppressed { vec![self.role()] } else { Vec::new() };
        call::update_framework(UpdateFramework {
            framework_info: info(&self.config, Some(saved_id)),
            suppressed_roles,
        })
    }

    /// Uses offers: gives back, reserves, makes volumes, launches tasks.
    pub(crate) fn accept(&mut self, accept: &Accept, kit: &LaunchKit) -> Result<Call, Box<NotAccepted>> {
        let mut held = self.book.take(&accept.offers);
        match accepting::operations(accept, &mut held, kit) {
            Ok(operations) => Ok(call::accept(ids(&accept.offers), operations, accept.refuse.as_secs_f64())),
            Err(why) => {
                let decline = call::decline(ids(&accept.offers), accept.refuse.as_secs_f64());
                Err(Box::new(NotAccepted { decline, why }))
            }
        }
    }

    /// Gives offers back.
    pub(crate) fn decline(&mut self, offers: &[event::OfferId], refuse: Duration) -> Call {
        for offer in offers {
            self.book.forget(offer);
        }
        call::decline(ids(offers), refuse.as_secs_f64())
    }

    /// Wants offers.
    pub(crate) fn revive(&mut self) -> Call {
        self.suppressed = false;
        call::revive(vec![self.role()])
    }

    /// Wants none.
    pub(crate) fn suppress(&mut self) -> Call {
        self.suppressed = true;
        call::suppress(vec![self.role()])
    }
}

/// Who we are. An id that is not saved yet is to live shortly, should we die before it is.
fn info(config: &FrameworkConfig, saved_id: Option<&str>) -> FrameworkInfo {
    let timeout = if saved_id.is_some() { config.failover_timeout } else { UNSAVED_FAILOVER_TIMEOUT };
    let capability = |r#type: capability::Type| Capability { r#type: Some(r#type as i32) };
    FrameworkInfo {
        user: config.identity.user.clone(),
        name: config.name.clone(),
        id: saved_id.map(Into::into),
        failover_timeout: Some(timeout.as_secs_f64()),
        checkpoint: Some(true),
        roles: vec![config.identity.role.clone()],
        hostname: Some(config.hostname.clone()),
        principal: Some(config.identity.principal.clone()),
        webui_url: Some(config.webui_url.clone()),
        capabilities: CAPABILITIES.map(capability).to_vec(),
        ..Default::default()
    }
}

fn open(config: &FrameworkConfig, detect: &Detect) -> (SchedulerClient, mpsc::Receiver<SchedulerEvent>) {
    let transport =
        TransportConfig { authentication: config.authentication.clone(), ..TransportConfig::default() };
    SchedulerClient::connect(SchedulerConfig { transport, ..SchedulerConfig::default() }, detect())
}

fn ids(offers: &[event::OfferId]) -> Vec<OfferId> {
    offers.iter().map(|offer| offer.0.as_str().into()).collect()
}

/// Confirms an update.
pub(crate) fn acknowledge(task: &str, agent: &AgentId, uuid: Vec<u8>) -> Option<Call> {
    call::acknowledge(&TaskStatus {
        task_id: task.into(),
        agent_id: Some(agent.0.as_str().into()),
        uuid: Some(uuid),
        ..Default::default()
    })
}

/// Confirms what was said of an operation.
pub(crate) fn acknowledge_operation(operation: &str, agent: &AgentId, uuid: Vec<u8>) -> Option<Call> {
    call::acknowledge_operation(&proto::OperationStatus {
        operation_id: Some(operation.into()),
        agent_id: Some(agent.0.as_str().into()),
        uuid: Some(proto::Uuid { value: uuid }),
        ..Default::default()
    })
}

/// Ends a task, with the grace it was launched with.
pub(crate) fn kill(task: &TaskId, agent: &AgentId) -> Call {
    call::kill(task.as_str().into(), Some(agent.0.as_str().into()), None)
}

/// Ends an executor; it has the id of its task.
pub(crate) fn shutdown(task: &TaskId, agent: &AgentId) -> Call {
    call::shutdown(task.as_str().into(), agent.0.as_str().into())
}

/// Asks what has become of tasks.
pub(crate) fn reconcile(tasks: &[(TaskId, AgentId)]) -> Call {
    call::reconcile(tasks.iter().map(|(task, agent)| (task.as_str().into(), Some(agent.0.as_str().into()))))
}

/// Answers the wish to have an agent emptied: not now. Maintenance is not planned with yet.
pub(crate) fn decline_inverse(offers: Vec<proto::InverseOffer>) -> Call {
    let ids = offers.into_iter().map(|offer| offer.id).collect();
    call::decline_inverse_offers(ids, REFUSE_INVERSE.as_secs_f64())
}

/// The leading master, as shown to people.
pub(crate) fn shown(master: Option<&proto::MasterInfo>) -> Option<String> {
    let master = master?;
    let address = master.address.as_ref();
    let host = address.and_then(|address| address.ip.clone()).or_else(|| master.hostname.clone())?;
    let port = address.map_or(i64::from(master.port), |address| i64::from(address.port));
    let leader = Leader { scheme: mesos_v1::detector::Scheme::Http, host, port: u16::try_from(port).ok()? };
    Some(leader.to_string())
}

#[cfg(test)]
mod tests {
    use mesos_v1::{auth::Authentication, validate::scheduler_call};

    use super::*;
    use crate::config::{Identity, MesosMaster};

    fn config() -> FrameworkConfig {
        FrameworkConfig {
            master: MesosMaster::Hosts("m:5050".to_owned()),
            authentication: Authentication::None,
            name: "mysos".to_owned(),
            identity: Identity {
                role: "db".to_owned(),
                user: "mysql".to_owned(),
                principal: "mysos".to_owned(),
            },
            failover_timeout: Duration::from_secs(14 * 86_400),
            hostname: "h".to_owned(),
            webui_url: "http://h:55001/".to_owned(),
            reconciliation_interval: Duration::from_secs(900),
            storage: mysos_fleet::config::StorageMode::Volumes,
        }
    }

    #[test]
    fn id_that_is_not_saved_lives_a_minute() {
        let first = info(&config(), None);
        assert_eq!((first.id, first.failover_timeout), (None, Some(60.0)));
        let later = info(&config(), Some("f-1"));
        assert_eq!((later.id, later.failover_timeout), (Some("f-1".into()), Some(1_209_600.0)));
    }

    #[test]
    fn executors_survive_their_agent_and_tasks_that_cannot_be_reached() {
        let info = info(&config(), None);
        assert_eq!((info.checkpoint, info.roles), (Some(true), vec!["db".to_owned()]));
        let types: Vec<i32> = info.capabilities.iter().filter_map(|capability| capability.r#type).collect();
        assert!(types.contains(&(capability::Type::PartitionAware as i32)));
    }

    #[test]
    fn answers_to_mesos_name_the_agent() {
        let agent = AgentId("a".to_owned());
        let task: TaskId = "mysos-shop-0-6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11".parse().unwrap();
        assert_eq!(acknowledge("t", &agent, Vec::new()), None, "nobody waits for it");
        let acknowledged = acknowledge("t", &agent, vec![7; 16]).unwrap();
        for call in [
            acknowledged,
            kill(&task, &agent),
            shutdown(&task, &agent),
            reconcile(&[(task.clone(), agent.clone())]),
        ] {
            assert_eq!(scheduler_call(&Call { framework_id: Some("f".into()), ..call.clone() }), Ok(()));
            assert!(format!("{call:?}").contains("AgentId"), "{call:?}");
        }
    }

    #[test]
    fn leader_is_shown_by_its_address() {
        let master = proto::MasterInfo {
            id: "x".to_owned(),
            port: 5050,
            hostname: Some("m1".to_owned()),
            ..Default::default()
        };
        assert_eq!(shown(Some(&master)).as_deref(), Some("http://m1:5050"));
        assert_eq!(shown(None), None);
    }
}
