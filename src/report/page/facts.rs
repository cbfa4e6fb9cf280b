//! From the facts that were read down to those that are shared, and what the consent rule does to them.

use super::{Shown, figure, paragraph, section, share};
use crate::batch::Counts;
use crate::filter::Outcome;
use crate::policy::ConsentRule;
use crate::registry::Code;
use crate::report::html::{Cell, Markup, Row, Table, code, element};
use crate::report::svg::{Bar, BarChart, Look};
use crate::report::words;
use crate::value::grouped;

/// A reason why facts are not shared.
struct Reason<'a> {
    code: &'a str,
    meaning: &'static str,
    look: Look,
    facts: u64,
}

/// The reasons that occur, in the order in which they are looked for.
fn reasons<'a>(shown: &'a Shown<'_>) -> Vec<Reason<'a>> {
    let facts = &shown.manifest.facts;
    let quarantine = in_order(&facts.quarantined, Code::ALL.map(Code::name));
    let excluded = in_order(&facts.excluded, Outcome::ALL.map(Outcome::name));
    let quarantine = quarantine.into_iter().map(|(code, facts)| {
        let meaning = words::of_quarantine(code);
        Reason { code, meaning, look: Look::Unusable, facts }
    });
    let excluded = excluded.into_iter().map(|(code, facts)| {
        let outcome = Outcome::named(code);
        let meaning = outcome.map_or("", words::of_outcome);
        Reason { code, meaning, look: Look::LeftOut, facts }
    });
    quarantine.chain(excluded).collect()
}

/// Counts in the order of the program's codes. Codes of another version's come last.
fn in_order<'a, const N: usize>(counts: &'a Counts, order: [&str; N]) -> Vec<(&'a str, u64)> {
    let place = |code: &str| order.iter().position(|known| *known == code).unwrap_or(N);
    let mut counts: Vec<_> = counts.iter().map(|(code, count)| (code.as_str(), *count)).collect();
    counts.sort_by_key(|(code, _)| place(code));
    counts
}

pub(super) fn waterfall(shown: &Shown<'_>) -> Markup {
    let facts = &shown.manifest.facts;
    let reasons = reasons(shown);
    let bar = |label: &str, figure: String, (start, end): (u64, u64), look| Bar {
        label: label.to_owned(),
        figure,
        start,
        end,
        look,
        mark: None,
    };
    let mut bars = vec![bar("Facts read", grouped(facts.read), (0, facts.read), Look::Whole)];
    let mut rows = vec![Row::sum([
        Cell::text("Facts read"),
        Cell::count(facts.read),
        Cell::figure(share(facts.read, facts.read)),
        Cell::count(facts.read),
    ])];
    let mut left = facts.read;
    for reason in &reasons {
        let rest = left.saturating_sub(reason.facts);
        bars.push(bar(reason.code, format!("−{}", grouped(reason.facts)), (rest, left), reason.look));
        left = rest;
        let kind = if reason.look == Look::Unusable { "could not be used: " } else { "" };
        let meaning = element("small", &[], format!("{kind}{}", reason.meaning));
        rows.push(Row::of([
            Cell::text([code(reason.code), Markup::from(" "), meaning]),
            Cell::figure(format!("−{}", grouped(reason.facts))),
            Cell::figure(share(reason.facts, facts.read)),
            Cell::count(left),
        ]));
    }
    bars.push(bar("Shared", grouped(facts.included), (0, facts.included), Look::Plain));
    rows.push(Row::sum([
        Cell::text("Shared"),
        Cell::count(facts.included),
        Cell::figure(share(facts.included, facts.read)),
        Cell::count(left),
    ]));
    let largest = reasons.iter().max_by_key(|reason| reason.facts);
    let description = format!(
        "Bars from {} facts read down to {} shared, one for each of {} reasons.{}",
        grouped(facts.read),
        grouped(facts.included),
        reasons.len(),
        largest.map_or_else(String::new, |reason| format!(
            " The largest reason is {} with {} facts.",
            reason.code,
            grouped(reason.facts)
        )),
    );
    let chart = BarChart {
        id: "chart-facts",
        title: "From facts read to facts shared",
        description: &description,
        bars,
        scale: facts.read,
        is_chain: true,
    };
    let head = vec![
        Cell::text("Reason"),
        Cell::figure("Facts"),
        Cell::figure("Of those read"),
        Cell::figure("Still in"),
    ];
    let table = Table { caption: "Facts by the reason why they are not shared", head, rows };
    let intro = paragraph(
        "Every fact is counted once, under the first reason that applies. A fact is one dose, seen from one vaccine \
         group. The manifest calls shared facts included.",
    );
    let key = key(&[
        ("whole", "read"),
        ("unusable", "could not be used"),
        ("left-out", "left out by a rule"),
        ("still-in", "still in"),
        ("plain", "shared"),
    ]);
    section("facts", "From facts read to facts shared", [intro, key, figure(chart, table)])
}

/// What the looks of bars stand for.
pub(super) fn key(looks: &[(&str, &str)]) -> Markup {
    let items = looks.iter().map(|(class, name)| {
        let swatch = element("span", &[("class", &format!("swatch {class}")), ("aria-hidden", "true")], "");
        element("li", &[], [swatch, Markup::from(*name)])
    });
    element("ul", &[("class", "legend")], items.collect::<Vec<_>>())
}

pub(super) fn consent(shown: &Shown<'_>) -> Markup {
    let manifest = shown.manifest;
    let in_force = shown.data.settings.consent_rule.as_str();
    let counts = in_order(&manifest.included_under, ConsentRule::ALL.map(ConsentRule::name));
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    let mut said = Vec::new();
    for (name, count) in counts {
        let is_in_force = name == in_force;
        let rule = ConsentRule::named(name);
        bars.push(Bar {
            label: format!("{name}{}", if is_in_force { " · in force" } else { "" }),
            figure: grouped(count),
            start: 0,
            end: count,
            look: if is_in_force { Look::Plain } else { Look::Whole },
            mark: None,
        });
        said.push(format!("{name}{}: {}", if is_in_force { ", in force" } else { "" }, grouped(count)));
        let mut text = vec![element("code", &[], name)];
        if is_in_force {
            text.push(Markup::from(" "));
            text.push(element("strong", &[("class", "flag")], "in force"));
        }
        text.push(Markup::from(" "));
        text.push(element("small", &[], rule.map_or("", words::of_rule)));
        let difference = match count.checked_sub(manifest.facts.included) {
            Some(0) => "–".to_owned(),
            Some(more) => format!("+{}", grouped(more)),
            None => format!("−{}", grouped(manifest.facts.included - count)),
        };
        rows.push(Row::of([
            Cell::text(text),
            Cell::count(count),
            Cell::figure(share(count, manifest.facts.read)),
            Cell::figure(difference),
        ]));
    }
    let description = format!("Facts shared under each of the three rules. {}.", said.join("; "));
    let chart = BarChart {
        id: "chart-consent",
        title: "Facts shared under each consent rule",
        description: &description,
        bars,
        scale: manifest.facts.read,
        is_chain: false,
    };
    let head = vec![
        Cell::text("Consent rule"),
        Cell::figure("Facts shared"),
        Cell::figure("Of those read"),
        Cell::figure("Difference"),
    ];
    let table = Table { caption: "Facts that each consent rule would share", head, rows };
    let intro = paragraph(
        "“An active consent for the past five years” can be read in three ways. The policy chooses one; this is what \
         each would share.",
    );
    section("consent", "The three readings of consent", [intro, figure(chart, table)])
}
