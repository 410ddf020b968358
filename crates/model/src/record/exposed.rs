//! Serde for secrets in the few records that carry them. Every use names this module, so that a search
//! for it finds each place where a secret is written in clear (and then sealed by the caller).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::secret::Password;

/// Writes the secret itself.
pub(super) fn serialize<S: Serializer>(secret: &Password, to: S) -> Result<S::Ok, S::Error> {
    secret.expose().serialize(to)
}

/// Reads a secret.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Password, D::Error> {
    String::deserialize(from).map(Password::new)
}

/// The same for a secret that may be absent.
pub(super) mod option {
    use super::{Deserialize, Deserializer, Password, Serialize, Serializer};

    /// Writes the secret itself, or null.
    #[allow(clippy::ref_option, reason = "serde's `with` gives a reference to the field")]
    pub(in super::super) fn serialize<S: Serializer>(
        secret: &Option<Password>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Password::expose).serialize(to)
    }

    /// Reads a secret that may be absent.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Password>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Password::new))
    }
}
