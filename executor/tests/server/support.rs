//! A member's place on disk with an address of its own, and a stand-in for the executor that may be killed.

use std::{
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mysos_model::{
    Bytes, DataId, Flavor, Host, Ordinal, Password, TaskId,
    record::{Credentials, Extra},
    size::MIB,
    wire::task_data::{Storage, TaskData},
};
use mysos_mysql_admin::{AdminError, Conn, Login, sql::Sql};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::{
    mysqld::process::{SILENCE, Spawner},
    server::{Server, ServerError},
    volume::{Volume, VolumeError},
};

/// How long anything awaited may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Limit of an ordinary call.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// The secret that must be found nowhere.
pub(crate) const PASSWORD: &str = "adm1n's \\ secret";
/// The identity of all data here.
pub(crate) const DATA: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";
/// The server id of all data here.
pub(crate) const SERVER_ID: u32 = 3_000_000;

const UUID: &str = "11111111-2222-4333-8444-555555555555";

/// Where a member lives.
pub(crate) struct Place {
    _dir: TempDir,
    root: PathBuf,
    pub(crate) task: TaskData,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::below("sandbox")
    }

    /// With a sandbox of this name.
    pub(crate) fn below(name: &str) -> Self {
        let (host, port) = address();
        let dir = TempDir::with_prefix("mysos-executor-").unwrap();
        let root = dir.path().join(name);
        std::fs::create_dir(&root).unwrap();
        Self { _dir: dir, root, task: task(host, port) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join("mysqldata").join(name)
    }

    pub(crate) fn volume(&self) -> Result<Volume, VolumeError> {
        Volume::open(self.root(), &self.task.cluster_uid, &self.task.cluster)
    }

    pub(crate) async fn server(&self) -> Result<Server, ServerError> {
        Server::new(&self.task, self.volume()?, spawner()).await
    }

    /// A server on data that was made already.
    pub(crate) async fn made(&self) -> Server {
        let mut server = self.server().await.unwrap();
        server.initialize(data(), SERVER_ID, &credentials()).await.unwrap();
        server
    }

    /// Waits until the server lets its administrator in.
    pub(crate) async fn conn(&self) -> Conn {
        let login = Login {
            host: self.task.host.0.clone(),
            port: self.task.mysql_port,
            user: "mysos_admin".into(),
            password: credentials().admin_password,
        };
        let since = Instant::now();
        loop {
            match Conn::open(&login, LIMIT).await {
                Ok(conn) => return conn,
                Err(AdminError::Unreachable { .. }) if since.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("the server does not answer: {error}; {}", self.error_log()),
            }
        }
    }

    pub(crate) fn error_log(&self) -> String {
        std::fs::read_to_string(self.path("log/error.log")).unwrap_or_default()
    }
}

/// The first column named `v` of the first row.
pub(crate) async fn value(conn: &mut Conn, sql: &'static str) -> String {
    let rows = conn.query(&Sql::new(sql), LIMIT).await.unwrap();
    rows.first().and_then(|row| row.get("v")).unwrap_or_default().to_owned()
}

pub(crate) fn data() -> DataId {
    DATA.parse().unwrap()
}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        cluster_user: "app".parse().unwrap(),
        cluster_password: Password::new("x"),
        admin_password: Password::new(PASSWORD),
        replication_seed: Password::new("y"),
        control_token: Password::new("z"),
        discovery_account: None,
        extra: Extra::new(),
    }
}

/// With keepers that are the real program.
pub(crate) fn spawner() -> Spawner {
    patient(SILENCE)
}

pub(crate) fn patient(silence: Duration) -> Spawner {
    Spawner::new(env!("CARGO_BIN_EXE_mysos_executor").into(), silence).unwrap()
}

pub(crate) fn task(host: String, mysql_port: u16) -> TaskData {
    let cluster = "shop".parse().unwrap();
    TaskData {
        task: TaskId::new(&cluster, Ordinal(0), UUID).unwrap(),
        cluster,
        cluster_uid: "uid-1".into(),
        ordinal: Ordinal(0),
        instance: UUID.parse().unwrap(),
        zk_servers: String::new(),
        zk_path: String::new(),
        zk_session_timeout_ms: 4000,
        admin_keypath: String::new(),
        host: Host(host),
        mysql_port,
        control_port: 0,
        flavor: Flavor::MariaDb,
        mysqld_path: None,
        parts_dir: None,
        mem: Bytes(256 * MIB),
        disk: Bytes(2048 * MIB),
        storage: Storage::Sandbox,
        kill_grace_ms: 30_000,
        extra: Extra::new(),
    }
}

/// A random address out of 127/8, away from 127.0/16, and a port that is free there.
fn address() -> (String, u16) {
    let [a, b, c, ..] = RandomState::new().hash_one(std::process::id()).to_le_bytes();
    let address = format!("127.{}.{b}.{}", 1 + a % 250, 1 + c % 250);
    let port = TcpListener::bind((address.as_str(), 0)).unwrap().local_addr().unwrap().port();
    (address, port)
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid as i32), signal).unwrap();
}

/// The parent of a process, from `/proc`.
pub(crate) fn parent_of(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    line.trim().parse().unwrap()
}

/// Whether a process is there and is no zombie that waits for its parent.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    since.elapsed()
}

/// What a stand-in is told to do.
pub(crate) const DO: &str = "MYSOS_TEST_STAND_IN";
/// Where.
const ROOT: &str = "MYSOS_TEST_ROOT";
const HOST: &str = "MYSOS_TEST_HOST";
const PORT: &str = "MYSOS_TEST_PORT";
/// What the agent tells an executor, and no server may see.
pub(crate) const TOKEN: &str = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN";

/// Another process with a server of its own, as the executor would be.
pub(crate) struct StandIn {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl StandIn {
    pub(crate) fn start(place: &Place, job: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "support::stand_in", "--ignored", "--nocapture"])
            .env(DO, job)
            .env(ROOT, place.root())
            .env(HOST, &place.task.host.0)
            .env(PORT, place.task.mysql_port.to_string())
            .env(TOKEN, "t0ken")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The number that it tells behind this word.
    pub(crate) fn told(&mut self, word: &str) -> u32 {
        let line = self.lines.by_ref().map(Result::unwrap).find_map(|line| {
            let (_, number) = line.split_once(word)?;
            number.trim().parse().ok()
        });
        line.unwrap_or_else(|| panic!("the stand-in ended without a word of {word:?}"))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test: the process that [`StandIn`] starts.
#[test]
#[ignore = "other tests start it as a process of its own"]
fn stand_in() {
    let Ok(job) = std::env::var(DO) else { return };
    let port = std::env::var(PORT).unwrap().parse().unwrap();
    let task = task(std::env::var(HOST).unwrap(), port);
    let root = PathBuf::from(std::env::var(ROOT).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let volume = Volume::open(&root, &task.cluster_uid, &task.cluster).unwrap();
        // Short, so that a test need not be frozen for long.
        let spawner = patient(Duration::from_secs(2));
        let mut server = Server::new(&task, volume, spawner).await.unwrap();
        if job == "initialize" {
            println!("\ninitializing 1");
            server.initialize(data(), SERVER_ID, &credentials()).await.unwrap();
        } else {
            let life = server.start().await.unwrap();
            println!("\nmysqld {}", server.pid().unwrap());
            life.await;
        }
    });
}
