//! What a reader makes of the znodes of both groups.

use crate::{
    group::{Group, MemberNumber},
    member::{Endpoint, Member, MemberError},
};

/// The members of one service, and what could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    primaries: Vec<Entry>,
    replicas: Vec<Entry>,
    broken: Vec<Broken>,
}

/// One member with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub number: MemberNumber,
    /// Its document.
    pub member: Member,
}

/// A child that is not a usable member. Reported, never fatal: the others count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it is.
    pub group: Group,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a child.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Its name is not one of a member.
    #[error("its name is not member_ and ten digits")]
    Name,
    /// Its document cannot be read.
    #[error("its document cannot be read")]
    Document(#[source] MemberError),
}

impl Resolved {
    /// From the names and data of the children of both groups, in whatever order.
    pub fn of<'a>(
        primary: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        replicas: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut resolved = Self::default();
        for (name, data) in primary {
            resolved.add(Group::Primary, name, data);
        }
        for (name, data) in replicas {
            resolved.add(Group::Replicas, name, data);
        }
        resolved.primaries.sort_by_key(|entry| entry.number);
        resolved.replicas.sort_by_key(|entry| entry.number);
        resolved
    }

    /// Where to write: the one living member of the primary's group. `None` if there is none at present, and also
    /// if there are several, because then it is not known which.
    pub fn primary(&self) -> Option<&Endpoint> {
        let mut living = self.primaries.iter().filter(|entry| entry.member.is_alive());
        match (living.next(), living.next()) {
            (Some(entry), None) => Some(&entry.member.service),
            _ => None,
        }
    }

    /// Where to read: the living replicas, in order of their numbers.
    pub fn replicas(&self) -> impl Iterator<Item = &Endpoint> {
        self.replicas.iter().filter(|entry| entry.member.is_alive()).map(|entry| &entry.member.service)
    }

    /// All readable members of a group, living or not, in order of their numbers.
    pub fn entries(&self, group: Group) -> &[Entry] {
        match group {
            Group::Primary => &self.primaries,
            Group::Replicas => &self.replicas,
        }
    }

    /// What could not be read.
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    fn add(&mut self, group: Group, name: &str, data: &[u8]) {
        match read(name, data) {
            Ok(entry) => match group {
                Group::Primary => self.primaries.push(entry),
                Group::Replicas => self.replicas.push(entry),
            },
            Err(why) => self.broken.push(Broken { group, name: name.to_owned(), why }),
        }
    }
}

fn read(name: &str, data: &[u8]) -> Result<Entry, Why> {
    let number = MemberNumber::parse(name).ok_or(Why::Name)?;
    let member = Member::parse(data).map_err(Why::Document)?;
    Ok(Entry { number, member })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn document(host: &str) -> Vec<u8> {
        Member::alive(Endpoint::new(host, 1)).to_json().into_bytes()
    }

    fn hosts(resolved: &Resolved) -> Vec<&str> {
        resolved.replicas().map(|endpoint| endpoint.host.as_str()).collect()
    }

    #[test]
    fn one_primary_and_replicas_in_order() {
        let (a, b, c) = (document("a"), document("b"), document("c"));
        let resolved = Resolved::of(
            [("member_0000000002", a.as_slice())],
            [("member_0000000010", c.as_slice()), ("member_0000000009", b.as_slice())],
        );
        assert_eq!(resolved.primary().unwrap().host, "a");
        assert_eq!(hosts(&resolved), ["b", "c"]);
        assert_eq!(resolved.broken(), []);
    }

    #[test]
    fn broken_entries_are_reported_and_hide_nothing() {
        let fine = document("a");
        let resolved = Resolved::of(
            [("member_0000000001", fine.as_slice()), ("lock", b"")],
            [("member_0000000002", b"{".as_slice()), ("member_0000000003", fine.as_slice())],
        );
        assert_eq!(resolved.primary().unwrap().host, "a");
        assert_eq!(hosts(&resolved), ["a"]);
        let broken: Vec<_> = resolved.broken().iter().map(|b| (b.group, b.name.as_str())).collect();
        assert_eq!(broken, [(Group::Primary, "lock"), (Group::Replicas, "member_0000000002")]);
    }

    #[test]
    fn several_primaries_are_none() {
        let (a, b) = (document("a"), document("b"));
        let both = [("member_0000000001", a.as_slice()), ("member_0000000002", b.as_slice())];
        let resolved = Resolved::of(both, []);
        assert_eq!(resolved.primary(), None);
        assert_eq!(resolved.entries(Group::Primary).len(), 2);
    }

    #[test]
    fn who_is_not_alive_is_listed_but_not_used() {
        let dead = br#"{"status":"DEAD","serviceEndpoint":{"host":"a","port":1}}"#;
        let resolved =
            Resolved::of([("member_0000000001", dead.as_slice())], [("member_0000000002", dead.as_slice())]);
        assert_eq!((resolved.primary(), hosts(&resolved).len()), (None, 0));
        assert_eq!(resolved.entries(Group::Replicas).len(), 1);
    }

    proptest! {
        #[test]
        fn every_child_is_a_member_or_is_reported(
            children in prop::collection::btree_map("(member_[0-9]{9,11}|[a-z]{0,8})", any::<Vec<u8>>(), 0..6),
            good in prop::collection::btree_set(any::<u32>(), 0..6),
        ) {
            let document = document("h");
            let names: Vec<_> = good.iter().map(|number| MemberNumber(*number).name()).collect();
            let fine = names.iter().map(|name| (name.as_str(), document.as_slice()));
            let odd = children.iter().map(|(name, data)| (name.as_str(), data.as_slice()));
            let resolved = Resolved::of(odd, fine);
            prop_assert_eq!(resolved.replicas().count(), good.len());
            let found = resolved.entries(Group::Primary).len() + resolved.broken().len();
            prop_assert_eq!(found, children.len());
        }
    }
}
