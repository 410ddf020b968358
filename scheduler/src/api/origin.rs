//! Keeps other people's web pages from acting through a browser: a changing request from a foreign origin is refused,
//! and so is a foreign host name on a listener that asks for no credential (a name can be pointed at the loopback).

use std::net::IpAddr;

use http::{
    HeaderMap, Method,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use super::error::ApiError;
use crate::config::ApiConfig;

/// Refuses what only a browser that was led astray would send.
pub(super) fn check(config: &ApiConfig, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let open = config.is_open() && config.bind.is_loopback();
    if open && !names_us(config, headers) {
        let text = "the Host header names neither the loopback nor --advertise_host; \
                    without credentials only local names are answered";
        return Err(ApiError::Forbidden(text.to_owned()));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && headers.get_all(ORIGIN).iter().any(|origin| !is_same(origin.as_bytes(), headers)) {
        let text = "the request comes from a page of another origin; pages may not change clusters";
        return Err(ApiError::Forbidden(text.to_owned()));
    }
    Ok(())
}

/// Whether the request names us, or nobody: only old programs leave the name out, no browser does.
fn names_us(config: &ApiConfig, headers: &HeaderMap) -> bool {
    headers
        .get_all(HOST)
        .iter()
        .all(|host| Authority::try_from(host.as_bytes()).is_ok_and(|host| is_ours(config, &host)))
}

fn is_ours(config: &ApiConfig, host: &Authority) -> bool {
    let name = host.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.is_loopback();
    }
    name == "localhost" || name.ends_with(".localhost") || name == config.advertise_host.to_ascii_lowercase()
}

fn is_same(origin: &[u8], headers: &HeaderMap) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let ours = headers.get(HOST).and_then(|host| host.to_str().ok());
    authority.is_some_and(|theirs| ours.is_some_and(|ours| ours.eq_ignore_ascii_case(theirs)))
}
