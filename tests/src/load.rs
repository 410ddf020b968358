//! Writers that remember every OK: the oracle of acknowledged writes.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mysql_async::{Conn, OptsBuilder, prelude::Queryable};
use tokio::runtime::Runtime;

/// Between two writes of one writer.
const PACE: Duration = Duration::from_millis(40);
/// How long a connect or a write may take before the writer looks for the primary again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where the primary is now, as a reader of the ServerSet would know it.
pub type Primary = Arc<Mutex<Option<(String, u16)>>>;

/// What the writers share.
struct Shared {
    primary: Primary,
    password: String,
    acknowledged: Mutex<BTreeSet<u64>>,
    times: Mutex<Vec<Instant>>,
    stop: AtomicBool,
}

/// Writers at work.
pub struct Load {
    shared: Arc<Shared>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    /// Starts this many writers into `shop.writes`, which is there.
    pub fn start(runtime: &Runtime, writers: u64, primary: Primary, password: &str) -> Self {
        let shared = Arc::new(Shared {
            primary,
            password: password.to_owned(),
            acknowledged: Mutex::default(),
            times: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let tasks = (0..writers).map(|writer| runtime.spawn(write(shared.clone(), writer))).collect();
        Self { shared, tasks }
    }

    /// How many writes were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.shared.acknowledged.lock().unwrap().len()
    }

    /// The longest time without an acknowledged write since `begin`.
    pub fn longest_gap(&self, begin: Instant) -> Duration {
        let times = self.shared.times.lock().unwrap();
        let after: Vec<Instant> = times.iter().copied().filter(|at| *at >= begin).collect();
        let mut last = begin;
        let mut longest = Duration::ZERO;
        for at in after {
            longest = longest.max(at - last);
            last = at;
        }
        longest
    }

    /// Ends the writers and answers every number whose write was acknowledged.
    pub fn end(self, runtime: &Runtime) -> BTreeSet<u64> {
        self.shared.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            runtime.block_on(task).expect("a writer ends well");
        }
        self.shared.acknowledged.lock().unwrap().clone()
    }
}

async fn write(shared: Arc<Shared>, writer: u64) {
    let mut number = writer * 1_000_000_000;
    let mut conn: Option<((String, u16), Conn)> = None;
    while !shared.stop.load(Ordering::SeqCst) {
        tokio::time::sleep(PACE).await;
        let Some(primary) = shared.primary.lock().unwrap().clone() else { continue };
        if conn.as_ref().is_none_or(|(at, _)| *at != primary) {
            conn = connect(&shared, primary).await;
        }
        let Some((at, mut open)) = conn.take() else { continue };
        number += 1;
        let insert = open.query_drop(format!("INSERT INTO shop.writes VALUES ({number})"));
        // A connection that broke or was late is dropped with the future: nobody knows what became of its write.
        if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, insert).await {
            shared.acknowledged.lock().unwrap().insert(number);
            shared.times.lock().unwrap().push(Instant::now());
            conn = Some((at, open));
        }
    }
}

async fn connect(shared: &Shared, primary: (String, u16)) -> Option<((String, u16), Conn)> {
    let opts = OptsBuilder::default()
        .ip_or_hostname(primary.0.clone())
        .tcp_port(primary.1)
        .user(Some("app"))
        .pass(Some(shared.password.clone()))
        .prefer_socket(false);
    let conn = tokio::time::timeout(PATIENCE, Conn::new(opts)).await.ok()?.ok()?;
    Some((primary, conn))
}
