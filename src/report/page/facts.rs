//! From the facts that were read down to those that are shared, and what the consent rule does to them.

use super::{Report, compared, compared_head, paragraph, section, share};
use crate::batch::{Before, Counts, Manifest, side_by_side};
use crate::filter::Outcome;
use crate::html::{Markup, TableRow, code, element, flag, small, table};
use crate::policy::ConsentRule;
use crate::registry::Code;
use crate::report::svg::{Look, Scale, parts_chart};
use crate::report::words;
use crate::value::grouped;
use std::cmp::Reverse;

/// A reason why facts are not shared.
pub(super) struct Reason<'a> {
    code: &'a str,
    meaning: String,
    look: Look,
    facts: u64,
    /// In the batch before, if there is one.
    before: Option<u64>,
}

/// The reasons that occur in this batch or the one before, in the order of the checks and rules.
pub(super) fn reasons<'a>(report: &Report<'a>) -> Vec<Reason<'a>> {
    let facts = &report.manifest.facts;
    let before = report.before.manifest().map(|before| &before.facts);
    let quarantined =
        both(&facts.quarantined, before.map(|before| &before.quarantined), Code::ALL.map(Code::name));
    let quarantined = quarantined.into_iter().map(|(code, facts, before)| {
        let meaning = Code::named(code).map_or("", Code::meaning);
        Reason { code, meaning: format!("could not be used: {meaning}"), look: Look::Unusable, facts, before }
    });
    let excluded =
        both(&facts.excluded, before.map(|before| &before.excluded), Outcome::ALL.map(Outcome::name));
    let excluded = excluded.into_iter().map(|(code, facts, before)| {
        let meaning = Outcome::named(code).map_or("", words::of_outcome).to_owned();
        Reason { code, meaning, look: Look::LeftOut, facts, before }
    });
    quarantined.chain(excluded).collect()
}

/// Every code that is counted now or was before, with both counts, in the order of the program's codes. Codes of another
/// version's come last.
pub(super) fn both<'a, const N: usize>(
    now: &'a Counts,
    before: Option<&'a Counts>,
    order: [&str; N],
) -> Vec<(&'a str, u64, Option<u64>)> {
    let mut codes: Vec<_> = side_by_side(now, before).collect();
    codes.sort_by_key(|(code, ..)| order.iter().position(|known| known == code).unwrap_or(N));
    codes.into_iter().map(|(code, now, then)| (code, now, before.map(|_| then))).collect()
}

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let facts = &report.manifest.facts;
    let (read, included) = (facts.read, facts.included);
    let (excluded, quarantined) = (report.manifest.excluded(), report.manifest.quarantined());
    let reasons = reasons(report);
    let before = report.before.manifest();
    let row = |name: Markup, now: u64, before: Option<u64>| {
        let figures = [grouped(now), share(now, read)].into_iter().chain(compared(before, now));
        TableRow::new(name, figures)
    };
    let sum = |name: &str, count: fn(&Manifest) -> u64| {
        let row = row(name.into(), count(report.manifest), before.map(count));
        TableRow { is_sum: true, ..row }
    };
    let scale = Scale::of(reasons.iter().map(|reason| reason.facts));
    let rows = reasons.iter().map(|reason| {
        let name = code(reason.code) + " " + small(&reason.meaning);
        row(name, reason.facts, reason.before).with_bar(scale.bar(reason.facts, reason.look, reason.before))
    });
    let rows = [sum("Facts read", |manifest| manifest.facts.read)].into_iter().chain(rows);
    let rows = rows.chain([sum("Shared", |manifest| manifest.facts.included)]);
    let heading = "From facts read to facts shared";
    let description = format!(
        "Of {} facts read {} are shared, {} are left out by a rule and {} could not be used.",
        grouped(read),
        grouped(included),
        grouped(excluded),
        grouped(quarantined)
    );
    let parts = [(Look::Plain, included), (Look::LeftOut, excluded), (Look::Unusable, quarantined)];
    let chart = parts_chart("chart-facts", heading, &description, &parts);
    let named = |name: &str, facts: u64| format!("{name}: {} ({})", grouped(facts), share(facts, read));
    let key = legend(&[
        ("plain", &named("shared", included)),
        ("left-out", &named("left out by a rule", excluded)),
        ("unusable", &named("could not be used", quarantined)),
    ]);
    let head = TableRow::new("Reason", ["Facts", "Of those read"].into_iter().chain(compared_head(report)));
    let table = table("Facts by the reason why they are not shared", head, rows);
    let intro = paragraph(format!(
        "Every fact is counted once, under the first reason that applies. A fact is one dose, seen from one vaccine \
         group. The manifest calls shared facts included.{}",
        scale.note()
    ));
    section(
        "facts",
        heading,
        [intro, element("figure", &[("class", "chart")], chart), key, mark_key(report), table],
    )
}

/// What the marks across bars stand for, if there are any.
pub(super) fn mark_key(report: &Report<'_>) -> Markup {
    match report.before {
        Before::Batch(before) => legend(&[("mark", &words::month(before.batch))]),
        Before::None | Before::Unreadable(_) => Markup::default(),
    }
}

/// The reasons whose share of the facts read has moved most since the batch before.
pub(super) fn moves(report: &Report<'_>) -> Option<Markup> {
    const MOST: usize = 6;
    let before = report.before.manifest()?;
    let now = report.manifest;
    let shared = Reason {
        code: Outcome::Included.name(),
        meaning: String::new(),
        look: Look::Plain,
        facts: now.facts.included,
        before: Some(before.facts.included),
    };
    let all = [shared].into_iter().chain(reasons(report));
    let mut moves: Vec<(i128, Reason<'_>)> = all
        .map(|reason| {
            let parts = |part: u64, whole: u64| i128::from(part) * 100_000 / i128::from(whole.max(1));
            (
                parts(reason.facts, now.facts.read) - parts(reason.before.unwrap_or(0), before.facts.read),
                reason,
            )
        })
        .filter(|(points, _)| points.abs() >= 50)
        .collect();
    moves.sort_by_key(|(points, _)| Reverse(points.abs()));
    let month = words::month(before.batch);
    let heading = format!("What moved since {month}");
    if moves.is_empty() {
        let still = "No reason's share of the facts read moved by as much as 0.1 percentage points.";
        return Some(section("moves", &heading, paragraph(still)));
    }
    let rows = moves.iter().take(MOST).map(|(points, reason)| {
        let tenths = (points.abs() + 50) / 100;
        let sign = if *points < 0 { "−" } else { "+" };
        let then = share(reason.before.unwrap_or(0), before.facts.read);
        let name = if reason.code == Outcome::Included.name() { "Shared".into() } else { code(reason.code) };
        let points = format!("{sign}{}.{}", tenths / 10, tenths % 10);
        TableRow::new(name, [then, share(reason.facts, now.facts.read), points])
    });
    let head = TableRow::new("Reason", ["Then", "Now", "Points"]);
    let table = table("Share of the facts read, and its change in percentage points", head, rows);
    Some(section("moves", &heading, table))
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
    let counts = in_order(&report.manifest.included_under);
    let scale = Scale::of(counts.iter().map(|(_, count)| *count));
    let rows = counts.into_iter().map(|(rule, count)| {
        let is_in_force = rule == report.data.settings.consent_rule;
        let name = element("code", &[], rule);
        let name = if is_in_force { name + " " + flag("in force") } else { name };
        let meaning = small(ConsentRule::named(rule).map_or("", words::of_rule));
        let difference = match count.checked_sub(facts.included) {
            Some(0) => "–".to_owned(),
            Some(more) => format!("+{}", grouped(more)),
            None => format!("−{}", grouped(facts.included - count)),
        };
        let look = if is_in_force { Look::Plain } else { Look::Whole };
        TableRow::new(name + " " + meaning, [grouped(count), share(count, facts.read), difference])
            .with_bar(scale.bar(count, look, None))
    });
    let head = TableRow::new("Consent rule", ["Facts shared", "Of those read", "Difference"]);
    let table = table("Facts that each consent rule would share", head, rows);
    let intro = paragraph(format!(
        "“An active consent for the past five years” can be read in three ways. The policy chooses one; this is what \
         each would share.{}",
        scale.note()
    ));
    section("consent", "The three readings of consent", [intro, table])
}

/// Counts in the order of the consent rules.
fn in_order(counts: &Counts) -> Vec<(&str, u64)> {
    both(counts, None, ConsentRule::ALL.map(ConsentRule::name))
        .into_iter()
        .map(|(rule, n, _)| (rule, n))
        .collect()
}
