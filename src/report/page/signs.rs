//! What the figures say of the registry's own data: blanks, and signs of bad entries.

use super::{Shown, counted, figure, paragraph, section, share};
use crate::elements;
use crate::registry::Code;
use crate::report::html::{Cell, Markup, Row, Table, code, element};
use crate::report::svg::{Bar, BarChart, Look};
use crate::value::{grouped, total};

pub(super) fn blanks(shown: &Shown<'_>) -> Markup {
    let included = shown.manifest.facts.included;
    let blanks = &shown.data.tally.blanks;
    let columns: Vec<(&str, u64)> =
        elements::ALL.iter().filter_map(|e| Some((e.name, *blanks.get(e.name)?))).collect();
    let bars = columns.iter().map(|(name, count)| Bar {
        label: (*name).to_owned(),
        figure: share(*count, included),
        start: 0,
        end: *count,
        look: Look::LeftOut,
        mark: None,
    });
    let rows = columns.iter().map(|(name, count)| {
        Row::of([Cell::text(code(name)), Cell::count(*count), Cell::figure(share(*count, included))])
    });
    let most = columns.iter().max_by_key(|(_, count)| *count);
    let description = format!(
        "Share of blanks in {} columns that may be blank.{}",
        columns.len(),
        most.map_or_else(String::new, |(name, count)| format!(
            " Among those with most is {name} with {}.",
            share(*count, included)
        ))
    );
    let chart = BarChart {
        id: "chart-blanks",
        title: "Blanks by column",
        description: &description,
        bars: bars.collect(),
        scale: included,
        is_chain: false,
    };
    let head = vec![Cell::text("Column"), Cell::figure("Blanks"), Cell::figure("Of facts shared")];
    let table = Table { caption: "Blanks by column", head, rows: rows.collect() };
    let intro = paragraph("All other columns always hold something.");
    let inside = match included {
        0 => paragraph("No fact is shared."),
        _ => Markup::from([intro, figure(chart, table)]),
    };
    section("blanks", "Blanks", inside)
}

/// A day of the month on which dates are heaped when somebody knew the month alone.
struct Heap {
    name: &'static str,
    facts: u64,
    all: u64,
}

impl Heap {
    /// In twelve of the 365 days of a year.
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

fn heaps(shown: &Shown<'_>) -> [Heap; 2] {
    let days = &shown.data.tally.by_day_of_month;
    let all = total(days);
    [("the 1st", 0), ("the 15th", 14)].map(|(name, place)| Heap {
        name,
        facts: days.get(place).copied().unwrap_or(0),
        all,
    })
}

fn before_birth(shown: &Shown<'_>) -> u64 {
    let quarantined = &shown.manifest.facts.quarantined;
    quarantined.get(Code::VaccinatedBeforeBirth.name()).copied().unwrap_or(0)
}

/// CVX codes that are not in the code set; none if there is no set to look in.
fn unknown_cvx<'a>(shown: &Shown<'a>) -> Option<Vec<(&'a str, u64)>> {
    let set = shown.cvx?;
    let codes = shown.data.tally.by_cvx.iter().map(|(code, count)| (code.as_str(), *count));
    Some(codes.filter(|(code, _)| !code.is_empty() && !set.has(code)).collect())
}

/// What is to be looked at.
pub(super) fn points(shown: &Shown<'_>) -> Vec<String> {
    let mut points = Vec::new();
    for heap in heaps(shown).iter().filter(|heap| heap.stands_out()) {
        points.push(format!(
            "{} of the vaccinations are dated on {} of a month, {} times what is expected.",
            share(heap.facts, heap.all),
            heap.name,
            heap.times()
        ));
    }
    let before_birth = before_birth(shown);
    if before_birth > 0 {
        let facts = counted(before_birth, "fact is", "facts are");
        points.push(format!("{facts} dated before the client's birth, and could not be used."));
    }
    let again = shown.data.tally.same_day_again;
    if again > 0 {
        let times = counted(again, "time", "times");
        points.push(format!("{times} a client has more than one dose of one CVX code on one day."));
    }
    let unknown = unknown_cvx(shown).unwrap_or_default();
    if !unknown.is_empty() {
        let codes = counted(unknown.len() as u64, "CVX code is", "CVX codes are");
        let facts = counted(total(unknown.iter().map(|(_, count)| count)), "fact", "facts");
        points.push(format!("{codes} not in CDC's code set, in {facts}."));
    }
    points
}

pub(super) fn bad_data(shown: &Shown<'_>) -> Markup {
    let inside = [
        subheading("Dates on the 1st and the 15th"),
        heaped_dates(shown),
        subheading("Doubtful doses"),
        doubtful_doses(shown),
        subheading("CVX codes"),
        cvx_codes(shown),
    ];
    section("signs", "Signs of bad source data", inside)
}

fn subheading(text: &str) -> Markup {
    element("h3", &[], text)
}

fn heaped_dates(shown: &Shown<'_>) -> Markup {
    let heaps = heaps(shown);
    if heaps[0].all == 0 {
        return paragraph("No fact is shared.");
    }
    let bars = heaps.iter().map(|heap| Bar {
        label: format!("Dated on {}", heap.name),
        figure: share(heap.facts, heap.all),
        start: 0,
        end: heap.facts,
        look: if heap.stands_out() { Look::LeftOut } else { Look::Plain },
        mark: Some(heap.expected()),
    });
    let rows = heaps.iter().map(|heap| {
        let mut name = Markup::from(format!("On {} of a month", heap.name));
        if heap.stands_out() {
            name.push(" ");
            name.push(element("strong", &[("class", "flag")], "▲ many"));
        }
        Row::of([
            Cell::text(name),
            Cell::count(heap.facts),
            Cell::figure(share(heap.facts, heap.all)),
            Cell::figure("3.3%"),
            Cell::figure(heap.times()),
        ])
    });
    let [first, fifteenth] = &heaps;
    let description = format!(
        "{} of the vaccinations are dated on the 1st of a month and {} on the 15th; about 3.3% are expected for each.",
        share(first.facts, first.all),
        share(fifteenth.facts, fifteenth.all)
    );
    let most = heaps.iter().flat_map(|heap| [heap.facts, heap.expected()]).max().unwrap_or(0);
    let chart = BarChart {
        id: "chart-heaps",
        title: "Vaccinations dated on the 1st and the 15th",
        description: &description,
        bars: bars.collect(),
        // Room for the mark of what is expected.
        scale: most.saturating_add(most / 4).saturating_add(1),
        is_chain: false,
    };
    let head = vec![
        Cell::text("Dated"),
        Cell::figure("Facts"),
        Cell::figure("Share"),
        Cell::figure("Expected"),
        Cell::figure("Times"),
    ];
    let table = Table { caption: "Vaccinations dated on the 1st and the 15th", head, rows: rows.collect() };
    let intro = paragraph(
        "Where only the month was known, a date is often entered as the 1st or the 15th. Each comes in 12 of 365 days, \
         3.3%. From twice that it is marked, if there are 100 facts or more.",
    );
    let key = super::facts::key(&[("plain", "facts"), ("mark", "expected")]);
    Markup::from([intro, key, figure(chart, table)])
}

fn doubtful_doses(shown: &Shown<'_>) -> Markup {
    let row = |what: &str, meaning: &str, count: u64| {
        let meaning = element("small", &[], meaning);
        Row::of([Cell::text([Markup::from(what), Markup::from(" "), meaning]), Cell::count(count)])
    };
    let rows = vec![
        row(
            "Before birth",
            "facts dated before the client's birth; they are not shared",
            before_birth(shown),
        ),
        row(
            "Same client, day and CVX code",
            "times that a client has more than one dose of one code on one day; they are shared",
            shown.data.tally.same_day_again,
        ),
    ];
    let head = vec![Cell::text("Sign"), Cell::figure("Count")];
    Table { caption: "How often each sign occurs", head, rows }.into()
}

fn cvx_codes(shown: &Shown<'_>) -> Markup {
    let codes = shown.data.tally.by_cvx.keys().filter(|code| !code.is_empty()).count() as u64;
    let Some(unknown) = unknown_cvx(shown) else {
        return paragraph(vec![
            Markup::from(format!("The facts hold {}. ", counted(codes, "CVX code", "different CVX codes"))),
            Markup::from("To compare with CDC's code set, run "),
            element("code", &[("class", "command")], "phds report DIR --cvx FILE"),
            Markup::from("."),
        ]);
    };
    if unknown.is_empty() {
        let codes = counted(codes, "CVX code is", "CVX codes are");
        return paragraph(format!("Compared with CDC's code set: {codes} in it, none is unknown."));
    }
    let rows = unknown.iter().map(|(cvx, count)| Row::of([Cell::text(code(cvx)), Cell::count(*count)]));
    let head = vec![Cell::text("CVX code"), Cell::figure("Facts")];
    let intro = paragraph(format!(
        "{} of the batch's {} are not in CDC's code set.",
        grouped(unknown.len() as u64),
        counted(codes, "CVX code", "CVX codes")
    ));
    let table = Table { caption: "CVX codes that CDC's code set does not have", head, rows: rows.collect() };
    Markup::from([intro, table.into()])
}
