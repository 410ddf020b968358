//! Whether a server does its work: not merely that it runs, but that the others can use it.
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use serde::Deserialize;
use serde_json::Value;

use crate::http;
use crate::role::Role;

/// A question to one server of a stack.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) role: Role,
    pub(crate) place: SocketAddrV4,
    pub(crate) places: &'a BTreeMap<Role, SocketAddrV4>,
}

impl Question<'_> {
    /// Whether the server answers as it should.
    pub(crate) fn is_answered(&self) -> bool {
        match self.role {
            Role::Zookeeper => zookeeper_serves(self.place),
            Role::Master(_) => master_works(self.place),
            Role::Agent(_) => knows_its_master(self.place) && self.is_listed(),
            Role::Scheduler => scheduler_is_ready(self.place),
        }
    }

    /// What is waited for, in words.
    pub(crate) fn expectation(role: Role) -> &'static str {
        match role {
            Role::Zookeeper => "its word that it serves",
            Role::Master(_) => "a leading master to be known to it",
            Role::Agent(_) => "its registration with the leading master",
            Role::Scheduler => "HTTP 200 from /health and /ready",
        }
    }

    /// Whether the leading master has this agent as active.
    fn is_listed(&self) -> bool {
        let masters = self.places.iter().filter(|(role, _)| matches!(role, Role::Master(_)));
        masters.filter_map(|(_, place)| agents(*place)).any(|agents| lists(&agents, self.place))
    }
}

/// The id that the leading master has given to each agent.
pub(crate) fn agent_ids(places: &BTreeMap<Role, SocketAddrV4>) -> BTreeMap<Role, String> {
    let masters = places.iter().filter(|(role, _)| matches!(role, Role::Master(_)));
    let listed: Vec<Agent> = masters.filter_map(|(_, place)| agents(*place)).flatten().collect();
    let id = |place: &SocketAddrV4| Some(listed.iter().find(|agent| agent.is_at(*place))?.id.clone());
    places
        .iter()
        .filter(|(role, _)| matches!(role, Role::Agent(_)))
        .filter_map(|(role, place)| Some((*role, id(place)?)))
        .collect()
}

#[derive(Debug, Deserialize)]
struct Agents {
    slaves: Vec<Agent>,
}

#[derive(Debug, Deserialize)]
struct Agent {
    id: String,
    pid: String,
    active: bool,
}

impl Agent {
    fn is_at(&self, place: SocketAddrV4) -> bool {
        // libprocess writes `slave(1)@address:port`.
        self.pid.rsplit_once('@').is_some_and(|(_, at)| at == place.to_string())
    }
}

fn lists(agents: &[Agent], place: SocketAddrV4) -> bool {
    agents.iter().any(|agent| agent.active && agent.is_at(place))
}

/// The agents of a leading master; nothing from one that does not lead or does not answer.
fn agents(master: SocketAddrV4) -> Option<Vec<Agent>> {
    let body = get_ok(master, "/master/slaves")?;
    Some(serde_json::from_slice::<Agents>(&body).ok()?.slaves)
}

fn zookeeper_serves(place: SocketAddrV4) -> bool {
    // `ruok` is answered before requests are; `srvr` tells its mode only when they are.
    let answer = http::exchange(place, b"srvr").unwrap_or_default();
    String::from_utf8_lossy(&answer).contains("\nMode: ")
}

/// A master answers for itself when it leads, and says who does when it does not; before either it has 503.
fn master_works(place: SocketAddrV4) -> bool {
    http::get(place, "/master/slaves").is_ok_and(|answer| matches!(answer.status, 200 | 307))
}

fn knows_its_master(place: SocketAddrV4) -> bool {
    // The master lists an agent that was killed and came back as active before it has recovered its executors.
    get_json(place, "/metrics/snapshot")
        .and_then(|metrics| metrics.get("slave/registered")?.as_f64())
        .is_some_and(|registered| registered > 0.5)
}

fn scheduler_is_ready(place: SocketAddrV4) -> bool {
    get_ok(place, "/health").is_some() && http::get(place, "/ready").is_ok_and(|answer| answer.status == 200)
}

fn get_ok(place: SocketAddrV4, path: &str) -> Option<Vec<u8>> {
    http::get(place, path).ok().filter(|answer| answer.status == 200).map(|answer| answer.body)
}

fn get_json(place: SocketAddrV4, path: &str) -> Option<Value> {
    serde_json::from_slice(&get_ok(place, path)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> bool {
        let agents: Agents = serde_json::from_str(text).unwrap();
        lists(&agents.slaves, "127.0.0.11:5051".parse().unwrap())
    }

    #[test]
    fn an_agent_is_listed_by_its_own_address_while_active() {
        assert!(listed(r#"{"slaves":[{"id":"S0","pid":"slave(1)@127.0.0.11:5051","active":true}]}"#));
        assert!(!listed(r#"{"slaves":[{"id":"S0","pid":"slave(1)@127.0.0.12:5051","active":true}]}"#));
        assert!(!listed(r#"{"slaves":[{"id":"S0","pid":"slave(1)@127.0.0.11:5051","active":false}]}"#));
    }
}
