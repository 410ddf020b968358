//! Golden bytes of the document, what readers must put up with, and round trips.

use proptest::prelude::*;

use super::*;

const GOLDEN: &str = r#"{"status": "ALIVE", "additionalEndpoints": {}, "serviceEndpoint": {"host": "agent1.example", "port": 31001}}"#;

fn field(error: Result<Member, MemberError>) -> String {
    match error {
        Err(MemberError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bytes_are_those_of_the_original() {
    assert_eq!(Member::alive(Endpoint::new("agent1.example", 31001)).to_json(), GOLDEN);
}

#[test]
fn bytes_with_everything_are_those_of_the_original() {
    let mut member = Member::alive(Endpoint::new("h", 1));
    member.additional.insert("http".to_owned(), Endpoint::new("h", 2));
    member.additional.insert("aurora".to_owned(), Endpoint::new("h", 3));
    member.shard = Some(4);
    assert_eq!(
        member.to_json(),
        r#"{"status": "ALIVE", "additionalEndpoints": {"aurora": {"host": "h", "port": 3}, "http": {"host": "h", "port": 2}}, "serviceEndpoint": {"host": "h", "port": 1}, "shard": 4}"#
    );
}

#[test]
fn text_is_escaped_as_python_does() {
    let odd = Member::alive(Endpoint::new("a\"\\/\n\u{7}\u{7f}\u{e9}\u{1f600}", 1));
    let expected = "{\"host\": \"a\\\"\\\\/\\n\\u0007\u{7f}\\u00e9\\ud83d\\ude00\", \"port\": 1}";
    assert!(odd.to_json().contains(expected), "{}", odd.to_json());
    assert_eq!(Member::parse(odd.to_json().as_bytes()).unwrap(), odd);
}

#[test]
fn readers_put_up_with_order_spacing_and_additions() {
    let member = Member::alive(Endpoint::new("agent1.example", 31001));
    for text in [
        GOLDEN,
        r#"{"serviceEndpoint":{"port":31001,"host":"agent1.example"},"status":"ALIVE"}"#,
        r#"{"serviceEndpoint":{"host":"agent1.example","port":31001,"x":1},"additionalEndpoints":null,"status":"ALIVE","shard":null,"weight":[1]}"#,
        "\n{\t\"status\" :\"DEAD\",\"status\":\"ALIVE\", \"serviceEndpoint\":{\"host\":\"agent1.example\",\"port\":31001}}\n",
    ] {
        assert_eq!(Member::parse(text.as_bytes()).unwrap(), member, "{text}");
    }
}

#[test]
fn shard_and_status_are_kept() {
    let text =
        r#"{"serviceEndpoint":{"host":"h","port":1},"additionalEndpoints":{},"status":"STARTING","shard":7}"#;
    let member = Member::parse(text.as_bytes()).unwrap();
    assert_eq!((member.shard, member.status.as_str(), member.is_alive()), (Some(7), "STARTING", false));
}

#[test]
fn errors_name_the_field() {
    let of = |text: &str| Member::parse(text.as_bytes());
    assert_eq!(of(""), Err(MemberError::Json { line: 1, column: 0 }));
    assert_eq!(of("{\n\"a\": }"), Err(MemberError::Json { line: 2, column: 6 }));
    assert_eq!(of("{} x"), Err(MemberError::Json { line: 1, column: 4 }));
    assert_eq!(field(of("[]")), "the document");
    assert_eq!(field(of("{}")), "status");
    assert_eq!(field(of(r#"{"status":"ALIVE"}"#)), "serviceEndpoint");
    let with = |service: &str, more: &str| {
        field(of(&format!(r#"{{"status":"ALIVE","serviceEndpoint":{service}{more}}}"#)))
    };
    assert_eq!(with(r#"{"port":1}"#, ""), "serviceEndpoint.host");
    assert_eq!(with(r#"{"host":"","port":1}"#, ""), "serviceEndpoint.host");
    for port in ["65536", "-1", "\"1\"", "1.5"] {
        assert_eq!(with(&format!(r#"{{"host":"h","port":{port}}}"#), ""), "serviceEndpoint.port", "{port}");
    }
    let fine = r#"{"host":"h","port":1}"#;
    assert_eq!(with(fine, r#","additionalEndpoints":[]"#), "additionalEndpoints");
    assert_eq!(with(fine, r#","additionalEndpoints":{"http":{}}"#), "additionalEndpoints.http.host");
    assert_eq!(with(fine, r#","shard":"a""#), "shard");
    assert_eq!(Member::parse(&vec![b' '; MAX_BYTES + 1]), Err(MemberError::Size(MAX_BYTES + 1)));
}

#[test]
fn endpoints_show_as_addresses() {
    assert_eq!(Endpoint::new("h", 1).to_string(), "h:1");
    assert_eq!(Endpoint::new("::1", 1).to_string(), "[::1]:1");
}

fn endpoints() -> impl Strategy<Value = Endpoint> {
    ("\\PC{1,12}", any::<u16>()).prop_map(|(host, port)| Endpoint { host, port })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        service in endpoints(),
        additional in prop::collection::btree_map("\\PC{0,8}", endpoints(), 0..4),
        status in prop_oneof![Just("ALIVE".to_owned()), "\\PC{0,8}"],
        shard: Option<i64>,
    ) {
        let member = Member { service, additional, status: status.as_str().into(), shard };
        let text = member.to_json();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(Member::parse(text.as_bytes()).unwrap(), member);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Member::parse(&bytes);
    }

    #[test]
    fn a_damaged_document_is_read_or_refused(at in 0..GOLDEN.len(), byte: u8) {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = Member::parse(&bytes);
        let _ = Member::parse(&bytes[..at]);
    }
}
