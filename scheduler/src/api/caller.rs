//! Who calls, and what they may do. An extractor: a handler that takes a [`Caller`] is closed to everybody else.

use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};
use mysos_model::Password;

use super::{Faces, error::ApiError, origin, request::Peer};
use crate::{
    clock,
    config::{ApiCredential, ApiRole},
};

/// A known caller.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Its name.
    pub(super) principal: String,
    role: ApiRole,
    /// Where it calls from, for counting wrong passwords.
    pub(super) peer: Peer,
}

impl Caller {
    /// Whether it may make clusters.
    pub(super) fn may_create(&self) -> Result<(), ApiError> {
        if self.role == ApiRole::Read { Err(self.refused("make clusters")) } else { Ok(()) }
    }

    /// Whether it may change or delete what `owner` made.
    pub(super) fn may_change(&self, owner: &str) -> Result<(), ApiError> {
        match self.role {
            ApiRole::Admin => Ok(()),
            ApiRole::User if owner == self.principal => Ok(()),
            ApiRole::User => Err(self.refused("change clusters of others")),
            ApiRole::Read => Err(self.refused("change clusters")),
        }
    }

    fn refused(&self, what: &str) -> ApiError {
        let role = match self.role {
            ApiRole::Admin => "admin",
            ApiRole::User => "user",
            ApiRole::Read => "read",
        };
        ApiError::Forbidden(format!("{} has the role {role}, which may not {what}", self.principal))
    }
}

impl FromRequestParts<Faces> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, faces: &Faces) -> Result<Self, ApiError> {
        let unspecified = Peer(std::net::Ipv4Addr::UNSPECIFIED.into());
        let peer = parts.extensions.get::<Peer>().copied().unwrap_or(unspecified);
        origin::check(&faces.config, &parts.method, &parts.headers)?;
        let Some(credentials) = &faces.config.credentials else {
            // `config` refuses to start on another address than the loopback, unless that was asked for.
            let principal = if faces.config.insecure { "anonymous" } else { "local" };
            return Ok(Self { principal: principal.to_owned(), role: ApiRole::Admin, peer });
        };
        not_guessing(faces, peer)?;
        let shown = shown(&parts.headers).ok_or(ApiError::Unauthenticated)?;
        let Some(entry) = find(credentials, &shown) else {
            faces.failures.note(peer.0, clock::now());
            return Err(ApiError::Unauthenticated);
        };
        Ok(Self { principal: entry.principal.clone(), role: entry.role, peer })
    }
}

/// Refuses an address that has shown too many wrong secrets.
pub(super) fn not_guessing(faces: &Faces, peer: Peer) -> Result<(), ApiError> {
    match faces.failures.wait_seconds(peer.0, clock::now()) {
        Some(seconds) => Err(ApiError::TooManyRequests { seconds }),
        None => Ok(()),
    }
}

/// What a caller shows of itself.
enum Shown {
    /// HTTP Basic: a name and its secret.
    Pair(String, Password),
    /// A bearer token: a secret alone, or name and secret with a colon between them.
    Bearer(Password),
}

/// What a request carries, if it carries something in a form that we know.
fn shown(headers: &HeaderMap) -> Option<Shown> {
    let (scheme, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Shown::Bearer(Password::new(rest)));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
    let (principal, secret) = decoded.split_once(':')?;
    Some(Shown::Pair(principal.to_owned(), Password::new(secret)))
}

/// Whose it is. Secrets are compared in constant time.
fn find<'a>(entries: &'a [ApiCredential], shown: &Shown) -> Option<&'a ApiCredential> {
    entries.iter().find(|entry| match shown {
        Shown::Pair(principal, secret) => entry.secret == *secret && entry.principal == *principal,
        Shown::Bearer(token) => {
            let pair = Password::new(format!("{}:{}", entry.principal, entry.secret.expose()));
            entry.secret == *token || pair == *token
        }
    })
}
