//! The member's place below `discover/`: each change is one transaction, and entering `master/` checks the
//! version of the epoch record.

use std::time::Duration;

use mysos_ha::{action::Outcome, view::Group};
use mysos_model::record::path;
use mysos_zk::{Done, Kind, Multi, SessionNumber, Version, ZkError};

use crate::membership::Membership;

/// Where this member shall stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The group; `None`: nowhere.
    pub(crate) group: Option<Group>,
    /// The member's number, if it has one.
    pub(crate) number: Option<u32>,
    /// For `master/`: the version of the record that names it.
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
    let groups = Groups::of(member);
    let mut multi = Multi::new();
    if let Some(version) = place.version {
        multi = multi.check(path::epoch(&member.task.cluster), Version(version));
    }
    multi = groups.cleared(member, multi, place, within).await?;
    multi = groups.entered(member, multi, place);
    if multi.ops().is_empty() {
        return Ok(place.number);
    }
    let done = member.zk.commit_in(session, &multi, within).await?;
    Ok(place.number.or_else(|| done.iter().find_map(created_number)))
}

/// Paths of the two groups.
struct Groups {
    primary: String,
    replicas: String,
}

impl Groups {
    fn of(member: &Membership) -> Self {
        let cluster = &member.task.cluster;
        Self { primary: path::discover_master(cluster), replicas: path::discover_slaves(cluster) }
    }

    /// Removes the own node wherever it stands, and what another left under `master/`.
    async fn cleared(
        &self,
        member: &Membership,
        mut multi: Multi,
        place: &Place,
        within: Duration,
    ) -> Result<Multi, ZkError> {
        let own = place.number.map(node_name);
        for group in [&self.primary, &self.replicas] {
            let names = member.zk.children(group, within).await?.unwrap_or_default();
            for name in names {
                let deposed = *group == self.primary && place.group == Some(Group::Primary);
                if deposed || own.as_ref() == Some(&name) {
                    let at = format!("{group}/{name}");
                    if let Some(node) = member.zk.read(&at, within).await? {
                        multi = multi.delete(at, node.stat.version);
                    }
                }
            }
        }
        Ok(multi)
    }

    /// Adds the node where the member shall stand.
    fn entered(&self, member: &Membership, multi: Multi, place: &Place) -> Multi {
        let group = match place.group {
            Some(Group::Primary) => &self.primary,
            Some(Group::Replicas) => &self.replicas,
            None => return multi,
        };
        let data = instance(member);
        let access = member.discovery_access();
        match place.number {
            Some(number) => {
                multi.create(format!("{group}/{}", node_name(number)), data, Kind::Ephemeral, access)
            }
            None => multi.create(format!("{group}/member_"), data, Kind::EphemeralSequential, access),
        }
    }
}

fn node_name(number: u32) -> String {
    format!("member_{number:010}")
}

fn created_number(done: &Done) -> Option<u32> {
    let Done::Created(at) = done else { return None };
    at.rsplit('_').next()?.parse().ok()
}

fn instance(member: &Membership) -> Vec<u8> {
    let (host, port) = (&member.task.host, member.task.mysql_port);
    format!(
        r#"{{"status": "ALIVE", "additionalEndpoints": {{}}, "serviceEndpoint": {{"host": "{host}", "port": {port}}}}}"#
    )
    .into_bytes()
}
