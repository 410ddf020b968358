//! Which family of server a cluster runs. What differs between the two stands in `mysql-admin`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The family of a server. Read from what the server says of itself, never from the name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

/// A text that names no flavor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a flavor; use mariadb or mysql")]
pub struct FlavorError {
    /// The text.
    pub text: String,
}

impl Flavor {
    /// Every flavor.
    pub const ALL: [Self; 2] = [Self::MariaDb, Self::MySql];

    /// The name on the wire, in flags and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }
}

impl FromStr for Flavor {
    type Err = FlavorError;
    fn from_str(text: &str) -> Result<Self, FlavorError> {
        Self::ALL
            .into_iter()
            .find(|flavor| flavor.as_str() == text)
            .ok_or_else(|| FlavorError { text: text.to_owned() })
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flavor_has_one_name_everywhere() {
        for flavor in Flavor::ALL {
            assert_eq!(flavor.to_string().parse(), Ok(flavor));
            assert_eq!(serde_json::to_value(flavor).unwrap(), flavor.as_str());
        }
        assert!("MySQL".parse::<Flavor>().unwrap_err().to_string().contains("use mariadb or mysql"));
    }
}
