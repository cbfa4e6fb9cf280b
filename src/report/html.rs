//! HTML and SVG as they are written: escaped, and in one shape.
//!
//! Text becomes markup by being escaped and in no other way, so that no name can be more than a name on the page.

use crate::value::{grouped, text};

/// A piece of a page.
#[derive(Clone, Default, Debug)]
pub(super) struct Markup(String);

impl Markup {
    /// The page's text.
    pub(super) fn into_page(self) -> String {
        format!("<!DOCTYPE html>\n{}", self.0)
    }

    pub(super) fn push(&mut self, other: impl Into<Markup>) {
        self.0.push_str(&other.into().0);
    }

    /// What is written in this program, and nowhere else, as it is.
    pub(super) fn written_here(text: &'static str) -> Markup {
        Markup(text.to_owned())
    }
}

impl From<&str> for Markup {
    fn from(from: &str) -> Markup {
        let mut out = String::with_capacity(from.len());
        for c in from.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                c if text::steers(c) => out.push(' '),
                c => out.push(c),
            }
        }
        Markup(out)
    }
}

impl From<String> for Markup {
    fn from(text: String) -> Markup {
        Markup::from(text.as_str())
    }
}

impl From<Vec<Markup>> for Markup {
    fn from(parts: Vec<Markup>) -> Markup {
        Markup(parts.into_iter().map(|part| part.0).collect())
    }
}

impl<const N: usize> From<[Markup; N]> for Markup {
    fn from(parts: [Markup; N]) -> Markup {
        Markup::from(Vec::from(parts))
    }
}

/// Elements that stand inside a line.
const INLINE: [&str; 10] = ["a", "b", "code", "small", "span", "strong", "time", "tspan", "title", "desc"];

/// An element with its attributes and what is in it.
pub(super) fn element(
    name: &'static str,
    attributes: &[(&'static str, &str)],
    content: impl Into<Markup>,
) -> Markup {
    let mut out = String::new();
    open(&mut out, name, attributes);
    out.push('>');
    out.push_str(&content.into().0);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    if !INLINE.contains(&name) {
        out.push('\n');
    }
    Markup(out)
}

/// An element that has nothing in it and no end.
pub(super) fn empty(name: &'static str, attributes: &[(&'static str, &str)]) -> Markup {
    let mut out = String::new();
    open(&mut out, name, attributes);
    out.push_str("/>\n");
    Markup(out)
}

fn open(out: &mut String, name: &str, attributes: &[(&'static str, &str)]) {
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes {
        out.push(' ');
        out.push_str(attribute);
        out.push_str("=\"");
        out.push_str(&Markup::from(*value).0);
        out.push('"');
    }
}

/// A code, which may break after an underscore where there is little room.
pub(super) fn code(code: &str) -> Markup {
    let mut parts = code.split_inclusive('_');
    let mut inside = Markup::from(parts.next().unwrap_or_default());
    for part in parts {
        inside.push(Markup::written_here("<wbr>"));
        inside.push(part);
    }
    element("code", &[], inside)
}

/// A cell of a table.
pub(super) enum Cell {
    /// Text, to the left.
    Text(Markup),
    /// A number or a share, to the right.
    Figure(Markup),
}

impl Cell {
    pub(super) fn text(text: impl Into<Markup>) -> Cell {
        Cell::Text(text.into())
    }

    pub(super) fn count(count: u64) -> Cell {
        Cell::Figure(grouped(count).into())
    }

    pub(super) fn figure(figure: impl Into<Markup>) -> Cell {
        Cell::Figure(figure.into())
    }
}

/// A table of figures: what it shows, its columns, and its rows, the first cell of each naming it.
pub(super) struct Table<'a> {
    pub(super) caption: &'a str,
    pub(super) head: Vec<Cell>,
    pub(super) rows: Vec<Row>,
}

/// A row of a table.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Whether it is a sum or another end of the table's story.
    pub(super) is_sum: bool,
}

impl Row {
    pub(super) fn of<const N: usize>(cells: [Cell; N]) -> Row {
        Row { cells: cells.into(), is_sum: false }
    }

    pub(super) fn sum<const N: usize>(cells: [Cell; N]) -> Row {
        Row { cells: cells.into(), is_sum: true }
    }
}

impl From<Table<'_>> for Markup {
    fn from(table: Table<'_>) -> Markup {
        let row = |cells: Vec<Cell>, is_head: bool, attributes: &[(&'static str, &str)]| {
            let cells = cells.into_iter().enumerate().map(|(place, cell)| {
                let (class, inside) = match cell {
                    Cell::Text(inside) => (None, inside),
                    Cell::Figure(inside) => (Some(("class", "figure")), inside),
                };
                let (name, scope) = match (is_head, place) {
                    (true, _) => ("th", Some(("scope", "col"))),
                    (false, 0) => ("th", Some(("scope", "row"))),
                    _ => ("td", None),
                };
                let attributes: Vec<_> = scope.into_iter().chain(class).collect();
                element(name, &attributes, inside)
            });
            element("tr", attributes, cells.collect::<Vec<_>>())
        };
        let head = element("thead", &[], row(table.head, true, &[]));
        let rows = table.rows.into_iter().map(|r| {
            let class = [("class", "sum")];
            row(r.cells, false, if r.is_sum { &class } else { &[] })
        });
        let body = element("tbody", &[], rows.collect::<Vec<_>>());
        let caption = element("caption", &[], table.caption);
        let inside = element("table", &[], [caption, head, body]);
        // A table that is too wide for a small screen moves by itself, and the page stays; by keyboard too.
        element(
            "div",
            &[("class", "table"), ("tabindex", "0"), ("role", "region"), ("aria-label", table.caption)],
            inside,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_whatever_comes() {
        let name = "<b>&\"'\u{1b}[31m\n";
        assert_eq!(
            element("p", &[("title", name)], name).0,
            "<p title=\"&lt;b&gt;&amp;&quot;&#39; [31m \">&lt;b&gt;&amp;&quot;&#39; [31m </p>\n"
        );
        assert_eq!(code("A_<B").0, "<code>A_<wbr>&lt;B</code>");
    }
}
