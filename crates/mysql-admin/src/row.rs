//! One row of an answer: column name to text. What servers of both flavors say is read from these, so that
//! reading can be tested without a server.

use std::{collections::BTreeMap, str::FromStr};

/// A row as texts. A column that is NULL and one that is missing read alike.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row(BTreeMap<String, String>);

/// A row that lacks what every server of its kind says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// No row, or no such column.
    #[error("the answer has no {column}")]
    Missing {
        /// The column, by the first of its names.
        column: String,
    },
    /// The text in the column is not of the kind expected.
    #[error("{column} is {found:?}, which is no {expected}")]
    Unreadable {
        /// The column.
        column: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

impl Row {
    /// The text in a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// The text in the first column of these that is there: columns were renamed over the years.
    pub fn any(&self, columns: &[&str]) -> Option<&str> {
        columns.iter().find_map(|column| self.get(column))
    }

    /// The text in a column that must be there.
    pub fn need(&self, columns: &[&str]) -> Result<&str, RowError> {
        self.any(columns).ok_or_else(|| RowError::Missing {
            column: columns.first().copied().unwrap_or_default().to_owned(),
        })
    }

    /// The number in a column that must be there.
    pub fn number<N: FromStr>(&self, columns: &[&str]) -> Result<N, RowError> {
        let text = self.need(columns)?;
        text.parse().map_err(|_| unreadable(columns, "number", text))
    }

    /// The switch in a column that must be there: `1`, `ON` or `Yes`, in any case.
    pub fn switch(&self, columns: &[&str]) -> Result<bool, RowError> {
        let text = self.need(columns)?;
        match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "yes" => Ok(true),
            "0" | "off" | "no" => Ok(false),
            _ => Err(unreadable(columns, "switch", text)),
        }
    }

    /// Makes one row of what `SHOW STATUS` or `SHOW VARIABLES` lists as two columns.
    pub fn from_pairs(rows: &[Self]) -> Self {
        let pair =
            |row: &Self| Some((row.get("Variable_name")?.to_ascii_lowercase(), row.get("Value")?.to_owned()));
        Self(rows.iter().filter_map(pair).collect())
    }

    /// Adds the columns of another row; what both have stays as it is here.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for (column, text) in other.0 {
            self.0.entry(column).or_insert(text);
        }
        self
    }
}

/// The error for a text that is not of the kind expected.
pub fn unreadable(columns: &[&str], expected: &'static str, found: &str) -> RowError {
    let column = columns.first().copied().unwrap_or_default().to_owned();
    RowError::Unreadable { column, expected, found: found.chars().take(120).collect() }
}

impl<C: Into<String>, T: Into<String>> FromIterator<(C, Option<T>)> for Row {
    fn from_iter<I: IntoIterator<Item = (C, Option<T>)>>(columns: I) -> Self {
        Self(columns.into_iter().filter_map(|(column, text)| Some((column.into(), text?.into()))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_numbers_and_switches_or_says_which_column_is_wrong() {
        let row = Row::from_iter([("a", Some("7")), ("b", Some("Yes")), ("c", None)]);
        assert_eq!(row.number::<u32>(&["x", "a"]), Ok(7));
        assert_eq!(row.switch(&["b"]), Ok(true));
        assert_eq!(row.get("c"), None);
        assert_eq!(row.switch(&["a"]).unwrap_err().to_string(), "a is \"7\", which is no switch");
        assert_eq!(row.need(&["c", "d"]).unwrap_err().to_string(), "the answer has no c");
    }

    #[test]
    fn variables_become_columns() {
        let listed = |name, value| Row::from_iter([("Variable_name", Some(name)), ("Value", Some(value))]);
        let row = Row::from_pairs(&[listed("Rpl_semi_sync_master_clients", "2"), listed("x", "")]);
        assert_eq!(row.number::<u8>(&["rpl_semi_sync_master_clients"]), Ok(2));
        assert_eq!(row.get("x"), Some(""));
    }
}
