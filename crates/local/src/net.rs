//! The addresses of a stack: one block of 256 loopback addresses, laid out the same way each time.
//!
//! Host `.1` has the API and ZooKeeper, master *i* is host *i*, agent *i* is host *10 + i*. Two stacks with different
//! blocks never meet, whatever ports they use.
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Host number of the first agent, less one: leaves `.1` to `.9` to masters and servers.
const AGENTS_FROM: u8 = 10;
/// How far a search for a free port goes before it gives up: more neighbors than one machine has stacks.
const PORT_SEARCH: u16 = 200;

/// A block of 256 addresses, such as `127.0.0.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Net([u8; 3]);

/// What is not an address block.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no address block: write it as 127.a.b.0/24")]
pub struct ParseNetError(String);

impl Default for Net {
    fn default() -> Self {
        Self([127, 0, 0])
    }
}

impl Net {
    /// A block that other tests are unlikely to have.
    pub fn random() -> Self {
        // 127.0 is what people use by hand.
        Self([127, rand::random_range(1..=254), rand::random_range(0..=255)])
    }

    /// The address with this last number.
    pub fn host(self, number: u8) -> Ipv4Addr {
        let [a, b, c] = self.0;
        Ipv4Addr::new(a, b, c, number)
    }

    /// Where the API and ZooKeeper listen.
    pub fn front(self) -> Ipv4Addr {
        self.host(1)
    }

    /// The address of master `number`, counted from 1.
    pub fn master(self, number: u8) -> Ipv4Addr {
        self.host(number)
    }

    /// The address of agent `number`, counted from 1.
    pub fn agent(self, number: u8) -> Ipv4Addr {
        self.host(AGENTS_FROM.saturating_add(number))
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{a}.{b}.{c}.0/24")
    }
}

impl FromStr for Net {
    type Err = ParseNetError;

    fn from_str(text: &str) -> Result<Self, ParseNetError> {
        let wrong = || ParseNetError(text.to_owned());
        let address = text.strip_suffix("/24").ok_or_else(wrong)?;
        let [a, b, c, d] = address.parse::<Ipv4Addr>().map_err(|_| wrong())?.octets();
        if d == 0 { Ok(Self([a, b, c])) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Net {
    type Error = ParseNetError;

    fn try_from(text: String) -> Result<Self, ParseNetError> {
        text.parse()
    }
}

impl From<Net> for String {
    fn from(net: Net) -> Self {
        net.to_string()
    }
}

/// Whether nobody listens at a place.
pub(crate) fn is_free(place: SocketAddrV4) -> bool {
    TcpListener::bind(place).is_ok()
}

/// The wanted place, or the next one of the same host that is free.
pub(crate) fn free_place(wanted: SocketAddrV4) -> Option<SocketAddrV4> {
    (0..PORT_SEARCH)
        .map_while(|step| wanted.port().checked_add(step))
        .map(|port| SocketAddrV4::new(*wanted.ip(), port))
        .find(|place| is_free(*place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_as_it_is_written() {
        let net: Net = "127.9.8.0/24".parse().unwrap();
        assert_eq!(net.to_string(), "127.9.8.0/24");
        assert_eq!(net.front().to_string(), "127.9.8.1");
        assert_eq!(net.agent(3).to_string(), "127.9.8.13");
    }

    #[test]
    fn what_is_not_a_block_of_256_is_refused() {
        for text in ["127.0.0.1/24", "127.0.0.0/16", "127.0.0.0", "mysos", ""] {
            assert_eq!(text.parse::<Net>(), Err(ParseNetError(text.to_owned())));
        }
    }

    #[test]
    fn a_taken_port_gives_the_next_free_one() {
        let net = Net::random();
        let taken = TcpListener::bind((net.front(), 0)).unwrap();
        let place = SocketAddrV4::new(net.front(), taken.local_addr().unwrap().port());
        let found = free_place(place).unwrap();
        assert!(found.port() > place.port());
        assert_eq!(found.ip(), place.ip());
    }
}
