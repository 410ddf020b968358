//! The verbs as a user runs them: the real program against a scheduler that answers by a script.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

mod scripted;

use std::{fs, os::unix::fs::PermissionsExt};

use scripted::{Reply, Scheduler, run, run_with};

const CREATED: &str = r#"{"cluster_password": "w9gMCkecsMh6sWsRdxNTa", "cluster_url": "zk://127.0.0.1:2181/mysos/discover/shop"}"#;

/// A cluster of three as the scheduler shows it, with so many members in service.
fn cluster(state: &str, in_service: u32) -> String {
    let instance = |ordinal: u32| {
        let serves = ordinal < in_service;
        let published = match (serves, ordinal) {
            (false, _) => "null",
            (true, 0) => "\"master\"",
            (true, _) => "\"slaves\"",
        };
        let why = r#"{"code":"WaitingForOffer","text":"no offer has 512mb","since":"2026-05-04T08:00:00.000Z","next_attempt":null,"blocked_by":[]}"#;
        format!(
            r#"{{"id":"i{ordinal}","ordinal":{ordinal},"task_id":null,"role":null,"goal":"serve","state":"{}","why":{},"agent_id":null,
               "host":"127.0.0.1{ordinal}","zone":null,"mysql":{{"host":"127.0.0.1{ordinal}","port":31000}},"control":null,"member":null,
               "published":{published},"member_state":null,"data_id":null,"version":null,"epoch_obeyed":null,"gtid_executed":null,
               "gtid_received":null,"lag_seconds":null,"lag":null,"acker":false,"errant":null,"disk":null,"started":null,"of_the_future":1}}"#,
            if serves { "running" } else { "pending" },
            if serves { "null" } else { why },
        )
    };
    let instances: Vec<String> = (0..3).map(instance).collect();
    format!(
        r#"{{"name":"shop","state":"{state}","generation":1,"created":"2026-05-04T08:00:00.000Z","owner":"local","cluster_user":"app",
           "cluster_url":"zk://127.0.0.1:2181/mysos/discover/shop","num_nodes":3,"size":{{"cpus":1.0,"mem":"512mb","disk":"2gb"}},
           "flavor":"mariadb","version":null,"config":{{}},"epoch":1,"phase":"serving","primary":null,
           "quorum":{{"durability":"lossless","acks":1,"ackers":[],"connected":2,"can_lose":1,"writable":true}},
           "in_service":{in_service},"spares":0,"max_lag_seconds":null,
           "auto_failover":{{"enabled":true,"paused":null,"cooldown_until":null,"cooldown_reason":null}},
           "last_failover":null,"last_backup":null,"problems":[],"operations":[],"warnings":[],"instances":[{}],"of_the_future":{{}}}}"#,
        instances.join(",")
    )
}

#[test]
fn create_sends_the_wish_and_prints_the_password_once() {
    let scheduler = Scheduler::start(vec![Reply::json(200, CREATED)]);
    let done = run(&scheduler, &["create", "shop", "--user", "app", "--nodes", "3", "--mem", "1gb"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("password  w9gMCkecsMh6sWsRdxNTa"), "{done:?}");
    assert!(done.stderr.is_empty(), "{done:?}");
    let request = &scheduler.requests()[0];
    assert!(request.head.starts_with("POST /clusters/shop HTTP/1.1"), "{request:?}");
    assert!(request.header("idempotency-key").unwrap().len() >= 32);
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"cluster_user": "app", "num_nodes": 3, "size": {"cpus": 1.0, "mem": "1gb", "disk": "2gb"}})
    );
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let unknown = Reply::text(503, "no answer");
    let scheduler = Scheduler::start(vec![Reply::Cut, unknown, Reply::json(200, CREATED)]);
    let done = run(&scheduler, &["create", "shop", "--user", "app", "--output", "json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let made: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(made["cluster_password"], "w9gMCkecsMh6sWsRdxNTa");
    let requests = scheduler.requests();
    let keys: Vec<_> = requests.iter().map(|request| request.header("idempotency-key")).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.is_some() && *key == keys[0]), "{keys:?}");
}

#[test]
fn create_with_wait_tells_what_each_member_does() {
    let scheduler = Scheduler::start(vec![
        Reply::json(200, CREATED),
        Reply::json(200, &cluster("provisioning", 0)),
        Reply::Cut,
        Reply::json(200, &cluster("provisioning", 2)),
        Reply::json(200, &cluster("healthy", 3)),
    ]);
    let done = run(&scheduler, &["create", "shop", "--user", "app", "--wait"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("shop: provisioning, 0 of 3 in service"), "{done:?}");
    assert!(done.stderr.contains("2: pending on 127.0.0.12: no offer has 512mb"), "{done:?}");
    assert!(done.stderr.contains("0: running on 127.0.0.10, published as primary"), "{done:?}");
    assert!(done.stdout.contains("shop: healthy"), "{done:?}");
    assert!(!done.stderr.contains("w9gMCkecsMh6sWsRdxNTa"));
}

#[test]
fn refusals_have_their_own_exit_codes() {
    for (reply, words, code, text) in [
        (
            Reply::text(409, "cluster shop exists"),
            &["create", "shop", "--user", "u"][..],
            1,
            "409: cluster shop exists",
        ),
        (Reply::text(404, "there is no cluster \"shop\""), &["show", "shop"], 3, "mysos list"),
        (Reply::text(404, "there is no cluster \"shop\""), &["wait", "shop"], 3, "no cluster"),
        (Reply::text(401, "this needs a credential"), &["list"], 1, "--credential-file"),
        (Reply::json(200, "<html>"), &["list"], 1, "does not answer like a Mysos scheduler"),
        (Reply::json(200, "{}"), &["create", "a b", "--user", "u"], 2, "cluster name may contain only"),
        (Reply::json(200, "{}"), &["create", "a"], 2, "--user"),
        (Reply::json(200, "{}"), &["delete", "shop"], 2, "--password-file"),
    ] {
        let done = run(&Scheduler::start(vec![reply]), words);
        assert_eq!(done.code, code, "{words:?}: {done:?}");
        assert!(done.stderr.contains(text), "{words:?}: {done:?}");
    }
}

#[test]
fn an_address_where_nobody_listens_is_named() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = run_with(&format!("http://{nobody}"), &["list"], &[]);
    assert_eq!(done.code, 5, "{done:?}");
    assert!(
        done.stderr.contains(&nobody.to_string()) && done.stderr.contains("--api or MYSOS_API"),
        "{done:?}"
    );
    assert!(done.stderr.contains("Connection refused"), "{done:?}");
}

#[test]
fn waiting_ends_at_its_time_and_says_why() {
    let scheduler = Scheduler::start(vec![Reply::json(200, &cluster("provisioning", 1)); 50]);
    let done = run(&scheduler, &["wait", "shop", "--timeout", "1s"]);
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("shop is not healthy after 1 s"), "{done:?}");
    assert!(done.stderr.contains("no offer has 512mb"), "{done:?}");
}

#[test]
fn delete_takes_the_password_from_a_file_or_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pw");
    fs::write(&file, "s3cret\n").unwrap();
    let deleted = || Reply::json(200, r#"{"cluster_url": "zk://127.0.0.1:2181/mysos/discover/shop"}"#);
    let gone = || Reply::text(404, "there is no cluster");
    let scheduler = Scheduler::start(vec![deleted(), Reply::json(200, &cluster("terminating", 1)), gone()]);
    let words = ["delete", "shop", "--wait", "--password-file", file.to_str().unwrap()];
    let done = run(&scheduler, &words);
    assert_eq!((done.code, done.stdout.as_str()), (0, "shop is gone\n"), "{done:?}");
    assert_eq!(scheduler.requests()[0].body, r#"{"password":"s3cret"}"#);

    let scheduler = Scheduler::start(vec![deleted()]);
    let done = run_with(&scheduler.address, &["delete", "shop"], &[("MYSOS_CLUSTER_PASSWORD", "other")]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "shop is being deleted\n"), "{done:?}");
    assert_eq!(scheduler.requests()[0].body, r#"{"password":"other"}"#);
}

#[test]
fn credentials_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("credential");
    fs::write(&file, "ops:s3cret\n").unwrap();
    let scheduler = Scheduler::start(vec![Reply::json(200, r#"{"clusters":[],"next":null}"#)]);
    let done = run(&scheduler, &["list", "--credential-file", file.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(scheduler.requests()[0].header("authorization"), Some("Bearer ops:s3cret"));
}

#[test]
fn list_reads_all_pages() {
    let page = |next: &str| {
        let object: serde_json::Value = serde_json::from_str(&cluster("healthy", 3)).unwrap();
        Reply::json(200, &serde_json::json!({"clusters": [object], "next": next}).to_string())
    };
    let last = Reply::json(200, r#"{"clusters":[],"next":null}"#);
    let scheduler = Scheduler::start(vec![page("shop"), last]);
    let done = run(&scheduler, &["list"]);
    assert_eq!(done.code, 0, "{done:?}");
    insta::assert_snapshot!(done.stdout);
    assert!(scheduler.requests()[1].head.contains("marker=shop"));
}

/// Two lines of a journal.
const LINES: &str = r#"[
    {"at":"2026-05-04T08:00:00.100Z","epoch":1,"turn":3,"by":0,"step":"exited","detail":"mysqld ended by signal 9","took_seconds":null},
    {"at":"2026-05-04T08:00:00.130Z","epoch":2,"turn":4,"by":1,"step":"electing","detail":"member 0 is left as primary","took_seconds":0.004}]"#;

/// The cluster after a failover, with something wrong.
fn failed_over() -> String {
    let mut object: serde_json::Value = serde_json::from_str(&cluster("degraded", 2)).unwrap();
    object["last_failover"] = serde_json::json!({"at": "2026-05-04T08:00:00.130Z", "kind": "failover", "epoch": 2,
        "from": "i0", "to": "i1", "reason": "its mysqld is not running", "took_seconds": 0.812});
    object["auto_failover"]["cooldown_until"] = "2026-05-04T08:01:00.130Z".into();
    object["auto_failover"]["cooldown_reason"] = "failover to epoch 2".into();
    object["problems"] = serde_json::json!([{"id": "MemberMissing-0", "code": "MemberMissing", "severity": "warning",
        "since": "2026-05-04T08:00:00.100Z", "instance": "i0", "text": "2 of 3 members in service",
        "action": "restart", "blocked_by": ["NoSpareCapacity"], "until": "2026-05-04T08:02:00.000Z"}]);
    object["journal"] = serde_json::from_str(LINES).unwrap();
    object.to_string()
}

#[test]
fn show_tells_the_last_failover_what_holds_the_next_and_the_latest_steps() {
    let scheduler = Scheduler::start(vec![Reply::json(200, &failed_over())]);
    insta::assert_snapshot!(run(&scheduler, &["show", "shop"]).stdout);
}

#[test]
fn history_is_a_timeline_or_the_schedulers_own_object() {
    let journal = format!(r#"{{"lines":{LINES},"of_the_future":1}}"#);
    let scheduler = Scheduler::start(vec![Reply::json(200, &journal); 2]);
    insta::assert_snapshot!(run(&scheduler, &["history", "shop"]).stdout);
    let words = ["history", "shop", "--since", "2026-05-04T08:00:00Z", "--output", "json"];
    let done = run(&scheduler, &words);
    let object: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((object["of_the_future"].as_u64(), done.code), (Some(1), 0), "{done:?}");
    let asked = &scheduler.requests()[1].head;
    assert!(asked.starts_with("GET /clusters/shop/journal?since=2026-05-04T08%3A00%3A00Z "), "{asked}");
}

#[test]
fn history_that_is_followed_prints_each_line_once_until_the_cluster_is_gone() {
    let lines: Vec<serde_json::Value> = serde_json::from_str(LINES).unwrap();
    let first = serde_json::json!({"lines": [lines[0]]}).to_string();
    let both = serde_json::json!({"lines": lines}).to_string();
    let script = vec![
        Reply::json(200, &first),
        Reply::text(503, "not now"),
        Reply::json(200, &both),
        Reply::json(200, &both),
        Reply::text(404, "there is no cluster"),
    ];
    let scheduler = Scheduler::start(script);
    let done = run(&scheduler, &["history", "shop", "--follow", "--output", "json"]);
    let steps: Vec<String> = (done.stdout.lines())
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].to_string())
        .collect();
    assert_eq!((done.code, steps), (0, vec!["\"exited\"".to_owned(), "\"electing\"".to_owned()]));
}

#[test]
fn show_is_text_or_the_schedulers_own_object() {
    let scheduler = Scheduler::start(vec![Reply::json(200, &cluster("degraded", 2)); 2]);
    insta::assert_snapshot!(run(&scheduler, &["show", "shop"]).stdout);
    let done = run(&scheduler, &["show", "shop", "--output", "json"]);
    let object: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(object["of_the_future"].is_object(), "{done:?}");
}

#[test]
fn connect_becomes_the_client_and_hides_the_password() {
    let directory = tempfile::tempdir().unwrap();
    let client = directory.path().join("mariadb");
    // Shows what it was given, and reads the option file twice, as clients may.
    let script = "#!/bin/sh\nfor word; do echo \"arg $word\"; done\nfile=${1#*=}\ncat \"$file\" \"$file\"\nstat -Lc %a \"$file\"\nenv\nexit 7\n";
    fs::write(&client, script).unwrap();
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let environment = [("PATH", path.as_str()), ("MYSOS_CLUSTER_PASSWORD", "s3\"cret")];
    let scheduler = Scheduler::start(vec![Reply::json(200, &cluster("healthy", 3)); 2]);
    let done =
        run_with(&scheduler.address, &["connect", "shop", "--", "--execute", "SELECT 1"], &environment);
    assert_eq!(done.code, 7, "the client's own code: {done:?}");
    let option = "[client]\npassword=\"s3\\\"cret\"\n";
    assert!(done.stdout.contains(&format!("{option}{option}600\n")), "{done:?}");
    for word in ["--host", "127.0.0.10", "--port", "31000", "--user", "app", "--execute", "SELECT 1"] {
        assert!(done.stdout.contains(&format!("arg {word}\n")), "{word}: {done:?}");
    }
    assert!(!done.stdout.lines().any(|line| line.starts_with("arg ") && line.contains("s3")), "{done:?}");
    let done = run_with(&scheduler.address, &["connect", "shop", "--replica"], &environment);
    assert!(done.stdout.contains("arg 127.0.0.11\n"), "{done:?}");
}

#[test]
fn connect_without_a_primary_says_so() {
    let scheduler = Scheduler::start(vec![Reply::json(200, &cluster("provisioning", 0))]);
    let done = run_with(&scheduler.address, &["connect", "shop"], &[("MYSOS_CLUSTER_PASSWORD", "x")]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("no primary in service (provisioning); `mysos wait shop`"), "{done:?}");
}

#[test]
fn completions_name_every_verb() {
    let done = run_with("http://127.0.0.1:1", &["completions", "bash"], &[]);
    for verb in ["create", "list", "show", "history", "delete", "wait", "connect", "local"] {
        assert!(done.stdout.contains(verb), "{verb}");
    }
}
