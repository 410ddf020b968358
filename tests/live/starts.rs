//! Starts of a scheduler that go wrong, each with a clear sentence and nothing changed; and those that only wait.
//! On one flavor: nothing here reaches a database server.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use mysos_local::Role;
use mysos_tests::{Recipe, TestStack, wait_until};

use crate::cluster::Cluster;

/// A start that cannot succeed ends within this.
const ENDS: Duration = Duration::from_secs(30);
/// A start that can succeeds within this after what it waited for is there.
const STARTS: Duration = Duration::from_secs(60);

/// The scheduler ends with a code that is not 0, and says all of this in one line.
fn refuses(recipe: &Recipe, log: &str, words: &[&str]) {
    let mut scheduler = recipe.start(log);
    let code = scheduler.exit_code(ENDS);
    let said = scheduler.log();
    assert_eq!(code, 1, "{log}: {said}");
    let clear = said.lines().any(|line| words.iter().all(|words| line.contains(words)));
    assert!(clear, "{log}: no line has all of {words:?}: {said}");
}

#[test]
fn bad_starts_say_what_is_wrong_and_change_nothing() {
    let mut stack = TestStack::up(1);
    let cluster = Cluster::create(&stack, "shop", 1);
    cluster.write_and_read(&stack, "before");
    let recipe = stack.recipe();
    stack.stack().stop(Role::Scheduler).unwrap();
    let before = state(&stack);

    keys(&stack, &recipe);
    foreign_paths(&stack, &recipe);
    for (flag, other) in
        [("framework_role", "elsewhere"), ("framework_user", "nobody"), ("principal", "them")]
    {
        refuses(&recipe.clone().with_flag(flag, other), flag, &[flag, "when this framework was made", other]);
    }
    assert_eq!(state(&stack), before, "nothing of that changed the saved state");

    stack.stack().start(Role::Scheduler).unwrap();
    cluster.wait_for_service(&stack, 1);
    cluster.write_and_read(&stack, "after");
    stack.down();
}

/// What is saved, byte for byte.
fn state(stack: &TestStack) -> Vec<(String, Vec<u8>)> {
    let znodes = stack.znodes_as_ours();
    let tops = ["/mysos/state", "/mysos/clusters", "/mysos/discover"];
    let paths = tops.iter().flat_map(|top| znodes.everything_below(top));
    paths.map(|path| (path.clone(), znodes.data(&path).expect("it is there"))).collect()
}

fn keys(stack: &TestStack, recipe: &Recipe) {
    let place = |name: &str| stack.dir().join(name).display().to_string();
    let write = |name: &str, bytes: &[u8], mode: u32| {
        fs::write(place(name), bytes).unwrap();
        fs::set_permissions(place(name), fs::Permissions::from_mode(mode)).unwrap();
        recipe.clone().with_flag("scheduler_keypath", &place(name))
    };
    refuses(&write("short.key", &[7; 31], 0o600), "key-short", &["scheduler_keypath", "32 bytes", "31"]);
    refuses(&write("line.key", b"0123456789abcdef0123456789abcdef\n", 0o600), "key-line", &["33", "newline"]);
    refuses(&write("open.key", &[7; 32], 0o644), "key-open", &["0644", "chmod 600"]);
    refuses(&write("other.key", &[7; 32], 0o600), "key-other", &["do not open", "nothing was touched"]);
    let missing = recipe.clone().with_flag("scheduler_keypath", &place("missing.key"));
    refuses(&missing, "key-missing", &["scheduler_keypath", "missing.key"]);
    assert!(Path::new(&stack.layout().scheduler_key()).exists());
}

/// Paths in ZooKeeper that hold what is not ours.
fn foreign_paths(stack: &TestStack, recipe: &Recipe) {
    let url = recipe.variable("MYSOS_ZK_URL").to_owned();
    let at = |path: &str| {
        let other = url.strip_suffix("/mysos").expect("the path of the stack").to_owned() + path;
        recipe.clone().with_variable("MYSOS_ZK_URL", &other)
    };
    let znodes = stack.znodes();
    for (path, data) in [
        ("/marathon", ""),
        ("/marathon/leader", ""),
        ("/marathon/apps", ""),
        ("/kafka", ""),
        ("/kafka/state", ""),
        ("/kafka/state/framework", "some other framework's state"),
    ] {
        znodes.make_foreign(path, data.as_bytes());
    }
    refuses(&at("/marathon"), "foreign-data", &["/marathon", "apps", "nothing was touched"]);
    refuses(&at("/kafka"), "foreign-state", &["/kafka/state/framework", "nothing was touched"]);
    assert_eq!(znodes.everything_below("/marathon"), ["/marathon", "/marathon/apps", "/marathon/leader"]);
    assert_eq!(znodes.everything_below("/kafka"), ["/kafka", "/kafka/state", "/kafka/state/framework"]);
    assert_eq!(znodes.data("/kafka/state/framework").unwrap(), b"some other framework's state");
}

#[test]
fn a_scheduler_waits_for_zookeeper_and_for_mesos() {
    let mut stack = TestStack::up(1);
    let recipe = stack.recipe();
    for (away, words) in [(Role::Zookeeper, "ZooKeeper"), (Role::Master(1), "Mesos")] {
        stack.stack().stop(Role::Scheduler).unwrap();
        stack.stack().kill(away).unwrap();
        let mut scheduler = recipe.start(&format!("without-{away}"));
        let api = stack.api();
        wait_until("it answers meanwhile, and says what is away", STARTS, || {
            let answers = ["/health", "/ready", "/"].map(|path| api.send("GET", path, &[]));
            let [Ok(health), Ok(ready), Ok(page)] = answers else { return Err(format!("{answers:?}")) };
            let said = health.status == 200 && ready.status == 503 && page.status == 200;
            if said && page.body.contains("still connecting") {
                Ok(())
            } else {
                Err(format!("{ready:?} {page:?}"))
            }
        });
        let write = api.send("POST", "/clusters/early", &[("cluster_user", "app")]).unwrap();
        assert_eq!(write.status, 503, "{write:?}");
        assert!(scheduler.is_running(), "{}", scheduler.log());
        wait_until("its log says so", STARTS, || {
            let log = scheduler.log();
            if log.contains(words) { Ok(()) } else { Err(log) }
        });
        stack.stack().start(away).unwrap();
        wait_until("it is ready by itself", STARTS, || {
            let ready = stack.api().send("GET", "/ready", &[])?;
            if ready.status == 200 { Ok(()) } else { Err(format!("{ready:?} {}", scheduler.log())) }
        });
        drop(scheduler);
        stack.stack().start(Role::Scheduler).unwrap();
    }
    let cluster = Cluster::create(&stack, "late", 1);
    cluster.write_and_read(&stack, "after all");
    stack.down();
}
