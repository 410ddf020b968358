//! Ephemeral znodes, bound to the session in which their owner made them.

use std::time::Duration;

use zookeeper_client::Client;

use crate::{
    acl::Access,
    call::{Asked, Failed, Until},
    error::{Reason, ZkError},
    multi::{Kind, Multi},
    node::Node,
    ops::get,
    session::{SessionNumber, ZkHandle},
};

/// Whose an ephemeral znode that is in the way is.
enum Holder {
    Nobody,
    /// This session made it, perhaps by a request whose answer was lost.
    Us(Node),
    /// A session that we had before, and that has not yet timed out at the server.
    UsBefore(Node),
    Another,
}

impl ZkHandle {
    /// Makes an ephemeral znode in this session and in no later one, so that its owner cannot overlook a new
    /// session. What an earlier session of this handle left there is replaced; what another holds is
    /// `NodeExists`. May be repeated.
    pub async fn create_ephemeral(
        &self,
        session: SessionNumber,
        (path, data): (&str, &[u8]),
        access: &Access,
        within: Duration,
    ) -> Result<(), ZkError> {
        let until = Until::within(within);
        let fresh = Multi::new().create(path, data, Kind::Ephemeral, access.clone());
        let mut next = fresh.clone();
        loop {
            let refused = match self.line.commit(&next, Some(session), until).await {
                Ok(_) => return Ok(()),
                // Lost races and lost answers are looked into; the deadline ends it.
                Err(error @ ZkError::Unknown { .. }) => error,
                Err(error) if is_race(&error) => error,
                Err(error) => return Err(error),
            };
            next = match self.holder(path, until).await {
                Ok(Holder::Nobody) => fresh.clone(),
                Ok(Holder::Us(node)) if node.data == data => return Ok(()),
                Ok(Holder::Us(node)) => Multi::new().set(path, data, node.stat.version),
                Ok(Holder::UsBefore(node)) => Multi::new().delete(path, node.stat.version).create(
                    path,
                    data,
                    Kind::Ephemeral,
                    access.clone(),
                ),
                // The first error tells more than that the look at it failed too.
                Ok(Holder::Another) | Err(_) => return Err(refused),
            };
        }
    }

    async fn holder(&self, path: &str, until: Until) -> Result<Holder, ZkError> {
        let look = |client: Client| async move {
            match get(&client, path).await {
                Ok(node) => Ok(Some((node, client.session_id().0))),
                Err(failed) if failed.is_no_node() => Ok(None),
                Err(failed) => Err::<_, Failed>(failed),
            }
        };
        let Some((node, ours)) = self.line.read(Asked { verb: "read", path }, until, look).await? else {
            return Ok(Holder::Nobody);
        };
        Ok(match node.stat.owner {
            Some(owner) if owner.0 == ours => Holder::Us(node),
            Some(owner) if self.line.link.borrow().past.contains(&owner) => Holder::UsBefore(node),
            _ => Holder::Another,
        })
    }
}

fn is_race(error: &ZkError) -> bool {
    matches!(error.reason(), Some(Reason::NodeExists | Reason::BadVersion))
        || matches!(error, ZkError::Refused(refusal)
            if refusal.reason == Reason::NoNode && refusal.verb != "create")
}
