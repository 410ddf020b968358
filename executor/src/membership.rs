//! What a task needs before it can decide anything: its data, ZooKeeper, and the cluster's credentials.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mysos_ha::view::Identity;
use mysos_model::{
    ClusterName, Endpoint,
    record::{self, AdminKey, Credentials, RecordError, path},
    wire::TaskData,
};
use mysos_mysql_admin::{
    Login,
    account::{self, ADMIN_USER},
};
use mysos_zk::{Access, DigestId, Options, Root, SealKey, ZkError, ZkHandle, ZkUrl};

/// How long one reading of the credentials may take before it is tried again.
const READ: Duration = Duration::from_secs(5);

/// Why a task cannot become a member. What waiting could mend is not among these.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MembershipError {
    /// The task's data is not ours, or of a later version.
    #[error("the task data is not usable")]
    TaskData(#[source] RecordError),
    /// The key file is missing or wrong.
    #[error("the key file {path} (--admin_keypath of the scheduler, on this agent) {what}")]
    KeyFile {
        /// Where.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// ZooKeeper's address in the task data is no address.
    #[error("the ZooKeeper address in the task data is not usable: {0}")]
    Address(String),
    /// The credentials cannot be opened with the key.
    #[error(
        "the credentials of cluster {0} cannot be opened: is the key file of this agent the scheduler's key?"
    )]
    Sealed(ClusterName),
    /// The credentials are there and not readable.
    #[error("the credentials are not usable")]
    Credentials(#[source] RecordError),
}

/// Everything about the member that does not change while the executor lives.
#[derive(Debug)]
pub(crate) struct Membership {
    /// What the scheduler said.
    pub(crate) task: TaskData,
    /// ZooKeeper.
    pub(crate) zk: ZkHandle,
    /// The cluster's secrets.
    pub(crate) credentials: Credentials,
}

/// Reads the task's data.
pub(crate) fn task_data(bytes: &[u8]) -> Result<TaskData, MembershipError> {
    record::decode(bytes).map_err(MembershipError::TaskData)
}

/// The key file of this agent.
fn read_key(path: &str) -> Result<(AdminKey, SealKey), MembershipError> {
    let wrong = |what: String| MembershipError::KeyFile { path: path.to_owned(), what };
    let bytes = std::fs::read(Path::new(path)).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let file: AdminKey = serde_json::from_slice(&bytes)
        .map_err(|_| wrong(r#"is not {"zk": "user:secret", "key": "<32 bytes in base64>"}"#.to_owned()))?;
    let key =
        STANDARD.decode(file.key.expose()).map_err(|_| wrong("has a key that is not base64".to_owned()))?;
    let seal = SealKey::new(&key).map_err(|error| wrong(format!("has a wrong key: {error}")))?;
    Ok((file, seal))
}

/// The address with the account of the key file.
fn address(task: &TaskData, key: &AdminKey) -> Result<ZkUrl, MembershipError> {
    let wrong = |error: mysos_zk::UrlError| MembershipError::Address(error.to_string());
    let url: ZkUrl = format!("zk://{}{}", task.zk_servers, task.zk_path).parse().map_err(wrong)?;
    let Some((user, secret)) = key.zk.as_ref().and_then(|account| account.expose().split_once(':')) else {
        return Ok(url);
    };
    Ok(url.with_credentials(mysos_zk::Credentials::new(user, secret).map_err(wrong)?))
}

impl Membership {
    /// Joins: waits for ZooKeeper and for the credentials as long as it takes. What waiting cannot mend is
    /// an error. The caller may drop the future.
    pub(crate) async fn join(task: TaskData) -> Result<Arc<Self>, MembershipError> {
        let (key, seal) = read_key(&task.admin_keypath)?;
        let url = address(&task, &key)?;
        let timeout = Duration::from_millis(task.zk_session_timeout_ms);
        let zk = ZkHandle::open(&url, Options::new(timeout).root(Root::AsIs));
        let sealed = wait_for_credentials(&zk, &task.cluster).await;
        let context = path::credentials(&task.cluster);
        let plain =
            seal.open(&context, &sealed).map_err(|_| MembershipError::Sealed(task.cluster.clone()))?;
        let credentials = record::decode(&plain).map_err(MembershipError::Credentials)?;
        Ok(Arc::new(Self { task, zk, credentials }))
    }

    /// Who this member is.
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            task: self.task.task.clone(),
            ordinal: self.task.ordinal,
            mysql: Endpoint::new(&self.task.host, self.task.mysql_port),
            control: Endpoint::new(&self.task.host, self.task.control_port),
            flavor: self.task.flavor,
        }
    }

    /// How to log in to a member's server as its administrator.
    pub(crate) fn login(&self, server: &Endpoint) -> Login {
        Login {
            host: server.host.0.clone(),
            port: server.port,
            user: ADMIN_USER.to_owned(),
            password: self.credentials.admin_password.clone(),
        }
    }

    /// The account with which this member receives, at a server.
    pub(crate) fn replication_login(&self, server: &Endpoint) -> Login {
        let ordinal = self.task.ordinal;
        Login {
            host: server.host.0.clone(),
            port: server.port,
            user: account::replication_user(ordinal),
            password: self.credentials.replication_password(ordinal),
        }
    }

    /// Who may read what this member publishes for clients.
    pub(crate) fn discovery_access(&self) -> Access {
        let reader = self.credentials.discovery_account.as_ref().and_then(|account| {
            let (user, secret) = account.expose().split_once(':')?;
            mysos_zk::Credentials::new(user, secret).ok()
        });
        reader.map_or(Access::WorldReadable, |reader| Access::ReadableBy(DigestId::of(&reader)))
    }
}

/// The sealed credentials, as soon as they can be read. The scheduler writes them before it launches.
async fn wait_for_credentials(zk: &ZkHandle, cluster: &ClusterName) -> Vec<u8> {
    let mut attempt = 0u32;
    loop {
        match zk.read(&path::credentials(cluster), READ).await {
            Ok(Some(node)) => return node.data,
            Ok(None) => report(attempt, "the cluster's credentials are not there yet"),
            Err(error) => report(attempt, &describe(&error)),
        }
        attempt = attempt.saturating_add(1);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// One line at once, then one every ten seconds or so: a wait must be visible and not fill the log.
fn report(attempt: u32, what: &str) {
    if attempt.is_multiple_of(20) {
        tracing::warn!(attempt, "waiting for ZooKeeper: {what}");
    }
}

fn describe(error: &ZkError) -> String {
    error.to_string()
}
