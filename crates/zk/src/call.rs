//! One request to ZooKeeper with the caller's deadline, and what its failure means.
//!
//! The client library keeps a request whose caller has gone and executes it after a reconnect. So a request is only
//! handed over while a server answers, and a write that was handed over and not answered is `Unknown`, never
//! "timed out". Reads are asked again until the deadline.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, timeout_at},
};
use zookeeper_client::{self as client, Client};

use crate::{
    acl::Account,
    error::{Reason, Refusal, ZkError},
    look::Budget,
    node::SessionId,
    session::{SessionNumber, ZkSession},
};

/// Requests under way at once. The client's own queue has no bound; this is ours. A scheduler that starts with a
/// thousand clusters reads a few thousand znodes; 512 at once keep a server busy and a queue short.
const MAX_FLIGHTS: usize = 512;
/// Between a lost connection and the news of it, so that a read does not spin. Local news takes microseconds.
const NEWS_PAUSE: Duration = Duration::from_millis(20);

/// What tasks and calls need of the session, without keeping it alive.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) link: watch::Receiver<Link>,
    pub(crate) session: watch::Receiver<ZkSession>,
    pub(crate) servers: Arc<str>,
    pub(crate) account: Account,
    pub(crate) poll: Duration,
    pub(crate) budget: Budget,
    flights: Arc<Semaphore>,
}

/// The way to the servers, as the supervisor sets it.
#[derive(Clone, Default)]
pub(crate) struct Link {
    pub(crate) number: SessionNumber,
    pub(crate) phase: Phase,
    /// Ids of our earlier sessions, latest last.
    pub(crate) past: Arc<[SessionId]>,
}

#[derive(Clone, Default)]
pub(crate) enum Phase {
    /// No server answers.
    #[default]
    Down,
    Up(Client),
    /// Closed by us, the goodbye under way.
    Closing,
    /// Closed; says whether a server took the goodbye.
    Parted(bool),
}

/// What is asked, for error texts.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) verb: &'static str,
    pub(crate) path: &'a str,
}

/// The caller's deadline.
#[derive(Clone, Copy)]
pub(crate) struct Until {
    at: Instant,
    waited: Duration,
}

/// A failed request: which operation of it, and how.
pub(crate) struct Failed {
    index: usize,
    error: client::Error,
}

/// What an error of the client means.
enum Verdict {
    Refused(Reason),
    Lost,
    Over,
    Misuse(String),
    Strange(String),
}

impl Until {
    pub(crate) fn within(waited: Duration) -> Self {
        Self { at: Instant::now() + waited, waited }
    }
}

impl Link {
    fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closing | Phase::Parted(_))
    }

    pub(crate) fn parted(&self) -> Option<bool> {
        match self.phase {
            Phase::Parted(clean) => Some(clean),
            _ => None,
        }
    }

    /// The client, if a server answers it as far as we know.
    pub(crate) fn up(&self) -> Option<&Client> {
        match &self.phase {
            Phase::Up(client) if client.state() == client::SessionState::SyncConnected => Some(client),
            _ => None,
        }
    }
}

impl Line {
    pub(crate) fn new(
        link: watch::Receiver<Link>,
        session: watch::Receiver<ZkSession>,
        servers: String,
        account: Account,
        poll: Duration,
    ) -> Self {
        let flights = Arc::new(Semaphore::new(MAX_FLIGHTS));
        Self { link, session, servers: servers.into(), account, poll, budget: Budget::default(), flights }
    }

    /// Waits for the handle to be closed.
    pub(crate) async fn closed(&self) {
        let mut seen = self.link.clone();
        // An error means that the supervisor is gone, which is as closed as can be.
        let _ended = seen.wait_for(Link::is_closed).await;
    }

    async fn permit(&self, until: Until) -> Result<OwnedSemaphorePermit, ZkError> {
        match timeout_at(until.at, Arc::clone(&self.flights).acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| ZkError::Closed),
            Err(_) => Err(self.unavailable(until.waited)),
        }
    }

    /// A client that a server answers, waited for until the deadline.
    async fn attach(&self, until: Until) -> Result<(Client, SessionNumber), ZkError> {
        let mut seen = self.link.clone();
        loop {
            let ready = |link: &Link| matches!(link.phase, Phase::Up(_)) || link.is_closed();
            match timeout_at(until.at, seen.wait_for(ready)).await {
                Err(_) => return Err(self.unavailable(until.waited)),
                Ok(Err(_)) => return Err(ZkError::Closed),
                Ok(Ok(link)) if link.is_closed() => return Err(ZkError::Closed),
                Ok(Ok(link)) => {
                    if let Some(client) = link.up() {
                        return Ok((client.clone(), link.number));
                    }
                }
            }
            self.pause(until).await?;
        }
    }

    async fn pause(&self, until: Until) -> Result<(), ZkError> {
        match timeout_at(until.at, sleep(NEWS_PAUSE)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.unavailable(until.waited)),
        }
    }

    /// A read: asked again after a lost connection, over sessions too, until the deadline.
    pub(crate) async fn read<T, E, F, Fut>(
        &self,
        asked: Asked<'_>,
        until: Until,
        ask: F,
    ) -> Result<T, ZkError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Into<Failed>,
    {
        let _permit = self.permit(until).await?;
        loop {
            let (client, session) = self.attach(until).await?;
            let answer = tokio::select! {
                answer = timeout_at(until.at, ask(client)) => answer,
                () = self.closed() => return Err(ZkError::Closed),
            };
            let Ok(answer) = answer else {
                return Err(self.unavailable(until.waited));
            };
            match answer.map_err(|error| error.into().verdict()) {
                Ok(value) => return Ok(value),
                Err((_, Verdict::Lost | Verdict::Over)) => self.pause(until).await?,
                Err((index, verdict)) => return Err(verdict.into_error(asked, index, session)),
            }
        }
    }

    /// A write: handed over once, in whichever session serves, and in none but `only` if that is given.
    pub(crate) async fn write<T, E, F, Fut>(
        &self,
        asked: Asked<'_>,
        until: Until,
        only: Option<SessionNumber>,
        ask: F,
    ) -> Result<(T, SessionNumber), ZkError>
    where
        F: FnOnce(Client) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Into<Failed>,
    {
        let _permit = self.permit(until).await?;
        let (client, session) = match only {
            None => self.attach(until).await?,
            Some(wanted) => self.attach_in(wanted, until).await?,
        };
        let unknown = || Verdict::Lost.into_error(asked, 0, session);
        let answer = tokio::select! {
            answer = timeout_at(until.at, ask(client)) => answer.map_err(|_| unknown())?,
            () = self.closed() => return Err(unknown()),
        };
        answer.map(|value| (value, session)).map_err(|error| {
            let (index, verdict) = error.into().verdict();
            verdict.into_error(asked, index, session)
        })
    }

    /// As `attach`, but gives up as soon as that session is over.
    async fn attach_in(
        &self,
        wanted: SessionNumber,
        until: Until,
    ) -> Result<(Client, SessionNumber), ZkError> {
        let mut seen = self.session.clone();
        let over = seen.wait_for(|session| session.is_over(wanted));
        tokio::select! {
            biased;
            _over = over => Err(ZkError::SessionOver { session: wanted }),
            attached = self.attach(until) => match attached? {
                (_, session) if session != wanted => Err(ZkError::SessionOver { session: wanted }),
                found => Ok(found),
            },
        }
    }
}

impl Failed {
    pub(crate) fn is_no_node(&self) -> bool {
        self.error == client::Error::NoNode
    }

    fn verdict(self) -> (usize, Verdict) {
        (self.index, judge(self.error))
    }
}

fn judge(error: client::Error) -> Verdict {
    use client::Error as E;
    match error {
        E::NoNode => Verdict::Refused(Reason::NoNode),
        E::NodeExists => Verdict::Refused(Reason::NodeExists),
        E::BadVersion => Verdict::Refused(Reason::BadVersion),
        E::NotEmpty => Verdict::Refused(Reason::NotEmpty),
        E::NoAuth | E::AuthFailed => Verdict::Refused(Reason::NoAuth),
        E::NoChildrenForEphemerals => Verdict::Refused(Reason::EphemeralParent),
        E::InvalidAcl => Verdict::Refused(Reason::BadAccess),
        E::QuotaExceeded => Verdict::Refused(Reason::Quota),
        E::Throttled | E::NotReadOnly => Verdict::Refused(Reason::NotNow),
        E::SessionExpired => Verdict::Over,
        E::BadArguments(what) => Verdict::Misuse((*what).to_owned()),
        // `Custom` wraps errors of the socket; `UnexpectedError` is also what a request gets whose answer fell away.
        E::ConnectionLoss
        | E::SessionMoved
        | E::Timeout
        | E::NoHosts
        | E::ClientClosed
        | E::Custom(_)
        | E::UnexpectedError(_) => Verdict::Lost,
        other => Verdict::Strange(other.to_string()),
    }
}

impl Verdict {
    fn into_error(self, asked: Asked<'_>, index: usize, session: SessionNumber) -> ZkError {
        let (verb, path) = (asked.verb, asked.path.to_owned());
        match self {
            Self::Refused(reason) => ZkError::Refused(Refusal { index, verb, path, reason }),
            Self::Lost => ZkError::Unknown { verb, path, session },
            Self::Over => ZkError::SessionOver { session },
            Self::Misuse(what) => ZkError::Misuse { verb, path, what },
            Self::Strange(what) => ZkError::Strange { verb, path, what },
        }
    }
}

impl From<client::Error> for Failed {
    fn from(error: client::Error) -> Self {
        Self { index: 0, error }
    }
}

impl From<client::MultiWriteError> for Failed {
    fn from(error: client::MultiWriteError) -> Self {
        match error {
            client::MultiWriteError::RequestFailed { source } => source.into(),
            client::MultiWriteError::OperationFailed { index, source } => Self { index, error: source },
        }
    }
}
