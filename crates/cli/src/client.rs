//! Talks to the scheduler over HTTP: each call has a deadline, and every failure names the address it was about.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::IpAddr,
    time::Duration,
};

use anyhow::Context;
use mysos_model::{
    ClusterName, Password,
    wire::{
        mysos::{Created, Deleted},
        native::{Cluster, ClusterList, Journal},
    },
};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, redirect};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// A scheduler on the other side of the world answers a connection in less.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The scheduler itself gives up after 30 s.
const ANSWER_TIME: Duration = Duration::from_secs(40);
/// Tries of a creation whose answer was lost; the key makes them one request.
const TRIES: u32 = 5;
/// Between two tries: the scheduler says a second.
const PAUSE: Duration = Duration::from_secs(1);
/// The most clusters that one page has.
const PAGE: &str = "1000";

/// A scheduler.
pub(crate) struct Api {
    base: String,
    http: Client,
    credential: Option<Password>,
}

impl Api {
    /// At this address, with this credential.
    pub(crate) fn new(base: &str, credential: Option<Password>) -> Result<Self, Failure> {
        // Fails only if one is installed already, and then there is one.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIME)
            .timeout(ANSWER_TIME)
            // A redirect would lose the body and show the credential to somebody else.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("mysos/", env!("CARGO_PKG_VERSION")));
        if is_local(base) {
            client = client.no_proxy();
        }
        let http = client.build().context("the HTTP client does not start")?;
        Ok(Self { base: base.to_owned(), http, credential })
    }

    /// Makes a cluster. Repeats the request with one key until an answer comes.
    pub(crate) async fn create(
        &self,
        name: &ClusterName,
        fields: &Map<String, Value>,
    ) -> Result<Created, Failure> {
        let (url, key) = (self.url(&format!("clusters/{name}")), new_key());
        let mut tried = 0;
        loop {
            let call = self.call(Method::POST, &url).header("idempotency-key", &key).json(fields);
            tried += 1;
            match self.answer(call, &url).await {
                Ok(body) => return Ok(Created::from_body(&body).with_context(|| unreadable(&url))?),
                Err(failure) if tried < TRIES && is_worth_repeating(&failure) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Deletes a cluster.
    pub(crate) async fn delete(&self, name: &ClusterName, password: &Password) -> Result<Deleted, Failure> {
        let url = self.url(&format!("clusters/{name}"));
        let fields = serde_json::json!({ "password": password.expose() });
        let body = self.answer(self.call(Method::DELETE, &url).json(&fields), &url).await?;
        Ok(serde_json::from_str(&body).with_context(|| unreadable(&url))?)
    }

    /// One cluster, and the object as the scheduler wrote it.
    pub(crate) async fn cluster(&self, name: &ClusterName) -> Result<(Cluster, String), Failure> {
        let url = self.url(&format!("clusters/{name}"));
        let body = self.answer(self.call(Method::GET, &url), &url).await?;
        let cluster = serde_json::from_str(&body).with_context(|| unreadable(&url))?;
        Ok((cluster, body))
    }

    /// What its members did, and the object as the scheduler wrote it.
    pub(crate) async fn journal(
        &self,
        name: &ClusterName,
        since: Option<&str>,
    ) -> Result<(Journal, String), Failure> {
        let url = self.url(&format!("clusters/{name}/journal"));
        let asked = Url::parse_with_params(&url, since.map(|since| ("since", since)));
        let asked = asked.with_context(|| format!("{url} is no address"))?;
        let body = self.answer(self.call(Method::GET, asked.as_str()), &url).await?;
        let journal = serde_json::from_str(&body).with_context(|| unreadable(&url))?;
        Ok((journal, body))
    }

    /// All clusters by name, page by page.
    pub(crate) async fn clusters(&self) -> Result<Vec<Cluster>, Failure> {
        let url = self.url("clusters");
        let (mut found, mut marker) = (Vec::new(), String::new());
        loop {
            let page = Url::parse_with_params(&url, [("limit", PAGE), ("marker", &marker)]);
            let page = page.with_context(|| format!("{url} is no address"))?;
            let body = self.answer(self.call(Method::GET, page.as_str()), &url).await?;
            let list: ClusterList = serde_json::from_str(&body).with_context(|| unreadable(&url))?;
            found.extend(list.clusters);
            match list.next {
                // A marker that does not move would go on for ever.
                Some(next) if next > marker => marker = next,
                _ => return Ok(found),
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn call(&self, method: Method, url: &str) -> RequestBuilder {
        let call = self.http.request(method, url);
        match &self.credential {
            Some(credential) => call.bearer_auth(credential.expose()),
            None => call,
        }
    }

    /// The body of a success.
    async fn answer(&self, call: RequestBuilder, url: &str) -> Result<String, Failure> {
        let unreachable =
            |error: reqwest::Error| Failure::Unreachable { url: url.to_owned(), source: error.without_url() };
        let response = call.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = response.text().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(body);
        }
        let (url, text) = (url.to_owned(), told(status, &body));
        if status == StatusCode::NOT_FOUND {
            return Err(Failure::NotFound { url, text });
        }
        Err(Failure::Refused { url, status: status.as_u16(), text })
    }
}

/// A connection that never came about carried nothing; everything else may have been heard.
fn is_worth_repeating(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable { source, .. } => !source.is_connect(),
        other => other.is_passing(),
    }
}

fn unreadable(url: &str) -> String {
    format!("{url} does not answer like a Mysos scheduler")
}

/// What the scheduler said, in one line, and what to do where it cannot know.
fn told(status: StatusCode, body: &str) -> String {
    // A proxy in between may answer with a page.
    let line = body.lines().next().unwrap_or_default().trim();
    let line: String = line.chars().take(500).collect();
    match status {
        StatusCode::UNAUTHORIZED => format!("{line} (--credential-file FILE)"),
        _ if line.is_empty() => status.to_string(),
        _ => line,
    }
}

fn is_local(base: &str) -> bool {
    let host = Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A key that no other request has: 128 bits that the standard library draws from the system.
fn new_key() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", draw(), draw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ() {
        assert_ne!(new_key(), new_key());
        assert_eq!(new_key().len(), 32);
    }

    #[test]
    fn no_proxy_stands_before_this_machine() {
        for local in ["http://127.0.0.1:1", "http://localhost", "http://[::1]:2/x", "http://127.9.9.9"] {
            assert!(is_local(local), "{local}");
        }
        assert!(!is_local("http://mysos.example"));
    }
}
