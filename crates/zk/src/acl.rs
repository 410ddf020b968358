//! Who may do what with a znode.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use zookeeper_client as client;

use crate::url::Credentials;

/// Access to a znode. "The account" is that of the handle; a handle without one makes znodes open to all, because
/// there is nobody to keep them for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// All rights for the account, none for others.
    Private,
    /// All rights for the account, everyone may read.
    WorldReadable,
    /// All rights for the account, and this second account may read.
    ReadableBy(DigestId),
}

/// An account as access lists name it: the user and a digest, from which the password cannot be read.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestId(String);

impl DigestId {
    /// The identity that a session has after it logged in with these credentials.
    pub fn of(credentials: &Credentials) -> Self {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, credentials.digest_input().as_bytes());
        Self(format!("{}:{}", credentials.user(), STANDARD.encode(hash)))
    }
}

impl fmt::Debug for DigestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestId(***)")
    }
}

impl Access {
    /// The access list, for a session that has logged in or has not.
    pub(crate) fn list(&self, account: Account) -> Vec<client::Acl> {
        if account == Account::None {
            return vec![client::Acl::new(client::Permission::ALL, client::AuthId::anyone())];
        }
        let mut list = vec![client::Acl::new(client::Permission::ALL, client::AuthId::authed())];
        match self {
            Self::Private => {}
            Self::WorldReadable => {
                list.push(client::Acl::new(client::Permission::READ, client::AuthId::anyone()));
            }
            Self::ReadableBy(DigestId(id)) => {
                list.push(client::Acl::new(client::Permission::READ, client::AuthId::new("digest", id)));
            }
        }
        list
    }
}

/// Whether the handle logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    None,
    Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_the_one_zookeeper_computes() {
        // `DigestAuthenticationProvider.generateDigest("super:test")`, as in ZooKeeper's documentation.
        let id = DigestId::of(&Credentials::new("super", "test").unwrap());
        assert_eq!(id.0, "super:D/InIHSb7yEEbrWz8b9l71RjZJU=");
        assert_eq!(format!("{id:?}"), "DigestId(***)");
    }

    #[test]
    fn without_an_account_everything_is_open() {
        let open = vec![client::Acl::new(client::Permission::ALL, client::AuthId::anyone())];
        assert_eq!(Access::Private.list(Account::None), open);
        assert_eq!(Access::WorldReadable.list(Account::None), open);
    }

    #[test]
    fn readers_get_no_more_than_read() {
        let reader = DigestId::of(&Credentials::new("reader", "public").unwrap());
        for access in [Access::WorldReadable, Access::ReadableBy(reader)] {
            let list = access.list(Account::Digest);
            assert_eq!(list.len(), 2);
            assert_eq!((list[0].permission(), list[0].scheme()), (client::Permission::ALL, "auth"));
            assert_eq!(list[1].permission(), client::Permission::READ);
        }
        assert_eq!(Access::Private.list(Account::Digest).len(), 1);
    }
}
