//! Rules of a creation beyond the table of the original, and what every text must say.

use mysos_model::{Durability, Flavor};

use super::Stage;

async fn refused(fields: &[(&str, &str)]) -> String {
    let stage = Stage::start().await;
    let reply = stage.form("POST /clusters/a", fields).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    assert_eq!(stage.asked.load(std::sync::atomic::Ordering::Relaxed), 0, "nothing reaches the driver");
    reply.body
}

#[tokio::test]
async fn refusals_say_what_is_wrong_and_what_to_do() {
    let mut texts = Vec::new();
    for fields in [
        &[][..],
        &[("cluster_user", "root")],
        &[("cluster_user", "it's")],
        &[("cluster_user", "u"), ("num_node", "5")],
        &[("cluster_user", "u"), ("num_nodes", "0")],
        &[("cluster_user", "u"), ("size", "{}")],
        &[("cluster_user", "u"), ("size", r#"{"cpus": 1, "mem": "128mb", "disk": "2gb"}"#)],
        &[("cluster_user", "u"), ("size", r#"{"cpus": "NaN", "mem": "1gb", "disk": "2gb"}"#)],
        &[("cluster_user", "u"), ("cluster_password", "with space")],
        &[("cluster_user", "u"), ("durability", "best")],
        &[("cluster_user", "u"), ("num_nodes", "1"), ("durability", "lossless")],
        &[("cluster_user", "u"), ("flavor", "oracle")],
        &[("cluster_user", "u"), ("version", "5.7")],
        &[("cluster_user", "u"), ("backup_id", "x")],
    ] {
        texts.push(refused(fields).await);
    }
    insta::assert_snapshot!(texts.concat());
}

#[tokio::test]
async fn what_is_asked_for_reaches_the_driver() {
    let stage = Stage::start().await;
    let fields = [
        ("cluster_user", "u"),
        ("num_nodes", "5"),
        ("size", r#"{"cpus": " 2.5", "mem": "1g", "disk": "10 GB"}"#),
        ("durability", "async"),
        ("flavor", "mysql"),
        ("cluster_password", "short"),
    ];
    let reply = stage.form("POST /clusters/a%40b", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.starts_with("{\"cluster_password\": \"short\", "), "{}", reply.body);
    assert!(reply.body.ends_with("/discover/a@b\"}"), "{}", reply.body);
    assert!(reply.header("x-mysos-warning").unwrap().contains("shorter than 8"));
    let view = stage.view.borrow().clone();
    let made = view.clusters.first().unwrap();
    assert_eq!((made.name.as_str(), made.owner.as_str()), ("a@b", "local"));
    assert_eq!((made.spec.num_nodes, made.spec.flavor), (5, Flavor::MySql));
    assert_eq!(made.spec.durability, Some(Durability::Async));
    assert_eq!(
        (made.spec.size.cpus.0, made.spec.size.mem.0, made.spec.size.disk.0),
        (2500, 1 << 30, 10 << 30)
    );
}

#[tokio::test]
async fn names_are_decoded_once_and_then_checked() {
    let stage = Stage::start().await;
    for name in ["a%2Fb", "..", "a%2562", "%ff", "-a", "a%20b", "%00"] {
        let reply = stage.form(&format!("POST /clusters/{name}"), &[("cluster_user", "u")]).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.body);
    }
    assert_eq!(stage.form("POST /clusters/a/", &[("cluster_user", "u")]).await.status, 404);
    assert_eq!(stage.form("POST /clusters/", &[("cluster_user", "u")]).await.status, 404);
    assert_eq!(stage.send("DELETE /clusters/a%2Fb", &[], b"").await.status, 404);
}

#[tokio::test]
async fn files_and_query_strings_are_refused() {
    let stage = Stage::start().await;
    let media = [("Content-Type", "multipart/form-data; boundary=x")];
    let body =
        b"--x\r\nContent-Disposition: form-data; name=\"cluster_user\"; filename=\"u\"\r\n\r\nu\r\n--x--\r\n";
    let reply = stage.send("POST /clusters/a", &media, body).await;
    assert_eq!((reply.status, reply.body.contains("is a file")), (400, true));
    let reply = stage.form("POST /clusters/a?cluster_user=u", &[("cluster_user", "u")]).await;
    assert_eq!((reply.status, reply.body.contains("query")), (400, true));
    let reply = stage.send("DELETE /clusters/a?password=hunter2", &[], b"").await;
    assert_eq!((reply.status, reply.body.contains("hunter2")), (400, false));
}

#[tokio::test]
async fn the_discovery_account_is_shown_and_no_other() {
    let mut config = super::stage::config();
    config.cluster_url_base = "zk://mysos:secret@10.0.0.1:2181,10.0.0.2:2181/mysos".parse().unwrap();
    for (account, url) in [
        (None, "zk://10.0.0.1:2181,10.0.0.2:2181/mysos/discover/shop"),
        (Some("reader:public"), "zk://reader:public@10.0.0.1:2181,10.0.0.2:2181/mysos/discover/shop"),
    ] {
        config.discovery_account = account.map(|account| account.parse().unwrap());
        let stage = Stage::with(config.clone(), super::fleet(Vec::new())).await;
        let reply = stage.form("POST /clusters/shop", &[("cluster_user", "u")]).await;
        assert!(reply.body.ends_with(&format!("\"cluster_url\": \"{url}\"}}")), "{}", reply.body);
        for path in ["/", "/clusters", "/clusters/shop", "/vars.json", "/metrics"] {
            assert!(!stage.get(path).await.body.contains("secret"), "{path}");
        }
    }
    config.discovery_account = None;
    config.cluster_url_base = "zk://10.0.0.1:2181".parse().unwrap();
    let stage = Stage::with(config, super::fleet(Vec::new())).await;
    let reply = stage.form("POST /clusters/shop", &[("cluster_user", "u")]).await;
    assert!(reply.body.ends_with("\"zk://10.0.0.1:2181/discover/shop\"}"), "{}", reply.body);
}
