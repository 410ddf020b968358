//! The process: a listener with the HTTP faces, and a scheduler that follows or leads, until a signal ends both.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    api, clock,
    config::Config,
    gate::Gate,
    leader::{self, Outside},
    metrics::Metrics,
    view::FleetView,
};

/// Wishes that wait for the driver. Each is decided within milliseconds, so more means that it stands still.
const WISHES: usize = 256;
/// Requests under way may end after the signal; then they are cut off.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Runs until a signal; the framework and its clusters stay.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let listener = listen(&config).await?;
    let stop = CancellationToken::new();
    let (wishes, asked) = mpsc::channel(WISHES);
    let started = clock::now();
    let (view, seen) = watch::channel(Arc::new(FleetView { started, now: started, ..FleetView::default() }));
    let metrics = Metrics::default();
    let faces = api::Faces::new(Gate::new(wishes, seen), config.api.clone(), metrics.clone());
    let outside = Outside { wishes: asked, view, metrics, started };
    let mut tasks = JoinSet::new();
    tasks.spawn(until_signal(stop.clone()));
    let answering = tasks.spawn(api::serve(listener, faces, stop.clone())).id();
    let led = tokio::select! {
        led = Box::pin(leader::run(&config, outside, &stop)) => led,
        ended = first_to_fail(&mut tasks, &stop, answering) => Err(ended),
    };
    stop.cancel();
    let all_done = async { while tasks.join_next().await.is_some() {} };
    if timeout(LAST_ANSWERS, all_done).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
    led
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(config.api.bind, config.api.port);
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("--port: {address} is in use by another program; give another --port, or end that one")
        }
        std::io::ErrorKind::AddrNotAvailable => {
            anyhow!("--api_bind: {} is not an address of this machine", address.ip())
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen on {address}")),
    })?;
    tracing::info!(address = %listener.local_addr().context("the listener has no address")?, "answering HTTP");
    Ok(listener)
}

/// SIGTERM and SIGINT stop the scheduler; Mesos keeps the framework.
async fn until_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard; only SIGKILL ends this process");
        return stop.cancelled().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: stopping; the clusters stay"),
        _ = interrupt.recv() => tracing::info!("SIGINT: stopping; the clusters stay"),
        () = stop.cancelled() => {}
    }
    stop.cancel();
}

/// The faces end before we are to stop: nothing can be asked of us any more.
async fn first_to_fail(
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
    answering: tokio::task::Id,
) -> anyhow::Error {
    loop {
        let ended = tasks.join_next_with_id().await;
        let id = match &ended {
            Some(Ok((id, ()))) => Some(*id),
            Some(Err(error)) => Some(error.id()),
            None => None,
        };
        if id == Some(answering) && !stop.is_cancelled() {
            return anyhow!("the HTTP interface has ended; see the log");
        }
        if ended.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
