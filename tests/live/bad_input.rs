//! What cannot run, and says why: sizes that no agent has, servers that do not start, a key file that is not there.
//! On one flavor: the words of a server are passed on whatever it is.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use mysos_tests::{TestStack, wait_until};
use serde_json::Value;

use crate::cluster::{Cluster, mysqlds};

/// A failed start is told within this; the agent copies and starts an executor first.
const TOLD: Duration = Duration::from_secs(60);
/// Small enough for many on one agent.
const SMALL: &str = r#"{"cpus": 0.5, "mem": "256mb", "disk": "512mb"}"#;
/// What the server that does not start says.
const WORDS: &str = "InnoDB: the moon is in the wrong phase";

/// A server program that fails while a file is there, and is the real one otherwise.
struct Moody {
    dir: tempfile::TempDir,
}

impl Moody {
    fn new() -> Self {
        let moody = Self { dir: tempfile::tempdir().expect("a directory") };
        let real = "/usr/sbin/mariadbd";
        assert!(fs::metadata(real).is_ok(), "{real} comes with Debian's package");
        let home = moody.dir.path().display();
        let script = format!(
            r#"#!/bin/sh
case "$*" in
  *--version*) mood={home}/fails-at-version ;;
  *--bootstrap*) mood={home}/fails-at-bootstrap ;;
  *) mood={home}/fails-at-start ;;
esac
if [ -e "$mood" ]; then
  echo "2026-01-01 00:00:00 0 [Note] all is well so far" >&2
  echo "2026-01-01 00:00:00 0 [ERROR] {WORDS}" >&2
  exit 1
fi
exec {real} "$@"
"#
        );
        fs::write(moody.program(), script).expect("a script");
        fs::set_permissions(moody.program(), fs::Permissions::from_mode(0o755)).expect("a program");
        moody
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("mysqld")
    }

    fn becomes(&self, mood: &str) {
        fs::write(self.dir.path().join(mood), "").expect("a file");
    }

    fn recovers(&self) {
        for mood in ["fails-at-version", "fails-at-bootstrap", "fails-at-start"] {
            // Not all of them are there.
            let _ = fs::remove_file(self.dir.path().join(mood));
        }
    }
}

fn create(stack: &TestStack, name: &str, more: &[(&str, &str)]) -> Cluster {
    let form = [&[("cluster_user", "app"), ("num_nodes", "1"), ("size", SMALL)][..], more].concat();
    Cluster { name: name.to_owned(), created: stack.api().create(name, &form) }
}

/// Waits until one instance says why it does not run in these words. Answers all of the `why`.
fn says_why(stack: &TestStack, cluster: &Cluster, code: &str, words: &[&str]) -> Value {
    wait_until(&format!("{} says {code} with {words:?}", cluster.name), TOLD, || {
        let object = cluster.object(stack)?;
        let all = object["instances"].as_array().cloned().unwrap_or_default();
        let says = |why: &&Value| {
            let text = why["text"].as_str().unwrap_or_default();
            why["code"] == code && words.iter().all(|words| text.contains(words))
        };
        let found = all.iter().map(|one| &one["why"]).find(says);
        found.cloned().ok_or_else(|| format!("{object:#}"))
    })
}

#[test]
fn what_cannot_run_says_why_and_runs_once_it_can() {
    let moody = Moody::new();
    let program = moody.program().display().to_string();
    let stack = TestStack::with_flags(1, &[&format!("mysqld_path={program}")]);
    refused_at_once(&stack);

    let huge = create(&stack, "huge", &[("size", r#"{"cpus": 64, "mem": "256mb", "disk": "512mb"}"#)]);
    let wide = create(&stack, "wide", &[("num_nodes", "2")]);
    let foreign = create(
        &stack,
        "foreign",
        &[("flavor", "mysql"), ("size", r#"{"cpus": 0.5, "mem": "1gb", "disk": "1gb"}"#)],
    );
    says_why(&stack, &huge, "WaitingForOffer", &["too little cpus"]);
    says_why(&stack, &wide, "WaitingForOffer", &["host already has a member"]);
    says_why(&stack, &foreign, "TaskEnded", &["no mysql server was found", &program, "--mysqld_path"]);

    moody.becomes("fails-at-version");
    let never = create(&stack, "never", &[]);
    says_why(&stack, &never, "TaskEnded", &[WORDS, &program]);
    moody.recovers();
    never.wait_for_service(&stack, 1);
    never.delete(&stack);

    moody.becomes("fails-at-bootstrap");
    let early = create(&stack, "early", &[]);
    let why = says_why(&stack, &early, "TaskEnded", &[WORDS, "exit code 1"]);
    assert!(why["next_attempt"].is_string(), "it will be tried again: {why}");
    moody.recovers();
    early.wait_for_service(&stack, 1);

    moody.becomes("fails-at-start");
    let late = create(&stack, "late", &[]);
    says_why(&stack, &late, "TaskEnded", &[WORDS]);
    moody.recovers();
    without_its_key(&stack);
    late.wait_for_service(&stack, 1);

    for cluster in [huge, wide, foreign, early, late] {
        cluster.delete(&stack);
    }
    assert_eq!(mysqlds(&stack), vec![]);
    stack.down();
}

/// An agent without the file says which file, and the cluster comes up once it is there.
fn without_its_key(stack: &TestStack) {
    let key = stack.layout().admin_key();
    let aside = key.with_extension("aside");
    fs::rename(&key, &aside).unwrap();
    let keyless = create(stack, "keyless", &[]);
    says_why(stack, &keyless, "TaskEnded", &[key.to_str().unwrap(), "--admin_keypath"]);
    fs::rename(&aside, &key).unwrap();
    keyless.wait_for_service(stack, 1);
    keyless.delete(stack);
}

/// Refused with the figure, and nothing is made of it.
fn refused_at_once(stack: &TestStack) {
    let refused = |field: &str, value: &str, words: &[&str]| {
        let form = [("cluster_user", "app"), (field, value)];
        let answer = stack.api().send("POST", "/clusters/bad", &form).unwrap();
        assert_eq!(answer.status, 400, "{field}={value}: {answer:?}");
        assert!(words.iter().all(|words| answer.body.contains(words)), "{field}={value}: {answer:?}");
    };
    refused("size", r#"{"cpus": 1, "mem": "100mb", "disk": "2gb"}"#, &["mem", "100mb", "256mb"]);
    refused("size", r#"{"cpus": 0.01, "mem": "512mb", "disk": "2gb"}"#, &["cpus", "0.01", "0.1"]);
    refused("size", r#"{"cpus": 1, "mem": "512 parsecs", "disk": "2gb"}"#, &["mem", "parsecs"]);
    refused("num_nodes", "0", &["num_nodes", "0", "32"]);
    refused("num_nodes", "1000000", &["num_nodes", "1000000", "32"]);
    refused("num_nodes", "three", &["num_nodes", "three"]);
    refused("cluster_user", "root", &["root"]);
    refused("backup_id", "b1", &["--backup_store_args"]);
    let name = stack.api().send("POST", "/clusters/a%2Fb", &[("cluster_user", "app")]).unwrap();
    assert_eq!(name.status, 400, "{name:?}");
    let list = stack.api().get("/clusters").unwrap();
    assert_eq!(list["clusters"].as_array().map(Vec::len), Some(0), "{list}");
}
