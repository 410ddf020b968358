//! An executor of ours under a real agent, which is killed and started again.

use mesos_v1::proto::TaskState;
use mesos_v1::scheduler::{SchedulerEvent, call};

use crate::executor_process::executor;
use crate::framework::Framework;
use crate::mesos::{Place, Server};

impl Framework {
    /// The process id that comes with these words of the executor.
    async fn words(&mut self, words: &str) -> u32 {
        let pid = |data: &[u8]| {
            let text = String::from_utf8(data.to_vec()).unwrap();
            text.strip_suffix(words).and_then(|pid| pid.trim().parse().ok())
        };
        let said = |event: &SchedulerEvent| matches!(event, SchedulerEvent::Message(message) if pid(&message.data).is_some());
        let event = self.wait(&format!("the executor says `{words}`"), said).await;
        let SchedulerEvent::Message(message) = event else { unreachable!() };
        pid(&message.data).unwrap()
    }

    async fn with_executor(master: &Server) -> Framework {
        let mut framework = Framework::subscribed(master).await;
        let offer = framework.roomy_offer().await;
        let mut task = Framework::task(&offer, "task");
        task.executor = Some(executor("executor"));
        framework.launch(&offer, task).await;
        framework
    }
}

/// The executor has to show a token.
fn with_tokens(place: &Place) -> [String; 3] {
    let key = place.path("jwt-key");
    std::fs::write(&key, "a key of no meaning").unwrap();
    [
        "--authenticate_http_executors".to_owned(),
        "--http_authenticators=jwt".to_owned(),
        format!("--jwt_secret_key={}", key.display()),
    ]
}

#[tokio::test]
async fn executor_and_its_updates_survive_a_killed_agent() {
    let place = Place::new();
    let master = place.master(&[]);
    let mut agent = place.agent(&master, &with_tokens(&place));
    let mut framework = Framework::with_executor(&master).await;
    let pid = framework.words("subscribed").await;
    let running = framework.task_state(TaskState::TaskRunning).await;
    assert_eq!(running.task_id, "task".into());

    agent.kill();
    agent.start();
    // The first may come again, if its acknowledgement died with the agent.
    let late = "while the agent was away";
    while framework.task_state(TaskState::TaskRunning).await.message() != late {}

    let agent_id = running.agent_id.unwrap();
    framework
        .client
        .call(call::message(agent_id.clone(), "executor".into(), b"ping".to_vec()))
        .await
        .unwrap();
    assert_eq!(framework.words("ping").await, pid, "it is the same process");
    framework.client.call(call::kill("task".into(), Some(agent_id), None)).await.unwrap();
    framework.task_state(TaskState::TaskKilled).await;
}
