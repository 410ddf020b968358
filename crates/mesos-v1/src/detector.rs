//! Who leads: from a list of hosts, or from a stream that somebody else fills
//! (from ZooKeeper, say). Also what a master writes about itself there; the
//! talking to ZooKeeper is not done here.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use futures::StreamExt;
use futures::stream::{BoxStream, Stream};
use prost::Message;
use serde::Deserialize;
use thiserror::Error;

use crate::proto::MasterInfo;

/// The port of a master that does not say another.
pub const DEFAULT_MASTER_PORT: u16 = 5050;

/// Plain or over TLS. Never changed on the way: a redirect keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Plain.
    #[default]
    Http,
    /// Over TLS.
    Https,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        })
    }
}

/// Where a master answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leader {
    /// Plain or over TLS.
    pub scheme: Scheme,
    /// A name or an address; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Leader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}:{}", self.scheme, self.host, self.port)
    }
}

/// Text that names no master.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a master: HOST:PORT, http://HOST:PORT or https://HOST:PORT is")]
pub struct LeaderError(pub String);

impl FromStr for Leader {
    type Err = LeaderError;

    fn from_str(text: &str) -> Result<Self, LeaderError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(_) => return Err(LeaderError(text.to_owned())),
            None => (Scheme::Http, text),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_authority(authority).ok_or_else(|| LeaderError(text.to_owned()))?;
        Ok(Leader { scheme, host, port })
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
pub(crate) fn split_authority(authority: &str) -> Option<(String, u16)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
    };
    let port = port.map_or(Some(DEFAULT_MASTER_PORT), |port| port.parse().ok())?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
    (!host.is_empty() && port != 0 && host.chars().all(is_host)).then(|| (host.to_owned(), port))
}

/// Tells the client whom to talk to.
pub enum Detector {
    /// These masters, in this order; those that do not lead redirect.
    Hosts(Vec<Leader>),
    /// Whoever was named last; nobody while that is `None`. When the stream
    /// ends its last word stands.
    Stream(BoxStream<'static, Option<Leader>>),
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Detector::Hosts(hosts) => f.debug_tuple("Hosts").field(hosts).finish(),
            Detector::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl Detector {
    /// From `host:port[,host:port…]`, with or without `http://` or `https://`
    /// before the first, which then holds for all.
    pub fn hosts(text: &str) -> Result<Self, LeaderError> {
        let mut scheme = None;
        let mut hosts = Vec::new();
        for part in text.split(',') {
            let mut leader: Leader = part.trim().parse()?;
            let stands_for_all = *scheme.get_or_insert(leader.scheme);
            if !part.contains("://") {
                leader.scheme = stands_for_all;
            }
            hosts.push(leader);
        }
        Ok(Detector::Hosts(hosts))
    }

    /// From a stream.
    pub fn stream(leaders: impl Stream<Item = Option<Leader>> + Send + 'static) -> Self {
        Detector::Stream(leaders.boxed())
    }
}

/// Which of the children of the masters' znode belongs to the leader: the one
/// with the lowest number behind its last `_`. Other children, like
/// `log_replicas`, have none.
pub fn leader_of<'a>(children: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    children
        .into_iter()
        .filter_map(|name| {
            let number = name.rsplit('_').next()?;
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            Some((digits.then(|| number.parse::<u64>().ok()).flatten()?, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// What a master says of itself in its znode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterAddress {
    /// Its id; another one after each start.
    pub id: String,
    /// Its host name, if it tells one.
    pub hostname: Option<String>,
    /// Its address.
    pub ip: String,
    /// Its port.
    pub port: u16,
    /// Its version, if it tells one.
    pub version: Option<String>,
}

impl MasterAddress {
    /// Reached by address; right for plain connections.
    pub fn by_ip(&self, scheme: Scheme) -> Leader {
        Leader { scheme, host: self.ip.clone(), port: self.port }
    }

    /// Reached by name if it has one; needed where TLS verifies the name.
    pub fn by_hostname(&self, scheme: Scheme) -> Leader {
        let host = self.hostname.clone().unwrap_or_else(|| self.ip.clone());
        Leader { scheme, host, port: self.port }
    }
}

/// A znode that does not hold a master.
#[derive(Debug, Error)]
pub enum MasterInfoError {
    /// Neither JSON nor protobuf.
    #[error("the znode of the master holds {bytes} bytes that are no MasterInfo")]
    Unreadable {
        /// How many.
        bytes: usize,
        /// What the parser found.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No port that could be connected to.
    #[error("the master announces port {0}")]
    Port(i64),
}

#[derive(Deserialize)]
struct JsonMaster {
    id: String,
    ip: u32,
    port: i64,
    hostname: Option<String>,
    version: Option<String>,
    address: Option<JsonAddress>,
}

#[derive(Deserialize)]
struct JsonAddress {
    hostname: Option<String>,
    ip: Option<String>,
    port: i64,
}

/// Reads the content of a master's znode: JSON (`json.info_…`) or, from very
/// old masters, protobuf (`info_…`).
pub fn parse_master_info(bytes: &[u8]) -> Result<MasterAddress, MasterInfoError> {
    let unreadable = |source| MasterInfoError::Unreadable { bytes: bytes.len(), source };
    let found: JsonMaster = if bytes.first() == Some(&b'{') {
        serde_json::from_slice(bytes).map_err(|error| unreadable(Box::new(error)))?
    } else {
        MasterInfo::decode(bytes).map_err(|error| unreadable(Box::new(error)))?.into()
    };
    let JsonAddress { hostname, ip, port } =
        found.address.unwrap_or(JsonAddress { hostname: None, ip: None, port: found.port });
    let port = u16::try_from(port).ok().filter(|&port| port != 0).ok_or(MasterInfoError::Port(port))?;
    Ok(MasterAddress {
        id: found.id,
        hostname: hostname.or(found.hostname).filter(|name| !name.is_empty()),
        ip: ip.unwrap_or_else(|| Ipv4Addr::from(found.ip.to_le_bytes()).to_string()),
        port,
        version: found.version,
    })
}

impl From<MasterInfo> for JsonMaster {
    fn from(info: MasterInfo) -> Self {
        JsonMaster {
            id: info.id,
            ip: info.ip,
            port: i64::from(info.port),
            hostname: info.hostname,
            version: info.version,
            address: info.address.map(|address| JsonAddress {
                hostname: address.hostname,
                ip: address.ip,
                port: i64::from(address.port),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Address;

    fn leader(scheme: Scheme, host: &str, port: u16) -> Leader {
        Leader { scheme, host: host.to_owned(), port }
    }

    #[test]
    fn leader_is_read_in_all_forms_and_shown_as_a_url() {
        for (text, scheme, host, port, shown) in [
            ("m1:5051", Scheme::Http, "m1", 5051, "http://m1:5051"),
            ("m1", Scheme::Http, "m1", 5050, "http://m1:5050"),
            ("https://m1:1/", Scheme::Https, "m1", 1, "https://m1:1"),
            ("http://127.0.0.1:80", Scheme::Http, "127.0.0.1", 80, "http://127.0.0.1:80"),
            ("[::1]:5050", Scheme::Http, "::1", 5050, "http://[::1]:5050"),
        ] {
            let found: Leader = text.parse().unwrap();
            assert_eq!(found, leader(scheme, host, port));
            assert_eq!(found.to_string(), shown);
        }
    }

    #[test]
    fn text_that_names_no_master_is_refused() {
        for text in ["", ":5050", "m1:", "m1:0", "m1:70000", "zk://h/mesos", "m1:50/x", "a b:1", "u@h:1"] {
            assert_eq!(text.parse::<Leader>(), Err(LeaderError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn scheme_before_the_first_host_holds_for_all() {
        let Detector::Hosts(hosts) = Detector::hosts("https://a:1, b:2").unwrap() else { panic!("hosts") };
        assert_eq!(hosts, [leader(Scheme::Https, "a", 1), leader(Scheme::Https, "b", 2)]);
        assert!(Detector::hosts("a:1,,b:2").is_err());
    }

    #[test]
    fn lowest_number_leads_whatever_the_label() {
        let children = ["log_replicas", "json.info_0000000012", "json.info_0000000009", "info_0000000010"];
        assert_eq!(leader_of(children), Some("json.info_0000000009"));
        assert_eq!(leader_of(["0000000003", "0000000002"]), Some("0000000002"));
        assert_eq!(leader_of(["log_replicas", "json.info_", "x"]), None);
        assert_eq!(leader_of([]), None);
    }

    #[test]
    fn number_beyond_nine_digits_still_counts_as_one() {
        assert_eq!(leader_of(["a_10000000000", "a_9999999999"]), Some("a_9999999999"));
    }

    #[test]
    fn json_of_a_master_prefers_its_address() {
        let found = parse_master_info(
            br#"{"address":{"hostname":"m1.example","ip":"10.0.0.1","port":5050},"capabilities":[{"type":"AGENT_UPDATE"}],
                "hostname":"old","id":"8f1c","ip":16777343,"pid":"master@10.0.0.1:5050","port":1,"version":"1.11.0"}"#,
        )
        .unwrap();
        assert_eq!(found.by_ip(Scheme::Http).to_string(), "http://10.0.0.1:5050");
        assert_eq!(found.by_hostname(Scheme::Https).to_string(), "https://m1.example:5050");
        assert_eq!((found.id.as_str(), found.version.as_deref()), ("8f1c", Some("1.11.0")));
    }

    #[test]
    fn number_of_an_address_is_in_network_byte_order() {
        let found = parse_master_info(br#"{"id":"x","ip":16777343,"port":5050}"#).unwrap();
        assert_eq!(found.by_hostname(Scheme::Http).to_string(), "http://127.0.0.1:5050");
    }

    #[test]
    fn protobuf_of_an_old_master_is_read() {
        let info = MasterInfo {
            id: "x".to_owned(),
            ip: 16_777_343,
            port: 5050,
            address: Some(Address { hostname: None, ip: Some("10.0.0.2".to_owned()), port: 5051 }),
            ..Default::default()
        };
        let found = parse_master_info(&info.encode_to_vec()).unwrap();
        assert_eq!(found.by_ip(Scheme::Http).to_string(), "http://10.0.0.2:5051");
    }

    #[test]
    fn znode_without_a_master_is_an_error() {
        assert!(matches!(parse_master_info(b"{}"), Err(MasterInfoError::Unreadable { bytes: 2, .. })));
        assert!(matches!(parse_master_info(b"\xff"), Err(MasterInfoError::Unreadable { .. })));
        let port = parse_master_info(br#"{"id":"x","ip":1,"port":0}"#);
        assert!(matches!(port, Err(MasterInfoError::Port(0))));
    }
}
