//! The floor: the same servers, initialized and started without Mysos, with the option file of a member.

use std::{
    fs::{self, File},
    io::Read,
    net::{Ipv4Addr, SocketAddrV4, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Ports of the servers by hand; they have an address of their own.
const FIRST_PORT: u16 = 31000;
/// A server answers within this, or something is wrong with it.
const ANSWERS: Duration = Duration::from_secs(120);
/// The option file of a server by hand.
const OPTIONS: &str = "my.cnf";
/// Between two looks whether it does.
const AGAIN: Duration = Duration::from_millis(10);

/// The option file of a member, and the program that read it.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    program: PathBuf,
    home: PathBuf,
    text: String,
}

impl Model {
    /// From the command line of a running server.
    pub(crate) fn of(command: &str) -> Self {
        let mut words = command.split_whitespace();
        let program = PathBuf::from(words.next().expect("a program"));
        let file = words.find_map(|word| word.strip_prefix("--defaults-file=")).expect("an option file");
        let home = Path::new(file).parent().expect("a directory").to_owned();
        Self { program, home, text: fs::read_to_string(file).expect("the option file of a member") }
    }

    /// Whether the program is MySQL's; what is not is MariaDB's.
    pub(crate) fn is_mysql(&self) -> bool {
        !self.version().contains("MariaDB")
    }

    /// What the program says it is.
    pub(crate) fn version(&self) -> String {
        let output = Command::new(&self.program).arg("--version").output().expect("its version");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The same options for a server elsewhere, which is told apart by its port.
    fn moved(&self, home: &Path, at: SocketAddrV4) -> String {
        let text = self.text.replace(&self.home.display().to_string(), &home.display().to_string());
        let line = |line: &str| match line.split('=').next().unwrap_or_default() {
            name @ ("port" | "report_port" | "server_id") => format!("{name}={}", at.port()),
            name @ ("bind_address" | "report_host") => format!("{name}={}", at.ip()),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
    }
}

/// Makes and starts so many servers at once, waits until all answer, and ends them. Answers how long that took.
pub(crate) fn start(model: &Model, count: u16, host: Ipv4Addr) -> Duration {
    let dirs: Vec<tempfile::TempDir> =
        (0..count).map(|_| tempfile::tempdir().expect("a directory")).collect();
    let began = Instant::now();
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let start = |(dir, port): (&tempfile::TempDir, u16)| {
            let (home, at) = (dir.path().to_owned(), SocketAddrV4::new(host, port));
            scope.spawn(move || Server::start(model, &home, at))
        };
        let threads: Vec<_> = dirs.iter().zip(FIRST_PORT..).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("a server by hand")).collect()
    });
    let took = began.elapsed();
    drop(servers);
    took
}

/// A server by hand. It is killed with this value.
pub(crate) struct Server(Child);

impl Server {
    fn start(model: &Model, home: &Path, at: SocketAddrV4) -> Self {
        prepare(model, home, at);
        initialize(model, home);
        Self::run(model, home, at)
    }

    /// Starts a server whose directory is made, and waits until it answers.
    pub(crate) fn run(model: &Model, home: &Path, at: SocketAddrV4) -> Self {
        let child = Command::new(&model.program)
            .arg(format!("--defaults-file={}", home.join(OPTIONS).display()))
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(log(home))
            .stderr(log(home))
            .spawn()
            .expect("the server starts");
        let mut server = Self(child);
        server.wait(home, at);
        server
    }

    /// kill -9, and no more waiting for it than that.
    pub(crate) fn kill(&mut self) {
        self.0.kill().expect("it is killed");
    }

    /// Until it greets a client.
    fn wait(&mut self, home: &Path, at: SocketAddrV4) {
        let began = Instant::now();
        while !greets(at) {
            let ended = self.0.try_wait().expect("its state");
            assert!(
                ended.is_none(),
                "{ended:?}: {}",
                fs::read_to_string(home.join("log/error.log")).unwrap_or_default()
            );
            assert!(began.elapsed() < ANSWERS, "the server at {at} does not answer within {ANSWERS:?}");
            std::thread::sleep(AGAIN);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The option file of a server by hand, and the directories that it names.
pub(crate) fn prepare(model: &Model, home: &Path, at: SocketAddrV4) {
    for part in ["data", "tmp", "log"] {
        fs::create_dir_all(home.join(part)).expect("a directory");
    }
    fs::write(home.join(OPTIONS), model.moved(home, at)).expect("an option file");
}

/// With the package's own program, as its manual says.
pub(crate) fn initialize(model: &Model, home: &Path) {
    let mut command = if model.is_mysql() {
        let mut command = Command::new(&model.program);
        command.arg(format!("--defaults-file={}", home.join(OPTIONS).display()));
        command.arg("--initialize-insecure");
        command
    } else {
        let mut command = Command::new("mariadb-install-db");
        command.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
        // In a directory that they share, servers that start at once remove each other's temporary tables.
        command.env("TMPDIR", home.join("tmp"));
        command.arg(format!("--datadir={}", home.join("data").display()));
        if nix::unistd::geteuid().is_root() {
            command.arg("--user=root");
        }
        command
    };
    let output = command.current_dir(home).stdin(Stdio::null()).output().expect("the directory is made");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

fn log(home: &Path) -> File {
    File::options().create(true).append(true).open(home.join("log/programs.log")).expect("a log")
}

/// The first packet of a server: three bytes of length, one of sequence, then the version of the protocol.
fn greets(at: SocketAddrV4) -> bool {
    let Ok(mut stream) = TcpStream::connect(at) else { return false };
    let mut head = [0; 5];
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && stream.read_exact(&mut head).is_ok()
        && head[4] == 10
}
