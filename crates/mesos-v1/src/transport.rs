//! HTTP/1.1 as Mesos wants it: exact headers, no automatic redirects, no
//! proxy, one request at a time per connection. What came back is told by
//! what the caller has to do about it.

mod answer;
mod redirect;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, Url};

pub use self::answer::TransportError;
use crate::auth::Authentication;
use crate::detector::Scheme;

/// The header that ties calls to a subscription.
pub(crate) const STREAM_ID: &str = "mesos-stream-id";

/// Redirects that are followed in a row. One is normal; a second happens
/// while leadership moves; five are a loop.
const MAX_REDIRECTS: usize = 5;

/// How connections are made.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the head of an answer. A master may be slow for long
    /// after a failover.
    pub answer_timeout: Duration,
    /// When a silent connection is probed by the kernel.
    pub keepalive: Keepalive,
    /// Who we are.
    pub authentication: Authentication,
    /// PEM certificates to trust for `https`, instead of the system's.
    pub certificates: Option<Vec<u8>>,
    /// A socket to connect to in place of the host of the address.
    pub unix_socket: Option<PathBuf>,
}

impl Default for TransportConfig {
    fn default() -> Self {
        TransportConfig {
            // Enough for a lost SYN to be sent again twice.
            connect_timeout: Duration::from_secs(5),
            // What Mesos advises for partitions: five heartbeats.
            answer_timeout: Duration::from_secs(75),
            keepalive: Keepalive::default(),
            authentication: Authentication::None,
            certificates: None,
            unix_socket: None,
        }
    }
}

/// TCP keepalive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Silence before the first probe.
    pub idle: Duration,
    /// Time between probes.
    pub interval: Duration,
    /// Probes without an answer until the connection is dead.
    pub probes: u32,
}

impl Keepalive {
    /// How long a connection may be silent until it is dead.
    pub fn dead_after(&self) -> Duration {
        self.idle + self.interval * self.probes
    }
}

impl Default for Keepalive {
    /// Dead after a minute: earlier than five heartbeats.
    fn default() -> Self {
        Keepalive { idle: Duration::from_secs(30), interval: Duration::from_secs(10), probes: 3 }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) content_type: &'static str,
    pub(crate) stream_id: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

/// A connection of our own to one master or agent.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    client: Client,
    authorization: Option<HeaderValue>,
    answer_timeout: Duration,
}

impl Connection {
    /// Prepares a connection; it is made by the first request.
    pub(crate) fn new(config: &TransportConfig, scheme: Scheme) -> Result<Self, TransportError> {
        let authorization =
            config.authentication.header().map_err(|error| TransportError::Setup(Box::new(error)))?;
        let client = build(config, scheme).map_err(|error| TransportError::Setup(Box::new(error)))?;
        Ok(Connection { client, authorization, answer_timeout: config.answer_timeout })
    }

    /// Sends a request, follows redirects, and returns the answer if it is a
    /// success, with the address it came from.
    pub(crate) async fn open(&self, url: &Url, request: &Request) -> Result<(Url, Response), TransportError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.post_once(&url, request).await?;
            if response.status() == StatusCode::TEMPORARY_REDIRECT {
                url = redirect::target(&url, response.headers())?;
            } else if response.status().is_success() {
                return Ok((url, response));
            } else {
                return Err(answer::refusal(response).await);
            }
        }
        Err(TransportError::Redirect { location: format!("{url} after {MAX_REDIRECTS} others") })
    }

    /// Sends a request that only this address can serve.
    pub(crate) async fn send(&self, url: &Url, request: &Request) -> Result<(), TransportError> {
        let response = self.post_once(url, request).await?;
        if response.status() == StatusCode::TEMPORARY_REDIRECT {
            return Err(TransportError::Redirect { location: redirect::shown(response.headers()) });
        }
        if response.status().is_success() { Ok(()) } else { Err(answer::refusal(response).await) }
    }

    async fn post_once(&self, url: &Url, request: &Request) -> Result<Response, TransportError> {
        let sending =
            self.client.post(url.clone()).headers(self.headers(request)).body(request.body.clone()).send();
        match tokio::time::timeout(self.answer_timeout, sending).await {
            Ok(answer) => answer.map_err(TransportError::Unreachable),
            Err(_) => Err(TransportError::Timeout { after: self.answer_timeout }),
        }
    }

    fn headers(&self, request: &Request) -> HeaderMap {
        let content_type = HeaderValue::from_static(request.content_type);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, content_type.clone());
        headers.insert(CONTENT_TYPE, content_type);
        if let Some(stream_id) = &request.stream_id {
            headers.insert(STREAM_ID, stream_id.clone());
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers
    }
}

fn build(config: &TransportConfig, scheme: Scheme) -> Result<Client, reqwest::Error> {
    install_tls_provider();
    let mut builder = Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(config.connect_timeout)
        .tcp_keepalive(config.keepalive.idle)
        .tcp_keepalive_interval(config.keepalive.interval)
        .tcp_keepalive_retries(config.keepalive.probes)
        // What was sent and is not confirmed is not waited for any longer.
        .tcp_user_timeout(config.keepalive.dead_after())
        // One connection, kept however long nothing is said on it.
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(None);
    if let Some(path) = &config.unix_socket {
        builder = builder.unix_socket(path.clone());
    }
    with_trust(builder, config, scheme)?.build()
}

/// The certificates given; none at all for a plain connection, so that a
/// machine without any can make one; else those of the system.
fn with_trust(
    builder: ClientBuilder,
    config: &TransportConfig,
    scheme: Scheme,
) -> Result<ClientBuilder, reqwest::Error> {
    Ok(match (&config.certificates, scheme) {
        (Some(pem), Scheme::Https) => builder.tls_certs_only(Certificate::from_pem_bundle(pem)?),
        (None, Scheme::Https) => builder,
        (_, Scheme::Http) => builder.tls_certs_only([]),
    })
}

/// TLS is built without a default provider, so that a program has one only.
/// If it chose none, it is ring.
fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing this race to another thread is as good as winning it.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
}
