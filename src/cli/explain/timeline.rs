//! A client's consents drawn against the lookback, the disaster and the vaccination.

use crate::explain::{ConsentAnswer, Days, FactAnswer};
use crate::value::Day;
use std::fmt::Write;

/// The width of the names and of the drawing; the dates stand behind it.
const NAME: usize = 13;
const CHART: usize = 30;

/// The drawing, a line for each thing.
pub(super) fn timeline(as_of: Day, fact: &FactAnswer) -> String {
    let scale = Scale::of(as_of, fact);
    let mut out = format!("  {:NAME$} {}\n", "", scale.years());
    let mut line = |name: &str, drawing: String, dates: String| {
        let _ = writeln!(out, "{}", format!("  {name:<NAME$} {drawing:<CHART$} {dates}").trim_end());
    };
    for (name, days) in [("lookback", fact.lookback), ("disaster", fact.disaster)] {
        let Days { first_day, last_day } = days;
        line(name, scale.bar(first_day, Some(last_day), b"[-]"), format!("{first_day} to {last_day}"));
    }
    line("vaccination", scale.mark(fact.vaccination_date, b'V'), fact.vaccination_date.to_string());
    for consent in &fact.consents {
        line(consent.consent_type, scale.consent(consent), dates_of(consent));
    }
    if fact.consents.is_empty() {
        line("consents", String::new(), "none".to_owned());
    }
    line("as of", scale.mark(as_of, b'^'), as_of.to_string());
    out
}

/// A consent's days, with the part it plays if it does not count.
fn dates_of(consent: &ConsentAnswer) -> String {
    let end = consent.end.map_or_else(|| "open".to_owned(), |end| end.to_string());
    let part = if consent.part == "counts" { "" } else { consent.part };
    let part = if part.is_empty() { String::new() } else { format!(" {part}") };
    format!("{} > {end}{part}", consent.effective)
}

/// Where days lie in the drawing.
struct Scale {
    first: u32,
    last: u32,
}

/// A day as a number that grows evenly enough to draw by: years of 372 days.
fn even(day: Day) -> u32 {
    day.year() * 372 + day.month_of_year() * 31 + day.day_of_month()
}

impl Scale {
    /// From a little before the first to a little after the last thing to be seen. Consents that began long before
    /// are cut off: what matters lies near the lookback.
    fn of(as_of: Day, fact: &FactAnswer) -> Scale {
        let long_ago = even(fact.lookback.first_day).saturating_sub(3 * 372);
        let fixed = [
            fact.lookback.first_day,
            fact.disaster.first_day,
            fact.disaster.last_day,
            fact.vaccination_date,
            as_of,
        ];
        let days = fixed.into_iter().chain(fact.consents.iter().map(|c| c.effective)).map(even);
        let first = days.clone().min().unwrap_or(long_ago).max(long_ago);
        let last = days.max().unwrap_or(first).min(even(as_of) + 3 * 372);
        Scale { first: first.saturating_sub(31), last: last + 93 }
    }

    /// The column of a day, cut off at the edges.
    fn column(&self, day: Day) -> usize {
        let span = u64::from(self.last - self.first).max(1);
        let offset = u64::from(even(day).clamp(self.first, self.last) - self.first);
        (offset * (CHART as u64 - 1) / span) as usize
    }

    fn mark(&self, day: Day, sign: u8) -> String {
        let sign = match even(day) {
            n if n < self.first => '<',
            n if n > self.last => '>',
            _ => char::from(sign),
        };
        format!("{:1$}{sign}", "", self.column(day))
    }

    /// From a first to a last day; open where there is none. `signs` are those of the first, the days between and
    /// the last.
    fn bar(&self, first: Day, last: Option<Day>, signs: &[u8; 3]) -> String {
        let [start, between, end] = signs.map(char::from);
        let from = self.column(first);
        let to = last.map_or(CHART - 1, |last| self.column(last));
        let mut bar: Vec<char> = vec![' '; from];
        bar.extend(std::iter::repeat_n(between, to.saturating_sub(from) + 1));
        bar[from] = if even(first) < self.first { '<' } else { start };
        let is_cut = last.is_none_or(|last| even(last) > self.last);
        if let (Some(sign), true) = (bar.last_mut(), to > from || last.is_some()) {
            *sign = if is_cut { '>' } else { end };
        }
        bar.into_iter().collect()
    }

    /// A consent: `=` where it counts, `.` where it does not; `W` a withdrawal, `x` another end.
    fn consent(&self, consent: &ConsentAnswer) -> String {
        let end = if consent.withdrawn { b'W' } else { b'x' };
        let day = if consent.part == "counts" { b'=' } else { b'.' };
        self.bar(consent.effective, consent.end, &[day, day, end])
    }

    /// The years, where there is room for them.
    fn years(&self) -> String {
        let mut line = String::new();
        for year in self.first / 372 + 1..=self.last / 372 {
            let Some(day) = Day::new(year, 1, 1) else { continue };
            let column = self.column(day);
            let is_free = line.is_empty() || line.len() < column;
            if is_free && column + 4 <= CHART {
                let _ = write!(line, "{:1$}{year}", "", column - line.len());
            }
        }
        line
    }
}
