//! A password, in a type that does not show it.
//!
//! There is no `Display` and no serde here: whoever needs the text writes `expose()`, and that word can
//! be looked for.

use std::fmt;

/// A secret text. `Debug` shows no character of it, and comparing takes the same time wherever two differ.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. For the one place that sends, seals or asks for it; never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Looks at every byte of both, so that the time tells the lengths at most, never where they differ.
impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.0.as_bytes(), other.0.as_bytes());
        let differing = mine.iter().zip(theirs).fold(0u8, |seen, (a, b)| seen | (a ^ b));
        std::hint::black_box(differing) == 0 && mine.len() == theirs.len()
    }
}

impl Eq for Password {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_password() {
        let shown = format!("{:?} {:#?}", Password::new("s3cret"), Some(Password::new("s3cret")));
        assert!(!shown.contains("s3"), "{shown}");
    }

    #[test]
    fn passwords_compare_by_text() {
        assert_eq!(Password::new("abc"), Password::new("abc"));
        for other in ["", "ab", "abd", "abcd"] {
            assert_ne!(Password::new("abc"), Password::new(other));
        }
        assert!(Password::new("").is_empty());
    }
}
