//! Which file holds which table, and which of its columns is which.

use super::columns::Held;
use super::lines::RawCell;
use super::names::{LIKE, Likeness, OWN_NAME, has_word, is_of_known_words, likeness, table_likeness};
use super::words::{is_coded, known_codes};
use crate::registry::Table;
use crate::registry::source::header_name;
use crate::registry::tables::{
    Kind, MOST_COLUMNS, clients, consents, immunizations, organizations, vaccines,
};
use std::collections::{HashMap, HashSet};

/// A file, or a table of a database, that may be a table of section 1.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    /// The header's names, cleaned.
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<RawCell>>,
    /// What each column holds.
    pub(super) held: Vec<Held>,
    /// Whether all of it was looked at.
    pub(super) is_whole: bool,
}

/// What is taken for a table.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// Its place among the candidates.
    pub(super) candidate: usize,
    pub(super) columns: [Option<Choice>; MOST_COLUMNS],
    /// How well it fits: 1 and more is well.
    score: f64,
    /// Another candidate that fits about as well.
    pub(super) rival: Option<usize>,
}

/// What is taken for a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Choice {
    pub(super) field: usize,
    /// How like its name is.
    pub(super) likeness: Likeness,
    /// How much speaks for it.
    score: i32,
    /// Another column for which about as much speaks.
    pub(super) rival: Option<usize>,
    /// Whether so much speaks for the other that neither can be taken.
    pub(super) is_open: bool,
}

/// The ids by which tables name rows of another.
#[derive(Default, Debug)]
struct Keys<'c> {
    ids: HashMap<Table, (&'c HashSet<u64>, bool)>,
}

/// So much must speak for a column.
const ENOUGH: i32 = 50;

/// A table's fit must be so good.
const GOOD: f64 = 0.55;

/// A rival's fit is so much worse at most.
const NEAR: f64 = 0.1;

/// Finds what is taken for each table.
pub(super) fn assign(candidates: &[Candidate]) -> [Option<Fit>; Table::ALL.len()] {
    let none = Keys::default();
    let mut fits: Vec<(Table, Fit)> = Vec::new();
    for table in Table::ALL {
        for place in 0..candidates.len() {
            fits.push((table, fit(table, place, candidates, &none)));
        }
    }
    fits.retain(|(_, fit)| fit.score >= GOOD);
    fits.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score));
    let mut found: [Option<Fit>; Table::ALL.len()] = Default::default();
    for (table, fit) in fits {
        let is_taken = found.iter().flatten().any(|other| other.candidate == fit.candidate);
        match &mut found[table as usize] {
            taken @ None if !is_taken => *taken = Some(fit),
            Some(taken) if !is_taken && taken.rival.is_none() && taken.score - fit.score < NEAR => {
                taken.rival = Some(fit.candidate);
            }
            _ => {}
        }
    }
    // Now that it is known which columns are keys, ids tell more.
    let mut keys = Keys::default();
    for table in [Table::Clients, Table::Vaccines, Table::Organizations] {
        let (Some(fit), Some(column)) = (&found[table as usize], table.key_column()) else { continue };
        if let Some(choice) = fit.columns[column] {
            let candidate = &candidates[fit.candidate];
            keys.ids.insert(table, (&candidate.held[choice.field].id_set, candidate.is_whole));
        }
    }
    for table in Table::ALL {
        if let Some(found) = &mut found[table as usize] {
            found.columns = fit(table, found.candidate, candidates, &keys).columns;
        }
    }
    found
}

/// How a candidate fits a table.
fn fit(table: Table, place: usize, candidates: &[Candidate], keys: &Keys<'_>) -> Fit {
    let candidate = &candidates[place];
    let columns = choose_columns(table, candidate, keys);
    let weight = |choice: &Choice| if choice.likeness >= LIKE { 1.0 } else { 0.5 };
    let found: f64 = columns.iter().flatten().map(weight).sum();
    let named = columns.iter().flatten().filter(|choice| choice.likeness >= LIKE).count();
    let all = table.columns().len();
    let is_missing = |(column, choice): (&crate::registry::tables::Column, &Option<Choice>)| {
        column.required && choice.is_none()
    };
    let missing = table.columns().iter().zip(&columns).filter(|pair| is_missing(*pair)).count();
    // What no name speaks for may be anything.
    let is_table = named >= 2 || named == 1 && table_likeness(&candidate.name, table) >= LIKE;
    let by_name = f64::from(table_likeness(&candidate.name, table)) / 100.0 * 0.35;
    // Of two tables that a file may be, it is the one of which it has more columns.
    let more = 0.03 * named as f64;
    let score = if is_table { found / all as f64 + by_name + more - 0.15 * missing as f64 } else { 0.0 };
    Fit { candidate: place, columns, score, rival: None }
}

fn choose_columns(table: Table, candidate: &Candidate, keys: &Keys<'_>) -> [Option<Choice>; MOST_COLUMNS] {
    let mut scores: Vec<(i32, usize, usize, Likeness)> = Vec::new();
    for (place, column) in table.columns().iter().enumerate() {
        for (field, name) in candidate.header.iter().enumerate() {
            let likeness = likeness(name, table, column.name);
            let evidence = evidence(table, place, candidate, field, keys);
            let score = match likeness {
                // What has a column's very name is that column, however few of its values can be used.
                OWN_NAME => OWN_NAME as i32 + evidence.clamp(-20, 15),
                LIKE.. => likeness as i32 + evidence.clamp(-100, 15),
                _ => evidence,
            };
            if score >= ENOUGH {
                scores.push((score, place, field, likeness));
            }
        }
    }
    scores.sort_by_key(|(score, place, field, _)| (-score, *place, *field));
    let mut chosen: [Option<Choice>; MOST_COLUMNS] = [None; MOST_COLUMNS];
    let mut taken = HashSet::new();
    for (score, place, field, likeness) in &scores {
        if chosen[*place].is_none() && taken.insert(*field) {
            chosen[*place] = Some(Choice {
                field: *field,
                likeness: *likeness,
                score: *score,
                rival: None,
                is_open: false,
            });
        }
    }
    choose_last_date(table, candidate, &mut chosen, &mut taken);
    for (place, choice) in chosen.iter_mut().enumerate() {
        let Some(choice) = choice.as_mut().filter(|choice| choice.likeness < OWN_NAME) else { continue };
        let others = scores.iter().filter(|(_, other, field, _)| *other == place && !taken.contains(field));
        if let Some((score, _, field, _)) = others.max_by_key(|(score, ..)| *score)
            && choice.score - score <= 6
        {
            (choice.rival, choice.is_open) = (Some(*field), choice.score - score <= 2);
        }
    }
    chosen
}

/// If one date of a table is not found yet, and one column holds dates that is none of the others, that is it.
fn choose_last_date(
    table: Table,
    candidate: &Candidate,
    chosen: &mut [Option<Choice>; MOST_COLUMNS],
    taken: &mut HashSet<usize>,
) {
    let missing: Vec<usize> = (0..table.columns().len())
        .filter(|place| table.columns()[*place].kind == Kind::Date && chosen[*place].is_none())
        .collect();
    // Clients may have their consents in columns too.
    let is_of_consent =
        |name: &str| ["CONSENT", "STANDARD", "DISASTER", "WITHDRAWN"].iter().any(|word| has_word(name, word));
    let may_be_it = |field: &usize| {
        let held = &candidate.held[*field];
        !taken.contains(field)
            && held.are_nearly_all(held.dates)
            && !(table == Table::Clients && is_of_consent(&candidate.header[*field]))
    };
    let free: Vec<usize> = (0..candidate.held.len()).filter(may_be_it).collect();
    // An end of a consent is too much to be taken for by what it holds alone.
    if let ([place], [field]) = (missing.as_slice(), free.as_slice())
        && table.columns()[*place].required
    {
        chosen[*place] =
            Some(Choice { field: *field, likeness: 0, score: ENOUGH, rival: None, is_open: false });
        taken.insert(*field);
    }
}

const STATES: [&str; 56] = [
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND",
    "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC",
    "PR", "GU", "VI", "AS", "MP",
];
const SEXES: [&str; 9] = ["M", "F", "U", "X", "O", "MALE", "FEMALE", "UNKNOWN", "OTHER"];
const GROUPS: [&str; 22] = [
    "DTAP", "TDAP", "TD", "HEPA", "HEPB", "HIB", "MMR", "VAR", "POL", "POLIO", "FLU", "COV", "COVID-19",
    "RSV", "HPV", "PCV", "PNEUMO", "MEN", "MENB", "ROTA", "ZOS", "RV",
];
const RACES: [&str; 10] = [
    "WHITE",
    "BLACK",
    "ASIAN",
    "HISPANIC",
    "HISPANIC OR LATINO",
    "BLACK OR AFRICAN AMERICAN",
    "OTHER",
    "AMERICAN INDIAN",
    "NATIVE HAWAIIAN",
    "UNKNOWN",
];

/// What speaks for a field, by what it holds, as a column: enough alone from [`ENOUGH`] on; below zero it speaks against it.
fn evidence(table: Table, place: usize, candidate: &Candidate, field: usize, keys: &Keys<'_>) -> i32 {
    let held = &candidate.held[field];
    if held.filled == 0 {
        return if table.columns()[place].required && !candidate.rows.is_empty() { -60 } else { 0 };
    }
    let if_all =
        |count: usize, then: i32, otherwise: i32| if held.are_nearly_all(count) { then } else { otherwise };
    if is_coded(table, place) {
        let known = held.among(&known_codes(table, place));
        return match () {
            () if held.are_nearly_all(known)
                && (table, place) != (Table::Immunizations, immunizations::DISASTER_FLAG) =>
            {
                58
            }
            () if held.are_nearly_all(known) => 12,
            // That is no code.
            () if held.has_more_values || held.values.len() > 200 => -100,
            () if held.are_nearly_all(held.dates) => -100,
            () => 0,
        };
    }
    match (table, place, table.columns()[place].kind) {
        (_, _, Kind::Id) => if_all(held.ids, evidence_of_id(table, place, candidate, held, keys), -100),
        (_, _, Kind::Date) => match held.are_nearly_all(held.dates) {
            true => 10,
            false if held.dates * 2 >= held.filled => 0,
            false => -100,
        },
        (_, _, Kind::Count) => if_all(held.ids, 55, -100),
        (_, _, Kind::Ordinal) => if_all(held.small_numbers, 40, 0),
        (_, _, Kind::Cvx) => if_all(held.ids.min(held.filled), 5, -10),
        (Table::Clients, clients::ZIP_CODE, _)
        | (Table::Organizations, organizations::PROVIDER_ZIP_CODE, _) => if_all(held.zips, 54, -10),
        (Table::Clients, clients::STATE_CODE, _)
        | (Table::Organizations, organizations::PROVIDER_STATE, _) => if_all(held.among(&STATES), 53, 0),
        (Table::Clients, clients::SEX_CODE, _) => if_all(held.among(&SEXES), 54, 0),
        (Table::Clients, clients::RACE_AND_ETHNICITY, _) => {
            i32::from(held.among(&RACES) * 2 >= held.filled) * 52
        }
        (Table::Immunizations, immunizations::VACCINE_GROUP, _) => {
            i32::from(held.among(&GROUPS) * 2 >= held.filled) * 53
        }
        _ => if_all(held.dates, -60, 0),
    }
}

/// The table whose rows an id names, and how much it speaks for a column that its values are ids there.
fn evidence_of_id(table: Table, place: usize, candidate: &Candidate, held: &Held, keys: &Keys<'_>) -> i32 {
    if table.key_column() == Some(place) {
        return if held.is_unique() { 12 } else { -12 };
    }
    let other = match (table, place) {
        (Table::Consents, consents::CLIENT_ID) | (Table::Immunizations, immunizations::CLIENT_ID) => {
            Table::Clients
        }
        (Table::Immunizations, immunizations::VACCINE_ID) => Table::Vaccines,
        (Table::Immunizations, immunizations::GIVEN_BY_ORG_ID) => Table::Organizations,
        (Table::Vaccines, vaccines::VACCINE_ID) | (Table::Organizations, organizations::ORG_ID) => return 0,
        _ => return 0,
    };
    let Some((ids, is_whole)) = keys.ids.get(&other) else { return 0 };
    match held.share_found_in(ids) {
        // Of a few small numbers it is no wonder.
        90.. if held.id_set.len() >= 5 => 56,
        90.. => 15,
        0..30 if *is_whole && candidate.is_whole && !ids.is_empty() => -60,
        _ => 0,
    }
}

impl Candidate {
    /// Whether nothing suggests that the header is a row of persons, or has swallowed one. `columns` are what is taken for
    /// columns of a table.
    pub(super) fn has_sure_header(&self, columns: &[Option<Choice>]) -> bool {
        let named = columns.iter().flatten().filter(|choice| choice.likeness >= LIKE).count();
        let names = self.header.iter().filter(|name| !name.is_empty());
        let known = names.clone().filter(|name| is_of_known_words(name)).count();
        let is_name = |name: &String| header_name(name).is_some();
        let stands_below =
            |(name, held): (&String, &Held)| held.values.keys().any(|value| value.eq_ignore_ascii_case(name));
        named >= 2
            && known * 3 >= names.clone().count()
            && names.clone().all(is_name)
            && !self.header.iter().zip(&self.held).any(stands_below)
    }

    /// The name of a column as it may be shown.
    pub(super) fn shown_name(&self, field: usize, is_sure: bool) -> Option<String> {
        let name = &self.header[field];
        header_name(name).filter(|_| is_sure || is_of_known_words(name))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::registry::guess::dates::DateReader;

    /// A candidate from a name and lines of text.
    pub(in crate::registry::guess) fn candidate(name: &str, lines: &[&str]) -> Candidate {
        let split = |line: &str| {
            line.split(',').map(|text| RawCell { text: text.into(), is_quoted: false }).collect::<Vec<_>>()
        };
        let header: Vec<String> = lines[0].split(',').map(str::to_owned).collect();
        let rows: Vec<Vec<RawCell>> = lines[1..].iter().map(|line| split(line)).collect();
        let reader = DateReader::new();
        let held =
            (0..header.len()).map(|field| Held::new(rows.iter().map(|row| &row[field]), &reader)).collect();
        Candidate { name: name.to_owned(), header, rows, held, is_whole: true }
    }

    /// What is taken for the columns of a table, in their order, by the header's names.
    fn columns(candidates: &[Candidate], table: Table) -> Vec<String> {
        let found = assign(candidates);
        let Some(fit) = &found[table as usize] else { return Vec::new() };
        let candidate = &candidates[fit.candidate];
        let name = |place: usize| {
            fit.columns[place].map_or("-".to_owned(), |choice| candidate.header[choice.field].clone())
        };
        (0..table.columns().len()).map(name).collect()
    }

    const PEOPLE: &[&str] = &[
        "PAT_ID,REG_TYPE,FNAME,LNAME,MI,DOB,GENDER,RACE,ST,COUNTY,ZIP,NOTE",
        "7,IA,Ana,Ruiz,,1990-05-05,F,White,TX,Travis,78701,x",
        "8,IC,Bo,Ruiz,,2019-05-05,M,White,TX,Travis,78701,x",
        "9,IC,Cy,Ruiz,,2019-06-05,M,White,TX,Travis,78701,x",
        "11,IC,Di,Ruiz,,2019-06-06,M,White,TX,Travis,78701,x",
        "12,IC,Ed,Ruiz,,2019-06-07,M,White,TX,Travis,78701,x",
    ];

    #[test]
    fn finds_columns_by_name_and_by_what_they_hold() {
        let people = candidate("PERSON.txt", PEOPLE);
        let expect =
            ["PAT_ID", "REG_TYPE", "FNAME", "LNAME", "MI", "DOB", "GENDER", "RACE", "ST", "COUNTY", "ZIP"];
        assert_eq!(columns(&[people], Table::Clients), expect);
        // Names that say nothing: what they hold says it.
        let odd: Vec<String> = PEOPLE
            .iter()
            .map(|line| line.replace("GENDER", "Q7").replace("DOB", "Q8").replace("REG_TYPE", "Q9"))
            .collect();
        let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
        let found = columns(&[candidate("PERSON.txt", &odd)], Table::Clients);
        assert_eq!((&*found[1], &*found[5], &*found[6]), ("Q9", "Q8", "Q7"));
    }

    #[test]
    fn ids_are_found_by_the_rows_that_they_name() {
        let consents = candidate(
            "CONSENT.txt",
            &[
                "WHO,KIND,EFF_DT,END_DT,END_RSN",
                "7,STANDARD,2020-01-01,,",
                "8,STANDARD,2020-01-01,,",
                "9,STANDARD,2020-01-01,,",
                "11,STANDARD,2020-01-01,,",
                "12,DISASTER,2020-01-01,,",
            ],
        );
        let found = columns(&[candidate("PERSON.txt", PEOPLE), consents], Table::Consents);
        assert_eq!(found, ["WHO", "KIND", "EFF_DT", "END_DT", "END_RSN"]);
    }

    #[test]
    fn a_column_of_the_wrong_kind_is_not_taken() {
        let odd: Vec<String> = PEOPLE
            .iter()
            .map(|line| line.replace("-05,", "-xx,").replace("-06,", "-xx,").replace("-07,", "-xx,"))
            .collect();
        let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
        let found = columns(&[candidate("PERSON.txt", &odd)], Table::Clients);
        assert_eq!(found[clients::BIRTH_DATE], "-");
    }

    #[test]
    fn two_that_fit_are_left_open() {
        let found = assign(&[candidate(
            "PERSON.txt",
            &["PAT_ID,FNAME,LNAME,BIRTH_DT,BRTH_DT,SEX", "7,Ana,Ruiz,1990-05-05,1990-05-06,F"],
        )]);
        let choice = found[Table::Clients as usize].as_ref().unwrap().columns[clients::BIRTH_DATE].unwrap();
        assert!(choice.is_open && choice.rival.is_some());
        let both = [candidate("PERSON_06.txt", PEOPLE), candidate("PERSON_07.txt", PEOPLE)];
        assert!(assign(&both)[Table::Clients as usize].as_ref().unwrap().rival.is_some());
    }

    #[test]
    fn a_header_that_may_be_a_row_shows_no_names() {
        let sure = |lines: &[&str]| {
            let candidate = candidate("PERSON.txt", lines);
            let fit = fit(Table::Clients, 0, std::slice::from_ref(&candidate), &Keys::default());
            let is_sure = candidate.has_sure_header(&fit.columns);
            let shown = (0..candidate.header.len()).filter_map(|field| candidate.shown_name(field, is_sure));
            (is_sure, shown.collect::<Vec<_>>().join(","))
        };
        assert_eq!(sure(&["PAT_ID,FNAME,QUIRK", "7,Ana,x"]), (true, "PAT_ID,FNAME,QUIRK".to_owned()));
        // A row behind the header, without a line end between them.
        assert_eq!(sure(&["PAT_ID,FNAME,Ana,1990-05-05", "7,Bo,x,y"]), (false, "PAT_ID,FNAME".to_owned()));
        // A name that stands below too.
        assert_eq!(sure(&["PAT_ID,FNAME,Ruiz", "7,Ana,Ruiz"]), (false, "PAT_ID,FNAME".to_owned()));
        // No header at all.
        assert_eq!(sure(&["Ana,Ruiz,Travis", "Bo,Smith,Travis"]), (false, String::new()));
    }
}
