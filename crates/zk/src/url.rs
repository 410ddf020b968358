//! `zk://[user:password@]host[:port],…/path`: the one parser of such addresses.
//!
//! The path starts at the first `/` after the scheme, the credentials end at the last `@` before it. No error text
//! repeats any part of the input, because any part of a mistyped address may be the password.

use std::{fmt, str::FromStr};

/// The port of a ZooKeeper server when none is written.
const DEFAULT_PORT: u16 = 2181;
const SCHEME: &str = "zk://";

/// The address of a ZooKeeper ensemble and of a znode in it. Shows no credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct ZkUrl {
    servers: Vec<Server>,
    path: String,
    credentials: Option<Credentials>,
}

/// One server of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    written: String,
    host: String,
    port: u16,
}

/// A digest account: user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

/// What is wrong with an address. Repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error("a ZooKeeper address starts with zk://")]
    Scheme,
    /// An `@`, but no `user:password` before it.
    #[error("credentials are written user:password before the @, and contain no /")]
    Credentials,
    /// A server that cannot be read, counted from 1.
    #[error("server {number} of the list: {what}")]
    Server {
        /// Its place in the list, from 1.
        number: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A path that ZooKeeper refuses.
    #[error("path: {0}")]
    Path(&'static str),
}

impl Server {
    /// Name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, 2181 when none is written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port` with brackets where they are needed.
    pub(crate) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Credentials {
    /// An account. The user may not contain `:`, and neither part may be empty or contain `/`.
    pub fn new(user: &str, password: &str) -> Result<Self, UrlError> {
        let fit = |part: &str| !part.is_empty() && !part.contains('/') && !part.chars().any(char::is_control);
        if !fit(user) || !fit(password) || user.contains(':') {
            return Err(UrlError::Credentials);
        }
        Ok(Self { user: user.to_owned(), password: password.to_owned() })
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// `user:password`, as the digest scheme takes it. A secret.
    pub(crate) fn digest_input(&self) -> String {
        format!("{}:{}", self.user, self.password)
    }
}

impl FromStr for Credentials {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (user, password) = text.split_once(':').ok_or(UrlError::Credentials)?;
        Self::new(user, password)
    }
}

impl ZkUrl {
    /// The servers in the order they are written.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server list exactly as written.
    pub fn server_list(&self) -> String {
        self.servers.iter().map(|server| server.written.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The path, `/` when none is written.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The account, if the address carries one.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The same without the account.
    #[must_use]
    pub fn public(&self) -> Self {
        Self { credentials: None, ..self.clone() }
    }

    /// The same with this account.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self.clone() }
    }

    /// The same with `relative` appended to the path; a leading `/` of it does not matter.
    pub fn join(&self, relative: &str) -> Result<Self, UrlError> {
        let base = self.path.trim_end_matches('/');
        let path = clean_path(&format!("{base}/{}", relative.trim_start_matches('/')))?;
        Ok(Self { path, ..self.clone() })
    }

    /// The address **with** its account: only for the one that has to log in with it.
    pub fn reveal(&self) -> String {
        let account = self.credentials.as_ref().map(|c| c.digest_input() + "@").unwrap_or_default();
        format!("{SCHEME}{account}{}{}", self.server_list(), self.shown_path())
    }

    fn shown_path(&self) -> &str {
        if self.path == "/" { "" } else { &self.path }
    }
}

impl FromStr for ZkUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let rest = text.strip_prefix(SCHEME).ok_or(UrlError::Scheme)?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (credentials, list) = match authority.rsplit_once('@') {
            Some((account, list)) => (Some(account.parse()?), list),
            None => (None, authority),
        };
        let servers =
            list.split(',').enumerate().map(|(at, text)| server(at + 1, text)).collect::<Result<_, _>>()?;
        Ok(Self { servers, path: clean_path(path)?, credentials })
    }
}

fn server(number: usize, text: &str) -> Result<Server, UrlError> {
    let wrong = |what| UrlError::Server { number, what };
    let (host, port) = split_port(text).map_err(wrong)?;
    if host.is_empty() {
        return Err(wrong("the host is missing"));
    }
    if host.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']')) {
        return Err(wrong("the host contains a character that no host has"));
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(digits) if digits.starts_with('+') => {
            return Err(wrong("the port is not a number from 1 to 65535"));
        }
        Some(digits) => match digits.parse() {
            Ok(0) | Err(_) => return Err(wrong("the port is not a number from 1 to 65535")),
            Ok(port) => port,
        },
    };
    Ok(Server { written: text.to_owned(), host: host.to_owned(), port })
}

fn split_port(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        return match tail {
            "" => Ok((host, None)),
            _ => tail.strip_prefix(':').map(|port| (host, Some(port))).ok_or("a : is missing after the ]"),
        };
    }
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((_, port)) if port.contains(':') => Err("an IPv6 address is written in brackets"),
        Some((host, port)) => Ok((host, Some(port))),
    }
}

/// The path without a trailing `/`, `/` if empty.
fn clean_path(path: &str) -> Result<String, UrlError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok("/".to_owned());
    }
    check_path(path).map_err(UrlError::Path)?;
    Ok(path.to_owned())
}

/// What ZooKeeper demands of an absolute path, other than the root.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    let Some(relative) = path.strip_prefix('/') else {
        return Err("it does not start with /");
    };
    for name in relative.split('/') {
        match name {
            "" => return Err("a name in it is empty"),
            "." | ".." => return Err("it is relative"),
            _ => {}
        }
        if name.chars().any(is_unfit) {
            return Err("it contains a character that ZooKeeper does not take");
        }
    }
    Ok(())
}

/// Characters that the server refuses in names.
fn is_unfit(c: char) -> bool {
    matches!(u32::from(c), 0..=0x1f | 0x7f..=0x9f | 0xd800..=0xf8ff | 0xfff0..=0xffff)
}

impl fmt::Display for ZkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = if self.credentials.is_some() { "***@" } else { "" };
        write!(f, "{SCHEME}{account}{}{}", self.server_list(), self.shown_path())
    }
}

impl fmt::Debug for ZkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZkUrl({self})")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
