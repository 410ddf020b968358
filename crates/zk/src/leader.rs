//! Election among schedulers: whoever came first leads, under a term that only rises.
//!
//! Each candidate makes an ephemeral sequential child and waits for its predecessor to go. Who has none raises the
//! **term**, a number in a znode of its own, in one transaction that checks that its candidacy still stands. That
//! znode's version is the **fence**: a leader adds the check of it to each of its writes, and a leader that was
//! overtaken while it was frozen cannot write any more.
//!
//! A suspended session does not end a leadership; it puts it in doubt. Who leads watches the session too.

use std::{fmt, time::Duration};

use mysos_model::Term;
use tokio::{sync::watch, time::sleep};

use crate::{
    acl::Access,
    error::{Reason, ZkError},
    lowest::last_number,
    multi::{Done, Kind, Multi},
    node::{Node, Version},
    session::{SessionNumber, ZkHandle},
    watch::Watched,
};

/// Candidates are `member_NNNNNNNNNN`.
const CANDIDATE: &str = "member_";
/// The znode of the term, beside the candidates.
const TERM: &str = "term";
/// One step of an election. Longer than any session that makes sense, so that an expiry is seen as one.
const STEP: Duration = Duration::from_secs(30);

/// After a step that failed, so that an error that comes at once is not asked for at once again.
const PAUSE: Duration = Duration::from_millis(100);

/// A candidate. One per handle and path.
#[derive(Debug, Clone)]
pub struct Election {
    zk: ZkHandle,
    path: String,
    data: Vec<u8>,
}

/// A leadership that was won. Ends with its session, or when another overtakes it.
#[derive(Debug, Clone)]
pub struct Leadership {
    session: SessionNumber,
    term: Term,
    fence: Fence,
    lost: watch::Receiver<Option<Lost>>,
}

/// What each write of a leader has to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    path: String,
    version: Version,
}

/// How a leadership ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The session is over, or the handle is closed.
    Session(SessionNumber),
    /// Our candidacy was taken away.
    Candidacy,
    /// The term was raised or removed by another.
    Term,
}

/// Whose a candidacy is.
enum Whose {
    Nobodys,
    Ours,
    /// Of a session that we had before, and that has not yet timed out at the server.
    OursBefore,
    Anothers,
}

impl Election {
    /// A candidate under `path`; `data` tells others who it is, as a URL.
    pub fn new(zk: &ZkHandle, path: &str, data: &str) -> Self {
        Self { zk: zk.clone(), path: path.to_owned(), data: data.as_bytes().to_vec() }
    }

    /// What the leading candidate tells of itself, `None` while there is none.
    pub fn leader(&self) -> Watched<Option<Vec<u8>>> {
        self.zk.watch_lowest(&self.path, candidate_number)
    }

    /// Waits until we lead, over outages and new sessions. May be dropped and called again: the candidacy stays with
    /// the session, and is found again. Fails only for what a person has to look at, and when the handle is closed.
    pub async fn win(&self) -> Result<Leadership, ZkError> {
        loop {
            match self.turn().await {
                Ok(Some(won)) => return Ok(won),
                Ok(None) => {}
                Err(error) if is_passing(&error) => {
                    tracing::info!(%error, "the election goes on");
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One look at the candidates: lead, or wait for something to change.
    async fn turn(&self) -> Result<Option<Leadership>, ZkError> {
        let session = self.zk.ready(STEP).await?.number;
        let Some((own, others)) = self.stand(session).await? else {
            return Ok(None);
        };
        let before = others.iter().filter(|name| candidate_number(name) < candidate_number(&own)).cloned();
        let predecessor = before.max_by_key(|name| candidate_number(name));
        match predecessor {
            Some(predecessor) => {
                self.wait(session, &own, &predecessor).await;
                Ok(None)
            }
            None => self.lead(session, own).await,
        }
    }

    /// Our candidacy of this session and all others; makes one, and looks again, if there is none.
    async fn stand(&self, session: SessionNumber) -> Result<Option<(String, Vec<String>)>, ZkError> {
        self.zk.ensure_path(&self.path, &Access::Private, STEP).await?;
        self.zk.sync_then_read(&self.path, STEP).await?;
        let names = self.zk.children(&self.path, STEP).await?.unwrap_or_default();
        let (mut own, mut others) = (None, Vec::new());
        for name in names.into_iter().filter(|name| candidate_number(name).is_some()) {
            match self.whose(session, &name).await? {
                Whose::Nobodys => {}
                Whose::Ours => own = Some(name),
                Whose::OursBefore => {
                    self.zk.commit(&Multi::new().delete(self.at(&name), None), STEP).await?;
                }
                Whose::Anothers => others.push(name),
            }
        }
        if let Some(own) = own {
            return Ok(Some((own, others)));
        }
        let stand = Multi::new().create(
            self.at(CANDIDATE),
            self.data.clone(),
            Kind::EphemeralSequential,
            Access::Private,
        );
        self.zk.commit_in(session, &stand, STEP).await?;
        Ok(None)
    }

    async fn whose(&self, session: SessionNumber, name: &str) -> Result<Whose, ZkError> {
        let Some(stat) = self.zk.stat(&self.at(name), STEP).await? else {
            return Ok(Whose::Nobodys);
        };
        let current = self.zk.session();
        Ok(match stat.owner {
            owner if current.number == session && owner == current.id => Whose::Ours,
            Some(owner) if self.zk.line.link.borrow().past.contains(&owner) => Whose::OursBefore,
            _ => Whose::Anothers,
        })
    }

    /// Until the predecessor or our own candidacy goes, or the session is over.
    async fn wait(&self, session: SessionNumber, own: &str, predecessor: &str) {
        tracing::info!(candidate = own, %predecessor, "standing by");
        tokio::select! {
            () = gone(self.zk.watch_node(&self.at(predecessor))) => {}
            () = gone(self.zk.watch_node(&self.at(own))) => {}
            () = self.zk.over(session) => {}
        }
    }

    /// Raises the term, if our candidacy still stands.
    async fn lead(&self, session: SessionNumber, own: String) -> Result<Option<Leadership>, ZkError> {
        let path = self.at(TERM);
        let seen = self.zk.sync_then_read(&path, STEP).await?;
        let term = match &seen {
            None => Term(1),
            Some(node) => read_term(&path, node)?.next(),
        };
        let candidate = self.at(&own);
        let standing = Multi::new().check(candidate.clone(), Version(0));
        let text = term.to_string();
        let raise = match &seen {
            None => standing.create(path.clone(), text, Kind::Persistent, Access::Private),
            Some(node) => standing.set(path.clone(), text, node.stat.version),
        };
        let version = match self.zk.commit_in(session, &raise, STEP).await {
            Ok(done) => done.iter().find_map(|done| match done {
                Done::Set(stat) => Some(stat.version),
                _ => None,
            }),
            // Raised by another, or our candidacy is gone: look again.
            Err(ZkError::Refused(refusal)) if is_race(refusal.reason) => return Ok(None),
            Err(error) => return Err(error),
        };
        let fence = Fence { path, version: version.unwrap_or(Version(0)) };
        tracing::info!(%term, candidate = own, "won the election");
        let lost = self.watch_over(session, &candidate, &fence);
        Ok(Some(Leadership { session, term, fence, lost }))
    }

    /// Tells once how the leadership was lost; ends when nobody asks any more.
    fn watch_over(
        &self,
        session: SessionNumber,
        candidate: &str,
        fence: &Fence,
    ) -> watch::Receiver<Option<Lost>> {
        let (tell, lost) = watch::channel(None);
        let (zk, version) = (self.zk.clone(), fence.version);
        let (candidate, term) = (zk.watch_node(candidate), zk.watch_node(&fence.path));
        tokio::spawn(async move {
            let how = tokio::select! {
                () = tell.closed() => return,
                () = zk.over(session) => Lost::Session(session),
                () = gone(candidate) => Lost::Candidacy,
                () = overtaken(term, version) => Lost::Term,
            };
            tracing::warn!(%how, "leadership lost");
            tell.send_replace(Some(how));
        });
        lost
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

impl Leadership {
    /// Its term: higher than that of every leader before.
    pub fn term(&self) -> Term {
        self.term
    }

    /// What each write has to check.
    pub fn fence(&self) -> &Fence {
        &self.fence
    }

    /// The session that it stands and falls with.
    pub fn session(&self) -> SessionNumber {
        self.session
    }

    /// False once it is known to be lost. True is no proof: only a write that checks the fence is.
    pub fn is_held(&self) -> bool {
        self.lost.borrow().is_none() && self.lost.has_changed().is_ok()
    }

    /// Waits until it is lost.
    pub async fn lost(&self) -> Lost {
        let mut lost = self.lost.clone();
        // An error means that the task that watches is gone, and all tasks of the handle with it.
        match lost.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(how)) => how.clone(),
            _ => Lost::Session(self.session),
        }
    }
}

impl Fence {
    /// The transaction with the check added at its end.
    #[must_use]
    pub fn guard(&self, multi: Multi) -> Multi {
        multi.check(self.path.clone(), self.version)
    }
}

/// Resolves when the znode is gone. A closed handle does not resolve it: the session tells that.
async fn gone(mut node: Watched<Option<Node>>) {
    while let Some(seen) = node.next().await {
        if seen.value.is_none() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

async fn overtaken(mut node: Watched<Option<Node>>, version: Version) {
    while let Some(seen) = node.next().await {
        // A stream starts with what a server knows, and that may be older than our own write.
        if seen.value.is_none_or(|node| node.stat.version > version) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

fn candidate_number(name: &str) -> Option<u64> {
    name.starts_with(CANDIDATE).then(|| last_number(name)).flatten()
}

fn read_term(path: &str, node: &Node) -> Result<Term, ZkError> {
    let text = str::from_utf8(&node.data).ok();
    text.and_then(|text| text.parse().ok()).map(Term).ok_or_else(|| ZkError::Misuse {
        verb: "read",
        path: path.to_owned(),
        what: "holds no term; is this path used by something else?".to_owned(),
    })
}

fn is_race(reason: Reason) -> bool {
    matches!(reason, Reason::BadVersion | Reason::NoNode | Reason::NodeExists)
}

/// What goes by without anybody doing anything.
fn is_passing(error: &ZkError) -> bool {
    match error {
        ZkError::Refused(refusal) => is_race(refusal.reason) || refusal.reason == Reason::NotNow,
        ZkError::Unavailable { .. } | ZkError::Unknown { .. } | ZkError::SessionOver { .. } => true,
        ZkError::Closed | ZkError::Misuse { .. } | ZkError::Strange { .. } => false,
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(session) => write!(f, "{session} is over"),
            Self::Candidacy => f.write_str("our candidacy was taken away"),
            Self::Term => f.write_str("another scheduler has raised the term"),
        }
    }
}
