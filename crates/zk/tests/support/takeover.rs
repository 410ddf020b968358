//! Ends a session from outside: connects with its id and password, and says goodbye in its name.
//!
//! The server derives the password from the id alone (`SessionTracker`'s `generatePasswd`), so that any server of an
//! ensemble can check it. That makes an expiry as sudden as a real one, without waiting for it.

use std::net::SocketAddr;

use mysos_zk::SessionId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CLOSE_SESSION: i32 = -11;

/// Ends the session at this server. Its owner must be cut off, else it wins the session back before the goodbye is
/// read.
pub async fn end_session(server: SocketAddr, session: SessionId) {
    assert!(!say_goodbye(server, session).await, "the session was over already");
    assert!(say_goodbye(server, session).await, "the session did not end");
}

/// True if the session was over already.
async fn say_goodbye(server: SocketAddr, session: SessionId) -> bool {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let mut hello = Vec::new();
    hello.extend(0i32.to_be_bytes()); // protocol version
    hello.extend(0i64.to_be_bytes()); // last transaction seen
    hello.extend(4000i32.to_be_bytes()); // timeout
    hello.extend(session.0.to_be_bytes());
    hello.extend(16i32.to_be_bytes());
    hello.extend(password(session.0));
    hello.push(0); // not read-only
    let goodbye = [1i32.to_be_bytes(), CLOSE_SESSION.to_be_bytes()].concat();
    stream.write_all(&[frame(&hello), frame(&goodbye)].concat()).await.unwrap();
    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await;
    // Length, protocol version, timeout, then the id of the session, 0 if there is none.
    answer.get(12..20) == Some(&0i64.to_be_bytes())
}

fn frame(body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len()).unwrap();
    [&length.to_be_bytes(), body].concat()
}

/// Sixteen bytes of Java's generator, seeded with the id and a constant of the server.
fn password(session: i64) -> Vec<u8> {
    const SUPER_SECRET: i64 = 0xB341_5C00;
    const MASK: i64 = (1 << 48) - 1;
    let mut state = ((session ^ SUPER_SECRET) ^ 0x5_DEEC_E66D) & MASK;
    (0..4)
        .flat_map(|_| {
            state = state.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB) & MASK;
            ((state >> 16) as i32).to_le_bytes()
        })
        .collect()
}
