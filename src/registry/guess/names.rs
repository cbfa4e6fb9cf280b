//! What names of files and columns say: how like they are to the tables and columns of section 1.
//!
//! A name is taken apart into words, and each word is replaced by the one that it means: `PAT_DOB` is CLIENT BIRTH DATE.

use crate::registry::Table;

/// How like a name is to that of a column: of 100.
pub(super) type Likeness = u32;

/// Nothing but the column's own name is as like.
pub(super) const OWN_NAME: Likeness = 100;

/// From here on a name speaks for itself.
pub(super) const LIKE: Likeness = 60;

/// Words that registries use, by what they mean. What means nothing is left out.
const WORDS: &[(&str, &[&str])] = &[
    (
        "CLIENT",
        &[
            "CLIENT",
            "CLIENTS",
            "CLNT",
            "CLI",
            "PATIENT",
            "PATIENTS",
            "PAT",
            "PT",
            "PTNT",
            "PERSON",
            "PERSONS",
            "PERS",
            "PRSN",
            "PEOPLE",
            "MEMBER",
            "MEMBERS",
            "MBR",
            "INDIVIDUAL",
            "INDIVIDUALS",
            "REGISTRANT",
            "REGISTRANTS",
            "SUBJECT",
            "DEMOGRAPHIC",
            "DEMOGRAPHICS",
            "DEMOG",
        ],
    ),
    (
        "ID",
        &[
            "ID",
            "IDS",
            "IDENT",
            "IDENTIFIER",
            "NO",
            "NUM",
            "NBR",
            "NUMBER",
            "KEY",
            "SK",
            "PK",
            "FK",
            "OID",
            "UID",
            "REF",
        ],
    ),
    ("TYPE", &["TYPE", "TYP", "CATEGORY", "CATEG", "KIND"]),
    ("CLASS", &["CLASS", "CLS"]),
    ("STATUS", &["STATUS", "STAT"]),
    ("CODE", &["CODE", "CODES", "CD", "CDE"]),
    ("DATE", &["DATE", "DT", "DTE", "DATETIME", "DTTM", "DAY", "ON", "TS", "TIMESTAMP"]),
    ("BIRTH", &["BIRTH", "BRTH", "BORN"]),
    ("BIRTH DATE", &["DOB", "BDATE", "BIRTHDAY", "BDAY"]),
    ("NAME", &["NAME", "NM", "NAM", "NAMES"]),
    ("FIRST", &["FIRST", "FRST", "FST", "FORENAME", "FORENAMES"]),
    ("FIRST NAME", &["FNAME", "FNM", "FIRSTNM"]),
    ("LAST", &["LAST", "LST", "SURNAME"]),
    ("LAST NAME", &["LNAME", "LNM", "LASTNM"]),
    ("MIDDLE", &["MIDDLE", "MID", "MIDL", "MDL", "MI"]),
    ("MIDDLE NAME", &["MNAME", "MNM"]),
    ("FAMILY", &["FAMILY", "FAM"]),
    ("SEX", &["SEX", "GENDER", "GNDR"]),
    ("RACE", &["RACE", "RACES", "RACIAL"]),
    ("ETHNICITY", &["ETHNICITY", "ETHNIC", "ETHN", "ETH"]),
    ("STATE", &["STATE", "ST", "STE"]),
    ("COUNTY", &["COUNTY", "CNTY", "CNTRY", "PARISH"]),
    ("ZIP", &["ZIP", "POSTAL", "POSTCODE", "ZIP5", "POST"]),
    (
        "CONSENT",
        &[
            "CONSENT",
            "CONSENTS",
            "CONSNT",
            "CNSNT",
            "CNST",
            "PERMISSION",
            "PERMISSIONS",
            "AUTHORIZATION",
            "OPTIN",
        ],
    ),
    ("STANDARD", &["STANDARD", "STD", "STND", "REGULAR", "ROUTINE"]),
    ("DISASTER", &["DISASTER", "DIS", "DSTR", "DISAST", "EMERGENCY", "EMERG"]),
    (
        "START",
        &[
            "START",
            "STRT",
            "BEGIN",
            "BEG",
            "FROM",
            "SIGNED",
            "OBTAINED",
            "EFFECTIVE",
            "EFF",
            "GRANTED",
            "SINCE",
            "GIVEN",
        ],
    ),
    ("END", &["END", "STOP", "TERM", "TERMINATION", "TERMINATED", "THRU", "THROUGH", "UNTIL", "TO", "ENDED"]),
    (
        "WITHDRAWN",
        &[
            "WITHDRAWN",
            "WITHDRAWAL",
            "WITHDRAW",
            "WITHDREW",
            "WDRAWN",
            "WD",
            "REVOKED",
            "REVOCATION",
            "REVOKE",
            "OPTOUT",
            "CANCELLED",
            "CANCELED",
        ],
    ),
    ("EXPIRED", &["EXPIRED", "EXPIRATION", "EXPIRES", "EXPIRY", "EXP", "EXPIRE"]),
    ("REASON", &["REASON", "RSN", "REAS", "CAUSE"]),
    (
        "IMMUNIZATION",
        &[
            "IMMUNIZATION",
            "IMMUNIZATIONS",
            "IMMUNISATION",
            "IMM",
            "IMMS",
            "IMMUN",
            "SHOT",
            "SHOTS",
            "VACCINATION",
            "VACCINATIONS",
            "VACCN",
            "INJECTION",
            "JAB",
        ],
    ),
    ("EVENT", &["EVENT", "EVENTS", "EVT"]),
    ("ADMIN", &["ADMIN", "ADMINISTRATION", "ADMINISTRATIONS", "ADMINISTERED", "ADM"]),
    ("SERVICE", &["SERVICE", "SVC", "SERV"]),
    ("DOSE", &["DOSE", "DOSES"]),
    ("FACT", &["FACT", "FACTS", "DETAIL", "DETAILS", "DTL", "LINE"]),
    ("VACCINE", &["VACCINE", "VACCINES", "VAX", "VACC", "VAC", "VACCS"]),
    ("PRODUCT", &["PRODUCT", "PRODUCTS", "PROD", "PRD", "FORMULARY"]),
    ("CVX", &["CVX"]),
    ("GROUP", &["GROUP", "GRP", "ANTIGEN", "SERIES"]),
    ("ORDINAL", &["ORDINAL", "ORD", "POSITION", "POS", "SEQUENCE", "SEQ"]),
    (
        "ORG",
        &[
            "ORG",
            "ORGS",
            "ORGANIZATION",
            "ORGANIZATIONS",
            "ORGANISATION",
            "ORGANISATIONS",
            "PROVIDER",
            "PROVIDERS",
            "PROV",
            "PRV",
            "FACILITY",
            "FACILITIES",
            "FAC",
            "CLINIC",
            "CLINICS",
            "SITE",
            "SITES",
            "LOCATION",
            "LOCATIONS",
            "LOC",
        ],
    ),
    ("RESPONSIBLE", &["RESPONSIBLE", "RESP", "RSP"]),
    ("ENTITY", &["ENTITY", "ENT", "ENTITIES"]),
    ("JURISDICTION", &["JURISDICTION", "JURISDICTIONS", "JURIS"]),
    ("STREET", &["STREET", "STR", "STRT1"]),
    ("ADDRESS", &["ADDRESS", "ADDR", "ADR", "ADDRESS1", "ADDR1", "ADDRLINE1"]),
    ("CITY", &["CITY", "TOWN", "CTY"]),
    ("SHORT", &["SHORT", "SHRT", "ABBREVIATION", "ABBREV", "ABBR", "ALIAS"]),
    ("FLAG", &["FLAG", "FLG", "INDICATOR", "IND", "YN"]),
    ("RECIPIENT", &["RECIPIENT", "RECIPIENTS", "RECEIVER", "RECEIVERS", "RCPT", "RECIP"]),
    ("HEALTH DEPARTMENT", &["LHD", "LHDS"]),
    ("DEPARTMENT", &["DEPARTMENT", "DEPARTMENTS", "DEPT", "DEPTS"]),
    ("HEALTH", &["HEALTH", "HLTH"]),
    ("TABLE", &["TABLE", "TABLES", "TBL", "TAB"]),
    ("ROW", &["ROW", "ROWS", "RECORD", "RECORDS", "REC", "RECS"]),
    ("COUNT", &["COUNT", "COUNTS", "CNT", "TOTAL", "TOTALS"]),
    ("CONTROL", &["CONTROL", "CTL", "CTRL", "AUDIT"]),
    ("REGISTRY", &["REGISTRY", "IIS", "REGISTRATION"]),
    ("BY", &["BY"]),
    ("FILE", &["FILE"]),
    (
        "",
        &[
            "AND", "OF", "THE", "A", "TXT", "VAL", "VALUE", "FLD", "COL", "DIM", "DBO", "VW", "V", "EXPORT",
            "EXTRACT", "DATA", "DUMP", "ALL", "TX", "CURRENT", "CUR", "FULL", "MASTER", "MSTR", "OUT",
            "LIST", "LOOKUP", "LKP", "LKUP", "LU",
        ],
    ),
];

/// Names of each table's columns, in words of [`WORDS`]. The column's own name is one of them.
fn other_names(table: Table, column: &str) -> &'static [&'static str] {
    match (table, column) {
        (Table::Clients, "CLIENT_ID") => &["CLIENT", "ID", "REGISTRY ID", "CLIENT REGISTRY ID", "CLIENT ID"],
        (Table::Clients, "CLIENT_TYPE") => &[
            "CLIENT TYPE CODE",
            "CLIENT CODE",
            "CLIENT CLASS",
            "CLIENT STATUS",
            "TYPE",
            "REGISTRY TYPE",
            "REGISTRY STATUS",
            "CONSENT STATUS",
            "TYPE CODE",
        ],
        (_, "FIRST_NAME") => &["FIRST", "GIVEN NAME", "GIVEN"],
        (_, "LAST_NAME") => &["LAST", "FAMILY NAME", "FAMILY"],
        (_, "MIDDLE_NAME") => &["MIDDLE", "MIDDLE INITIAL", "INITIAL"],
        (_, "BIRTH_DATE") => &["BIRTH", "DATE OF BIRTH", "CLIENT BIRTH DATE"],
        (_, "SEX_CODE") => &["SEX", "CLIENT SEX"],
        (_, "RACE_AND_ETHNICITY") => {
            &["RACE", "ETHNICITY", "RACE CODE", "ETHNICITY CODE", "RACE ETHNICITY CODE"]
        }
        (_, "STATE_CODE") => &["STATE", "ADDRESS STATE", "CLIENT STATE"],
        (_, "CLIENT_COUNTY") => &["COUNTY", "COUNTY NAME", "COUNTY CODE", "ADDRESS COUNTY"],
        (_, "ZIP_CODE") => &["ZIP", "CLIENT ZIP", "ADDRESS ZIP"],
        (Table::Consents, "CLIENT_ID") => &["CLIENT", "REGISTRY ID"],
        (_, "CONSENT_TYPE") => {
            &["TYPE", "CONSENT CODE", "CONSENT TYPE CODE", "CONSENT CLASS", "CONSENT", "TYPE CODE"]
        }
        (_, "EFFECTIVE_DATE") => &["CONSENT START DATE", "CONSENT DATE", "START", "CONSENT START"],
        (_, "END_DATE") => &["CONSENT END DATE", "END", "CONSENT END", "EXPIRED DATE", "WITHDRAWN DATE"],
        (_, "END_REASON") => &[
            "REASON",
            "END REASON CODE",
            "END CODE",
            "CONSENT END REASON",
            "REASON CODE",
            "WITHDRAWN REASON",
            "END TYPE",
        ],
        (_, "IMMUNIZATION_ID") => &[
            "IMMUNIZATION",
            "EVENT ID",
            "IMMUNIZATION EVENT ID",
            "DOSE ID",
            "ADMIN ID",
            "VACCINE EVENT ID",
            "VACCINE ADMIN ID",
            "SERVICE ID",
        ],
        (_, "IMMUNFACT_ID") => &[
            "FACT ID",
            "ROW ID",
            "IMMUNIZATION ROW ID",
            "VACCINE FACT ID",
            "IMMUNIZATION GROUP ID",
            "EVENT FACT ID",
            "DOSE FACT ID",
        ],
        (Table::Immunizations, "CLIENT_ID") => &["CLIENT", "REGISTRY ID"],
        (Table::Immunizations, "VACCINE_ID") => {
            &["VACCINE", "PRODUCT ID", "VACCINE CODE", "PRODUCT CODE", "VACCINE PRODUCT ID"]
        }
        (_, "VACCINATION_DATE") => &[
            "IMMUNIZATION DATE",
            "ADMIN DATE",
            "DATE",
            "DATE GIVEN",
            "EVENT DATE",
            "SERVICE DATE",
            "DOSE DATE",
            "VACCINE DATE",
            "VACCINE ADMIN DATE",
            "VACCINE GIVEN DATE",
        ],
        (_, "VACCINE_GROUP") => &[
            "GROUP",
            "VACCINE GROUP CODE",
            "GROUP CODE",
            "GROUP NAME",
            "VACCINE FAMILY",
            "VACCINE GROUP NAME",
        ],
        (_, "ORDINAL_POSITION") => {
            &["ORDINAL", "DOSE NUMBER", "DOSE", "DOSE ORDINAL", "SERIES DOSE", "DOSE IN SERIES"]
        }
        (_, "GIVEN_BY_ORG_ID") => &[
            "ORG ID",
            "ORG",
            "ADMIN ORG ID",
            "GIVEN ORG ID",
            "GIVEN BY",
            "ADMIN BY ORG ID",
            "SERVICE ORG ID",
            "GIVEN AT ORG ID",
        ],
        (_, "DISASTER_FLAG") => {
            &["DISASTER", "DISASTER YN", "DISASTER EVENT FLAG", "IS DISASTER", "DISASTER CODE"]
        }
        (Table::Vaccines, "VACCINE_ID") => {
            &["VACCINE", "PRODUCT ID", "ID", "VACCINE CODE", "VACCINE PRODUCT ID", "PRODUCT CODE"]
        }
        (_, "CVX_CODE") => &["CVX", "CVX ID", "VACCINE CVX CODE"],
        (_, "PRODUCT_CLASS") => {
            &["CLASS", "PRODUCT TYPE", "VACCINE CLASS", "VACCINE TYPE", "TYPE", "CLASS CODE"]
        }
        (Table::Organizations, "ORG_ID") => &["ORG", "ID"],
        (_, "PROVIDER_NAME") => &["NAME"],
        (_, "SHORT_NAME") => &["SHORT", "ORG SHORT NAME", "ORG SHORT"],
        (_, "RESPONSIBLE_ENTITY") => &[
            "ENTITY",
            "RESPONSIBLE",
            "ENTITY NAME",
            "JURISDICTION",
            "JURISDICTION NAME",
            "RESPONSIBLE ENTITY NAME",
            "LHD",
            "LHD NAME",
            "HEALTH DEPARTMENT NAME",
        ],
        (_, "PROVIDER_STREET_ADDRESS") => {
            &["STREET", "ADDRESS", "STREET ADDRESS", "ORG ADDRESS", "ORG STREET", "ADDRESS LINE"]
        }
        (_, "PROVIDER_CITY") => &["CITY", "ADDRESS CITY"],
        (_, "PROVIDER_STATE") => &["STATE", "STATE CODE", "ADDRESS STATE", "ORG STATE CODE"],
        (_, "PROVIDER_ZIP_CODE") => &["ZIP", "ZIP CODE", "ORG ZIP", "ADDRESS ZIP"],
        (_, "RECIPIENT") => &[
            "RECIPIENT NAME",
            "LHD",
            "LHD NAME",
            "HEALTH DEPARTMENT",
            "DEPARTMENT",
            "DEPARTMENT NAME",
            "SEND TO",
        ],
        (_, "TABLE_NAME") => &["TABLE", "FILE NAME", "FILE"],
        (_, "ROW_COUNT") => &["COUNT", "ROW NUMBER", "ROW"],
        _ => &[],
    }
}

/// Names of tables, in words of [`WORDS`].
fn names_of_table(table: Table) -> &'static [&'static str] {
    match table {
        Table::Clients => &["CLIENT", "REGISTRY CLIENT"],
        Table::Consents => &["CONSENT", "CLIENT CONSENT"],
        Table::Immunizations => &[
            "IMMUNIZATION",
            "IMMUNIZATION FACT",
            "IMMUNIZATION EVENT",
            "FACT",
            "DOSE",
            "VACCINE EVENT",
            "CLIENT IMMUNIZATION",
            "VACCINE ADMIN",
        ],
        Table::Vaccines => &["VACCINE", "PRODUCT", "VACCINE CODE", "VACCINE PRODUCT", "CVX"],
        Table::Organizations => &["ORG"],
        Table::Recipients => &["RECIPIENT", "HEALTH DEPARTMENT", "LHD", "JURISDICTION", "RECIPIENT ENTITY"],
        Table::Control => &["CONTROL", "ROW COUNT", "COUNT", "TABLE COUNT", "CONTROL COUNT"],
    }
}

/// The word that a word means; none if it is not known.
fn meaning(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(meaning, _)| *meaning)
}

/// The words of a name, each replaced by what it means.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in parts(name) {
        match meaning(&part).map(str::to_owned).or_else(|| run_together(&part)) {
            Some(meanings) => words.extend(meanings.split_whitespace().map(str::to_owned)),
            None if part.chars().all(|c| c.is_ascii_digit()) => {}
            None => words.push(part),
        }
    }
    words
}

/// Where a name is written in parts: at signs, at spaces, and where a small letter is followed by a capital.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || was_small && c.is_uppercase() {
            parts.push(String::new());
        }
        if c.is_alphanumeric() {
            parts.last_mut().iter_mut().for_each(|part| part.extend(c.to_uppercase()));
        }
        was_small = c.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The meanings of two or three words that are written as one, such as `PATIENTID`.
fn run_together(word: &str) -> Option<String> {
    if !word.is_ascii() {
        return None;
    }
    // The longest first word that leaves words behind it.
    (2..word.len().saturating_sub(1)).rev().find_map(|cut| {
        let first = meaning(&word[..cut])?;
        let rest = meaning(&word[cut..]).map(str::to_owned).or_else(|| run_together(&word[cut..]))?;
        Some(format!("{first} {rest}"))
    })
}

/// The letters and digits of a name, in capitals.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// How like a header's name is to a column's.
pub(super) fn likeness(name: &str, table: Table, column: &str) -> Likeness {
    if letters(name) == letters(column) {
        return OWN_NAME;
    }
    let words = words_of(name);
    if words.is_empty() {
        return 0;
    }
    let own = std::iter::once(column);
    let alternatives = own.chain(other_names(table, column).iter().copied());
    alternatives
        .enumerate()
        .map(|(place, other)| likeness_of_words(&words, name, other, place == 0))
        .max()
        .unwrap_or(0)
}

fn likeness_of_words(words: &[String], name: &str, other: &str, is_own: bool) -> Likeness {
    let wanted = words_of(other);
    let lacks =
        |these: &[String], those: &[String]| those.iter().filter(|word| !these.contains(word)).count() as u32;
    let (missing, more) = (lacks(words, &wanted), lacks(&wanted, words));
    match (missing, more) {
        // What is called as the column itself comes before what is called by another name of it.
        (0, 0) => 90 + 4 * Likeness::from(is_own),
        (0, more) => 84_u32.saturating_sub(8 * more),
        _ if is_near(name, other) => 76,
        // Part of the column's own name, such as `CONSENT_EFF`.
        (missing, 0) if is_own && words.len() > 1 => 72_u32.saturating_sub(8 * missing),
        _ => 0,
    }
}

/// Whether letters are swapped, left out or changed.
fn is_near(name: &str, other: &str) -> bool {
    let (name, other) = (letters(name), letters(other));
    other.len() >= 6 && strsim::osa_distance(&name, &other) <= other.len() / 6
}

/// How like the name of a file or a table of a database is to that of a table: of 100.
pub(super) fn table_likeness(name: &str, table: Table) -> Likeness {
    let stem = stem(name);
    if stem.eq_ignore_ascii_case(table.name()) {
        return OWN_NAME;
    }
    let words = words_of(stem);
    let of = |other: &&str| likeness_of_words(&words, stem, other, true);
    names_of_table(table).iter().map(of).max().unwrap_or(0)
}

/// A file's name without its endings.
pub(super) fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Whether a name holds a word that means this.
pub(super) fn has_word(name: &str, word: &str) -> bool {
    words_of(name).iter().any(|other| other == word)
}

/// Whether all words of a name are known: then it is no name of a person or a place.
pub(super) fn is_of_known_words(name: &str) -> bool {
    let known = |part: &String| {
        meaning(part).is_some() || run_together(part).is_some() || part.chars().all(|c| c.is_ascii_digit())
    };
    let parts = parts(name);
    parts.iter().any(|part| part.chars().any(char::is_alphabetic)) && parts.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn takes_names_apart() {
        let check = |name: &str, expect: &str| assert_eq!(words_of(name).join(" "), expect, "{name}");
        check("CLIENT_ID", "CLIENT ID");
        check("PatientId", "CLIENT ID");
        check("PATIENTID", "CLIENT ID");
        check("pat dob", "CLIENT BIRTH DATE");
        check("RACE_AND_ETHNICITY", "RACE ETHNICITY");
        check("VaccGrpCd", "VACCINE GROUP CODE");
        check("QUIRK_1", "QUIRK");
        check("", "");
    }

    /// For each name, the column of the table that it is most like, if any.
    #[test]
    fn finds_the_column_that_a_name_means() {
        let check = |table: Table, name: &str, expect: &str| {
            let likest =
                table.columns().iter().map(|column| (likeness(name, table, column.name), column.name));
            let likest = likest.max_by_key(|(like, _)| *like).filter(|(like, _)| *like >= LIKE);
            assert_eq!(likest.map_or("", |(_, column)| column), expect, "{name}");
        };
        for table in Table::ALL {
            table.columns().iter().for_each(|column| check(table, column.name, column.name));
        }
        check(Table::Clients, "PATIENT_ID", "CLIENT_ID");
        check(Table::Clients, "PersonKey", "CLIENT_ID");
        check(Table::Clients, "DOB", "BIRTH_DATE");
        check(Table::Clients, "date of birth", "BIRTH_DATE");
        check(Table::Clients, "Gender", "SEX_CODE");
        check(Table::Clients, "SURNAME", "LAST_NAME");
        check(Table::Clients, "POSTAL_CD", "ZIP_CODE");
        check(Table::Clients, "RES_COUNTY", "CLIENT_COUNTY");
        check(Table::Clients, "SHOE_SIZE", "");
        check(Table::Consents, "EFF_DT", "EFFECTIVE_DATE");
        check(Table::Consents, "STOP_DATE", "END_DATE");
        check(Table::Immunizations, "SHOT_ID", "IMMUNIZATION_ID");
        check(Table::Immunizations, "SHOT_FACT_ID", "IMMUNFACT_ID");
        check(Table::Immunizations, "VaccDate", "VACCINATION_DATE");
        check(Table::Immunizations, "DOSE_NUM", "ORDINAL_POSITION");
        check(Table::Immunizations, "FACILITY_ID", "GIVEN_BY_ORG_ID");
        check(Table::Vaccines, "PROD_ID", "VACCINE_ID");
        check(Table::Organizations, "FACILITY_NAME", "PROVIDER_NAME");
        check(Table::Organizations, "JURISDICTION", "RESPONSIBLE_ENTITY");
        check(Table::Organizations, "CITY", "PROVIDER_CITY");
    }

    #[test]
    fn finds_the_table_that_a_name_means() {
        let check = |name: &str, expect: Option<Table>| {
            let likest = Table::ALL.into_iter().map(|table| (table_likeness(name, table), table));
            let likest = likest.max_by_key(|(like, table)| (*like, std::cmp::Reverse(*table)));
            assert_eq!(likest.filter(|(like, _)| *like >= LIKE).map(|(_, table)| table), expect, "{name}");
        };
        check("PERSON_20240708.TXT", Some(Table::Clients));
        check("IMMUNIZATIONS_20240708.csv.gz", Some(Table::Immunizations));
        check("tblPatientConsent.csv", Some(Table::Consents));
        check("VACCINE_CODES.dat", Some(Table::Vaccines));
        check("facility.txt", Some(Table::Organizations));
        check("ROW_COUNTS.csv", Some(Table::Control));
        check("readme.txt", None);
    }

    #[test]
    fn known_words_are_told_from_names_of_people() {
        let check = |name: &str, expect: bool| assert_eq!(is_of_known_words(name), expect, "{name}");
        check("PATIENT ID", true);
        check("ZIP_CODE_2", true);
        check("Ana", false);
        check("Smith Street", false);
        check("1990-05-05", false);
    }

    #[test]
    fn no_word_has_two_meanings() {
        let mut seen = BTreeSet::new();
        for word in WORDS.iter().flat_map(|(_, words)| *words) {
            assert!(seen.insert(word), "{word}");
        }
    }
}
