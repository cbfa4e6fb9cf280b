//! The facts that are shared by the month of their vaccination.

use super::{Shown, paragraph, section};
use crate::report::html::{Cell, Markup, Row, Table, element};
use crate::report::svg::{Column, ColumnChart};
use crate::report::words;
use crate::value::{Day, grouped, total};
use std::collections::BTreeMap;

/// Months are shown one by one as long as there are no more than these.
const MOST_MONTHS: u32 = 144;

/// A month by its number since the year 0.
fn number(day: Day) -> u32 {
    day.year() * 12 + day.month_of_year() - 1
}

fn parse(month: &str) -> Option<u32> {
    Day::parse(format!("{month}-01").as_bytes()).map(number)
}

pub(super) fn section_of(shown: &Shown<'_>) -> Markup {
    let settings = &shown.data.settings;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (month, count) in &shown.data.tally.by_month {
        if let Some(month) = parse(month) {
            let of_month = counts.entry(month).or_default();
            *of_month = of_month.saturating_add(*count);
        }
    }
    let heading = "By month of vaccination";
    let (Some((&first, _)), Some((&last, _))) = (counts.first_key_value(), counts.last_key_value()) else {
        return section("months", heading, paragraph("No fact is shared."));
    };
    // All months that are shared, if that leaves the chart readable: a month without a fact is worth seeing.
    let window = settings.window.map(number);
    let ends = number(shown.manifest.as_of).min(window[1]).max(last);
    let (first, last) = match window[0].min(first) {
        begins if ends - begins < MOST_MONTHS => (begins, ends),
        _ => (first, last),
    };
    let disaster = settings.disaster_period.map(number);
    let (columns, table) = match last - first < MOST_MONTHS {
        true => (by_month(&counts, first, last, disaster), month_table(&counts, first, last)),
        false => (by_year(&counts, first, last, disaster), year_table(&counts, first, last)),
    };
    let most = counts.iter().max_by_key(|(month, count)| (**count, std::cmp::Reverse(**month)));
    let description = format!(
        "A column for each {} from {} to {}.{}",
        if last - first < MOST_MONTHS { "month" } else { "year" },
        name(first),
        name(last),
        most.map_or_else(String::new, |(month, count)| format!(
            " Most facts are of {}: {}.",
            name(*month),
            grouped(*count)
        ))
    );
    let [begin, end] = settings.disaster_period.map(words::day);
    let chart = ColumnChart {
        id: "chart-months",
        title: "Facts shared by month of vaccination",
        description: &description,
        columns,
        shade: "Disaster period",
    };
    let intro = paragraph(format!("The shade is the disaster period of the policy, {begin} to {end}."));
    let chart = element("figure", &[("class", "chart")], chart);
    section("months", heading, [intro, chart, table])
}

fn name(month: u32) -> String {
    let short = words::short_months().nth(month as usize % 12).unwrap_or_default();
    format!("{short} {}", month / 12)
}

fn is_within(month: u32, [first, last]: [u32; 2]) -> bool {
    (first..=last).contains(&month)
}

fn by_month(counts: &BTreeMap<u32, u64>, first: u32, last: u32, disaster: [u32; 2]) -> Vec<Column> {
    let column = |month: u32| Column {
        value: counts.get(&month).copied().unwrap_or(0),
        label: month.is_multiple_of(12).then(|| (month / 12).to_string()),
        is_shaded: is_within(month, disaster),
    };
    (first..=last).map(column).collect()
}

fn by_year(counts: &BTreeMap<u32, u64>, first: u32, last: u32, disaster: [u32; 2]) -> Vec<Column> {
    let years = first / 12..=last / 12;
    let step = (years.clone().count() as u32).div_ceil(8).max(1);
    let column = |year: u32| Column {
        value: of_year(counts, year),
        label: (year - first / 12).is_multiple_of(step).then(|| year.to_string()),
        is_shaded: is_within(year, disaster.map(|month| month / 12)),
    };
    years.map(column).collect()
}

fn of_year(counts: &BTreeMap<u32, u64>, year: u32) -> u64 {
    total(counts.range(year * 12..year * 12 + 12).map(|(_, count)| count))
}

/// A row for each month of the year, a column for each year.
fn month_table(counts: &BTreeMap<u32, u64>, first: u32, last: u32) -> Markup {
    let years = first / 12..=last / 12;
    let mut head = vec![Cell::text("Month")];
    head.extend(years.clone().map(|year| Cell::figure(year.to_string())));
    let mut rows: Vec<Row> = words::short_months()
        .zip(0..)
        .map(|(name, month)| {
            let mut cells = vec![Cell::text(name)];
            cells.extend(years.clone().map(|year| match year * 12 + month {
                month if month < first || month > last => Cell::figure(""),
                month => Cell::count(counts.get(&month).copied().unwrap_or(0)),
            }));
            Row { cells, is_sum: false }
        })
        .collect();
    let mut sum = vec![Cell::text("Year")];
    sum.extend(years.map(|year| Cell::count(of_year(counts, year))));
    rows.push(Row { cells: sum, is_sum: true });
    Table { caption: "Facts shared by month of vaccination", head, rows }.into()
}

fn year_table(counts: &BTreeMap<u32, u64>, first: u32, last: u32) -> Markup {
    let row = |year: u32| Row::of([Cell::text(year.to_string()), Cell::count(of_year(counts, year))]);
    let head = vec![Cell::text("Year"), Cell::figure("Facts")];
    let rows = (first / 12..=last / 12).map(row).collect();
    Table { caption: "Facts shared by year of vaccination", head, rows }.into()
}
