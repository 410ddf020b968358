//! Numbers that never go back: epoch, turn, generation, term.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The one after this.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The number of one election of one cluster. An epoch known to any disk is never reused.
    Epoch
}
number! {
    /// The number of one swap of the epoch record. A claim holds for the turn it was made under.
    Turn
}
number! {
    /// The number of one version of a cluster's spec.
    Generation
}
number! {
    /// The number of one scheduler's leadership.
    Term
}
