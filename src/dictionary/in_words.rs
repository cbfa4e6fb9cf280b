//! A policy in plain words, for the people who read the files.

use crate::policy::{ClientType, ConsentRule, Policy};

/// Which records are in the files: a sentence or two for each rule, which begin with what it is about, in bold as Markdown has
/// it.
pub(super) fn rules_in_words(policy: &Policy) -> Vec<String> {
    let disaster = &policy.disaster;
    let (first, last) = (disaster.period.first_day, disaster.period.last_day);
    let mut rules = vec![
        format!(
            "**Dates**: vaccinations from {} through {}, and none after the batch's as-of date.",
            policy.window.first_day, policy.window.last_day
        ),
        client_types(&policy.client_types),
        format!("**Consent**: {}", consent(policy)),
        "**Withdrawal**: a consent that was withdrawn on or before the as-of date, and every consent that began \
         before that withdrawal, no longer counts. A client of whom any consent row is unreadable is left out \
         altogether."
            .to_owned(),
        format!(
            "**Disaster immunizations** are those that the registry flags so, those without a flag in {} given from \
             {first} through {last}, and COVID-19 therapeutics always. They need disaster consent, and only those \
             given from {first} through {last} are in. All others are standard immunizations and need standard \
             consent.",
            groups(&disaster.vaccine_groups)
        ),
        format!(
            "**RSV therapeutics** {}are standard immunizations.",
            match policy.rsv_cvx.as_slice() {
                [] => String::new(),
                codes => format!("(products of that class, or without a class and with CVX {}) ", codes.join(", ")),
            }
        ),
        "**Recipient**: an immunization is in the files of those who receive the data of the entity responsible for \
         the organization that gave it. Without an organization, a responsible entity or a recipient it is in no \
         file."
            .to_owned(),
    ];
    if policy.client_type("ic").is_some_and(|child| child.standard) {
        let years = policy.consent.child_consent_ends_at;
        let rule = format!(
            "**Children**: a client of type IC is left out of standard immunizations from the birthday on which the \
             child turns {years}."
        );
        rules.insert(4, rule);
    }
    rules
}

fn client_types(types: &[ClientType]) -> String {
    if types.is_empty() {
        return "**Client types**: the policy names none, so nobody's records are in.".to_owned();
    }
    let describe = |t: &ClientType| {
        let what = match (t.standard, t.disaster) {
            (true, true) => "standard and disaster immunizations",
            (true, false) => "standard immunizations only",
            (false, true) => "disaster immunizations only",
            (false, false) => "nothing",
        };
        let meaning = match t.name.to_uppercase().as_str() {
            "IC" => " (child)",
            "IA" => " (adult)",
            "DC" => " (disaster consented)",
            "PA" => " (pending adult)",
            _ => "",
        };
        format!("{}{meaning}: {what}", t.name)
    };
    let described: Vec<String> = types.iter().map(describe).collect();
    format!("**Client types**: {}. Other types: nothing.", described.join("; "))
}

fn consent(policy: &Policy) -> String {
    let years = policy.consent.lookback_years;
    let span = if years == 1 { "the year".to_owned() } else { format!("the {years} years") };
    match policy.consent.rule {
        // A lookback of no years is the as-of date alone, whichever way it is to be covered.
        _ if years == 0 => {
            "the client has a consent of the kind needed that is active on the as-of date.".to_owned()
        }
        ConsentRule::ActiveWithinLookback => format!(
            "the client has a consent of the kind needed that was active on at least one day of {span} up to the \
             as-of date, that date included."
        ),
        ConsentRule::ActiveOnAsOf => {
            "the client has a consent of the kind needed that is active on the as-of date.".to_owned()
        }
        ConsentRule::ActiveThroughoutLookback => format!(
            "the client had an active consent of the kind needed on every day of {span} up to the as-of date, that \
             date included; for a client born in that time, on every day since the first of the consents that count."
        ),
    }
}

fn groups(groups: &[String]) -> String {
    match groups {
        [] => "no vaccine group".to_owned(),
        [one] => format!("the vaccine group {one}"),
        [most @ .., last] => format!("the vaccine groups {} and {last}", most.join(", ")),
    }
}
