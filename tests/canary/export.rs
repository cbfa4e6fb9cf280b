//! An export in which every value of a person's row is a marker, and every fault occurs.

#![allow(unreachable_pub, clippy::unwrap_used)] // A part of a test binary.

use crate::common::{Site, header};

/// What a marker of text begins with, in any case; nothing else anywhere does.
const MARK: &str = "xqz";

/// Markers where text won't do: days that occur nowhere else, unreadable ones too, and a number too long for an id.
pub const DAYS: [&str; 8] = [
    "1913-11-17",
    "1917-10-19",
    "2016-02-27",
    "2017-03-29",
    "2019-05-23",
    "1913-13-45",
    "2019-02-31",
    "1907-08-09",
];
pub const NUMBER: &str = "99999999999999999991";

/// Every marker that a text holds.
pub fn found_in(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text).to_lowercase();
    let mut found: Vec<String> =
        DAYS.iter().chain([&NUMBER]).filter(|mark| text.contains(**mark)).map(|m| (*m).to_owned()).collect();
    found.extend(text.match_indices(MARK).map(|(at, _)| text[at..].chars().take(20).collect()));
    found
}

/// A client's row.
pub fn client(id: &str, kind: &str, born: &str) -> String {
    format!(
        "{id},{kind},XqzFirst,\"XqzLast, Jr.\",XqzMiddle,{born},XqzSex,XqzRace,XqzState,XqzCounty,XqzZip,XqzNote"
    )
}

/// A row of immunizations.
pub fn fact(id: u32, client: &str, vaccine: &str, day: &str, rest: &str) -> String {
    format!("{id},{},{client},{vaccine},{day},{rest}", id + 100)
}

/// The whole export. It stops nothing if any share of rows may be unusable.
pub fn plant(site: &Site) {
    let day = DAYS[4];
    let good = "XqzGroup,7,5,N";
    let mut clients: Vec<String> =
        ["1", "2", "3", "4", "5", "6", "14", "15"].map(|id| client(id, "IA", DAYS[0])).into();
    clients.extend([
        client("7", "XqzType", DAYS[0]),
        client("Xqz8", "IA", DAYS[0]),
        client(NUMBER, "IA", DAYS[0]),
        client("9", "IA", DAYS[5]),
        client("", "IA", DAYS[0]),
        "10,IA,XqzMalformed,1913-11-17".to_owned(),
        client("11", "IA", DAYS[0]),
        client("11", "IA", DAYS[1]),
        client("12", "IA", DAYS[0]),
        client("12", "IA", DAYS[0]),
        client("16", "DC", DAYS[0]),
        client("13", "IA", "XqzBorn"),
        "17,IA,\"Xqz\nbroken\" field,XqzLast,,1913-11-17,,,,,,".to_owned(),
    ]);
    let mut consents: Vec<String> =
        ["1", "2", "3", "4", "7", "12"].map(|id| format!("{id},STANDARD,{},,", DAYS[2])).into();
    consents.extend([
        format!("3,STANDARD,{},{},WITHDRAWN", DAYS[2], DAYS[3]),
        format!("5,STANDARD,{},{},XqzReason", DAYS[2], DAYS[3]),
        "6,STANDARD,XqzDay,,".to_owned(),
        format!("14,XqzConsent,{},,", DAYS[2]),
        format!("15,STANDARD,{},,", DAYS[6]),
        format!("77,DISASTER,{},,EXPIRED", DAYS[2]),
        format!("1,STANDARD,{},,EXPIRED", DAYS[2]),
        format!("2,DISASTER,{},,WITHDRAWN", DAYS[2]),
    ]);
    let mut facts: Vec<String> = (1..=16).map(|id| fact(id, &id.to_string(), "3", day, good)).collect();
    facts.extend([
        fact(21, "1", "3", "XqzDay", good),
        fact(22, "1", "3", DAYS[6], good),
        fact(23, "1", "3", DAYS[7], good),
        fact(24, "1", "3", day, "XqzGroup,XqzOrdinal,5,N"),
        fact(25, "1", "3", day, "XqzGroup,7,5,XqzFlag"),
        fact(26, "1", "3", day, "XqzGroup,7,XqzOrg,N"),
        fact(27, "1", "3", day, "XqzGroup,7,66,N"),
        fact(28, "1", "XqzVaccine", day, good),
        fact(29, "1", "88", day, good),
        fact(30, NUMBER, "3", day, good),
        fact(31, "1", "3", "1900-01-01", good),
        "XqzImmunization,32,1,3,2019-05-23,XqzGroup,7,5,N".to_owned(),
        "33,XqzFact,1,3,2019-05-23,XqzGroup,7,5,N".to_owned(),
        "34,134,1,3,2019-05-23,XqzShort".to_owned(),
        // Late duplicates: equal, and differing.
        fact(4, "4", "3", day, good),
        fact(1, "1", "3", day, "XqzOther,7,5,N"),
    ]);
    let text = |rows: &[String]| rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    let mut bytes = format!("{},XqzColumn\n{}", header("clients"), text(&clients)).into_bytes();
    bytes.extend(b"18,IA,Xqz\xff\xfe,XqzLast,,1913-11-17,,,,,,\n");
    site.file("clients.csv", &bytes);
    site.file("consents.csv", format!("{}\n{}", header("consents"), text(&consents)).as_bytes());
    let mut bytes = format!("{}\n{}", header("immunizations"), text(&facts)).into_bytes();
    bytes.extend(b"35,135,1,3,2019-05-23,Xqz\xff,7,5,N");
    site.file("immunizations.csv", &bytes);
    site.rows("vaccines", &["3,03,"]);
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,"]);
}

/// Changes a file of the export.
pub fn change(site: &Site, file: &str, how: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let bytes = std::fs::read(site.export().join(file)).unwrap();
    site.file(file, &how(bytes));
}

/// The same with every line changed.
pub fn change_lines(site: &Site, file: &str, how: impl Fn(usize, &str) -> String) {
    change(site, file, |bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.lines().enumerate().map(|(place, line)| how(place, line) + "\n").collect::<String>().into_bytes()
    });
}
