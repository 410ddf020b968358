//! Asks a server of the stack one question over HTTP. Enough for a loopback health check, and for nothing else.
use std::io::{self, Read, Write};
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

/// A server on the same machine that takes longer is not ready.
const TIMEOUT: Duration = Duration::from_secs(3);
/// More than the list of all agents that one block of addresses can hold.
const LIMIT_BYTES: u64 = 4 << 20;

/// The status and the body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// `GET`, without following anything.
pub(crate) fn get(server: SocketAddrV4, path: &str) -> io::Result<Answer> {
    // HTTP/1.0: the body ends where the connection does, and nobody sends chunks.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {server}\r\nAccept: application/json\r\n\r\n");
    let bytes = exchange(server, request.as_bytes())?;
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer"))
}

/// Sends bytes, and reads until the other side closes.
pub(crate) fn exchange(server: SocketAddrV4, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::V4(server), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.take(LIMIT_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at_checked(head)?;
    let status = std::str::from_utf8(head).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.get(4..)?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_body() {
        let answer = parse(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"x\":1}").unwrap();
        assert_eq!(answer, Answer { status: 200, body: b"{\"x\":1}".to_vec() });
        assert_eq!(parse(b"Zookeeper version"), None);
    }
}
