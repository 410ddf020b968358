//! Names: the two groups of a replicated service, and `member_NNNNNNNNNN`.

use std::fmt;

/// What the name of every member starts with; a sequential znode with this prefix gets the digits from ZooKeeper.
pub const MEMBER_PREFIX: &str = "member_";
/// ZooKeeper appends ten digits.
const DIGITS: usize = 10;

/// The two groups of a replicated service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// At most one member: it accepts writes.
    Primary,
    /// Any number of members: they can be read.
    Replicas,
}

/// The number of a member, which it keeps while it moves between the groups. Orders by when members first joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberNumber(pub u32);

impl Group {
    /// The name of its znode.
    pub fn znode(self) -> &'static str {
        match self {
            Self::Primary => "master",
            Self::Replicas => "slaves",
        }
    }
}

impl MemberNumber {
    /// Reads a name, or the last name of a path. `None` if it is not one of a member: not every child has to be.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next()?;
        let digits = name.strip_prefix(MEMBER_PREFIX)?;
        let fit = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        fit.then(|| digits.parse().ok().map(Self)).flatten()
    }

    /// The name: `member_0000000007`.
    pub fn name(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for MemberNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MEMBER_PREFIX}{:010}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_those_of_zookeeper() {
        assert_eq!(MemberNumber(12).name(), "member_0000000012");
        assert_eq!(MemberNumber::parse("member_0000000012"), Some(MemberNumber(12)));
        assert_eq!(MemberNumber::parse("/a/slaves/member_0000000012"), Some(MemberNumber(12)));
    }

    #[test]
    fn other_children_are_no_members() {
        for name in [
            "",
            "member_",
            "member_1",
            "member_00000000012",
            "member_-000000001",
            "member_+000000001",
            "member_000000000x",
            "member_9999999999",
            "Member_0000000001",
            "lock_0000000001",
        ] {
            assert_eq!(MemberNumber::parse(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(number: u32) {
            prop_assert_eq!(MemberNumber::parse(&MemberNumber(number).name()), Some(MemberNumber(number)));
        }

        #[test]
        fn names_sort_as_their_numbers(a: u32, b: u32) {
            prop_assert_eq!(MemberNumber(a).name().cmp(&MemberNumber(b).name()), a.cmp(&b));
        }

        #[test]
        fn any_name_is_read_or_not(name in "\\PC*") {
            if let Some(number) = MemberNumber::parse(&name) {
                prop_assert!(name.ends_with(&number.name()));
            }
        }
    }
}
