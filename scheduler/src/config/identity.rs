//! Who and where this process is, as far as defaults of flags rest on it.

use std::net::IpAddr;

use nix::unistd::{User, geteuid, gethostname};

/// The name of the user that runs this process.
pub(super) fn own_user() -> String {
    let user = User::from_uid(geteuid()).ok().flatten();
    user.map_or_else(|| geteuid().to_string(), |user| user.name)
}

/// The name under which others may reach a listener on this address.
pub(super) fn reachable_host(bind: IpAddr) -> String {
    if !bind.is_unspecified() {
        return bind.to_string();
    }
    let name = gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| "localhost".to_owned())
}
