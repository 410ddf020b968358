//! `up` and `down`: the demonstration cluster on this machine, from nothing.
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use mysos_local::Flavor;
use serde_json::Value;

use crate::setup;
use crate::terminal::{self, cargo, note, program, tell};

const DIR: &str = ".mysos";
const CLUSTER: &str = "demo";
/// Where the client looks unless it is told otherwise.
const USUAL_API: &str = "http://127.0.0.1:55001";

/// Installs, builds, starts the stack and makes a cluster of three members. Running it again is harmless.
pub(crate) fn up(flavor: Flavor) -> Result<()> {
    let start = Instant::now();
    setup::run(flavor)?;
    terminal::run(cargo(&["build", "-p", "mysos-scheduler", "-p", "mysos-executor", "-p", "mysos-cli"]))?;
    let mysos = mysos()?;
    let api = start_stack(&mysos, flavor)?;
    let at = |arguments: &[&str]| {
        let mut command = program(&mysos, arguments);
        command.env("MYSOS_API", &api);
        command
    };
    if exists(at(&["show", CLUSTER, "--output", "json"])) {
        note(&format!("cluster {CLUSTER} exists"));
        terminal::run(at(&["wait", CLUSTER]))?;
    } else {
        terminal::run(at(&["create", CLUSTER, "--user", "app", "--nodes", "3", "--wait"]))?;
    }
    terminal::run(at(&["show", CLUSTER]))?;
    farewell(&mysos, &api, start);
    Ok(())
}

/// Ends the stack with all its clusters.
pub(crate) fn down() -> Result<()> {
    ensure!(terminal::repository().join(DIR).exists(), "nothing to end: there is no {DIR}");
    let mysos = mysos()?;
    if !mysos.exists() {
        terminal::run(cargo(&["build", "-p", "mysos-cli"]))?;
    }
    terminal::run(program(mysos, &["local", "down", "--dir", DIR]))
}

/// The client, as cargo builds it.
fn mysos() -> Result<PathBuf> {
    let manifest = terminal::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let target = metadata.context("cannot ask cargo where it builds")?.target_directory;
    Ok(target.join("debug").join("mysos").into())
}

/// Starts the stack and returns the URL of its API.
fn start_stack(mysos: &PathBuf, flavor: Flavor) -> Result<String> {
    let arguments = ["local", "up", "--dir", DIR, "--agents", "3", "--detach", "--output", "json"];
    let mut command = program(mysos, &arguments);
    command.args(["--flavor", flavor.name()]).stderr(Stdio::inherit());
    note("$ mysos local up --dir .mysos --agents 3 --detach");
    let output = command.output().context("cannot run mysos")?;
    ensure!(output.status.success(), "the stack did not start: see above");
    let report: Value = serde_json::from_slice(&output.stdout).context("mysos local up printed no JSON")?;
    let api = report.get("api").and_then(Value::as_str).context("mysos local up named no API")?;
    Ok(api.to_owned())
}

fn exists(mut show: Command) -> bool {
    show.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn farewell(mysos: &std::path::Path, api: &str, start: Instant) {
    let mysos = mysos.strip_prefix(terminal::repository()).unwrap_or(mysos).display();
    tell(&format!("\nCluster {CLUSTER} runs on this machine, after {} s.\n", start.elapsed().as_secs()));
    if api != USUAL_API {
        tell(&format!("  first, type    export MYSOS_API={api}"));
    }
    tell(&format!("  its page       {api}/"));
    tell(&format!("  its members    {mysos} show {CLUSTER}"));
    tell(&format!("  a SQL prompt   {mysos} connect {CLUSTER}"));
    tell(&format!("  what runs      {mysos} local status --dir {DIR}"));
    tell("  to end it all  cargo xtask down");
}
