//! Real ZooKeeper servers of Debian's packages, each on an address and in a directory of its own.
//!
//! A server is killed when it is dropped, and by the kernel if the test itself is killed.

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

const JARS: &str = "/usr/share/java";
const NEEDED: [&str; 5] =
    ["zookeeper.jar", "zookeeper-jute.jar", "snappy-java.jar", "metrics-core.jar", "slf4j-api.jar"];
/// A server starts in half a second; this is for a machine that is busy with everything else.
const START: Duration = Duration::from_secs(60);

/// One server.
pub struct ZkServer {
    dir: TempDir,
    client: SocketAddr,
    main: &'static str,
    process: Option<Child>,
}

/// A random address of the loopback net and a port that is free on it.
pub fn free_address() -> SocketAddr {
    let host = Ipv4Addr::new(
        127,
        rand::random_range(1..255),
        rand::random_range(1..255),
        rand::random_range(2..254),
    );
    free_port(host)
}

fn free_port(host: Ipv4Addr) -> SocketAddr {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

impl ZkServer {
    /// A single server that answers.
    pub fn start() -> Self {
        let client = free_address();
        let extra = format!("clientPort={}\nclientPortAddress={}\n", client.port(), client.ip());
        let mut server = Self::prepare(1, client, &extra, "org.apache.zookeeper.server.ZooKeeperServerMain");
        server.restart();
        server
    }

    /// Three servers that have a leader.
    pub fn start_three() -> Vec<Self> {
        let hosts: Vec<SocketAddr> = (0..3).map(|_| free_address()).collect();
        let mut extra = "standaloneEnabled=false\n".to_owned();
        for (at, client) in hosts.iter().enumerate() {
            let SocketAddr::V4(v4) = client else { unreachable!("free addresses are IPv4") };
            let (quorum, election) = (free_port(*v4.ip()).port(), free_port(*v4.ip()).port());
            let host = client.ip();
            let id = at + 1;
            writeln!(extra, "server.{id}={host}:{quorum}:{election}:participant;{client}").unwrap();
        }
        let main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        let mut servers: Vec<_> =
            hosts.iter().enumerate().map(|(at, host)| Self::prepare(at + 1, *host, &extra, main)).collect();
        for server in &mut servers {
            server.spawn();
        }
        for server in &mut servers {
            server.wait_until_it_serves();
        }
        servers
    }

    fn prepare(id: usize, client: SocketAddr, extra: &str, main: &'static str) -> Self {
        let dir = tempfile::Builder::new().prefix("mysos-zk-test-").tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("myid"), id.to_string()).unwrap();
        let config = format!(
            "tickTime=500\ninitLimit=20\nsyncLimit=10\ndataDir={}\nadmin.enableServer=false\n\
             4lw.commands.whitelist=*\nmaxClientCnxns=0\n{extra}",
            data.display()
        );
        std::fs::write(dir.path().join("zoo.cfg"), config).unwrap();
        Self { dir, client, main, process: None }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.client
    }

    /// `zk://` with the path below this server.
    pub fn url(&self, path: &str) -> String {
        format!("zk://{}{path}", self.client)
    }

    /// `zk://` with an account.
    pub fn url_as(&self, account: &str, path: &str) -> String {
        format!("zk://{account}@{}{path}", self.client)
    }

    /// Starts it with the data it has.
    pub fn restart(&mut self) {
        self.spawn();
        self.wait_until_it_serves();
    }

    fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        // setpriv: the server ends with the test, however the test ends.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "java", "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .args(["-Xshare:auto", "-Dzookeeper.forceSync=no", "-Dzookeeper.admin.enableServer=false"])
            .arg("-cp")
            .arg(class_path())
            .arg(self.main)
            .arg(self.dir.path().join("zoo.cfg"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.process = Some(child.unwrap_or_else(|error| {
            panic!(
                "cannot start java through setpriv: {error}; install util-linux and openjdk-17-jre-headless"
            )
        }));
    }

    fn wait_until_it_serves(&mut self) {
        let end = Instant::now() + START;
        while !self.ask("srvr").contains("Mode: ") {
            let ended = self.process.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "ZooKeeper ended with {ended:?}: {}", self.log());
            assert!(Instant::now() < end, "ZooKeeper does not serve after {START:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The answer to a four letter word, empty if there is none.
    pub fn ask(&self, word: &str) -> String {
        let mut answer = String::new();
        if let Ok(mut stream) = TcpStream::connect_timeout(&self.client, Duration::from_secs(1)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
            let _ = stream.write_all(word.as_bytes());
            let _ = stream.read_to_string(&mut answer);
        }
        answer
    }

    /// True if it follows a leader.
    pub fn is_follower(&self) -> bool {
        self.ask("srvr").contains("Mode: follower")
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Falls silent, with its connections open.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Goes on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.process.as_ref().expect("the server runs");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for ZkServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn class_path() -> String {
    for jar in NEEDED {
        let path = Path::new(JARS).join(jar);
        assert!(
            path.exists(),
            "{} is missing: these tests need a real ZooKeeper, type `apt-get install zookeeper`",
            path.display()
        );
    }
    let simple = PathBuf::from(JARS).join("slf4j-simple.jar");
    let optional = simple.exists().then(|| simple.display().to_string());
    NEEDED.iter().map(|jar| format!("{JARS}/{jar}")).chain(optional).collect::<Vec<_>>().join(":")
}
