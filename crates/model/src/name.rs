//! Names and ids: their only parsers. A value of one of these types is valid by construction.
//!
//! What a name may contain is limited by the places it travels to: znode paths, Mesos ids, MySQL accounts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not a valid name or id. The text of the error is shown to users.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty or longer than allowed.
    #[error("{what} must have 1 to {max} characters, not {found}")]
    Length {
        /// What was parsed.
        what: &'static str,
        /// The longest allowed, in characters.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// A character that is not allowed, or not at this place.
    #[error("{what} may contain only {allowed}; {found:?} is not allowed at position {position}")]
    Character {
        /// What was parsed.
        what: &'static str,
        /// What would be allowed, in words.
        allowed: &'static str,
        /// The offending character.
        found: char,
        /// Its position, from 1.
        position: usize,
    },
    /// The name is taken by Mysos or by MySQL itself.
    #[error("{name:?} is reserved; choose another {what}")]
    Reserved {
        /// What was parsed.
        what: &'static str,
        /// The reserved name.
        name: String,
    },
    /// The text does not have the form of this id.
    #[error("{text:?} is not a {what}")]
    Form {
        /// What was parsed.
        what: &'static str,
        /// The text.
        text: String,
    },
}

/// Checks length and characters; `edge` says whether a character may stand first or last.
fn check(
    what: &'static str,
    (allowed, max): (&'static str, usize),
    text: &str,
    fits: impl Fn(char) -> bool,
    edge: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    let found = text.chars().count();
    if found == 0 || found > max {
        return Err(NameError::Length { what, max, found });
    }
    for (at, c) in text.chars().enumerate() {
        let at_edge = at == 0 || at + 1 == found;
        if !fits(c) || (at_edge && !edge(c)) {
            return Err(NameError::Character { what, allowed, found: c, position: at + 1 });
        }
    }
    Ok(())
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let parse: fn(&str) -> Result<(), NameError> = $parse;
                parse(text)?;
                Ok(Self(text.to_owned()))
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// The name of a cluster: 1–64 of `[A-Za-z0-9@._-]`, beginning and ending with a letter or digit.
    /// It becomes a znode, part of task ids and of URLs.
    ClusterName, |text| check(
        "cluster name",
        ("letters, digits and @ . _ -, beginning and ending with a letter or digit", 64),
        text,
        |c| c.is_ascii_alphanumeric() || "@._-".contains(c),
        |c| c.is_ascii_alphanumeric(),
    )
}

text_type! {
    /// The MySQL account made for the owner of a cluster: 1–32 of `[A-Za-z0-9_.-]`.
    ClusterUser, |text| {
        check(
            "cluster_user",
            ("letters, digits and _ . -", 32),
            text,
            |c| c.is_ascii_alphanumeric() || "_.-".contains(c),
            |_| true,
        )?;
        // `root` is locked, the others are the servers' and our own accounts.
        let lower = text.to_ascii_lowercase();
        let reserved = lower == "root"
            || lower == "mariadb.sys"
            || ["mysql.", "mysos_"].iter().any(|prefix| lower.starts_with(prefix));
        if reserved {
            return Err(NameError::Reserved { what: "cluster_user", name: text.to_owned() });
        }
        Ok(())
    }
}

/// Whether a text is a UUID in its usual form: 8-4-4-4-12 lower-case hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups.iter().all(|group| group.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn uuid(what: &'static str, text: &str) -> Result<(), NameError> {
    if is_uuid(text) { Ok(()) } else { Err(NameError::Form { what, text: text.to_owned() }) }
}

text_type! {
    /// An instance: the scheduler's slot for a member. Given once, outlives tasks. A UUID.
    InstanceId, |text| uuid("instance id", text)
}

text_type! {
    /// The identity of a data directory: our own file in it, new with every new directory. A UUID.
    /// Members are counted in the ack set by this, not by their task.
    DataId, |text| uuid("data identity", text)
}

/// Which slot of its cluster an instance fills, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ordinal(pub u32);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One launch of an executor for an instance: `mysos-<cluster>-<ordinal>-<uuid>`. Never reused.
/// The executor id of the launch is the same text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId {
    text: String,
    cluster: ClusterName,
    ordinal: Ordinal,
}

/// Length of a UUID in its usual form.
const UUID_LENGTH: usize = 36;

impl TaskId {
    /// The id of a launch; `uuid` is drawn by the shell.
    pub fn new(cluster: &ClusterName, ordinal: Ordinal, uuid: &str) -> Result<Self, NameError> {
        format!("mysos-{cluster}-{ordinal}-{uuid}").parse()
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The cluster that the task belongs to.
    pub fn cluster(&self) -> &ClusterName {
        &self.cluster
    }

    /// The slot that the task fills.
    pub fn ordinal(&self) -> Ordinal {
        self.ordinal
    }
}

impl FromStr for TaskId {
    type Err = NameError;

    /// Parses from the right, because a cluster name may contain dashes.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Form { what: "task id", text: text.to_owned() };
        let cut = text.len().checked_sub(UUID_LENGTH).ok_or_else(wrong)?;
        let (front, id) = text.split_at_checked(cut).ok_or_else(wrong)?;
        if !is_uuid(id) {
            return Err(wrong());
        }
        let front = front.strip_prefix("mysos-").and_then(|rest| rest.strip_suffix('-')).ok_or_else(wrong)?;
        let (cluster, ordinal) = front.rsplit_once('-').ok_or_else(wrong)?;
        let number: u32 = ordinal.parse().map_err(|_| wrong())?;
        if number.to_string() != ordinal {
            return Err(wrong()); // "07" or "+7" would name the same slot twice.
        }
        Ok(Self { text: text.to_owned(), cluster: cluster.parse()?, ordinal: Ordinal(number) })
    }
}

impl TryFrom<String> for TaskId {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> String {
        id.text
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    #[test]
    fn cluster_names_fit_znodes_and_task_ids() {
        for good in ["a", "shop", "test_cluster3", "a.b-c@d", &"x".repeat(64)] {
            assert!(good.parse::<ClusterName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "-a", "a-", "a/b", "a b", "ä", "a\0b", &"x".repeat(65)] {
            assert!(bad.parse::<ClusterName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn accounts_of_the_servers_are_reserved() {
        for bad in ["root", "ROOT", "mysql.sys", "mysos_admin", "mariadb.sys", "", "a b", "x'y"] {
            assert!(bad.parse::<ClusterUser>().is_err(), "{bad}");
        }
        assert!("app".parse::<ClusterUser>().is_ok());
    }

    #[test]
    fn task_id_of_a_name_with_dashes_parses_back() {
        let cluster: ClusterName = "a-1-b-2".parse().unwrap();
        let id = TaskId::new(&cluster, Ordinal(7), UUID).unwrap();
        assert_eq!(id.as_str(), format!("mysos-a-1-b-2-7-{UUID}"));
        let back: TaskId = id.as_str().parse().unwrap();
        assert_eq!((back.cluster(), back.ordinal()), (&cluster, Ordinal(7)));
    }

    #[test]
    fn ordinal_has_one_spelling() {
        assert!(format!("mysos-a-07-{UUID}").parse::<TaskId>().is_err());
        assert!(format!("mysos-a-+7-{UUID}").parse::<TaskId>().is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,80}") {
            let _ = text.parse::<TaskId>();
            let _ = text.parse::<ClusterName>();
            let _ = text.parse::<ClusterUser>();
        }

        #[test]
        fn every_task_id_parses_back(
            name in "[A-Za-z0-9]([A-Za-z0-9@._-]{0,20}[A-Za-z0-9])?", ordinal in 0u32..10_000
        ) {
            let id = TaskId::new(&name.parse().unwrap(), Ordinal(ordinal), UUID).unwrap();
            prop_assert_eq!(id.as_str().parse::<TaskId>().unwrap(), id);
        }
    }
}
