//! How calls and events are written on the wire. One trait for both APIs;
//! another encoding implements it for the same generated types.

mod protobuf;

use std::fmt;

use thiserror::Error;

pub use self::protobuf::Protobuf;

/// A record that is not an event.
#[derive(Debug, Error)]
#[error("a record of {bytes} bytes is not an event")]
pub struct DecodeError {
    /// The length of the record.
    pub bytes: usize,
    /// What the decoder found.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// One encoding of calls `C` and events `E`.
pub trait Codec<C, E>: fmt::Debug + Send + Sync {
    /// What goes into `Content-Type` and `Accept`. Mesos compares it byte by
    /// byte, so there is no charset behind it.
    fn content_type(&self) -> &'static str;

    /// The body of a request.
    fn encode_call(&self, call: &C) -> Vec<u8>;

    /// One record of the stream.
    fn decode_event(&self, record: &[u8]) -> Result<E, DecodeError>;
}
