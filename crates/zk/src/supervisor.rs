//! The task behind a handle: connects, watches over the session, makes a new one, says goodbye.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use zookeeper_client::{self as client, Client, StateWatcher};

use crate::{
    acl::Account,
    call::{Link, Phase},
    diagnose::diagnose,
    node::SessionId,
    probe::{Beat, beat},
    session::{Options, Root, SessionNumber, SessionState, ZkSession},
    tree::make_path,
    url::ZkUrl,
};

/// The first pause after a failed attempt to connect; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause: a server that comes back is found within this, and one that is away is not hammered.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// What an attempt may take beyond the session timeout, within which the client has to connect: making the root.
const ATTEMPT_GRACE: Duration = Duration::from_secs(2);
/// A probe per third of the session: two may fail before two thirds of it have passed without contact.
const PROBES_PER_SESSION: u32 = 3;
/// The client gives a session up after 7/5 of its timeout; one that has not by twice the timeout is broken.
const DEAD_AFTER_SESSIONS: u32 = 2;
/// Ids of earlier sessions that are remembered. Their leftovers live for one timeout; more than a few sessions
/// cannot fall into that.
const PAST_SESSIONS: usize = 16;

pub(crate) struct Supervisor {
    url: ZkUrl,
    options: Options,
    link: watch::Sender<Link>,
    session: watch::Sender<ZkSession>,
    closing: watch::Receiver<bool>,
}

/// Why a session ended.
enum Ended {
    Closing,
    Over(String),
}

impl Supervisor {
    pub(crate) fn new(
        url: ZkUrl,
        options: Options,
        link: watch::Sender<Link>,
        session: watch::Sender<ZkSession>,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self { url, options, link, session, closing }
    }

    pub(crate) async fn run(self) {
        let mut parted = true;
        while let Some((client, contact)) = self.establish().await {
            let mut states = client.state_watcher();
            self.announce(&client, contact);
            let ended = self.tend(&client, &mut states).await;
            match ended {
                Ended::Closing => {
                    self.link.send_modify(|link| link.phase = Phase::Closing);
                    drop(client);
                    parted = self.part(states).await;
                    break;
                }
                Ended::Over(why) => self.mourn(&client, &why),
            }
        }
        self.session.send_modify(|session| session.state = SessionState::Closed);
        self.link.send_modify(|link| link.phase = Phase::Parted(parted));
        tracing::info!(servers = %self.url.server_list(), parted, "zookeeper handle closed");
    }

    /// Resolves when the handle is closed or its last clone is dropped.
    async fn closing(&self) {
        let mut closing = self.closing.clone();
        let _dropped = closing.wait_for(|closing| *closing).await;
    }

    /// Tries until there is a session; `None` when closed meanwhile.
    async fn establish(&self) -> Option<(Client, Instant)> {
        let mut pause = FIRST_PAUSE;
        loop {
            let why = tokio::select! {
                biased;
                () = self.closing() => return None,
                made = self.attempt() => match made {
                    Ok(made) => return Some(made),
                    Err(why) => why,
                },
            };
            self.note_failure(&why);
            tokio::select! {
                () = self.closing() => return None,
                () = sleep(pause.mul_f64(rand::random_range(0.75..1.25))) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self) -> Result<(Client, Instant), String> {
        let bound = self.options.session_timeout + ATTEMPT_GRACE;
        match timeout(bound, self.connect()).await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(client::Error::NoAuth)) => Err(format!("the account may not make {}", self.url.path())),
            Ok(Err(client::Error::AuthFailed)) => Err("the account was refused".to_owned()),
            Ok(Err(
                client::Error::NoHosts
                | client::Error::Timeout
                | client::Error::ConnectionLoss
                | client::Error::Custom(_),
            ))
            | Err(_) => Err(diagnose(self.url.servers()).await),
            Ok(Err(error)) => Err(format!("{}: {error}", self.url.server_list())),
        }
    }

    /// A new session with its root, and the moment of its first contact.
    async fn connect(&self) -> Result<(Client, Instant), client::Error> {
        let servers =
            self.url.servers().iter().map(crate::url::Server::address).collect::<Vec<_>>().join(",");
        let mut connector =
            Client::connector().with_session_timeout(self.options.session_timeout).with_fail_eagerly();
        if let Some(account) = self.url.credentials() {
            connector = connector.with_auth("digest", account.digest_input().as_bytes());
        }
        let client = connector.connect(&servers).await?;
        if let Root::Ensure(access) = &self.options.root {
            make_path(&client, self.url.path(), &access.list(self.account())).await?;
        }
        let contact = Instant::now();
        let client =
            client.chroot(self.url.path()).map_err(|_| client::Error::BadArguments(&"unfit root path"))?;
        client.sync("/").await?;
        Ok((client, contact))
    }

    fn account(&self) -> Account {
        if self.url.credentials().is_some() { Account::Digest } else { Account::None }
    }

    fn note_failure(&self, why: &str) {
        let mut tried = 0;
        self.session.send_modify(|session| {
            if let SessionState::Connecting { attempts, trouble, .. } = &mut session.state {
                *attempts = attempts.saturating_add(1);
                *trouble = Some(why.to_owned());
                tried = *attempts;
            }
        });
        tracing::warn!(attempts = tried, %why, "no zookeeper session yet");
    }

    fn announce(&self, client: &Client, contact: Instant) {
        let id = SessionId(client.session_id().0);
        let timeout = client.session_timeout();
        let number = self.link.borrow().number.next();
        // The session first: whoever gets the new client through the link must find its number here.
        self.session.send_modify(|session| {
            session.number = number;
            session.id = Some(id);
            session.state = SessionState::Connected;
            session.last_contact = Some(contact.into_std());
            session.timeout = timeout;
            session.connections = session.connections.saturating_add(1);
        });
        self.link.send_modify(|link| {
            link.number = number;
            link.phase = Phase::Up(client.clone());
        });
        tracing::info!(session = number.0, %id, ?timeout, servers = %self.url.server_list(), "zookeeper session");
    }

    /// Watches over a session until it ends.
    async fn tend(&self, client: &Client, states: &mut StateWatcher) -> Ended {
        let granted = client.session_timeout();
        let (interval, bound) = (granted / PROBES_PER_SESSION, granted * DEAD_AFTER_SESSIONS);
        let next = |at: Instant| Box::pin(beat(client.clone(), at, bound));
        let mut pulse = next(Instant::now() + interval);
        // What happened before the watcher was made is not told by it.
        if client.state().is_terminated() {
            return Ended::Over(client.state().to_string());
        }
        loop {
            tokio::select! {
                biased;
                () = self.closing() => return Ended::Closing,
                state = states.changed() => match state {
                    client::SessionState::SyncConnected => {
                        self.resume(client);
                        pulse = next(Instant::now());
                    }
                    client::SessionState::Disconnected | client::SessionState::ConnectedReadOnly => self.suspend(),
                    over => return Ended::Over(over.to_string()),
                },
                beat = &mut pulse => match beat {
                    Beat::Answered(sent) => {
                        self.note_contact(sent);
                        pulse = next(sent + interval);
                    }
                    Beat::Missed => pulse = next(Instant::now() + interval),
                    Beat::Dead(why) => return Ended::Over(why),
                },
            }
        }
    }

    fn note_contact(&self, sent: Instant) {
        let sent = sent.into_std();
        self.session.send_modify(|session| session.last_contact = session.last_contact.max(Some(sent)));
    }

    fn suspend(&self) {
        let since = std::time::Instant::now();
        self.link.send_modify(|link| link.phase = Phase::Down);
        self.session.send_modify(|session| session.state = SessionState::Suspended { since });
        tracing::warn!(servers = %self.url.server_list(), "zookeeper connection lost");
    }

    fn resume(&self, client: &Client) {
        self.session.send_modify(|session| {
            session.state = SessionState::Connected;
            session.connections = session.connections.saturating_add(1);
        });
        self.link.send_modify(|link| link.phase = Phase::Up(client.clone()));
        tracing::info!(servers = %self.url.server_list(), "zookeeper connection is back");
    }

    /// Records that a session is over, and remembers its id.
    fn mourn(&self, client: &Client, why: &str) {
        let since = std::time::Instant::now();
        let number = self.link.borrow().number;
        self.link.send_modify(|link| {
            link.phase = Phase::Down;
            link.past = remember(&link.past, SessionId(client.session_id().0));
        });
        self.session.send_modify(|session| {
            session.state = SessionState::Connecting { since, attempts: 0, trouble: None };
        });
        tracing::warn!(session = number.0, %why, "zookeeper session is over");
    }

    /// Waits for the goodbye to be taken; true if it was.
    async fn part(&self, mut states: StateWatcher) -> bool {
        let granted = self.session.borrow().timeout;
        let goodbye = async {
            let mut state = states.state();
            while !state.is_terminated() {
                state = states.changed().await;
            }
            state == client::SessionState::Closed
        };
        timeout(granted, goodbye).await.unwrap_or(false)
    }
}

fn remember(past: &[SessionId], id: SessionId) -> Arc<[SessionId]> {
    let skip = (past.len() + 1).saturating_sub(PAST_SESSIONS);
    past.iter().copied().chain([id]).skip(skip).collect()
}

impl SessionNumber {
    /// Before the first session.
    #[cfg(test)]
    pub(crate) const NONE: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_sessions_are_remembered() {
        let mut past: Arc<[SessionId]> = Arc::default();
        for id in 0..40 {
            past = remember(&past, SessionId(id));
        }
        let ids: Vec<_> = past.iter().map(|id| id.0).collect();
        assert_eq!(ids, (24..40).collect::<Vec<_>>());
        assert_eq!(SessionNumber::NONE.next(), SessionNumber(1));
    }
}
