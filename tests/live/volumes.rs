//! Data that survives: members come back on their own volumes, whole stacks on theirs; a deletion gives back what is
//! ours and nothing else; and volumes that are not what they should be.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use mysos_local::Role;
use mysos_tests::{Flavor, TestStack, on_both_flavors, wait_until};
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, FORMS, REPAIRED, executors, mysqlds},
    repair::{kill, server_at},
};

/// Small enough for many on one agent.
const SMALL: &str = r#"{"cpus": 0.5, "mem": "256mb", "disk": "512mb"}"#;
/// A failed start is told within this; it is tried again after 5 s, and the agent starts an executor first.
const TOLD: Duration = Duration::from_secs(60);

/// Everything that agents hold in reserve, as the master shows it: the agent's host and the resource.
pub(crate) fn reserved(stack: &TestStack) -> Result<Vec<(String, Value)>, String> {
    let agents = stack.mesos_agents()?;
    let mut found = Vec::new();
    for agent in agents["slaves"].as_array().into_iter().flatten() {
        let host = agent["hostname"].as_str().unwrap_or_default();
        let roles = agent["reserved_resources_full"].as_object().into_iter().flatten();
        let all = roles.flat_map(|(_, held)| held.as_array().cloned().unwrap_or_default());
        found.extend(all.map(|resource| (host.to_owned(), resource)));
    }
    Ok(found)
}

/// The persistence ids of all volumes, in order.
pub(crate) fn volumes(stack: &TestStack) -> Result<Vec<String>, String> {
    let name = |held: &Value| held["disk"]["persistence"]["id"].as_str().map(str::to_owned);
    let mut names: Vec<String> = reserved(stack)?.iter().filter_map(|(_, held)| name(held)).collect();
    names.sort();
    Ok(names)
}

/// What must be the same when a member comes back: its data, its endpoint.
fn standing(object: &Value) -> Vec<(u64, Value, Value, Value)> {
    let instances = object["instances"].as_array().cloned().unwrap_or_default();
    let one = |it: &Value| {
        (
            it["ordinal"].as_u64().unwrap_or_default(),
            it["data_id"].clone(),
            it["host"].clone(),
            it["mysql"].clone(),
        )
    };
    instances.iter().map(one).collect()
}

/// Where a member's directory lies on its agent.
fn home(stack: &TestStack, cluster: &Cluster, ordinal: u64) -> PathBuf {
    let begins = format!("mysos-{}-{ordinal}-", cluster.name);
    let agents = fs::read_dir(stack.dir().join("mesos")).expect("agents");
    let found =
        agents.filter_map(|agent| fs::read_dir(agent.ok()?.path().join("work/volumes/roles/mysos")).ok());
    let mut volumes = found.flatten().filter_map(|volume| Some(volume.ok()?.path()));
    let is_its =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&begins));
    volumes.find(is_its).expect("its volume").join("mysqldata")
}

/// kill -9 of the executor and mysqld of a slot, in this order.
fn kill_member(stack: &TestStack, cluster: &Cluster, ordinal: u64) {
    let task = cluster.tasks(stack)[&ordinal].clone();
    let place = cluster.object(stack).unwrap()["instances"][ordinal as usize]["mysql"].clone();
    let (host, port) = (place["host"].as_str().unwrap(), place["port"].as_u64().unwrap() as u16);
    let server = server_at(stack, port, host);
    let is_its = |pid: i32| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environ).contains(&task)
    };
    let executor = executors(stack).into_iter().find(|process| is_its(process.pid)).expect("its executor");
    kill(executor.pid);
    // It dies with its executor, perhaps before this.
    let _gone = std::process::Command::new("kill").args(["-9", &server.to_string()]).status();
    wait_until("its mysqld is gone", REPAIRED, || {
        let left = mysqlds(stack).into_iter().find(|process| process.pid == server);
        left.map_or(Ok(()), Err)
    });
}

/// The slot of a replica.
fn a_replica(stack: &TestStack, cluster: &Cluster) -> u64 {
    let object = cluster.object(stack).unwrap();
    let instances = object["instances"].as_array().unwrap();
    instances.iter().find(|it| it["role"] == "replica").unwrap()["ordinal"].as_u64().unwrap()
}

fn wait_for_standing(stack: &TestStack, cluster: &Cluster, before: &Value) {
    wait_until("every member is back with the data and the ports it had", REPAIRED, || {
        let now = cluster.object(stack)?;
        let same = standing(&now) == standing(before)
            && now["state"] == "healthy"
            && now["in_service"] == before["in_service"];
        if same { Ok(()) } else { Err(format!("{now:#}")) }
    });
}

on_both_flavors!(killed_members_come_back_on_their_own_volumes);

fn killed_members_come_back_on_their_own_volumes(flavor: Flavor) {
    let stack = TestStack::of(flavor, 4);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let before = cluster.object(&stack).unwrap();
    let held = volumes(&stack).unwrap();
    assert_eq!(held.len(), 3);

    let replica = a_replica(&stack, &cluster);
    let task = cluster.tasks(&stack)[&replica].clone();
    kill_member(&stack, &cluster, replica);
    wait_until("another task has its place", REPAIRED, || {
        let now = cluster.tasks(&stack).get(&replica).cloned();
        if now.as_ref().is_some_and(|now| *now != task) { Ok(()) } else { Err(now) }
    });
    wait_for_standing(&stack, &cluster, &before);
    cluster.write_and_read(&stack, "after the replica");

    // And the primary: another is elected, and it comes back as a replica with what it had.
    let primary = before["instances"].as_array().unwrap().iter().find(|it| it["role"] == "primary").unwrap();
    kill_member(&stack, &cluster, primary["ordinal"].as_u64().unwrap());
    wait_until("another one is primary", REPAIRED, || {
        let now = cluster.object(&stack)?;
        if now["epoch"].as_u64() > before["epoch"].as_u64() { Ok(()) } else { Err(format!("{now:#}")) }
    });
    wait_for_standing(&stack, &cluster, &before);
    cluster.write_and_read(&stack, "after the primary");
    assert_eq!(volumes(&stack).unwrap(), held, "the same volumes");
    stack.down();
}

#[test]
fn a_stack_that_goes_down_and_up_keeps_every_cluster() {
    let mut stack = TestStack::up(3);
    let clusters = ["one", "two", "three"].map(|name| {
        let form = [("cluster_user", "app"), ("num_nodes", "3"), ("size", SMALL)];
        Cluster { name: name.to_owned(), created: stack.api().create(name, &form) }
    });
    for cluster in &clusters {
        cluster.wait_for_service(&stack, 3);
        cluster.write_and_read(&stack, &format!("row of {}", cluster.name));
    }
    let before: Vec<Value> = clusters.iter().map(|cluster| cluster.object(&stack).unwrap()).collect();
    let held = volumes(&stack).unwrap();
    let ended = stack.down_and_up();
    assert_eq!(ended.killed, 0, "every server ended by itself: {ended:?}");
    for (cluster, before) in clusters.iter().zip(&before) {
        for ordinal in 0..3 {
            let log = fs::read_to_string(home(&stack, cluster, ordinal).join("log/error.log")).unwrap();
            assert!(log.contains("Shutdown complete"), "{} {ordinal} ended cleanly: {log}", cluster.name);
        }
        cluster.wait_for_service(&stack, 3);
        wait_for_standing(&stack, cluster, before);
        let rows = format!("row of {}", cluster.name);
        for place in standing(before) {
            let (host, port) = (place.3["host"].as_str().unwrap(), place.3["port"].as_u64().unwrap() as u16);
            let found =
                cluster.sql(&stack, &(host.to_owned(), port), "SELECT name FROM shop.things").unwrap();
            assert_eq!(found, [rows.as_str()], "{} at {host}:{port}", cluster.name);
        }
        cluster.write_and_read(&stack, "after");
    }
    assert_eq!(volumes(&stack).unwrap(), held, "the same volumes, and no other");
    stack.down();
}

/// Somebody else's reservation and volume in our role, made by the operator's interface.
fn plant(stack: &TestStack) -> Vec<(String, Value)> {
    let agents = stack.mesos_agents().unwrap();
    let agent = agents["slaves"][0]["id"].clone();
    let reservation = json!([{
        "type": "DYNAMIC", "role": "mysos", "principal": "them",
        "labels": {"labels": [{"key": "mysos.cluster", "value": "shop"}, {"key": "mysos.installation", "value": "another"},
                              {"key": "mysos.reservation", "value": "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11"}]},
    }]);
    let scalar = |name: &str, value: f64| {
        json!({
            "name": name, "type": "SCALAR", "scalar": {"value": value}, "reservations": reservation,
        })
    };
    let reserve = json!({
        "type": "RESERVE_RESOURCES",
        "reserve_resources": {"agent_id": agent, "resources": [scalar("cpus", 0.5), scalar("disk", 256.0)]},
    });
    let mut volume = scalar("disk", 256.0);
    volume["disk"] = json!({
        "persistence": {"id": "mysos-shop-0-6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11", "principal": "them"},
        "volume": {"mode": "RW", "container_path": "volume"},
    });
    let create =
        json!({"type": "CREATE_VOLUMES", "create_volumes": {"agent_id": agent, "volumes": [volume]}});
    for call in [reserve, create] {
        let call = with_agent_value(call);
        let answer = stack.mesos_operator(&call);
        assert_eq!(answer.status, 202, "{call}: {answer:?}");
    }
    wait_until("what is theirs is there", TOLD, || {
        let there = reserved(stack)?;
        if there.len() == 2 { Ok(there) } else { Err(format!("{there:?}")) }
    })
}

/// The interface wants the agent's id as an object.
fn with_agent_value(mut call: Value) -> Value {
    for key in ["reserve_resources", "create_volumes"] {
        if let Some(agent) = call.get(key).and_then(|body| body.get("agent_id")).cloned() {
            call[key]["agent_id"] = json!({"value": agent});
        }
    }
    call
}

/// The agent of the first member: its address ends with ten more than its number.
fn agent_of(cluster: &Cluster, stack: &TestStack) -> Role {
    let hosts = cluster.hosts(stack);
    let host = hosts.first().expect("a host");
    let last: u8 = host.rsplit('.').next().and_then(|part| part.parse().ok()).expect("an address");
    Role::Agent(last - 10)
}

#[test]
fn deletion_gives_back_what_is_ours_and_nothing_else() {
    let mut stack = TestStack::up(3);
    let theirs = plant(&stack);
    let cluster = Cluster::create(&stack, "shop", 3);
    let kept = Cluster::create(&stack, "kept", 2);
    cluster.write_and_read(&stack, "before");
    assert_eq!(volumes(&stack).unwrap().len(), 1 + 3 + 2);
    cluster.delete(&stack);
    let left = volumes(&stack).unwrap();
    assert_eq!(left.len(), 1 + 2, "{left:?}");
    assert_eq!(left.iter().filter(|name| name.starts_with("mysos-kept-")).count(), 2, "{left:?}");
    kept.write_and_read(&stack, "untouched");

    // An agent that is away holds up the name, and the cluster says so; what it holds goes when it is back.
    let agent = agent_of(&kept, &stack);
    stack.stack().kill(agent).unwrap();
    kept.request_deletion(&stack);
    wait_until("the cluster says what it waits for", Duration::from_secs(120), || {
        let object = kept.object(&stack)?;
        let instances = object["instances"].as_array().cloned().unwrap_or_default();
        let why: Vec<&Value> = instances.iter().map(|it| &it["why"]).collect();
        let said =
            |why: &&&Value| why["code"] == "AgentUnreachable" && why["text"].to_string().contains("deleted");
        if instances.len() == 1 && why.iter().any(|why| said(&why)) {
            Ok(())
        } else {
            Err(format!("{object:#}"))
        }
    });
    stack.stack().start(agent).unwrap();
    kept.wait_until_gone(&stack);
    wait_until("only what is theirs is left", TOLD, || {
        let now = reserved(&stack)?;
        if now == theirs { Ok(()) } else { Err(format!("{now:?} instead of {theirs:?}")) }
    });
    stack.down();
}

/// The `why` of a slot, once it says all of this.
fn says_why(stack: &TestStack, cluster: &Cluster, ordinal: u64, words: &[&str]) {
    wait_until(&format!("{ordinal} says {words:?}"), TOLD, || {
        let object = cluster.object(stack)?;
        let text =
            object["instances"][ordinal as usize]["why"]["text"].as_str().unwrap_or_default().to_owned();
        if words.iter().all(|word| text.contains(word)) { Ok(()) } else { Err(format!("{object:#}")) }
    });
}

#[test]
fn a_volume_that_is_not_what_it_should_be_is_not_used_as_if_it_were() {
    let stack = TestStack::up(3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let before = cluster.object(&stack).unwrap();
    let replica = a_replica(&stack, &cluster);
    let place = home(&stack, &cluster, replica);

    another_clusters(&stack, &cluster, (replica, &place));
    wait_for_standing(&stack, &cluster, &before);
    cluster.write_and_read(&stack, "after a foreign volume");

    emptied(&stack, &cluster, (replica, &place), &before);
    cluster.write_and_read(&stack, "after an empty volume");
    stack.down();
}

/// The data of another cluster is refused and left as it is.
fn another_clusters(stack: &TestStack, cluster: &Cluster, (slot, place): (u64, &Path)) {
    let marker = place.join("marker.json");
    let own = fs::read_to_string(&marker).unwrap();
    let theirs = own.replace(r#""cluster":"shop""#, r#""cluster":"other""#);
    assert_ne!(own, theirs, "{own}");
    kill_member(stack, cluster, slot);
    fs::write(&marker, &theirs).unwrap();
    says_why(stack, cluster, slot, &["TASK_FAILED", "of cluster other, not shop"]);
    assert_eq!(fs::read_to_string(&marker).unwrap(), theirs, "nothing is changed");
    assert!(place.join("data/ibdata1").exists(), "nothing is removed");
    fs::write(&marker, &own).unwrap();
}

/// A volume that has lost its data does not pass for the member that it was.
fn emptied(stack: &TestStack, cluster: &Cluster, (slot, place): (u64, &Path), before: &Value) {
    kill_member(stack, cluster, slot);
    fs::rename(place, stack.dir().join("moved-away")).unwrap();
    let data = |object: &Value| object["instances"][slot as usize]["data_id"].clone();
    let now = wait_until("it is built anew", FORMS, || {
        let now = cluster.object(stack)?;
        let is_another = data(&now).is_string() && data(&now) != data(before);
        let built = now["state"] == "healthy" && now["in_service"] == 3 && is_another;
        if built { Ok(now) } else { Err(format!("{now:#}")) }
    });
    let quorum = now["quorum"]["ackers"].as_array().map_or(0, Vec::len);
    assert_eq!(quorum, 2, "it was let in as a new member: {now:#}");
    let history = stack.api().get(&format!("/clusters/{}/journal", cluster.name)).unwrap();
    let steps: Vec<&str> =
        history["lines"].as_array().unwrap().iter().filter_map(|line| line["step"].as_str()).collect();
    assert!(steps.contains(&"data_lost"), "{steps:?}");
}
