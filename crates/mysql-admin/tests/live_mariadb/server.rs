//! Real MariaDB servers for the tests: each on an address of its own, in a temporary directory, ended when
//! it goes out of scope or when the test's thread ends, however that ends.

use std::{
    hash::{BuildHasher, RandomState},
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mysos_model::{name::Ordinal, secret::Password};
use mysos_mysql_admin::{
    AdminError, Conn, Flavor, Intent, Login,
    account::{ADMIN_USER, FirstAccounts, bootstrap_sql},
    intent::Source,
    options::ServerOptions,
    sql::Sql,
};
use tempfile::TempDir;

/// Limit of an ordinary call.
pub const LIMIT: Duration = Duration::from_secs(10);
/// How long anything awaited may take.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Password of every account here.
const PASSWORD: &str = "it's \\ a \"secret\"";

/// One server.
pub struct Server {
    dir: TempDir,
    pub address: String,
    pub port: u16,
    pub ordinal: Ordinal,
    child: Option<Child>,
}

/// Which programs are missing is said at once, not by a test that waits for a server.
fn command(program: &str) -> Command {
    let found =
        ["/usr/sbin", "/usr/bin", "/usr/local/bin"].iter().any(|dir| Path::new(dir).join(program).exists());
    assert!(
        found,
        "{program} is missing: these tests need MariaDB (Debian: mariadb-server-core, mariadb-client)"
    );
    // Should this process be killed, the server goes too.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// A random address out of 127/8, away from 127.0/16, and a port that is free there.
fn address() -> (String, u16) {
    let chance = RandomState::new().hash_one(std::process::id());
    let [a, b, c, ..] = chance.to_le_bytes();
    let address = format!("127.{}.{b}.{}", 1 + a % 250, 1 + c % 250);
    let port = TcpListener::bind((address.as_str(), 0)).unwrap().local_addr().unwrap().port();
    (address, port)
}

pub fn password() -> Password {
    Password::new(PASSWORD)
}

impl Server {
    /// A data directory with its first accounts, and a server on it that answers.
    pub async fn new(ordinal: u32) -> Self {
        let mut server = Self::prepare(ordinal);
        server.start().await;
        server
    }

    /// Servers with the slots from 0.
    pub async fn several<const N: usize>() -> [Self; N] {
        let mut servers: [Self; N] = std::array::from_fn(|ordinal| Self::prepare(ordinal as u32));
        for server in &mut servers {
            server.start().await;
        }
        servers
    }

    fn prepare(ordinal: u32) -> Self {
        let (address, port) = address();
        let dir = TempDir::with_prefix("mysos-mysql-admin-").unwrap();
        let server = Self { dir, address, port, ordinal: Ordinal(ordinal), child: None };
        std::fs::create_dir(server.path("tmp")).unwrap();
        std::fs::write(server.path("my.cnf"), server.options().to_text().unwrap()).unwrap();
        server.install();
        server
    }

    fn options(&self) -> ServerOptions {
        ServerOptions {
            flavor: Flavor::MariaDb,
            datadir: self.path("data"),
            tmpdir: self.path("tmp"),
            log_error: self.path("error.log"),
            address: self.address.clone(),
            port: self.port,
            report_host: self.address.clone(),
            server_id: 10 + self.ordinal.0,
            mem_bytes: 256 << 20,
            user: Some("root".into()),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn install(&self) {
        let made = command("mariadb-install-db")
            .args([
                "--no-defaults",
                "--user=root",
                "--skip-test-db",
                "--auth-root-authentication-method=socket",
            ])
            .arg(format!("--datadir={}", self.path("data").display()))
            // A server that starts removes temporary tables of others that share its directory for them.
            .arg(format!("--tmpdir={}", self.path("tmp").display()))
            .output()
            .unwrap();
        assert!(made.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&made.stderr));
        let replication = (0..3).map(|ordinal| (Ordinal(ordinal), password())).collect();
        let accounts = FirstAccounts { admin: password(), replication };
        let sql = bootstrap_sql(Flavor::MariaDb, &accounts).unwrap();
        let mut bootstrap = self.mariadbd().arg("--bootstrap").stdin(Stdio::piped()).spawn().unwrap();
        bootstrap.stdin.take().unwrap().write_all(sql.expose().as_bytes()).unwrap();
        assert!(bootstrap.wait().unwrap().success(), "mariadbd --bootstrap: {}", self.log());
    }

    fn mariadbd(&self) -> Command {
        let mut command = command("mariadbd");
        command.arg(format!("--defaults-file={}", self.path("my.cnf").display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        self.child = Some(self.mariadbd().spawn().unwrap());
        until("the server answers", async || match Conn::open(&self.admin(), LIMIT).await {
            Ok(_) => true,
            Err(AdminError::Unreachable { .. }) => false,
            Err(error) => panic!("{error}: {}", self.log()),
        })
        .await;
    }

    /// What it wrote into its error log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("error.log")).unwrap_or_default()
    }

    pub fn admin(&self) -> Login {
        self.login(ADMIN_USER)
    }

    pub fn login(&self, user: &str) -> Login {
        Login { host: self.address.clone(), port: self.port, user: user.into(), password: password() }
    }

    pub async fn conn(&self) -> Conn {
        Conn::open(&self.admin(), LIMIT).await.unwrap()
    }

    /// This server as the source of another.
    pub fn as_source_of(&self, replica: &Self) -> Source {
        Source { host: self.address.clone(), port: self.port, ordinal: replica.ordinal, password: password() }
    }

    /// Opens it as a primary that lets everybody in and waits for nobody.
    pub async fn open(&self) -> Conn {
        let mut conn = self.conn().await;
        for ordinal in 0..3 {
            apply(&mut conn, Intent::UnlockAccount(Ordinal(ordinal))).await;
        }
        apply(&mut conn, Intent::SetReadOnly(mysos_mysql_admin::intent::Switch::Off)).await;
        conn
    }

    /// Follows another from now on.
    pub async fn follow(&self, primary: &Self) -> Conn {
        let mut conn = self.conn().await;
        apply(&mut conn, Intent::StopReplication).await;
        apply(&mut conn, Intent::PointAt(primary.as_source_of(self))).await;
        apply(&mut conn, Intent::StartReplication).await;
        conn
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// `kill -9`, and gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Applies an intent that must succeed.
pub async fn apply(conn: &mut Conn, intent: Intent) {
    if let Err(error) = conn.apply(&intent, LIMIT).await {
        panic!("cannot {}: {error}", intent.describe());
    }
}

/// Runs a statement that must succeed.
pub async fn run(conn: &mut Conn, sql: &'static str) {
    conn.query(&Sql::new(sql), LIMIT).await.unwrap();
}

/// The first column named `v` of a statement's answer, or nothing.
pub async fn value(conn: &mut Conn, sql: &'static str) -> Option<String> {
    let rows = conn.query(&Sql::new(sql), LIMIT).await.unwrap();
    rows.first().and_then(|row| row.get("v")).map(str::to_owned)
}

/// Waits for a condition, or fails saying which.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !condition().await {
        assert!(since.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
