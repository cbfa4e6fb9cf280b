//! Blank columns, and signs of bad entries in the registry's own data.

use super::facts::legend;
use super::{Report, counted, figure, paragraph, section, share};
use crate::elements;
use crate::registry::Code;
use crate::report::html::{Markup, TableRow, code, element, flag, small, table};
use crate::report::svg::{Bar, Look, bar_chart};
use crate::value::{grouped, total};

pub(super) fn blanks(report: &Report<'_>) -> Markup {
    let included = report.manifest.facts.included;
    let blanks = &report.data.tally.blanks;
    let columns: Vec<(&str, u64)> =
        elements::ALL.iter().filter_map(|e| Some((e.name, *blanks.get(e.name)?))).collect();
    let bars =
        columns.iter().map(|(name, count)| Bar::new(*name, share(*count, included), *count, Look::LeftOut));
    let rows = columns
        .iter()
        .map(|(name, count)| TableRow::new(code(name), [grouped(*count), share(*count, included)]));
    let mut description = format!("Share of blanks in {} columns that may be blank.", columns.len());
    if let Some((name, count)) = columns.iter().max_by_key(|(_, count)| *count) {
        description += &format!(" Among those with most is {name} with {}.", share(*count, included));
    }
    let title = "Blanks by column";
    let chart = bar_chart("chart-blanks", title, &description, included, &bars.collect::<Vec<_>>());
    let table = table(title, TableRow::new("Column", ["Blanks", "Of facts shared"]), rows);
    let inside = if included == 0 {
        paragraph("No fact is shared.")
    } else {
        paragraph("All other columns always hold something.") + figure(chart, table)
    };
    section("blanks", "Blanks", inside)
}

/// The facts dated on a day of the month that is often entered when only the month is known.
struct Heap {
    name: &'static str,
    facts: u64,
    all: u64,
}

impl Heap {
    /// The day comes in twelve of the 365 days of a year.
    fn expected(&self) -> u64 {
        (u128::from(self.all) * 12 / 365) as u64
    }

    /// At least twice what is expected, and facts enough for it not to be chance.
    fn stands_out(&self) -> bool {
        self.all >= 100 && u128::from(self.facts) * 365 >= 2 * 12 * u128::from(self.all)
    }

    fn times(&self) -> String {
        let tenths = match u128::from(self.all) * 12 {
            0 => return "–".to_owned(),
            expected => (u128::from(self.facts) * 3650 + expected / 2) / expected,
        };
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

fn heaps(report: &Report<'_>) -> [Heap; 2] {
    let days = &report.data.tally.by_day_of_month;
    let all = total(days);
    [("the 1st", 0), ("the 15th", 14)].map(|(name, place)| Heap {
        name,
        facts: days.get(place).copied().unwrap_or(0),
        all,
    })
}

fn before_birth(report: &Report<'_>) -> u64 {
    let quarantined = &report.manifest.facts.quarantined;
    quarantined.get(Code::VaccinatedBeforeBirth.name()).copied().unwrap_or(0)
}

/// CVX codes that are not in the code set; none if there is no set to look in.
fn unknown_cvx<'a>(report: &Report<'a>) -> Option<Vec<(&'a str, u64)>> {
    let set = report.cvx?;
    let codes = report.data.tally.by_cvx.iter().map(|(code, count)| (code.as_str(), *count));
    Some(codes.filter(|(code, _)| !code.is_empty() && !set.has(code)).collect())
}

/// The points to look at.
pub(super) fn points(report: &Report<'_>) -> Vec<String> {
    let mut points = Vec::new();
    for heap in heaps(report).iter().filter(|heap| heap.stands_out()) {
        points.push(format!(
            "{} of the vaccinations are dated on {} of a month, {} times what is expected.",
            share(heap.facts, heap.all),
            heap.name,
            heap.times()
        ));
    }
    let before_birth = before_birth(report);
    if before_birth > 0 {
        let facts = counted(before_birth, "fact is", "facts are");
        points.push(format!("{facts} dated before the client's birth, and could not be used."));
    }
    let again = report.data.tally.same_day_again;
    if again > 0 {
        let times = counted(again, "time", "times");
        points.push(format!("{times} a client has more than one dose of one CVX code on one day."));
    }
    let unknown = unknown_cvx(report).unwrap_or_default();
    if !unknown.is_empty() {
        let codes = counted(unknown.len() as u64, "CVX code is", "CVX codes are");
        let facts = counted(total(unknown.iter().map(|(_, count)| count)), "fact", "facts");
        points.push(format!("{codes} not in CDC's code set, in {facts}."));
    }
    points
}

pub(super) fn bad_data(report: &Report<'_>) -> Markup {
    let inside = [
        subheading("Dates on the 1st and the 15th"),
        heaped_dates(report),
        subheading("Doubtful doses"),
        doubtful_doses(report),
        subheading("CVX codes"),
        cvx_codes(report),
    ];
    section("signs", "Signs of bad source data", inside)
}

fn subheading(text: &str) -> Markup {
    element("h3", &[], text)
}

fn heaped_dates(report: &Report<'_>) -> Markup {
    let heaps = heaps(report);
    if heaps[0].all == 0 {
        return paragraph("No fact is shared.");
    }
    let bars = heaps.each_ref().map(|heap| {
        let look = if heap.stands_out() { Look::LeftOut } else { Look::Plain };
        let bar = Bar::new(format!("Dated on {}", heap.name), share(heap.facts, heap.all), heap.facts, look);
        Bar { mark: Some(heap.expected()), ..bar }
    });
    let rows = heaps.each_ref().map(|heap| {
        let name = Markup::from(format!("On {} of a month", heap.name));
        let name = if heap.stands_out() { name + " " + flag("▲ many") } else { name };
        let share = share(heap.facts, heap.all);
        TableRow::new(name, [grouped(heap.facts), share, "3.3%".to_owned(), heap.times()])
    });
    let [first, fifteenth] = heaps.each_ref().map(|heap| share(heap.facts, heap.all));
    let description = format!(
        "{first} of the vaccinations are dated on the 1st of a month and {fifteenth} on the 15th; about 3.3% are \
         expected for each."
    );
    // Room for the mark of what is expected.
    let most = heaps.iter().flat_map(|heap| [heap.facts, heap.expected()]).max().unwrap_or(0);
    let scale = most.saturating_add(most / 4).saturating_add(1);
    let title = "Vaccinations dated on the 1st and the 15th";
    let chart = bar_chart("chart-heaps", title, &description, scale, &bars);
    let table = table(title, TableRow::new("Dated", ["Facts", "Share", "Expected", "Times"]), rows);
    let intro = paragraph(
        "Where only the month was known, a date is often entered as the 1st or the 15th. Each comes in 12 of 365 days, \
         3.3%. From twice that it is marked, if there are 100 facts or more.",
    );
    intro + legend(&[("plain", "facts"), ("mark", "expected")]) + figure(chart, table)
}

fn doubtful_doses(report: &Report<'_>) -> Markup {
    let row = |sign: &str, meaning: &str, count: u64| {
        TableRow::new(Markup::from(sign) + " " + small(meaning), [grouped(count)])
    };
    let rows = [
        row(
            "Before birth",
            "facts dated before the client's birth; they are not shared",
            before_birth(report),
        ),
        row(
            "Same client, day and CVX code",
            "times that a client has more than one dose of one code on one day; they are shared",
            report.data.tally.same_day_again,
        ),
    ];
    table("How often each sign occurs", TableRow::new("Sign", ["Count"]), rows)
}

fn cvx_codes(report: &Report<'_>) -> Markup {
    let codes = report.data.tally.by_cvx.keys().filter(|code| !code.is_empty()).count() as u64;
    let Some(unknown) = unknown_cvx(report) else {
        let codes = counted(codes, "CVX code", "different CVX codes");
        let text = format!("The facts hold {codes}. To compare with CDC's code set, run ");
        let command = element("code", &[("class", "command")], "phds report DIR --cvx FILE");
        return paragraph(Markup::from(text) + command + ".");
    };
    if unknown.is_empty() {
        let codes = counted(codes, "CVX code is", "CVX codes are");
        return paragraph(format!("Compared with CDC's code set: {codes} in it, none is unknown."));
    }
    let intro = paragraph(format!(
        "{} of the batch's {} are not in CDC's code set.",
        grouped(unknown.len() as u64),
        counted(codes, "CVX code", "CVX codes")
    ));
    let rows = unknown.iter().map(|(cvx, count)| TableRow::new(code(cvx), [grouped(*count)]));
    let head = TableRow::new("CVX code", ["Facts"]);
    intro + table("CVX codes that CDC's code set does not have", head, rows)
}
