//! The control port of a member, asked over HTTP: a copy is for members of the cluster alone, in the present epoch,
//! and nothing else there changes anything.

use std::collections::BTreeMap;

use mysos_tests::{Answer, TestStack};
use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    copies::{credentials, journal},
};

/// Where a member's executor answers.
pub(crate) fn url(instance: &Value) -> String {
    let at = &instance["control"];
    format!("http://{}:{}", at["host"].as_str().expect("a host"), at["port"])
}

/// What a member says when it asks for a copy in the present epoch.
pub(crate) fn wish(stack: &TestStack, cluster: &Cluster, task: &str) -> Value {
    let saved = stack.znodes_as_ours().data("/mysos/state/framework").expect("the installation");
    let saved: Value = serde_json::from_slice(&saved).expect("JSON");
    let epoch = cluster.object(stack).expect("the cluster's object")["epoch"].clone();
    let uid = saved["cluster_uid"].as_str().expect("the installation's id");
    json!({ "cluster_uid": uid, "cluster": cluster.name, "task": task, "epoch": epoch })
}

/// Asks a member for a copy with the cluster's token.
pub(crate) fn ask_for_copy(stack: &TestStack, cluster: &Cluster, from: &Value, wish: &Value) -> Answer {
    let token = credentials(stack, cluster).control_token;
    stack.at(&url(from)).post_json_as("/copy", Some(token.expose()), wish).expect("an answer")
}

/// No member gives a copy to whom it is not for, or does anything else for who only reaches its port.
pub(crate) fn refuses_strangers(stack: &TestStack, cluster: &Cluster) {
    let before = standing(stack, cluster);
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    for from in instances {
        let to = instances.iter().find(|it| it["id"] != from["id"]).expect("another member");
        gives_no_copy(stack, cluster, from, to["task_id"].as_str().expect("its task"));
        changes_nothing(stack, from);
    }
    assert_eq!(standing(stack, cluster), before, "nothing came of it");
    let copying = journal(stack, cluster, "copying");
    assert!(copying.is_empty(), "no copy was begun: {copying:?}");
}

fn gives_no_copy(stack: &TestStack, cluster: &Cluster, from: &Value, to: &str) {
    let api = stack.at(&url(from));
    let right = wish(stack, cluster, to);
    let ask = |token: Option<&str>| api.post_json_as("/copy", token, &right).expect("an answer");
    let unknown = ask(None);
    assert_eq!(unknown.status, 401, "{unknown:?}");
    assert_eq!(unknown.headers.get("www-authenticate").map(String::as_str), Some("Bearer"), "{unknown:?}");
    for guess in ["guess-7", &cluster.created.password] {
        let refused = ask(Some(guess));
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(!refused.body.contains(guess), "a refusal shows no token: {refused:?}");
    }

    let changed = |field: &str, value: Value| {
        let mut wish = right.clone();
        wish[field] = value;
        let answer = ask_for_copy(stack, cluster, from, &wish);
        (answer.status, answer.body)
    };
    let epoch = right["epoch"].as_u64().expect("an epoch");
    let nobody = "mysos-shop-7-00000000-0000-4000-8000-000000000007";
    let own = from["task_id"].clone();
    for (field, value, status, words) in [
        ("cluster_uid", json!("another"), 403, "is of cluster shop"),
        ("cluster", json!("other"), 403, "not of other"),
        ("task", json!(nobody), 403, "has no member record"),
        ("task", own, 403, "has no member record"),
        ("epoch", json!(epoch + 1), 409, "obeys epoch"),
        ("epoch", json!(epoch - 1), 409, "obeys epoch"),
        ("epoch", json!("now"), 400, "cluster_uid, cluster, task and epoch"),
    ] {
        let (found, body) = changed(field, value.clone());
        assert!(found == status && body.contains(words), "{field} {value}: {found} {body}");
    }
}

/// What the port tells, it only tells.
fn changes_nothing(stack: &TestStack, from: &Value) {
    let api = stack.at(&url(from));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in ["/primary", "/replica", "/health", "/metrics"] {
            let answer = api.send(method, path, &[("do", "it")]).expect("an answer");
            assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
        }
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = api.send(method, "/copy", &[]).expect("an answer");
        assert_eq!(answer.status, 405, "{method} /copy: {answer:?}");
    }
}

/// Epoch, and each member's task, data and role.
fn standing(stack: &TestStack, cluster: &Cluster) -> (Value, BTreeMap<u64, [Value; 3]>) {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    let member = |it: &Value| {
        let facts = [it["task_id"].clone(), it["data_id"].clone(), it["role"].clone()];
        (it["ordinal"].as_u64().expect("a slot"), facts)
    };
    (object["epoch"].clone(), instances.iter().map(member).collect())
}
