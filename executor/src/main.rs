//! The Mysos executor: one member of a MySQL cluster, and the keeper of its mysqld.

mod clock;
mod config;
mod control;
mod copy;
mod discover;
mod driver;
mod keeper;
mod launch;
mod line;
mod membership;
mod mesos;
mod metrics;
mod mounted;
mod mysqld;
mod observe;
mod orders;
mod perform;
mod records;
mod replication;
mod senses;
mod server;
mod store;
mod vitals;
mod volume;

use std::process::ExitCode;

use clap::Parser;
use mesos_v1::executor::Environment;

fn main() -> ExitCode {
    if let Some(code) = keeper::dispatch(std::env::args_os()) {
        return code;
    }
    let flags = config::Flags::parse();
    config::start_log(&flags);
    match run(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the executor ends");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &config::Flags) -> anyhow::Result<()> {
    let environment = Environment::from_process()?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider was installed before"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let spawner = mysqld::process::Spawner::start()?;
    runtime.block_on(launch::run(environment, spawner, flags.copy_rate))
}
