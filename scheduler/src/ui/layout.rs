//! What all pages share: head, banners, style sheet; and the page before there is anything to show.

use maud::{DOCTYPE, Markup, html};
use mysos_model::Timestamp;

use crate::view::FleetView;

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("style.css");
/// Reload while nothing is known yet: the next look is likely to find something.
const CONNECTING_SECONDS: u32 = 2;
/// Reload of a page with clusters: a change is seen soon, and a page left open costs next to nothing.
const CLUSTERS_SECONDS: u32 = 10;

/// The page until the state is loaded and Mesos has been reached once.
pub(crate) fn connecting(view: &FleetView, reason: &str) -> Markup {
    page(
        CONNECTING_SECONDS,
        &html! {
            p.banner role="status" { "still connecting: " (reason) "." }
            @if let Some(trouble) = &view.mesos.trouble { p { "Mesos: " (trouble) } }
            p { "Nothing can be created or deleted yet. Clusters that exist go on running." }
        },
    )
}

/// A page with clusters: banners for what is away, then the content.
pub(super) fn connected(view: &FleetView, content: &Markup) -> Markup {
    page(
        CLUSTERS_SECONDS,
        &html! {
            (banners(view))
            (content)
            footer { "as of " (view.now) (mesos_line(view)) }
        },
    )
}

fn page(refresh_seconds: u32, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta http-equiv="refresh" content=(refresh_seconds);
                title { "Mysos" }
                link rel="stylesheet" href="static/style.css";
            }
            body {
                h1 { "Mysos" }
                (content)
            }
        }
    }
}

fn banners(view: &FleetView) -> Markup {
    html! {
        @if !view.mesos.subscribed {
            p.banner.warning role="alert" {
                "Mesos is away since " (ago(view.mesos.since, view.now)) ": "
                (view.mesos.trouble.as_deref().unwrap_or("the subscription ended"))
                ". Clusters go on running and fail over by themselves; what is asked for now is placed when Mesos is back."
            }
        } @else if !view.mesos.reconciled {
            p.banner.notice role="status" { "Asking Mesos about all tasks; nothing is replaced until it has answered." }
        }
        @if let Some(since) = view.zk_lost {
            p.banner.critical role="alert" {
                "ZooKeeper is away since " (ago(since, view.now))
                ". This page shows what was known then; nothing can be created or deleted."
            }
        }
    }
}

fn mesos_line(view: &FleetView) -> Markup {
    html! {
        @if let Some(leader) = &view.mesos.leader { ", Mesos leader " (leader) }
        @if let Some(id) = &view.mesos.framework_id { ", framework " (id) }
    }
}

/// A span in its largest unit, as people say it: `45 s`, `3 min`, `7 h`, `3 d`.
pub(super) fn ago(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(since).as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
