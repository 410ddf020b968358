//! Which server this is: the server is asked, or its program's `--version`; the name of a file says nothing
//! (Debian's `mysqld` is MariaDB).

use std::fmt;

use mysos_model::flavor::Flavor;

/// A server's flavor and version. Ordered by number within a flavor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerVersion {
    /// MariaDB or MySQL.
    pub flavor: Flavor,
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// Why a text tells no version that we can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// There is no version in it.
    #[error("{text:?} holds no version of a server")]
    Unreadable {
        /// The text, cut to a line.
        text: String,
    },
    /// A server older than any we know the statements of.
    #[error("{found} is too old; {flavor} {oldest} or later is needed", flavor = found.flavor)]
    TooOld {
        /// What was found.
        found: ServerVersion,
        /// The oldest that will do.
        oldest: &'static str,
    },
}

/// The oldest of each flavor: the first MariaDB with READ_ONLY ADMIN apart from SUPER, and the first MySQL
/// with the statements that 9.x still has.
const OLDEST: [(Flavor, u16, u16, &str); 2] =
    [(Flavor::MariaDb, 10, 11, "10.11"), (Flavor::MySql, 8, 4, "8.4")];

/// How much of an unreadable text an error repeats.
const SHOWN_CHARS: usize = 120;

impl ServerVersion {
    /// Reads the answer of `SELECT VERSION()`, such as `10.11.19-MariaDB-0+deb12u1-log` or `9.7.4-2`.
    pub fn from_select(text: &str) -> Result<Self, VersionError> {
        // Some MariaDB servers put 5.5.5- in front, for replicas of another age.
        let plain = text.trim().strip_prefix("5.5.5-").unwrap_or(text.trim());
        let flavor = if plain.contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql };
        Self::numbers(flavor, plain)?.checked()
    }

    /// Reads what `mysqld --version` prints, such as
    /// `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)`.
    pub fn from_program(text: &str) -> Result<Self, VersionError> {
        let word = text.split_whitespace().skip_while(|word| *word != "Ver").nth(1);
        Self::from_select(word.ok_or_else(|| unreadable(text))?)
    }

    fn numbers(flavor: Flavor, text: &str) -> Result<Self, VersionError> {
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .unwrap_or_default()
            .split('.')
            .map(|number| number.parse::<u16>().map_err(|_| unreadable(text)));
        let mut next = || numbers.next().unwrap_or_else(|| Err(unreadable(text)));
        Ok(Self { flavor, major: next()?, minor: next()?, patch: next()? })
    }

    fn checked(self) -> Result<Self, VersionError> {
        for (flavor, major, minor, oldest) in OLDEST {
            if flavor == self.flavor && (self.major, self.minor) < (major, minor) {
                return Err(VersionError::TooOld { found: self, oldest });
            }
        }
        Ok(self)
    }
}

fn unreadable(text: &str) -> VersionError {
    VersionError::Unreadable { text: text.trim().chars().take(SHOWN_CHARS).collect() }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flavor, major, minor, patch } = self;
        write!(f, "{flavor} {major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_named_mysqld_may_be_mariadb() {
        let debian =
            "/usr/sbin/mysqld  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n";
        assert_eq!(ServerVersion::from_program(debian).unwrap().to_string(), "mariadb 10.11.19");
        let mysql = "/opt/x/bin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))";
        assert_eq!(ServerVersion::from_program(mysql).unwrap().to_string(), "mysql 9.7.4");
    }

    #[test]
    fn the_server_says_what_it_is() {
        for (text, version) in [
            ("10.11.19-MariaDB-0+deb12u1-log", "mariadb 10.11.19"),
            ("5.5.5-11.4.2-MariaDB", "mariadb 11.4.2"),
            ("9.7.4-2", "mysql 9.7.4"),
            ("8.4.0", "mysql 8.4.0"),
        ] {
            assert_eq!(ServerVersion::from_select(text).unwrap().to_string(), version);
        }
    }

    #[test]
    fn what_is_too_old_or_no_version_is_refused() {
        for text in ["", "Ver", "mysqld Ver", "x Ver ten", "mysqld Ver 9.7"] {
            assert!(
                matches!(ServerVersion::from_program(text), Err(VersionError::Unreadable { .. })),
                "{text}"
            );
        }
        let old = ServerVersion::from_select("5.6.24").unwrap_err();
        assert_eq!(old.to_string(), "mysql 5.6.24 is too old; mysql 8.4 or later is needed");
        assert!(ServerVersion::from_select("10.6.1-MariaDB").is_err());
    }
}
