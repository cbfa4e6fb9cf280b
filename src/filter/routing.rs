//! Who gets an organization's data.

use crate::registry::Assignment;
use crate::value::name;
use indexmap::IndexSet;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Where an organization's facts go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route<'a> {
    /// Nowhere: no entity is responsible for the organization.
    NoEntity,
    /// Nowhere: the responsible entity is given to nobody.
    NoRecipient,
    /// To these recipients, by their places in ascending order; there is at least one.
    To(&'a [u32]),
}

/// Somebody who is sent a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Recipient {
    /// The name.
    pub name: String,
    /// The line of the export on which the name stands first: of `recipients`, or, without it, of
    /// `organizations`.
    pub line: u64,
}

/// The recipients, and where each organization's facts go.
#[derive(Debug)]
pub struct Routing {
    recipients: Vec<Recipient>,
    /// The different sets of recipients: their places, in ascending order; none without an entity.
    sets: Vec<Option<Box<[u32]>>>,
    /// For each organization the number of its set. There are far fewer sets than organizations, and every fact asks for one.
    of_organization: Vec<u32>,
}

impl Routing {
    /// Works out the routes. `entities` are the organizations' responsible entities, in order, with
    /// their lines; `assignments` is the export's `recipients` table, where it has one. Without it each entity is a recipient.
    ///
    /// Names that differ only in case or in runs of white space are the same; the spelling that sorts first names
    /// the recipient.
    pub fn new<'a>(
        entities: impl Iterator<Item = (&'a str, u64)> + Clone,
        assignments: Option<&[Assignment]>,
    ) -> Routing {
        let to_itself = |(entity, line): (&str, u64)| Assignment {
            line,
            recipient: entity.to_owned(),
            entity: entity.to_owned(),
        };
        let assignments: Cow<'_, [Assignment]> = match assignments {
            Some(assignments) => assignments.into(),
            None => entities.clone().filter(|(entity, _)| !entity.is_empty()).map(to_itself).collect(),
        };
        let mut spellings: BTreeMap<String, Recipient> = BTreeMap::new();
        for Assignment { recipient, line, .. } in assignments.iter() {
            let spelling = Recipient { name: recipient.clone(), line: *line };
            let first = spellings.entry(name::fold(recipient)).or_insert_with(|| spelling.clone());
            *first = first.clone().min(spelling);
        }
        let mut named: Vec<(Recipient, String)> =
            spellings.into_iter().map(|(folded, r)| (r, folded)).collect();
        named.sort_unstable();
        let places: BTreeMap<&String, u32> = named.iter().map(|(_, folded)| folded).zip(0..).collect();
        let mut recipients_of: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for Assignment { recipient, entity, .. } in assignments.iter() {
            recipients_of.entry(name::fold(entity)).or_default().insert(places[&name::fold(recipient)]);
        }
        let recipients_of = |entity: &str| {
            let recipients = recipients_of.get(&name::fold(entity));
            recipients.into_iter().flatten().copied().collect()
        };
        let mut sets: IndexSet<Option<Box<[u32]>>> = IndexSet::new();
        let set_of = |entity: &str| (!entity.is_empty()).then(|| recipients_of(entity));
        let of_organization = entities.map(|(entity, _)| sets.insert_full(set_of(entity)).0 as u32).collect();
        let recipients = named.into_iter().map(|(recipient, _)| recipient).collect();
        Routing { recipients, sets: sets.into_iter().collect(), of_organization }
    }

    /// The recipients, by place, in the order of their names' bytes.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The entities, as `recipients` spells them first, that no organization has.
    pub fn unmatched<'a>(
        entities: impl Iterator<Item = &'a str>,
        assignments: Option<&[Assignment]>,
    ) -> Vec<String> {
        let there: BTreeSet<String> = entities.map(name::fold).collect();
        let mut unmatched: BTreeMap<String, &str> = BTreeMap::new();
        for Assignment { entity, .. } in assignments.unwrap_or_default() {
            let folded = name::fold(entity);
            if !there.contains(&folded) {
                unmatched.entry(folded).or_insert(entity);
            }
        }
        unmatched.into_values().map(str::to_owned).collect()
    }

    /// Where the facts of the organization at this place go; none is no organization.
    pub fn route(&self, organization: Option<u32>) -> Route<'_> {
        let set = organization.map(|place| self.of_organization[place as usize]);
        match set.and_then(|set| self.sets[set as usize].as_deref()) {
            None => Route::NoEntity,
            Some([]) => Route::NoRecipient,
            Some(recipients) => Route::To(recipients),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expect`: each organization's recipients.
    fn check(entities: &[&str], assignments: Option<&[(&str, &str)]>, expect: &[&str]) {
        let assignments: Option<Vec<Assignment>> = assignments.map(|rows| {
            rows.iter()
                .map(|(r, e)| Assignment { line: 0, recipient: (*r).into(), entity: (*e).into() })
                .collect()
        });
        let routing = Routing::new(entities.iter().copied().zip(2..), assignments.as_deref());
        let got: Vec<String> = (0..entities.len() as u32)
            .map(|place| match routing.route(Some(place)) {
                Route::NoEntity => "no entity".to_owned(),
                Route::NoRecipient => "nobody".to_owned(),
                Route::To(places) => places
                    .iter()
                    .map(|p| routing.recipients()[*p as usize].name.as_str())
                    .collect::<Vec<_>>()
                    .join("+"),
            })
            .collect();
        assert_eq!(got, expect);
        assert_eq!(routing.route(None), Route::NoEntity);
    }

    #[test]
    fn without_a_table_each_entity_is_a_recipient() {
        check(&["B", "A", ""], None, &["B", "A", "no entity"]);
        check(
            &["Travis  county", "TRAVIS County", "El Paso"],
            None,
            &["TRAVIS County", "TRAVIS County", "El Paso"],
        );
        check(&["Río", "RÍO"], None, &["RÍO", "RÍO"]);
        check(&[], None, &[]);
    }

    #[test]
    fn a_recipient_stands_where_its_name_stands_first() {
        let routing = Routing::new([("b", 2), ("B", 4), ("B", 3)].into_iter(), None);
        assert_eq!(routing.recipients(), [Recipient { name: "B".into(), line: 3 }]);
    }

    #[test]
    fn with_a_table_as_it_says() {
        check(
            &["A", "B", "C", ""],
            Some(&[("X", "A"), ("X", "b"), ("Y", "A")]),
            &["X+Y", "X", "nobody", "no entity"],
        );
        check(&["A"], Some(&[]), &["nobody"]);
        check(
            &["A", "B"],
            Some(&[("north", "A"), ("North", "B"), ("NORTH  ", "a")]),
            &["NORTH  ", "NORTH  "],
        );
    }
}
