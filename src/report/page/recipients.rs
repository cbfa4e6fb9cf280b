//! The rows of each recipient against those of the batch before.

use super::facts::legend;
use super::{Report, change, compared_head, counted, paragraph, section};
use crate::batch::{Manifest, Settings};
use crate::html::{Markup, TableRow, flag, table};
use crate::policy::MaxChange;
use crate::report::svg::{Look, Scale};
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
    /// What is marked is what the gate would hold a batch back for, and nothing else.
    fn of(settings: &Settings, before: Option<u64>, now: Option<u64>) -> Option<Mark> {
        match (before, now) {
            (Some(before), Some(now)) => {
                let is_large = settings.is_large_change(before, now);
                is_large.then_some(if now > before { Mark::Up } else { Mark::Down })
            }
            _ if settings.recipients_may_change => None,
            (None, now) => now.map(|_| Mark::New),
            (Some(_), None) => Some(Mark::Gone),
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
        let mark = before.and_then(|_| Mark::of(&report.data.settings, rows_before, now));
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
    let limit = &report.data.settings.max_change;
    let point = |(mark, one, more): (Mark, &str, &str)| {
        let marked = recipients.iter().filter(|recipient| recipient.mark == Some(mark));
        let names: Vec<&str> = marked.map(|recipient| recipient.name).collect();
        let what = counted(names.len() as u64, one, more);
        let by = if matches!(mark, Mark::Up | Mark::Down) {
            format!(" by more than {limit}")
        } else {
            String::new()
        };
        (!names.is_empty()).then(|| format!("{what}{by}: {}.", some_of(&names)))
    };
    let marks = [
        (Mark::Up, "recipient grew", "recipients grew"),
        (Mark::Down, "recipient fell", "recipients fell"),
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
pub(super) fn some_of(names: &[&str]) -> String {
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
    let scale = Scale::of(recipients.iter().filter_map(|recipient| recipient.now));
    let rows = recipients.iter().map(|recipient| {
        let name = Markup::from(recipient.name);
        let name = match recipient.mark {
            Some(mark) => name + " " + flag(mark.words()),
            None => name,
        };
        let bar = scale.bar(recipient.now.unwrap_or(0), Look::Plain, recipient.before);
        row(name, recipient.before, recipient.now).with_bar(bar)
    });
    let sum = row("All".into(), before.map(Manifest::rows), Some(manifest.rows()));
    let sum = TableRow { is_sum: true, ..sum };
    let head = TableRow::new("Recipient", ["Rows"].into_iter().chain(compared_head(report)));
    let table = table("Rows in each recipient's file", head, rows.chain([sum]));
    let mut inside = paragraph(format!(
        "A fact that goes to several recipients is a row in the file of each, so that the rows may add up to more than \
         the facts that are shared.{}",
        scale.note()
    ));
    if let Some(before) = before {
        let month = words::month(before.batch);
        inside = inside
            + paragraph(marking(&report.data.settings, &month))
            + legend(&[("plain", "rows now"), ("mark", &format!("rows of {month}"))]);
    }
    inside = inside + if recipients.is_empty() { paragraph("No recipient has any row.") } else { table };
    section("recipients", "By recipient", inside)
}

/// Which recipients are marked.
fn marking(settings: &Settings, month: &str) -> String {
    let Settings { max_change, min_rows, recipients_may_change, .. } = settings;
    let is_off = max_change.parse() == Ok(MaxChange(None));
    let rows = counted(*min_rows, "row", "rows");
    let changes = format!(
        "Marked are changes of more than {max_change} since {month}, where there are at least {rows} now or were then"
    );
    match (is_off, *recipients_may_change) {
        (false, false) => format!("{changes}, and recipients that are new or gone."),
        (false, true) => format!("{changes}. The policy lets recipients come and go."),
        (true, false) => format!(
            "Marked are recipients that are new or gone since {month}. The policy has no limit for changes of rows."
        ),
        (true, true) => {
            "No recipient is marked: the policy has no limit for changes of rows, and lets recipients come and go."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn changes_are_marked_that_the_gate_would_hold() {
        let policy = Policy::built_in().unwrap();
        let mut settings = Settings::of(&policy, &policy.gate);
        let check = |settings: &Settings, before, now, expect: &str| {
            let mark = Mark::of(settings, before, now).map_or("", Mark::words);
            assert_eq!(mark, expect, "{before:?} {now:?}");
        };
        check(&settings, Some(100), Some(126), "▲ large rise");
        check(&settings, Some(100), Some(125), "");
        check(&settings, Some(100), Some(74), "▼ large fall");
        check(&settings, Some(100), Some(75), "");
        check(&settings, Some(99), Some(50), "");
        check(&settings, Some(50), Some(99), "");
        check(&settings, Some(50), Some(100), "▲ large rise");
        check(&settings, Some(0), Some(100), "▲ large rise");
        check(&settings, Some(100), Some(0), "▼ large fall");
        check(&settings, Some(0), Some(0), "");
        check(&settings, None, Some(1), "✚ new");
        check(&settings, Some(1), None, "✖ gone");
        settings.max_change = "off".to_owned();
        check(&settings, Some(100), Some(1), "");
        settings.max_change = "0%".to_owned();
        settings.min_rows = 0;
        check(&settings, Some(0), Some(0), "");
        check(&settings, Some(10), Some(11), "▲ large rise");
        settings.recipients_may_change = true;
        check(&settings, Some(10), Some(11), "▲ large rise");
        check(&settings, None, Some(11), "");
        check(&settings, Some(10), None, "");
    }
}
