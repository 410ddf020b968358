//! RecordIO as Mesos streams it: a decimal length, a line feed, that many
//! bytes. Sans I/O: push what arrived, pull what is complete. Where the
//! transport cut the stream means nothing.

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

/// The largest record that is read unless told otherwise: offers of a cluster
/// of some ten thousand agents, with room to spare.
pub const DEFAULT_MAX_RECORD_BYTES: usize = 128 << 20;

/// The digits of the largest 64-bit number; more is not a length.
const MAX_DIGITS: usize = 20;

/// Why a stream cannot be read further. There is no way back into step: the
/// connection has to be closed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// Something that is no digit stands where a length should.
    #[error("byte 0x{0:02x} where the length of a record is expected")]
    NotALength(u8),
    /// The length has no digits, or more than a number can have.
    #[error("the length of a record has {0} digits")]
    Digits(usize),
    /// The record is larger than allowed.
    #[error("a record of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its announced length.
        bytes: u64,
        /// What is allowed.
        limit: usize,
    },
}

/// Turns bytes into records.
///
/// ```
/// use mesos_v1::recordio::Decoder;
///
/// let mut decoder = Decoder::default();
/// decoder.push(b"5\nhel");
/// assert_eq!(decoder.pull(), Ok(None));
/// decoder.push(b"lo2\nyo");
/// assert_eq!(decoder.pull().unwrap().unwrap(), "hello");
/// assert_eq!(decoder.pull().unwrap().unwrap(), "yo");
/// ```
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    buffer: BytesMut,
    /// Length of the record that is being received, once its line is read.
    expected: Option<usize>,
    failed: Option<FrameError>,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new(DEFAULT_MAX_RECORD_BYTES)
    }
}

impl Decoder {
    /// A decoder at the start of a stream, for records of at most this size.
    pub fn new(max_record_bytes: usize) -> Self {
        Decoder { limit: max_record_bytes, buffer: BytesMut::new(), expected: None, failed: None }
    }

    /// Takes in what arrived. Holds no more than was pushed and not yet
    /// pulled, whatever length the stream announces.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next complete record, if there is one. An error is final.
    pub fn pull(&mut self) -> Result<Option<Bytes>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.advance().inspect_err(|error| {
            self.failed = Some(error.clone());
            self.buffer = BytesMut::new();
        })
    }

    /// Whether the stream may end here without a record being cut.
    pub fn is_between_records(&self) -> bool {
        self.expected.is_none() && self.buffer.is_empty()
    }

    fn advance(&mut self) -> Result<Option<Bytes>, FrameError> {
        let length = match self.expected {
            Some(length) => length,
            None => match self.read_length()? {
                Some(length) => length,
                None => return Ok(None),
            },
        };
        self.expected = Some(length);
        if self.buffer.len() < length {
            return Ok(None);
        }
        self.expected = None;
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// Reads the length line, if it is all there.
    fn read_length(&mut self) -> Result<Option<usize>, FrameError> {
        let mut length: u64 = 0;
        for (count, &byte) in self.buffer.iter().enumerate() {
            match byte {
                b'\n' if count == 0 => return Err(FrameError::Digits(0)),
                b'\n' => {
                    self.buffer.advance(count + 1);
                    return self.checked(length).map(Some);
                }
                b'0'..=b'9' if count == MAX_DIGITS => return Err(FrameError::Digits(count + 1)),
                // A length beyond 64 bits saturates and is then too large.
                b'0'..=b'9' => {
                    length = length.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                }
                other => return Err(FrameError::NotALength(other)),
            }
        }
        Ok(None)
    }

    fn checked(&self, bytes: u64) -> Result<usize, FrameError> {
        usize::try_from(bytes)
            .ok()
            .filter(|&length| length <= self.limit)
            .ok_or(FrameError::TooLarge { bytes, limit: self.limit })
    }
}

/// A record as it goes over the wire.
pub fn encode(record: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{}\n", record.len()).into_bytes();
    bytes.extend_from_slice(record);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn pull_all(decoder: &mut Decoder) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut records = Vec::new();
        while let Some(record) = decoder.pull()? {
            records.push(record.to_vec());
        }
        Ok(records)
    }

    fn after(bytes: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut decoder = Decoder::new(1000);
        decoder.push(bytes);
        pull_all(&mut decoder)
    }

    #[test]
    fn length_that_is_no_number_is_refused() {
        assert_eq!(after(b"x"), Err(FrameError::NotALength(b'x')));
        assert_eq!(after(b"-1\n"), Err(FrameError::NotALength(b'-')));
        assert_eq!(after(b"1 \n"), Err(FrameError::NotALength(b' ')));
        assert_eq!(after(b"\n"), Err(FrameError::Digits(0)));
    }

    #[test]
    fn more_than_twenty_digits_are_refused_before_the_line_ends() {
        assert_eq!(after(&[b'0'; 20]), Ok(vec![]));
        assert_eq!(after(&[b'0'; 21]), Err(FrameError::Digits(21)));
    }

    #[test]
    fn record_over_the_limit_is_refused_before_it_arrives() {
        assert_eq!(after(b"1001\n"), Err(FrameError::TooLarge { bytes: 1001, limit: 1000 }));
        assert_eq!(
            after(b"99999999999999999999\n"),
            Err(FrameError::TooLarge { bytes: u64::MAX, limit: 1000 })
        );
    }

    #[test]
    fn empty_record_is_a_record() {
        assert_eq!(after(b"0\n0\n"), Ok(vec![vec![], vec![]]));
    }

    #[test]
    fn failed_decoder_stays_failed_and_holds_nothing() {
        let mut decoder = Decoder::new(10);
        decoder.push(b"x2\nhi");
        assert!(decoder.pull().is_err());
        decoder.push(b"2\nhi");
        assert_eq!(decoder.pull(), Err(FrameError::NotALength(b'x')));
        assert!(decoder.buffer.is_empty());
    }

    #[test]
    fn cut_record_is_noticed() {
        let mut decoder = Decoder::new(10);
        assert!(decoder.is_between_records());
        decoder.push(b"2");
        assert_eq!(decoder.pull(), Ok(None));
        assert!(!decoder.is_between_records());
        decoder.push(b"\n");
        assert_eq!(decoder.pull(), Ok(None));
        assert!(!decoder.is_between_records());
        decoder.push(b"hi");
        assert!(decoder.pull().unwrap().is_some());
        assert!(decoder.is_between_records());
    }

    proptest! {
        #[test]
        fn any_split_of_a_valid_stream_decodes_the_same(
            records in vec(vec(any::<u8>(), 0..40), 0..12),
            cuts in vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let stream: Vec<u8> = records.iter().flat_map(|record| encode(record)).collect();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            places.extend([0, stream.len()]);
            places.sort_unstable();
            let mut decoder = Decoder::new(40);
            let mut decoded = Vec::new();
            for pair in places.windows(2) {
                decoder.push(&stream[pair[0]..pair[1]]);
                decoded.extend(pull_all(&mut decoder).unwrap());
            }
            prop_assert_eq!(decoded, records);
            prop_assert!(decoder.is_between_records());
        }

        #[test]
        fn garbage_never_panics_nor_allocates_more_than_arrived(
            chunks in vec(prop_oneof![
                vec(any::<u8>(), 0..30),
                "[0-9]{0,22}\n?".prop_map(String::into_bytes),
            ], 0..20),
        ) {
            let mut decoder = Decoder::new(64);
            let mut pushed = 0;
            for chunk in chunks {
                pushed += chunk.len();
                decoder.push(&chunk);
                if let Ok(records) = pull_all(&mut decoder) {
                    prop_assert!(records.iter().all(|record| record.len() <= 64));
                }
                // Growth doubles, and starts at 64 bytes.
                prop_assert!(decoder.buffer.capacity() <= 64.max(2 * pushed));
            }
        }
    }
}
