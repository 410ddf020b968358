//! MySQL: the own server clones the donor's data into a directory beside its own. Nothing of its own is touched, and
//! it goes on as it is; the data that arrives has no server uuid.
//!
//! The conversation with the donor's executor goes on meanwhile: it says for how long the donor consents.

use std::{path::Path, time::Duration};

use mysos_ha::action::Donor;
use mysos_mysql_admin::{AdminError, Conn, Intent, Login, copy, intent::ConnectionId, session};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{
    CopyError,
    frames::{Frame, Head},
    receive::{Receiver, Talk},
    space,
};

/// How long one question to the own server may take.
const ASK: Duration = Duration::from_secs(10);
/// The longest that a clone may take at all. What ends one that hangs is [`STALL`].
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_secs(1);
/// How long it may not grow: its last stage writes nothing while it waits for the donor's commits.
const STALL: Duration = Duration::from_secs(120);
/// How long an ended clone may take to let go of its directory.
const LET_GO: Duration = Duration::from_secs(60);

impl Receiver {
    /// Clones while the donor consents.
    pub(super) async fn clone_from(
        &self,
        donor: &Donor,
        mut talk: Talk,
        head: Head,
    ) -> Result<(), CopyError> {
        let own = self.member.login(&self.member.identity().mysql);
        let from = self.member.login(&donor.mysql);
        let into = self.tools.volume.copy_data();
        let mut conn = Conn::open(&own, ASK).await?;
        copy::prepare(&mut conn, &from, self.tools.rate, ASK).await?;
        let id = conn.id();
        let cloned = tokio::select! {
            cloned = copy::clone(&mut conn, &from, &into, LONGEST) => cloned.map_err(CopyError::from),
            ended = consented(&mut talk) => Err(ended),
            stalled = self.watch(&into, head) => Err(stalled),
        };
        if cloned.is_err() {
            drop(conn);
            end(&own, id).await;
        }
        cloned
    }

    /// Tells how far it is, until it does not grow any more.
    async fn watch(&self, into: &Path, head: Head) -> CopyError {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut last, mut quiet) = (0, Duration::ZERO);
        while quiet < STALL {
            look.tick().await;
            let dir = into.to_owned();
            let bytes =
                tokio::task::spawn_blocking(move || space::used_bytes(&dir)).await.unwrap_or_default();
            if bytes == last {
                quiet += LOOK;
            } else {
                (last, quiet) = (bytes, Duration::ZERO);
                self.tell(bytes, head.bytes).await;
            }
        }
        CopyError::Stalled(STALL)
    }
}

/// Until the donor does not consent any more, or is gone.
async fn consented(talk: &mut Talk) -> CopyError {
    loop {
        match talk.next().await {
            Ok(Frame::Alive) => {}
            Ok(Frame::Failed(why)) => return CopyError::Ended(why),
            Ok(Frame::Head(_) | Frame::Data(_) | Frame::Tail(_)) => return talk.broken("no word of a clone"),
            Err(error) => return error,
        }
    }
}

/// Ends a clone that was given up, and waits until it has let go of its directory. A server that does not answer is
/// ended by others.
async fn end(own: &Login, id: ConnectionId) {
    let gone = async {
        let mut conn = Conn::open(own, ASK).await?;
        conn.apply(&Intent::Kill(id), ASK).await?;
        while session::list(&mut conn, ASK).await?.iter().any(|session| session.id == id) {
            sleep(LOOK).await;
        }
        Ok::<_, AdminError>(())
    };
    match timeout(LET_GO, gone).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a clone that was given up may still be under way"),
        Err(_) => tracing::warn!(within = ?LET_GO, "a clone that was given up has not ended"),
    }
}
