//! Which scheduler is asked, as whom, and how results are printed: the same for every verb.

use std::path::PathBuf;

use clap::Args;

use crate::{client::Api, failure::Failure, output::Format, secret};

/// Which scheduler, as whom, and how to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scheduler")]
pub(crate) struct Target {
    /// The scheduler's address.
    #[arg(long, value_name = "URL", env = "MYSOS_API", default_value = "http://127.0.0.1:55001", value_parser = address)]
    api: String,
    /// A file with the credential, `principal:secret` or a secret alone, for schedulers that ask for one.
    #[arg(long, value_name = "FILE", env = "MYSOS_API_CREDENTIAL_FILE")]
    credential_file: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Format,
}

impl Target {
    /// The scheduler.
    pub(crate) fn api(&self) -> Result<Api, Failure> {
        let credential = self.credential_file.as_deref().map(secret::from_file).transpose()?;
        Api::new(&self.api, credential)
    }
}

/// An address without the slash at its end.
fn address(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.is_empty() || host.contains('@') || text.contains(['?', '#']) {
        return Err("an address looks like http://host:55001".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_last_slash_and_may_have_a_prefix() {
        assert_eq!(address("http://a:1/").unwrap(), "http://a:1");
        assert_eq!(address("https://gateway/service/mysos").unwrap(), "https://gateway/service/mysos");
        for bad in ["", "a:1", "http://", "ftp://a", "http://u:p@a", "http://a?x"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
