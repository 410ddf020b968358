//! The Mysos scheduler: a Mesos framework and its HTTP interface.

mod accepting;
mod api;
mod clock;
mod config;
mod detect;
mod driver;
mod gate;
mod launch;
mod leader;
mod log;
mod mesos;
mod metrics;
mod offerbook;
mod perform;
mod records;
mod reservation;
mod serve;
mod store;
mod translate;
mod ui;
mod view;
mod viewing;

use std::process::ExitCode;

use anyhow::Context;

use config::Config;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be open yet, and whoever starts a program looks here.
            eprintln!("mysos_scheduler: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let config = Config::from_command_line()?;
    log::open(&config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    // Only fails if one is installed already, and then there is one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads to run on")?;
    runtime.block_on(Box::pin(serve::run(config)))
}
