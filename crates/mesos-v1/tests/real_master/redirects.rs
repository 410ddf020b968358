//! Two masters, of which one leads.

use crate::framework::{Framework, config, info};
use crate::mesos::{PATIENCE, Place, wait_until};

#[tokio::test]
async fn master_that_does_not_lead_redirects_to_the_one_that_does() {
    let place = Place::new();
    let zookeeper = place.zookeeper();
    let flags = [format!("--zk=zk://{}/mesos", zookeeper.address), "--quorum=1".to_owned()];
    let first = place.master_at(1, &flags);
    wait_until("the first master leads", || leads(&first.log));
    let second = place.master_at(2, &flags);
    let mut framework = Framework::new(config(), &second.address, info());
    let subscribed = framework.subscription().await;
    let leader = subscribed.master.unwrap().address.unwrap();
    assert_eq!(leader.ip(), place.address(1).to_string(), "within {PATIENCE:?}");
    framework.client.call(mesos_v1::scheduler::call::reconcile([])).await.unwrap();
}

fn leads(log: &std::path::Path) -> bool {
    std::fs::read_to_string(log).unwrap_or_default().contains("Elected as the leading master")
}
