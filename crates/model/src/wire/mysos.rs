//! Bodies of the Mysos face: the two answers of the original interface, byte for byte.
//!
//! Clients of the original compare them as text, so the blank after each colon and comma and the order of
//! the keys are contract.

use std::fmt;

use serde::Deserialize;

use crate::secret::Password;

/// The answer to the creation of a cluster. One of the three answers that carry a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The password of the owner's account.
    pub cluster_password: Password,
    /// Where clients find the cluster.
    pub cluster_url: String,
}

/// The answer to the deletion of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// The group to watch: it goes when the last server has gone.
    pub cluster_url: String,
}

impl Created {
    /// The body, with the password in clear.
    pub fn to_body(&self) -> String {
        let password = quoted(self.cluster_password.expose());
        format!("{{\"cluster_password\": {password}, \"cluster_url\": {}}}", quoted(&self.cluster_url))
    }

    /// Reads a body back.
    pub fn from_body(body: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Body {
            cluster_password: String,
            cluster_url: String,
        }
        let body: Body = serde_json::from_str(body)?;
        Ok(Self { cluster_password: Password::new(body.cluster_password), cluster_url: body.cluster_url })
    }
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"cluster_url\": {}}}", quoted(&self.cluster_url))
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_spaced_as_the_original_spaced_them() {
        let url = "zk://192.168.33.7:2181/mysos/discover/test_cluster3".to_owned();
        let created =
            Created { cluster_password: Password::new("w9gMCkecsMh6sWsRdxNTa"), cluster_url: url.clone() };
        assert_eq!(
            created.to_body(),
            "{\"cluster_password\": \"w9gMCkecsMh6sWsRdxNTa\", \
             \"cluster_url\": \"zk://192.168.33.7:2181/mysos/discover/test_cluster3\"}"
        );
        assert_eq!(created.to_body().len(), 115);
        let deleted = Deleted { cluster_url: url };
        assert_eq!(
            deleted.to_string(),
            "{\"cluster_url\": \"zk://192.168.33.7:2181/mysos/discover/test_cluster3\"}"
        );
        assert_eq!(deleted.to_string().len(), 70);
    }

    #[test]
    fn a_password_with_quotes_reads_back() {
        let created = Created {
            cluster_password: Password::new(r#"a"b\c"#),
            cluster_url: "zk://a/discover/b".to_owned(),
        };
        assert_eq!(Created::from_body(&created.to_body()).unwrap(), created);
    }
}
