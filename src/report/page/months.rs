//! The facts that are shared by the month of their vaccination.

use super::{Report, paragraph, section};
use crate::html::{Markup, TableRow, element, table};
use crate::report::svg::{Column, column_chart};
use crate::report::words;
use crate::value::{Day, grouped, total};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Months are shown one by one as long as there are no more than these.
const MOST_MONTHS: u32 = 144;

/// The facts of a span of months. A month is a number: that of the months since the year 0.
struct Months {
    counts: BTreeMap<u32, u64>,
    first: u32,
    last: u32,
}

fn number(day: Day) -> u32 {
    day.year() * 12 + day.month_of_year() - 1
}

fn name(month: u32) -> String {
    let short = words::short_months().nth(month as usize % 12).unwrap_or_default();
    format!("{short} {}", month / 12)
}

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let settings = &report.data.settings;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (month, count) in &report.data.tally.by_month {
        if let Some(day) = Day::parse(format!("{month}-01").as_bytes()) {
            let of_month = counts.entry(number(day)).or_default();
            *of_month = of_month.saturating_add(*count);
        }
    }
    let heading = "By month of vaccination";
    let most = counts.iter().max_by_key(|(month, count)| (**count, Reverse(**month)));
    let (Some((&first, _)), Some((&last, _)), Some((&most, &count))) =
        (counts.first_key_value(), counts.last_key_value(), most)
    else {
        return section("months", heading, paragraph("No fact is shared."));
    };
    // All months that are shared, if that leaves the chart readable: a month without a fact is worth seeing.
    let window = settings.window.map(number);
    let end = number(report.manifest.as_of).min(window[1]).max(last);
    let begin = window[0].min(first);
    let (first, last) = if end - begin < MOST_MONTHS { (begin, end) } else { (first, last) };
    let months = Months { counts, first, last };
    let disaster = settings.disaster_period.map(number);
    let (unit, columns, table) = if last - first < MOST_MONTHS {
        ("month", months.columns(1, disaster), months.month_table())
    } else {
        ("year", months.columns(12, disaster), months.year_table())
    };
    let description = format!(
        "A column for each {unit} from {} to {}. Most facts are of {}: {}.",
        name(first),
        name(last),
        name(most),
        grouped(count)
    );
    let title = "Facts shared by month of vaccination";
    let chart = column_chart("chart-months", title, &description, "Disaster period", &columns);
    let [begin, end] = settings.disaster_period.map(words::day);
    let intro = paragraph(format!("The shade is the disaster period of the policy, {begin} to {end}."));
    section("months", heading, [intro, element("figure", &[("class", "chart")], chart), table])
}

impl Months {
    /// The facts of so many months.
    fn total(&self, first: u32, months: u32) -> u64 {
        total(self.counts.range(first..first + months).map(|(_, count)| count))
    }

    fn years(&self) -> RangeInclusive<u32> {
        self.first / 12..=self.last / 12
    }

    /// Columns of one month or of twelve, with the years below them as far as there is room.
    fn columns(&self, months: u32, disaster: [u32; 2]) -> Vec<Column> {
        let step = (self.years().count() as u32).div_ceil(8).max(1);
        let [begin, end] = disaster.map(|month| month / months);
        let column = |number: u32| {
            let year = number * months / 12;
            let has_label = if months == 1 {
                number.is_multiple_of(12)
            } else {
                (year - self.first / 12).is_multiple_of(step)
            };
            Column {
                value: self.total(number * months, months),
                label: has_label.then(|| year.to_string()),
                is_shaded: (begin..=end).contains(&number),
            }
        };
        (self.first / months..=self.last / months).map(column).collect()
    }

    /// A row for each month of the year, a column for each year.
    fn month_table(&self) -> Markup {
        let rows = words::short_months().zip(0..).map(|(name, month)| {
            let figure = |month| {
                let is_shown = (self.first..=self.last).contains(&month);
                if is_shown { grouped(self.total(month, 1)) } else { String::new() }
            };
            TableRow::new(name, self.years().map(|year| figure(year * 12 + month)))
        });
        let sums = self.years().map(|year| grouped(self.total(year * 12, 12)));
        let sum = TableRow { is_sum: true, ..TableRow::new("Year", sums) };
        let head = TableRow::new("Month", self.years().map(|year| year.to_string()));
        table("Facts shared by month of vaccination", head, rows.chain([sum]))
    }

    fn year_table(&self) -> Markup {
        let row = |year: u32| TableRow::new(year.to_string(), [grouped(self.total(year * 12, 12))]);
        let head = TableRow::new("Year", ["Facts"]);
        table("Facts shared by year of vaccination", head, self.years().map(row))
    }
}
