//! The page: its head, its sections in order, and its foot.
//!
//! It contains only counts, names of recipients and codes. The same figures always give the same bytes.

mod facts;
mod gate;
mod head;
mod made;
mod months;
mod organizations;
mod profile;
mod recipients;
mod signs;
mod vaccines;

use super::cvx::CvxCodes;
use super::svg;
use super::words;
use crate::batch::{Before, GateRecord, Inputs, Manifest, ReleaseRecord, ReportData};
use crate::html::{Markup, element, empty};
use crate::value::{PerCent, grouped};

/// What a page is made from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The batch's manifest.
    pub manifest: &'a Manifest,
    /// The counts that it keeps for its report.
    pub data: &'a ReportData,
    /// What it was made from, if that is known.
    pub inputs: Option<&'a Inputs>,
    /// What the gate found, if the batch keeps it.
    pub gate: Option<&'a GateRecord>,
    /// Who released the batch, if somebody had to.
    pub release: Option<&'a ReleaseRecord>,
    /// The batch before.
    pub before: &'a Before,
    /// The counts that the batch before keeps for its report, if they can be read.
    pub data_before: Option<&'a ReportData>,
    /// CDC's code set, if it was given.
    pub cvx: Option<&'a CvxCodes>,
}

/// The report on a batch as one HTML page that needs nothing else.
pub fn page(report: &Report<'_>) -> String {
    let manifest = report.manifest;
    let title = format!("Data sharing report, {}", words::month(manifest.batch));
    let head = [
        empty("meta", &[("charset", "utf-8")]),
        empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
        // The page loads nothing from anywhere, and this keeps it so.
        empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]),
        empty("meta", &[("name", "color-scheme"), ("content", "light dark")]),
        empty("link", &[("rel", "icon"), ("href", "data:,")]),
        element("title", &[], title.as_str()),
        Markup::from("\n"),
        element("style", &[], Markup::constant(include_str!("../style.css"))),
    ];
    let head = element("head", &[], head);
    let sections = [
        gate::section_of(report),
        pair([head::points(report), facts::moves(report).unwrap_or_default()]),
        facts::section_of(report),
        facts::consent(report),
        recipients::section_of(report),
        organizations::section_of(report),
        months::section_of(report),
        pair([vaccines::by_group(report), vaccines::by_age(report)]),
        signs::section_of(report),
        pair([signs::blanks(report), made::section_of(report)]),
        profile::section_of(report),
    ];
    let main = element("main", &[], sections);
    let body = element("body", &[], [svg::patterns(), head::header(report), main, made::footer(report)]);
    element("html", &[("lang", "en-US")], [head, body]).into_page()
}

/// The points of the report that are signs of bad source data, in words.
pub fn signs_of_bad_data(manifest: &Manifest, data: &ReportData) -> Vec<String> {
    let before = &Before::None;
    signs::points(&Report {
        manifest,
        data,
        inputs: None,
        gate: None,
        release: None,
        before,
        data_before: None,
        cvx: None,
    })
}

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A section with its heading.
fn section(id: &str, heading: &str, inside: impl Into<Markup>) -> Markup {
    let heading_id = format!("{id}-heading");
    let heading = element("h2", &[("id", &heading_id)], heading);
    element("section", &[("id", id), ("aria-labelledby", &heading_id)], [heading, inside.into()])
}

fn paragraph(inside: impl Into<Markup>) -> Markup {
    element("p", &[], inside)
}

/// Two sections beside each other where there is room.
fn pair(sections: [Markup; 2]) -> Markup {
    element("div", &[("class", "pair")], sections)
}

/// The figures of a row that is compared with the batch before: what it had, and the change. None without one.
fn compared(before: Option<u64>, now: u64) -> Vec<String> {
    before.map_or_else(Vec::new, |before| vec![grouped(before), change(before, now)])
}

/// The names of these columns.
fn compared_head(report: &Report<'_>) -> Vec<&'static str> {
    if report.before.manifest().is_some() { vec!["Before", "Change"] } else { Vec::new() }
}

/// A share as text. A share above zero is never shown as 0.0%, nor one below the whole as 100.0%.
fn share(part: u64, whole: u64) -> String {
    match PerCent::of(part, whole) {
        None => "–".to_owned(),
        Some(share) if share.tenths() == 0 && part > 0 => "<0.1%".to_owned(),
        Some(share) if share.tenths() == 1000 && part < whole => ">99.9%".to_owned(),
        Some(share) => share.to_string(),
    }
}

/// How much more or less than before, with a minus that is as wide as the plus.
fn change(before: u64, now: u64) -> String {
    PerCent::change(before, now)
        .map_or_else(|| "–".to_owned(), |change| format!("{change:+}").replace('-', "−"))
}

/// A count with its noun, as `1 file` or `2 files`.
fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}
