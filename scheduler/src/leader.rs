//! Follow, or lead: the same process does either, in turns. Whoever stops leading drops all state and follows.
//!
//! What stands in the way at the start (no ZooKeeper yet, another scheduler that leads) is waited for, as long as it
//! takes, and whoever asks meanwhile is told what is waited for. What a person has to correct ends the process.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use mysos_fleet::request::{Answer, Refusal};
use mysos_model::{Timestamp, record::path};
use mysos_zk::{Election, Leadership, Options, ZkError, ZkHandle};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    config::{Config, Storage},
    detect,
    driver::{Driver, Ended, Tools},
    gate::Asked,
    mesos::Mesos,
    metrics::{Leads, Metrics},
    perform::{Performer, chain},
    records::{Lookout, Records},
    store::{self, LoadError, LocalStore, Memory, Store, ZkStore},
    view::{FleetView, MesosView},
};

/// One look for a session; then the log says what is waited for, and it goes on.
const READY: Duration = Duration::from_secs(10);
/// Between attempts at what just failed.
const AGAIN: Duration = Duration::from_secs(2);
/// After a leadership, so that a conflict that comes back at once is not fought at full speed.
const PAUSE: Duration = Duration::from_secs(1);
/// Saying goodbye frees the leadership at once; a server that does not take it frees it by itself.
const GOODBYE: Duration = Duration::from_secs(3);

/// The ends that outlive a leadership.
pub(crate) struct Outside {
    /// Wishes.
    pub(crate) wishes: mpsc::Receiver<Asked>,
    /// What is shown.
    pub(crate) view: watch::Sender<Arc<FleetView>>,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// When the scheduler started.
    pub(crate) started: Timestamp,
}

impl Outside {
    /// Nothing is known.
    fn forget(&self, zk_lost: Option<Timestamp>) {
        let view = FleetView { started: self.started, now: clock::now(), zk_lost, ..FleetView::default() };
        self.metrics.observe(&view);
        self.view.send_replace(Arc::new(view));
    }

    /// ZooKeeper is out of reach: what was known is shown as such, and nothing of it is acted upon.
    fn keep_for_reading(&self) {
        let now = clock::now();
        let mut view = FleetView::clone(&self.view.borrow());
        let since = view.zk_lost.unwrap_or(now);
        if !view.loaded {
            return self.forget(Some(since));
        }
        if view.mesos.subscribed {
            let trouble = Some("the scheduler leads again when ZooKeeper is back".to_owned());
            view.mesos =
                MesosView { subscribed: false, reconciled: false, trouble, since: now, ..view.mesos };
        }
        let view = FleetView { now, zk_lost: Some(since), ..view };
        self.metrics.observe(&view);
        self.view.send_replace(Arc::new(view));
    }

    /// Waits, and tells everybody who asks meanwhile why nothing can be done.
    async fn refusing<T>(&mut self, why: &str, wait: impl Future<Output = T>) -> T {
        let mut wait = std::pin::pin!(wait);
        loop {
            tokio::select! {
                done = &mut wait => return done,
                Some(asked) = self.wishes.recv() => {
                    // Whoever has gone away needs no answer.
                    let _gone = asked.answer.send(Answer::Refused(Refusal::Unavailable(why.to_owned())));
                }
            }
        }
    }
}

/// Follows and leads until told to stop, or until a person has to look.
pub(crate) async fn run(
    config: &Config,
    mut outside: Outside,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let zk = ZkHandle::open(&config.zk.url, Options::new(config.zk.session_timeout));
    let ran = Box::pin(turns(config, &zk, &mut outside, stop)).await;
    if zk.close(GOODBYE).await.is_err() {
        tracing::warn!(
            "ZooKeeper did not take our goodbye; another scheduler leads once the session has timed out"
        );
    }
    ran
}

async fn turns(
    config: &Config,
    zk: &ZkHandle,
    outside: &mut Outside,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let Some(leadership) = stop.run_until_cancelled(elected(config, zk, outside)).await.transpose()?
        else {
            return Ok(());
        };
        outside.metrics.leads(Leads::Yes);
        tracing::info!(term = %leadership.term(), "leading");
        let ended = lead(config, zk, outside, leadership, stop).await?;
        outside.metrics.leads(Leads::No);
        match ended {
            Ended::Stopped => return Ok(()),
            Ended::Halted(why) => return Err(anyhow!("{why}")),
            Ended::Lost(why) => tracing::warn!(%why, "not leading any more; all state is dropped"),
        }
        // An expired session ends the leadership, and not what can be read: nobody else can write either.
        if zk.session().is_connected() {
            outside.forget(None);
        } else {
            outside.keep_for_reading();
        }
        let pause = outside.refusing("the scheduler has just lost its leadership", sleep(PAUSE));
        if stop.run_until_cancelled(pause).await.is_none() {
            return Ok(());
        }
    }
}

async fn elected(config: &Config, zk: &ZkHandle, outside: &mut Outside) -> anyhow::Result<Leadership> {
    reach(config, zk, outside).await?;
    follow(config, zk, outside).await
}

/// Waits for ZooKeeper, and looks whether the path may be ours.
async fn reach(config: &Config, zk: &ZkHandle, outside: &mut Outside) -> anyhow::Result<()> {
    let shown = config.zk.url.to_string();
    if !zk.session().is_connected() {
        outside.keep_for_reading();
    }
    loop {
        let why = format!("ZooKeeper does not answer at {shown}; the scheduler keeps trying");
        let ready = async {
            zk.ready(READY).await?;
            store::inspect(zk, &shown, memory(&config.storage)).await
        };
        match outside.refusing(&why, ready).await {
            Ok(()) => return Ok(()),
            Err(LoadError::ZooKeeper(error)) if is_passing(&error) => {
                tracing::warn!(error = %chain(&error), "waiting for ZooKeeper");
                outside.keep_for_reading();
                outside.refusing(&why, sleep(AGAIN)).await;
            }
            Err(error) => return Err(error).context("the scheduler does not start"),
        }
    }
}

/// Where the saved state is, for the look at the path.
fn memory(storage: &Storage) -> Memory {
    match storage {
        Storage::ZooKeeper => Memory::ZooKeeper,
        Storage::Local(dir) if LocalStore::is_in(dir) => Memory::Local,
        Storage::Local(_) => Memory::None,
    }
}

/// Waits until we lead.
async fn follow(config: &Config, zk: &ZkHandle, outside: &mut Outside) -> anyhow::Result<Leadership> {
    outside.forget(None);
    let why = "another scheduler leads; this one is standing by";
    let election = Election::new(zk, path::LEADER, &config.framework.webui_url);
    let mut won = std::pin::pin!(election.win());
    let first = outside.refusing(why, timeout(config.zk.election_timeout, &mut won)).await;
    let won = if let Ok(won) = first {
        won
    } else {
        let leader = timeout(AGAIN, async { election.leader().next().await?.value }).await.ok().flatten();
        let leader = leader.map(|data| String::from_utf8_lossy(&data).into_owned());
        tracing::info!(waited = ?config.zk.election_timeout, leader, "another scheduler leads; standing by");
        outside.refusing(why, won).await
    };
    won.context("the election of a leading scheduler failed")
}

async fn lead(
    config: &Config,
    zk: &ZkHandle,
    outside: &mut Outside,
    leadership: Leadership,
    stop: &CancellationToken,
) -> anyhow::Result<Ended> {
    let why = "the saved state is being read";
    let reader = config.zk.discovery_account.as_ref().map(|account| &account.credentials);
    let records = Records::new(zk.clone(), config.key.clone(), leadership.clone(), reader);
    let loading = async {
        let mut store = open_store(config, zk, &leadership)?;
        let saved = store.load().await?;
        records.make_parents().await?;
        Ok((store, saved))
    };
    let Some(loaded) = stop.run_until_cancelled(outside.refusing(why, loading)).await else {
        return Ok(Ended::Stopped);
    };
    let (store, saved) = match loaded {
        Ok(loaded) => loaded,
        Err(LoadError::ZooKeeper(error)) if is_passing(&error) => return Ok(Ended::Lost(chain(&error))),
        Err(error) => return Err(error).context("the scheduler does not start"),
    };
    let (lookout, sightings) = Lookout::new(zk.clone());
    let tools = Tools {
        zk: zk.clone(),
        leadership,
        store,
        mesos: Mesos::connect(config.framework.clone(), detect::detector(config)),
        performer: Performer::new(records, outside.metrics.clone()),
        lookout,
        sightings,
    };
    let driver = Driver::new(config, outside, tools)?;
    Ok(Box::pin(driver.run(saved, stop)).await)
}

fn open_store(config: &Config, zk: &ZkHandle, leadership: &Leadership) -> Result<Store, LoadError> {
    Ok(match &config.storage {
        Storage::ZooKeeper => {
            Store::ZooKeeper(ZkStore::new(zk.clone(), config.key.clone(), leadership.clone()))
        }
        Storage::Local(dir) => {
            let leadership = leadership.clone();
            Store::Local(LocalStore::open(dir, config.key.clone(), Box::new(move || leadership.is_held()))?)
        }
    })
}

/// Whether it may go well the next time without anybody doing anything to us.
fn is_passing(error: &ZkError) -> bool {
    match error {
        ZkError::Refused(refusal) => {
            matches!(refusal.reason, mysos_zk::Reason::NotNow | mysos_zk::Reason::BadVersion)
        }
        ZkError::Unavailable { .. } | ZkError::Unknown { .. } | ZkError::SessionOver { .. } => true,
        ZkError::Closed | ZkError::Misuse { .. } | ZkError::Strange { .. } => false,
    }
}
