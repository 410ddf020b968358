//! One look at a server, in the words of the decision code.

use std::time::Duration;

use mysos_ha::view::{Observation, Receiver};
use mysos_model::{
    Endpoint, GtidSet, Host,
    record::{LagClass, ReplicationError},
};
use mysos_mysql_admin::{
    AdminError, Conn,
    status::{self, Applier, ReplicaStatus, ServerFacts, SourceStatus},
};

/// At most this far behind counts as current.
const CURRENT: Duration = Duration::from_secs(1);
/// At most this far behind is still worth reading from.
const BEHIND: Duration = Duration::from_secs(10);

/// Looks once. The limit is for each of the three questions.
pub(crate) async fn observe(conn: &mut Conn, limit: Duration) -> Result<Observation, AdminError> {
    let facts = status::facts(conn, limit).await?;
    let replica = status::replica(conn, limit).await?;
    let source = status::source(conn, limit).await?;
    Ok(observation(&facts, &replica, &source))
}

/// Claims are made of what is executed. On a MySQL replica the transactions that are about to commit are those that it
/// applies now, and of the last one it may have received only half: whoever claimed it could win an election with it.
fn observation(facts: &ServerFacts, replica: &ReplicaStatus, source: &SourceStatus) -> Observation {
    let received = union(&facts.executed, &replica.received);
    Observation {
        read_only: facts.read_only,
        source: replica.source.as_ref().map(|it| Endpoint { host: Host(it.host.clone()), port: it.port }),
        receiver: match replica.receiver {
            status::Receiver::Off => Receiver::Off,
            status::Receiver::Connecting => Receiver::Connecting,
            status::Receiver::On => Receiver::On,
        },
        applying: replica.applier != Applier::Off,
        executed: facts.executed.clone(),
        lag: replica.source.as_ref().and_then(|_| lag(replica, facts)),
        received,
        wait_count: source.enabled.then_some(source.wait_count),
        waiting: source.waiting_sessions,
        connected_ackers: source.clients,
        error: error(replica),
    }
}

/// Sets of one server are of one flavor; if they were not, the executed one is what counts.
fn union(executed: &GtidSet, received: &GtidSet) -> GtidSet {
    executed.union(received).unwrap_or_else(|_| executed.clone())
}

/// `None` while the receiver is away: that is how the others learn that the stream is lost.
fn lag(replica: &ReplicaStatus, facts: &ServerFacts) -> Option<LagClass> {
    if replica.receiver != status::Receiver::On {
        return None;
    }
    if replica.applier == Applier::Off {
        return Some(LagClass::Lagging);
    }
    if facts.executed.contains(&replica.received) && replica.applier == Applier::Idle {
        return Some(LagClass::Current);
    }
    Some(match replica.lag {
        Some(lag) if lag <= CURRENT => LagClass::Current,
        Some(lag) if lag <= BEHIND => LagClass::Behind,
        Some(_) | None => LagClass::Lagging,
    })
}

fn error(replica: &ReplicaStatus) -> Option<ReplicationError> {
    let found = replica.applier_error.as_ref().or(replica.receiver_error.as_ref())?;
    Some(ReplicationError { code: found.code.into(), message: found.message.clone() })
}

#[cfg(test)]
mod tests {
    use mysos_model::Flavor;
    use mysos_mysql_admin::ServerVersion;

    use super::*;

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(Flavor::MySql, text).unwrap()
    }

    #[test]
    fn what_is_only_about_to_commit_is_not_claimed() {
        let uuid = "4da6542c-e5bb-11f1-be20-02fc00000001";
        let (whole, with_half) = (set(&format!("{uuid}:1-8")), set(&format!("{uuid}:1-9")));
        let facts = ServerFacts {
            version: ServerVersion { flavor: Flavor::MySql, major: 9, minor: 7, patch: 4 },
            read_only: true,
            server_id: 1,
            server_uuid: Some(uuid.to_owned()),
            executed: whole.clone(),
            logged: with_half,
            position: whole.clone(),
        };
        let replica = ReplicaStatus {
            source: None,
            receiver: status::Receiver::Off,
            applier: Applier::Idle,
            positioning: status::Positioning::Gtid,
            received: whole.clone(),
            executed: whole.clone(),
            relay_log: None,
            lag: None,
            receiver_error: None,
            applier_error: None,
            acking: false,
            acks_now: false,
        };
        let source =
            SourceStatus { clients: 0, enabled: false, waits: false, wait_count: 1, waiting_sessions: 0 };
        let observed = observation(&facts, &replica, &source);
        assert_eq!((observed.executed, observed.received), (whole.clone(), whole));
    }
}
