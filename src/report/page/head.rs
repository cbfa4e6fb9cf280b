//! What is seen first: the title, the key figures, and the points to look at.

use super::{Shown, change, counted, recipients, share, signs};
use crate::batch::Before;
use crate::report::html::{Markup, element};
use crate::report::words;
use crate::value::{Month, grouped};

pub(super) fn header(shown: &Shown<'_>) -> Markup {
    let manifest = shown.manifest;
    let as_of = manifest.as_of.to_string();
    let eyebrow = element("p", &[("class", "eyebrow")], "Immunization registry · public-health data sharing");
    let title = element("h1", &[], format!("Data sharing report, {}", words::month(manifest.batch)));
    let about = element(
        "p",
        &[("class", "about")],
        [
            Markup::from(format!("Batch {}, as of ", manifest.batch)),
            element("time", &[("datetime", &as_of)], words::day(manifest.as_of)),
            Markup::from(format!(". Policy: {}.", manifest.policy.name)),
        ],
    );
    element("header", &[], [eyebrow, title, about, headline(shown), key_figures(shown)])
}

/// The batch in a sentence or two.
fn headline(shown: &Shown<'_>) -> Markup {
    let manifest = shown.manifest;
    let facts = &manifest.facts;
    let strong = element(
        "strong",
        &[],
        format!(
            "{} of {} immunization facts ({}) are shared",
            grouped(facts.included),
            grouped(facts.read),
            share(facts.included, facts.read)
        ),
    );
    let files = manifest.files.len() as u64;
    let rest = match files {
        0 => ". No recipient has any row.".to_owned(),
        _ => format!(
            ", in {} with {}.",
            counted(files, "file", "files"),
            counted(manifest.rows(), "row", "rows")
        ),
    };
    let compared = match shown.before {
        Before::None => " There is no earlier batch here to compare with.".to_owned(),
        Before::Unreadable(month) => format!(" {}", unreadable(*month)),
        Before::Batch(before) if before.rows() == 0 => {
            format!(" The batch before, {}, has no rows.", words::month(before.batch))
        }
        Before::Batch(before) => format!(
            " The batch before, {}, had {}: a change of {}.",
            words::month(before.batch),
            counted(before.rows(), "row", "rows"),
            change(before.rows(), manifest.rows())
        ),
    };
    element("p", &[("class", "headline")], [strong, Markup::from(rest), Markup::from(compared)])
}

fn unreadable(month: Option<Month>) -> String {
    match month {
        Some(month) => format!(
            "The batch before, {} ({month}), can't be read, so nothing here is compared with it.",
            words::month(month)
        ),
        None => {
            "Whether there is a batch before can't be told, so nothing here is compared with one.".to_owned()
        }
    }
}

fn key_figures(shown: &Shown<'_>) -> Markup {
    let manifest = shown.manifest;
    let facts = &manifest.facts;
    let before = shown.before.manifest();
    let quarantined = manifest.quarantined();
    let read = Some(facts.read);
    let tiles = [
        ("read", "Facts read", facts.read, None, before.map(|b| b.facts.read)),
        ("included", "Shared", facts.included, read, before.map(|b| b.facts.included)),
        ("excluded", "Left out by a rule", manifest.excluded(), read, before.map(|b| b.excluded())),
        ("quarantined", "Could not be used", quarantined, read, before.map(|b| b.quarantined())),
        (
            "files",
            "Recipients with a file",
            manifest.files.len() as u64,
            None,
            before.map(|b| b.files.len() as u64),
        ),
        ("rows", "Rows in their files", manifest.rows(), None, before.map(|b| b.rows())),
    ];
    let tiles = tiles.map(|(id, name, count, whole, before)| {
        let mut notes = Vec::new();
        if let Some(whole) = whole {
            notes.push(format!("{} of those read", share(count, whole)));
        }
        if let Some(before) = before {
            notes.push(format!("before: {}", grouped(before)));
        }
        let figure = element("data", &[("id", id), ("value", &count.to_string())], grouped(count));
        let mut inside = vec![element("dt", &[], name), element("dd", &[("class", "key")], figure)];
        inside.extend(notes.into_iter().map(|note| element("dd", &[], note)));
        element("div", &[], inside)
    });
    element("dl", &[("class", "tiles")], tiles)
}

/// The points to look at before the files are delivered.
pub(super) fn points(shown: &Shown<'_>) -> Markup {
    let mut points = Vec::new();
    match shown.before {
        Before::None => {}
        Before::Unreadable(month) => points.push(unreadable(*month)),
        Before::Batch(before) => {
            if !follows(before.batch, shown.manifest.batch) {
                points.push(format!(
                    "The batch before is of {}: there is none of the months between.",
                    words::month(before.batch)
                ));
            }
            if before.policy.sha256 != shown.manifest.policy.sha256 {
                points.push(format!(
                    "The policy is not the one of {}: changes may come from it.",
                    words::month(before.batch)
                ));
            }
        }
    }
    points.extend(recipients::points(shown));
    points.extend(signs::points(shown));
    let inside = match points.is_empty() {
        true => super::paragraph("Nothing stands out."),
        false => {
            let items = points.into_iter().map(|point| element("li", &[], point));
            element("ul", &[], items.collect::<Vec<_>>())
        }
    };
    super::section("points", "Points to look at", inside)
}

/// Whether a month comes right after another.
fn follows(first: Month, second: Month) -> bool {
    let number = |month: Month| month.year() * 12 + month.month_of_year();
    number(first) + 1 == number(second)
}
