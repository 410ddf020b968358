//! How a member joins, leaves and becomes primary: as steps of one transaction, computed from what is there.
//!
//! The caller reads the guard, **then** lists both groups, asks for a plan, and commits all its steps as **one**
//! transaction, in order. If the guard has changed since, or what the plan takes away is gone, the transaction fails
//! as a whole: read again, plan again.
//!
//! Readers see at most one primary at any instant, if two things hold. Each version of the guard names one member
//! that may promote itself. And the guard is read before the groups are listed, in one session: then whatever an
//! earlier version allowed is in the listing, and what it allows later fails.
//!
//! Every step may be repeated: a plan made from the listing that it led to leads there again.

use std::collections::BTreeSet;

use crate::{
    group::{Group, MEMBER_PREFIX, MemberNumber},
    member::Member,
};

/// The two groups of one service, by the znode that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSet {
    base: String,
}

/// The transaction holds only if this znode still has this version: the record that says who may serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: i32,
}

/// The members that are there, by their names. Other children are none of our business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Under `master`.
    pub primary: BTreeSet<MemberNumber>,
    /// Under `slaves`.
    pub replicas: BTreeSet<MemberNumber>,
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The znode has this version.
    Check {
        /// Where.
        path: String,
        /// Its version.
        version: i32,
    },
    /// Delete, in whatever version.
    Delete {
        /// Where.
        path: String,
    },
    /// Create, ephemeral, under exactly this path.
    Create {
        /// Where.
        path: String,
        /// The document.
        data: String,
    },
    /// Create, ephemeral and sequential: ZooKeeper appends the number, which is the member's from then on.
    CreateNext {
        /// What the path starts with.
        prefix: String,
        /// The document.
        data: String,
    },
}

impl Listing {
    /// From the names of the children of both groups.
    pub fn of<'a>(
        primary: impl IntoIterator<Item = &'a str>,
        replicas: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let read = |names: &mut dyn Iterator<Item = &'a str>| names.filter_map(MemberNumber::parse).collect();
        Self { primary: read(&mut primary.into_iter()), replicas: read(&mut replicas.into_iter()) }
    }
}

impl Guard {
    fn step(&self) -> Step {
        Step::Check { path: self.path.clone(), version: self.version }
    }
}

impl ServerSet {
    /// The groups below this path.
    pub fn new(base: impl Into<String>) -> Self {
        let mut base = base.into();
        base.truncate(base.trim_end_matches('/').len());
        Self { base }
    }

    /// The znode of a group.
    pub fn group(&self, group: Group) -> String {
        format!("{}/{}", self.base, group.znode())
    }

    /// The znode of a member.
    pub fn member(&self, group: Group, number: MemberNumber) -> String {
        format!("{}/{number}", self.group(group))
    }

    /// First entry, as a replica: ZooKeeper gives the number.
    pub fn join(&self, guard: &Guard, member: &Member) -> Vec<Step> {
        let prefix = format!("{}/{MEMBER_PREFIX}", self.group(Group::Replicas));
        vec![guard.step(), Step::CreateNext { prefix, data: member.to_json() }]
    }

    /// Entry as a replica under a number that this member already has: after a lost session, after a demotion, or
    /// to publish a changed document. Takes away what is left of it in either group.
    pub fn rejoin(&self, guard: &Guard, number: MemberNumber, member: &Member, there: &Listing) -> Vec<Step> {
        let mut steps = vec![guard.step()];
        steps.extend(self.removal(Group::Primary, number, there));
        steps.extend(self.removal(Group::Replicas, number, there));
        steps.push(self.creation(Group::Replicas, number, member));
        steps
    }

    /// Becomes primary under its number: takes away what any other left there, and its own znode as a replica.
    pub fn promote(
        &self,
        guard: &Guard,
        number: MemberNumber,
        member: &Member,
        there: &Listing,
    ) -> Vec<Step> {
        let mut steps = vec![guard.step()];
        steps.extend(there.primary.iter().map(|left| self.deletion(Group::Primary, *left)));
        steps.extend(self.removal(Group::Replicas, number, there));
        steps.push(self.creation(Group::Primary, number, member));
        steps
    }

    /// Leaves both groups. Needs no guard: who stops to serve says so whatever the record says. Empty if it is in
    /// neither.
    pub fn leave(&self, number: MemberNumber, there: &Listing) -> Vec<Step> {
        let primary = self.removal(Group::Primary, number, there);
        primary.into_iter().chain(self.removal(Group::Replicas, number, there)).collect()
    }

    fn removal(&self, group: Group, number: MemberNumber, there: &Listing) -> Option<Step> {
        let listed = match group {
            Group::Primary => &there.primary,
            Group::Replicas => &there.replicas,
        };
        listed.contains(&number).then(|| self.deletion(group, number))
    }

    fn deletion(&self, group: Group, number: MemberNumber) -> Step {
        Step::Delete { path: self.member(group, number) }
    }

    fn creation(&self, group: Group, number: MemberNumber, member: &Member) -> Step {
        Step::Create { path: self.member(group, number), data: member.to_json() }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
