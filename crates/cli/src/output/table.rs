//! Tables: aligned, and cut to the terminal where there is one. On a pipe nothing is cut.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::paint::{Paint, Tone, clean};

/// What stands between two columns.
const GAP: &str = "  ";
/// No column that may be cut becomes narrower.
const NARROWEST: usize = 8;
/// Stands where something was cut off.
const CUT: char = '…';

/// A text in a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A plain text.
    pub(crate) fn new(text: &str) -> Self {
        Self::toned(Tone::Plain, text)
    }

    /// A text in a tone.
    pub(crate) fn toned(tone: Tone, text: &str) -> Self {
        let text = clean(text);
        if text.trim().is_empty() { Self { text: "-".to_owned(), tone: Tone::Dim } } else { Self { text, tone } }
    }
}

/// Rows under their headings.
#[derive(Debug)]
pub(crate) struct Table {
    /// A heading, and whether the column may be cut. Ids are useless when they are.
    columns: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Cell>>,
    /// What is said instead of a table without rows.
    nothing: &'static str,
}

impl Table {
    /// A table of these columns. Those whose heading begins with `~` may be cut.
    pub(crate) fn new(nothing: &'static str, columns: &[&'static str]) -> Self {
        let column = |heading: &&'static str| match heading.strip_prefix('~') {
            Some(heading) => (heading, true),
            None => (*heading, false),
        };
        Self { columns: columns.iter().map(column).collect(), rows: Vec::new(), nothing }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text, in at most so many columns of the terminal where that can be done.
    pub(crate) fn render(&self, paint: Paint, width: Option<usize>) -> String {
        if self.rows.is_empty() {
            return self.nothing.to_owned();
        }
        let widths = self.widths(width);
        let headings = self.columns.iter().map(|(heading, _)| Cell { text: (*heading).to_owned(), tone: Tone::Dim });
        let headings: Vec<_> = headings.collect();
        let lines = std::iter::once(&headings).chain(&self.rows).map(|row| line(row, &widths, paint));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How wide each column becomes: as wide as its widest text, and where that is too much the widest of those that may
    /// be cut give way.
    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let widest = |(index, (heading, _)): (usize, &(&str, bool))| {
            let cells = self.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.text.width());
            cells.chain([heading.width()]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = self.columns.iter().enumerate().map(widest).collect();
        let Some(most) = width else { return widths };
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > most {
            let cuttable = self.columns.iter().zip(&mut widths).filter(|((_, may_be_cut), _)| *may_be_cut);
            let Some((_, widest)) = cuttable.max_by_key(|(_, width)| **width).filter(|(_, width)| **width > NARROWEST)
            else {
                break;
            };
            *widest -= 1;
        }
        widths
    }
}

fn line(cells: &[Cell], widths: &[usize], paint: Paint) -> String {
    let mut line = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let text = cut(&cell.text, width);
        if index > 0 {
            line.push_str(GAP);
        }
        line.push_str(&paint.on(cell.tone, &text));
        // Nothing follows the last one.
        if index + 1 < cells.len() {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
        }
    }
    line
}

/// The text in at most so many columns.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut shorter, mut taken) = (String::new(), 1);
    for letter in text.chars() {
        taken += letter.width().unwrap_or(0);
        if taken > width {
            break;
        }
        shorter.push(letter);
    }
    shorter.push(CUT);
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("nobody", &["ID", "~NAME", "STATUS"]);
        table.row([Cell::new("1"), Cell::new("Ana Souza de Oliveira"), Cell::toned(Tone::Good, "ok")]);
        table.row([Cell::new("22"), Cell::new("木村拓哉"), Cell::new("")]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        assert_eq!(
            table().render(Paint::NONE, None),
            "ID  NAME                   STATUS\n\
             1   Ana Souza de Oliveira  ok\n\
             22  木村拓哉               -"
        );
    }

    #[test]
    fn only_what_may_be_cut_is_cut_to_the_terminal() {
        assert_eq!(
            table().render(Paint::NONE, Some(20)),
            "ID  NAME      STATUS\n\
             1   Ana Sou…  ok\n\
             22  木村拓哉  -"
        );
        assert!(table().render(Paint::NONE, Some(1)).contains("Ana Sou…"), "never narrower than can be read");
    }

    #[test]
    fn colours_do_not_move_columns() {
        let painted = table().render(Paint::ALWAYS, None);
        assert!(painted.contains("Oliveira  \x1b[32mok\x1b[0m"), "{painted}");
    }

    #[test]
    fn without_rows_it_says_so() {
        assert_eq!(Table::new("There are none.", &["ID"]).render(Paint::NONE, None), "There are none.");
    }
}
