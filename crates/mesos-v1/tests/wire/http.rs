//! A server that does what the test says, request by request. It reads HTTP
//! by hand, so that nothing is tidied up on the way.

use std::net::SocketAddr;
use std::time::Duration;

use mesos_v1::recordio;
use prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::time::timeout;

/// The longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits, but not for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A listening server.
pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn new() -> Self {
        Server::at("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        Server { listener, address }
    }

    /// The next request that comes on a new connection.
    pub(crate) async fn request(&self) -> Exchange {
        let accepted = soon("a connection", self.listener.accept()).await;
        let (socket, _): (TcpStream, _) = accepted.unwrap();
        Exchange::read(Box::new(socket)).await.expect("a request")
    }
}

/// The next request on a new connection of a socket in the file system.
pub(crate) async fn request_at(listener: &UnixListener) -> Exchange {
    let (socket, _) = soon("a connection", listener.accept()).await.unwrap();
    Exchange::read(Box::new(socket)).await.expect("a request")
}

/// A request and the connection it came on.
pub(crate) struct Exchange {
    socket: Box<dyn Socket>,
    pub(crate) request_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Exchange {
    async fn read(mut socket: Box<dyn Socket>) -> Option<Exchange> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon("a request", socket.read_u8()).await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().lines();
        let request_line = lines.next().unwrap().to_owned();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length").unwrap();
        let mut body = vec![0; length.1.parse().unwrap()];
        socket.read_exact(&mut body).await.unwrap();
        Some(Exchange { socket, request_line, headers, body })
    }

    /// The next request on the same connection.
    pub(crate) async fn next(self) -> Exchange {
        Exchange::read(self.socket).await.expect("another request on the connection")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn call<C: Message + Default>(&self) -> C {
        C::decode(self.body.as_slice()).unwrap()
    }

    /// A whole answer; the connection stays.
    pub(crate) async fn answer(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        self.write(
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").as_bytes(),
        )
        .await;
    }

    /// The head of a stream of events.
    pub(crate) async fn open(&mut self, stream_id: Option<&str>) {
        let stream_id = stream_id.map(|id| format!("Mesos-Stream-Id: {id}\r\n")).unwrap_or_default();
        self.write(
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n{stream_id}Transfer-Encoding: chunked\r\n\r\n"
            )
            .as_bytes(),
        )
        .await;
    }

    /// An event as one chunk.
    pub(crate) async fn event(&mut self, event: &impl Message) {
        self.chunk(&recordio::encode(&event.encode_to_vec())).await;
    }

    /// Bytes as one chunk.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk).await;
    }

    /// The regular end of the stream.
    pub(crate) async fn end(mut self) {
        self.write(b"0\r\n\r\n").await;
    }

    /// A peer that has gone away is for the test to notice, not for this.
    async fn write(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.ok();
        self.socket.flush().await.ok();
    }

    /// Waits until the client closes the connection.
    pub(crate) async fn closed_by_client(mut self) {
        let mut byte = [0];
        let read = soon("the client hangs up", self.socket.read(&mut byte)).await;
        assert!(matches!(read, Ok(0) | Err(_)), "the client says more");
    }
}
