//! Blank columns, and signs of bad entries in the registry's own data.

use super::facts::legend;
use super::recipients::some_of;
use super::{Report, counted, paragraph, section, share};
use crate::batch::{BirthdayHeap, Signs};
use crate::elements;
use crate::html::{Markup, TableRow, code, element, flag, small, table};
use crate::registry::Code;
use crate::report::svg::{Look, Scale};
use crate::report::words;
use crate::value::{Day, Month, grouped, spoilt, total};

pub(super) fn blanks(report: &Report<'_>) -> Markup {
    let included = report.manifest.facts.included;
    let blanks = &report.data.tally.blanks;
    if included == 0 {
        return section("blanks", "Blanks", paragraph("No fact is shared."));
    }
    let counted = elements::ALL.iter().filter_map(|element| Some((element.name, *blanks.get(element.name)?)));
    let (with, without): (Vec<_>, Vec<_>) = counted.partition(|(_, count)| *count > 0);
    let scale = Scale::of(with.iter().map(|(_, count)| *count));
    let rows = with.iter().map(|(name, count)| {
        TableRow::new(code(name), [grouped(*count), share(*count, included)]).with_bar(scale.bar(
            *count,
            Look::LeftOut,
            None,
        ))
    });
    let head = TableRow::new("Column", ["Blanks", "Of facts shared"]);
    let mut inside = Markup::default();
    if !without.is_empty() {
        let names = without.iter().map(|(name, _)| Markup::from(" ") + code(name));
        inside = inside
            + paragraph(Markup::from("These may be blank, and never are:") + names.collect::<Markup>() + ".");
    }
    inside = inside + paragraph(format!("All other columns always hold something.{}", scale.note()));
    if !with.is_empty() {
        inside = table("Blanks by column", head, rows) + inside;
    }
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

/// The rows of all tables that were lost because of their encoding.
fn lost_to_encoding(report: &Report<'_>) -> u64 {
    let tables = report.manifest.tables.values();
    total(tables.filter_map(|table| table.quarantined.get(Code::InvalidUtf8.name())))
}

/// Below so many facts a month may have none after the 12th by chance.
const LEAST_OF_A_MONTH: u64 = 20;

/// The months that are over and have no fact dated after the 12th, though they have facts enough: days and months may have
/// been swapped.
fn early_months(report: &Report<'_>) -> Vec<(Month, u64)> {
    let Some(signs) = &report.data.tally.signs else { return Vec::new() };
    let [begin, end] = report.data.settings.window;
    let last = end.min(report.manifest.as_of);
    let months =
        report.data.tally.by_month.iter().filter(|(month, count)| {
            **count >= LEAST_OF_A_MONTH && !signs.after_the_12th.contains_key(*month)
        });
    let first_day = |month: &str| Day::parse(format!("{month}-01").as_bytes());
    months
        .filter_map(|(month, count)| Some((first_day(month)?.month(), *count)))
        .filter(|(month, _)| (begin.month()..last.month()).contains(month))
        .collect()
}

/// How many facts have a CVX code for which this holds.
fn facts_with_cvx(report: &Report<'_>, holds: fn(&str) -> bool) -> u64 {
    total(report.data.tally.by_cvx.iter().filter(|(cvx, _)| holds(cvx)).map(|(_, count)| count))
}

fn is_number(cvx: &str) -> bool {
    !cvx.is_empty() && cvx.bytes().all(|b| b.is_ascii_digit())
}

/// A sign of bad source data, with how often it occurs.
struct Sign {
    name: &'static str,
    meaning: &'static str,
    count: u64,
    /// The point to look at, if this is one.
    point: Option<String>,
}

impl Sign {
    /// A sign that is a point to look at wherever it occurs. What is counted comes in its singular and its plural.
    fn new(name: &'static str, meaning: &'static str, count: u64, (one, more): (&str, &str)) -> Sign {
        let point = (count > 0).then(|| format!("{}.", counted(count, one, more)));
        Sign { name, meaning, count, point }
    }
}

/// Every sign that the batch's counts can tell of.
fn signs(report: &Report<'_>) -> Vec<Sign> {
    let mut all = vec![
        Sign::new(
            "Vaccinated before birth",
            "facts dated before the client's birth; they are not shared",
            before_birth(report),
            (
                "fact is dated before the client's birth, and could not be used",
                "facts are dated before the client's birth, and could not be used",
            ),
        ),
        Sign::new(
            "Another encoding",
            "rows of any table with bytes that are not the export's encoding; they are lost",
            lost_to_encoding(report),
            (
                "row was lost because it holds bytes that are not the export's encoding (INVALID_UTF8)",
                "rows were lost because they hold bytes that are not the export's encoding (INVALID_UTF8)",
            ),
        ),
        Sign::new(
            "One dose twice on a day",
            "times that a client has more than one dose of one CVX code on one day; they are shared",
            report.data.tally.same_day_again,
            (
                "time a client has more than one dose of one CVX code on one day",
                "times a client has more than one dose of one CVX code on one day",
            ),
        ),
        Sign::new(
            "CVX codes of one digit",
            "facts whose code may have lost its leading zero, as 3 for 03",
            facts_with_cvx(report, |cvx| is_number(cvx) && cvx.len() == 1),
            (
                "fact has a CVX code of one digit, which may have lost its leading zero",
                "facts have a CVX code of one digit, which may have lost its leading zero",
            ),
        ),
        Sign::new(
            "Long CVX codes",
            "facts whose code has more than three characters, as no CVX code has",
            facts_with_cvx(report, |cvx| spoilt::is_long_cvx(cvx.as_bytes())),
            (
                "fact has a CVX code of more than three characters",
                "facts have a CVX code of more than three characters",
            ),
        ),
    ];
    if let Some(counts) = &report.data.tally.signs {
        all.extend(signs_of_clients(report, counts));
    }
    all
}

/// The signs that batches of before 0.3.0 do not count.
fn signs_of_clients(report: &Report<'_>, counts: &Signs) -> [Sign; 8] {
    let early = early_months(report);
    let months: Vec<String> = early.iter().map(|(month, _)| words::month(*month)).collect();
    let months: Vec<&str> = months.iter().map(String::as_str).collect();
    let early = Sign {
        name: "No day above 12",
        meaning: "months with 20 facts or more, all of them dated from the 1st to the 12th: day and month may be swapped",
        count: months.len() as u64,
        point: (!months.is_empty()).then(|| {
            format!("No fact is dated after the 12th in {}. Were day and month swapped?", some_of(&months))
        }),
    };
    let named = |heap: &BirthdayHeap| {
        let share = share(heap.clients, heap.of);
        format!("{} ({}), {share} of {}", heap.name, heap.organization, counted(heap.of, "client", "clients"))
    };
    let organizations: Vec<String> = counts.birthday_heaps.iter().map(named).collect();
    let organizations: Vec<&str> = organizations.iter().map(String::as_str).collect();
    let birthdays = Sign {
        name: "Heaped birth dates",
        meaning: "organizations in which a tenth or more of the clients, and at least 20, are born on the same day of the \
                  year",
        count: organizations.len() as u64,
        point: (!organizations.is_empty()).then(|| {
            format!("Many clients are born on the same day of the year in {}.", some_of(&organizations))
        }),
    };
    let is_heap = counts.consents >= 100 && counts.consents_of_one_day >= counts.consents.div_ceil(5);
    let consents = Sign {
        name: "Consents of one day",
        meaning: "consents that begin on the day on which most begin; from a fifth of all on, it may be a placeholder",
        count: counts.consents_of_one_day,
        point: is_heap.then(|| {
            format!(
                "{} of {} ({}) begin on one and the same day. Is it a placeholder?",
                grouped(counts.consents_of_one_day),
                counted(counts.consents, "consent", "consents"),
                share(counts.consents_of_one_day, counts.consents)
            )
        }),
    };
    [
        Sign::new(
            "One dose on two days",
            "times that a client has doses of one CVX code, given by one organization, on two days running; they are \
             shared",
            counts.next_day_again,
            (
                "time a client has doses of one CVX code by one organization on two days running, which may be one dose entered twice",
                "times a client has doses of one CVX code by one organization on two days running, which may be one dose entered twice",
            ),
        ),
        early,
        Sign::new(
            "Lost characters",
            "clients with U+FFFD in a text, the sign for a character that was lost before the export",
            counts.lost_characters,
            (
                "client has a text in which characters were lost (U+FFFD)",
                "clients have a text in which characters were lost (U+FFFD)",
            ),
        ),
        Sign::new(
            "UTF-8 read twice",
            "clients with a text such as Ã± for ñ",
            counts.encoded_twice,
            (
                "client has a text that was read in a wrong encoding, as Ã± for ñ",
                "clients have a text that was read in a wrong encoding, as Ã± for ñ",
            ),
        ),
        Sign::new(
            "Short ZIP codes",
            "clients whose ZIP code has three or four digits and may have lost its leading zeros",
            counts.short_zip_codes,
            (
                "client has a ZIP code of three or four digits, which may have lost its leading zeros",
                "clients have a ZIP code of three or four digits, which may have lost its leading zeros",
            ),
        ),
        birthdays,
        Sign::new(
            "Born after the as-of date",
            "clients of the export, shared or not",
            counts.born_after_as_of,
            (
                "client of the export is born after the as-of date",
                "clients of the export are born after the as-of date",
            ),
        ),
        consents,
    ]
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
    points.extend(signs(report).into_iter().filter_map(|sign| sign.point));
    let unknown = unknown_cvx(report).unwrap_or_default();
    if !unknown.is_empty() {
        let codes = counted(unknown.len() as u64, "CVX code is", "CVX codes are");
        let facts = counted(total(unknown.iter().map(|(_, count)| count)), "fact", "facts");
        points.push(format!("{codes} not in CDC's code set, in {facts}."));
    }
    points
}

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let dates = subheading("Dates on the 1st and the 15th") + heaped_dates(report);
    let codes = subheading("CVX codes") + cvx_codes(report);
    let left = element("div", &[], dates + codes);
    let right = element("div", &[], subheading("How often each sign occurs") + all_signs(report));
    section("signs", "Signs of bad source data", element("div", &[("class", "pair")], [left, right]))
}

fn all_signs(report: &Report<'_>) -> Markup {
    let rows = signs(report).into_iter().map(|sign| {
        let name = Markup::from(sign.name) + " " + small(sign.meaning);
        TableRow::new(name, [grouped(sign.count)])
    });
    let table =
        table("Signs in the facts shared, unless it says otherwise", TableRow::new("Sign", ["Count"]), rows);
    match report.data.tally.signs {
        Some(_) => table,
        None => {
            let version = &report.manifest.tool.version;
            table
                + paragraph(format!(
                    "The batch was made by phds {version}, which did not count the other signs."
                ))
        }
    }
}

fn subheading(text: &str) -> Markup {
    element("h3", &[], text)
}

fn heaped_dates(report: &Report<'_>) -> Markup {
    let heaps = heaps(report);
    if heaps[0].all == 0 {
        return paragraph("No fact is shared.");
    }
    let scale = Scale::of(heaps.iter().flat_map(|heap| [heap.facts, heap.expected()]));
    let rows = heaps.each_ref().map(|heap| {
        let name = Markup::from(format!("On {} of a month", heap.name));
        let name = if heap.stands_out() { name + " " + flag("▲ many") } else { name };
        let look = if heap.stands_out() { Look::LeftOut } else { Look::Plain };
        TableRow::new(name, [grouped(heap.facts), share(heap.facts, heap.all), heap.times()])
            .with_bar(scale.bar(heap.facts, look, Some(heap.expected())))
    });
    let title = "Vaccinations dated on the 1st and the 15th";
    let head = TableRow::new("Dated", ["Facts", "Share", "Times what is expected"]);
    let intro = paragraph(
        "Where only the month was known, a date is often entered as the 1st or the 15th. Each comes in 12 of 365 days, \
         3.3%. From twice that it is marked, if there are 100 facts or more.",
    );
    intro + legend(&[("plain", "facts"), ("mark", "expected")]) + table(title, head, rows)
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
