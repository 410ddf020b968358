//! The cluster's records as events. Every stream gives the latest value again after a lost connection, so
//! nothing here can miss a last change.

use std::{collections::BTreeMap, sync::Arc};

use mysos_ha::{
    Event,
    view::{SeenEpoch, Session},
};
use mysos_model::{
    Epoch, TaskId,
    record::{self, EpochRecord, MemberRecord, SpecRecord, path},
};
use mysos_zk::{ChildNodes, Node, ZkSession};
use tokio::{sync::mpsc, task::JoinSet};

use crate::membership::Membership;

/// Where events go.
pub(crate) type Inbox = mpsc::Sender<Event>;

/// Starts to watch. The tasks end when nobody listens, or when ZooKeeper's handle is closed.
pub(crate) fn watch(member: &Arc<Membership>, inbox: &Inbox, tasks: &mut JoinSet<()>) {
    tasks.spawn(session(member.clone(), inbox.clone()));
    tasks.spawn(epoch(member.clone(), inbox.clone()));
    tasks.spawn(spec(member.clone(), inbox.clone()));
    tasks.spawn(members(member.clone(), inbox.clone()));
    tasks.spawn(coordinator(member.clone(), inbox.clone()));
}

/// The session as the decision code knows it: its number, and whether it is connected.
fn seen(session: &ZkSession) -> Session {
    Session { number: session.number.0, connected: session.is_connected() }
}

async fn session(member: Arc<Membership>, inbox: Inbox) {
    let mut sessions = member.zk.sessions();
    let mut last = None;
    loop {
        let now = seen(&sessions.borrow_and_update());
        if last != Some(now) {
            last = Some(now);
            if inbox.send(Event::Session(now)).await.is_err() {
                return;
            }
        }
        if sessions.changed().await.is_err() {
            return;
        }
    }
}

/// The fencing record with its version and its parent's.
async fn epoch(member: Arc<Membership>, inbox: Inbox) {
    let cluster = &member.task.cluster;
    let mut record = member.zk.watch_node(&path::epoch(cluster));
    let mut parent = member.zk.watch_node(&path::cluster(cluster));
    loop {
        let more = tokio::select! {
            next = record.next() => next.is_some(),
            next = parent.next() => next.is_some(),
        };
        if !more {
            return;
        }
        let (Some(node), Some(above)) = (record.latest(), parent.latest()) else { continue };
        if inbox.send(epoch_event(node.value.as_ref(), above.value.as_ref())).await.is_err() {
            return;
        }
    }
}

/// An election a second for longer than there have been stars. A record beyond it was edited by hand, and whoever obeyed
/// it could obey no later one.
const LAST_EPOCH: Epoch = Epoch(1 << 53);

fn epoch_event(node: Option<&Node>, parent: Option<&Node>) -> Event {
    let (Some(node), Some(parent)) = (node, parent) else { return Event::Epoch(None) };
    match record::decode::<EpochRecord>(&node.data) {
        Ok(record) if record.epoch > LAST_EPOCH => Event::EpochUnreadable(format!(
            "the epoch record says {}, and no cluster lives to see more than {LAST_EPOCH}: restore it",
            record.epoch
        )),
        Ok(record) => Event::Epoch(Some(SeenEpoch {
            record,
            version: node.stat.version.0,
            parent: parent.stat.version.0,
        })),
        Err(error) => Event::EpochUnreadable(error.to_string()),
    }
}

async fn spec(member: Arc<Membership>, inbox: Inbox) {
    let mut watched = member.zk.watch_node(&path::spec(&member.task.cluster));
    while let Some(seen) = watched.next().await {
        let spec = seen.value.map(|node| record::decode::<SpecRecord>(&node.data)).transpose();
        let event = match spec {
            Ok(spec) => Event::Spec(spec.map(Box::new)),
            Err(error) => {
                tracing::error!(%error, "the spec is left alone");
                continue;
            }
        };
        if inbox.send(event).await.is_err() {
            return;
        }
    }
}

async fn members(member: Arc<Membership>, inbox: Inbox) {
    let mut watched = member.zk.watch_child_nodes(&path::members(&member.task.cluster));
    while let Some(seen) = watched.next().await {
        if inbox.send(Event::Members(member_records(seen.value))).await.is_err() {
            return;
        }
    }
}

/// A record that cannot be read is as good as none: its member is counted nowhere.
fn member_records(nodes: ChildNodes) -> BTreeMap<TaskId, MemberRecord> {
    let read = |node: Node| match record::decode::<MemberRecord>(&node.data) {
        Ok(record) => Some((record.task.clone(), record)),
        Err(error) => {
            tracing::warn!(%error, "a member's record is left alone");
            None
        }
    };
    nodes.unwrap_or_default().into_values().filter_map(read).collect()
}

async fn coordinator(member: Arc<Membership>, inbox: Inbox) {
    let mut watched = member.zk.watch_node(&path::coordinator(&member.task.cluster));
    while let Some(seen) = watched.next().await {
        let task = seen.value.and_then(|node| String::from_utf8(node.data).ok()?.parse().ok());
        if inbox.send(Event::Coordinator(task)).await.is_err() {
            return;
        }
    }
}
