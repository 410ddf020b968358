//! Every bound of this crate, with its reason.

use std::time::Duration;

/// Between two attempts of an action that failed. Shorter than a person notices, longer than a server
/// needs to answer, so that a failing step does not keep a core busy.
pub const RETRY: Duration = Duration::from_millis(250);

/// How often that is doubled for an order that fails again and again: to eight seconds.
pub const RETRY_DOUBLINGS: u32 = 5;

/// Between two looks at the primary while it does not let this member in yet. The wait for the account
/// is part of every start, so it is short.
pub const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The same while a new primary may be opening: its first write waits for whoever is let in.
pub const ASK_SOON: Duration = Duration::from_millis(20);

/// A primary that was named this long ago has opened, or has troubles that asking often does not mend.
pub const OPENS: Duration = Duration::from_secs(2);

/// Between two times that clients are ended for what they hold: those that come back at once get some of it.
pub const FREE_AGAIN: Duration = Duration::from_secs(2);

/// Commits that wait this long although replicas are connected, and that no nudge frees, are held up by a client: the
/// clients are ended. Longer than a replica whose disk is busy takes to acknowledge.
pub const HELD_UP: Duration = Duration::from_secs(4);

/// Between two questions of a replica that may not acknowledge yet: by the answers it knows how far behind it is.
pub const ASK_ON: Duration = Duration::from_millis(500);

/// At most this far behind what the primary held counts as current: whoever may acknowledge from then on holds a
/// failover up for as long as it takes to receive what it lacks.
pub const CURRENT: Duration = Duration::from_millis(1500);

/// At most this far behind is worth reading from.
pub const BEHIND: Duration = Duration::from_secs(10);

/// Between two orders to follow the same primary, when replication does not hold: its error is visible
/// meanwhile, and the server is left in peace.
pub const FOLLOW_AGAIN: Duration = Duration::from_secs(2);

/// How long a demotion waits for ZooKeeper to take the published node away before it closes the doors
/// anyway: a client that still finds it gets an error instead of a lost write.
pub const UNPUBLISH: Duration = Duration::from_secs(1);

/// How long closing the doors may take before mysqld is killed (`docs/failover.md` §5: 1–2 s).
pub const CLOSE: Duration = Duration::from_millis(1500);

/// How long a marker row may wait for its acknowledgement before it is given up and written again.
/// Longer than a replica takes to reconnect, shorter than an operator takes to wonder.
pub const MARKER: Duration = Duration::from_secs(30);

/// A commit that waits this long while nothing else is written, with enough ackers connected, is nudged. An
/// acknowledgement takes milliseconds, so nothing that is well is nudged often.
pub const STUCK: Duration = Duration::from_millis(300);

/// How long a nudge may wait, and how long its lane rests after one.
pub const NUDGE: Duration = Duration::from_secs(2);

/// An acker whose record has been gone this long is cut off and leaves the ack set, if others can
/// acknowledge. Longer than a restart of a replica's mysqld or a lost ZooKeeper session takes.
pub const EVICT_AFTER: Duration = Duration::from_secs(10);

/// A server that ends this often within [`CRASH_WINDOW`] is not started again: the task fails, and the
/// scheduler decides where the member goes.
pub const CRASHES: usize = 4;

/// A server that served this long before it ended is no crash loop: what killed it came from outside.
pub const SERVED: Duration = Duration::from_secs(3);

/// See [`CRASHES`].
pub const CRASH_WINDOW: Duration = Duration::from_secs(60);

/// A server that dies is started again after this, doubled for each recent crash.
pub const RESTART: Duration = Duration::from_millis(500);

/// How long a server may take to answer after its start, crash recovery included, before it counts as
/// crashed. InnoDB replays a full redo log of our size in well under this.
pub const START: Duration = Duration::from_secs(300);

/// A member that has nothing copies another member's data when the primary has executed more transactions than
/// this. On a busy machine a durable replica was seen to need more than four minutes for 9,400, with 100 more each second. A
/// copy takes some ten seconds, and most of its time does not grow with the history.
pub const LONG_HISTORY: u64 = 2_000;

/// A copy that failed is begun again after this, doubled for each failure in a row up to [`COPY_AT_MOST`]. Each
/// attempt reads the whole of a donor's data.
pub const COPY_AGAIN: Duration = Duration::from_secs(2);

/// See [`COPY_AGAIN`]. A full disk that was cleared is noticed within this.
pub const COPY_AT_MOST: Duration = Duration::from_secs(120);

/// Steps in which the others are told how far a copy has come, in percent: each is a write to ZooKeeper.
pub const COPY_STEP: u8 = 5;

/// Share of the grace after which a stopping mysqld is killed, in percent: the rest is for reaping it,
/// for the terminal update and for its acknowledgement.
pub const GRACE_PERCENT: u64 = 80;

/// A server or a disk that has been without an answer this long is stalled. The executor tries at least each
/// second and gives each try one or two: in all a hung mysqld is known within about four.
pub const STALLED: Duration = Duration::from_millis(2500);

/// A server that answers small questions and has told no look for this long is stalled too: something in it waits
/// that its executor waits for. Longer than a slow statement holds what a look asks for.
pub const BLIND: Duration = Duration::from_secs(5);

/// A server that has not answered for this long on a disk that is well is killed and started again, even if
/// nobody can be elected in its place: it will not come back by itself.
pub const HOPELESS: Duration = Duration::from_secs(20);

/// A step that has failed for this long is told as a problem. What a moment's trouble makes fail is done long before.
pub const FAILING: Duration = Duration::from_secs(5);

/// Letters of a cause that are told with it: records are read by all members.
pub const WHY: usize = 300;

/// A primary that was named this long ago and takes no writes is replaced, when the pause after the last failover is
/// over. Its way takes a second; a long relay log that is to be applied first takes as long elsewhere.
pub const STUCK_PROMOTION: Duration = Duration::from_secs(30);

/// After an unplanned failover, the next one waits this long (`docs/failover.md` §4).
pub const COOL_DOWN: Duration = Duration::from_secs(60);

/// So many probes of the primary's control endpoint in a row must stay without an answer: never one alone.
pub const SILENT_PROBES: u32 = 2;

/// A swap that is due and was not made for this long is made by another member than the coordinator, one
/// after the other by slot: the coordinator is a convenience and may be dead itself.
pub const TAKEOVER: Duration = Duration::from_millis(400);

/// Journal lines that wait to be written; older ones are dropped first while ZooKeeper is away.
pub const JOURNAL_BACKLOG: usize = 64;

/// Rounds in which [`decide`](crate::decide()) settles one event. Each round moves the state at least one
/// step, and no chain of steps is this long; a defect shows as an unsettled view, not as a loop.
pub const SETTLE_ROUNDS: usize = 32;
