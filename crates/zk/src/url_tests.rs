//! Tests of the address parser: examples, round trips, and that nothing makes it panic or leak.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> ZkUrl {
    text.parse().unwrap()
}

fn refused(text: &str) -> String {
    text.parse::<ZkUrl>().unwrap_err().to_string()
}

#[test]
fn servers_stay_as_written() {
    let url = parse("zk://10.0.0.1,10.0.0.2:2182,[::1]:2183,[fe80::2]/mysos");
    assert_eq!(url.server_list(), "10.0.0.1,10.0.0.2:2182,[::1]:2183,[fe80::2]");
    let addresses: Vec<_> = url.servers().iter().map(Server::address).collect();
    assert_eq!(addresses, ["10.0.0.1:2181", "10.0.0.2:2182", "[::1]:2183", "[fe80::2]:2181"]);
    assert_eq!(url.path(), "/mysos");
}

#[test]
fn hosts_may_start_with_the_letters_of_the_scheme() {
    for host in ["k1", "z", "zk", "kz.example"] {
        let url = parse(&format!("zk://{host}:2181/a"));
        assert_eq!(url.servers()[0].host(), host);
    }
}

#[test]
fn path_starts_at_the_first_slash_and_may_hold_an_at_sign() {
    let url = parse("zk://h1/a@b/c");
    assert_eq!((url.path(), url.credentials()), ("/a@b/c", None));
}

#[test]
fn credentials_end_at_the_last_at_sign() {
    let url = parse("zk://me:p@ss:w@h1:2181/a");
    assert_eq!(url.credentials().unwrap(), &Credentials::new("me", "p@ss:w").unwrap());
    assert_eq!(url.server_list(), "h1:2181");
    assert_eq!(url.reveal(), "zk://me:p@ss:w@h1:2181/a");
}

#[test]
fn missing_path_is_the_root_and_a_last_slash_does_not_count() {
    for text in ["zk://h1", "zk://h1/"] {
        assert_eq!(parse(text).path(), "/");
        assert_eq!(parse(text).to_string(), "zk://h1");
    }
    assert_eq!(parse("zk://h1/a/b/").path(), "/a/b");
}

#[test]
fn join_appends_under_any_path() {
    assert_eq!(parse("zk://h1").join("/discover/x").unwrap().to_string(), "zk://h1/discover/x");
    assert_eq!(parse("zk://h1/m").join("discover/x").unwrap().to_string(), "zk://h1/m/discover/x");
    assert!(parse("zk://h1/m").join("../x").is_err());
}

#[test]
fn nothing_shows_the_account() {
    let url = parse("zk://me:hunter2@h1,h2/a");
    for shown in [format!("{url}"), format!("{url:?}"), format!("{:?}", url.credentials())] {
        assert!(!shown.contains("hunter2") && !shown.contains("me:"), "{shown}");
    }
    assert_eq!(url.to_string(), "zk://***@h1,h2/a");
    assert_eq!(url.public().to_string(), "zk://h1,h2/a");
    assert_eq!(url.public().credentials(), None);
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    assert_eq!(refused("http://h1"), "a ZooKeeper address starts with zk://");
    assert_eq!(refused("zk:///a"), "server 1 of the list: the host is missing");
    assert_eq!(refused("zk://h1,,h2"), "server 2 of the list: the host is missing");
    assert_eq!(refused("zk://h1,h2:0/a"), "server 2 of the list: the port is not a number from 1 to 65535");
    assert_eq!(refused("zk://h1:+5/a"), "server 1 of the list: the port is not a number from 1 to 65535");
    assert_eq!(refused("zk://::1/a"), "server 1 of the list: an IPv6 address is written in brackets");
    assert_eq!(refused("zk://[::1/a"), "server 1 of the list: the bracket of the IPv6 address is not closed");
    assert_eq!(refused("zk://[::1]5/a"), "server 1 of the list: a : is missing after the ]");
    assert_eq!(refused("zk://user@h1"), UrlError::Credentials.to_string());
    assert_eq!(refused("zk://:x@h1"), UrlError::Credentials.to_string());
    assert_eq!(refused("zk://h1/a//b"), "path: a name in it is empty");
    assert_eq!(refused("zk://h1/a/./b"), "path: it is relative");
    assert_eq!(refused("zk://h1/a\u{7}"), "path: it contains a character that ZooKeeper does not take");
}

#[test]
fn errors_do_not_leak_a_password_that_contains_a_slash() {
    let shown = refused("zk://me:hun/ter2@h1/a");
    assert!(!shown.contains("hun") && !shown.contains("ter2"), "{shown}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = text.parse::<ZkUrl>();
    }

    #[test]
    fn any_tail_is_read_or_refused_without_showing_it(tail in "[a-z@:/,\\[\\]\\.0-9%+ ]{0,40}") {
        if let Ok(url) = format!("zk://{tail}").parse::<ZkUrl>() {
            prop_assert_eq!(url.reveal().parse::<ZkUrl>().unwrap(), url.clone());
            prop_assert_eq!(url.public().to_string().parse::<ZkUrl>().unwrap(), url.public());
        }
    }

    #[test]
    fn what_is_built_is_read_back(
        user in "[a-z]{1,8}", password in "[!-.0-~]{1,12}",
        hosts in prop::collection::vec(("[a-z][a-z0-9.-]{0,12}", prop::option::of(1u16..)), 1..5),
        names in prop::collection::vec("[a-z0-9_@-]{1,8}", 0..4),
    ) {
        let list: Vec<_> = hosts.iter()
            .map(|(host, port)| port.map_or(host.clone(), |port| format!("{host}:{port}"))).collect();
        let path = names.iter().fold(String::new(), |path, name| path + "/" + name);
        let text = format!("zk://{user}:{password}@{}{path}", list.join(","));
        let url: ZkUrl = text.parse().unwrap();
        prop_assert_eq!(url.reveal(), text);
        prop_assert_eq!(url.server_list(), list.join(","));
        prop_assert_eq!(url.credentials().unwrap(), &Credentials::new(&user, &password).unwrap());
        let shown = format!("{url} {url:?}");
        let account = format!("{user}:{password}");
        prop_assert!(!shown.contains(&account));
    }
}
