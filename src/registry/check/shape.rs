//! What stands where a row fails: a shape such as M/D/YYYY, never the value.
//!
//! A shape is worked out only for a row that is quarantined, so that the rows that can be used pay nothing for it.

use crate::registry::tables::{Column, Kind};
use crate::value::{Day, name::WordForNothing, spoilt};
use strum::Display;

/// What stands where a row fails. The set is closed, so that no value can get into a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Display)]
pub enum Shape {
    /// Every column is blank.
    #[strum(to_string = "a line of nothing but delimiters")]
    OnlyDelimiters,
    /// The column's own name.
    #[strum(to_string = "the header again (two exports in one file, or a header on every page?)")]
    HeaderAgain,
    #[strum(to_string = "blank")]
    Blank,
    #[strum(to_string = "a word for nothing, {0}")]
    WordForNothing(WordForNothing),
    #[strum(to_string = "M/D/YYYY")]
    MonthDayYear,
    #[strum(to_string = "M/D/YY")]
    MonthDayShortYear,
    #[strum(to_string = "M-D-YYYY")]
    MonthDayYearDashes,
    #[strum(to_string = "D.M.YYYY")]
    DayMonthYearPoints,
    #[strum(to_string = "YYYY/M/D")]
    YearMonthDaySlashes,
    #[strum(to_string = "YYYYMMDD")]
    CompactDay,
    #[strum(to_string = "DD-MON-YY")]
    DayMonthName,
    #[strum(to_string = "Month D, YYYY")]
    MonthNameDay,
    /// The right form with a day that the calendar lacks, or a year that is too early.
    #[strum(to_string = "YYYY-MM-DD, but no day from 1880 to 9999")]
    NoSuchDay,
    /// The same of a form that a profile has.
    #[strum(to_string = "a form of the profile's, but no day from 1880 to 9999")]
    NoSuchDayOfForm,
    /// Of an end, which may be a withdrawal.
    #[strum(to_string = "a day that means \"not known\" in the profile")]
    UnknownDay,
    #[strum(to_string = "YYYY-MM-DD and something behind it that is no time")]
    DayAndMore,
    #[strum(to_string = "seconds since 1970")]
    EpochSeconds,
    #[strum(to_string = "milliseconds since 1970")]
    EpochMilliseconds,
    #[strum(to_string = "a Julian day number")]
    JulianDay,
    #[strum(to_string = "a day number, as R (days since 1970) and spreadsheets have it")]
    DayNumber,
    #[strum(to_string = "scientific notation (digits are lost at the source)")]
    Scientific,
    #[strum(to_string = "a number with thousands separators")]
    ThousandsSeparators,
    #[strum(to_string = "a number with a minus sign")]
    Negative,
    #[strum(to_string = "a decimal number")]
    Decimal,
    #[strum(to_string = "a number that is too large")]
    TooLarge,
    #[strum(to_string = "digits")]
    Digits,
    #[strum(to_string = "quotes, an apostrophe or = before it, as spreadsheets keep text")]
    Wrapped,
    #[strum(to_string = "a backslash (in CSV a quote inside a value is doubled, not escaped)")]
    Backslash,
    #[strum(to_string = "longer than any value of this column")]
    TooLong,
    #[strum(to_string = "letters")]
    Letters,
    /// Bytes that windows-1252 has characters for.
    #[strum(to_string = "bytes that fit windows-1252")]
    Windows1252,
    #[strum(to_string = "bytes of no encoding that is known here")]
    OtherBytes,
    #[strum(to_string = "fewer fields than the header")]
    FewerFields,
    #[strum(to_string = "more fields than the header")]
    MoreFields,
    #[strum(to_string = "line breaks in which rows may be lost")]
    OverLines,
    #[strum(to_string = "an end before the beginning")]
    EndBeforeStart,
    #[strum(to_string = "blank, beside the reason WITHDRAWN")]
    WithdrawnWithoutEnd,
    #[strum(to_string = "something else")]
    Other,
}

/// No id, date, code or number is longer.
const LONGEST: usize = 40;

impl Shape {
    /// What a text is that cannot be a value of the column.
    pub(super) fn of(column: &Column, text: &[u8]) -> Shape {
        if text.is_empty() {
            return Shape::Blank;
        }
        let text = String::from_utf8_lossy(text);
        let plain = text.trim_start_matches('\u{feff}');
        if is_name_of(plain, column) {
            return Shape::HeaderAgain;
        }
        if let Some(word) = WordForNothing::of(plain) {
            return Shape::WordForNothing(word);
        }
        let pattern = Pattern::of(plain);
        let date = if column.kind == Kind::Date { pattern.date(plain) } else { None };
        date.or_else(|| pattern.number()).unwrap_or_else(|| Shape::of_text(plain))
    }

    fn of_text(text: &str) -> Shape {
        if text.starts_with(['\'', '"', '=']) {
            Shape::Wrapped
        } else if text.contains('\\') {
            Shape::Backslash
        } else if text.len() > LONGEST {
            Shape::TooLong
        } else if text.chars().all(|c| c.is_alphabetic() || c.is_whitespace()) {
            Shape::Letters
        } else {
            Shape::Other
        }
    }

    /// What bytes are that are not UTF-8.
    pub(super) fn of_undecoded(bytes: &[u8]) -> Shape {
        // windows-1252 leaves these open. UTF-8 that was cut holds bytes of this kind more often than text does.
        let is_open = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
        if bytes.iter().any(is_open) { Shape::OtherBytes } else { Shape::Windows1252 }
    }
}

/// What a record is that cannot be split into the header's columns.
pub(super) fn shape_of_record(record: &[u8], fields: usize, width: usize) -> Shape {
    if record.windows(2).any(|pair| pair == b"\\\"") {
        return Shape::Backslash;
    }
    // However many fields there are, a record over several lines has come of a quote that stands alone.
    let is_over_lines = record.strip_suffix(b"\n").unwrap_or(record).contains(&b'\n');
    match fields.cmp(&width) {
        _ if is_over_lines => Shape::OverLines,
        std::cmp::Ordering::Less => Shape::FewerFields,
        std::cmp::Ordering::Equal => Shape::OverLines,
        std::cmp::Ordering::Greater => Shape::MoreFields,
    }
}

/// A text with each run of digits as `d` and each run of letters as `a`, and the runs' lengths.
struct Pattern {
    text: String,
    lengths: Vec<usize>,
    /// Whether the only run of letters is an E, as in 1.2E+18.
    has_exponent: bool,
}

impl Pattern {
    fn of(text: &str) -> Pattern {
        let (mut pattern, mut lengths, mut letters) = (String::new(), Vec::new(), String::new());
        for c in text.chars() {
            let run = if c.is_ascii_digit() {
                'd'
            } else if c.is_alphabetic() {
                letters.push(c);
                'a'
            } else {
                pattern.push(c);
                continue;
            };
            if pattern.ends_with(run) {
                lengths.last_mut().into_iter().for_each(|length| *length += 1);
            } else {
                pattern.push(run);
                lengths.push(1);
            }
        }
        Pattern { text: pattern, lengths, has_exponent: letters.eq_ignore_ascii_case("e") }
    }

    /// A day, or a moment, in another form than YYYY-MM-DD.
    fn date(&self, text: &str) -> Option<Shape> {
        let begins = |pattern: &str| self.text.starts_with(pattern);
        let length = |run: usize| self.lengths.get(run).copied().unwrap_or(0);
        if begins("d/d/d") {
            return match (length(0), length(2)) {
                (4, _) => Some(Shape::YearMonthDaySlashes),
                (_, 4) => Some(Shape::MonthDayYear),
                (_, 2) => Some(Shape::MonthDayShortYear),
                _ => None,
            };
        }
        if begins("d-d-d") {
            return match (length(0), length(2), self.text.as_str()) {
                (4, 2, "d-d-d") => Some(Shape::NoSuchDay),
                // The time may be fine, and the day be none.
                (4, 2, _) if Day::parse(&text.as_bytes()[..10]).is_none() => Some(Shape::NoSuchDay),
                (4, 2, _) => Some(Shape::DayAndMore),
                (_, 4, _) => Some(Shape::MonthDayYearDashes),
                _ => None,
            };
        }
        if begins("d.d.d") && length(2) == 4 {
            return Some(Shape::DayMonthYearPoints);
        }
        if (begins("d-a-d") || begins("dad") || begins("d a d")) && length(1) >= 3 {
            return Some(Shape::DayMonthName);
        }
        if begins("a d, d") || begins("a d d") {
            return Some(Shape::MonthNameDay);
        }
        let number = self.text.trim_start_matches('-');
        if !matches!(number, "d" | "d.d") {
            return None;
        }
        let digits = text.trim_start_matches('-');
        match (length(0), number) {
            (12 | 13, _) => Some(Shape::EpochMilliseconds),
            (9 | 10, _) => Some(Shape::EpochSeconds),
            (8, "d") => Some(Shape::CompactDay),
            (7, _) if digits.starts_with("24") || digits.starts_with("23") => Some(Shape::JulianDay),
            (4 | 5, _) => Some(Shape::DayNumber),
            _ => None,
        }
    }

    fn number(&self) -> Option<Shape> {
        let number = self.text.trim_start_matches(['-', '+']);
        if self.has_exponent && matches!(number, "dad" | "da+d" | "da-d" | "d.dad" | "d.da+d" | "d.da-d") {
            return Some(Shape::Scientific);
        }
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "d"));
        let has_groups = whole.contains(',') && whole.split(',').all(|group| group == "d");
        if has_groups && decimals == "d" && self.lengths[1..whole.split(',').count()].iter().all(|n| *n == 3)
        {
            return Some(Shape::ThousandsSeparators);
        }
        match number {
            "d" if self.text != number => Some(Shape::Negative),
            "d" if self.lengths[0] >= 19 => Some(Shape::TooLarge),
            "d" => Some(Shape::Digits),
            "d.d" => Some(Shape::Decimal),
            _ => None,
        }
    }
}

/// Something odd in a row that can be used: it goes out as it is, and is likely not meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Display)]
pub enum Sign {
    #[strum(to_string = "a word for nothing, {0}, taken as text")]
    WordForNothing(WordForNothing),
    /// The same as a responsible entity.
    #[strum(to_string = "a word for nothing, {0}, taken as blank")]
    EntityForNothing(WordForNothing),
    #[strum(to_string = "a backslash before a quote or apostrophe: backslash escapes?")]
    BackslashEscape,
    /// A header that no rule keeps from being a row: `recipients` holds nothing but names.
    #[strum(to_string = "the header again (two exports in one file?), taken as a row")]
    HeaderAgain,
    #[strum(to_string = "text that was decoded wrongly once (U+FFFD, or \u{c3} and a sign)")]
    WronglyDecoded,
    #[strum(to_string = "3 or 4 digits: leading zeros are lost at the source?")]
    LostZeros,
    #[strum(to_string = "1 digit: a leading zero is lost at the source?")]
    ShortCvx,
    #[strum(to_string = "more than 3 digits: no CVX code")]
    LongCvx,
    /// The first day that some databases have, or the last.
    #[strum(to_string = "a day that often stands for an unknown one or for none")]
    PlaceholderDay,
}

impl Sign {
    /// What is odd about a day, if anything is.
    pub(in crate::registry) fn of_day(day: Day) -> Option<Sign> {
        let is_placeholder =
            [(1900, 1, 1), (9999, 12, 31)].map(|(year, month, of_month)| Day::new(year, month, of_month));
        is_placeholder.contains(&Some(day)).then_some(Sign::PlaceholderDay)
    }

    /// What is odd in the text of a column, if anything is.
    pub(in crate::registry) fn of(column: &Column, text: &[u8]) -> Option<Sign> {
        if column.kind == Kind::Cvx && spoilt::is_long_cvx(text) {
            return Some(Sign::LongCvx);
        }
        if column.name.ends_with("ZIP_CODE") && spoilt::has_lost_zeros(text) {
            return Some(Sign::LostZeros);
        }
        if column.kind == Kind::Cvx && matches!(text, [b'0'..=b'9']) {
            return Some(Sign::ShortCvx);
        }
        if is_escaped(text) {
            return Some(Sign::BackslashEscape);
        }
        let text = std::str::from_utf8(text).ok()?;
        // The other columns of `recipients` would only tell the same again.
        if column.name == "RECIPIENT" && is_name_of(text, column) {
            return Some(Sign::HeaderAgain);
        }
        let bytes = text.as_bytes();
        if !text.is_ascii() && (spoilt::has_lost_characters(bytes) || spoilt::is_encoded_twice(bytes)) {
            return Some(Sign::WronglyDecoded);
        }
        // The longest of the words has six letters, or more with characters that do not show.
        let may_be_word = text.len() <= LONGEST;
        let is_blank_then = column.name == "RESPONSIBLE_ENTITY";
        let sign = if is_blank_then { Sign::EntityForNothing } else { Sign::WordForNothing };
        WordForNothing::of(if may_be_word { text } else { "" }).map(sign)
    }
}

/// Whether a backslash stands where a quote or an apostrophe was to be escaped. Of `"O\"Brien"` the quote behind the
/// backslash ends the value for whoever reads CSV, and what is left is `O\Brien"`.
pub(super) fn is_escaped(text: &[u8]) -> bool {
    let escapes = |pair: &[u8]| matches!(pair, [b'\\', b'"' | b'\'']);
    text.contains(&b'\\') && (text.ends_with(b"\"") || text.windows(2).any(escapes))
}

/// Whether a text is the column's own name. A file that was appended to another may begin with a byte order mark.
fn is_name_of(text: &str, column: &Column) -> bool {
    text.trim_start_matches('\u{feff}').eq_ignore_ascii_case(column.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Table;
    use crate::registry::tables::{clients, consents, organizations, recipients, vaccines};

    fn word(text: &str) -> WordForNothing {
        WordForNothing::of(text).unwrap()
    }

    #[test]
    fn tells_the_shape_of_a_date() {
        let column = &Table::Clients.columns()[clients::BIRTH_DATE];
        let check =
            |text: &str, expect: Shape| assert_eq!(Shape::of(column, text.as_bytes()), expect, "{text}");
        check("", Shape::Blank);
        check("06/01/2024", Shape::MonthDayYear);
        check("2/17/2022 9:50", Shape::MonthDayYear);
        check("00/00/0000", Shape::MonthDayYear);
        check("6/1/24", Shape::MonthDayShortYear);
        check("06-01-2024", Shape::MonthDayYearDashes);
        check("1.6.2024", Shape::DayMonthYearPoints);
        check("2024/06/01", Shape::YearMonthDaySlashes);
        check("20240601", Shape::CompactDay);
        check("01-JUN-24", Shape::DayMonthName);
        check("31-OCT-2023", Shape::DayMonthName);
        check("01JUN2024", Shape::DayMonthName);
        check("Dec 8, 2022", Shape::MonthNameDay);
        check("2024-02-30", Shape::NoSuchDay);
        check("0091-04-15", Shape::NoSuchDay);
        check("2024-02-30 10:00", Shape::NoSuchDay);
        check("2024-02-03T", Shape::DayAndMore);
        check("1717200000", Shape::EpochSeconds);
        check("1717200000000", Shape::EpochMilliseconds);
        check("-315619200000", Shape::EpochMilliseconds);
        check("1717200000000.0", Shape::EpochMilliseconds);
        check("2460462.5", Shape::JulianDay);
        check("19875", Shape::DayNumber);
        check("45444.5", Shape::DayNumber);
        check("1.7172E+12", Shape::Scientific);
        check("NULL", Shape::WordForNothing(word("null")));
        check("\\N", Shape::WordForNothing(word("\\n")));
        check("birth_date", Shape::HeaderAgain);
        check("\u{feff}BIRTH_DATE", Shape::HeaderAgain);
        check("soon", Shape::Letters);
        check("'2024-06-01", Shape::Wrapped);
        check("?", Shape::Other);
    }

    #[test]
    fn tells_the_shape_of_other_values() {
        let check = |table: Table, place: usize, text: &str, expect: Shape| {
            assert_eq!(Shape::of(&table.columns()[place], text.as_bytes()), expect, "{text}");
        };
        let id = |text: &str, expect: Shape| check(Table::Clients, clients::CLIENT_ID, text, expect);
        id("1.000E+03", Shape::Scientific);
        id("1.0e15", Shape::Scientific);
        id("1,234,567", Shape::ThousandsSeparators);
        id("1,23", Shape::Other);
        id("-5", Shape::Negative);
        id("7.5", Shape::Decimal);
        id("9223372036854775808", Shape::TooLarge);
        id("CLIENT_ID", Shape::HeaderAgain);
        id("=\"7\"", Shape::Wrapped);
        id("7\\", Shape::Backslash);
        id("x", Shape::Letters);
        id(&"7 ".repeat(30), Shape::TooLong);
        check(Table::Consents, consents::END_REASON, "1", Shape::Digits);
        check(Table::Vaccines, vaccines::PRODUCT_CLASS, "n/a", Shape::WordForNothing(word("n/a")));
    }

    #[test]
    fn tells_the_shape_of_records_and_bytes() {
        assert_eq!(shape_of_record(b"7,\"O\\\"Brien, Jr.\"", 3, 2), Shape::Backslash);
        assert_eq!(shape_of_record(b"7", 1, 2), Shape::FewerFields);
        assert_eq!(shape_of_record(b"7,8,9", 3, 2), Shape::MoreFields);
        assert_eq!(shape_of_record(b"7,8,9\r\n", 3, 2), Shape::MoreFields);
        assert_eq!(shape_of_record(b"7,\"8\n9\"\n", 2, 2), Shape::OverLines);
        assert_eq!(shape_of_record(b"7,\"8\n9\",5\n", 3, 2), Shape::OverLines);
        assert_eq!(Shape::of_undecoded(b"Mu\xf1oz"), Shape::Windows1252);
        assert_eq!(Shape::of_undecoded(b"\x81\xff"), Shape::OtherBytes);
    }

    #[test]
    fn sees_signs_of_bad_source_data() {
        let check = |place: usize, text: &str, expect: Option<Sign>| {
            assert_eq!(Sign::of(&Table::Clients.columns()[place], text.as_bytes()), expect, "{text}");
        };
        let name = |text: &str, expect: Option<Sign>| check(clients::LAST_NAME, text, expect);
        name("O\\'Brien", Some(Sign::BackslashEscape));
        name("O\\Brien\"", Some(Sign::BackslashEscape));
        name("C:\\x", None);
        name("C:\\", None);
        name("O\\\"Brien", Some(Sign::BackslashEscape));
        name("Pe\u{c3}\u{b1}a", Some(Sign::WronglyDecoded));
        name("\u{c3}\u{2030}tienne", Some(Sign::WronglyDecoded));
        name("Pe\u{fffd}a", Some(Sign::WronglyDecoded));
        name("Pe\u{f1}a", None);
        name("NULL", Some(Sign::WordForNothing(word("null"))));
        name("\\N", Some(Sign::WordForNothing(word("\\n"))));
        check(clients::ZIP_CODE, "501", Some(Sign::LostZeros));
        check(clients::ZIP_CODE, "00501", None);
        let cvx = &Table::Vaccines.columns()[vaccines::CVX_CODE];
        assert_eq!(Sign::of(cvx, b"33332032102"), Some(Sign::LongCvx));
        assert_eq!(Sign::of(cvx, b"3"), Some(Sign::ShortCvx));
        assert_eq!(Sign::of(cvx, b"03"), None);
        let entity = |table: Table| Sign::of(&table.columns()[recipients::RESPONSIBLE_ENTITY], b"RECIPIENT");
        assert_eq!(entity(Table::Recipients), None);
        let recipient = &Table::Recipients.columns()[recipients::RECIPIENT];
        assert_eq!(Sign::of(recipient, "\u{feff}Recipient".as_bytes()), Some(Sign::HeaderAgain));
        let entity = &Table::Organizations.columns()[organizations::RESPONSIBLE_ENTITY];
        assert_eq!(Sign::of(entity, b"NULL"), Some(Sign::EntityForNothing(word("null"))));
    }
}
