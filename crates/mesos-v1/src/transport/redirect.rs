//! Where a 307 leads. Masters of different ages write `//host:port/path`,
//! `http://host:port/path` or just `host:port`.

use reqwest::Url;
use reqwest::header::{HeaderMap, LOCATION};

use super::TransportError;
use crate::detector::split_authority;

/// The address a redirect names. Our scheme is kept: a redirect neither takes
/// TLS away nor brings it.
pub(super) fn target(from: &Url, headers: &HeaderMap) -> Result<Url, TransportError> {
    resolve(from, text(headers)).ok_or_else(|| TransportError::Redirect { location: shown(headers) })
}

/// The location, for a message.
pub(super) fn shown(headers: &HeaderMap) -> String {
    format!("`{}`", text(headers))
}

fn text(headers: &HeaderMap) -> &str {
    headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn resolve(from: &Url, location: &str) -> Option<Url> {
    let (scheme, rest) = match location.split_once("//") {
        Some(("", rest)) => (from.scheme(), rest),
        Some((scheme, rest)) => (scheme.strip_suffix(':')?, rest),
        None => (from.scheme(), location),
    };
    if scheme != from.scheme() {
        return None;
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = split_authority(authority)?;
    let mut url = from.clone();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    url.set_host(Some(&host)).ok()?;
    url.set_port(Some(port)).ok()?;
    if !matches!(path, "" | "/") {
        url.set_path(path);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(from: &str, location: &str) -> Option<String> {
        resolve(&Url::parse(from).unwrap(), location).map(String::from)
    }

    const FROM: &str = "http://a:5050/api/v1/scheduler";

    #[test]
    fn all_forms_of_a_location_are_understood() {
        for (location, to) in [
            ("//b:5051/master/api/v1/scheduler", "http://b:5051/master/api/v1/scheduler"),
            ("http://b:5051/api/v1/scheduler", "http://b:5051/api/v1/scheduler"),
            ("b:5051", "http://b:5051/api/v1/scheduler"),
            ("//b:5051", "http://b:5051/api/v1/scheduler"),
            ("//b:5051/", "http://b:5051/api/v1/scheduler"),
            ("//[::1]:5051/x", "http://[::1]:5051/x"),
            ("//b/x", "http://b:5050/x"),
        ] {
            assert_eq!(follow(FROM, location).as_deref(), Some(to), "{location}");
        }
    }

    #[test]
    fn scheme_is_kept() {
        let https = "https://a:5050/api/v1/scheduler";
        assert_eq!(follow(https, "//b:1/x").as_deref(), Some("https://b:1/x"));
        assert_eq!(follow(https, "http://b:1/x"), None);
        assert_eq!(follow(FROM, "https://b:1/x"), None);
    }

    #[test]
    fn location_without_a_host_leads_nowhere() {
        for location in ["", "/", "//", "/api/v1/scheduler", "//:5050/x", "//b:0/x", "//b:x/", "ftp://b:1/"] {
            assert_eq!(follow(FROM, location), None, "{location}");
        }
        let error = target(&Url::parse(FROM).unwrap(), &HeaderMap::new()).unwrap_err();
        assert!(matches!(error, TransportError::Redirect { .. }));
    }
}
