//! Tasks and updates that the agent has not yet acknowledged. They go with
//! each SUBSCRIBE: a task that is not named there is dropped by an agent that
//! restarted, an update that is not is lost.

use std::time::Duration;

use tokio::time::Instant;

use crate::proto::executor::call::{Subscribe, Update};
use crate::proto::{TaskId, TaskInfo, TaskStatus};

/// An update, and when it was last sent.
#[derive(Clone, Debug)]
struct Kept {
    status: TaskStatus,
    sent: Option<Instant>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    tasks: Vec<TaskInfo>,
    updates: Vec<Kept>,
    limit: usize,
}

impl Unacknowledged {
    pub(super) fn new(limit: usize) -> Self {
        Unacknowledged { tasks: Vec::new(), updates: Vec::new(), limit }
    }

    /// A task came. Once is enough.
    pub(super) fn launched(&mut self, task: &TaskInfo) {
        if !self.tasks.iter().any(|known| known.task_id == task.task_id) {
            self.tasks.push(task.clone());
        }
    }

    /// Keeps an update until it is acknowledged; the same one only once.
    /// Returns whether there was room.
    #[must_use]
    pub(super) fn keep(&mut self, status: TaskStatus) -> bool {
        let known = self.updates.iter().any(|kept| kept.status.uuid == status.uuid);
        if !known && self.updates.len() >= self.limit {
            return false;
        }
        if !known {
            self.updates.push(Kept { status, sent: None });
        }
        true
    }

    /// The agent has written an update down, and knows its task.
    pub(super) fn acknowledged(&mut self, task_id: &TaskId, uuid: &[u8]) {
        self.tasks.retain(|task| task.task_id != *task_id);
        self.forget(uuid);
    }

    /// The agent will never take this update.
    pub(super) fn forget(&mut self, uuid: &[u8]) {
        self.updates.retain(|kept| kept.status.uuid() != uuid);
    }

    /// How many updates wait.
    pub(super) fn count(&self) -> usize {
        self.updates.len()
    }

    /// All of it, for SUBSCRIBE.
    pub(super) fn subscribe(&mut self, now: Instant) -> Subscribe {
        for kept in &mut self.updates {
            kept.sent = Some(now);
        }
        let update = |kept: &Kept| Update { status: kept.status.clone() };
        Subscribe {
            unacknowledged_tasks: self.tasks.clone(),
            unacknowledged_updates: self.updates.iter().map(update).collect(),
        }
    }

    /// The next update to be sent: the oldest that was not, or not for long.
    pub(super) fn next(&mut self, now: Instant, resend_after: Duration) -> Option<TaskStatus> {
        let kept =
            self.updates.iter_mut().find(|kept| kept.sent.is_none_or(|sent| now >= sent + resend_after))?;
        kept.sent = Some(now);
        Some(kept.status.clone())
    }

    /// When the next update is to be sent.
    pub(super) fn due(&self, now: Instant, resend_after: Duration) -> Option<Instant> {
        self.updates.iter().map(|kept| kept.sent.map_or(now, |sent| sent + resend_after)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As the client has it.
    const RESEND: Duration = Duration::from_secs(60);

    fn status(task: &str, uuid: u8) -> TaskStatus {
        TaskStatus { task_id: task.into(), uuid: Some(vec![uuid; 16]), ..Default::default() }
    }

    fn task(id: &str) -> TaskInfo {
        TaskInfo { task_id: id.into(), ..Default::default() }
    }

    fn uuids(subscribe: &Subscribe) -> Vec<u8> {
        subscribe.unacknowledged_updates.iter().map(|update| update.status.uuid()[0]).collect()
    }

    #[test]
    fn task_is_named_until_any_of_its_updates_is_acknowledged() {
        let mut unacknowledged = Unacknowledged::new(9);
        unacknowledged.launched(&task("a"));
        unacknowledged.launched(&task("a"));
        unacknowledged.launched(&task("b"));
        assert_eq!(unacknowledged.subscribe(Instant::now()).unacknowledged_tasks.len(), 2);
        unacknowledged.acknowledged(&"a".into(), &[1; 16]);
        let left = unacknowledged.subscribe(Instant::now()).unacknowledged_tasks;
        assert_eq!(left, [task("b")]);
    }

    #[test]
    fn updates_keep_their_order_and_leave_one_by_one() {
        let mut unacknowledged = Unacknowledged::new(9);
        for uuid in [3, 1, 2, 1] {
            assert!(unacknowledged.keep(status("a", uuid)));
        }
        let now = Instant::now();
        assert_eq!(uuids(&unacknowledged.subscribe(now)), [3, 1, 2]);
        unacknowledged.acknowledged(&"a".into(), &[1; 16]);
        assert_eq!(uuids(&unacknowledged.subscribe(now)), [3, 2]);
    }

    #[test]
    fn what_went_with_subscribe_is_not_sent_again_at_once() {
        let mut unacknowledged = Unacknowledged::new(9);
        let now = Instant::now();
        assert!(unacknowledged.keep(status("a", 1)));
        unacknowledged.subscribe(now);
        assert!(unacknowledged.keep(status("a", 2)));
        assert_eq!(unacknowledged.due(now, RESEND), Some(now));
        assert_eq!(unacknowledged.next(now, RESEND), Some(status("a", 2)));
        assert_eq!(unacknowledged.next(now, RESEND), None);
        assert_eq!(unacknowledged.due(now, RESEND), Some(now + RESEND));
        assert_eq!(unacknowledged.next(now + RESEND, RESEND), Some(status("a", 1)));
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut unacknowledged = Unacknowledged::new(1);
        assert!(unacknowledged.keep(status("a", 1)));
        assert!(!unacknowledged.keep(status("a", 2)));
        assert!(unacknowledged.keep(status("a", 1)), "it is there already");
        unacknowledged.forget(&[1; 16]);
        assert!(unacknowledged.keep(status("a", 2)));
    }
}
