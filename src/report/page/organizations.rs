//! The organizations whose facts go to nobody, or cannot be used.

use super::recipients::some_of;
use super::{Report, paragraph, section, share};
use crate::batch::OrganizationEntry;
use crate::html::{Markup, TableRow, code, element, small, table};
use crate::report::svg::{Look, Scale};
use crate::value::{grouped, total};
use std::cmp::Reverse;

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let Some(organizations) = &report.data.tally.organizations else { return Markup::default() };
    let list = element("code", &[], crate::batch::names::ORGANIZATIONS);
    if organizations.is_empty() {
        let text =
            "No organization has facts that go to nobody or cannot be used. Every organization stands in ";
        return section("organizations", "By organization", paragraph(Markup::from(text) + list + "."));
    }
    let scale = Scale::of(organizations.iter().map(OrganizationEntry::own_losses));
    let rows = organizations.iter().map(|entry| {
        let losses = [entry.to_nobody, total(entry.quarantined.values())];
        let others = total(entry.left_out.values()).saturating_sub(entry.to_nobody);
        let figures = [entry.read, entry.shared].into_iter().chain(losses).chain([others]).map(grouped);
        let share = share(entry.own_losses(), entry.read);
        TableRow::new(name(entry), figures.chain([share])).with_bar(scale.bar(
            entry.own_losses(),
            Look::LeftOut,
            None,
        ))
    });
    let columns = ["Facts", "Shared", "Go to nobody", "Could not be used", "Other reasons", "Lost"];
    let head = TableRow::new("Organization", columns);
    let text = Markup::from(
        "These organizations have most facts that go to nobody, because no responsible entity or no recipient is known, or \
         that could not be used. The bar and the last column are of these two. All organizations, with every reason, \
         stand in ",
    );
    let intro = paragraph(text + list + "." + scale.note());
    let table = table("Facts of organizations that lose most of them for their own sake", head, rows);
    section("organizations", "By organization", intro + table)
}

fn name(entry: &OrganizationEntry) -> Markup {
    let (name, goes) = match (entry.id, entry.entity.as_str(), entry.recipients.as_slice()) {
        (None, ..) => ("No organization is known".into(), None),
        (Some(id), entity, recipients) => {
            let name = Markup::from(entry.name.as_str()) + " " + code(&id.to_string());
            (name, Some(where_facts_go(entity, recipients)))
        }
    };
    let notes: Vec<String> = goes.into_iter().chain(unusable(entry)).collect();
    if notes.is_empty() { name } else { name + " " + small(&notes.join(". ")) }
}

fn where_facts_go(entity: &str, recipients: &[String]) -> String {
    match (entity, recipients) {
        ("", _) => "no responsible entity".to_owned(),
        (entity, []) => format!("{entity}, whose data go to nobody"),
        (entity, recipients) => {
            let names: Vec<&str> = recipients.iter().map(String::as_str).collect();
            format!("{entity}; shared with {}", some_of(&names))
        }
    }
}

/// Why facts could not be used, the most frequent code first; none if all could.
fn unusable(entry: &OrganizationEntry) -> Option<String> {
    let mut codes: Vec<_> = entry.quarantined.iter().collect();
    codes.sort_by_key(|(_, facts)| Reverse(**facts));
    let codes: Vec<String> =
        codes.iter().map(|(name, facts)| format!("{name} {}", grouped(**facts))).collect();
    (!codes.is_empty()).then(|| format!("Not usable: {}", codes.join(", ")))
}
