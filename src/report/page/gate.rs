//! Why the batch was held back, and who released it.

use super::{Report, paragraph, section};
use crate::batch::{Finding, ReleaseRecord};
use crate::html::{Markup, code, element, small};
use crate::report::words;

/// What held the batch back, with what to do about it; nothing if nothing did.
pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let found = match (report.gate, report.release) {
        (Some(gate), _) if !gate.found.is_empty() => &gate.found,
        (_, Some(release)) => &release.found,
        (_, None) => return Markup::default(),
    };
    let Some(release) = report.release else {
        return section("held", "Held because", list(found, true));
    };
    let mut inside = paragraph(released(release));
    if !found.is_empty() {
        inside = inside + paragraph("It had been held because:") + list(found, false);
    }
    section("held", "Released by hand", inside)
}

/// The reasons, and what to do about each where that is still to be done.
fn list(found: &[Finding], has_advice: bool) -> Markup {
    let items = found.iter().map(|finding| {
        let reason = code(finding.reason.code()) + ": " + sentence(&finding.message);
        let advice = has_advice.then(|| Markup::from(" ") + small(&advice(finding)));
        element("li", &[], reason + advice.unwrap_or_default())
    });
    element("ul", &[], items.collect::<Markup>())
}

fn advice(finding: &Finding) -> String {
    let advice = sentence(finding.reason.advice());
    let mut rest = advice.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A text with a full stop, unless it asks.
fn sentence(text: &str) -> String {
    if text.ends_with('?') { text.to_owned() } else { format!("{text}.") }
}

fn released(release: &ReleaseRecord) -> String {
    let why = match &release.reason {
        Some(reason) => format!("The reason given: {reason}"),
        None => "No reason was given.".to_owned(),
    };
    format!("Released by {} on {}. {why}", release.by, words::moment(&release.when))
}

/// What the gate told of, though it held nothing back.
pub(super) fn points(report: &Report<'_>) -> Vec<String> {
    let told = report.gate.map_or(&[][..], |gate| &gate.told);
    let not_compared = report.gate.map_or(&[][..], |gate| &gate.not_compared);
    let without = (!not_compared.is_empty()).then(|| {
        let keys = not_compared.join(", ");
        format!("The batch before does not keep what these gates compare, so that they said nothing: {keys}.")
    });
    told.iter().map(|finding| sentence(&finding.reason.line())).chain(without).collect()
}
