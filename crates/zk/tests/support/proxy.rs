//! A TCP proxy between a client and a server: can be cut, can swallow, can be mended.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
};

use super::server::free_address;

/// What it does with bytes and connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes all on.
    Open,
    /// Ends connections and makes none.
    Cut,
    /// Keeps connections and holds what is said, until it is open again.
    Held,
}

/// The proxy; ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// In front of `target`.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(free_address()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, seen) = watch::channel(Mode::Open);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, seen));
        Self { address, mode, _tasks: tasks }
    }

    /// `zk://` through the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("zk://{}{path}", self.address)
    }

    /// Changes what it does.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, mode: watch::Receiver<Mode>) {
    let mut pairs = JoinSet::new();
    loop {
        let (inner, _) = listener.accept().await.unwrap();
        if *mode.borrow() == Mode::Cut {
            continue;
        }
        let Ok(outer) = TcpStream::connect(target).await else { continue };
        pairs.spawn(pair(inner, outer, mode.clone()));
    }
}

async fn pair(inner: TcpStream, outer: TcpStream, mut mode: watch::Receiver<Mode>) {
    let ((from_in, to_in), (from_out, to_out)) = (inner.into_split(), outer.into_split());
    tokio::select! {
        () = pass(from_in, to_out, mode.clone()) => {}
        () = pass(from_out, to_in, mode.clone()) => {}
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut mode: watch::Receiver<Mode>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        if mode.wait_for(|mode| *mode != Mode::Held).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
