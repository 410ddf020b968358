//! A scheduler's client with a scripted master: what the tests share, and the
//! way to a subscription.

use std::time::Duration;

use mesos_v1::auth::{Authentication, Credential};
use mesos_v1::detector::{Detector, Leader};
use mesos_v1::proto::scheduler::call::{Subscribe, Type};
use mesos_v1::proto::scheduler::event::{self, Type as EventType};
use mesos_v1::proto::scheduler::{Call, Event};
use mesos_v1::proto::{FrameworkId, FrameworkInfo, Offer, TaskStatus};
use mesos_v1::scheduler::{Disconnected, Reason, SchedulerClient, SchedulerConfig, SchedulerEvent, Timing};
use mesos_v1::transport::{TransportConfig, TransportError};
use tokio::sync::mpsc;

use crate::http::{Exchange, Server, soon};

/// Retries that do not make the tests slow.
pub(crate) fn config() -> SchedulerConfig {
    let brief = Duration::from_millis(2);
    let timing = Timing {
        backoff_base: brief,
        backoff_cap: brief,
        slow: (brief, brief),
        superseded: (brief, brief),
        new_leader: brief,
        ..Timing::default()
    };
    SchedulerConfig { timing, seed: Some(1), ..SchedulerConfig::default() }
}

/// A client, and the caller that answers for it.
pub(crate) struct Caller {
    pub(crate) client: SchedulerClient,
    pub(crate) events: mpsc::Receiver<SchedulerEvent>,
    pub(crate) id: Option<FrameworkId>,
}

impl Caller {
    pub(crate) fn new(config: SchedulerConfig, detector: Detector) -> Self {
        let (client, events) = SchedulerClient::connect(config, detector);
        Caller { client, events, id: None }
    }

    pub(crate) fn of(server: &Server, config: SchedulerConfig) -> Self {
        Caller::new(config, Detector::Hosts(vec![leader(server)]))
    }

    /// The next event that is not a question.
    pub(crate) async fn event(&mut self) -> SchedulerEvent {
        loop {
            match soon("an event", self.events.recv()).await.expect("the client runs") {
                SchedulerEvent::SubscribeWanted => {
                    let framework_info = FrameworkInfo {
                        user: "u".to_owned(),
                        name: "n".to_owned(),
                        id: self.id.clone(),
                        ..Default::default()
                    };
                    let suppressed_roles = vec!["r".to_owned()];
                    self.client.subscribe(Subscribe { framework_info, suppressed_roles }).unwrap();
                }
                SchedulerEvent::Subscribed(subscribed) => {
                    self.id = Some(subscribed.framework_id.clone());
                    return SchedulerEvent::Subscribed(subscribed);
                }
                event => return event,
            }
        }
    }

    pub(crate) async fn is_subscribed(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, SchedulerEvent::Subscribed(_)), "{event:?}");
    }

    pub(crate) async fn reason(&mut self) -> Reason {
        match self.event().await {
            SchedulerEvent::Disconnected(Disconnected { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Lets the server see a SUBSCRIBE while the caller answers questions.
    pub(crate) async fn subscribe_request(&mut self, server: &Server) -> Exchange {
        tokio::select! {
            exchange = server.request() => exchange,
            event = self.event() => panic!("instead of a request: {event:?}"),
        }
    }

    /// A running subscription, and the connection its stream is on.
    pub(crate) async fn subscribed(&mut self, server: &Server) -> Exchange {
        let mut stream = self.subscribe_request(server).await;
        stream.open(Some("stream-1")).await;
        stream.event(&subscribed("F")).await;
        self.is_subscribed().await;
        stream
    }
}

pub(crate) fn leader(server: &Server) -> Leader {
    server.address.to_string().parse().unwrap()
}

pub(crate) fn subscribed(id: &str) -> Event {
    let subscribed = event::Subscribed {
        framework_id: id.into(),
        heartbeat_interval_seconds: Some(15.0),
        master_info: None,
    };
    Event { r#type: Some(EventType::Subscribed as i32), subscribed: Some(subscribed), ..Default::default() }
}

pub(crate) fn offers(id: &str) -> Event {
    let offer = Offer { id: id.into(), agent_id: "a".into(), hostname: "h".to_owned(), ..Default::default() };
    Event {
        r#type: Some(EventType::Offers as i32),
        offers: Some(event::Offers { offers: vec![offer] }),
        ..Default::default()
    }
}

pub(crate) fn update(task: &str) -> Event {
    let status = TaskStatus { task_id: task.into(), ..Default::default() };
    Event {
        r#type: Some(EventType::Update as i32),
        update: Some(event::Update { status }),
        ..Default::default()
    }
}

pub(crate) fn heartbeat() -> Event {
    Event { r#type: Some(EventType::Heartbeat as i32), ..Default::default() }
}

pub(crate) fn error(message: &str) -> Event {
    let error = event::Error { message: message.to_owned() };
    Event { r#type: Some(EventType::Error as i32), error: Some(error), ..Default::default() }
}

#[tokio::test]
async fn subscribe_has_exactly_the_headers_that_mesos_takes() {
    let server = Server::new().await;
    let authentication = Authentication::Basic(Credential::parse("p s").unwrap());
    let transport = TransportConfig { authentication, ..TransportConfig::default() };
    let mut caller = Caller::of(&server, SchedulerConfig { transport, ..config() });
    let request = caller.subscribe_request(&server).await;
    assert_eq!(request.request_line, "POST /api/v1/scheduler HTTP/1.1");
    let mut headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.sort_unstable();
    let (host, length) = (server.address.to_string(), request.body.len().to_string());
    assert_eq!(
        headers,
        [
            ("accept", "application/x-protobuf"),
            ("authorization", "Basic cDpz"),
            ("content-length", length.as_str()),
            ("content-type", "application/x-protobuf"),
            ("host", host.as_str()),
        ]
    );
    let call: Call = request.call();
    assert_eq!(call.r#type(), Type::Subscribe);
    assert_eq!((call.framework_id, call.subscribe.unwrap().suppressed_roles), (None, vec!["r".to_owned()]));
}

#[tokio::test]
async fn next_subscription_carries_the_id_of_the_first() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    caller.subscribed(&server).await.end().await;
    assert!(matches!(caller.reason().await, Reason::Closed));
    let request = caller.subscribe_request(&server).await;
    let call: Call = request.call();
    assert_eq!(call.framework_id, Some("F".into()));
    assert_eq!(call.subscribe.unwrap().framework_info.id, Some("F".into()));
    assert_eq!(request.header("mesos-stream-id"), None, "a new stream has no id yet");
}

#[tokio::test]
async fn master_that_is_not_ready_is_asked_again_until_it_is() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let not_ready =
        ["404 Not Found", "503 Service Unavailable", "503 Service Unavailable", "502 Bad Gateway"];
    for status in not_ready {
        let mut request = caller.subscribe_request(&server).await;
        request.answer(status, "", "Master has not finished recovery").await;
        let reason = caller.reason().await;
        assert!(matches!(reason, Reason::Failed(TransportError::Unavailable { .. })), "{reason:?}");
    }
    caller.subscribed(&server).await;
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let realm = "WWW-Authenticate: Basic realm=\"mesos-master-scheduler\"\r\n";
    caller.subscribe_request(&server).await.answer("401 Unauthorized", realm, "").await;
    assert!(matches!(caller.reason().await, Reason::Denied { .. }));
    let text = "Authenticated principal 'x' does not match principal 'y' set in FrameworkInfo";
    caller.subscribe_request(&server).await.answer("400 Bad Request", "", text).await;
    let reason = caller.reason().await;
    assert!(matches!(&reason, Reason::Refused { message } if message == text), "{reason:?}");
    caller.subscribe_request(&server).await.answer("415 Unsupported Media Type", "", "Expecting").await;
    assert!(matches!(caller.reason().await, Reason::Refused { .. }));
}

#[tokio::test]
async fn error_event_after_success_is_told_by_its_meaning() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let mut stream = caller.subscribe_request(&server).await;
    stream.open(Some("s")).await;
    stream.event(&error("Framework has been removed")).await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::FrameworkRemoved { .. }), "{reason:?}");
    let mut stream = caller.subscribed(&server).await;
    stream.event(&error("Framework failed over")).await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Superseded { .. }), "{reason:?}");
}

#[tokio::test]
async fn id_other_than_ours_is_not_taken() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    caller.id = Some("F".into());
    let mut stream = caller.subscribe_request(&server).await;
    stream.open(Some("s")).await;
    stream.event(&subscribed("G")).await;
    let reason = caller.reason().await;
    assert!(
        matches!(&reason, Reason::WrongFrameworkId { sent, got } if sent.value == "F" && got.value == "G"),
        "{reason:?}"
    );
}
