//! What is read: the fleet as JSON, readiness, and what happens while Mesos or ZooKeeper are away.

use super::{
    Stage, cluster,
    fixture::{failed_over, waiting},
    fleet,
    stage::{Driver, PASSWORD, config},
};

async fn look(view: crate::view::FleetView) -> Stage {
    Stage::with(config(), view).await
}

#[tokio::test]
async fn a_cluster_is_shown_with_its_instances() {
    let stage = look(fleet(vec![cluster("shop")])).await;
    let reply = stage.get("/clusters/shop").await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"7\"")));
    let object: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&object).unwrap());
}

#[tokio::test]
async fn what_is_not_known_yet_is_null() {
    let stage = look(fleet(vec![waiting("shop")])).await;
    let reply = stage.get("/clusters/shop").await;
    let object: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&object).unwrap());
}

#[tokio::test]
async fn a_failover_is_shown_with_its_reason_its_length_and_the_pause_after_it() {
    let stage = look(fleet(vec![failed_over("shop")])).await;
    let reply = stage.get("/clusters/shop").await;
    let object: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let shown = serde_json::json!({
        "last_failover": object["last_failover"], "auto_failover": object["auto_failover"],
        "journal": object["journal"], "primary since": object["primary"]["since"],
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

#[tokio::test]
async fn the_journal_is_answered_whole_or_from_a_time_on() {
    let stage = look(fleet(vec![failed_over("shop")])).await;
    let steps = |query: &'static str| {
        let stage = &stage;
        async move {
            let reply = stage.get(&format!("/clusters/shop/journal{query}")).await;
            let journal: mysos_model::wire::native::Journal = serde_json::from_str(&reply.body).unwrap();
            journal.lines.into_iter().map(|line| line.step).collect::<Vec<_>>().join(" ")
        }
    };
    assert_eq!(steps("").await, "exited electing elected published");
    assert_eq!(steps("?since=2026-05-04T07:59:55.200Z").await, "elected published");
    for bad in ["?since=yesterday", "?until=2026-05-04T08:00:00.000Z"] {
        assert_eq!(stage.get(&format!("/clusters/shop/journal{bad}")).await.status, 400, "{bad}");
    }
    assert_eq!(stage.get("/clusters/other/journal").await.status, 404);
}

#[tokio::test]
async fn lists_are_by_name_in_pages() {
    let stage = look(fleet(vec![cluster("c"), waiting("b"), cluster("a")])).await;
    let names = |query: &'static str| {
        let stage = &stage;
        async move {
            let reply = stage.get(&format!("/clusters{query}")).await;
            let list: mysos_model::wire::native::ClusterList = serde_json::from_str(&reply.body).unwrap();
            assert!(list.clusters.iter().all(|one| one.instances.is_none()));
            let names: Vec<String> = list.clusters.into_iter().map(|one| one.name).collect();
            (names.join(","), list.next)
        }
    };
    assert_eq!(names("").await, ("a,b,c".to_owned(), None));
    assert_eq!(names("?limit=2").await, ("a,b".to_owned(), Some("b".to_owned())));
    assert_eq!(names("?limit=2&marker=b").await, ("c".to_owned(), None));
    assert_eq!(names("?state=provisioning").await.0, "b");
    assert_eq!(names("?host=127.0.0.11").await.0, "a,c");
    assert_eq!(names("?owner=nobody").await.0, "");
    for bad in ["?limit=0", "?limit=x", "?limit=1001", "?colour=red"] {
        assert_eq!(stage.get(&format!("/clusters{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn before_the_state_is_known_everything_but_the_page_is_503() {
    for change in [(|view| view.loaded = false) as fn(&mut crate::view::FleetView), |view| {
        view.mesos.ever_subscribed = false;
    }] {
        let mut view = fleet(vec![cluster("shop")]);
        change(&mut view);
        let stage = look(view).await;
        let page = stage.get("/").await;
        assert_eq!((page.status, page.body.contains("still connecting")), (200, true));
        assert!(page.body.contains("http-equiv=\"refresh\" content=\"2\""), "{}", page.body);
        for line in
            ["GET /clusters", "GET /clusters/shop", "POST /clusters/a", "DELETE /clusters/shop", "GET /ready"]
        {
            let reply = stage.send(line, &[], b"").await;
            assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{line}");
        }
        assert_eq!(stage.get("/health").await.status, 200);
        assert_eq!(stage.get("/metrics").await.status, 200);
    }
}

#[tokio::test]
async fn without_zookeeper_reads_are_stale_and_writes_503() {
    let stage = look(fleet(vec![cluster("shop")])).await;
    stage.see(|view| view.zk_lost = Some(crate::clock::now()));
    let reply = stage.get("/clusters/shop").await;
    assert_eq!((reply.status, reply.header("x-mysos-stale")), (200, Some("true")));
    assert!(reply.header("age").unwrap().parse::<u64>().unwrap() < 20);
    for line in ["POST /clusters/a", "DELETE /clusters/shop"] {
        let reply = stage.form(line, &[]).await;
        assert_eq!((reply.status, reply.body.contains("ZooKeeper")), (503, true), "{line}");
    }
    assert_eq!(stage.get("/ready").await.status, 503);
}

#[tokio::test]
async fn without_mesos_wishes_are_taken_and_readiness_says_no() {
    let stage = look(fleet(Vec::new())).await;
    stage.see(|view| view.mesos.subscribed = false);
    assert_eq!(stage.form("POST /clusters/a", &[("cluster_user", "u")]).await.status, 200);
    let ready = stage.get("/ready").await;
    assert_eq!((ready.status, ready.body.contains("Mesos")), (503, true));
    assert_eq!(stage.get("/health").await.status, 200);
}

#[tokio::test]
async fn if_match_of_another_generation_is_412() {
    let stage = look(fleet(Vec::new())).await;
    stage.form("POST /clusters/a", &[("cluster_user", "u")]).await;
    let body = format!("password={PASSWORD}");
    for (tag, status) in [("\"6\"", 412), ("7", 412), ("\"7\"", 200), ("*", 200)] {
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("If-Match", tag)];
        let reply = stage.send("DELETE /clusters/a", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, status, "{tag}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_driver_that_is_gone_is_503() {
    let stage = Stage::before(Driver::Gone, config(), fleet(Vec::new())).await;
    let reply = stage.form("POST /clusters/a", &[("cluster_user", "u")]).await;
    assert_eq!((reply.status, reply.body.contains("stopping")), (503, true), "{}", reply.body);
}

#[tokio::test]
async fn a_driver_that_does_not_answer_leaves_the_outcome_unknown() {
    tokio::time::pause();
    let stage = Stage::before(Driver::Silent, config(), fleet(Vec::new())).await;
    let reply = stage.form("POST /clusters/a", &[("cluster_user", "u")]).await;
    assert_eq!((reply.status, reply.header("x-mysos-outcome")), (503, Some("unknown")), "{}", reply.body);
}

#[tokio::test]
async fn vars_have_the_names_of_the_original() {
    let stage = look(fleet(vec![cluster("shop")])).await;
    let vars = stage.get("/vars.json").await;
    assert_eq!(vars.header("content-type"), Some("application/json"));
    let vars: serde_json::Value = serde_json::from_str(&vars.body).unwrap();
    assert_eq!(vars["scheduler.cluster_count"].as_f64(), Some(1.0), "{vars}");
}
