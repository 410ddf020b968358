//! Where other members ask for a copy: `POST /copy` on the control port, with the cluster's control token.
//!
//! Whoever is refused is told why, and nothing was done for it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::stream;
use mysos_model::{Password, wire::TaskData};
use tokio::sync::watch;

use super::{
    give::{Consent, Desk},
    receive::Wish,
};
use crate::membership::Membership;

/// A wish has four short fields.
const WISH_BYTES: usize = 16 * 1024;

/// What a wish is judged by.
#[derive(Clone)]
struct Shared {
    member: Arc<Membership>,
    consent: watch::Receiver<Consent>,
    desk: Desk,
}

/// The route.
pub(crate) fn router(member: Arc<Membership>, consent: watch::Receiver<Consent>, desk: Desk) -> Router {
    Router::new().route("/copy", post(copy)).layer(DefaultBodyLimit::max(WISH_BYTES)).with_state(Shared {
        member,
        consent,
        desk,
    })
}

/// A refusal, with what to do about it.
type Refusal = (StatusCode, String);

async fn copy(State(shared): State<Shared>, headers: HeaderMap, body: String) -> Response {
    match shared.grant(&headers, &body) {
        Ok(answer) => answer,
        Err((status, why)) => {
            tracing::warn!(%status, why, "a copy was refused");
            let mut refused = (status, format!("{why}\n")).into_response();
            if status == StatusCode::UNAUTHORIZED {
                refused
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            refused
        }
    }
}

impl Shared {
    fn grant(&self, headers: &HeaderMap, body: &str) -> Result<Response, Refusal> {
        may_ask(headers, &self.member.credentials.control_token)?;
        let consent = self.consent.borrow().clone();
        let wish = judge(body, &self.member.task, &consent)?;
        let busy =
            || (StatusCode::CONFLICT, "another copy is being given; ask again, or another member".to_owned());
        let frames = self.desk.grant(mysos_model::Epoch(wish.epoch)).ok_or_else(busy)?;
        tracing::info!(to = wish.task, "a copy was granted");
        let frames = stream::unfold(frames, |mut frames| async move {
            frames.recv().await.map(|frame| (Ok::<_, Infallible>(frame), frames))
        });
        Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Body::from_stream(frames)).into_response())
    }
}

/// Whether the cluster's token was shown.
fn may_ask(headers: &HeaderMap, token: &Password) -> Result<(), Refusal> {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(shown) = shown.and_then(|value| value.strip_prefix("Bearer ")) else {
        let why = "copies are for members of the cluster: show its control token (Authorization: Bearer ...)";
        return Err((StatusCode::UNAUTHORIZED, why.to_owned()));
    };
    // The comparison takes the same time wherever two tokens differ.
    if Password::new(shown) == *token {
        Ok(())
    } else {
        Err((StatusCode::FORBIDDEN, "this is not the control token of this cluster".to_owned()))
    }
}

/// Whether this wish may be granted now.
fn judge(body: &str, task: &TaskData, consent: &Consent) -> Result<Wish, Refusal> {
    let wish: Wish = serde_json::from_str(body).map_err(|error| {
        let fields = "cluster_uid, cluster, task and epoch";
        (StatusCode::BAD_REQUEST, format!("a wish for a copy is a JSON object with {fields}: {error}"))
    })?;
    if (wish.cluster_uid.as_str(), wish.cluster.as_str()) != (&task.cluster_uid, task.cluster.as_str()) {
        let why = format!("this member is of cluster {}, not of {}", task.cluster, wish.cluster);
        return Err((StatusCode::FORBIDDEN, why));
    }
    if !consent.members.iter().any(|member| member.as_str() == wish.task) {
        return Err((StatusCode::FORBIDDEN, format!("{} has no member record in this cluster", wish.task)));
    }
    if wish.epoch != consent.epoch.0 {
        let why =
            format!("the wish is of epoch {}, and this member obeys epoch {}", wish.epoch, consent.epoch);
        return Err((StatusCode::CONFLICT, why));
    }
    match consent.why_not {
        None => Ok(wish),
        Some(why) => Err((StatusCode::CONFLICT, why.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use mysos_model::{
        Epoch, Flavor, Host, Ordinal, TaskId, record::Extra, size::Bytes, wire::task_data::Storage,
    };

    use super::*;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    fn task(ordinal: u32) -> TaskId {
        TaskId::new(&"shop".parse().unwrap(), Ordinal(ordinal), UUID).unwrap()
    }

    fn data() -> TaskData {
        TaskData {
            task: task(0),
            cluster: "shop".parse().unwrap(),
            cluster_uid: "uid-1".into(),
            ordinal: Ordinal(0),
            instance: UUID.parse().unwrap(),
            zk_servers: String::new(),
            zk_path: String::new(),
            zk_session_timeout_ms: 4000,
            admin_keypath: String::new(),
            host: Host("127.0.0.1".into()),
            mysql_port: 1,
            control_port: 2,
            flavor: Flavor::MariaDb,
            mysqld_path: None,
            parts_dir: None,
            mem: Bytes(1),
            disk: Bytes(1),
            storage: Storage::Sandbox,
            kill_grace_ms: 1,
            extra: Extra::new(),
        }
    }

    fn consent() -> Consent {
        Consent { epoch: Epoch(3), why_not: None, members: vec![task(1)] }
    }

    fn wish(change: impl FnOnce(&mut Wish)) -> String {
        let mut wish =
            Wish { cluster_uid: "uid-1".into(), cluster: "shop".into(), task: task(1).to_string(), epoch: 3 };
        change(&mut wish);
        serde_json::to_string(&wish).unwrap()
    }

    fn answer(token: Option<&str>) -> Option<StatusCode> {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, token.parse().unwrap());
        }
        may_ask(&headers, &Password::new("right")).err().map(|(status, _)| status)
    }

    #[test]
    fn only_the_token_of_the_cluster_opens() {
        assert_eq!(answer(Some("Bearer right")), None);
        assert_eq!(answer(None), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(answer(Some("Basic right")), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(answer(Some("Bearer wrong")), Some(StatusCode::FORBIDDEN));
        assert_eq!(answer(Some("Bearer ")), Some(StatusCode::FORBIDDEN));
    }

    #[test]
    fn a_refusal_never_shows_a_token() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "Bearer guess-7".parse().unwrap());
        let (_, why) = may_ask(&headers, &Password::new("right-9")).unwrap_err();
        assert!(!why.contains("guess") && !why.contains("right-9"), "{why}");
    }

    #[test]
    fn a_copy_is_for_a_member_of_this_cluster_in_this_epoch() {
        let judged = |body: String, consent: &Consent| judge(&body, &data(), consent).map(drop);
        assert_eq!(judged(wish(|_| {}), &consent()), Ok(()));
        let status = |body: String| judged(body, &consent()).unwrap_err().0;
        assert_eq!(status("{}".into()), StatusCode::BAD_REQUEST);
        assert_eq!(status(wish(|wish| wish.cluster = "other".into())), StatusCode::FORBIDDEN);
        assert_eq!(status(wish(|wish| wish.cluster_uid = "uid-2".into())), StatusCode::FORBIDDEN);
        assert_eq!(status(wish(|wish| wish.task = task(2).to_string())), StatusCode::FORBIDDEN);
        assert_eq!(status(wish(|wish| wish.epoch = 2)), StatusCode::CONFLICT);
        let unfit = Consent { why_not: Some("it is going away"), ..consent() };
        let refused = judged(wish(|_| {}), &unfit).unwrap_err();
        assert_eq!(refused, (StatusCode::CONFLICT, "it is going away".to_owned()));
    }
}
