//! Connections: how many, how long a caller may take, and how they end.

use std::{convert::Infallible, time::Duration};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{Faces, front, patient::Patient, request::Peer, router::router};

/// Connections at a time; idle ones included, so well above the requests at a time.
const CONNECTIONS: usize = 1024;
/// For the head of a request, and for the wait between two requests of one connection.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Request line and headers together.
const HEAD_LIMIT: usize = 32 << 10;
/// Header lines of a request: browsers and proxies send some thirty.
const HEADER_COUNT: usize = 100;
/// For the requests that are being answered when the scheduler stops.
const STOP_TIME: Duration = Duration::from_secs(5);
/// After an error of the listener, which is mostly a lack of file descriptors: some close meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `stop`, then lets those in flight end.
pub(crate) async fn serve(listener: TcpListener, faces: Faces, stop: CancellationToken) {
    let router = router(faces.clone());
    let mut connections = JoinSet::new();
    loop {
        let room = connections.len() < CONNECTIONS;
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if room => match accepted {
                Ok((stream, from)) => {
                    let peer = Peer(from.ip());
                    connections.spawn(converse(stream, peer, faces.clone(), router.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_TIME, all).await.is_err() {
        tracing::warn!("requests were still being answered at the stop; their connections are cut");
    }
}

/// One connection, to its end.
async fn converse(stream: TcpStream, peer: Peer, faces: Faces, router: Router, stop: CancellationToken) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (faces, router) = (faces.clone(), router.clone());
        async move { Ok::<_, Infallible>(front::answer(faces, router, peer, request.map(Body::new)).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(HEADER_COUNT)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %peer.0, %error, "a connection broke");
    }
}
