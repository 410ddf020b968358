//! Whatever is sent, the answer is a refusal of the caller's mistake, never a defect of ours.

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{Stage, form, multipart};

/// One server for all cases of a test, on its own runtime.
struct Bench {
    runtime: Runtime,
    stage: Stage,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let stage = runtime.block_on(Stage::start());
        Self { runtime, stage }
    }

    /// Sends bytes as a body; the status.
    fn post(&self, path: &str, media: &str, body: &[u8]) -> u16 {
        let headers = [("Content-Type", media)];
        self.runtime.block_on(self.stage.send(&format!("POST {path}"), &headers, body)).status
    }

    /// Alive, and nothing was made.
    fn unharmed(&self) {
        let health = self.runtime.block_on(self.stage.get("/health"));
        assert_eq!(health.status, 200);
        let asked = self.stage.asked.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(asked, 0, "garbage reached the driver");
    }
}

fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

fn cases() -> ProptestConfig {
    // A case is one connection; 128 take about a second.
    ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() }
}

/// Runs a property against one bench, which `proptest!` would make anew for each case.
fn check<S: Strategy>(strategy: S, property: impl Fn(&Bench, S::Value) -> u16)
where
    S::Value: Clone,
{
    let bench = Bench::new();
    let mut runner = proptest::test_runner::TestRunner::new(cases());
    let result = runner.run(&strategy, |input| {
        let status = property(&bench, input.clone());
        prop_assert!(is_refusal(status), "{status} for {input:?}");
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    bench.unharmed();
}

#[test]
fn any_bytes_as_any_body() {
    let media = prop::sample::select(vec![
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data",
        "text/plain",
    ]);
    check((media, prop::collection::vec(any::<u8>(), 0..600)), |bench, (media, body)| {
        bench.post("/clusters/a", media, &body)
    });
}

#[test]
fn almost_a_multipart_form() {
    let line = prop::sample::select(vec![
        "--x\r\n",
        "--x--\r\n",
        "--x",
        "\r\n",
        "Content-Disposition: form-data; name=\"size\"\r\n",
        "Content-Disposition: form-data; name=\"num_nodes\"; filename=\"f\"\r\n",
        "Content-Disposition: form-data\r\n",
        "Content-Disposition: form-data; name=\"\"\r\n",
        "Content-Type: text/html\r\n",
        "3\r\n",
        "\u{0}\u{ff}\r\n",
    ]);
    check(prop::collection::vec(line, 0..20), |bench, lines| {
        bench.post("/clusters/a", "multipart/form-data; boundary=x", lines.concat().as_bytes())
    });
}

#[test]
fn any_percent_encoding_in_form_and_path() {
    check(
        ("(%[0-9a-fA-F]{0,2}|[a-z+&=/.%]){0,40}", "([a-z&=+]|%[0-9a-f]{0,2}){0,60}"),
        |bench, (path, body)| {
            // `cluster_user` stays away, so nothing can be made.
            bench.post(&format!("/clusters/{path}"), "application/x-www-form-urlencoded", body.as_bytes())
        },
    );
}

#[test]
fn any_json() {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<f64>().prop_map(|number| number.to_string()),
        "\"[ -~]{0,12}\"",
        Just("{\"cpus\":1,\"mem\":{},\"disk\":[]}".to_owned()),
    ];
    let key = prop::sample::select(vec!["num_nodes", "size", "cluster_password", "flavor", "x", "version"]);
    let object = prop::collection::vec((key, leaf), 0..6).prop_map(|pairs| {
        pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect::<Vec<_>>().join(",")
    });
    check((object, 0..400usize), |bench, (inner, depth)| {
        let body = format!("{{\"a\":{}{{{inner}}}{}}}", "[".repeat(depth), "]".repeat(depth));
        bench.post(
            "/clusters/a",
            "application/json",
            if depth % 2 == 0 { body.as_bytes() } else { inner.as_bytes() },
        )
    });
}

#[test]
fn any_field_values_besides_a_user() {
    check((".{0,30}", ".{0,30}", ".{0,30}"), |bench, (nodes, size, name)| {
        // A number is never valid here: it begins with a letter.
        let (nodes, path) = (format!("n{nodes}"), form(&[(&name, "")]).replace('+', "%20"));
        let (media, body) = multipart(&[("cluster_user", "u"), ("num_nodes", &nodes), ("size", &size)]);
        bench.post(&format!("/clusters/{path}"), &media, &body)
    });
}

#[test]
fn any_bytes_as_a_request() {
    check(prop::collection::vec(any::<u8>(), 1..300), |bench, bytes| {
        let whole = [bytes.as_slice(), b"\r\n\r\n"].concat();
        bench.runtime.block_on(bench.stage.raw_status(&whole))
    });
}
