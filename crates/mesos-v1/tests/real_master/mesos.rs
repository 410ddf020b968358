//! Masters and agents of one test: own addresses, own directory, and nothing
//! left when it ends, however it ends.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The longest wait for anything; what takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where Mesos is set up.
fn installation() -> PathBuf {
    let found = std::env::var_os("MYSOS_MESOS_DIR").map_or_else(cached, PathBuf::from);
    assert!(
        found.join("bin/mesos-run").exists(),
        "no Mesos in {}: run `cargo xtask setup`, or set MYSOS_MESOS_DIR to where it is",
        found.display()
    );
    found
}

fn cached() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cache"))
    });
    cache.unwrap_or_default().join("mysos/parts/mesos-1.11.0")
}

/// A directory and a network of loopback addresses for one test.
pub(crate) struct Place {
    run: PathBuf,
    directory: TempDir,
    network: [u8; 2],
    /// Ends everything under the directory when this process is no more.
    guard: Option<Child>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let run = installation().join("bin/mesos-run");
        let directory = tempfile::Builder::new().prefix("mesos-v1-").tempdir().unwrap();
        let guard = Command::new(&run)
            .args(["guard".as_ref(), directory.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok();
        Place { run, directory, network: [rand::random_range(16..250), rand::random()], guard }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// An address of this test.
    pub(crate) fn address(&self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.network[0], self.network[1], host)
    }

    /// A master that answers.
    pub(crate) fn master(&self, flags: &[String]) -> Server {
        self.master_at(1, flags)
    }

    pub(crate) fn master_at(&self, host: u8, flags: &[String]) -> Server {
        self.server("master", (host, 5050), &[], flags)
    }

    /// An agent of a master, which answers.
    pub(crate) fn agent(&self, master: &Server, flags: &[String]) -> Server {
        self.server("agent", (10, 5051), std::slice::from_ref(&master.address), flags)
    }

    /// A ZooKeeper that answers.
    pub(crate) fn zookeeper(&self) -> Server {
        // The system picks a port that is free; it has to be named in advance.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(&self.run);
        command.arg("zookeeper").arg(self.path("zookeeper")).arg(port.to_string());
        let address = format!("127.0.0.1:{port}");
        let log = self.path("zookeeper.log");
        let mut server = Server { command, address, log, child: None };
        server.start();
        server
    }

    fn server(&self, kind: &str, (host, port): (u8, u16), before: &[String], flags: &[String]) -> Server {
        let ip = self.address(host).to_string();
        let name = format!("{kind}-{host}");
        let mut command = Command::new(&self.run);
        command.arg(kind).arg(self.path(&name)).arg(port.to_string()).args(before).args(flags);
        for variable in ["MESOS_IP", "MESOS_HOSTNAME", "LIBPROCESS_IP"] {
            command.env(variable, &ip);
        }
        let log = self.path(&format!("{name}.log"));
        let mut server = Server { command, address: format!("{ip}:{port}"), log, child: None };
        server.start();
        server
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Servers, executors and their tasks, by their process ids.
        Command::new(&self.run).args(["cleanup".as_ref(), self.directory.path()]).status().ok();
        if let Some(guard) = &mut self.guard {
            drop(guard.stdin.take());
            guard.wait().ok();
        }
        if std::thread::panicking() {
            show_logs(self.directory.path());
        }
    }
}

/// The last lines of each log and of each sandbox, because the test has failed.
fn show_logs(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap_or_default();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            show_logs(&path);
        } else if name == "stdout" || name == "stderr" || path.extension().is_some_and(|end| end == "log") {
            let text = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            println!("--- {}\n{}", path.display(), lines[lines.len().saturating_sub(15)..].join("\n"));
        }
    }
}

/// A master or an agent that can be killed and started again.
pub(crate) struct Server {
    command: Command,
    pub(crate) address: String,
    pub(crate) log: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// Starts it, again or for the first time, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        self.command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut child = self.command.spawn().expect("mesos-run starts");
        let address = self.address.parse().unwrap();
        wait_until(&format!("{} answers", self.address), || {
            assert!(child.try_wait().unwrap().is_none(), "{} has ended by itself", self.address);
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        });
        self.child = Some(child);
    }

    /// Kills it with -9.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Looks every few milliseconds until a condition holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
