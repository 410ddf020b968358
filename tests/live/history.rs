//! A failover as a person sees it: what is wrong while it goes on and why it is not over yet, and what happened.

use mysos_tests::{Flavor, TestStack, on_both_flavors, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, REPAIRED},
    repair::{ackers, freeze, kill, server_at},
};

/// The steps of a failover, in the order in which they are told.
const STEPS: [&str; 8] =
    ["exited", "electing", "revoked", "elected", "drained", "opened", "proven", "published"];

on_both_flavors!(a_failover_is_told_while_it_goes_on_and_afterwards);

fn a_failover_is_told_while_it_goes_on_and_afterwards(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    let before = wait_until_whole(&stack, &cluster);
    assert!(before["last_failover"].is_null() && before["auto_failover"]["cooldown_until"].is_null());
    let old = instance(&before, |one| one["role"] == "primary");
    let acker = instance(&before, |one| one["role"] == "replica");
    // An acker that does not answer holds the election up for as long as it takes to look.
    let held_up = server_of(&stack, &acker);
    freeze(held_up);
    kill(server_of(&stack, &old));
    let during = wait_until("an election is waited for", REPAIRED, || {
        let object = cluster.object(&stack)?;
        let said = problem(&object, "PrimaryDown")
            .is_some_and(|it| !it["blocked_by"].as_array().unwrap().is_empty());
        if object["state"] == "failing_over" && said { Ok(object) } else { Err(format!("{object:#}")) }
    });
    go_on(held_up);
    is_told_while_it_goes_on(&during, &acker);
    let after = wait_until_whole(&stack, &cluster);
    is_told_afterwards(&after, &old);
    is_told_by_the_command_line(&stack);
    stack.down();
}

fn is_told_while_it_goes_on(during: &Value, acker: &Value) {
    let down = problem(during, "PrimaryDown").unwrap();
    assert!(down["since"].is_string() && down["action"].is_string(), "{down:#}");
    assert!(down["text"].as_str().unwrap().contains("its mysqld is not running"), "{down:#}");
    let waits = format!("member {} has not left the last epoch yet", acker["ordinal"]);
    assert!(down["blocked_by"].as_array().unwrap().contains(&waits.into()), "{down:#}");
    let automation = &during["auto_failover"];
    assert!(automation["cooldown_until"].is_string(), "{automation:#}");
    assert_eq!(automation["cooldown_reason"], format!("failover to epoch {}", during["epoch"]));
}

fn is_told_afterwards(after: &Value, old: &Value) {
    let last = &after["last_failover"];
    assert_eq!(last["reason"], "its mysqld is not running", "{last:#}");
    assert_eq!(last["from"], old["id"], "{last:#}");
    assert_eq!(last["to"], instance(after, |one| one["role"] == "primary")["id"], "{last:#}");
    assert_eq!(last["epoch"], after["epoch"], "{last:#}");
    assert!(last["took_seconds"].as_f64().is_some_and(|took| took > 0.0), "{last:#}");
    assert!(problem(after, "PrimaryDown").is_none(), "{after:#}");
}

/// The lines are there in their order, as JSON and as a timeline.
fn is_told_by_the_command_line(stack: &TestStack) {
    let history = stack.mysos(&["history", "shop", "--output", "json"]).json();
    let lines = history["lines"].as_array().unwrap();
    let began = lines.iter().position(|line| line["step"] == "exited").expect("the end of the primary");
    let mut from = began;
    for step in STEPS {
        let found = lines[from..].iter().position(|line| line["step"] == step);
        from += found.unwrap_or_else(|| panic!("no {step} after line {from} of {history:#}"));
    }
    let timeline = stack.mysos(&["history", "shop"]).out;
    for line in &lines[began..] {
        let detail = line["detail"].as_str().unwrap();
        assert!(timeline.contains(detail), "{detail} is not in {timeline}");
    }
    let shown = stack.mysos(&["show", "shop"]).out;
    assert!(shown.contains("failover    at ") && shown.contains("mysos history shop"), "{shown}");
}

fn wait_until_whole(stack: &TestStack, cluster: &Cluster) -> Value {
    cluster.wait_for_service(stack, 3);
    wait_until("both replicas acknowledge", REPAIRED, || {
        let object = cluster.object(stack)?;
        if ackers(&object) == 2 && object["state"] == "healthy" {
            Ok(object)
        } else {
            Err(format!("{object:#}"))
        }
    })
}

fn instance(object: &Value, is_it: impl Fn(&Value) -> bool) -> Value {
    object["instances"].as_array().unwrap().iter().find(|one| is_it(one)).expect("an instance").clone()
}

fn server_of(stack: &TestStack, instance: &Value) -> i32 {
    let at = &instance["mysql"];
    server_at(stack, at["port"].as_u64().unwrap() as u16, at["host"].as_str().unwrap())
}

fn problem<'a>(object: &'a Value, code: &str) -> Option<&'a Value> {
    object["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == code)
}

/// Lets a frozen process go on. It may have been killed meanwhile, because it stood in the way.
pub(crate) fn go_on(pid: i32) {
    let ran = std::process::Command::new("kill").args(["-CONT", &pid.to_string()]).output();
    ran.expect("kill runs");
}
