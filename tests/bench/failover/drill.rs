//! The floor: three plain servers with the option file of a member, and a script that does the steps of a failover back
//! to back because it knows at once what happened. It fences nobody, records nothing and looks at nothing twice.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mysos_local::{Flavor, Net};
use mysos_model::GtidSet;
use mysos_tests::{Load, Primary, wait_until};
use mysql_async::{Conn, OptsBuilder, Row, prelude::Queryable};
use tokio::runtime::Runtime;

use super::{GO_ON, WARM, WRITERS, report::Floor, wait_for_writes};
use crate::by_hand::{self, Model, Server};

/// Of the first server; each listens on one of its own.
const FIRST_PORT: u16 = 31001;
/// A replica receives within this.
const ATTACHED: Duration = Duration::from_secs(30);
/// The password of the writers' account here.
const PASSWORD: &str = "drill";

/// So many drills, each on servers of its own.
pub(super) fn floor(model: &Model, runs: u32, flavor: Flavor) -> Floor {
    let runtime = Runtime::new().expect("a runtime");
    let template = tempfile::tempdir().expect("a directory");
    let host = Net::random().host(1);
    by_hand::prepare(model, template.path(), SocketAddrV4::new(host, FIRST_PORT));
    by_hand::initialize(model, template.path());
    // Servers that are copies of one another have names of their own.
    let _ = std::fs::remove_file(template.path().join("data/auto.cnf"));
    let mut floor = Floor { gaps: Vec::new(), lost: 0 };
    for number in 1..=runs {
        let words = Words::of(flavor);
        let (gap, lost) = one(&runtime, (model, template.path(), host), words);
        eprintln!("floor {number}: gap {:.3} s", gap.as_secs_f64());
        floor.gaps.push(gap);
        floor.lost += lost;
    }
    floor
}

/// One server and the script's connection to it.
struct Node {
    server: Server,
    conn: Conn,
    at: (String, u16),
    _home: tempfile::TempDir,
}

/// What differs between the flavors.
#[derive(Clone, Copy)]
struct Words {
    flavor: mysos_model::Flavor,
    writable: &'static str,
    acking: &'static str,
    source: &'static [&'static str],
    stop_receiver: &'static str,
    forget: &'static [&'static str],
    stop: &'static str,
    start: &'static str,
    /// Said once, with the first source.
    by_sets: &'static str,
    status: &'static str,
    receives: &'static str,
    received: &'static str,
    executed: &'static str,
}

impl Words {
    fn of(flavor: Flavor) -> Self {
        match flavor {
            Flavor::Mariadb => Self {
                flavor: mysos_model::Flavor::MariaDb,
                writable: "SET GLOBAL read_only = OFF",
                acking: "SET GLOBAL rpl_semi_sync_slave_enabled = ON",
                source: &[
                    "SET GLOBAL rpl_semi_sync_slave_enabled = OFF",
                    "SET GLOBAL rpl_semi_sync_master_enabled = ON",
                ],
                stop_receiver: "STOP SLAVE IO_THREAD",
                forget: &["STOP SLAVE", "RESET SLAVE ALL"],
                stop: "STOP SLAVE",
                start: "START SLAVE",
                by_sets: "",
                status: "SHOW SLAVE STATUS",
                receives: "Slave_IO_Running",
                received: "Gtid_IO_Pos",
                executed: "SELECT @@GLOBAL.gtid_current_pos",
            },
            Flavor::Mysql => Self {
                flavor: mysos_model::Flavor::MySql,
                writable: "SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF",
                acking: "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
                source: &[
                    "SET GLOBAL rpl_semi_sync_replica_enabled = OFF",
                    "SET GLOBAL rpl_semi_sync_source_enabled = ON",
                ],
                stop_receiver: "STOP REPLICA IO_THREAD",
                // To stop all of it takes a minute when half a transaction was received; nothing waits for that.
                forget: &[],
                stop: "STOP REPLICA IO_THREAD",
                start: "START REPLICA",
                by_sets: ", SOURCE_AUTO_POSITION = 1",
                status: "SHOW REPLICA STATUS",
                receives: "Replica_IO_Running",
                received: "Retrieved_Gtid_Set",
                executed: "SELECT @@GLOBAL.gtid_executed",
            },
        }
    }

    fn is_mysql(self) -> bool {
        self.flavor == mysos_model::Flavor::MySql
    }

    fn point_at(self, (host, port): &(String, u16)) -> String {
        if self.is_mysql() {
            return format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{host}', SOURCE_PORT = {port}, SOURCE_USER = 'repl', \
                 SOURCE_PASSWORD = '{PASSWORD}', GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1, \
                 SOURCE_HEARTBEAT_PERIOD = 1"
            );
        }
        format!(
            "CHANGE MASTER TO MASTER_HOST = '{host}', MASTER_PORT = {port}, MASTER_USER = 'repl', \
             MASTER_PASSWORD = '{PASSWORD}', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, \
             MASTER_HEARTBEAT_PERIOD = 1"
        )
    }

    fn wait_for(self, set: &GtidSet) -> String {
        let function = if self.is_mysql() { "WAIT_FOR_EXECUTED_GTID_SET" } else { "MASTER_GTID_WAIT" };
        format!("SELECT {function}('{set}', 30)")
    }
}

/// One drill: the gap, and how many acknowledged writes are gone.
fn one(
    runtime: &Runtime,
    (model, template, host): (&Model, &Path, Ipv4Addr),
    words: Words,
) -> (Duration, usize) {
    let [mut old, mut one, mut other] = [0, 1, 2].map(|at| Node::start(runtime, (model, template, host), at));
    runtime.block_on(build(&mut old, [&mut one, &mut other], words));
    let primary: Primary = Arc::new(Mutex::new(Some(old.at.clone())));
    let load = Load::start(runtime, WRITERS, primary.clone(), PASSWORD);
    wait_for_writes(&load, 0, "the writers write");
    std::thread::sleep(WARM);
    let begin = Instant::now();
    let before = load.acknowledged();
    old.server.kill();
    let mut winner = runtime.block_on(elect([one, other], words, &primary));
    wait_until("writes go on", ATTACHED, || {
        let now = load.acknowledged();
        if now >= before + GO_ON { Ok(()) } else { Err(now) }
    });
    let gap = load.longest_gap(begin);
    let acknowledged = load.end(runtime);
    let held = runtime.block_on(winner[0].column("SELECT CAST(id AS CHAR) FROM shop.writes"));
    let held = held.iter().filter_map(|row| row.parse().ok()).collect();
    (gap, acknowledged.difference(&held).count())
}

/// A primary with two replicas, each of which acknowledges.
async fn build(old: &mut Node, replicas: [&mut Node; 2], words: Words) {
    let accounts = [
        format!("CREATE USER repl@'%' IDENTIFIED BY '{PASSWORD}'"),
        "GRANT REPLICATION SLAVE ON *.* TO repl@'%'".to_owned(),
        format!("CREATE USER app@'%' IDENTIFIED BY '{PASSWORD}'"),
        "CREATE DATABASE shop".to_owned(),
        "GRANT ALL ON shop.* TO app@'%'".to_owned(),
        "CREATE TABLE shop.writes (id BIGINT UNSIGNED PRIMARY KEY)".to_owned(),
    ];
    old.say(words.writable).await;
    for statement in &accounts {
        old.say(statement).await;
    }
    for replica in replicas {
        replica.say(words.acking).await;
        replica.say(&(words.point_at(&old.at) + words.by_sets)).await;
        replica.say(words.start).await;
        let began = Instant::now();
        while replica.status(words, words.receives).await != "Yes" {
            assert!(began.elapsed() < ATTACHED, "the replica at {:?} does not receive", replica.at);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    for statement in words.source {
        old.say(statement).await;
    }
}

/// Elects, drains, opens, points the other one at it, and tells the writers. The winner comes first.
async fn elect([mut one, mut other]: [Node; 2], words: Words, primary: &Primary) -> [Node; 2] {
    let (a, b) = tokio::join!(one.revoke(words), other.revoke(words));
    let (mut winner, mut loser, set) = if a.contains(&b) { (one, other, a) } else { (other, one, b) };
    winner.column(&words.wait_for(&set)).await;
    for statement in words.forget.iter().chain(words.source) {
        winner.say(statement).await;
    }
    winner.say(words.writable).await;
    loser.say(words.stop).await;
    loser.say(&words.point_at(&winner.at)).await;
    loser.say(words.start).await;
    *primary.lock().expect("the writers live") = Some(winner.at.clone());
    [winner, loser]
}

impl Node {
    fn start(runtime: &Runtime, (model, template, host): (&Model, &Path, Ipv4Addr), number: u16) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let at = SocketAddrV4::new(host, FIRST_PORT + number);
        let copied =
            Command::new("cp").args(["-a".into(), template.join("data"), home.path().to_owned()]).status();
        assert!(copied.is_ok_and(|status| status.success()), "the template is copied");
        by_hand::prepare(model, home.path(), at);
        let server = Server::run(model, home.path(), at);
        let socket = home.path().join("data/mysql.sock");
        let conn = runtime.block_on(connect(&socket));
        Self { server, conn, at: (host.to_string(), at.port()), _home: home }
    }

    async fn say(&mut self, statement: &str) {
        self.conn.query_drop(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    async fn column(&mut self, statement: &str) -> Vec<String> {
        let rows: Vec<Row> =
            self.conn.query(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        rows.into_iter().map(|row| row.get(0).unwrap_or_default()).collect()
    }

    async fn status(&mut self, words: Words, key: &str) -> String {
        let row: Option<Row> = self.conn.query_first(words.status).await.expect("its status");
        row.and_then(|row| row.get(key)).unwrap_or_default()
    }

    /// Receives from nobody, and tells what it holds.
    async fn revoke(&mut self, words: Words) -> GtidSet {
        self.say(words.stop_receiver).await;
        let received = self.status(words, words.received).await;
        let executed = self.column(words.executed).await.concat();
        let parse = |text: &str| GtidSet::parse(words.flavor, &text.replace('\n', "")).expect("a set");
        parse(&received).union(&parse(&executed)).expect("sets of one flavor")
    }
}

async fn connect(socket: &Path) -> Conn {
    let opts = OptsBuilder::default().socket(Some(socket.display().to_string())).user(Some("root"));
    Conn::new(opts).await.expect("the server lets its owner in")
}
