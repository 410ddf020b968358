//! Connections as such: kept open, counted, told to go on, and ended with the scheduler.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    Stage, fleet,
    stage::{Driver, config},
};

/// Everything here is on one machine.
const DEADLINE: Duration = Duration::from_secs(20);

async fn connect(stage: &Stage, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Reads until this text has come.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    let reading = async {
        while !read.contains(text) {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "closed before {text:?} came, after {read:?}");
            read += std::str::from_utf8(&piece[..length]).unwrap();
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or_else(|_| panic!("{text:?} does not come"));
    read
}

#[tokio::test]
async fn a_connection_answers_one_request_after_the_other() {
    let stage = Stage::start().await;
    let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = connect(&stage, request).await;
    for _ in 0..3 {
        read_until(&mut stream, "ok\n").await;
        stream.write_all(request).await.unwrap();
    }
}

#[tokio::test]
async fn who_asks_whether_to_go_on_is_told_so() {
    let stage = Stage::start().await;
    let head =
        b"POST /clusters/a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 14\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let mut stream = connect(&stage, head).await;
    read_until(&mut stream, "HTTP/1.1 100 Continue\r\n").await;
    stream.write_all(b"cluster_user=u").await.unwrap();
    read_until(&mut stream, "HTTP/1.1 200 OK\r\n").await;
}

#[tokio::test]
async fn requests_beyond_256_at_a_time_are_503_and_health_is_not() {
    let stage = Stage::before(Driver::Silent, config(), fleet(Vec::new())).await;
    let request = b"POST /clusters/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\
                    Content-Type: application/x-www-form-urlencoded\r\n\r\ncluster_user=u";
    let mut held = Vec::new();
    for _ in 0..256 {
        held.push(connect(&stage, request).await);
    }
    let all_are_in = async {
        while stage.asked.load(Ordering::Relaxed) < 256 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, all_are_in).await.expect("256 wishes reach the driver");
    let reply = stage.get("/clusters").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{}", reply.body);
    assert_eq!(stage.get("/health").await.status, 200);
    drop(held);
    let recovered = async {
        while stage.get("/clusters").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, recovered).await.expect("callers that left make room");
}

#[tokio::test]
async fn the_stop_ends_idle_connections_and_the_server() {
    let mut stage = Stage::start().await;
    let mut idle = connect(&stage, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    read_until(&mut idle, "ok\n").await;
    let began = tokio::time::Instant::now();
    stage.stop().await;
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for an idle connection");
    let mut rest = Vec::new();
    assert_eq!(tokio::time::timeout(DEADLINE, idle.read_to_end(&mut rest)).await.unwrap().unwrap(), 0);
    assert!(TcpStream::connect(stage.address).await.is_err());
}
