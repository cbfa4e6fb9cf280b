//! What came of the facts of each organization: a table for the registry's own staff, and the part of it that the report
//! shows.
//!
//! It names organizations, entities and recipients, and holds nothing of a client.

use super::Contents;
use crate::batch::{OrganizationEntry, table_text};
use crate::extract::OrganizationCounts;
use crate::filter::{Outcome, Route};
use crate::registry::tables::organizations as columns;
use crate::registry::{Code, ORGANIZATION_TEXTS, Table};
use crate::value::total;
use std::borrow::Cow;
use std::cmp::Reverse;

/// The report shows no more than these.
const MOST_SHOWN: usize = 15;

/// What came of the facts of an organization; without an id, of those of which none is known.
#[derive(Debug)]
pub(super) struct OrganizationFacts<'c> {
    place: Option<u32>,
    id: Option<u64>,
    name: &'c str,
    entity: &'c str,
    recipients: &'c [u32],
    read: u64,
    quarantined: Vec<(Code, u64)>,
    /// The facts that are lost for the organization's own sake.
    own_losses: u64,
}

/// Every organization in the order of the ids, and last, without an id, the facts of which none is known, if there are any.
pub(super) fn organizations<'c>(contents: &Contents<'c>) -> Vec<OrganizationFacts<'c>> {
    let reference = contents.reference;
    let counts = &contents.selection.organizations;
    let facts_of = |place: Option<u32>| {
        let texts = || place.into_iter().flat_map(|place| reference.organizations.texts(place));
        let text = |column| {
            let mut columns = ORGANIZATION_TEXTS.iter().zip(texts());
            columns.find(|(known, _)| **known == column).map_or("", |(_, text)| text)
        };
        let id = place.map(|place| reference.organizations.id(place));
        let quarantined: Vec<(Code, u64)> = contents.intake.quarantine.facts_of(id).collect();
        let unusable = total(quarantined.iter().map(|(_, facts)| facts));
        OrganizationFacts {
            place,
            id,
            name: text(columns::PROVIDER_NAME),
            entity: text(columns::RESPONSIBLE_ENTITY),
            recipients: match contents.routing.route(place) {
                Route::To(places) => places,
                Route::NoEntity | Route::NoRecipient => &[],
            },
            read: counts.total(place) + unusable,
            quarantined,
            own_losses: OrganizationEntry::losses(to_nobody(counts, place), unusable),
        }
    };
    let every = (0..reference.organizations.len() as u32).map(Some).chain([None]);
    every.map(facts_of).filter(|facts| facts.id.is_some() || facts.read > 0).collect()
}

fn to_nobody(counts: &OrganizationCounts, place: Option<u32>) -> u64 {
    counts.outcome(place, Outcome::NoResponsibleEntity) + counts.outcome(place, Outcome::NoRecipient)
}

/// The reasons for which a rule leaves facts out.
fn reasons() -> impl Iterator<Item = Outcome> {
    Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included)
}

/// The codes of facts that cannot be used.
fn codes() -> impl Iterator<Item = Code> {
    // It is a code of consents only.
    Code::ALL.into_iter().filter(|code| *code != Code::CutShort)
}

/// The names of recipients, in their order.
fn names<'c>(contents: &Contents<'c>, places: &[u32]) -> Vec<&'c str> {
    places.iter().map(|place| contents.routing.recipients()[*place as usize].name.as_str()).collect()
}

/// The organizations as a table, with a column for each reason why facts are left out or quarantined.
pub(super) fn organizations_csv(all: &[OrganizationFacts<'_>], contents: &Contents<'_>) -> String {
    let counts = &contents.selection.organizations;
    let mut header: Vec<&str> = [columns::ORG_ID, columns::PROVIDER_NAME, columns::RESPONSIBLE_ENTITY]
        .map(|c| Table::Organizations.column_name(c))
        .into();
    header.extend(["RECIPIENTS", "FACTS", Outcome::Included.name()]);
    header.extend(reasons().map(Outcome::name).chain(codes().map(Code::name)));
    let rows = all.iter().map(|facts| {
        let mut row: Vec<Cow<'_, str>> = vec![
            facts.id.map(|id| id.to_string()).unwrap_or_default().into(),
            facts.name.into(),
            facts.entity.into(),
            names(contents, facts.recipients).join("; ").into(),
        ];
        let outcomes = std::iter::once(Outcome::Included).chain(reasons());
        let outcomes = outcomes.map(|outcome| counts.outcome(facts.place, outcome));
        let quarantined = codes().map(|code| {
            let found = facts.quarantined.iter().find(|(quarantined, _)| *quarantined == code);
            found.map_or(0, |(_, facts)| *facts)
        });
        // Most of them are none.
        let shown = |count| if count == 0 { Cow::from("0") } else { Cow::from(u64::to_string(&count)) };
        row.extend(std::iter::once(facts.read).chain(outcomes).chain(quarantined).map(shown));
        row
    });
    table_text(&header, rows)
}

/// The organizations that the report shows: those with most facts that go to nobody or are quarantined.
pub(super) fn worst(mut all: Vec<OrganizationFacts<'_>>, contents: &Contents<'_>) -> Vec<OrganizationEntry> {
    all.retain(|facts| facts.own_losses > 0);
    all.sort_by_key(|facts| (Reverse(facts.own_losses), facts.id));
    all.truncate(MOST_SHOWN);
    let counts = &contents.selection.organizations;
    let entry = |facts: OrganizationFacts<'_>| {
        let left_out =
            reasons().map(|outcome| (outcome.name().to_owned(), counts.outcome(facts.place, outcome)));
        let quarantined = facts.quarantined.iter().map(|(code, facts)| (code.name().to_owned(), *facts));
        OrganizationEntry {
            id: facts.id,
            name: facts.name.to_owned(),
            entity: facts.entity.to_owned(),
            recipients: names(contents, facts.recipients).into_iter().map(str::to_owned).collect(),
            read: facts.read,
            shared: counts.outcome(facts.place, Outcome::Included),
            quarantined: quarantined.collect(),
            to_nobody: to_nobody(counts, facts.place),
            left_out: left_out.filter(|(_, facts)| *facts > 0).collect(),
        }
    };
    all.into_iter().map(entry).collect()
}
