//! What came of the facts of each organization: a table for the registry's own staff, and the part of it that the report
//! shows.
//!
//! It names organizations, entities and recipients, and holds nothing of a client.

use super::Contents;
use crate::batch::{OrganizationEntry, table_text};
use crate::filter::{Outcome, Route};
use crate::registry::tables::organizations as columns;
use crate::registry::{ORGANIZATION_TEXTS, Table};
use std::borrow::Cow;
use std::cmp::Reverse;

/// The report shows no more than these.
const MOST_SHOWN: usize = 15;

/// Every organization in the order of the ids, and last, without an id, the facts that name none, if there are any.
pub(super) fn entries(contents: &Contents<'_>) -> Vec<OrganizationEntry> {
    let organizations = &contents.reference.organizations;
    let counts = &contents.selection.organizations;
    let every = (0..organizations.len() as u32).map(Some);
    let entry = |place: Option<u32>| {
        let text = |column| {
            let texts = place.into_iter().flat_map(|place| organizations.texts(place));
            let mut columns = ORGANIZATION_TEXTS.iter().zip(texts);
            columns.find(|(known, _)| **known == column).map_or_else(String::new, |(_, text)| text.to_owned())
        };
        let recipients = match contents.routing.route(place) {
            Route::To(places) => places
                .iter()
                .map(|place| contents.routing.recipients()[*place as usize].name.clone())
                .collect(),
            Route::NoEntity | Route::NoRecipient => Vec::new(),
        };
        let facts = |outcome: Outcome| (outcome.name().to_owned(), counts.outcome(place, outcome));
        let left_out = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included);
        OrganizationEntry {
            id: place.map(|place| organizations.id(place)),
            name: text(columns::PROVIDER_NAME),
            entity: text(columns::RESPONSIBLE_ENTITY),
            recipients,
            read: counts.read(place),
            shared: counts.outcome(place, Outcome::Included),
            late_duplicates: counts.late_duplicates(place),
            to_nobody: counts.outcome(place, Outcome::NoResponsibleEntity)
                + counts.outcome(place, Outcome::NoRecipient),
            left_out: left_out.map(facts).filter(|(_, facts)| *facts > 0).collect(),
        }
    };
    every.chain([None]).map(entry).filter(|entry| entry.id.is_some() || entry.read > 0).collect()
}

/// The entries as a table, with a column for each reason why facts are left out.
pub(super) fn organizations_csv(entries: &[OrganizationEntry]) -> String {
    let reasons =
        || Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included).map(Outcome::name);
    let organizations = Table::Organizations;
    let mut header: Vec<&str> = [columns::ORG_ID, columns::PROVIDER_NAME, columns::RESPONSIBLE_ENTITY]
        .map(|c| organizations.column_name(c))
        .into();
    header.extend(["RECIPIENTS", "FACTS", Outcome::Included.name(), "LATE_DUPLICATES"]);
    header.extend(reasons());
    let rows = entries.iter().map(|entry| {
        let mut row: Vec<Cow<'_, str>> = vec![
            entry.id.map(|id| id.to_string()).unwrap_or_default().into(),
            entry.name.as_str().into(),
            entry.entity.as_str().into(),
            entry.recipients.join("; ").into(),
        ];
        let counts = [entry.read, entry.shared, entry.late_duplicates].into_iter();
        let left_out = reasons().map(|reason| entry.left_out.get(reason).copied().unwrap_or(0));
        row.extend(counts.chain(left_out).map(|count| Cow::from(count.to_string())));
        row
    });
    table_text(&header, rows)
}

/// The organizations that the report shows: those with most facts that go to nobody or are late duplicates.
pub(super) fn worst(mut entries: Vec<OrganizationEntry>) -> Vec<OrganizationEntry> {
    entries.retain(|entry| entry.own_losses() > 0);
    entries.sort_by_key(|entry| (Reverse(entry.own_losses()), entry.id));
    entries.truncate(MOST_SHOWN);
    entries
}
