//! The member's place below `discover/`: each change is one transaction, planned by `serverset`, and entering
//! a group checks the version of the epoch record.

use std::{collections::BTreeSet, time::Duration};

use mysos_ha::{action::Outcome, view::Group};
use mysos_model::record::path;
use mysos_zk::{Access, Done, Kind, Multi, SessionNumber, Version, ZkError};
use serverset::{Endpoint, Guard, Listing, Member, MemberNumber, ServerSet, Step};

use crate::membership::Membership;

/// Where this member shall stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The group; `None`: nowhere.
    pub(crate) group: Option<Group>,
    /// The member's number, if it has one.
    pub(crate) number: Option<u32>,
    /// The version of the epoch record that this rests on; leaving rests on none.
    pub(crate) version: Option<i32>,
}

/// Makes the place true in one transaction, whatever was there before.
pub(crate) async fn publish(
    member: &Membership,
    place: &Place,
    session: SessionNumber,
    within: Duration,
) -> Outcome {
    match attempt(member, place, session, within).await {
        Ok(number) => Outcome::Published { number },
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

async fn attempt(
    member: &Membership,
    place: &Place,
    session: SessionNumber,
    within: Duration,
) -> Result<Option<u32>, ZkError> {
    let there = listing(member, within).await?;
    let number = match (place.number, place.group) {
        (None, Some(_)) => given_already(member, &there, within).await?,
        (known, _) => known,
    };
    let place = Place { number, ..place.clone() };
    let steps = steps(member, &place, &there);
    if steps.is_empty() {
        return Ok(place.number);
    }
    let done = member.zk.commit_in(session, &multi(steps, &member.discovery_access()), within).await?;
    Ok(place.number.or_else(|| done.iter().find_map(created_number)))
}

/// The number of a node that this very session has made: an entry whose answer was lost. Entering once more would
/// leave two.
async fn given_already(
    member: &Membership,
    there: &Listing,
    within: Duration,
) -> Result<Option<u32>, ZkError> {
    let Some(session) = member.zk.session().id else { return Ok(None) };
    let set = ServerSet::new(path::discover(&member.task.cluster));
    for number in &there.replicas {
        let node = member.zk.read(&set.member(serverset::Group::Replicas, *number), within).await?;
        if node.is_some_and(|node| node.stat.owner == Some(session)) {
            return Ok(Some(number.0));
        }
    }
    Ok(None)
}

/// Who is there now.
async fn listing(member: &Membership, within: Duration) -> Result<Listing, ZkError> {
    let cluster = &member.task.cluster;
    let primary = member.zk.children(&path::discover_master(cluster), within).await?.unwrap_or_default();
    let replicas = member.zk.children(&path::discover_slaves(cluster), within).await?.unwrap_or_default();
    Ok(Listing::of(names(&primary), names(&replicas)))
}

fn names(set: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    set.iter().map(String::as_str)
}

fn steps(member: &Membership, place: &Place, there: &Listing) -> Vec<Step> {
    let cluster = &member.task.cluster;
    let set = ServerSet::new(path::discover(cluster));
    let own = Member::alive(Endpoint::new(member.task.host.0.clone(), member.task.mysql_port));
    let number = place.number.map(MemberNumber);
    let guard = place.version.map(|version| Guard { path: path::epoch(cluster), version });
    match (place.group, number, guard) {
        (Some(Group::Primary), Some(number), Some(guard)) => set.promote(&guard, number, &own, there),
        (Some(Group::Replicas), Some(number), Some(guard)) => set.rejoin(&guard, number, &own, there),
        (Some(_), None, Some(guard)) => set.join(&guard, &own),
        (None, Some(number), _) => set.leave(number, there),
        (None, None, _) | (Some(_), _, None) => Vec::new(),
    }
}

fn multi(steps: Vec<Step>, access: &Access) -> Multi {
    steps.into_iter().fold(Multi::new(), |multi, step| match step {
        Step::Check { path, version } => multi.check(path, Version(version)),
        Step::Delete { path } => multi.delete(path, None),
        Step::Create { path, data } => multi.create(path, data, Kind::Ephemeral, access.clone()),
        Step::CreateNext { prefix, data } => {
            multi.create(prefix, data, Kind::EphemeralSequential, access.clone())
        }
    })
}

fn created_number(done: &Done) -> Option<u32> {
    let Done::Created(at) = done else { return None };
    MemberNumber::parse(at.rsplit('/').next()?).map(|number| number.0)
}
