//! Secrets at rest: bytes sealed with a key of 32 bytes, bound to the place where they are kept.
//!
//! Sealed form: version (1 byte), nonce (12 bytes, random), ciphertext with tag. The version and a context, usually
//! the path of the znode, are authenticated with it: sealed bytes copied to another place do not open there.

use std::fmt;

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

/// ChaCha20-Poly1305 with a random nonce. A key seals some thousand times in its life; nonces of 96 random bits
/// do not repeat within 2^32 uses.
const VERSION: u8 = 1;
const HEADER: usize = 1 + NONCE_LEN;

/// A key that seals and opens.
#[derive(Clone)]
pub struct SealKey(LessSafeKey);

/// Sealing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The key has another length.
    #[error("a sealing key has 32 bytes, this one has {0}")]
    KeyLength(usize),
    /// The system's random source, or the cipher, refused.
    #[error("the system gave no random bytes to seal with")]
    NoRandom,
}

/// Opening failed. Tells nothing of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Sealed by a later version of this program, or not sealed at all.
    #[error("sealed in format {0}, this program knows format {VERSION}")]
    Format(u8),
    /// Too short to be sealed bytes.
    #[error("too short to be sealed")]
    Short,
    /// Another key, another place, or changed bytes.
    #[error("does not open: another key, another place, or damaged")]
    Wrong,
}

impl SealKey {
    /// A key from its bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, SealedError> {
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| SealedError::KeyLength(bytes.len()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals for the place named by `context`.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SealedError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealedError::NoRandom)?;
        let mut body = plain.to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(nonce_used, bound_to(context), &mut body)
            .map_err(|_| SealedError::NoRandom)?;
        let mut sealed = Vec::with_capacity(HEADER + body.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        match sealed.first() {
            None => return Err(OpenError::Short),
            Some(&VERSION) => {}
            Some(&other) => return Err(OpenError::Format(other)),
        }
        let nonce = sealed.get(1..HEADER).ok_or(OpenError::Short)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Short)?;
        let mut body = sealed.get(HEADER..).ok_or(OpenError::Short)?.to_vec();
        let length =
            self.0.open_in_place(nonce, bound_to(context), &mut body).map_err(|_| OpenError::Wrong)?.len();
        body.truncate(length);
        Ok(body)
    }
}

fn bound_to(context: &str) -> Aad<Vec<u8>> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(context.as_bytes());
    Aad::from(bytes)
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> SealKey {
        SealKey::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_key_has_32_bytes() {
        for length in [0, 16, 31, 33] {
            assert_eq!(SealKey::new(&vec![0; length]).unwrap_err(), SealedError::KeyLength(length));
        }
        assert_eq!(format!("{:?}", key(1)), "SealKey(***)");
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        assert_ne!(key(1).seal("/a", b"x").unwrap(), key(1).seal("/a", b"x").unwrap());
    }

    #[test]
    fn what_is_not_sealed_says_so() {
        assert_eq!(key(1).open("/a", b""), Err(OpenError::Short));
        assert_eq!(key(1).open("/a", b"{\"plain\": 1}"), Err(OpenError::Format(b'{')));
        assert_eq!(key(1).open("/a", &[VERSION; 5]), Err(OpenError::Short));
        assert_eq!(key(1).open("/a", &[VERSION; 13]), Err(OpenError::Wrong));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(plain: Vec<u8>, context in ".{0,40}", byte: u8) {
            let sealed = key(byte).seal(&context, &plain).unwrap();
            prop_assert_eq!(key(byte).open(&context, &sealed).unwrap(), plain);
        }

        #[test]
        fn another_key_or_place_does_not_open(plain: Vec<u8>, byte: u8) {
            let sealed = key(byte).seal("/a", &plain).unwrap();
            prop_assert_eq!(key(byte.wrapping_add(1)).open("/a", &sealed), Err(OpenError::Wrong));
            prop_assert_eq!(key(byte).open("/b", &sealed), Err(OpenError::Wrong));
        }

        #[test]
        fn any_changed_byte_is_noticed(plain: Vec<u8>, at: prop::sample::Index, flip in 1u8..) {
            let mut sealed = key(7).seal("/a", &plain).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(key(7).open("/a", &sealed).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_panic(bytes: Vec<u8>) {
            let _ = key(7).open("/a", &bytes);
        }
    }
}
