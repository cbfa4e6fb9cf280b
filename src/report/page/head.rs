//! What is seen first: the title, the key figures, and the points to look at.

use super::{Report, change, counted, paragraph, recipients, section, share, signs};
use crate::batch::{Before, Manifest};
use crate::report::html::{Markup, element};
use crate::report::words;
use crate::value::{Month, grouped};

pub(super) fn header(report: &Report<'_>) -> Markup {
    let manifest = report.manifest;
    let as_of = manifest.as_of.to_string();
    let eyebrow = element("p", &[("class", "eyebrow")], "Immunization registry · public-health data sharing");
    let title = element("h1", &[], format!("Data sharing report, {}", words::month(manifest.batch)));
    let about = Markup::from(format!("Batch {}, as of ", manifest.batch))
        + element("time", &[("datetime", &as_of)], words::day(manifest.as_of))
        + format!(". Policy: {}.", manifest.policy.name);
    let about = element("p", &[("class", "about")], about);
    element("header", &[], [eyebrow, title, about, headline(report), key_figures(report)])
}

/// The batch in a sentence or two.
fn headline(report: &Report<'_>) -> Markup {
    let manifest = report.manifest;
    let (read, included) = (manifest.facts.read, manifest.facts.included);
    let facts = format!("{} of {} immunization facts", grouped(included), grouped(read));
    let strong = element("strong", &[], format!("{facts} ({}) are shared", share(included, read)));
    let rows = |manifest: &Manifest| counted(manifest.rows(), "row", "rows");
    let files = match manifest.files.len() as u64 {
        0 => ". No recipient has any row. ".to_owned(),
        files => format!(", in {} with {}. ", counted(files, "file", "files"), rows(manifest)),
    };
    let compared = match report.before {
        Before::None => "There is no earlier batch here to compare with.".to_owned(),
        Before::Unreadable(month) => unreadable(*month),
        Before::Batch(before) => {
            let month = words::month(before.batch);
            match before.rows() {
                0 => format!("The batch before, {month}, has no rows."),
                count => format!(
                    "The batch before, {month}, had {}: a change of {}.",
                    rows(before),
                    change(count, manifest.rows())
                ),
            }
        }
    };
    element("p", &[("class", "headline")], strong + files + compared)
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

fn key_figures(report: &Report<'_>) -> Markup {
    let tile = |id: &str, name: &str, is_share: bool, count: fn(&Manifest) -> u64| {
        let now = count(report.manifest);
        let share = is_share.then(|| format!("{} of those read", share(now, report.manifest.facts.read)));
        let before = report.before.manifest().map(|before| format!("before: {}", grouped(count(before))));
        let notes = share.into_iter().chain(before).map(|note| element("dd", &[], note));
        let figure = element("data", &[("id", id), ("value", &now.to_string())], grouped(now));
        let figure = element("dt", &[], name) + element("dd", &[("class", "key")], figure);
        element("div", &[], figure + notes.collect::<Markup>())
    };
    let tiles = [
        tile("read", "Facts read", false, |manifest| manifest.facts.read),
        tile("included", "Shared", true, |manifest| manifest.facts.included),
        tile("excluded", "Left out by a rule", true, Manifest::excluded),
        tile("quarantined", "Could not be used", true, Manifest::quarantined),
        tile("files", "Recipients with a file", false, |manifest| manifest.files.len() as u64),
        tile("rows", "Rows in their files", false, Manifest::rows),
    ];
    element("dl", &[("class", "tiles")], tiles)
}

/// The points to look at before the files are delivered.
pub(super) fn points(report: &Report<'_>) -> Markup {
    let mut points = Vec::new();
    match report.before {
        Before::None => {}
        Before::Unreadable(month) => points.push(unreadable(*month)),
        Before::Batch(before) => {
            let month = words::month(before.batch);
            if !follows(before.batch, report.manifest.batch) {
                points.push(format!("The batch before is of {month}: there is none of the months between."));
            }
            if before.policy.sha256 != report.manifest.policy.sha256 {
                points.push(format!("The policy is not the one of {month}: changes may come from it."));
            }
        }
    }
    points.extend(recipients::points(report));
    points.extend(signs::points(report));
    let inside = if points.is_empty() {
        paragraph("Nothing stands out.")
    } else {
        element("ul", &[], points.into_iter().map(|point| element("li", &[], point)).collect::<Markup>())
    };
    section("points", "Points to look at", inside)
}

/// Whether a month comes right after another.
fn follows(first: Month, second: Month) -> bool {
    let number = |month: Month| month.year() * 12 + month.month_of_year();
    number(first) + 1 == number(second)
}
