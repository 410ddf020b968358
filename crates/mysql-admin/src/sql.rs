//! SQL text, built from fixed words and quoted values, in two forms: as sent, and as it may be shown.
//!
//! This is the only place that quotes. The quoted forms hold whatever `sql_mode` says of backslashes: with
//! them switched off a text may arrive changed, but it never ends its literal early.

use std::fmt::{self, Write};

use mysos_model::secret::Password;

/// What stands in the shown form for a secret.
const HIDDEN: &str = "'***'";

/// A piece of SQL. `Debug` and `Display` show no secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sql {
    sent: String,
    shown: String,
    secret: bool,
}

impl Sql {
    /// Begins with fixed words.
    pub fn new(words: &'static str) -> Self {
        Self::default().words(words)
    }

    /// Adds fixed words. Only text of this program can be given here.
    #[must_use]
    pub fn words(self, words: &'static str) -> Self {
        self.plain(words)
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.plain(&number.to_string())
    }

    /// Adds a text literal.
    #[must_use]
    pub fn literal(self, text: &str) -> Self {
        self.plain(&quote_literal(text))
    }

    /// Adds a secret as a literal; the shown form has stars.
    #[must_use]
    pub fn secret(mut self, secret: &Password) -> Self {
        self.sent.push_str(&quote_literal(secret.expose()));
        self.shown.push_str(HIDDEN);
        self.secret = true;
        self
    }

    /// Adds the name of a table, a schema or the like.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.plain(&quote_name(name))
    }

    /// Adds an account, at any host.
    #[must_use]
    pub fn account(self, user: &str) -> Self {
        self.literal(user).words("@'%'")
    }

    /// Adds an account at a host, as where a clone comes from is written.
    #[must_use]
    pub(crate) fn account_at(self, user: &str, host: &str) -> Self {
        self.literal(user).words("@").literal(host)
    }

    fn plain(mut self, text: &str) -> Self {
        self.sent.push_str(text);
        self.shown.push_str(text);
        self
    }

    /// The text for the server, secrets included.
    pub fn expose(&self) -> &str {
        &self.sent
    }

    /// Whether there is a secret in it.
    pub fn holds_secret(&self) -> bool {
        self.secret
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A text as a literal. Quotes are doubled rather than escaped, so that they hold in either mode; what would
/// break a line is escaped, because some of these texts go into files that are read line by line.
pub fn quote_literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\u{1a}' => quoted.push_str("\\Z"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// A name in backticks. A server refuses a name with a zero character, so it is left out.
pub fn quote_name(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    // Writing to a string cannot fail.
    let _ = write!(quoted, "`{}`", name.replace('`', "``").replace('\0', ""));
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, PartialEq)]
    enum Backslash {
        Escapes,
        IsPlain,
    }

    /// Reads one literal as a server does: what it says, and what is left of the statement.
    fn read_literal(sql: &str, backslash: Backslash) -> Option<(String, &str)> {
        let mut said = String::new();
        let mut chars = sql.char_indices().peekable();
        chars.next_if(|(_, c)| *c == '\'')?;
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' if chars.next_if(|(_, c)| *c == '\'').is_some() => said.push('\''),
                '\'' => return Some((said, &sql[at + 1..])),
                '\\' if backslash == Backslash::Escapes => said.push(match chars.next()?.1 {
                    '0' => '\0',
                    'n' => '\n',
                    'r' => '\r',
                    'Z' => '\u{1a}',
                    other => other,
                }),
                c => said.push(c),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn a_literal_is_read_back_whole(text in any::<String>(), rest in "[a-z' \\\\]{0,8}") {
            let sql = format!("{} {rest}", quote_literal(&text));
            let (said, left) = read_literal(&sql, Backslash::Escapes).unwrap();
            prop_assert_eq!(said, text);
            prop_assert_eq!(left, format!(" {rest}"));
        }

        #[test]
        fn a_literal_never_ends_early_whatever_a_backslash_means(text in "['\"\\\\`;\n\r\0 -]{0,20}") {
            let sql = format!("{} end", quote_literal(&text));
            prop_assert_eq!(read_literal(&sql, Backslash::IsPlain).unwrap().1, " end");
            prop_assert!(!sql.contains(['\n', '\r', '\0']));
        }

        #[test]
        fn a_name_stays_one_name(name in any::<String>()) {
            let quoted = quote_name(&name);
            let inner = &quoted[1..quoted.len() - 1];
            prop_assert!(!inner.replace("``", "").contains('`'));
            prop_assert_eq!(inner.replace("``", "`"), name.replace('\0', ""));
        }

        #[test]
        fn a_secret_is_sent_and_never_shown(text in "[A-Z0-9']{8,20}") {
            let sql = Sql::new("CREATE USER ").account("u").words(" IDENTIFIED BY ").secret(&Password::new(&text));
            prop_assert!(sql.expose().contains(&quote_literal(&text)));
            prop_assert!(sql.holds_secret());
            for shown in [sql.to_string(), format!("{sql:?}")] {
                prop_assert_eq!(shown, "CREATE USER 'u'@'%' IDENTIFIED BY '***'");
            }
        }
    }
}
