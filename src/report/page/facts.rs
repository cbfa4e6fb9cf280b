//! From the facts that were read down to those that are shared, and what the consent rule does to them.

use super::{Report, figure, paragraph, section, share};
use crate::batch::Counts;
use crate::filter::Outcome;
use crate::policy::ConsentRule;
use crate::registry::Code;
use crate::report::html::{Markup, TableRow, code, element, flag, small, table};
use crate::report::svg::{Bar, Look, bar_chart};
use crate::report::words;
use crate::value::grouped;

/// A reason why facts are not shared.
struct Reason<'a> {
    code: &'a str,
    meaning: String,
    look: Look,
    facts: u64,
}

/// The reasons that occur, in the order of the checks and rules.
fn reasons<'a>(report: &'a Report<'_>) -> Vec<Reason<'a>> {
    let facts = &report.manifest.facts;
    let quarantined = in_order(&facts.quarantined, Code::ALL.map(Code::name)).map(|(code, facts)| {
        let meaning = Code::named(code).map_or("", Code::meaning);
        Reason { code, meaning: format!("could not be used: {meaning}"), look: Look::Unusable, facts }
    });
    let excluded = in_order(&facts.excluded, Outcome::ALL.map(Outcome::name)).map(|(code, facts)| {
        let meaning = Outcome::named(code).map_or("", words::of_outcome).to_owned();
        Reason { code, meaning, look: Look::LeftOut, facts }
    });
    quarantined.chain(excluded).collect()
}

/// Counts in the order of the program's codes. Codes of another version's come last.
fn in_order<'a, const N: usize>(
    counts: &'a Counts,
    order: [&str; N],
) -> impl Iterator<Item = (&'a str, u64)> {
    let mut counts: Vec<_> = counts.iter().map(|(code, count)| (code.as_str(), *count)).collect();
    counts.sort_by_key(|(code, _)| order.iter().position(|known| known == code).unwrap_or(N));
    counts.into_iter()
}

pub(super) fn waterfall(report: &Report<'_>) -> Markup {
    let facts = &report.manifest.facts;
    let (read, included) = (facts.read, facts.included);
    let reasons = reasons(report);
    let row = |name: Markup, figure: String, facts: u64, left: u64| {
        TableRow::new(name, [figure, share(facts, read), grouped(left)])
    };
    let sum = |name: &str, facts: u64, left: u64| TableRow {
        is_sum: true,
        ..row(name.into(), grouped(facts), facts, left)
    };
    let all = Bar::new("Facts read", grouped(read), read, Look::Whole);
    let mut bars = vec![Bar { join: Some(read), ..all }];
    let mut rows = vec![sum("Facts read", read, read)];
    let mut left = read;
    for reason in &reasons {
        let (before, figure) = (left, format!("−{}", grouped(reason.facts)));
        left = left.saturating_sub(reason.facts);
        let bar = Bar::new(reason.code, &figure, before, reason.look);
        bars.push(Bar { start: left, join: Some(left), ..bar });
        rows.push(row(code(reason.code) + " " + small(&reason.meaning), figure, reason.facts, left));
    }
    bars.push(Bar::new("Shared", grouped(included), included, Look::Plain));
    rows.push(sum("Shared", included, left));
    let mut description = format!(
        "Bars from {} facts read down to {} shared, one for each of {} reasons.",
        grouped(read),
        grouped(included),
        reasons.len()
    );
    if let Some(most) = reasons.iter().max_by_key(|reason| reason.facts) {
        description += &format!(" The largest reason is {} with {} facts.", most.code, grouped(most.facts));
    }
    let heading = "From facts read to facts shared";
    let chart = bar_chart("chart-facts", heading, &description, read, &bars);
    let head = TableRow::new("Reason", ["Facts", "Of those read", "Still in"]);
    let table = table("Facts by the reason why they are not shared", head, rows);
    let intro = paragraph(
        "Every fact is counted once, under the first reason that applies. A fact is one dose, seen from one vaccine \
         group. The manifest calls shared facts included.",
    );
    let legend = legend(&[
        ("whole", "read"),
        ("unusable", "could not be used"),
        ("left-out", "left out by a rule"),
        ("still-in", "still in"),
        ("plain", "shared"),
    ]);
    section("facts", heading, [intro, legend, figure(chart, table)])
}

/// What the classes of a chart's bars and marks stand for.
pub(super) fn legend(classes: &[(&str, &str)]) -> Markup {
    let items = classes.iter().map(|(class, name)| {
        let swatch = element("span", &[("class", &format!("swatch {class}")), ("aria-hidden", "true")], "");
        element("li", &[], swatch + *name)
    });
    element("ul", &[("class", "legend")], items.collect::<Markup>())
}

pub(super) fn consent(report: &Report<'_>) -> Markup {
    let facts = &report.manifest.facts;
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    let mut descriptions = Vec::new();
    for (rule, count) in in_order(&report.manifest.included_under, ConsentRule::ALL.map(ConsentRule::name)) {
        let is_in_force = rule == report.data.settings.consent_rule;
        let mut name = element("code", &[], rule);
        if is_in_force {
            bars.push(Bar::new(format!("{rule} · in force"), grouped(count), count, Look::Plain));
            descriptions.push(format!("{rule}, in force: {}", grouped(count)));
            name = name + " " + flag("in force");
        } else {
            bars.push(Bar::new(rule, grouped(count), count, Look::Whole));
            descriptions.push(format!("{rule}: {}", grouped(count)));
        }
        let meaning = small(ConsentRule::named(rule).map_or("", words::of_rule));
        let difference = match count.checked_sub(facts.included) {
            Some(0) => "–".to_owned(),
            Some(more) => format!("+{}", grouped(more)),
            None => format!("−{}", grouped(facts.included - count)),
        };
        rows.push(TableRow::new(
            name + " " + meaning,
            [grouped(count), share(count, facts.read), difference],
        ));
    }
    let description = format!("Facts shared under each of the three rules. {}.", descriptions.join("; "));
    let title = "Facts shared under each consent rule";
    let chart = bar_chart("chart-consent", title, &description, facts.read, &bars);
    let head = TableRow::new("Consent rule", ["Facts shared", "Of those read", "Difference"]);
    let table = table("Facts that each consent rule would share", head, rows);
    let intro = paragraph(
        "“An active consent for the past five years” can be read in three ways. The policy chooses one; this is what \
         each would share.",
    );
    section("consent", "The three readings of consent", [intro, figure(chart, table)])
}
