//! Building blocks of HTML and SVG.
//!
//! All text is escaped on its way into markup, so that a name from the export cannot add an element to the page.

use crate::value::text;
use std::ops::Add;

/// A piece of a page.
#[derive(Clone, Default, Debug)]
pub(crate) struct Markup(String);

impl Markup {
    /// The page's text.
    pub(crate) fn into_page(self) -> String {
        format!("<!DOCTYPE html>\n{}", self.0)
    }

    /// Markup that is a constant of this program. Nothing else becomes markup without being escaped.
    pub(crate) fn constant(text: &'static str) -> Markup {
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

impl<const N: usize> From<[Markup; N]> for Markup {
    fn from(parts: [Markup; N]) -> Markup {
        parts.into_iter().collect()
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<I: IntoIterator<Item = Markup>>(parts: I) -> Markup {
        Markup(parts.into_iter().map(|part| part.0).collect())
    }
}

impl<T: Into<Markup>> Add<T> for Markup {
    type Output = Markup;

    fn add(self, next: T) -> Markup {
        Markup(self.0 + &next.into().0)
    }
}

/// Elements that stand inside a line. No line break follows them.
const INLINE: [&str; 10] = ["a", "b", "code", "small", "span", "strong", "time", "tspan", "title", "desc"];

/// An element with its attributes and its content.
pub(crate) fn element(name: &str, attributes: &[(&str, &str)], content: impl Into<Markup>) -> Markup {
    let line_end = if INLINE.contains(&name) { "" } else { "\n" };
    Markup(format!("{}>{}</{name}>{line_end}", start_of(name, attributes), content.into().0))
}

/// An element that has no content and no end tag.
pub(crate) fn empty(name: &str, attributes: &[(&str, &str)]) -> Markup {
    Markup(start_of(name, attributes) + "/>\n")
}

fn start_of(name: &str, attributes: &[(&str, &str)]) -> String {
    let attributes = attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", Markup::from(*value).0));
    format!("<{name}{}", attributes.collect::<String>())
}

/// A code, which may break after an underscore where there is little room.
pub(crate) fn code(code: &str) -> Markup {
    let mut parts = code.split_inclusive('_');
    let first = Markup::from(parts.next().unwrap_or_default());
    element("code", &[], parts.fold(first, |inside, part| inside + Markup::constant("<wbr>") + part))
}

/// An explanation behind a name, in small letters.
pub(crate) fn small(text: &str) -> Markup {
    element("small", &[], text)
}

/// A word that makes a name stand out.
pub(crate) fn flag(text: &str) -> Markup {
    element("strong", &[("class", "flag")], text)
}

/// A row of a table: text to the left, figures to the right.
#[derive(Default)]
pub(crate) struct TableRow {
    pub(crate) name: Markup,
    /// Text behind the name, in tables that have such a column.
    pub(crate) text: Option<Markup>,
    /// A bar for the figures, in tables that have bars.
    pub(crate) bar: Option<Markup>,
    pub(crate) figures: Vec<Markup>,
    /// Whether it is a sum, or another row that is set apart from the others.
    pub(crate) is_sum: bool,
}

impl TableRow {
    /// A row of a name, or a head of the columns' names.
    pub(crate) fn new<T: Into<Markup>>(
        name: impl Into<Markup>,
        figures: impl IntoIterator<Item = T>,
    ) -> TableRow {
        let figures = figures.into_iter().map(Into::into).collect();
        TableRow { name: name.into(), figures, ..TableRow::default() }
    }

    /// With a bar behind its name.
    pub(crate) fn with_bar(self, bar: Markup) -> TableRow {
        TableRow { bar: Some(bar), ..self }
    }

    fn into_markup(self, is_head: bool, has_bars: bool) -> Markup {
        let scope = [("scope", if is_head { "col" } else { "row" })];
        let cell = |class: &[(&str, &str)], content: Markup| {
            if is_head {
                element("th", &[&scope, class].concat(), content)
            } else {
                element("td", class, content)
            }
        };
        let text = self.text.map(|text| cell(&[], text));
        // Bars repeat the figures beside them, so that their column needs no name.
        let bar = has_bars.then(|| element("td", &[("class", "bar")], self.bar.unwrap_or_default()));
        let figures = self.figures.into_iter().map(|figure| cell(&[("class", "figure")], figure));
        let cells = text.into_iter().chain(bar).chain(figures).collect::<Markup>();
        let cells = element("th", &scope, self.name) + cells;
        element("tr", if self.is_sum { &[("class", "sum")] } else { &[] }, cells)
    }
}

/// A table of figures: what it shows, the names of its columns, and its rows.
pub(crate) fn table(caption: &str, head: TableRow, rows: impl IntoIterator<Item = TableRow>) -> Markup {
    let rows: Vec<TableRow> = rows.into_iter().collect();
    let has_bars = rows.iter().any(|row| row.bar.is_some());
    let rows = rows.into_iter().map(|row| row.into_markup(false, has_bars));
    let inside = [
        element("caption", &[], caption),
        element("thead", &[], head.into_markup(true, has_bars)),
        element("tbody", &[], rows.collect::<Markup>()),
    ];
    // A table that is too wide for a small screen moves by itself, and the page stays; by keyboard too.
    let attributes = [("class", "table"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)];
    element("div", &attributes, element("table", &[], inside))
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
