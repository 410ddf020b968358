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
use tokio::{
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

/// From the beginning of one write of a writer to the beginning of its next.
const PACE: Duration = Duration::from_millis(40);
/// How soon a writer that knows no primary, or whose connection broke, looks again.
const LOOK: Duration = Duration::from_millis(5);
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

    /// What was acknowledged so far.
    pub fn numbers(&self) -> BTreeSet<u64> {
        self.shared.acknowledged.lock().unwrap().clone()
    }

    /// The longest time without an acknowledged write since `begin`.
    pub fn longest_gap(&self, begin: Instant) -> Duration {
        let (from, to) = self.gap(begin);
        to - from
    }

    /// When the longest time without an acknowledged write since `begin` began and ended. Writes may be
    /// acknowledged a little after `begin`: the gap begins with the last of them.
    pub fn gap(&self, begin: Instant) -> (Instant, Instant) {
        let times = self.shared.times.lock().unwrap();
        let mut last = begin;
        let mut longest = (begin, begin);
        for at in times.iter().copied().filter(|at| *at >= begin) {
            if at - last > longest.1 - longest.0 {
                longest = (last, at);
            }
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
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut conn: Option<((String, u16), Conn)> = None;
    while !shared.stop.load(Ordering::SeqCst) {
        let primary = shared.primary.lock().unwrap().clone();
        conn = conn.filter(|(at, _)| Some(at) == primary.as_ref());
        if let (None, Some(primary)) = (&conn, primary) {
            conn = connect(&shared, primary).await;
        }
        let Some((at, mut open)) = conn.take() else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        pace.tick().await;
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
