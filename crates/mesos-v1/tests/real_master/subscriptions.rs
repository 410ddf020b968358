//! The life of a subscription with a real master.

use std::sync::Arc;

use mesos_v1::auth::{Authentication, Credential};
use mesos_v1::codec::{Codec, DecodeError, Protobuf};
use mesos_v1::proto::scheduler::{Call, Event};
use mesos_v1::scheduler::{CallError, Reason, SchedulerConfig, call};
use mesos_v1::transport::{TransportConfig, TransportError};

use crate::framework::{Framework, ROLE, config, info};
use crate::mesos::Place;

#[tokio::test]
async fn framework_is_subscribed_offered_and_may_decline() {
    let place = Place::new();
    let master = place.master(&[]);
    let _agent = place.agent(&master, &[]);
    let mut framework = Framework::new(config(), &master.address, info());
    let subscribed = framework.subscription().await;
    assert_eq!(subscribed.heartbeat.as_secs(), 15);
    assert_eq!(subscribed.master.unwrap().version(), "1.11.0");

    let offer = framework.offer(|_| true).await;
    assert_eq!(offer.allocation_info.unwrap().role(), ROLE);
    assert_eq!(offer.hostname, place.address(10).to_string());
    framework.client.call(call::decline(vec![offer.id], 0.0)).await.unwrap();
    framework.offer(|_| true).await;
    for call in [
        call::suppress(vec![ROLE.to_owned()]),
        call::revive(vec![ROLE.to_owned()]),
        call::reconcile([]),
        call::reconcile_operations(vec![]),
    ] {
        framework.client.call(call).await.unwrap();
    }
}

#[tokio::test]
async fn newer_subscription_supersedes_the_older() {
    let place = Place::new();
    let master = place.master(&[]);
    let mut older = Framework::subscribed(&master).await;
    let mut newer = Framework::new(config(), &master.address, older.info.clone());
    assert_eq!(Some(newer.subscription().await.framework_id), older.info.id);
    let reason = older.end_of_subscription().await;
    assert!(matches!(reason, Reason::Superseded { .. }), "{reason:?}");
    let refused = older.client.call(call::reconcile([])).await;
    assert!(matches!(refused, Err(CallError::NotSubscribed)), "{refused:?}");
    newer.client.call(call::reconcile([])).await.unwrap();
}

#[tokio::test]
async fn subscription_comes_back_with_the_same_id_after_the_master_was_killed() {
    let place = Place::new();
    let mut master = place.master(&[]);
    let mut framework = Framework::subscribed(&master).await;
    let id = framework.info.id.clone();
    master.kill();
    let reason = framework.end_of_subscription().await;
    assert!(matches!(reason, Reason::Closed | Reason::Broken(_)), "{reason:?}");
    let refused = framework.client.call(call::reconcile([])).await;
    assert!(matches!(refused, Err(CallError::NotSubscribed)), "{refused:?}");
    master.start();
    assert_eq!(Some(framework.subscription().await.framework_id), id);
    framework.client.call(call::reconcile([])).await.unwrap();
}

#[tokio::test]
async fn framework_that_was_torn_down_is_told_so() {
    let place = Place::new();
    let master = place.master(&[]);
    let mut framework = Framework::subscribed(&master).await;
    framework.client.call(call::teardown()).await.unwrap();
    framework.end_of_subscription().await;
    let reason = framework.end_of_subscription().await;
    assert!(matches!(reason, Reason::FrameworkRemoved { .. }), "{reason:?}");
}

/// Content types are compared byte by byte.
#[derive(Debug)]
struct WithCharset(Protobuf);

impl Codec<Call, Event> for WithCharset {
    fn content_type(&self) -> &'static str {
        "application/x-protobuf; charset=utf-8"
    }

    fn encode_call(&self, call: &Call) -> Vec<u8> {
        Codec::<Call, Event>::encode_call(&self.0, call)
    }

    fn decode_event(&self, record: &[u8]) -> Result<Event, DecodeError> {
        Codec::<Call, Event>::decode_event(&self.0, record)
    }
}

#[tokio::test]
async fn charset_in_the_content_type_is_refused() {
    let place = Place::new();
    let master = place.master(&[]);
    let config = SchedulerConfig { codec: Arc::new(WithCharset(Protobuf)), ..config() };
    let mut framework = Framework::new(config, &master.address, info());
    let reason = refusal(&mut framework).await;
    let Reason::Refused { message } = reason else { panic!("{reason:?}") };
    assert!(message.contains("application/x-protobuf"), "{message}");
}

#[tokio::test]
async fn roles_the_master_does_not_have_are_refused_in_the_stream() {
    let place = Place::new();
    let master = place.master(&["--roles=other".to_owned()]);
    let mut framework = Framework::new(config(), &master.address, info());
    let reason = refusal(&mut framework).await;
    assert!(matches!(reason, Reason::Refused { .. }), "{reason:?}");
}

/// The reason that is not about a master that is still starting.
async fn refusal(framework: &mut Framework) -> Reason {
    framework
        .end_because("it is refused", |reason| {
            !matches!(reason, Reason::Failed(TransportError::Unavailable { .. }))
        })
        .await
}

fn with_credential(text: &str) -> SchedulerConfig {
    let authentication = Authentication::Basic(Credential::parse(text).unwrap());
    SchedulerConfig {
        transport: TransportConfig { authentication, ..TransportConfig::default() },
        ..config()
    }
}

#[tokio::test]
async fn credentials_are_checked_with_the_principal() {
    let place = Place::new();
    let credentials = place.path("credentials");
    let both = r#"{"credentials": [{"principal": "test", "secret": "s3cret"},
                                   {"principal": "other", "secret": "s3cret"}]}"#;
    std::fs::write(&credentials, both).unwrap();
    let master = place.master(&[
        "--authenticate_http_frameworks".to_owned(),
        "--http_framework_authenticators=basic".to_owned(),
        format!("--credentials={}", credentials.display()),
    ]);
    let mut nobody = Framework::new(config(), &master.address, info());
    assert!(matches!(refusal(&mut nobody).await, Reason::Denied { .. }));
    let mut wrong = Framework::new(with_credential("test wrong"), &master.address, info());
    assert!(matches!(refusal(&mut wrong).await, Reason::Denied { .. }));
    let mut other = Framework::new(with_credential("other s3cret"), &master.address, info());
    let reason = refusal(&mut other).await;
    assert!(matches!(&reason, Reason::Refused { message } if message.contains("principal")), "{reason:?}");
    let mut right = Framework::new(with_credential("test s3cret"), &master.address, info());
    right.subscription().await;
    right.client.call(call::reconcile([])).await.unwrap();
}
