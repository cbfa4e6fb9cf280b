//! The rows of each recipient against those of the batch before.

use super::{Shown, change, counted, facts, figure, paragraph, section};
use crate::batch::Manifest;
use crate::report::html::{Cell, Markup, Row, Table, element};
use crate::report::svg::{Bar, BarChart, Look};
use crate::report::words;
use crate::value::{grouped, name};

/// What stands out about a recipient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Nothing,
    Up,
    Down,
    New,
    Gone,
}

impl Mark {
    /// A change counts from a quarter on, and where one of the two has rows enough for it not to be chance.
    fn of(before: Option<u64>, now: Option<u64>) -> Mark {
        let (before, now) = match (before, now) {
            (None, None) => return Mark::Nothing,
            (None, Some(_)) => return Mark::New,
            (Some(_), None) => return Mark::Gone,
            (Some(before), Some(now)) => (before, now),
        };
        let is_large = u128::from(before.abs_diff(now)) * 4 >= u128::from(before) && before.max(now) >= 100;
        match is_large && before != now {
            true if now > before => Mark::Up,
            true => Mark::Down,
            false => Mark::Nothing,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Mark::Nothing => "",
            Mark::Up => "▲ large rise",
            Mark::Down => "▼ large fall",
            Mark::New => "✚ new",
            Mark::Gone => "✖ gone",
        }
    }
}

struct Recipient<'a> {
    name: &'a str,
    before: Option<u64>,
    now: Option<u64>,
    mark: Mark,
}

/// The recipients of this batch and the one before, those with most rows first.
fn recipients<'a>(shown: &'a Shown<'_>) -> Vec<Recipient<'a>> {
    let before = shown.before.manifest();
    let mut rows_before = before.map(Manifest::rows_of_recipients).unwrap_or_default();
    let mut recipients: Vec<_> = shown
        .manifest
        .files
        .iter()
        .map(|file| {
            let before_rows = rows_before.remove(&name::fold(&file.recipient)).map(|(_, rows)| rows);
            let now = Some(file.rows);
            let mark = if before.is_some() { Mark::of(before_rows, now) } else { Mark::Nothing };
            Recipient { name: &file.recipient, before: before_rows, now, mark }
        })
        .collect();
    recipients.extend(rows_before.into_values().map(|(name, rows)| {
        let before = Some(rows);
        Recipient { name, before, now: None, mark: Mark::of(before, None) }
    }));
    recipients.sort_by_key(|recipient| (std::cmp::Reverse(recipient.now), recipient.name));
    recipients
}

/// What is to be looked at.
pub(super) fn points(shown: &Shown<'_>) -> Vec<String> {
    let recipients = recipients(shown);
    let told = |mark: Mark, one: &str, more: &str| {
        let names: Vec<&str> = recipients.iter().filter(|r| r.mark == mark).map(|r| r.name).collect();
        let what = counted(names.len() as u64, one, more);
        (!names.is_empty()).then(|| format!("{what}: {}.", some_of(&names)))
    };
    [
        told(Mark::Up, "recipient grew by 25% or more", "recipients grew by 25% or more"),
        told(Mark::Down, "recipient fell by 25% or more", "recipients fell by 25% or more"),
        told(Mark::New, "recipient is new", "recipients are new"),
        told(
            Mark::Gone,
            "recipient had rows before and has none now",
            "recipients had rows before and have none now",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first few of many names.
fn some_of(names: &[&str]) -> String {
    const MOST: usize = 5;
    let mut text = names.iter().take(MOST).copied().collect::<Vec<_>>().join("; ");
    if names.len() > MOST {
        text.push_str(&format!("; and {} more", names.len() - MOST));
    }
    text
}

pub(super) fn section_of(shown: &Shown<'_>) -> Markup {
    let recipients = recipients(shown);
    let before = shown.before.manifest();
    let count = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), grouped);
    let bars = recipients.iter().map(|recipient| Bar {
        label: recipient.name.to_owned(),
        figure: count(recipient.now),
        start: 0,
        end: recipient.now.unwrap_or(0),
        look: Look::Plain,
        mark: recipient.before,
    });
    let scale = recipients.iter().flat_map(|r| [r.now, r.before]).flatten().max().unwrap_or(0);
    let description = match recipients.iter().find(|recipient| recipient.now.is_some()) {
        None => "No recipient has any row.".to_owned(),
        Some(most) => {
            format!("Rows of {} recipients. {} has most, {}.", recipients.len(), most.name, count(most.now))
        }
    };
    let chart = BarChart {
        id: "chart-recipients",
        title: "Rows by recipient",
        description: &description,
        bars: bars.collect(),
        scale,
        is_chain: false,
    };
    let mut head = vec![Cell::text("Recipient"), Cell::figure("Rows")];
    if before.is_some() {
        head.extend([Cell::figure("Before"), Cell::figure("Change")]);
    }
    let mut rows: Vec<Row> = recipients
        .iter()
        .map(|recipient| {
            let mut name = Markup::from(recipient.name);
            if recipient.mark != Mark::Nothing {
                name.push(" ");
                name.push(element("strong", &[("class", "flag")], recipient.mark.words()));
            }
            let mut cells = vec![Cell::text(name), Cell::figure(count(recipient.now))];
            if before.is_some() {
                let changed = recipient.before.zip(recipient.now).map(|(before, now)| change(before, now));
                cells.push(Cell::figure(count(recipient.before)));
                cells.push(Cell::figure(changed.unwrap_or_else(|| "–".to_owned())));
            }
            Row { cells, is_sum: false }
        })
        .collect();
    let mut sum = vec![Cell::text("All"), Cell::count(shown.manifest.rows())];
    if let Some(before) = before {
        sum.push(Cell::count(before.rows()));
        sum.push(Cell::figure(change(before.rows(), shown.manifest.rows())));
    }
    rows.push(Row { cells: sum, is_sum: true });
    let table = Table { caption: "Rows in each recipient's file", head, rows };
    let mut inside = vec![paragraph(
        "A fact that goes to several recipients is a row in the file of each, so that the rows may add up to more than \
         the facts that are shared.",
    )];
    if let Some(before) = before {
        inside.push(paragraph(format!(
            "Marked are changes of 25% or more since {}, where there are at least 100 rows now or were then, and \
             recipients that are new or gone.",
            words::month(before.batch)
        )));
        let then = format!("rows of {}", words::month(before.batch));
        inside.push(facts::key(&[("plain", "rows now"), ("mark", &then)]));
    }
    inside.push(match recipients.is_empty() {
        true => paragraph("No recipient has any row."),
        false => figure(chart, table),
    });
    section("recipients", "By recipient", inside)
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn large_changes_are_marked() {
        let check = |before, now, expect: &str| {
            assert_eq!(Mark::of(before, now).words(), expect, "{before:?} {now:?}")
        };
        check(Some(100), Some(125), "▲ large rise");
        check(Some(100), Some(124), "");
        check(Some(100), Some(75), "▼ large fall");
        check(Some(100), Some(76), "");
        check(Some(99), Some(50), "");
        check(Some(50), Some(99), "");
        check(Some(50), Some(100), "▲ large rise");
        check(Some(0), Some(100), "▲ large rise");
        check(Some(100), Some(0), "▼ large fall");
        check(Some(0), Some(0), "");
        check(None, Some(1), "✚ new");
        check(Some(1), None, "✖ gone");
    }
}
