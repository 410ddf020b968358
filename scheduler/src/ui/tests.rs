//! Golden pages: what a person sees, and what scripts of the original find.

use mysos_ha::assess::ClusterState;
use mysos_model::{Epoch, Ordinal, Problem, ProblemCode, Timestamp};

use super::{clusters, connecting};
use crate::{
    api::tests::{cluster, fleet, waiting},
    view::FleetView,
};

/// One tag per line, so that a change of the page is a change of a few lines.
fn lines(page: maud::Markup) -> String {
    page.into_string().replace("><", ">\n<")
}

#[test]
fn page_of_clusters_is_golden() {
    insta::assert_snapshot!(lines(clusters(&fleet(vec![cluster("shop"), waiting("new")]))));
}

#[test]
fn page_before_anything_is_known_is_golden() {
    let mut view = FleetView::default();
    view.mesos.trouble = Some("no master at <zk://…>".to_owned());
    insta::assert_snapshot!(lines(connecting(&view, "the saved state has not been read yet")));
}

#[test]
fn rows_begin_with_the_cells_of_the_original() {
    let page = clusters(&fleet(vec![cluster("b"), waiting("a")])).into_string();
    let rows: Vec<&str> = page.split("<tr class=\"cluster\">").skip(1).collect();
    assert!(rows[0].starts_with("<td>b</td><td>app</td><td>3</td>"), "{}", rows[0]);
    assert!(rows[1].starts_with("<td>a</td><td>app</td><td>3</td>"), "in order of creation: {}", rows[1]);
    assert!(page.contains("<th>name</th><th>user</th><th>num nodes</th>"));
}

#[test]
fn what_is_away_is_said_on_top() {
    let mut view = fleet(vec![cluster("shop")]);
    view.mesos.subscribed = false;
    view.mesos.trouble = Some("connection refused".to_owned());
    view.zk_lost = Some(Timestamp(view.now.0 - 45_000));
    let page = clusters(&view).into_string();
    assert!(page.contains("Mesos is away since 60 min: connection refused"), "{page}");
    assert!(page.contains("ZooKeeper is away since 45 s"), "{page}");
}

#[test]
fn texts_of_servers_are_escaped_and_nothing_leads_elsewhere() {
    let mut bad = cluster("shop");
    bad.assessment.state = ClusterState::Lost { epoch: Epoch(12), at_risk: None };
    let text = "<script>alert('x')</script>";
    bad.assessment.problems =
        vec![Problem::new(ProblemCode::NoSafeCandidate, Timestamp(0), text).of(Ordinal(1))];
    let page = clusters(&fleet(vec![bad])).into_string();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    assert!(page.contains("a person must act"), "{page}");
    for link in page.split("href=\"").skip(1) {
        assert!(!link.starts_with('/') && !link.starts_with("http"), "{link}");
    }
}
