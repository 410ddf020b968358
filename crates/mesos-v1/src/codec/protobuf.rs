//! Protobuf: exact numbers, bytes without base64, unknown enum values kept.

use prost::Message;

use super::{Codec, DecodeError};

/// `application/x-protobuf`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protobuf;

impl<C: Message, E: Message + Default> Codec<C, E> for Protobuf {
    fn content_type(&self) -> &'static str {
        "application/x-protobuf"
    }

    fn encode_call(&self, call: &C) -> Vec<u8> {
        call.encode_to_vec()
    }

    fn decode_event(&self, record: &[u8]) -> Result<E, DecodeError> {
        E::decode(record).map_err(|source| DecodeError { bytes: record.len(), source: Box::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::scheduler::{Call, Event};

    const CODEC: &dyn Codec<Call, Event> = &Protobuf;

    #[test]
    fn content_type_carries_no_charset() {
        assert_eq!(CODEC.content_type(), "application/x-protobuf");
    }

    #[test]
    fn unknown_event_type_survives_as_a_number() {
        // Field 1, a varint: type 99, of a master newer than this crate.
        let event = CODEC.decode_event(&[0x08, 99]).unwrap();
        assert_eq!(event.r#type, Some(99));
    }

    #[test]
    fn field_numbers_are_the_published_ones() {
        let call = Call {
            r#type: Some(crate::proto::scheduler::call::Type::Revive as i32),
            framework_id: Some("F".into()),
            revive: Some(crate::proto::scheduler::call::Revive { roles: vec!["r".to_owned()] }),
            ..Default::default()
        };
        // framework_id = 1 { value = 1 }, type = 2, revive = 15 { roles = 1 }.
        assert_eq!(CODEC.encode_call(&call), [0x0a, 3, 0x0a, 1, b'F', 0x10, 5, 0x7a, 3, 0x0a, 1, b'r']);
    }

    #[test]
    fn garbage_is_an_error_that_tells_its_length() {
        let error = CODEC.decode_event(&[0xff; 7]).unwrap_err();
        assert_eq!(error.bytes, 7);
    }
}
