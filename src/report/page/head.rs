//! What is seen first: the title, the key figures, and the points to look at.

use super::{Report, change, counted, gate, paragraph, recipients, section, share, signs};
use crate::batch::{Before, Manifest, People};
use crate::html::{Markup, element};
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
        let figure = element("data", &[("id", id), ("value", &now.to_string())], grouped(now));
        tile_of(name, figure, share.into_iter().chain(before))
    };
    let mut tiles = vec![
        tile("read", "Facts read", false, |manifest| manifest.facts.read),
        tile("included", "Shared", true, |manifest| manifest.facts.included),
        tile("excluded", "Left out by a rule", true, Manifest::excluded),
        tile("quarantined", "Could not be used", true, Manifest::quarantined),
        tile("files", "Recipients with a file", false, |manifest| manifest.files.len() as u64),
        tile("rows", "Rows in their files", false, Manifest::rows),
    ];
    let people = |id: &str, name: &str, note: &str, count: fn(&People) -> u64| {
        let figure = count(report.data.tally.people.as_ref()?);
        // A batch of an older version does not keep them.
        let before = report.before.manifest().map(|_| {
            let kept = report.data_before.and_then(|data| data.tally.people.as_ref());
            format!("before: {}", kept.map_or_else(|| "–".to_owned(), |people| grouped(count(people))))
        });
        let notes = [note.to_owned()].into_iter().chain(before);
        let figure = element("data", &[("id", id), ("value", &figure.to_string())], grouped(figure));
        Some(tile_of(name, figure, notes))
    };
    tiles.extend(people("people", "People", "with a fact that is shared", |people| people.clients));
    tiles.extend(people("doses", "Doses", "of theirs that are shared", |people| people.doses));
    let note = "a consent, in the month up to the as-of date";
    tiles.extend(people("withdrawals", "People who withdrew", note, |people| people.new_withdrawals));
    tiles.extend(newest_file(report));
    element("dl", &[("class", "tiles")], tiles.into_iter().collect::<Markup>())
}

fn tile_of(name: &str, figure: Markup, notes: impl IntoIterator<Item = String>) -> Markup {
    let figure = element("dt", &[], name) + element("dd", &[("class", "key")], figure);
    let notes = notes.into_iter().map(|note| element("dd", &[], note));
    element("div", &[], figure + notes.collect::<Markup>())
}

/// How fresh the export is: the day on which its newest file was last changed. In UTC, so that the page is the same
/// wherever it is made.
fn newest_file(report: &Report<'_>) -> Option<Markup> {
    let newest = report.inputs?.export.iter().map(|stamp| stamp.modified).max()?.utc_day()?;
    let note = match newest.days_until(report.manifest.as_of) {
        0 => "on the as-of date".to_owned(),
        days if days < 0 => format!("{} after the as-of date", counted(days.unsigned_abs(), "day", "days")),
        days => format!("{} before the as-of date", counted(days.unsigned_abs(), "day", "days")),
    };
    let figure = element("time", &[("datetime", &newest.to_string())], words::short_day(newest));
    Some(tile_of("Newest file of the export", figure, [format!("{note}, in UTC")]))
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
    points.extend(gate::points(report));
    points.extend(recipients::points(report));
    points.extend(signs::points(report));
    let is_held = report.gate.is_some_and(|gate| !gate.found.is_empty());
    let mut inside = if points.is_empty() {
        paragraph(if is_held { "Nothing else stands out." } else { "Nothing stands out." })
    } else {
        element("ul", &[], points.into_iter().map(|point| element("li", &[], point)).collect::<Markup>())
    };
    if report.data.tally.people.is_none() {
        inside = inside
            + paragraph(format!(
                "The batch was made by {} {}, which did not count people, doses and withdrawals, nor all signs of bad \
                 source data.",
                report.manifest.tool.name, report.manifest.tool.version
            ));
    }
    section("points", "Points to look at", inside)
}

/// Whether a month comes right after another.
fn follows(first: Month, second: Month) -> bool {
    let number = |month: Month| month.year() * 12 + month.month_of_year();
    number(first) + 1 == number(second)
}
