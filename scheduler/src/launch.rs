//! A launch that the fleet decided, as Mesos wants it: `TaskInfo` with its `ExecutorInfo`. Never a secret in it:
//! anybody who may look at Mesos can read it.

use std::time::Duration;

use mesos_v1::proto::{
    AgentId, CommandInfo, DiscoveryInfo, DurationInfo, Environment, ExecutorInfo, FrameworkId, KillPolicy,
    Label, Labels, Port, Ports, Resource, TaskInfo, command_info::Uri, discovery_info::Visibility,
    environment::Variable, executor_info,
};
use mysos_fleet::action::{Filled, Launch};
use mysos_model::{
    record::{Extra, encode},
    wire::{Storage, TaskData},
};

use crate::{
    config::LaunchConfig,
    reservation::{CONTAINER_PATH, INSTALLATION},
};

/// What the executor is called in its sandbox.
const EXECUTOR_FILE: &str = "mysos_executor";
/// What an executor has beyond mysqld's grace: to fence, to unpublish, and to have its last update acknowledged.
const EXECUTOR_GRACE: Duration = Duration::from_secs(30);

/// What is the same for every launch of a framework.
#[derive(Debug, Clone)]
pub(crate) struct LaunchKit {
    /// The flags.
    pub(crate) config: LaunchConfig,
    /// This installation.
    pub(crate) cluster_uid: String,
    /// The framework.
    pub(crate) framework_id: FrameworkId,
    /// Who reserves.
    pub(crate) principal: String,
}

/// Resources for a launch, as they were offered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Takes {
    /// Of the task itself.
    pub(crate) task: Vec<Resource>,
    /// Of its executor.
    pub(crate) executor: Vec<Resource>,
}

impl LaunchKit {
    /// The task of a launch.
    pub(crate) fn task_info(&self, launch: &Launch, takes: Takes) -> TaskInfo {
        let labels = self.labels(launch);
        TaskInfo {
            name: name(launch),
            task_id: launch.task.as_str().into(),
            agent_id: AgentId { value: launch.place.agent.0.clone() },
            resources: takes.task,
            executor: Some(self.executor_info(launch, takes.executor, labels.clone())),
            kill_policy: Some(KillPolicy { grace_period: Some(nanoseconds(self.config.kill_grace)) }),
            data: Some(encode(&self.task_data(launch))),
            labels: Some(labels.clone()),
            discovery: Some(discovery(launch, labels)),
            ..Default::default()
        }
    }

    fn executor_info(&self, launch: &Launch, resources: Vec<Resource>, labels: Labels) -> ExecutorInfo {
        ExecutorInfo {
            r#type: Some(executor_info::Type::Custom as i32),
            executor_id: launch.task.as_str().into(),
            framework_id: Some(self.framework_id.clone()),
            command: Some(self.command()),
            resources,
            name: Some(name(launch)),
            shutdown_grace_period: Some(nanoseconds(self.config.kill_grace + EXECUTOR_GRACE)),
            labels: Some(labels),
            ..Default::default()
        }
    }

    fn command(&self) -> CommandInfo {
        let uri = Uri {
            value: self.config.executor_uri.clone(),
            executable: Some(true),
            extract: Some(false),
            cache: Some(true),
            output_file: Some(EXECUTOR_FILE.to_owned()),
        };
        let variables = self.config.environment.iter().map(|variable| Variable {
            name: variable.name.clone(),
            value: Some(variable.value.clone()),
            ..Default::default()
        });
        CommandInfo {
            uris: vec![uri],
            environment: Some(Environment { variables: variables.collect() }),
            shell: Some(false),
            value: self.config.executor_argv.first().cloned(),
            arguments: self.config.executor_argv.clone(),
            user: None,
        }
    }

    fn task_data(&self, launch: &Launch) -> TaskData {
        let zk_path = if self.config.zk.path() == "/" { "" } else { self.config.zk.path() };
        TaskData {
            task: launch.task.clone(),
            cluster: launch.task.cluster().clone(),
            cluster_uid: self.cluster_uid.clone(),
            ordinal: launch.ordinal,
            instance: launch.instance.clone(),
            zk_servers: self.config.zk.server_list(),
            zk_path: zk_path.to_owned(),
            zk_session_timeout_ms: self.config.zk_session_timeout.as_millis() as u64,
            admin_keypath: self.config.admin_keypath.clone(),
            host: launch.place.host.clone(),
            mysql_port: launch.place.mysql_port,
            control_port: launch.place.control_port,
            flavor: launch.flavor,
            mysqld_path: self.config.mysqld_path.clone(),
            parts_dir: self.config.parts_dir.clone(),
            mem: launch.mem,
            disk: launch.disk,
            storage: storage(launch),
            kill_grace_ms: self.config.kill_grace.as_millis() as u64,
            extra: Extra::new(),
        }
    }

    fn labels(&self, launch: &Launch) -> Labels {
        let mut labels = self.slot_labels(launch);
        if let Some(prefix) = &self.config.source_prefix {
            let source = format!("{prefix}.{}.{}", launch.task.cluster(), launch.ordinal);
            labels.labels.push(Label { key: "mysos.source".to_owned(), value: Some(source) });
        }
        labels
    }

    /// The labels that name a slot; those of its reservation begin with them.
    pub(crate) fn slot_labels(&self, launch: &Launch) -> Labels {
        let pairs = [
            ("mysos.cluster", launch.task.cluster().to_string()),
            ("mysos.instance", launch.instance.to_string()),
            ("mysos.ordinal", launch.ordinal.to_string()),
            (INSTALLATION, self.cluster_uid.clone()),
        ];
        let label = |(key, value): (&str, String)| Label { key: key.to_owned(), value: Some(value) };
        Labels { labels: pairs.into_iter().map(label).collect() }
    }
}

fn storage(launch: &Launch) -> Storage {
    launch.berth.as_ref().map_or(Storage::Sandbox, |berth| Storage::Volume {
        container_path: CONTAINER_PATH.to_owned(),
        filled: berth.filled == Filled::Yes,
    })
}

/// What the Mesos UI shows.
fn name(launch: &Launch) -> String {
    format!("mysos-{}-{}", launch.task.cluster(), launch.ordinal)
}

fn discovery(launch: &Launch, labels: Labels) -> DiscoveryInfo {
    let port = |name: &str, number: u16| Port {
        number: number.into(),
        name: Some(name.to_owned()),
        protocol: Some("tcp".to_owned()),
        ..Default::default()
    };
    let ports = vec![port("mysql", launch.place.mysql_port), port("control", launch.place.control_port)];
    DiscoveryInfo {
        visibility: Visibility::External as i32,
        name: Some(name(launch)),
        ports: Some(Ports { ports }),
        labels: Some(labels),
        ..Default::default()
    }
}

fn nanoseconds(span: Duration) -> DurationInfo {
    DurationInfo { nanoseconds: i64::try_from(span.as_nanos()).unwrap_or(i64::MAX) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use mesos_v1::resources::Amount;
    use mysos_fleet::action::Launch;
    use mysos_model::{Bytes, Flavor, Host, Ordinal, TaskId, size::MIB, wire::state};
    use prost::Message;

    use super::*;
    use crate::config::EnvironmentVariable;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";
    const CANARY: &str = "canary-that-must-not-sing";

    pub(crate) fn kit() -> LaunchKit {
        let zk: mysos_zk::ZkUrl = format!("zk://mysos:{CANARY}@h1:2181,h2:2181/mysos").parse().unwrap();
        LaunchKit {
            config: LaunchConfig {
                executor_uri: "http://repo/mysos_executor-0.1.0-ab12cd34".to_owned(),
                executor_argv: vec!["./mysos_executor".to_owned(), "--log_level=debug".to_owned()],
                environment: vec![EnvironmentVariable { name: "A".to_owned(), value: "b".to_owned() }],
                admin_keypath: "/etc/mysos/admin.json".to_owned(),
                source_prefix: Some("prod.east".to_owned()),
                mysqld_path: None,
                parts_dir: Some("/opt/parts".to_owned()),
                kill_grace: Duration::from_secs(300),
                zk: zk.public(),
                zk_session_timeout: Duration::from_secs(10),
            },
            cluster_uid: UUID.to_owned(),
            framework_id: "f-1".into(),
            principal: "mysos".to_owned(),
        }
    }

    pub(crate) fn launch() -> Launch {
        Launch {
            task: TaskId::new(&"shop".parse().unwrap(), Ordinal(2), UUID).unwrap(),
            instance: UUID.parse().unwrap(),
            ordinal: Ordinal(2),
            place: state::Place {
                agent: state::AgentId("a-S1".to_owned()),
                host: Host("agent1.example".to_owned()),
                mysql_port: 31_000,
                control_port: 31_001,
            },
            flavor: Flavor::MariaDb,
            mem: Bytes(512 * MIB),
            disk: Bytes(2048 * MIB),
            task_takes: Vec::new(),
            executor_takes: Vec::new(),
            berth: None,
        }
    }

    fn task() -> TaskInfo {
        let cpus = |whole| vec![Resource::scalar_of("cpus", Amount::from_whole(whole))];
        kit().task_info(&launch(), Takes { task: cpus(2), executor: cpus(1) })
    }

    #[test]
    fn task_info_is_golden() {
        let mut info = task();
        let data = info.data.take().map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).unwrap());
        insta::assert_snapshot!(format!("{info:#?}\n{:#}", data.unwrap()));
    }

    #[test]
    fn no_secret_gets_into_a_task() {
        let bytes = task().encode_to_vec();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("h1:2181,h2:2181"), "the search works");
        assert!(!holds(CANARY));
        assert!(!holds("mysos:"), "not even the account's name");
    }

    #[test]
    fn executor_has_the_id_of_its_task_and_more_time_than_mysqld() {
        let info = task();
        let executor = info.executor.unwrap();
        assert_eq!(executor.executor_id.value, info.task_id.value);
        let grace = info.kill_policy.unwrap().grace_period.unwrap().nanoseconds;
        assert_eq!(executor.shutdown_grace_period.unwrap().nanoseconds, grace + 30_000_000_000);
    }
}
