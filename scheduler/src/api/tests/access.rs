//! Who may do what, and from where.

use std::sync::Arc;

use mysos_model::Password;

use super::{Reply, Stage, cluster, fleet, multipart, stage::config};
use crate::config::{ApiConfig, ApiCredential, ApiRole};

fn closed() -> ApiConfig {
    let entry = |principal: &str, secret: &str, role| ApiCredential {
        principal: principal.to_owned(),
        secret: Password::new(secret),
        role,
    };
    let entries = [
        entry("ops", "s-ops", ApiRole::Admin),
        entry("shop", "s-shop", ApiRole::User),
        entry("eye", "s-eye", ApiRole::Read),
    ];
    ApiConfig { credentials: Some(Arc::from(entries)), ..config() }
}

async fn create(stage: &Stage, name: &str, authorization: Option<&str>) -> Reply {
    let (media, body) = multipart(&[("cluster_user", "u")]);
    let mut headers = vec![("Content-Type", media.as_str())];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    stage.send(&format!("POST /clusters/{name}"), &headers, &body).await
}

#[tokio::test]
async fn only_health_and_readiness_are_open() {
    let stage = Stage::with(closed(), fleet(vec![cluster("shop")])).await;
    for path in
        ["/", "/clusters", "/clusters/shop", "/vars.json", "/metrics", "/static/style.css", "/nothing"]
    {
        let reply = stage.get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"mysos\""));
        assert!(!reply.body.contains("shop"));
    }
    for path in ["/health", "/ready"] {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn basic_and_bearer_are_taken() {
    let stage = Stage::with(closed(), fleet(Vec::new())).await;
    // printf ops:s-ops | base64
    for good in ["Basic b3BzOnMtb3Bz", "basic b3BzOnMtb3Bz", "Bearer s-ops", "Bearer ops:s-ops"] {
        let reply = stage.send("GET /clusters", &[("Authorization", good)], b"").await;
        assert_eq!(reply.status, 200, "{good}");
    }
    for bad in ["Basic b3BzOnMtZXll", "Basic !!!", "Bearer s-op", "Bearer ", "Digest x", "s-ops"] {
        let reply = stage.send("GET /clusters", &[("Authorization", bad)], b"").await;
        assert_eq!(reply.status, 401, "{bad}");
    }
}

#[tokio::test]
async fn roles_bound_what_a_caller_may_do() {
    let stage = Stage::with(closed(), fleet(vec![cluster("other")])).await;
    assert_eq!(create(&stage, "a", None).await.status, 401);
    assert_eq!(create(&stage, "a", Some("Bearer s-eye")).await.status, 403);
    assert_eq!(create(&stage, "a", Some("Bearer s-shop")).await.status, 200);
    let view = stage.view.borrow().clone();
    assert_eq!(view.clusters.last().unwrap().owner, "shop");
    let delete = |name: &'static str, token: &'static str| {
        let stage = &stage;
        let headers = [("Authorization", token), ("Content-Type", "application/x-www-form-urlencoded")];
        async move {
            let body = format!("password={}", super::stage::PASSWORD);
            stage.send(&format!("DELETE /clusters/{name}"), &headers, body.as_bytes()).await.status
        }
    };
    assert_eq!(delete("other", "Bearer s-shop").await, 403);
    assert_eq!(delete("a", "Bearer s-eye").await, 403);
    assert_eq!(delete("a", "Bearer s-shop").await, 200);
    assert_eq!(delete("a", "Bearer s-ops").await, 200);
}

#[tokio::test]
async fn guessing_credentials_is_slowed_down() {
    let stage = Stage::with(closed(), fleet(Vec::new())).await;
    for _ in 0..10 {
        assert_eq!(create(&stage, "a", Some("Bearer guess")).await.status, 401);
    }
    let reply = create(&stage, "a", Some("Bearer s-ops")).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[tokio::test]
async fn guessing_the_cluster_password_is_slowed_down() {
    let stage = Stage::start().await;
    create(&stage, "a", None).await;
    for _ in 0..10 {
        assert_eq!(stage.form("DELETE /clusters/a", &[("password", "x")]).await.status, 403);
    }
    let right = [("password", super::stage::PASSWORD)];
    assert_eq!(stage.form("DELETE /clusters/a", &right).await.status, 429);
    assert_eq!(create(&stage, "b", None).await.status, 200, "others go on");
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let stage = Stage::start().await;
    let (media, body) = multipart(&[("cluster_user", "u")]);
    let own = format!("http://{}", stage.address);
    for (origin, status) in [("http://evil.example", 403), ("null", 403), (own.as_str(), 200)] {
        let headers = [("Content-Type", media.as_str()), ("Origin", origin)];
        assert_eq!(stage.send("POST /clusters/a", &headers, &body).await.status, status, "{origin}");
    }
    assert_eq!(stage.send("GET /clusters", &[("Origin", "http://evil.example")], b"").await.status, 200);
}

#[tokio::test]
async fn foreign_host_names_are_refused_on_the_open_listener() {
    let stage = Stage::start().await;
    for (host, status) in [
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.0.0.1", 403),
        ("a b", 403),
        ("127.0.0.1:55001", 200),
        ("[::1]:55001", 200),
        ("localhost", 200),
        ("mysos.example:55001", 200),
    ] {
        let bytes = format!("GET /clusters HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(stage.raw(bytes.as_bytes()).await.status, status, "{host}");
    }
    let stage =
        Stage::with(ApiConfig { bind: [0, 0, 0, 0].into(), insecure: true, ..config() }, fleet(Vec::new()))
            .await;
    let bytes = b"GET /clusters HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n";
    assert_eq!(stage.raw(bytes).await.status, 200);
}
