//! One connection with a limit on every call. After a limit, a broken line or a dropped future the
//! connection is closed and every later call says so: the driver underneath would hand out the answer of the
//! earlier statement otherwise.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use mysos_model::{flavor::Flavor, secret::Password};
use mysql_async::{OptsBuilder, prelude::Queryable};
use tokio::time::timeout;

use crate::{
    error::{AdminError, Cause},
    flavor::ServerVersion,
    intent::{ConnectionId, Intent},
    row::Row,
    sql::Sql,
    statement::{BinaryLog, Statement, statements},
};

/// The most rows that an answer may have: our widest questions ask for processes and for events of a relay
/// log, a page at a time.
pub const MAX_ROWS: usize = 10_000;
/// The longest packet taken: a set of transactions at its longest fits many times.
const MAX_PACKET_BYTES: usize = 16 * 1024 * 1024;
/// The driver asks for this at the start of each connection unless it is told; only its pools use it.
const WAIT_TIMEOUT_S: usize = 28_800;

/// Error numbers of a login that is not let in: wrong password or right, unknown or locked account, host not
/// allowed, expired password.
const DENIED: [u16; 8] = [1044, 1045, 1130, 1698, 1862, 3118, 3955, 4151];
/// Error numbers after which the server closes the line: shutdown, killed, idle for too long.
const LINE_ENDS: [u16; 4] = [1053, 1927, 3169, 4031];

/// Where a server is and as whom to enter it. By TCP: the path of a sandbox is too long for a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Password,
}

impl Login {
    fn at(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn opts(&self) -> OptsBuilder {
        OptsBuilder::default()
            .ip_or_hostname(self.host.clone())
            .tcp_port(self.port)
            .user(Some(self.user.clone()))
            .pass(Some(self.password.expose()))
            .prefer_socket(false)
            .stmt_cache_size(0)
            .max_allowed_packet(Some(MAX_PACKET_BYTES))
            .wait_timeout(Some(WAIT_TIMEOUT_S))
    }
}

/// The driver's connection, closed at once when it is dropped. Left alone, the driver would start a task
/// that reads what is still to come, without end when the server is frozen.
struct Link(Option<mysql_async::Conn>);

impl Drop for Link {
    fn drop(&mut self) {
        let Some(line) = self.0.take() else { return };
        // Polled once, `disconnect` marks the connection as closed and tries to say goodbye; dropping it
        // then closes the socket.
        let mut goodbye = pin!(line.disconnect());
        let _ = goodbye.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// What went wrong while a statement ran.
enum Failure {
    Driver(mysql_async::Error),
    TooManyRows,
}

impl Link {
    async fn run(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        let Some(line) = self.0.as_mut() else { return Ok(vec![]) };
        let mut answer = line.query_iter(sql).await.map_err(Failure::Driver)?;
        let mut rows = Vec::new();
        while let Some(row) = answer.next().await.map_err(Failure::Driver)? {
            if rows.len() == MAX_ROWS {
                return Err(Failure::TooManyRows);
            }
            rows.push(texts(&row));
        }
        answer.drop_result().await.map_err(Failure::Driver)?;
        Ok(rows)
    }
}

fn texts(row: &mysql_async::Row) -> Row {
    let column = |(index, column): (usize, &mysql_async::Column)| {
        (column.name_str().into_owned(), row.as_ref(index).and_then(text))
    };
    row.columns_ref().iter().enumerate().map(column).collect()
}

/// Plain statements are answered in texts; the other kinds are there for completeness of the match.
fn text(value: &mysql_async::Value) -> Option<String> {
    match value {
        mysql_async::Value::NULL => None,
        mysql_async::Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        mysql_async::Value::Int(number) => Some(number.to_string()),
        mysql_async::Value::UInt(number) => Some(number.to_string()),
        other => Some(other.as_sql(true)),
    }
}

/// A connection to one server.
pub struct Conn {
    link: Option<Link>,
    at: String,
    user: String,
    id: ConnectionId,
    version: ServerVersion,
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, user, id, version, .. } = self;
        write!(f, "Conn({user} at {at}, {version}, connection {}, usable: {})", id.0, self.is_usable())
    }
}

impl Conn {
    /// Connects, and asks the server what it is. The limit is for all of it.
    pub async fn open(login: &Login, limit: Duration) -> Result<Self, AdminError> {
        let doing = "let us in";
        let opened = Box::pin(Self::open_unbounded(login));
        timeout(limit, opened).await.map_err(|_| AdminError::Timeout {
            at: login.at(),
            doing: doing.into(),
            limit,
        })?
    }

    async fn open_unbounded(login: &Login) -> Result<Self, AdminError> {
        let line = mysql_async::Conn::new(login.opts()).await.map_err(|error| refused_entry(error, login))?;
        let mut conn = Self {
            id: ConnectionId(line.id().into()),
            link: Some(Link(Some(line))),
            at: login.at(),
            user: login.user.clone(),
            // Until it has been asked.
            version: ServerVersion { flavor: Flavor::MariaDb, major: 0, minor: 0, patch: 0 },
        };
        // What our quoting and our reading rest on, whatever the server's defaults are.
        let settle = Sql::new("SET SESSION sql_mode = 'STRICT_TRANS_TABLES', SESSION autocommit = 1");
        conn.run(&settle, "settle").await?;
        let rows = conn.run(&Sql::new("SELECT VERSION() AS version"), "say its version").await?;
        let text = rows.first().and_then(|row| row.get("version")).unwrap_or_default();
        conn.version = ServerVersion::from_select(text)
            .map_err(|error| conn.strange("say its version", error.into()))?;
        Ok(conn)
    }

    /// What the server is.
    pub fn version(&self) -> ServerVersion {
        self.version
    }

    /// The server's flavor.
    pub fn flavor(&self) -> Flavor {
        self.version.flavor
    }

    /// The server's number of this connection, to end it from another one.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Whether another call can be made on it.
    pub fn is_usable(&self) -> bool {
        self.link.is_some()
    }

    /// Asks, and reads the answer.
    pub async fn query(&mut self, sql: &Sql, limit: Duration) -> Result<Vec<Row>, AdminError> {
        let doing = sql.to_string();
        let timed_out = self.timed_out(&doing, limit);
        timeout(limit, self.run(sql, &doing)).await.map_err(|_| timed_out)?
    }

    /// Says all that an intent takes, in order; the limit is for all of it. Stops at the first refusal.
    pub async fn apply(&mut self, intent: &Intent, limit: Duration) -> Result<(), AdminError> {
        let all = statements(self.flavor(), intent)?;
        let doing = intent.describe();
        let timed_out = self.timed_out(&doing, limit);
        timeout(limit, self.apply_all(&all, &doing)).await.map_err(|_| timed_out)?
    }

    async fn apply_all(&mut self, all: &[Statement], doing: &str) -> Result<(), AdminError> {
        let mut log = BinaryLog::Written;
        for statement in all {
            let wanted = if statement.log == BinaryLog::Never { log } else { statement.log };
            if wanted != log {
                self.set_binary_log(wanted, doing).await?;
                log = wanted;
            }
            let outcome = self.run(&statement.sql, doing).await;
            let harmless =
                |error: &AdminError| error.code().is_some_and(|code| statement.harmless.contains(&code));
            match outcome {
                Err(error) if !harmless(&error) => {
                    if log == BinaryLog::Off {
                        // Nobody shall write on a connection whose writes are not logged.
                        self.link = None;
                    }
                    return Err(error);
                }
                _ => {}
            }
        }
        if log == BinaryLog::Off {
            self.set_binary_log(BinaryLog::Written, doing).await?;
        }
        Ok(())
    }

    async fn set_binary_log(&mut self, wanted: BinaryLog, doing: &str) -> Result<(), AdminError> {
        let words = match wanted {
            BinaryLog::Off => "SET SESSION sql_log_bin = 0",
            BinaryLog::Written | BinaryLog::Never => "SET SESSION sql_log_bin = 1",
        };
        self.run(&Sql::new(words), doing).await.map(drop)
    }

    /// Runs one statement without a limit. The line is out of its place meanwhile: whoever drops this future
    /// drops the line with it.
    async fn run(&mut self, sql: &Sql, doing: &str) -> Result<Vec<Row>, AdminError> {
        let mut link = self.link.take().ok_or_else(|| AdminError::Closed { at: self.at.clone() })?;
        match link.run(sql.expose()).await {
            Ok(rows) => {
                self.link = Some(link);
                Ok(rows)
            }
            Err(Failure::TooManyRows) => {
                Err(self.strange(doing, format!("more than {MAX_ROWS} rows").into()))
            }
            Err(Failure::Driver(error)) => {
                let call = Call { at: &self.at, doing, secret: sql.holds_secret() };
                let error = classify(error, &call);
                if matches!(error, AdminError::Refused { .. }) {
                    self.link = Some(link);
                }
                Err(error)
            }
        }
    }

    fn timed_out(&self, doing: &str, limit: Duration) -> AdminError {
        AdminError::Timeout { at: self.at.clone(), doing: doing.to_owned(), limit }
    }

    /// The error for an answer that this server should not give.
    pub(crate) fn strange(&self, doing: &str, source: Cause) -> AdminError {
        AdminError::Protocol { at: self.at.clone(), doing: doing.to_owned(), source }
    }
}

/// The circumstances of an error.
struct Call<'a> {
    at: &'a str,
    doing: &'a str,
    secret: bool,
}

/// A login that failed: not let in is another matter than not understood.
fn refused_entry(error: mysql_async::Error, login: &Login) -> AdminError {
    let at = login.at();
    match classify(error, &Call { at: &at, doing: "let us in", secret: false }) {
        AdminError::Refused { code, .. } if DENIED.contains(&code) => {
            AdminError::Denied { at, user: login.user.clone(), code }
        }
        other => other,
    }
}

/// The driver's errors, by what the caller can do.
fn classify(error: mysql_async::Error, call: &Call<'_>) -> AdminError {
    let (at, doing) = (call.at.to_owned(), call.doing.to_owned());
    match error {
        mysql_async::Error::Server(server) if LINE_ENDS.contains(&server.code) => {
            AdminError::Unreachable { at, doing, source: format!("error {}", server.code).into() }
        }
        mysql_async::Error::Server(server) => {
            let message = if call.secret { WITHHELD.to_owned() } else { server.message };
            AdminError::Refused { doing, code: server.code, message }
        }
        mysql_async::Error::Io(source) => AdminError::Unreachable { at, doing, source: source.into() },
        mysql_async::Error::Driver(source @ mysql_async::DriverError::ConnectionClosed) => {
            AdminError::Unreachable { at, doing, source: source.into() }
        }
        // The text may quote a packet.
        mysql_async::Error::Driver(_) if call.secret => {
            AdminError::Protocol { at, doing, source: WITHHELD.into() }
        }
        other => AdminError::Protocol { at, doing, source: other.into() },
    }
}

/// In place of a server's text about a statement that holds a secret.
const WITHHELD: &str = "the server's text is left out, because the statement holds a secret";
