//! The rows of each recipient against those of the batch before.

use super::facts::legend;
use super::{Report, change, counted, figure, paragraph, section};
use crate::batch::Manifest;
use crate::report::html::{Markup, TableRow, flag, table};
use crate::report::svg::{Bar, Look, bar_chart};
use crate::report::words;
use crate::value::{grouped, name};
use std::cmp::Reverse;
use strum::IntoStaticStr;

/// What stands out about a recipient.
#[derive(Clone, Copy, PartialEq, Eq, IntoStaticStr)]
enum Mark {
    #[strum(serialize = "▲ large rise")]
    Up,
    #[strum(serialize = "▼ large fall")]
    Down,
    #[strum(serialize = "✚ new")]
    New,
    #[strum(serialize = "✖ gone")]
    Gone,
}

impl Mark {
    /// A change counts from a quarter on, and where one of the two has rows enough for it not to be chance.
    fn of(before: Option<u64>, now: Option<u64>) -> Option<Mark> {
        match (before, now) {
            (None, now) => now.map(|_| Mark::New),
            (Some(_), None) => Some(Mark::Gone),
            (Some(before), Some(now)) => {
                let change = u128::from(before.abs_diff(now));
                let is_large = change > 0 && change * 4 >= u128::from(before) && before.max(now) >= 100;
                is_large.then_some(if now > before { Mark::Up } else { Mark::Down })
            }
        }
    }

    fn words(self) -> &'static str {
        self.into()
    }
}

struct Recipient<'a> {
    name: &'a str,
    before: Option<u64>,
    now: Option<u64>,
    /// None too where there is no batch before.
    mark: Option<Mark>,
}

/// The recipients of this batch and the one before, those with most rows first.
fn recipients<'a>(report: &'a Report<'_>) -> Vec<Recipient<'a>> {
    let before = report.before.manifest();
    let mut rows_before = before.map(Manifest::rows_of_recipients).unwrap_or_default();
    let recipient = |name, rows_before, now| {
        let mark = before.and_then(|_| Mark::of(rows_before, now));
        Recipient { name, before: rows_before, now, mark }
    };
    let mut recipients = Vec::new();
    for file in &report.manifest.files {
        let rows_before = rows_before.remove(&name::fold(&file.recipient)).map(|(_, rows)| rows);
        recipients.push(recipient(&file.recipient, rows_before, Some(file.rows)));
    }
    recipients.extend(rows_before.into_values().map(|(name, rows)| recipient(name, Some(rows), None)));
    recipients.sort_by_key(|recipient| (Reverse(recipient.now), recipient.name));
    recipients
}

/// The points to look at.
pub(super) fn points(report: &Report<'_>) -> Vec<String> {
    let recipients = recipients(report);
    let point = |(mark, one, more)| {
        let marked = recipients.iter().filter(|recipient| recipient.mark == Some(mark));
        let names: Vec<&str> = marked.map(|recipient| recipient.name).collect();
        let what = counted(names.len() as u64, one, more);
        (!names.is_empty()).then(|| format!("{what}: {}.", some_of(&names)))
    };
    let marks = [
        (Mark::Up, "recipient grew by 25% or more", "recipients grew by 25% or more"),
        (Mark::Down, "recipient fell by 25% or more", "recipients fell by 25% or more"),
        (Mark::New, "recipient is new", "recipients are new"),
        (
            Mark::Gone,
            "recipient had rows before and has none now",
            "recipients had rows before and have none now",
        ),
    ];
    marks.into_iter().filter_map(point).collect()
}

/// The first few of many names.
fn some_of(names: &[&str]) -> String {
    const MOST: usize = 5;
    match names.split_at_checked(MOST) {
        Some((first, rest)) if !rest.is_empty() => format!("{}; and {} more", first.join("; "), rest.len()),
        _ => names.join("; "),
    }
}

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let recipients = recipients(report);
    let manifest = report.manifest;
    let before = report.before.manifest();
    let count = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), grouped);
    // The figures of a row; the last two only where there is a batch before.
    let row = |name: Markup, rows_before: Option<u64>, now: Option<u64>| {
        let changed =
            rows_before.zip(now).map_or_else(|| "–".to_owned(), |(before, now)| change(before, now));
        let figures = [count(now), count(rows_before), changed];
        TableRow::new(name, figures.into_iter().take(if before.is_some() { 3 } else { 1 }))
    };
    let bars = recipients.iter().map(|recipient| {
        let rows = recipient.now.unwrap_or(0);
        let bar = Bar::new(recipient.name, count(recipient.now), rows, Look::Plain);
        Bar { mark: recipient.before, ..bar }
    });
    let bars: Vec<Bar> = bars.collect();
    let scale = recipients.iter().flat_map(|r| [r.now, r.before]).flatten().max().unwrap_or(0);
    let description = match recipients.iter().find(|recipient| recipient.now.is_some()) {
        None => "No recipient has any row.".to_owned(),
        Some(most) => {
            format!("Rows of {} recipients. {} has most, {}.", recipients.len(), most.name, count(most.now))
        }
    };
    let chart = bar_chart("chart-recipients", "Rows by recipient", &description, scale, &bars);
    let rows = recipients.iter().map(|recipient| {
        let name = Markup::from(recipient.name);
        let name = match recipient.mark {
            Some(mark) => name + " " + flag(mark.words()),
            None => name,
        };
        row(name, recipient.before, recipient.now)
    });
    let sum = row("All".into(), before.map(Manifest::rows), Some(manifest.rows()));
    let sum = TableRow { is_sum: true, ..sum };
    let columns: &[&str] = if before.is_some() { &["Rows", "Before", "Change"] } else { &["Rows"] };
    let head = TableRow::new("Recipient", columns.iter().copied());
    let table = table("Rows in each recipient's file", head, rows.chain([sum]));
    let mut inside = paragraph(
        "A fact that goes to several recipients is a row in the file of each, so that the rows may add up to more than \
         the facts that are shared.",
    );
    if let Some(before) = before {
        let month = words::month(before.batch);
        let marks = paragraph(format!(
            "Marked are changes of 25% or more since {month}, where there are at least 100 rows now or were then, and \
             recipients that are new or gone.",
        ));
        inside = inside + marks + legend(&[("plain", "rows now"), ("mark", &format!("rows of {month}"))]);
    }
    inside = inside
        + if recipients.is_empty() { paragraph("No recipient has any row.") } else { figure(chart, table) };
    section("recipients", "By recipient", inside)
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn large_changes_are_marked() {
        let check = |before, now, expect: &str| {
            assert_eq!(Mark::of(before, now).map_or("", Mark::words), expect, "{before:?} {now:?}")
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
