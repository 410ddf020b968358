//! The command line, as a person or a script uses it, and the stock client at the published addresses.

use std::time::Duration;

use mysos_tests::{Flavor, Ran, TestStack, on_both_flavors, stock_client, wait_until};

use crate::cluster::{Cluster, mysqlds};

/// What the client calls its outcomes.
const DONE: i32 = 0;
const REFUSED: i32 = 1;
const USAGE: i32 = 2;
const NO_CLUSTER: i32 = 3;
const TOO_LATE: i32 = 4;
const UNREACHABLE: i32 = 5;

fn expect(code: i32, ran: Ran) -> Ran {
    assert_eq!(ran.code, code, "{ran:?}");
    ran
}

on_both_flavors!(a_cluster_from_the_command_line_and_the_stock_client);

fn a_cluster_from_the_command_line_and_the_stock_client(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = create(&stack);
    stock_client_writes_and_reads(&stack, &cluster);
    looks(&stack);
    refusals(&stack, &cluster);
    delete(&stack, &cluster);
    stack.down();
}

fn create(stack: &TestStack) -> Cluster {
    let made =
        stack.mysos(&["create", "shop", "--user", "app", "--nodes", "3", "--wait", "--output", "json"]);
    let made = expect(DONE, made);
    let object = made.json();
    let text = |key: &str| object[key].as_str().expect("a string").to_owned();
    assert_eq!((text("name"), text("cluster_user")), ("shop".to_owned(), "app".to_owned()));
    assert!(!made.err.contains(&text("cluster_password")), "progress shows no password");
    let created = mysos_tests::Created { password: text("cluster_password"), url: text("cluster_url") };
    let cluster = Cluster { name: "shop".to_owned(), created };
    // --wait stays until all are published, so they are, at once.
    let places = cluster.places(stack).expect("a primary");
    assert_eq!(places.replicas.len(), 2);
    cluster
}

/// As an owner tries it first: the address from ZooKeeper, the password from the answer.
fn stock_client_writes_and_reads(stack: &TestStack, cluster: &Cluster) {
    let places = cluster.places(stack).expect("a primary");
    let login = ("app", cluster.created.password.as_str());
    let write =
        "CREATE DATABASE shop; CREATE TABLE shop.t (a INT PRIMARY KEY); INSERT INTO shop.t VALUES (42)";
    let client = |at: &(String, u16), login, statement| stock_client(stack.flavor(), at, login, statement);
    expect(DONE, client(&places.primary, login, write));
    for replica in &places.replicas {
        wait_until("the replica has what the primary wrote", Duration::from_secs(20), || {
            let read = client(replica, login, "SELECT a FROM shop.t");
            if read.out == "42\n" { Ok(()) } else { Err(format!("{read:?}")) }
        });
        let write = expect(1, client(replica, login, "INSERT INTO shop.t VALUES (43)"));
        assert!(write.err.contains("read-only"), "{write:?}");
    }
    let wrong = expect(1, client(&places.primary, ("app", "wrong"), "SELECT 1"));
    assert!(wrong.err.contains("Access denied"), "{wrong:?}");
    let password = [("MYSOS_CLUSTER_PASSWORD", cluster.created.password.as_str())];
    for (replica, read_only) in [(&[][..], "0"), (&["--replica"][..], "1")] {
        let ask = ["--", "--batch", "--skip-column-names", "--execute", "SELECT @@read_only"];
        let connect = [&["connect", "shop"], replica, &ask].concat();
        let connected = expect(DONE, stack.mysos_with(&connect, &password));
        assert_eq!(connected.out.trim(), read_only, "{connect:?}");
    }
}

fn looks(stack: &TestStack) {
    let list = expect(DONE, stack.mysos(&["list", "--output", "json"])).json();
    assert_eq!(
        (&list["clusters"][0]["name"], &list["clusters"][0]["state"]),
        (&"shop".into(), &"healthy".into())
    );
    let table = expect(DONE, stack.mysos(&["list"])).out;
    assert!(table.starts_with("NAME") && table.contains("\nshop"), "{table}");
    let show = expect(DONE, stack.mysos(&["show", "shop", "--output", "json"])).json();
    assert_eq!(show["instances"].as_array().map(Vec::len), Some(3));
    let shown = expect(DONE, stack.mysos(&["show", "shop"])).out;
    assert!(shown.contains("published as primary"), "{shown}");
    let waited = expect(DONE, stack.mysos(&["wait", "shop", "--output", "json"])).json();
    assert_eq!(waited["state"], "healthy");
}

fn refusals(stack: &TestStack, cluster: &Cluster) {
    expect(NO_CLUSTER, stack.mysos(&["show", "nowhere"]));
    expect(USAGE, stack.mysos(&["create", "-", "--user", "app"]));
    let again = expect(REFUSED, stack.mysos(&["create", "shop", "--user", "app"]));
    assert!(again.err.contains("409"), "{again:?}");
    let unknown = expect(USAGE, stack.mysos(&["delete", "shop"]));
    assert!(
        unknown.err.contains("MYSOS_CLUSTER_PASSWORD"),
        "without a terminal it says what it needs: {unknown:?}"
    );
    let wrong = stack.mysos_with(&["delete", "shop"], &[("MYSOS_CLUSTER_PASSWORD", "wrong")]);
    assert!(expect(REFUSED, wrong).err.contains("403"));
    let elsewhere = stack.mysos_with(&["list", "--api", "http://127.0.0.1:9"], &[]);
    expect(UNREACHABLE, elsewhere);
    let late = expect(TOO_LATE, stack.mysos(&["wait", "shop", "--for", "gone", "--timeout", "1s"]));
    assert!(late.err.contains("shop"), "{late:?}");
    assert!(cluster.places(stack).is_some(), "nothing of that changed anything");
}

fn delete(stack: &TestStack, cluster: &Cluster) {
    let password = [("MYSOS_CLUSTER_PASSWORD", cluster.created.password.as_str())];
    let deleted = stack.mysos_with(&["delete", "shop", "--wait", "--output", "json"], &password);
    let deleted = expect(DONE, deleted).json();
    assert_eq!((&deleted["name"], &deleted["state"]), (&"shop".into(), &"gone".into()));
    assert_eq!(deleted["cluster_url"].as_str(), Some(cluster.created.url.as_str()));
    assert_eq!(mysqlds(stack), vec![], "--wait stays until no server runs any more");
    expect(NO_CLUSTER, stack.mysos(&["wait", "shop"]));
    expect(DONE, stack.mysos(&["wait", "shop", "--for", "gone"]));
    let list = expect(DONE, stack.mysos(&["list", "--output", "json"])).json();
    assert_eq!(list["clusters"].as_array().map(Vec::len), Some(0));
}
