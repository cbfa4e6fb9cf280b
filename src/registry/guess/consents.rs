//! Consents that are kept as columns of the clients' table.

use super::names::{has_word, words_of};
use super::tables::Candidate;
use std::collections::HashSet;

/// The columns of one consent of a client.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct GivenColumns {
    /// The consent's type, if the columns' names tell it.
    pub(super) named_type: Option<&'static str>,
    /// Else the column that holds it.
    pub(super) consent_type: Option<usize>,
    pub(super) start: Option<usize>,
    pub(super) end: Option<usize>,
    pub(super) reason: Option<usize>,
    /// The reason of an end, if the name of its column tells it.
    pub(super) named_reason: Option<&'static str>,
}

/// What a column says of a consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Type,
    Start,
    End,
    Reason,
}

/// Finds the columns of consents among those of a clients' table that are none of its own.
pub(super) fn find_given(candidate: &Candidate, taken: &HashSet<usize>) -> Vec<GivenColumns> {
    let mut found: Vec<GivenColumns> = Vec::new();
    for (field, name) in candidate.header.iter().enumerate().filter(|(field, _)| !taken.contains(field)) {
        let held = &candidate.held[field];
        let holds_dates = held.filled == 0 || held.are_nearly_all(held.dates);
        let Some(role) = role_of(name, holds_dates) else { continue };
        let named_type = if has_word(name, "DISASTER") {
            Some("DISASTER")
        } else {
            has_word(name, "STANDARD").then_some("STANDARD")
        };
        let place = found.iter().position(|given| given.named_type == named_type).unwrap_or_else(|| {
            found.push(GivenColumns { named_type, ..GivenColumns::default() });
            found.len() - 1
        });
        let given = &mut found[place];
        match role {
            Role::Type => _ = given.consent_type.get_or_insert(field),
            Role::Start => _ = given.start.get_or_insert(field),
            Role::Reason => _ = given.reason.get_or_insert(field),
            Role::End => {
                given.end.get_or_insert(field);
                let says = |word: &str| has_word(name, word);
                given.named_reason = match () {
                    () if says("WITHDRAWN") => Some("WITHDRAWN"),
                    () if says("EXPIRED") => Some("EXPIRED"),
                    () => None,
                };
            }
        }
    }
    // Without a day on which it begins it is no consent.
    found.retain(|given| given.start.is_some());
    // If one is called a disaster's, the other is not.
    let has_disaster = found.iter().any(|given| given.named_type == Some("DISASTER"));
    let has_standard = found.iter().any(|given| given.named_type == Some("STANDARD"));
    for given in found.iter_mut().filter(|given| given.named_type.is_none() && given.consent_type.is_none()) {
        given.named_type = (has_disaster && !has_standard).then_some("STANDARD");
    }
    found
}

fn role_of(name: &str, holds_dates: bool) -> Option<Role> {
    let words = words_of(name);
    let has = |word: &str| words.iter().any(|other| other == word);
    let is_of_consent = has("CONSENT") || has("WITHDRAWN");
    let is_end = has("END") || has("WITHDRAWN") || has("EXPIRED");
    let is_typed = has("STANDARD") || has("DISASTER");
    match () {
        () if !is_of_consent && !(is_typed && (has("DATE") || has("REASON"))) => None,
        () if has("REASON") => Some(Role::Reason),
        () if holds_dates && is_end => Some(Role::End),
        () if holds_dates && !has("TYPE") && !has("CODE") && !has("FLAG") && !has("STATUS") => {
            Some(Role::Start)
        }
        () if has("TYPE") || has("CODE") => Some(Role::Type),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::guess::columns::Held;

    fn given(names: &[&str]) -> Vec<GivenColumns> {
        let candidate = Candidate {
            name: "PERSON.txt".to_owned(),
            header: names.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
            held: names.iter().map(|_| Held::default()).collect(),
            is_whole: true,
        };
        find_given(&candidate, &HashSet::from([0]))
    }

    #[test]
    fn finds_consents_in_columns() {
        let found = given(&[
            "PAT_ID",
            "STD_CONSENT_DT",
            "STD_CONSENT_END_DT",
            "STD_CONSENT_END_RSN",
            "DIS_CONSENT_DT",
            "DIS_WITHDRAWN_DT",
        ]);
        let standard = GivenColumns {
            named_type: Some("STANDARD"),
            start: Some(1),
            end: Some(2),
            reason: Some(3),
            ..GivenColumns::default()
        };
        let disaster = GivenColumns {
            named_type: Some("DISASTER"),
            start: Some(4),
            end: Some(5),
            named_reason: Some("WITHDRAWN"),
            ..GivenColumns::default()
        };
        assert_eq!(found, [standard, disaster]);
        let found = given(&["PAT_ID", "CONSENT TYPE", "CONSENT DATE", "WITHDRAWN ON"]);
        let one = GivenColumns {
            consent_type: Some(1),
            start: Some(2),
            end: Some(3),
            named_reason: Some("WITHDRAWN"),
            ..GivenColumns::default()
        };
        assert_eq!(found, [one]);
        // Of which type it is, nothing tells.
        assert_eq!(given(&["PAT_ID", "CONSENT_DATE"])[0].named_type, None);
        assert_eq!(
            given(&["PAT_ID", "CONSENT_DATE", "DISASTER_CONSENT_DATE"])[0].named_type,
            Some("STANDARD")
        );
        assert_eq!(given(&["PAT_ID", "WITHDRAWN_ON", "NOTE", "LAST_VISIT_DATE"]), []);
    }
}
