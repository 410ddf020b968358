//! What clients find in ZooKeeper, byte for byte, and what they do not get to see there.

use std::collections::BTreeSet;

use mysos_tests::{TestStack, Znodes};

use crate::cluster::{Cluster, Places};

/// Exactly these bytes, as the original wrote them: old clients read them with patterns.
fn member_bytes((host, port): &(String, u16)) -> String {
    format!(
        r#"{{"status": "ALIVE", "additionalEndpoints": {{}}, "serviceEndpoint": {{"host": "{host}", "port": {port}}}}}"#
    )
}

/// The data of the one member, or of each member, of a group.
fn bytes(znodes: &Znodes<'_>, group: &str) -> BTreeSet<String> {
    let names = znodes.children(group).expect("a group");
    let data = |name: &String| {
        assert!(is_member_name(name), "{name}");
        String::from_utf8(znodes.data(&format!("{group}/{name}")).expect("world readable")).expect("text")
    };
    names.iter().map(data).collect()
}

fn is_member_name(name: &str) -> bool {
    let digits = name.strip_prefix("member_").unwrap_or_default();
    digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Members are the bytes of the original, on the agents' addresses.
pub(crate) fn is_as_the_original(stack: &TestStack, cluster: &Cluster) {
    let (znodes, places) = (stack.znodes(), cluster.places(stack).expect("a primary"));
    let base = format!("/mysos/discover/{}", cluster.name);
    assert_eq!(znodes.children(&base).unwrap(), ["master", "slaves"]);
    assert_eq!(bytes(&znodes, &format!("{base}/master")), [member_bytes(&places.primary)].into());
    let replicas: BTreeSet<String> = places.replicas.iter().map(member_bytes).collect();
    assert_eq!(bytes(&znodes, &format!("{base}/slaves")), replicas);
    agrees_with_the_interface(stack, cluster, &places);
}

fn agrees_with_the_interface(stack: &TestStack, cluster: &Cluster, places: &Places) {
    let object = cluster.object(stack).unwrap();
    let primary = (object["primary"]["host"].as_str().unwrap(), object["primary"]["port"].as_u64().unwrap());
    assert_eq!(primary, (places.primary.0.as_str(), u64::from(places.primary.1)));
    for instance in object["instances"].as_array().unwrap() {
        let at = &instance["mysql"];
        let endpoint = (at["host"].as_str().unwrap().to_owned(), at["port"].as_u64().unwrap() as u16);
        let group = if endpoint == places.primary { "master" } else { "slaves" };
        assert_eq!(instance["published"], group, "{instance:#}");
        let data = stack.znodes().data(&format!(
            "/mysos/discover/{}/{group}/{}",
            cluster.name,
            instance["member"].as_str().expect("a member name")
        ));
        assert_eq!(String::from_utf8(data.expect("published")).unwrap(), member_bytes(&endpoint));
    }
}

/// Everything but the way to the members is closed to whoever has no account.
pub(crate) fn is_closed_to_strangers(stack: &TestStack, name: &str) {
    let (stranger, ours) = (stack.znodes(), stack.znodes_as_ours());
    let closed: Vec<String> = ["/mysos/clusters", "/mysos/state", "/mysos/leader"]
        .iter()
        .flat_map(|top| ours.everything_below(top))
        .collect();
    for part in ["credentials", "spec", "epoch", "coordinator", "members"] {
        let path = format!("/mysos/clusters/{name}/{part}");
        assert!(closed.contains(&path), "{path} is among {closed:?}");
    }
    assert!(closed.contains(&"/mysos/state/framework".to_owned()), "{closed:?}");
    for path in &closed {
        assert!(stranger.is_closed(path), "{path} is open to strangers");
    }
    for path in ours.everything_below("/mysos/discover") {
        assert!(stranger.data(&path).is_ok(), "{path} is for clients");
        assert!(stranger.cannot_change(&path), "{path} can be changed by strangers");
    }
    assert!(stranger.cannot_change("/mysos"), "strangers make nothing beside our nodes");
}
