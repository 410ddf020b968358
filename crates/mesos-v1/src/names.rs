//! Ids of the protocol made from text and shown as text. They are opaque:
//! nothing here takes one apart.

use std::fmt;

use crate::proto::{
    AgentId, ContainerId, ExecutorId, FrameworkId, OfferId, OperationId, ResourceProviderId, TaskId, secret,
};

macro_rules! id {
    ($($name:ident),*) => {$(
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                $name { value: value.to_owned(), ..Default::default() }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                $name { value, ..Default::default() }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.value)
            }
        }
    )*};
}

// `ContainerId` needs the rest of its fields; for the others it is empty.
#[allow(clippy::needless_update, reason = "one macro for ids with and without a parent")]
mod ids {
    use super::{
        AgentId, ContainerId, ExecutorId, FrameworkId, OfferId, OperationId, ResourceProviderId, TaskId, fmt,
    };

    id!(AgentId, ContainerId, ExecutorId, FrameworkId, OfferId, OperationId, ResourceProviderId, TaskId);
}

/// Shows that there is a secret, not which.
impl fmt::Debug for secret::Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value { data: *** }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_shows_the_text_it_was_made_from() {
        assert_eq!(TaskId::from("t-1").to_string(), "t-1");
        assert_eq!(ContainerId::from("c".to_owned()).parent, None);
    }

    #[test]
    fn secret_value_is_not_shown() {
        let value = secret::Value { data: b"hunter2".to_vec() };
        assert!(!format!("{value:?}").contains("104"));
        assert_eq!(format!("{value:?}"), "Value { data: *** }");
    }
}
