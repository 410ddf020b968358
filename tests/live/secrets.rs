//! Looks for the secrets of a stack wherever they must not be: arguments, environments, task data, logs, pages,
//! metrics, records.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mysos_local::Role;
use mysos_model::{
    ClusterName, Ordinal,
    record::{Credentials, decode, path},
};
use mysos_tests::{Process, TestStack, named_by};
use mysos_zk::SealKey;

use crate::cluster::Cluster;

/// A secret, and what it is, for messages that must not show it.
struct Secret {
    what: &'static str,
    bytes: Vec<u8>,
}

/// Larger files are data, not logs. ZooKeeper makes its own as large as this at once, of zeros.
const LOG_LIMIT: u64 = 100 << 20;

/// None of the secrets of this stack and cluster is where others could read it.
pub(crate) fn are_nowhere(stack: &TestStack, cluster: &Cluster) {
    let secrets = secrets(stack, cluster);
    let searched = [
        in_processes(stack, &secrets),
        in_files(stack.dir(), &secrets),
        in_pages(stack, &secrets),
        in_znodes(stack, &cluster.name, &secrets),
    ];
    let least = [10, 30, 15, 15];
    for (what, (searched, least)) in
        ["processes", "files", "pages", "znodes"].iter().zip(searched.iter().zip(least))
    {
        assert!(*searched >= least, "only {searched} {what} were searched");
    }
}

fn secrets(stack: &TestStack, cluster: &Cluster) -> Vec<Secret> {
    let key = fs::read(stack.layout().scheduler_key()).expect("the scheduler's key");
    let name: ClusterName = cluster.name.parse().expect("a name");
    let place = path::credentials(&name);
    let sealed = stack.znodes_as_ours().data(&format!("/mysos{place}")).expect("the credentials");
    let plain = SealKey::new(&key).expect("a key").open(&place, &sealed).expect("they open with it");
    let credentials: Credentials = decode(&plain).expect("credentials");
    assert_eq!(credentials.cluster_password.expose(), cluster.created.password);
    let zk = stack.zk_account().split_once(':').expect("an account").1.to_owned();
    let text = |what, text: &str| Secret { what, bytes: text.as_bytes().to_vec() };
    let secrets = vec![
        text("ZooKeeper's secret", &zk),
        text("the cluster's password", &cluster.created.password),
        text("the administrator's password", credentials.admin_password.expose()),
        text("the replication seed", credentials.replication_seed.expose()),
        text("a replication password", credentials.replication_password(Ordinal(1)).expose()),
        text("the control token", credentials.control_token.expose()),
        text("the key in base64", &STANDARD.encode(&key)),
        text("the key in hex", &hex(&key)),
        Secret { what: "the key", bytes: key },
    ];
    assert!(secrets.iter().all(|secret| secret.bytes.len() >= 16), "long enough to be found by their bytes");
    secrets
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn assert_clean(place: &str, bytes: &[u8], secrets: &[Secret]) {
    for Secret { what, bytes: secret } in secrets {
        let found = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!found, "{place} shows {what}");
    }
}

/// The scheduler has ZooKeeper's account in its environment, which only its own user can read; nobody else has.
fn in_processes(stack: &TestStack, secrets: &[Secret]) -> usize {
    let processes = named_by(stack.dir());
    for Process { pid, command, .. } in &processes {
        let place = format!("process {pid} ({})", command.chars().take(60).collect::<String>());
        // One that has ended meanwhile shows nothing.
        let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        assert_clean(&format!("the command line of {place}"), &read("cmdline"), secrets);
        if !command.contains("mysos_scheduler") {
            assert_clean(&format!("the environment of {place}"), &read("environ"), secrets);
        }
    }
    processes.len()
}

/// Everything under the stack's directory, but for its key files and the servers' own data.
fn in_files(dir: &Path, secrets: &[Secret]) -> usize {
    let mut searched = 0;
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let is_data = name == "data" && path.parent().is_some_and(|parent| parent.ends_with("mysqldata"));
        if kind.is_dir() && name != "secrets" && !is_data {
            searched += in_files(&path, secrets);
        } else if kind.is_file() && entry.metadata().is_ok_and(|file| is_text_or_record(&file)) {
            // A file that is gone shows nothing.
            let bytes = fs::read(&path).unwrap_or_default();
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            assert_clean(&path.display().to_string(), &bytes[..end], secrets);
            searched += 1;
        }
    }
    searched
}

/// Not a program: those are built before there are secrets.
fn is_text_or_record(file: &fs::Metadata) -> bool {
    file.len() < LOG_LIMIT && file.permissions().mode() & 0o111 == 0
}

fn in_pages(stack: &TestStack, secrets: &[Secret]) -> usize {
    let report = stack.report();
    let api = report.api.clone().expect("the scheduler");
    let mut urls: Vec<String> =
        ["/", "/clusters", "/clusters/shop", "/metrics", "/vars.json", "/health", "/ready", "/nowhere"]
            .iter()
            .map(|path| format!("{api}{path}"))
            .collect();
    let masters = ["/master/state", "/master/tasks", "/master/frameworks"];
    urls.extend(masters.iter().map(|path| format!("http://{}{path}", report.mesos_master)));
    for agent in &report.agents {
        urls.extend(["state", "containers"].iter().map(|path| format!("http://{}/{path}", agent.address)));
    }
    let object = stack.api().get("/clusters/shop").expect("the cluster");
    for control in object["instances"].as_array().expect("instances").iter().map(|one| &one["control"]) {
        let at = format!("http://{}:{}", control["host"].as_str().expect("a host"), control["port"]);
        urls.extend(["/health", "/metrics", "/primary", "/replica"].iter().map(|path| format!("{at}{path}")));
    }
    for url in &urls {
        let answer = stack.get(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_clean(url, format!("{answer:?}").as_bytes(), secrets);
    }
    assert_clean("the scheduler's log", stack.log(Role::Scheduler).as_bytes(), secrets);
    urls.len()
}

/// Sealed or absent in every record, also in those that are closed.
fn in_znodes(stack: &TestStack, name: &str, secrets: &[Secret]) -> usize {
    let ours = stack.znodes_as_ours();
    let paths = ours.everything_below("/mysos");
    assert!(paths.contains(&format!("/mysos/state/clusters/{name}")));
    for path in &paths {
        if let Ok(data) = ours.data(path) {
            assert_clean(path, &data, secrets);
        }
    }
    paths.len()
}
