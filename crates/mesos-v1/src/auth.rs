//! Who we are towards a master or an agent: nobody, a principal with a
//! secret, or the bearer of a token. A secret is never shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use thiserror::Error;

/// Text that is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What goes into the `Authorization` header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// No such header.
    #[default]
    None,
    /// A principal and its secret (`--authenticate_http_frameworks`).
    Basic(Credential),
    /// A token, as the agent gives to its executors.
    Bearer(Secret),
}

impl Authentication {
    /// The value of the header, marked as sensitive. The only texts that
    /// cannot be sent are tokens with control characters.
    pub(crate) fn header(&self) -> Result<Option<HeaderValue>, CredentialError> {
        let text = match self {
            Authentication::None => return Ok(None),
            Authentication::Basic(Credential { principal, secret }) => {
                format!("Basic {}", STANDARD.encode(format!("{principal}:{}", secret.reveal())))
            }
            Authentication::Bearer(token) => format!("Bearer {}", token.reveal()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| CredentialError::NotSendable)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// A principal and its secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Credential {
    /// Who.
    pub principal: String,
    /// The proof.
    pub secret: Secret,
}

/// Why a credential cannot be used. Shows nothing of the file it came from.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CredentialError {
    /// None of the forms fits.
    #[error(
        "a credential is `principal: NAME` and `secret: TEXT` on two lines, \
         {{\"principal\": …, \"secret\": …}}, or the two words `NAME TEXT`"
    )]
    Form,
    /// Control characters.
    #[error("the secret has characters that a header cannot carry")]
    NotSendable,
}

impl Credential {
    /// Reads the content of a credential file, in any of the forms in use:
    /// two `key: value` lines, JSON, or the two words that Mesos itself reads.
    pub fn parse(text: &str) -> Result<Credential, CredentialError> {
        let text = text.trim();
        let credential = if text.starts_with('{') {
            serde_json::from_str(text).ok()
        } else if text.lines().any(|line| line.trim_start().starts_with("principal:")) {
            from_lines(text)
        } else {
            from_words(text)
        };
        credential.filter(|found| !found.principal.is_empty()).ok_or(CredentialError::Form)
    }
}

fn from_lines(text: &str) -> Option<Credential> {
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == key).then(|| unquoted(value.trim()).to_owned())
        })
    };
    Some(Credential { principal: value("principal")?, secret: Secret(value("secret")?) })
}

fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}

fn from_words(text: &str) -> Option<Credential> {
    let mut words = text.split_whitespace();
    let (principal, secret) = (words.next()?, words.next()?);
    words
        .next()
        .is_none()
        .then(|| Credential { principal: principal.to_owned(), secret: Secret::new(secret) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential { principal: "mysos".to_owned(), secret: Secret::new("s3cr:et") }
    }

    #[test]
    fn all_forms_of_a_credential_file_give_the_same() {
        for text in [
            "principal: mysos\nsecret: s3cr:et\n",
            "---\n secret: \"s3cr:et\"\n principal: 'mysos'\n",
            "{\"principal\": \"mysos\", \"secret\": \"s3cr:et\"}\n",
            "mysos s3cr:et\n",
            "  mysos\ts3cr:et  ",
        ] {
            assert_eq!(Credential::parse(text), Ok(credential()), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused_without_showing_them() {
        for text in ["", "hunter2", "a b c", "{\"principal\": \"a\"}", "principal: a\n", "{\"secret\":1}"] {
            let error = Credential::parse(text).unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let basic = Authentication::Basic(credential());
        let bearer = Authentication::Bearer(Secret::new("s3cr:et"));
        for shown in [format!("{basic:?}"), format!("{bearer:?}"), format!("{:?}", basic.header())] {
            assert!(!shown.contains("s3cr"), "{shown}");
            assert!(!shown.contains("bXlzb3M6"), "{shown}");
        }
    }

    #[test]
    fn headers_are_as_rfc_7617_and_6750_say() {
        let header = |auth: Authentication| auth.header().unwrap().unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(Authentication::Basic(credential())), "Basic bXlzb3M6czNjcjpldA==");
        assert_eq!(header(Authentication::Bearer(Secret::new("j.w.t"))), "Bearer j.w.t");
        assert_eq!(Authentication::None.header(), Ok(None));
    }
}
