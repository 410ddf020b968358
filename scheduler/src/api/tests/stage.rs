//! A server on its own port, a driver behind it, and a client that sends bytes as they are.

use std::{
    collections::BTreeMap,
    fmt::Write,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mysos_fleet::request::{Answer, Idempotency, Refusal, Request};
use mysos_model::{Bytes, Flavor, InstanceSize, MilliCpus, Password, Timestamp};
use ring::hmac;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::fixture::{fleet, waiting};
use crate::{
    api::{Faces, serve},
    config::{ApiConfig, Limits},
    gate::{Asked, Gate},
    metrics::Metrics,
    view::FleetView,
};

/// Longer than every limit of the server: what takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(90);
/// Of the one operation that the driver knows.
pub(super) const OPERATION: &str = "3b0f0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";
/// What the driver draws.
pub(super) const PASSWORD: &str = "w9gMCkecsMh6sWsRdxNTa";

/// A running server. Ends with the value.
pub(in crate::api) struct Stage {
    pub(super) address: SocketAddr,
    pub(super) view: watch::Sender<Arc<FleetView>>,
    pub(super) asked: Arc<AtomicUsize>,
    stop: CancellationToken,
    server: JoinSet<()>,
    _driver: JoinSet<()>,
}

/// What sits behind the gate.
pub(super) enum Driver {
    /// Keeps a fleet.
    Answers,
    /// Takes wishes and never answers.
    Silent,
    /// Has stopped.
    Gone,
}

/// The settings of the local stack.
pub(super) fn config() -> ApiConfig {
    ApiConfig {
        bind: [127, 0, 0, 1].into(),
        port: 0,
        advertise_host: "mysos.example".to_owned(),
        credentials: None,
        insecure: false,
        cluster_url_base: "zk://192.168.33.7:2181/mysos".parse().unwrap(),
        discovery_account: None,
        default_flavor: Flavor::MariaDb,
        limits: Limits {
            max_nodes: 32,
            min_size: InstanceSize { cpus: MilliCpus(100), mem: Bytes(256 << 20), disk: Bytes(512 << 20) },
        },
        digest_key: hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]),
    }
}

impl Stage {
    /// With the settings of the local stack and no cluster.
    pub(super) async fn start() -> Self {
        Self::with(config(), fleet(Vec::new())).await
    }

    /// With these.
    pub(super) async fn with(config: ApiConfig, view: FleetView) -> Self {
        Self::before(Driver::Answers, config, view).await
    }

    /// With this behind the gate.
    pub(super) async fn before(driver: Driver, config: ApiConfig, view: FleetView) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (wishes, mut queue) = mpsc::channel(16);
        let (view, seen) = watch::channel(Arc::new(view));
        let asked: Arc<AtomicUsize> = Arc::default();
        let faces = Faces::new(Gate::new(wishes, seen), config, Metrics::default());
        let (mut server, mut tasks, stop) = (JoinSet::new(), JoinSet::new(), CancellationToken::new());
        server.spawn(serve(listener, faces, stop.clone()));
        let counted = Arc::clone(&asked);
        match driver {
            Driver::Answers => drop(tasks.spawn(drive(queue, view.clone(), counted))),
            Driver::Silent => drop(tasks.spawn(async move {
                let mut held = Vec::new();
                while let Some(wish) = queue.recv().await {
                    held.push(wish);
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            })),
            Driver::Gone => drop(queue),
        }
        Self { address, view, asked, stop, server, _driver: tasks }
    }

    /// Stops the server, and waits until it has ended.
    pub(super) async fn stop(&mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(DEADLINE, self.server.join_next()).await;
        ended.expect("the server ends").unwrap().unwrap();
    }

    /// Changes what the faces see.
    pub(super) fn see(&self, change: impl FnOnce(&mut FleetView)) {
        self.view.send_modify(|view| change(Arc::make_mut(view)));
    }

    /// Sends a request line, headers and a body, and reads the answer. `Host` and `Connection` are added.
    pub(super) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head = format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        let bytes = [head.as_bytes(), b"\r\n", body].concat();
        self.raw(&bytes).await
    }

    /// Sends bytes as they are, and reads until the server closes.
    pub(super) async fn raw(&self, bytes: &[u8]) -> Reply {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            // A server that has answered may close before it has read all.
            let _ = stream.write_all(bytes).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let answer = tokio::time::timeout(DEADLINE, exchange).await.expect("the server answers and closes");
        Reply::parse(&answer)
    }

    /// The status, or 400 where the connection is closed on bytes that are no request at all.
    pub(super) async fn raw_status(&self, bytes: &[u8]) -> u16 {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        if answer.is_empty() { 400 } else { Reply::parse(&answer).status }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), &[], b"").await
    }

    /// A form as `curl --form` sends it.
    pub(super) async fn form(&self, line: &str, fields: &[(&str, &str)]) -> Reply {
        let (media, body) = multipart(fields);
        self.send(line, &[("Content-Type", &media)], &body).await
    }
}

/// An answer.
#[derive(Debug)]
pub(in crate::api) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let pair =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { status, headers: lines.filter_map(pair).collect(), body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The media type and body of a multipart form.
pub(in crate::api) fn multipart(fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    let boundary = "------------------------d74496d66958873e";
    let part = |(name, value): &(&str, &str)| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = fields.iter().map(part).collect();
    (format!("multipart/form-data; boundary={boundary}"), format!("{body}--{boundary}--\r\n").into_bytes())
}

/// The body of an urlencoded form.
pub(in crate::api) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What the driver keeps of a cluster.
struct Kept {
    password: Password,
    idempotency: Option<Idempotency>,
}

async fn drive(
    mut queue: mpsc::Receiver<Asked>,
    view: watch::Sender<Arc<FleetView>>,
    asked: Arc<AtomicUsize>,
) {
    let mut fleet: BTreeMap<String, Kept> = BTreeMap::new();
    while let Some(Asked { request, answer, .. }) = queue.recv().await {
        asked.fetch_add(1, Ordering::Relaxed);
        let reply = view_and_answer(&mut fleet, &view, request);
        let _ = answer.send(reply);
    }
}

fn view_and_answer(
    fleet: &mut BTreeMap<String, Kept>,
    view: &watch::Sender<Arc<FleetView>>,
    request: Request,
) -> Answer {
    let operation = OPERATION.to_owned();
    match request {
        Request::Create { name, spec, cluster_password, owner, idempotency } => {
            if let Some(kept) = fleet.get(name.as_str()) {
                if idempotency.is_some() && kept.idempotency == idempotency {
                    return Answer::Created { password: kept.password.clone(), replayed: true, operation };
                }
                return Answer::Refused(Refusal::Exists { name, terminating: false });
            }
            let password = cluster_password.unwrap_or_else(|| Password::new(PASSWORD));
            fleet.insert(name.to_string(), Kept { password: password.clone(), idempotency });
            let mut made = waiting(name.as_str());
            (made.spec, made.owner) = (spec, owner);
            view.send_modify(|view| Arc::make_mut(view).clusters.push(made));
            Answer::Created { password, replayed: false, operation }
        }
        Request::Delete { name, password } => {
            let Some(kept) = fleet.get(name.as_str()) else {
                return Answer::Refused(Refusal::NotFound(name));
            };
            if password.as_ref() != Some(&kept.password) {
                return Answer::Refused(Refusal::WrongPassword(name));
            }
            view.send_modify(|view| {
                let mut clusters = Arc::make_mut(view).clusters.iter_mut();
                clusters.find(|one| one.name == name).unwrap().terminating = Some(Timestamp(1));
            });
            Answer::Deleted { operation }
        }
    }
}
