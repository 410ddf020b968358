//! The table of routes in `docs/api.md` is the table in the code.

use std::collections::BTreeSet;

use crate::api::router::ROUTES;

const DOCS: &str = include_str!("../../../../docs/api.md");

/// Rows of the table below "## Routes": method, path.
fn documented() -> BTreeSet<(String, String)> {
    let table = DOCS.split("## Routes").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line.split('`').skip(1).step_by(2);
        (cells.next().unwrap().to_owned(), cells.next().unwrap().to_owned())
    };
    rows.map(row).collect()
}

#[test]
fn every_route_is_documented_and_every_documented_route_exists() {
    let served = ROUTES.iter().flat_map(|route| {
        let methods = route.allow.split(", ").filter(|method| *method != "HEAD");
        methods.map(|method| (method.to_owned(), route.path.replace('{', "<").replace('}', ">")))
    });
    assert_eq!(served.collect::<BTreeSet<_>>(), documented());
}

#[tokio::test]
async fn allow_names_exactly_the_methods_that_are_answered() {
    let stage = super::Stage::start().await;
    for route in ROUTES {
        let path = route.path.replace("{name}", "a").replace("{file}", "style.css");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let reply = stage.send(&format!("{method} {path}"), &[], b"").await;
            let allowed = route.allow.split(", ").any(|one| one == method);
            assert_eq!(reply.status != 405, allowed, "{method} {path}: {}", reply.status);
            if !allowed {
                assert_eq!(reply.header("allow"), Some(route.allow), "{method} {path}");
            }
        }
    }
}
