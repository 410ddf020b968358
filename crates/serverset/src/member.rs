//! The document of one member: Twitter's `ServiceInstance` as JSON.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::to_text;

/// A document with some endpoints has some hundred bytes; what is larger is not one.
const MAX_BYTES: usize = 64 * 1024;

/// Where something listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What a member says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It serves. The only one that is ever written by this crate's plans.
    Alive,
    /// Anything else: `DEAD`, `STARTING`, `STOPPING`, `STOPPED`, `WARNING`, or what others invent.
    Other(String),
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where it serves.
    pub service: Endpoint,
    /// Further endpoints by name.
    pub additional: BTreeMap<String, Endpoint>,
    /// Whether it serves.
    pub status: Status,
    /// Its shard, if the service has shards.
    pub shard: Option<i64>,
}

/// Why a document is not one of a member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// No JSON.
    #[error("not JSON, at line {line} column {column}")]
    Json {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// Far too large.
    #[error("{0} bytes are too many for a member")]
    Size(usize),
    /// A field is missing or is something else.
    #[error("{field} is not {wanted}")]
    Field {
        /// Which, as a path.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Fields in the order in which they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    status: &'a str,
    additional_endpoints: &'a BTreeMap<String, Endpoint>,
    service_endpoint: &'a Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<i64>,
}

impl Endpoint {
    /// An endpoint.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

impl Status {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Alive => "ALIVE",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for Status {
    fn from(text: &str) -> Self {
        if text == "ALIVE" { Self::Alive } else { Self::Other(text.to_owned()) }
    }
}

impl Member {
    /// A member that serves there, with no further endpoints and no shard.
    pub fn alive(service: Endpoint) -> Self {
        Self { service, additional: BTreeMap::new(), status: Status::Alive, shard: None }
    }

    /// True if it serves.
    pub fn is_alive(&self) -> bool {
        self.status == Status::Alive
    }

    /// The document, byte for byte as the Python library wrote it.
    pub fn to_json(&self) -> String {
        to_text(&Written {
            status: self.status.as_str(),
            additional_endpoints: &self.additional,
            service_endpoint: &self.service,
            shard: self.shard,
        })
    }

    /// Reads a document: any order, any spacing, unknown fields, no or `null` `additionalEndpoints` and `shard`.
    pub fn parse(bytes: &[u8]) -> Result<Self, MemberError> {
        if bytes.len() > MAX_BYTES {
            return Err(MemberError::Size(bytes.len()));
        }
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| MemberError::Json { line: error.line(), column: error.column() })?;
        let fields = value.as_object().ok_or_else(|| wrong("the document", "an object"))?;
        let status =
            fields.get("status").and_then(Value::as_str).ok_or_else(|| wrong("status", "a string"))?;
        Ok(Self {
            service: endpoint("serviceEndpoint", fields.get("serviceEndpoint"))?,
            additional: additional(fields)?,
            status: status.into(),
            shard: shard(fields.get("shard"))?,
        })
    }
}

fn wrong(field: impl Into<String>, wanted: &'static str) -> MemberError {
    MemberError::Field { field: field.into(), wanted }
}

fn endpoint(field: &str, value: Option<&Value>) -> Result<Endpoint, MemberError> {
    let fields = value.and_then(Value::as_object).ok_or_else(|| wrong(field, "an object"))?;
    let host = fields.get("host").and_then(Value::as_str).filter(|host| !host.is_empty());
    let port = fields.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    Ok(Endpoint {
        host: host.ok_or_else(|| wrong(format!("{field}.host"), "a name or an address"))?.to_owned(),
        port: port.ok_or_else(|| wrong(format!("{field}.port"), "a number from 0 to 65535"))?,
    })
}

fn additional(fields: &Map<String, Value>) -> Result<BTreeMap<String, Endpoint>, MemberError> {
    match fields.get("additionalEndpoints") {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(named)) => named
            .iter()
            .map(|(name, value)| {
                Ok((name.clone(), endpoint(&format!("additionalEndpoints.{name}"), Some(value))?))
            })
            .collect(),
        Some(_) => Err(wrong("additionalEndpoints", "an object")),
    }
}

fn shard(value: Option<&Value>) -> Result<Option<i64>, MemberError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong("shard", "a number")),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
#[path = "member_tests.rs"]
mod tests;
