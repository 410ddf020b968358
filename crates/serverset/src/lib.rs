//! Twitter ServerSet members of one service with a primary and replicas, as pure data.
//!
//! A ServerSet is a znode whose children `member_NNNNNNNNNN` each hold a small JSON document, the *service instance*.
//! A replicated service keeps two of them side by side, `master` with at most one member and `slaves` with the
//! others; the names are those of the wire format, this crate says primary and replica.
//!
//! * [`Member`] is the document, both ways. It is written byte for byte as the Python library of Twitter Commons
//!   wrote it, and read with whatever order, spacing and additions there are.
//! * [`MemberNumber`] is the name.
//! * [`ServerSet`] plans how a member joins, leaves and becomes primary: as a list of [`Step`]s for **one** ZooKeeper
//!   transaction. Readers never see two primaries.
//! * [`Resolved`] is what a reader makes of the znodes. What is broken is reported and hides nothing else.
//!
//! No client, no I/O: take whichever ZooKeeper client you like.
//!
//! ```
//! use serverset::{Endpoint, Guard, Listing, Member, MemberNumber, ServerSet, Step};
//!
//! let member = Member::alive(Endpoint::new("agent1.example", 31001));
//! assert_eq!(
//!     member.to_json(),
//!     r#"{"status": "ALIVE", "additionalEndpoints": {}, "serviceEndpoint": {"host": "agent1.example", "port": 31001}}"#
//! );
//! assert_eq!(Member::parse(member.to_json().as_bytes()).unwrap(), member);
//!
//! // Replica 7 becomes primary, while member 3 has left its znode there. All of it, or nothing, if `epoch` is still
//! // in version 12.
//! let set = ServerSet::new("/discover/shop");
//! let guard = Guard { path: "/clusters/shop/epoch".to_owned(), version: 12 };
//! let there = Listing::of(["member_0000000003"], ["member_0000000007"]);
//! let steps = set.promote(&guard, MemberNumber(7), &member, &there);
//! assert_eq!(steps.len(), 4);
//! assert!(matches!(&steps[3], Step::Create { path, .. } if path == "/discover/shop/master/member_0000000007"));
//! ```

mod group;
mod json;
mod member;
mod plan;
mod resolver;

pub use group::{Group, MEMBER_PREFIX, MemberNumber};
pub use member::{Endpoint, Member, MemberError, Status};
pub use plan::{Guard, Listing, ServerSet, Step};
pub use resolver::{Broken, Entry, Resolved, Why};

/// The examples of the README hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
