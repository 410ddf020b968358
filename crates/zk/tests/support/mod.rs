//! What the tests need around them: real ZooKeeper servers, a proxy that can be cut, and patience with a limit.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod proxy;
pub mod server;
pub mod takeover;

use std::{fmt::Debug, future::Future, time::Duration};

use mysos_zk::{Options, Watched, ZkHandle, ZkUrl};
use tokio::time::{Instant, sleep, timeout};

/// For whatever must happen, on a machine that also compiles.
pub const LONG: Duration = Duration::from_secs(30);
/// The session of the tests: short, and two thirds of it are still longer than a start of the server.
pub const SESSION: Duration = Duration::from_secs(4);

/// A handle for an address. It does not poll, so that what these tests see was told by a watch.
pub fn open(url: &str) -> ZkHandle {
    let options = Options { poll: Duration::from_secs(3600), ..Options::new(SESSION) };
    ZkHandle::open(&url.parse::<ZkUrl>().unwrap(), options)
}

/// A handle that a server answers.
pub async fn connected(url: &str) -> ZkHandle {
    let handle = open(url);
    handle.ready(LONG).await.unwrap();
    handle
}

/// Waits until `probe` says so, and says what it waited for if it never does.
pub async fn eventually<F, Fut>(what: &str, mut probe: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let end = Instant::now() + LONG;
    while !probe().await {
        assert!(Instant::now() < end, "waited {LONG:?} in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Takes values from a stream until one satisfies; each earlier one is shown if none does.
pub async fn until<T: Clone + Debug>(what: &str, stream: &mut Watched<T>, wanted: impl Fn(&T) -> bool) -> T {
    let mut seen = Vec::new();
    let search = async {
        while let Some(observed) = stream.next().await {
            if wanted(&observed.value) {
                return Some(observed.value);
            }
            seen.push(observed.value);
        }
        None
    };
    match timeout(LONG, search).await {
        Ok(Some(value)) => value,
        Ok(None) => panic!("the stream ended before: {what}"),
        Err(late) => panic!("waited in vain: {what}: {late}; seen {seen:?}, trouble {:?}", stream.trouble()),
    }
}
