//! The stream of a copy: frames with a kind, a length and a payload. Only the last frame makes it whole: a stream that
//! ends without one was cut off, however it ended.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// How much of the data one frame carries: enough that frames cost nothing, little beside the memory of a task.
pub(crate) const FRAME_BYTES: usize = 64 * 1024;
/// The longest payload that is taken from a donor.
const MOST_BYTES: usize = 1024 * 1024;
/// Kind and length.
const HEAD_BYTES: usize = 5;

/// What the donor says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// How large the copy will be, about.
    pub(crate) bytes: u64,
}

/// What the donor says last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tail {
    /// MariaDB: everything in the donor's binary log, as it was just after the copy.
    pub(crate) state: String,
}

/// A piece of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    /// It begins.
    Head(Head),
    /// Data.
    Data(Bytes),
    /// Nothing new, and the donor is at it.
    Alive,
    /// It is whole.
    Tail(Tail),
    /// It will not be whole, and why.
    Failed(String),
}

/// A frame that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// No kind that is known.
    #[error("a frame of the unknown kind {0:#04x}")]
    Kind(u8),
    /// Longer than any frame is.
    #[error("a frame of {0} bytes")]
    Length(usize),
    /// A payload that is not what its kind says.
    #[error("a frame that cannot be read: {0}")]
    Payload(String),
}

impl Frame {
    /// Its bytes.
    pub(crate) fn encode(&self) -> Bytes {
        let json = |value: serde_json::Result<Vec<u8>>| Bytes::from(value.unwrap_or_default());
        let (kind, payload) = match self {
            Self::Head(head) => (b'H', json(serde_json::to_vec(head))),
            Self::Data(bytes) => (b'D', bytes.clone()),
            Self::Alive => (b'A', Bytes::new()),
            Self::Tail(tail) => (b'T', json(serde_json::to_vec(tail))),
            Self::Failed(why) => (b'F', Bytes::copy_from_slice(why.as_bytes())),
        };
        let mut bytes = BytesMut::with_capacity(HEAD_BYTES + payload.len());
        bytes.put_u8(kind);
        bytes.put_u32(payload.len() as u32);
        bytes.put(payload);
        bytes.freeze()
    }

    fn decode(kind: u8, payload: Bytes) -> Result<Self, FrameError> {
        let unreadable = |error: serde_json::Error| FrameError::Payload(error.to_string());
        Ok(match kind {
            b'H' => Self::Head(serde_json::from_slice(&payload).map_err(unreadable)?),
            b'D' => Self::Data(payload),
            b'A' => Self::Alive,
            b'T' => Self::Tail(serde_json::from_slice(&payload).map_err(unreadable)?),
            b'F' => Self::Failed(String::from_utf8_lossy(&payload).into_owned()),
            kind => return Err(FrameError::Kind(kind)),
        })
    }
}

/// Puts frames together again, however they were cut on the way.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    buffer: BytesMut,
}

impl Frames {
    /// Takes in what has come.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some((kind, length)) = self.head() else { return Ok(None) };
        if length > MOST_BYTES {
            return Err(FrameError::Length(length));
        }
        if self.buffer.len() < HEAD_BYTES + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        Frame::decode(kind, self.buffer.split_to(length).freeze()).map(Some)
    }

    fn head(&self) -> Option<(u8, usize)> {
        let (kind, rest) = self.buffer.split_first()?;
        let length: [u8; 4] = rest.get(..4)?.try_into().ok()?;
        Some((*kind, u32::from_be_bytes(length) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Frame> {
        vec![
            Frame::Head(Head { bytes: 7 }),
            Frame::Data(Bytes::from_static(b"rows")),
            Frame::Alive,
            Frame::Failed("the disk is full".into()),
            Frame::Tail(Tail { state: "0-1-2".into() }),
        ]
    }

    #[test]
    fn frames_survive_any_cut() {
        let whole: Vec<u8> = all().iter().flat_map(|frame| frame.encode().to_vec()).collect();
        for size in [1, 2, 3, 5, 7, whole.len()] {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for piece in whole.chunks(size) {
                frames.push(piece);
                while let Some(frame) = frames.next().unwrap() {
                    seen.push(frame);
                }
            }
            assert_eq!(seen, all());
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let mut frames = Frames::default();
        frames.push(b"Z\0\0\0\0");
        assert_eq!(frames.next(), Err(FrameError::Kind(b'Z')));
        let mut frames = Frames::default();
        frames.push(b"D\xff\xff\xff\xff");
        assert!(matches!(frames.next(), Err(FrameError::Length(_))));
        let mut frames = Frames::default();
        frames.push(b"H\0\0\0\x01?");
        assert!(matches!(frames.next(), Err(FrameError::Payload(_))));
    }
}
