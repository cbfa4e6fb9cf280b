//! Why the batch was held back, and who released it.

use super::{Report, paragraph, section};
use crate::batch::{Finding, ReleaseRecord};
use crate::report::html::{Markup, code, element, small};
use crate::report::words;

/// What held the batch back, with what to do about it; nothing if nothing did.
pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let found = match (report.gate, report.release) {
        (Some(gate), _) if !gate.found.is_empty() => &gate.found,
        (_, Some(release)) => &release.found,
        (_, None) => return Markup::default(),
    };
    let reasons = element("ul", &[], found.iter().map(reason).collect::<Markup>());
    let Some(release) = report.release else {
        return section("held", "Held because", reasons);
    };
    let had = paragraph(if found.is_empty() { "" } else { "It had been held because:" });
    section("held", "Released by hand", [paragraph(released(release)), had, reasons])
}

fn reason(finding: &Finding) -> Markup {
    let advice = format!("What to do: {}.", finding.reason.advice());
    element("li", &[], code(finding.reason.code()) + ": " + finding.message.as_str() + ". " + small(&advice))
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
    told.iter().map(|finding| format!("{}.", finding.message)).collect()
}
