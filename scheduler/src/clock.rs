//! Time and chance: the only place that asks the system for either.
#![allow(clippy::disallowed_methods, reason = "this is the door for time and chance")]

use std::time::SystemTime;

use mysos_model::{Dice, Password, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Builder;

/// Letters of generated passwords.
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Length of generated passwords: 21 letters of 62 are 125 bits.
const PASSWORD_LENGTH: usize = 21;

/// Now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}

/// The system's random source.
#[derive(Debug, Clone)]
pub(crate) struct Chance(SystemRandom);

/// The system has no random bytes to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's random source gave nothing")]
pub(crate) struct NoChance;

impl Default for Chance {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Chance {
    fn bytes<const N: usize>(&self) -> Result<[u8; N], NoChance> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| NoChance)?;
        Ok(bytes)
    }

    /// A new UUID in its usual form.
    pub(crate) fn uuid(&self) -> Result<String, NoChance> {
        Ok(Builder::from_random_bytes(self.bytes()?).into_uuid().to_string())
    }

    /// A new password.
    pub(crate) fn password(&self) -> Result<Password, NoChance> {
        let mut text = String::with_capacity(PASSWORD_LENGTH);
        while text.len() < PASSWORD_LENGTH {
            // Bytes of 248 and more would make the first letters likelier than the last.
            let fair = self.bytes::<32>()?.into_iter().filter(|byte| *byte < 248);
            let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
            text.extend(letters.map(|letter| char::from(*letter)));
        }
        text.truncate(PASSWORD_LENGTH);
        Ok(Password::new(text))
    }

    /// A generator for jitter and order, seeded anew.
    pub(crate) fn dice(&self) -> Result<Dice, NoChance> {
        Ok(Dice::new(u64::from_le_bytes(self.bytes()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_21_letters_and_digits_and_never_the_same() {
        let chance = Chance::default();
        let (a, b) = (chance.password().unwrap(), chance.password().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), 21);
        assert!(a.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn uuids_make_valid_instance_ids() {
        assert!(Chance::default().uuid().unwrap().parse::<mysos_model::InstanceId>().is_ok());
    }

    #[test]
    fn now_is_after_this_was_written() {
        assert!(now() > Timestamp(1_760_000_000_000));
    }
}
