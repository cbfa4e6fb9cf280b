//! A table as a page of HTML that needs nothing else: for a browser, wide or narrow, by day or night, and for paper.

use super::text::{Circle, HIDDEN, Release, Row, heading, notes, numbers, rows};
use super::{Column, Summary};
use crate::html::{Markup, element, empty};
use crate::value::grouped;

/// A table as a page. Rows of nothing are left out.
pub fn html(summary: &Summary, table: usize, circle: Circle, release: Release) -> String {
    let columns = &summary.tables[table];
    let title = heading(summary, columns, circle);
    let rows: Vec<Row<'_>> = rows(summary, columns).filter(Row::is_something).collect();
    let mut notes = notes(summary, columns, circle, rows.iter().any(Row::is_kept));
    let bars = if summary.population().is_some() { "Bars show the rate." } else { "Bars show clients." };
    notes.push(bars.to_owned());
    let head = Markup::from([
        empty("meta", &[("charset", "utf-8")]),
        empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
        element("title", &[], format!("{title}, batch {}", summary.month)),
        element("style", &[], Markup::constant(include_str!("style.css"))),
    ]);
    let about = Markup::from(format!("Batch {}. ", summary.month));
    let about = match release {
        Release::Kept => about,
        Release::NotForRelease => about + element("strong", &[("class", "flag")], "Not for release"),
    };
    let main = Markup::from([
        element("h1", &[], title.as_str()),
        element("p", &[], about),
        element(
            "ul",
            &[],
            notes.into_iter().map(|note| element("li", &[], note.replace('`', ""))).collect::<Markup>(),
        ),
        table_of(summary, columns, &rows, &title),
    ]);
    let body = element("body", &[], element("main", &[], main));
    element("html", &[("lang", "en")], element("head", &[], head) + body).into_page()
}

fn table_of(summary: &Summary, columns: &[Column], rows: &[Row<'_>], title: &str) -> Markup {
    // Bars are by the largest of the rows that are no totals.
    let most = rows.iter().filter(|row| !row.has_total()).filter_map(Row::size).fold(0.0, f64::max);
    let names = columns.iter().map(|column| column.name().replace('_', " "));
    let head: Markup = names
        .map(|name| element("th", &[("scope", "col")], name))
        // Bars repeat the figures beside them, so that their column needs no name.
        .chain([element("td", &[("class", "bar")], "")])
        .chain(summary.measures().map(|name| element("th", &[("scope", "col"), ("class", "figure")], name)))
        .collect();
    let body: Markup = rows.iter().map(|row| markup_of(row, most)).collect();
    let inside = [
        element("caption", &[], title),
        element("thead", &[], element("tr", &[], head)),
        element("tbody", &[], body),
    ];
    // A table that is too wide for a small screen moves by itself, and the page stays; by keyboard too.
    let attributes = [("class", "table"), ("tabindex", "0"), ("role", "region"), ("aria-label", title)];
    element("div", &attributes, element("table", &[], inside))
}

fn markup_of(row: &Row<'_>, most: f64) -> Markup {
    let mut cells = Markup::default();
    for (place, label) in row.labels.iter().enumerate() {
        let is_first = place == 0;
        let (name, scope) = if is_first { ("th", &[("scope", "row")][..]) } else { ("td", &[][..]) };
        cells = cells + element(name, scope, *label);
    }
    let size = row.size().filter(|size| *size > 0.0 && !row.has_total());
    let bar = size.map_or_else(Markup::default, |size| bar(size, most));
    cells = cells + element("td", &[("class", "bar")], bar);
    for number in numbers(row, grouped) {
        let text = match &*number {
            // A star alone is not read out by every reader of screens.
            HIDDEN => element("abbr", &[("title", "hidden")], HIDDEN),
            number => number.into(),
        };
        cells = cells + element("td", &[("class", "figure")], text);
    }
    element("tr", if row.has_total() { &[("class", "sum")] } else { &[] }, cells)
}

fn bar(size: f64, most: f64) -> Markup {
    // Wide enough to be seen.
    let width = (size * 100.0 / most).max(0.5);
    let width = format!("{width:.1}%");
    let rect = empty("rect", &[("width", &width), ("height", "12")]);
    element("svg", &[("aria-hidden", "true"), ("width", "100%"), ("height", "12")], rect)
}
