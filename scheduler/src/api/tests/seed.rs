//! `docs/api.md` §2.7, line by line: the examples of the original documentation and what follows them.

use super::{
    Stage, form,
    stage::{OPERATION, PASSWORD},
};

const CREATED: &str = "{\"cluster_password\": \"w9gMCkecsMh6sWsRdxNTa\", \
                       \"cluster_url\": \"zk://192.168.33.7:2181/mysos/discover/test_cluster3\"}";
const DELETED: &str = "{\"cluster_url\": \"zk://192.168.33.7:2181/mysos/discover/test_cluster3\"}";
/// The seed's form, its duplicate included, without the backup.
const SEED: [(&str, &str); 3] = [("cluster_user", "mysos"), ("num_nodes", "2"), ("num_nodes", "2")];

#[tokio::test]
async fn the_seeds_creation_answers_its_bytes() {
    let stage = Stage::start().await;
    let reply = stage.form("POST /clusters/test_cluster3", &SEED).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, CREATED));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("content-length"), Some("115"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-mysos-operation"), Some(OPERATION));
    assert_eq!(reply.header("x-mysos-replayed"), None);
    assert!(reply.header("date").is_some() && reply.header("x-request-id").is_some());
    let view = stage.view.borrow().clone();
    assert_eq!(view.clusters.first().unwrap().spec.num_nodes, 2);
}

#[tokio::test]
async fn the_seeds_deletion_answers_its_bytes_twice_and_then_nothing_is_there() {
    let stage = Stage::start().await;
    stage.form("POST /clusters/test_cluster3", &SEED).await;
    for _ in 0..2 {
        let reply = stage.form("DELETE /cluster/test_cluster3", &[("password", PASSWORD)]).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, DELETED));
        assert_eq!(reply.header("content-length"), Some("70"));
        assert_eq!(reply.header("x-mysos-operation"), Some(OPERATION));
    }
    stage.see(|view| view.clusters.clear());
    let reply = stage.form("DELETE /cluster/test_cluster3", &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn the_same_line_again_is_409_and_names_the_cluster() {
    let stage = Stage::start().await;
    for (nodes, status) in [("2", 200), ("2", 409), ("3", 409)] {
        let fields = [("cluster_user", "mysos"), ("num_nodes", nodes)];
        let reply = stage.form("POST /clusters/test_cluster3", &fields).await;
        assert_eq!(reply.status, status);
        assert!(reply.body.contains("test_cluster3"), "{}", reply.body);
    }
    // A taken name is told before a wrong field.
    assert_eq!(stage.form("POST /clusters/test_cluster3", &[("num_nodes", "x")]).await.status, 409);
}

#[tokio::test]
async fn a_repeat_with_its_key_answers_the_same_bytes() {
    let stage = Stage::start().await;
    let send = |body: &'static str, key: &'static str| {
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Idempotency-Key", key)];
        let stage = &stage;
        async move { stage.send("POST /clusters/test_cluster3", &headers, body.as_bytes()).await }
    };
    let first = send("cluster_user=mysos&num_nodes=2", "k1").await;
    assert_eq!((first.status, first.body.as_str()), (200, CREATED));
    // The same wish, written otherwise.
    let size = "size=%7B%22cpus%22%3A%221%22%2C%22disk%22%3A%222048mb%22%2C%22mem%22%3A%22512MB%22%7D";
    let again: &'static str =
        format!("num_nodes=2&{size}&cluster_user=mysos&backup_id=&durability=lossless").leak();
    let again = send(again, "k1").await;
    assert_eq!((again.status, again.body.as_str()), (200, CREATED));
    assert_eq!(again.header("x-mysos-replayed"), Some("true"));
    assert_eq!(send("cluster_user=mysos&num_nodes=2", "k2").await.status, 409);
    assert_eq!(send("cluster_user=mysos&num_nodes=3", "k1").await.status, 409);
    assert_eq!(send("num_nodes=3", "k1").await.status, 409);
}

#[tokio::test]
async fn a_deletion_without_the_password_is_403() {
    let stage = Stage::start().await;
    stage.form("POST /clusters/test_cluster3", &SEED).await;
    assert_eq!(stage.send("DELETE /cluster/test_cluster3", &[], b"").await.status, 403);
    for wrong in ["", "w9gMCkecsMh6sWsRdxNTb", "w9g"] {
        let reply = stage.form("DELETE /cluster/test_cluster3", &[("password", wrong)]).await;
        assert_eq!(reply.status, 403);
        assert!(!reply.body.contains(PASSWORD));
    }
}

#[tokio::test]
async fn sizes_and_counts_of_the_table() {
    let stage = Stage::start().await;
    for (number, (fields, status)) in [
        (&[("cluster_user", "u")][..], 200),
        (&[("cluster_user", "u"), ("num_nodes", "0")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "-1")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "x")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "3.0")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "33")], 400),
        (&[("cluster_user", "u"), ("num_nodes", "99999999999999999999")], 400),
        (&[("num_nodes", "1")], 400),
        (&[("cluster_user", ""), ("num_nodes", "1")], 400),
        (&[("cluster_user", "u"), ("size", r#"{"mem": "512mb", "disk": "3gb", "cpus": 1.0}"#)], 200),
        (&[("cluster_user", "u"), ("size", r#"{"mem": "512mb"}"#)], 400),
        (&[("cluster_user", "u"), ("size", "big")], 400),
        (&[("cluster_user", "u"), ("size", r#"{"mem": "512xb", "disk": "3gb", "cpus": 1.0}"#)], 400),
        (&[("cluster_user", "u"), ("size", r#"{"mem": 512, "disk": "3gb", "cpus": 1.0}"#)], 400),
        (&[("cluster_user", "u"), ("size", r#"{"mem": "64mb", "disk": "3gb", "cpus": 1.0}"#)], 400),
        (&[("cluster_user", "u"), ("size", r#"{"mem": "512mb", "disk": "3gb", "cpus": "0.05"}"#)], 400),
        (&[("cluster_user", "u"), ("backup_id", "foo/bar:201503122000")], 400),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = stage.form(&format!("POST /clusters/c{number}"), fields).await;
        assert_eq!(reply.status, status, "{fields:?}: {}", reply.body);
        if status == 400 {
            assert!(reply.body.ends_with('\n') && reply.body.lines().count() == 1, "{}", reply.body);
        }
    }
    let view = stage.view.borrow().clone();
    assert_eq!(view.clusters.first().unwrap().spec.num_nodes, 3);
}

#[tokio::test]
async fn the_old_clients_form_is_taken() {
    let stage = Stage::start().await;
    let fields = form(&[
        ("num_nodes", "1"),
        ("cluster_user", "u"),
        ("size", ""),
        ("backup_id", ""),
        ("cluster_password", ""),
    ]);
    let media = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(stage.send("POST /clusters/b", &media, fields.as_bytes()).await.status, 200);
    assert_eq!(stage.get("/").await.status, 200);
    let put = stage.send("PUT /clusters/b", &[], b"").await;
    assert_eq!((put.status, put.header("allow")), (405, Some("DELETE, GET, HEAD, POST")));
}

#[tokio::test]
async fn all_body_types_give_the_same_bytes() {
    let stage = Stage::start().await;
    let (media, multipart) = super::multipart(&SEED);
    let bodies = [
        (media.as_str(), multipart),
        ("application/x-www-form-urlencoded; charset=utf-8", form(&SEED).into_bytes()),
        ("application/json", br#"{"cluster_user":"mysos","num_nodes":2,"size":null}"#.to_vec()),
        (
            "Application/JSON; charset=utf-8",
            br#"{"cluster_user":"mysos","num_nodes":"2","size":{"cpus":1,"mem":"512mb","disk":"2gb"}}"#
                .to_vec(),
        ),
    ];
    let mut answers = Vec::new();
    for (number, (media, body)) in bodies.iter().enumerate() {
        let line = format!("POST /cluster/same{number}");
        let reply = stage.send(&line, &[("Content-Type", media)], body).await;
        assert_eq!(reply.status, 200, "{media}: {}", reply.body);
        answers.push(reply.body.replace(&format!("same{number}"), "same"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}
