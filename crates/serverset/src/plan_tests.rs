//! Plans against a small ZooKeeper: histories of members that plan from listings old and new.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::member::Endpoint;

const EPOCH: &str = "/clusters/c/epoch";
const FIRST_OF_SEQUENCE: u32 = 10;

/// What a transaction sees of ZooKeeper. Sequences go on from the numbers that the histories below use.
#[derive(Debug, Clone, Default)]
struct World {
    nodes: BTreeMap<String, String>,
    epoch: i32,
    named: u32,
    sequence: u32,
}

impl World {
    /// All steps, or none.
    fn commit(&mut self, steps: &[Step]) -> bool {
        let mut next = self.clone();
        let done = steps.iter().all(|step| next.one(step));
        if done {
            *self = next;
        }
        done
    }

    fn one(&mut self, step: &Step) -> bool {
        match step {
            Step::Check { path, version } => path == EPOCH && *version == self.epoch,
            Step::Delete { path } => self.nodes.remove(path).is_some(),
            Step::Create { path, data } => self.nodes.insert(path.clone(), data.clone()).is_none(),
            Step::CreateNext { prefix, data } => {
                self.sequence += 1;
                let path = format!("{prefix}{:010}", FIRST_OF_SEQUENCE + self.sequence);
                self.nodes.insert(path, data.clone()).is_none()
            }
        }
    }

    fn listing(&self) -> Listing {
        let under = |group: Group| {
            let start = set().group(group) + "/";
            self.nodes.keys().filter_map(move |path| path.strip_prefix(&start)).collect::<Vec<_>>()
        };
        Listing::of(under(Group::Primary), under(Group::Replicas))
    }

    fn guard(&self) -> Guard {
        Guard { path: EPOCH.to_owned(), version: self.epoch }
    }
}

fn set() -> ServerSet {
    ServerSet::new("/discover/c/")
}

fn member(number: u16) -> Member {
    Member::alive(Endpoint::new("h", number))
}

fn at(group: Group, number: u32) -> String {
    set().member(group, MemberNumber(number))
}

#[test]
fn first_entry_is_a_replica_and_gets_its_number() {
    let mut world = World::default();
    let steps = set().join(&world.guard(), &member(1));
    assert_eq!(
        steps,
        [
            Step::Check { path: EPOCH.to_owned(), version: 0 },
            Step::CreateNext { prefix: "/discover/c/slaves/member_".to_owned(), data: member(1).to_json() }
        ]
    );
    assert!(world.commit(&steps));
    assert_eq!(world.listing(), Listing::of([], ["member_0000000011"]));
}

#[test]
fn move_to_primary_takes_the_loser_away_and_keeps_the_number() {
    let there = Listing::of(["member_0000000003", "other"], ["member_0000000005", "member_0000000007"]);
    let guard = Guard { path: EPOCH.to_owned(), version: 4 };
    let expected = [
        Step::Check { path: EPOCH.to_owned(), version: 4 },
        Step::Delete { path: at(Group::Primary, 3) },
        Step::Delete { path: at(Group::Replicas, 7) },
        Step::Create { path: at(Group::Primary, 7), data: member(7).to_json() },
    ];
    assert_eq!(set().promote(&guard, MemberNumber(7), &member(7), &there), expected);
}

#[test]
fn what_a_lost_session_left_is_taken_away() {
    let mut world = World { named: 1, ..World::default() };
    assert!(Act::Rejoin(1).commit(&mut world));
    assert!(Act::Rejoin(1).commit(&mut world), "over its own leftover");
    assert_eq!(world.listing(), Listing::of([], ["member_0000000001"]));
    assert!(Act::Promote(1).commit(&mut world));
    assert_eq!(world.listing(), Listing::of(["member_0000000001"], []));
    assert!(Act::Promote(1).commit(&mut world), "over its own leftover");
    assert!(Act::Rejoin(1).commit(&mut world));
    assert_eq!(world.listing(), Listing::of([], ["member_0000000001"]));
}

#[test]
fn leaving_needs_no_guard_and_nothing_is_left() {
    let there = Listing::of(["member_0000000001"], ["member_0000000001", "member_0000000002"]);
    let both = [Step::Delete { path: at(Group::Primary, 1) }, Step::Delete { path: at(Group::Replicas, 1) }];
    assert_eq!(set().leave(MemberNumber(1), &there), both);
    assert_eq!(set().leave(MemberNumber(9), &there), []);
}

#[test]
fn a_changed_guard_stops_a_promotion() {
    let mut world = World::default();
    assert!(world.commit(&set().join(&world.guard(), &member(1))));
    let steps = set().promote(&world.guard(), MemberNumber(1), &member(1), &world.listing());
    world.epoch += 1;
    assert!(!world.commit(&steps));
    assert_eq!(world.listing().primary.len(), 0);
}

/// What members do in a history; listings may be several actions old.
#[derive(Debug, Clone, Copy)]
enum Act {
    Join,
    Rejoin(u32),
    Promote(u32),
    Leave(u32),
    LoseSession(u32),
    Name(u32),
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Join),
        (1..5u32).prop_map(Act::Rejoin),
        (1..5u32).prop_map(Act::Promote),
        (1..5u32).prop_map(Act::Leave),
        (1..5u32).prop_map(Act::LoseSession),
        (1..5u32).prop_map(Act::Name),
    ]
}

impl Act {
    /// Planned from what is there now.
    fn commit(self, world: &mut World) -> bool {
        let seen = world.clone();
        self.run(world, &seen)
    }

    /// Planned from what was there once. A member always knows what became of its own znodes: nobody else makes
    /// them, and one session reads its own writes.
    fn run(self, world: &mut World, seen: &World) -> bool {
        let (set, guard) = (set(), seen.guard());
        let mut there = seen.listing();
        if let Self::Rejoin(number) | Self::Promote(number) | Self::Leave(number) = self {
            let (number, now) = (MemberNumber(number), world.listing());
            for (seen, now) in [(&mut there.primary, now.primary), (&mut there.replicas, now.replicas)] {
                seen.remove(&number);
                seen.extend(now.get(&number));
            }
        }
        let steps = match self {
            Self::Join => set.join(&guard, &member(0)),
            Self::Rejoin(number) => set.rejoin(&guard, MemberNumber(number), &member(1), &there),
            // Only the member that the record names promotes itself under its version.
            Self::Promote(number) if seen.named != number => return false,
            Self::Promote(number) => set.promote(&guard, MemberNumber(number), &member(2), &there),
            Self::Leave(number) => set.leave(MemberNumber(number), &there),
            Self::LoseSession(number) => {
                world.nodes.retain(|path, _| MemberNumber::parse(path) != Some(MemberNumber(number)));
                return true;
            }
            Self::Name(number) => {
                (world.epoch, world.named) = (world.epoch + 1, number);
                return true;
            }
        };
        world.commit(&steps)
    }
}

proptest! {
    #[test]
    fn readers_never_see_two_primaries_nor_one_member_twice(
        history in prop::collection::vec((acts(), 0..4usize), 0..40),
    ) {
        let mut past = vec![World::default()];
        for (act, age) in history {
            let seen = past[past.len() - 1 - age.min(past.len() - 1)].clone();
            let mut world = past[past.len() - 1].clone();
            act.run(&mut world, &seen);
            let listing = world.listing();
            prop_assert!(listing.primary.len() <= 1, "{act:?} led to {listing:?}");
            prop_assert!(listing.primary.is_disjoint(&listing.replicas), "{act:?} led to {listing:?}");
            past.push(world);
        }
    }

    #[test]
    fn a_fresh_plan_always_commits_and_repeats(
        history in prop::collection::vec(acts(), 0..20), number in 1..5u32,
    ) {
        let mut world = World::default();
        for act in history {
            let named = !matches!(act, Act::Promote(number) if number != world.named);
            prop_assert_eq!(act.commit(&mut world), named, "{:?} in {:?}", act, world);
        }
        world.named = number;
        for act in [Act::Promote(number), Act::Rejoin(number), Act::Leave(number)] {
            let mut once = world.clone();
            prop_assert!(act.commit(&mut once));
            let mut twice = once.clone();
            prop_assert!(act.commit(&mut twice));
            prop_assert_eq!(once.nodes, twice.nodes);
        }
    }
}
