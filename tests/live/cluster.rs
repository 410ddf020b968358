//! One cluster of a test: made, found through ZooKeeper, written to and read from.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use mysos_local::Role;
use mysos_tests::{Created, Process, TestStack, named_by, wait_until};
use serde_json::Value;

/// A cluster forms within this, on a busy machine.
pub(crate) const FORMS: Duration = Duration::from_secs(90);
/// A repair is over within this.
pub(crate) const REPAIRED: Duration = Duration::from_secs(90);

/// A deletion is over within this.
pub(crate) const GONE: Duration = Duration::from_secs(60);

/// A cluster in service.
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) created: Created,
}

/// Where its members are, as a foreign client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) primary: (String, u16),
    pub(crate) replicas: Vec<(String, u16)>,
}

impl Cluster {
    /// Creates it and waits until all members are published.
    pub(crate) fn create(stack: &TestStack, name: &str, nodes: usize) -> Self {
        let count = nodes.to_string();
        let form = [("cluster_user", "app"), ("num_nodes", count.as_str())];
        let created = stack.api().create(name, &form);
        let cluster = Self { name: name.to_owned(), created };
        cluster.wait_for_service(stack, nodes);
        cluster
    }

    /// Waits until the state is healthy and all members are published.
    pub(crate) fn wait_for_service(&self, stack: &TestStack, nodes: usize) -> Places {
        wait_until(&format!("{nodes} members of {} serve", self.name), FORMS, || {
            let found = self.object(stack)?;
            let places = self.places(stack);
            match places {
                Some(places)
                    if places.replicas.len() + 1 == nodes && found["state"].as_str() == Some("healthy") =>
                {
                    Ok(places)
                }
                places => Err(format!("{places:?} {found:#} {}", stack.log(Role::Scheduler))),
            }
        })
    }

    /// Its object in the HTTP interface.
    pub(crate) fn object(&self, stack: &TestStack) -> Result<Value, String> {
        stack.api().get(&format!("/clusters/{}", self.name))
    }

    /// What a foreign client finds, if there is a primary.
    pub(crate) fn places(&self, stack: &TestStack) -> Option<Places> {
        let znodes = stack.znodes();
        let base = format!("/mysos/discover/{}", self.name);
        let primary: Vec<(String, u16)> = znodes.members(&format!("{base}/master")).into_values().collect();
        assert!(primary.len() <= 1, "at most one primary is published: {primary:?}");
        let replicas = znodes.members(&format!("{base}/slaves")).into_values().collect();
        Some(Places { primary: primary.into_iter().next()?, replicas })
    }

    /// Runs a statement as the owner.
    pub(crate) fn sql(
        &self,
        stack: &TestStack,
        at: &(String, u16),
        statement: &str,
    ) -> Result<Vec<String>, String> {
        stack.sql((&at.0, at.1), "app", &self.created.password).column(statement)
    }

    /// Writes a row on the primary, and waits until each replica shows it.
    pub(crate) fn write_and_read(&self, stack: &TestStack, row: &str) {
        let places = self.places(stack).expect("a primary");
        for statement in [
            "CREATE DATABASE IF NOT EXISTS shop",
            "CREATE TABLE IF NOT EXISTS shop.things (name VARCHAR(50) PRIMARY KEY)",
            &format!("INSERT INTO shop.things VALUES ('{row}')"),
        ] {
            self.sql(stack, &places.primary, statement).expect(statement);
        }
        for replica in &places.replicas {
            wait_until(&format!("{row} is read at {replica:?}"), Duration::from_secs(20), || {
                let rows = self.sql(stack, replica, "SELECT name FROM shop.things")?;
                if rows.iter().any(|found| found == row) { Ok(()) } else { Err(format!("{rows:?}")) }
            });
        }
    }

    /// The hosts of its members.
    pub(crate) fn hosts(&self, stack: &TestStack) -> BTreeSet<String> {
        let object = self.object(stack).expect("the cluster's object");
        let instances = object["instances"].as_array().expect("instances");
        instances.iter().filter_map(|it| it["host"].as_str().map(str::to_owned)).collect()
    }

    /// Deletes it and waits until the interface has forgotten it.
    pub(crate) fn delete(&self, stack: &TestStack) {
        self.request_deletion(stack);
        self.wait_until_gone(stack);
    }

    /// Asks for its deletion.
    pub(crate) fn request_deletion(&self, stack: &TestStack) {
        let form = [("password", self.created.password.as_str())];
        let answer =
            stack.api().send("DELETE", &format!("/clusters/{}", self.name), &form).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Waits until the interface has forgotten it.
    pub(crate) fn wait_until_gone(&self, stack: &TestStack) {
        let path = format!("/clusters/{}", self.name);
        wait_until(&format!("{} is gone", self.name), GONE, || {
            let answer = stack.api().send("GET", &path, &[])?;
            if answer.status == 404 { Ok(()) } else { Err(answer.body) }
        });
    }

    /// Task ids by slot.
    pub(crate) fn tasks(&self, stack: &TestStack) -> BTreeMap<u64, String> {
        let object = self.object(stack).expect("the cluster's object");
        let instances = object["instances"].as_array().expect("instances");
        instances
            .iter()
            .filter_map(|it| Some((it["ordinal"].as_u64()?, it["task_id"].as_str()?.to_owned())))
            .collect()
    }
}

/// The mysqlds of a stack.
pub(crate) fn mysqlds(stack: &TestStack) -> Vec<Process> {
    let server = |process: &Process| matches!(process.program(), "mariadbd" | "mysqld");
    named_by(stack.dir()).into_iter().filter(server).collect()
}

/// The executors of a stack, without their keepers.
pub(crate) fn executors(stack: &TestStack) -> Vec<Process> {
    let executor = |process: &Process| {
        process.program().contains("mysos_executor") && !process.command.contains(" keeper")
    };
    named_by(stack.dir()).into_iter().filter(executor).collect()
}
