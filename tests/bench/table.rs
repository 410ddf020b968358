//! Figures as a table, with the middle of each column below it.

use std::time::Duration;

/// Rows of figures under names.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<&'static str>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    /// Without rows.
    pub(crate) fn new(names: &[&'static str]) -> Self {
        Self { names: names.to_vec(), rows: Vec::new() }
    }

    /// One more run.
    pub(crate) fn add(&mut self, row: Vec<f64>) {
        assert_eq!(row.len(), self.names.len(), "a figure for each name");
        self.rows.push(row);
    }

    /// All runs, and the middle of each column.
    pub(crate) fn text(&self) -> String {
        let middle: Vec<f64> = (0..self.names.len()).map(|column| self.middle(column)).collect();
        let head = std::iter::once(self.line("run", |column| self.names[column].to_owned()));
        let rows = self.rows.iter().enumerate().map(|(at, row)| self.figures(&(at + 1).to_string(), row));
        head.chain(rows).chain([self.figures("p50", &middle)]).collect::<Vec<_>>().join("\n")
    }

    fn middle(&self, column: usize) -> f64 {
        let mut figures: Vec<f64> = self.rows.iter().map(|row| row[column]).collect();
        figures.sort_by(f64::total_cmp);
        let half = figures.len() / 2;
        if figures.len().is_multiple_of(2) {
            f64::midpoint(figures[half - 1], figures[half])
        } else {
            figures[half]
        }
    }

    fn figures(&self, name: &str, row: &[f64]) -> String {
        self.line(name, |column| format!("{:.2}", row[column]))
    }

    fn line(&self, name: &str, cell: impl Fn(usize) -> String) -> String {
        let cells = (0..self.names.len()).map(|at| format!("{:>1$}", cell(at), self.names[at].len().max(6)));
        std::iter::once(format!("{name:<4}")).chain(cells).collect::<Vec<_>>().join("  ")
    }
}

/// How many times longer.
pub(crate) fn ratio(ours: Duration, floor: Duration) -> f64 {
    ours.as_secs_f64() / floor.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_the_middle_of_each_column() {
        let mut table = Table::new(&["seconds", "MiB"]);
        for row in [[3.0, 10.0], [1.0, 30.0], [2.0, 20.0], [9.0, 40.0]] {
            table.add(row.to_vec());
        }
        let text = table.text();
        assert_eq!(text.lines().next(), Some("run   seconds     MiB"));
        assert_eq!(text.lines().last(), Some("p50      2.50   25.00"));
        assert_eq!(text.lines().count(), 6);
    }
}
