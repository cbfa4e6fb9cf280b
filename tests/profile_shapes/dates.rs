//! Dates in the forms that a profile may name.

use super::common::random::Dice;

/// Forms that an export may mix. None at all: dates are as without a profile.
pub(crate) const FORMS: [&[&str]; 12] = [
    &[],
    &["%Y-%m-%d"],
    &["%m/%d/%Y", "%F"],
    &["%d.%m.%Y", "%Y%m%d"],
    &["%d-%b-%y", "%Y%m%d"],
    &["%e %B %Y", "%D"],
    &["%Y-%j", "%b %e, %Y"],
    &["%m/%d/%Y %I:%M %p", "%F"],
    &["%d%b%Y:%H:%M:%S.%f"],
    &["%Y%m%d", "%d-%b-%Y", "%m/%d/%Y"],
    &["%y%j", "%m-%d-%y"],
    &["%Y_%m_%d", "%Y/%m/%d %T"],
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date as an export spells it.
pub(crate) struct Form {
    pub(crate) text: String,
    /// Whether a database may have it as a whole number.
    pub(crate) is_number: bool,
}

/// Spells `YYYY-MM-DD`, which may be no day of the calendar, in a form. What is not written so stays as it is.
pub(crate) fn spelled(date: &str, form: &str, dice: &mut Dice) -> Form {
    let parts: Option<Vec<usize>> = date.split('-').map(|part| part.parse().ok()).collect();
    let Some(&[year, month, day]) = parts.as_deref() else {
        return Form { text: date.to_owned(), is_number: false };
    };
    // Where no form is named a date is as without a profile, and has two digits everywhere.
    let form = if form.is_empty() { date } else { form };
    let form = form.replace("%F", "%Y-%m-%d").replace("%D", "%m/%d/%y").replace("%T", "%H:%M:%S");
    let has_time = ["%H", "%I"].iter().any(|part| form.contains(part));
    // Where digits stand beside a number it has two of them; two are right everywhere.
    let number = |number: usize, dice: &mut Dice, pair: &str| {
        let stands_alone = !pair.contains('%');
        if stands_alone && dice.one_in(2) { number.to_string() } else { format!("{number:02}") }
    };
    let mut text = String::new();
    let mut rest = form.as_str();
    while let Some(c) = rest.chars().next() {
        if c != '%' {
            text.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let letter = &rest[1..2];
        let before: String =
            text.chars().last().into_iter().filter(char::is_ascii_digit).map(|_| '%').collect();
        rest = &rest[2..];
        let beside = before + &rest[..rest.chars().next().map_or(0, char::len_utf8)];
        let month_name = MONTHS[month - 1];
        let in_any_case = |name: &str, dice: &mut Dice| match dice.below(3) {
            0 => name.to_uppercase(),
            1 => name.to_lowercase(),
            _ => name.to_owned(),
        };
        text += &match letter {
            "Y" => format!("{year:04}"),
            "y" => format!("{:02}", year % 100),
            "m" => number(month, dice, &beside),
            "d" => number(day, dice, &beside),
            "e" => format!("{day:2}").chars().skip(usize::from(day < 10 && dice.one_in(2))).collect(),
            "j" => day_of_year(year, month, day).map_or("999".to_owned(), |number| format!("{number:03}")),
            "b" => in_any_case(&month_name[..3], dice),
            "B" => in_any_case(month_name, dice),
            "H" => format!("{:02}", dice.below(24)),
            "I" => number(1 + dice.below(12), dice, &beside),
            "M" | "S" => format!("{:02}", dice.below(60)),
            "f" => dice.pick(&["0", "123", "123456"]).to_owned(),
            "p" => dice.pick(&["AM", "pm", "Pm"]).to_owned(),
            other => unreachable!("{other}"),
        };
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if !has_time && dice.one_in(4) {
        text += dice.pick(&[
            " 10:15",
            " 00:00:00.000",
            "T07:00:00Z",
            " 9:05 PM",
            " 12.00.00.000000 AM",
            " 11:59am",
        ]);
        return Form { text, is_number: false };
    }
    let is_number = is_number && dice.one_in(2);
    Form { text, is_number }
}

/// The number of a day in its year; none if the calendar lacks the day.
fn day_of_year(year: usize, month: usize, day: usize) -> Option<u32> {
    use chrono::Datelike;
    chrono::NaiveDate::from_ymd_opt(year as i32, month as u32, day as u32).map(|day| day.ordinal())
}
