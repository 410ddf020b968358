//! From the agent's LAUNCH to a running member, and from its end to the last update.
//!
//! Subscribe first, work later: an executor that has never subscribed does not outlive its agent.

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use mesos_v1::{
    executor::{Environment, ExecutorClient, ExecutorConfig, ExecutorEvent},
    proto::TaskInfo,
};
use mysos_ha::{
    Event,
    action::{Outcome, Report},
};
use mysos_model::wire::TaskData;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    clock,
    control::{self, Status},
    copy::{
        desk,
        give::{Consent, Giver},
        receive::Receiver,
        tools::Tools,
    },
    driver::{self, Parts},
    membership::{self, Membership},
    mesos::{self, Grace, Reporter},
    metrics::Metrics,
    mounted,
    mysqld::process::Spawner,
    perform::Performer,
    records::Inbox,
    server::Server,
    store::Store,
    volume::Volume,
};

/// How long the agent may take to acknowledge the last update. It does so within milliseconds; while it is
/// being restarted, within seconds.
const LAST_UPDATE: Duration = Duration::from_secs(30);
/// How long ZooKeeper may take to end the session; after that it times out by itself.
const PART: Duration = Duration::from_secs(2);
/// Between two words to Mesos while a task waits for what it needs.
const STARTING: Duration = Duration::from_secs(30);

/// Runs the one task of this executor to its end.
pub(crate) async fn run(environment: Environment, spawner: Spawner, copy_rate: u32) -> anyhow::Result<()> {
    let sandbox = environment.sandbox.clone();
    let shutdown = environment.shutdown_grace_period;
    let (client, mut events) = ExecutorClient::connect(environment, ExecutorConfig::default());
    let Some(task) = launched(&mut events).await else {
        tracing::info!("shut down before a task was launched");
        return Ok(());
    };
    let reporter = Reporter::new(client, task.task_id.clone());
    let (inbox, queue) = driver::inbox();
    let mut tasks = JoinSet::new();
    let ended = match membership::task_data(task.data.as_deref().unwrap_or_default()) {
        Ok(data) => {
            let grace = Grace { kill: Duration::from_millis(data.kill_grace_ms), shutdown };
            tasks.spawn(mesos::follow(events, task, grace, inbox.clone()));
            tasks.spawn(mesos::terminated(grace, inbox.clone()));
            member(data, (sandbox, spawner, copy_rate), reporter.clone(), (inbox, queue)).await
        }
        Err(error) => Err(error.into()),
    };
    if let Err(error) = &ended {
        reporter.report(&Report::Failed(format!("{error:#}"))).await;
    }
    reporter.drained(LAST_UPDATE).await;
    ended
}

/// Waits for the task.
async fn launched(events: &mut mpsc::Receiver<ExecutorEvent>) -> Option<TaskInfo> {
    while let Some(event) = events.recv().await {
        match event {
            ExecutorEvent::Launch(task) => return Some(*task),
            ExecutorEvent::Shutdown => return None,
            event if event.is_final() => return None,
            event => tracing::debug!(?event, "before the task"),
        }
    }
    None
}

/// Joins the cluster and runs the member until Mesos has been told its end.
async fn member(
    task: TaskData,
    (sandbox, spawner, rate): (PathBuf, Spawner, u32),
    reporter: Reporter,
    (inbox, mut queue): (Inbox, mpsc::Receiver<Event>),
) -> anyhow::Result<()> {
    let root = mounted::root(&sandbox, &task.storage)?;
    let volume = Volume::open(&root, &task.cluster_uid, &task.cluster)?;
    let lost = mounted::lost(&task.storage, &volume)?;
    if let Some(what) = &lost {
        tracing::error!("{what}");
        reporter.report(&Report::Starting(what.clone())).await;
    }
    let store = Store::open(&volume);
    let saved = store.load().await?;
    let server = Server::new(&task, volume, spawner.clone()).await?;
    tracing::info!(program = %server.located().program.display(), version = %server.located().version, "mysqld");
    let control = (listen_address(&task), task.control_port);
    let Some(member) = join(task, &reporter, &mut queue).await? else { return Ok(()) };
    if let Some(what) = lost {
        // The driver that will read it is this very task: it cannot have gone.
        let _heard = inbox.send(Event::DataLost(what)).await;
    }
    let metrics = Metrics::new();
    let view = mysos_ha::View::new(member.identity(), saved.clone(), clock::now());
    let (status, seen) = watch::channel(Status::of(&view, clock::now()));
    let (consent, asked) = watch::channel(Consent::of(&view));
    let tools = Tools {
        volume: server.volume(),
        spawner,
        env: server.env(),
        server: server.located().program.clone(),
        flavor: member.task.flavor,
        rate,
    };
    let mut checks = JoinSet::new();
    let (giver, desk) = Giver::new(tools.clone(), member.clone(), asked.clone(), metrics.clone());
    checks.spawn(async move {
        giver.run().await;
        Ok(())
    });
    let copies = desk::router(member.clone(), asked, desk);
    checks.spawn(control::serve(control, seen, metrics.clone(), copies));
    let copies = Receiver { tools, member: member.clone(), inbox: inbox.clone(), metrics: metrics.clone() };
    let performer = Performer { member: member.clone(), reporter, copies };
    let parts = Parts { member: member.clone(), server, store, saved, performer, status, consent, metrics };
    let life = tokio::select! {
        life = driver::run(parts, (inbox, queue)) => life?,
        ended = checks.join_next() => {
            let address = format!("{}:{}", control.0, control.1);
            anyhow::bail!("the control port {address} cannot be served: {ended:?}")
        }
    };
    tracing::info!(?life, "the member has ended");
    if member.zk.close(PART).await.is_err() {
        tracing::warn!("ZooKeeper was not told; the session ends by itself");
    }
    Ok(())
}

/// Joins, unless a stop comes first. `None`: it did, and Mesos has been told.
async fn join(
    task: TaskData,
    reporter: &Reporter,
    queue: &mut mpsc::Receiver<Event>,
) -> anyhow::Result<Option<Arc<Membership>>> {
    let mut joining = std::pin::pin!(Membership::join(task));
    let mut word = tokio::time::interval(STARTING);
    loop {
        tokio::select! {
            joined = &mut joining => return Ok(Some(joined?)),
            event = queue.recv() => if matches!(event, Some(Event::Stop { .. }) | None) {
                return match reporter.report(&Report::Killed).await {
                    Outcome::Failed(why) => Err(anyhow::anyhow!("the agent could not be told: {why}")),
                    _ => Ok(None),
                };
            },
            _ = word.tick() => {
                let report = Report::Starting("waiting for ZooKeeper and the cluster's credentials".to_owned());
                reporter.report(&report).await;
            }
        }
    }
}

/// Where the control port listens: the host's own address if that is how it is known, else everywhere.
fn listen_address(task: &TaskData) -> IpAddr {
    task.host.0.parse().unwrap_or(IpAddr::from([0, 0, 0, 0]))
}
