//! 307, in all the forms that masters write.

use mesos_v1::auth::{Authentication, Credential};
use mesos_v1::scheduler::{Reason, SchedulerConfig, call};
use mesos_v1::transport::{TransportConfig, TransportError};

use crate::http::Server;
use crate::scheduler::{Caller, config, subscribed};

fn location(text: &str) -> String {
    format!("Location: {text}\r\n")
}

#[tokio::test]
async fn redirect_is_followed_in_every_form_with_our_credentials() {
    let (follower, leader) = (Server::new().await, Server::new().await);
    for (form, path) in [
        (format!("//{}/master/api/v1/scheduler", leader.address), "/master/api/v1/scheduler"),
        (format!("http://{}/api/v1/scheduler", leader.address), "/api/v1/scheduler"),
        (leader.address.to_string(), "/api/v1/scheduler"),
    ] {
        let authentication = Authentication::Basic(Credential::parse("p s").unwrap());
        let transport = TransportConfig { authentication, ..TransportConfig::default() };
        let mut caller = Caller::of(&follower, SchedulerConfig { transport, ..config() });
        let mut asked = caller.subscribe_request(&follower).await;
        asked.answer("307 Temporary Redirect", &location(&form), "").await;
        let mut stream = leader.request().await;
        assert_eq!(stream.request_line, format!("POST {path} HTTP/1.1"));
        assert_eq!(stream.header("authorization"), Some("Basic cDpz"));
        assert_eq!(stream.body, asked.body);
        stream.open(Some("s")).await;
        stream.event(&subscribed("F")).await;
        caller.is_subscribed().await;
        // Calls go where the stream comes from.
        let answer = async { leader.request().await.answer("202 Accepted", "", "").await };
        let (sent, ()) = tokio::join!(caller.client.call(call::reconcile([])), answer);
        sent.unwrap();
    }
}

#[tokio::test]
async fn redirects_in_a_circle_are_given_up_after_five() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let to_itself = location(&format!("//{}/api/v1/scheduler", server.address));
    let mut request = caller.subscribe_request(&server).await;
    for hop in 0..=5 {
        request.answer("307 Temporary Redirect", &to_itself, "").await;
        if hop < 5 {
            request = request.next().await;
        }
    }
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Failed(TransportError::Redirect { .. })), "{reason:?}");
    caller.subscribed(&server).await;
}

#[tokio::test]
async fn redirect_to_nowhere_is_a_failure_like_others() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    for headers in [String::new(), location(""), location("/here"), location("https://host:5050/x")] {
        caller.subscribe_request(&server).await.answer("307 Temporary Redirect", &headers, "").await;
        let reason = caller.reason().await;
        assert!(matches!(reason, Reason::Failed(TransportError::Redirect { .. })), "{reason:?}");
    }
    caller.subscribed(&server).await;
}
