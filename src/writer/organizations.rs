//! What came of the facts of each organization: a table for the registry's own staff, and the part of it that the report
//! shows.
//!
//! It names organizations, entities and recipients, and holds nothing of a client.

use super::Contents;
use crate::batch::{Counts, OrganizationEntry, table_text};
use crate::filter::{Outcome, Route};
use crate::registry::tables::organizations as columns;
use crate::registry::{Code, ORGANIZATION_TEXTS, Table};
use crate::value::total;
use std::borrow::Cow;
use std::cmp::Reverse;

/// The report shows no more than these.
const MOST_SHOWN: usize = 15;

/// Every organization in the order of the ids, and last, without an id, the facts of which none is known, if there are any.
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
        let id = place.map(|place| organizations.id(place));
        let quarantined = contents.intake.quarantine.facts_of(id);
        let quarantined: Counts = quarantined.map(|(code, facts)| (code.name().to_owned(), facts)).collect();
        let left_out = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included);
        OrganizationEntry {
            id,
            name: text(columns::PROVIDER_NAME),
            entity: text(columns::RESPONSIBLE_ENTITY),
            recipients,
            read: counts.total(place) + total(quarantined.values()),
            shared: counts.outcome(place, Outcome::Included),
            quarantined,
            to_nobody: counts.outcome(place, Outcome::NoResponsibleEntity)
                + counts.outcome(place, Outcome::NoRecipient),
            left_out: left_out.map(facts).filter(|(_, facts)| *facts > 0).collect(),
        }
    };
    every.chain([None]).map(entry).filter(|entry| entry.id.is_some() || entry.read > 0).collect()
}

/// The entries as a table, with a column for each reason why facts are left out or quarantined.
pub(super) fn organizations_csv(entries: &[OrganizationEntry]) -> String {
    let reasons =
        || Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included).map(Outcome::name);
    // It is a code of consents only.
    let codes = || Code::ALL.into_iter().filter(|code| *code != Code::CutShort).map(Code::name);
    let organizations = Table::Organizations;
    let mut header: Vec<&str> = [columns::ORG_ID, columns::PROVIDER_NAME, columns::RESPONSIBLE_ENTITY]
        .map(|c| organizations.column_name(c))
        .into();
    header.extend(["RECIPIENTS", "FACTS", Outcome::Included.name()]);
    header.extend(reasons().chain(codes()));
    let rows = entries.iter().map(|entry| {
        let mut row: Vec<Cow<'_, str>> = vec![
            entry.id.map(|id| id.to_string()).unwrap_or_default().into(),
            entry.name.as_str().into(),
            entry.entity.as_str().into(),
            entry.recipients.join("; ").into(),
        ];
        let of = |counts: &Counts, name| counts.get(name).copied().unwrap_or(0);
        let left_out = reasons().map(|reason| of(&entry.left_out, reason));
        let quarantined = codes().map(|code| of(&entry.quarantined, code));
        row.extend(
            [entry.read, entry.shared]
                .into_iter()
                .chain(left_out)
                .chain(quarantined)
                .map(|count| Cow::from(count.to_string())),
        );
        row
    });
    table_text(&header, rows)
}

/// The organizations that the report shows: those with most facts that go to nobody or are quarantined.
pub(super) fn worst(mut entries: Vec<OrganizationEntry>) -> Vec<OrganizationEntry> {
    entries.retain(|entry| entry.own_losses() > 0);
    entries.sort_by_key(|entry| (Reverse(entry.own_losses()), entry.id));
    entries.truncate(MOST_SHOWN);
    entries
}
