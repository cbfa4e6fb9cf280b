//! Reading a profile's file.

use super::dates::{Dates, Format};
use super::names::fold;
use super::{ColumnSource, FileSettings, GivenConsent, Profile, ProfileId, TableSettings, ValueMap, cleaned};
use crate::registry::tables::{Kind, MOST_COLUMNS, consents};
use crate::registry::{CodeSet, Table};
use crate::settings::{
    self, Section, SettingsError, SettingsFault, SettingsKind, SettingsResult, whole_number, words,
};
use crate::value::Day;
use std::ops::RangeInclusive;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

// What a key must hold.
const TEXT: &str = "a text that is not blank and holds no control character";
const TEXTS: &str = "a list of texts";
const YES_OR_NO: &str = "true or false";
const A_TABLE: &str = "a table";
const ENCODING: &str = "a label of an encoding, such as \"utf-16\", \"windows-1252\" or \"iso-8859-15\"";
const DELIMITER: &str = "one ASCII character that is no quote and no line end";
const FORMATS: &str = "a list of one form or more, such as [\"%m/%d/%Y\"]";
const DAYS: &str = "a list of days as texts, such as [\"1900-01-01\"]";
const YEAR: &str = "a year from 1880 to 9900";
const PATTERN: &str = "the name of a file, in which *, ? and […] may stand";
const COLUMN: &str = "the name of a column, or { constant = \"…\" }";
const END_REASON: &str = "\"WITHDRAWN\" or \"EXPIRED\"";

/// The first years that two digits may mean.
const CENTURIES: RangeInclusive<u64> = 1880..=9900;

/// The one table of which rows give consents.
const GIVER: &str = "clients";

/// Reads a profile. `path` is for errors only.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Profile, SettingsError> {
    settings::read(SettingsKind::Profile, path, bytes, "", |whole| {
        let name = whole.find("name", TEXT, words)?.unwrap_or_else(|| "unnamed".to_owned());
        let files = whole.section("files", files)?;
        let dates = whole.section("dates", dates)?;
        let (tables, given) = whole.section("tables", tables)?;
        let id = ProfileId { name, sha256: settings::hash(bytes) };
        Ok(Profile { id, files, dates, tables, given, text: String::from_utf8_lossy(bytes).into_owned() })
    })
}

fn files(section: &mut Section<'_>) -> SettingsResult<FileSettings> {
    let delimiter = |value: &DeValue<'_>| match *value.as_str()?.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Some(byte),
        _ => None,
    };
    Ok(FileSettings {
        encoding: section.find("encoding", ENCODING, encoding)?,
        delimiter: section.find("delimiter", DELIMITER, delimiter)?,
        null: section
            .find("null", TEXTS, texts)?
            .unwrap_or_default()
            .iter()
            .map(|word| cleaned(word))
            .collect(),
        unwrap: section.find("unwrap", YES_OR_NO, DeValue::as_bool)?.unwrap_or(false),
        not_rows: not_rows(section)?,
    })
}

fn encoding(value: &DeValue<'_>) -> Option<&'static encoding_rs::Encoding> {
    let label = value.as_str()?;
    encoding_rs::Encoding::for_label(label.as_bytes()).filter(|found| *found != encoding_rs::REPLACEMENT)
}

/// Texts that may be blank.
fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// The lines that are no rows, as one pattern.
fn not_rows(section: &mut Section<'_>) -> SettingsResult<Option<regex::bytes::Regex>> {
    const KEY: &str = "not_rows";
    let patterns = section.find(KEY, TEXTS, texts)?.unwrap_or_default();
    let span = |place: usize| {
        let list = section.in_file(KEY).and_then(|list| list.get_ref().as_array());
        list.and_then(|list| list.get(place)).map_or(0..0, Spanned::span)
    };
    let refused = |place| {
        let fault = SettingsFault::Refused("this is no regular expression, or too large a one".to_owned());
        section.error(span(place), KEY, fault)
    };
    for (place, pattern) in patterns.iter().enumerate() {
        regex::bytes::Regex::new(pattern).map_err(|_| refused(place))?;
    }
    if patterns.is_empty() {
        return Ok(None);
    }
    let parts: Vec<String> = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect();
    let whole = format!(r"\A(?:{})\z", parts.join("|"));
    regex::bytes::Regex::new(&whole).map(Some).map_err(|_| refused(0))
}

fn dates(section: &mut Section<'_>) -> SettingsResult<Dates> {
    let year = |value: &DeValue<'_>| {
        whole_number(value).filter(|year| CENTURIES.contains(year)).map(|year| year as u32)
    };
    let from = section.find("two_digit_years_from", YEAR, year)?;
    let days = |value: &DeValue<'_>| {
        texts(value)?.iter().map(|day| Day::parse(day.as_bytes())).collect::<Option<Vec<_>>>()
    };
    let unknown = section.find("unknown", DAYS, days)?.unwrap_or_default();
    const KEY: &str = "formats";
    let given = section.find(KEY, FORMATS, |value| texts(value).filter(|list| !list.is_empty()))?;
    let span = |place: usize| {
        let list = section.in_file(KEY).and_then(|list| list.get_ref().as_array());
        list.and_then(|list| list.get(place)).map_or(0..0, Spanned::span)
    };
    let refused = |place, why: String| section.error(span(place), KEY, SettingsFault::Refused(why));
    let mut formats: Vec<Format> = Vec::new();
    for (place, form) in given.unwrap_or_default().iter().enumerate() {
        let format = Format::parse(form, from).map_err(|fault| refused(place, fault.to_string()))?;
        if let Some(other) = formats.iter().position(|other| other.contradicts(&format)) {
            let why = format!(
                "one text can be two different days by this form and by form {} of the list",
                other + 1
            );
            return Err(refused(place, why));
        }
        formats.push(format);
    }
    Ok(Dates::new(formats, unknown))
}

type Tables = ([TableSettings; Table::ALL.len()], Vec<GivenConsent>);

fn tables(section: &mut Section<'_>) -> SettingsResult<Tables> {
    let (mut tables, mut given): Tables = Default::default();
    for table in Table::ALL {
        // They come first in the list of tables.
        let clients = tables[Table::Clients as usize].columns.clone();
        tables[table as usize] = section.section(table.name(), |section| {
            if table == Table::Consents {
                given = given_consents(section, &own_names(Table::Clients, &clients))?;
            }
            table_settings(section, table)
        })?;
    }
    Ok((tables, given))
}

fn table_settings(section: &mut Section<'_>, table: Table) -> SettingsResult<TableSettings> {
    // A path is none of a file right in the export.
    let pattern = |value: &DeValue<'_>| {
        let pattern = words(value).filter(|name| !name.contains('/'))?;
        glob::Pattern::new(&pattern).ok()
    };
    let file = section.find("file", PATTERN, pattern)?;
    let columns = section.section("columns", |section| columns(section, table))?;
    let values = section.section("values", |section| {
        let mut values: [Option<ValueMap>; MOST_COLUMNS] = Default::default();
        for (place, column) in table.columns().iter().enumerate() {
            values[place] = section.optional_section(column.name, value_map)?;
        }
        Ok(values)
    })?;
    Ok(TableSettings { file, columns, values })
}

fn columns(section: &mut Section<'_>, table: Table) -> SettingsResult<[ColumnSource; MOST_COLUMNS]> {
    let mut sources: [ColumnSource; MOST_COLUMNS] = Default::default();
    for (place, column) in table.columns().iter().enumerate() {
        sources[place] = column_source(section, column.name, column.kind)?.unwrap_or_default();
    }
    section.finish()?;
    let names = own_names(table, &sources);
    refuse_given_twice(section, table, |place| names[place].clone())?;
    Ok(sources)
}

/// For each column of a table what its name in the export is compared by; none where its value does not come from there.
fn own_names(table: Table, sources: &[ColumnSource; MOST_COLUMNS]) -> Vec<Option<String>> {
    let names = table.columns().iter().zip(sources).map(|(column, source)| match source {
        ColumnSource::OwnName => Some(fold(column.name)),
        ColumnSource::Named(name) => Some(fold(name)),
        ColumnSource::Constant(_) => None,
    });
    names.collect()
}

/// Where a column's values come from, if the section says so.
fn column_source(
    section: &mut Section<'_>,
    name: &'static str,
    kind: Kind,
) -> SettingsResult<Option<ColumnSource>> {
    let Some(value) = section.in_file(name) else { return Ok(None) };
    if value.get_ref().as_table().is_none() {
        let named = section.find(name, COLUMN, words)?;
        return Ok(named.map(|name| ColumnSource::Named(cleaned(&name))));
    }
    let span = value.span();
    let text = |value: &DeValue<'_>| value.as_str().map(cleaned);
    let constant = section.section(name, |section| section.find("constant", "a text", text))?;
    let refused = |why: &str| Err(section.error(span.clone(), name, SettingsFault::Refused(why.to_owned())));
    match constant {
        None => Err(section.error(span.clone(), name, SettingsFault::WrongValue(COLUMN))),
        Some(_) if kind == Kind::Id => refused("an id can't be the same in each row"),
        Some(_) if kind == Kind::Date => refused("a date can't be the same in each row"),
        Some(text) => Ok(Some(ColumnSource::Constant(text))),
    }
}

/// One column of the export may not be two of a table's. `name` is what a column's name there is compared by.
fn refuse_given_twice(
    section: &Section<'_>,
    table: Table,
    name: impl Fn(usize) -> Option<String>,
) -> SettingsResult<()> {
    let places = 0..table.columns().len();
    let is_given = |place: &usize| section.in_file(table.column_name(*place)).is_some();
    for place in places.clone().filter(is_given) {
        let Some(own) = name(place) else { continue };
        let other = places.clone().find(|other| *other != place && name(*other).as_ref() == Some(&own));
        if let Some(other) = other {
            let key = table.column_name(place);
            let why = format!("the same column of the export is {} too", table.column_name(other));
            let span = section.in_file(key).map_or(0..0, Spanned::span);
            return Err(section.error(span, key, SettingsFault::Refused(why)));
        }
    }
    Ok(())
}

/// The words of a column, each with what it stands for.
fn value_map(section: &mut Section<'_>) -> SettingsResult<ValueMap> {
    let mut map = ValueMap::default();
    for (key, value) in section.entries() {
        let (word, text) = (cleaned(key.get_ref()), value.get_ref().as_str().map(cleaned));
        let text = text
            .ok_or_else(|| section.error(value.span(), key.get_ref(), SettingsFault::WrongValue("a text")))?;
        if map.0.insert(word.to_lowercase().into_bytes().into(), text).is_some() {
            return Err(section.error(key.span(), key.get_ref(), SettingsFault::NamedTwice));
        }
    }
    Ok(map)
}

/// The consents that rows of another table give.
fn given_consents(
    section: &mut Section<'_>,
    clients: &[Option<String>],
) -> SettingsResult<Vec<GivenConsent>> {
    const KEY: &str = "from";
    let expected = "a list of tables, each written as [[tables.consents.from]]";
    let is_list = |value: &DeValue<'_>| value.as_array().map(|_| ());
    if section.find(KEY, expected, is_list)?.is_none() {
        return Ok(Vec::new());
    }
    let items = section.in_file(KEY).and_then(|list| list.get_ref().as_array());
    let given = |item: &Spanned<DeValue<'_>>| {
        let wrong = || section.error(item.span(), KEY, SettingsFault::WrongValue(A_TABLE));
        let table: &DeTable<'_> = item.get_ref().as_table().ok_or_else(wrong)?;
        given_consent(section, item, table, clients)
    };
    items.into_iter().flat_map(|list| list.iter()).map(given).collect()
}

fn given_consent<'a>(
    section: &Section<'a>,
    item: &'a Spanned<DeValue<'a>>,
    table: &'a DeTable<'a>,
    clients: &[Option<String>],
) -> SettingsResult<GivenConsent> {
    section.table("from", Some(table), None, |from| {
        let missing =
            |key: &str| from.error(item.span(), key, SettingsFault::Refused("this must be given".to_owned()));
        let (no_table, no_type, no_date) =
            (missing("table"), missing("columns.CONSENT_TYPE"), missing("columns.EFFECTIVE_DATE"));
        let is_giver = |value: &DeValue<'_>| (value.as_str()? == GIVER).then_some(());
        from.find("table", "\"clients\", the one table of which rows give consents", is_giver)?
            .ok_or(no_table)?;
        let columns = from.section("columns", |section| given_columns(section, clients))?;
        if columns[consents::CONSENT_TYPE].is_none() {
            return Err(no_type);
        }
        if columns[consents::EFFECTIVE_DATE].is_none() {
            return Err(no_date);
        }
        let reason = |value: &DeValue<'_>| {
            let text = value.as_str()?;
            CodeSet::EndReason.read(text.as_bytes()).map(|_| text.to_owned())
        };
        let end_reason_if_ended = from.find("end_reason_if_ended", END_REASON, reason)?;
        Ok(GivenConsent { columns, end_reason_if_ended })
    })
}

/// `clients`: the names of the columns that `clients` itself reads.
fn given_columns(
    section: &mut Section<'_>,
    clients: &[Option<String>],
) -> SettingsResult<[Option<ColumnSource>; MOST_COLUMNS]> {
    let table = Table::Consents;
    let own = table.column_name(consents::CLIENT_ID);
    if let Some(value) = section.in_file(own) {
        let why = "the client is the one whose row it is, and can't be given".to_owned();
        return Err(section.error(value.span(), own, SettingsFault::Refused(why)));
    }
    let mut sources: [Option<ColumnSource>; MOST_COLUMNS] = Default::default();
    for (place, column) in table.columns().iter().enumerate() {
        sources[place] = column_source(section, column.name, column.kind)?;
        let Some(ColumnSource::Named(name)) = &sources[place] else { continue };
        let name = Some(fold(name));
        // A day of birth, say, taken for a consent's beginning would be a consent of everybody.
        if let Some(own) = clients.iter().position(|own| *own == name) {
            let why =
                format!("the same column of the export is {} of clients", Table::Clients.column_name(own));
            let span = section.in_file(column.name).map_or(0..0, Spanned::span);
            return Err(section.error(span, column.name, SettingsFault::Refused(why)));
        }
    }
    section.finish()?;
    refuse_given_twice(section, table, |place| match &sources[place] {
        Some(ColumnSource::Named(name)) => Some(fold(name)),
        _ => None,
    })?;
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expect`: `ok`, or the message.
    fn check(text: &str, expect: &str) {
        let message = match read(Path::new("p.toml"), text.as_bytes()) {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.to_string().replace("p.toml, ", ""),
        };
        assert_eq!(message, expect, "{text}");
    }

    #[test]
    fn the_sample_is_a_profile() {
        check(super::super::SAMPLE, "ok");
        check("", "ok");
        check("[tables.control]\nfile = 'COUNTS.csv'", "ok");
        check(
            "[[tables.consents.from]]\ntable = 'clients'\ncolumns = { CONSENT_TYPE = 'A', EFFECTIVE_DATE = 'B' }",
            "ok",
        );
    }

    #[test]
    fn keys_and_values_are_checked() {
        check("nane = 'x'", "line 1, key nane: there is no such key in a profile");
        check("[file]", "line 1, key file: there is no such key in a profile");
        check("[files]\nencodig = 'utf-16'", "line 2, key files.encodig: there is no such key in a profile");
        let encoding = format!("line 2, key files.encoding: this must be {ENCODING}");
        check("[files]\nencoding = 'utf-7'", &encoding);
        check("[files]\nencoding = 'iso-2022-kr'", &encoding);
        check("[files]\nencoding = 5", &encoding);
        for label in ["utf-16", "UTF-16BE", "latin1", " utf8 ", "windows-1250", "shift_jis"] {
            check(&format!("[files]\nencoding = '{label}'"), "ok");
        }
        let delimiter = format!("line 2, key files.delimiter: this must be {DELIMITER}");
        for wrong in ["''", "';;'", "'\"'", "\"\\n\"", "\"\\r\"", "'é'", "5"] {
            check(&format!("[files]\ndelimiter = {wrong}"), &delimiter);
        }
        check("[files]\ndelimiter = \"\\u001f\"", "ok");
        check("[files]\nnull = 'NULL'", &format!("line 2, key files.null: this must be {TEXTS}"));
        check("[files]\nunwrap = 'yes'", &format!("line 2, key files.unwrap: this must be {YES_OR_NO}"));
        let pattern = "this is no regular expression, or too large a one";
        check("[files]\nnot_rows = ['a',\n '(']", &format!("line 3, key files.not_rows: {pattern}"));
        check("[files]\nnot_rows = ['a)(b']", &format!("line 2, key files.not_rows: {pattern}"));
        check("[files]\nnot_rows = ['a{1000}{1000}']", &format!("line 2, key files.not_rows: {pattern}"));
    }

    #[test]
    fn dates_are_checked() {
        check("[dates]\nformats = []", &format!("line 2, key dates.formats: this must be {FORMATS}"));
        check("[dates]\nformats = '%F'", &format!("line 2, key dates.formats: this must be {FORMATS}"));
        check(
            "[dates]\nformats = ['%F',\n'%m/%d']",
            "line 3, key dates.formats: the parts give no whole day",
        );
        check(
            "[dates]\nformats = ['%m/%d/%y']",
            "line 2, key dates.formats: %y needs two_digit_years_from, the first of the hundred years that two digits can mean",
        );
        check(
            "[dates]\nformats = ['%m/%d/%Y', '%F', '%d/%m/%Y']",
            "line 2, key dates.formats: one text can be two different days by this form and by form 1 of the list",
        );
        check(
            "[dates]\ntwo_digit_years_from = 30",
            &format!("line 2, key dates.two_digit_years_from: this must be {YEAR}"),
        );
        check(
            "[dates]\nunknown = ['1900-02-30']",
            &format!("line 2, key dates.unknown: this must be {DAYS}"),
        );
        check("[dates]\nunknown = ['0001-01-01']", "ok");
    }

    #[test]
    fn tables_are_checked() {
        check("[tables.people]", "line 1, key tables.people: there is no such key in a profile");
        check(
            "[tables.clients]\nfile = 'a/b.csv'",
            &format!("line 2, key tables.clients.file: this must be {PATTERN}"),
        );
        check(
            "[tables.clients]\nfile = 'a[.csv'",
            &format!("line 2, key tables.clients.file: this must be {PATTERN}"),
        );
        let columns = "[tables.clients.columns]\n";
        check(
            &format!("{columns}NAME = 'X'"),
            "line 2, key tables.clients.columns.NAME: there is no such key in a profile",
        );
        let wrong = format!("line 2, key tables.clients.columns.ZIP_CODE: this must be {COLUMN}");
        check(&format!("{columns}ZIP_CODE = 5"), &wrong);
        check(&format!("{columns}ZIP_CODE = {{}}"), &wrong);
        check(&format!("{columns}ZIP_CODE = {{ constant = '' }}"), "ok");
        check(
            &format!("{columns}CLIENT_ID = {{ constant = '1' }}"),
            "line 2, key tables.clients.columns.CLIENT_ID: an id can't be the same in each row",
        );
        check(
            &format!("{columns}BIRTH_DATE = {{ constant = '1' }}"),
            "line 2, key tables.clients.columns.BIRTH_DATE: a date can't be the same in each row",
        );
        check(
            &format!("{columns}FIRST_NAME = 'A  B'\nLAST_NAME = 'a_b'"),
            "line 2, key tables.clients.columns.FIRST_NAME: the same column of the export is LAST_NAME too",
        );
        check(
            &format!("{columns}FIRST_NAME = 'last name'"),
            "line 2, key tables.clients.columns.FIRST_NAME: the same column of the export is LAST_NAME too",
        );
        check(&format!("{columns}FIRST_NAME = 'last name'\nLAST_NAME = 'first_name'"), "ok");
        check(&format!("{columns}FIRST_NAME = 'last name'\nLAST_NAME = {{ constant = '' }}"), "ok");
        let values = "[tables.clients.values.CLIENT_TYPE]\n";
        check(
            &format!("{values}A = 'IC'\n' a ' = 'IA'"),
            "line 3, key tables.clients.values.CLIENT_TYPE. a : the same name stands twice (upper and lower case are the same)",
        );
        check(
            &format!("{values}A = 1"),
            "line 2, key tables.clients.values.CLIENT_TYPE.A: this must be a text",
        );
        check(
            "[tables.clients.values.TYPE]",
            "line 1, key tables.clients.values.TYPE: there is no such key in a profile",
        );
    }

    #[test]
    fn consents_from_clients_are_checked() {
        let from = "[[tables.consents.from]]\n";
        let needed = "columns = { CONSENT_TYPE = 'A', EFFECTIVE_DATE = 'B' }";
        check(
            "[tables.consents]\nfrom = 5",
            "line 2, key tables.consents.from: this must be a list of tables, each written as [[tables.consents.from]]",
        );
        check("[tables.consents]\nfrom = [5]", "line 2, key tables.consents.from: this must be a table");
        check(
            "[[tables.clients.from]]",
            "line 1, key tables.clients.from: there is no such key in a profile",
        );
        check(&format!("{from}{needed}"), "line 1, key tables.consents.from.table: this must be given");
        check(
            &format!("{from}table = 'immunizations'\n{needed}"),
            "line 2, key tables.consents.from.table: this must be \"clients\", the one table of which rows give consents",
        );
        let from = format!("{from}table = 'clients'\n");
        check(&from, "line 1, key tables.consents.from.columns.CONSENT_TYPE: this must be given");
        check(
            &format!("{from}columns = {{ CONSENT_TYPE = 'A' }}"),
            "line 1, key tables.consents.from.columns.EFFECTIVE_DATE: this must be given",
        );
        let columns =
            format!("{from}[tables.consents.from.columns]\nCONSENT_TYPE = {{ constant = 'STANDARD' }}\n");
        let key = "key tables.consents.from.columns";
        check(
            &format!("{columns}EFFECTIVE_DATE = 'A'\nEND_DATE = 'a'"),
            &format!("line 5, {key}.EFFECTIVE_DATE: the same column of the export is END_DATE too"),
        );
        check(
            &format!("{columns}EFFECTIVE_DATE = {{ constant = '2020-01-01' }}"),
            &format!("line 5, {key}.EFFECTIVE_DATE: a date can't be the same in each row"),
        );
        check(
            &format!("{columns}EFFECTIVE_DATE = 'birth date'"),
            &format!("line 5, {key}.EFFECTIVE_DATE: the same column of the export is BIRTH_DATE of clients"),
        );
        check(
            &format!("[tables.clients.columns]\nBIRTH_DATE = 'BORN'\n{columns}EFFECTIVE_DATE = 'BIRTH DATE'"),
            "ok",
        );
        check(
            &format!("{columns}EFFECTIVE_DATE = 'born'\n[tables.clients.columns]\nBIRTH_DATE = 'BORN'"),
            &format!("line 5, {key}.EFFECTIVE_DATE: the same column of the export is BIRTH_DATE of clients"),
        );
        check(
            &format!("{columns}CLIENT_ID = 'X'"),
            &format!("line 5, {key}.CLIENT_ID: the client is the one whose row it is, and can't be given"),
        );
        check(
            &format!("{from}{needed}\nend_reason_if_ended = 'GONE'"),
            &format!("line 4, key tables.consents.from.end_reason_if_ended: this must be {END_REASON}"),
        );
        check(&format!("{from}{needed}\nend_reason_if_ended = 'withdrawn'"), "ok");
    }

    #[test]
    fn what_is_no_profile_is_not_quoted() {
        for text in ["CLIENT_ID,FIRST_NAME\n1,Ana\n", "name = \"Ana"] {
            let message = read(Path::new("p.toml"), text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains("not TOML") && !message.contains("Ana"), "{message}");
        }
    }
}
