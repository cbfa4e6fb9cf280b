//! Reading a policy file: every key is known, every value has its type, and the error names the key and the line.

use super::values::{age_bands, count_or_off, length_in_bytes, list_of_codes, whole_years};
use super::{
    ClientType, ConsentSettings, Contact, DEFAULT, Disaster, GateSettings, MaxAge, MaxChange, MaxCount,
};
use super::{Period, Policy, Renamed, TextLength};
use crate::elements::{self, Element, ValueKind};
use crate::settings::{
    self, Section, SettingsFault, SettingsKind, SettingsResult, date, hash, list_of_words, parsed,
    whole_number, words,
};
use std::path::Path;
use toml::de::DeValue;

/// The registry's own client type for children.
const CHILD_TYPE: &str = "IC";

// What a key must hold.
const TEXT: &str = "a text that is not blank and holds no control character";
const HEADER_NAME: &str =
    "a text that is not blank, holds no control character and does not begin with a byte order mark";
const CVX_CODES: &str = "a list of CVX codes as texts, each on its own, none blank";
const DATE: &str = "a date such as 2018-01-01, without quotes";
const YEARS: &str = "a whole number of years from 0 to 150";
const LENGTH: &str = "a whole number of bytes from 1 to 32767";
const BANDS: &str =
    "a list of 1 to 16 whole years, the first 0, each more than the one before it and none more than 150";
const YES_OR_NO: &str = "true or false";
const RULES: &str = "\"active-within-lookback\", \"active-on-as-of\" or \"active-throughout-lookback\"";

/// The bytes of a policy file, if it is not too long for one.
pub(super) fn load(path: &Path) -> SettingsResult<Vec<u8>> {
    settings::load(SettingsKind::Policy, path)
}

/// Reads a policy; what it does not say is as in the default. `path` is for errors only.
pub(super) fn read(path: &Path, bytes: &[u8]) -> SettingsResult<Policy> {
    settings::read(SettingsKind::Policy, path, bytes, DEFAULT, |whole| whole.policy(bytes))
}

impl Section<'_> {
    fn policy(&mut self, bytes: &[u8]) -> SettingsResult<Policy> {
        let (line_ending, bom, excel_copy) = self.section("file", |section| {
            let line_ending = section.get("line_ending", "\"lf\" or \"crlf\"", parsed)?;
            let mut flag = |key| section.get(key, YES_OR_NO, DeValue::as_bool);
            Ok((line_ending, flag("bom")?, flag("excel_copy")?))
        })?;
        Ok(Policy {
            name: self.get("name", TEXT, words)?,
            window: self.section("window", Section::period)?,
            client_types: self.section("client_types", Section::client_types)?,
            consent: self.section("consent", Section::consent)?,
            disaster: self.section("disaster", Section::disaster)?,
            rsv_cvx: self
                .section("therapeutics", |section| section.get("rsv_cvx", CVX_CODES, list_of_codes))?,
            header: self.section("header", Section::header)?,
            line_ending,
            bom,
            excel_copy,
            lengths: self.section("lengths", Section::lengths)?,
            age_bands: self.section("summary", |section| section.get("bands", BANDS, age_bands))?,
            contact: self.section("contact", Section::contact)?,
            gate: self.section("gate", Section::gate)?,
            text: bytes.to_vec(),
            sha256: hash(bytes),
        })
    }

    fn consent(&mut self) -> SettingsResult<ConsentSettings> {
        Ok(ConsentSettings {
            rule: self.get("rule", RULES, parsed)?,
            lookback_years: self.get("lookback_years", YEARS, whole_years)?,
            child_consent_ends_at: self.get("child_consent_ends_at", YEARS, whole_years)?,
        })
    }

    fn disaster(&mut self) -> SettingsResult<Disaster> {
        Ok(Disaster {
            period: self.period()?,
            vaccine_groups: self.get("vaccine_groups", "a list of texts, none blank", list_of_words)?,
            cvx: self.get("cvx", CVX_CODES, list_of_codes)?,
        })
    }

    fn lengths(&mut self) -> SettingsResult<Vec<TextLength>> {
        let texts = elements::ALL.iter().filter(|element| element.cell.kind() == ValueKind::Text);
        let length = |element: &'static Element| {
            Ok(TextLength { element, bytes: self.get(element.name, LENGTH, length_in_bytes)? })
        };
        texts.map(length).collect()
    }

    fn contact(&mut self) -> SettingsResult<Contact> {
        Ok(Contact {
            name: self.get("name", TEXT, words)?,
            phone: self.get("phone", TEXT, words)?,
            hours: self.get("hours", TEXT, words)?,
            email: self.get("email", TEXT, words)?,
            subject: self.get("subject", TEXT, words)?,
            web_client: self.get("web_client", TEXT, words)?,
        })
    }

    fn gate(&mut self) -> SettingsResult<GateSettings> {
        Ok(GateSettings {
            max_change: self.get("max_change", MaxChange::EXPECTED, parsed)?,
            min_rows: self.get("min_rows", "a whole number of rows", whole_number)?,
            recipients_may_change: self.get("recipients_may_change", YES_OR_NO, DeValue::as_bool)?,
            max_export_age: self.get("max_export_age", MaxAge::EXPECTED, parsed)?,
            max_vaccination_age: self.get("max_vaccination_age", MaxAge::EXPECTED, parsed)?,
            nothing_shared: self.get("nothing_shared", YES_OR_NO, DeValue::as_bool)?,
            repeated_consents: self.get("repeated_consents", MaxCount::EXPECTED, count_or_off)?,
            unmatched_recipients: self.get("unmatched_recipients", YES_OR_NO, DeValue::as_bool)?,
            look_alikes: self.get("look_alikes", YES_OR_NO, DeValue::as_bool)?,
            max_unknown: self.get("max_unknown", MaxChange::EXPECTED, parsed)?,
            same_export: self.get("same_export", YES_OR_NO, DeValue::as_bool)?,
            same_consents: self.get("same_consents", YES_OR_NO, DeValue::as_bool)?,
            window_over: self.get("window_over", YES_OR_NO, DeValue::as_bool)?,
            newer_than_as_of: self.get("newer_than_as_of", YES_OR_NO, DeValue::as_bool)?,
            max_excluded_change: self.get("max_excluded_change", MaxChange::EXPECTED, parsed)?,
            max_blank_change: self.get("max_blank_change", MaxChange::EXPECTED, parsed)?,
            require_control: self.get("require_control", YES_OR_NO, DeValue::as_bool)?,
        })
    }

    fn period(&mut self) -> SettingsResult<Period> {
        let first_day = self.get("first_day", DATE, date)?;
        let last_day = self.get("last_day", DATE, date)?;
        if last_day < first_day {
            // The default's days are in order, so that the file gives at least one of them.
            let given = ["last_day", "first_day"].into_iter().find_map(|key| Some((key, self.in_file(key)?)));
            let (key, span) = given.map_or(("", 0..0), |(key, value)| (key, value.span()));
            return Err(self.error(
                span,
                key,
                SettingsFault::Refused("the last day is before the first".to_owned()),
            ));
        }
        Ok(Period { first_day, last_day })
    }

    /// Every key is a client type of the site's own choosing.
    fn client_types(&mut self) -> SettingsResult<Vec<ClientType>> {
        let mut types: Vec<ClientType> = Vec::new();
        for (key, value) in self.entries() {
            let name = key.get_ref().trim().to_owned();
            let table = value.get_ref().as_table();
            let Some(table) = table.filter(|_| !name.is_empty() && !name.chars().any(char::is_control))
            else {
                let expected = "a table with `standard`, `disaster` and `child`, named by a client type";
                return Err(self.error(value.span(), &name, SettingsFault::WrongValue(expected)));
            };
            if types.iter().any(|t| t.name.to_lowercase() == name.to_lowercase()) {
                return Err(self.error(key.span(), &name, SettingsFault::NamedTwice));
            }
            types.push(self.table(&name, Some(table), None, |section| {
                let mut flag = |key| section.find(key, YES_OR_NO, DeValue::as_bool);
                Ok(ClientType {
                    // What is not granted is not shared.
                    standard: flag("standard")?.unwrap_or(false),
                    disaster: flag("disaster")?.unwrap_or(false),
                    // Policies from before there was this key have their children in the registry's own type.
                    child: flag("child")?.unwrap_or(name.eq_ignore_ascii_case(CHILD_TYPE)),
                    name: name.clone(),
                })
            })?);
        }
        Ok(types)
    }

    /// Every key is one of the 26 elements; the names in use must differ.
    fn header(&mut self) -> SettingsResult<Vec<Renamed>> {
        let mut renamed = Vec::new();
        let mut in_use: Vec<String> = Vec::new();
        for element in &elements::ALL {
            let name = self.find(element.name, HEADER_NAME, |value| {
                words(value).filter(|name| !name.starts_with('\u{feff}'))
            })?;
            in_use.push(name.as_deref().unwrap_or(element.name).to_lowercase());
            renamed.extend(name.map(|name| Renamed { element, name }));
        }
        self.finish()?;
        for column in &renamed {
            let own = column.name.to_lowercase();
            if in_use.iter().filter(|name| **name == own).count() > 1 {
                let key = column.element.name;
                let span = self.in_file(key).map_or(0..0, |value| value.span());
                return Err(self.error(span, key, SettingsFault::NamedTwice));
            }
        }
        Ok(renamed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_policy() {
        let check = |text: &str, expect: &str| {
            let message = match read(Path::new("p.toml"), text.as_bytes()) {
                Ok(_) => "ok".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(message, expect, "{text}");
        };
        check("", "ok");
        check("\n\nnane = 'x'", "p.toml, line 3, key nane: there is no such key in a policy");
        check(
            "name = 5",
            "p.toml, line 1, key name: this must be a text that is not blank and holds no control character",
        );
        check(
            "name = ' '",
            "p.toml, line 1, key name: this must be a text that is not blank and holds no control character",
        );
        check(
            "[window]\nfirst = 2018-01-01",
            "p.toml, line 2, key window.first: there is no such key in a policy",
        );
        let date = "this must be a date such as 2018-01-01, without quotes";
        check("[window]\nfirst_day = '2018-01-01'", &format!("p.toml, line 2, key window.first_day: {date}"));
        check(
            "[window]\nlast_day = 2018-01-01T00:00:00",
            &format!("p.toml, line 2, key window.last_day: {date}"),
        );
        check(
            "[window]\nlast_day = 2017-01-01",
            "p.toml, line 2, key window.last_day: the last day is before the first",
        );
        check(
            "[disaster]\nfirst_day = 2024-01-01",
            "p.toml, line 2, key disaster.first_day: the last day is before the first",
        );
        check("window = 5", "p.toml, line 1, key window: this must be a table");
        let years = "this must be a whole number of years from 0 to 150";
        check(
            "[consent]\nlookback_years = -1",
            &format!("p.toml, line 2, key consent.lookback_years: {years}"),
        );
        check(
            "[consent]\nlookback_years = 5.0",
            &format!("p.toml, line 2, key consent.lookback_years: {years}"),
        );
        check(
            "[consent]\nchild_consent_ends_at = 151",
            &format!("p.toml, line 2, key consent.child_consent_ends_at: {years}"),
        );
        check(
            "[consent]\nrule = 'any'",
            "p.toml, line 2, key consent.rule: this must be \"active-within-lookback\", \"active-on-as-of\" or \"active-throughout-lookback\"",
        );
        check(
            "[client_types.IC]\nstandard = 'yes'",
            "p.toml, line 2, key client_types.IC.standard: this must be true or false",
        );
        check(
            "[client_types.IC]\nboth = true",
            "p.toml, line 2, key client_types.IC.both: there is no such key in a policy",
        );
        check(
            "[client_types]\nIC = true",
            "p.toml, line 2, key client_types.IC: this must be a table with `standard`, `disaster` and `child`, named by a client type",
        );
        check(
            "[client_types.IC]\n[client_types.ic]",
            "p.toml, line 2, key client_types.ic: the same name stands twice (upper and lower case are the same)",
        );
        check(
            "[disaster]\nvaccine_groups = 'COV'",
            "p.toml, line 2, key disaster.vaccine_groups: this must be a list of texts, none blank",
        );
        check(
            "[disaster]\nvaccine_groups = ['']",
            "p.toml, line 2, key disaster.vaccine_groups: this must be a list of texts, none blank",
        );
        check(
            "[therapeutics]\nrsv_cvx = [93]",
            "p.toml, line 2, key therapeutics.rsv_cvx: this must be a list of CVX codes as texts, each on its own, none blank",
        );
        check("[header]\nNAME = 'x'", "p.toml, line 2, key header.NAME: there is no such key in a policy");
        check(
            "[header]\nZIP_CODE = 'client_id'",
            "p.toml, line 2, key header.ZIP_CODE: the same name stands twice (upper and lower case are the same)",
        );
        check(
            "[header]\nCLIENT_ID = \"\\uFEFFCLIENT_ID\"",
            "p.toml, line 2, key header.CLIENT_ID: this must be a text that is not blank, holds no control character and does not begin with a byte order mark",
        );
        check("[header]\nZIP_CODE = 'CLIENT_ID'\nCLIENT_ID = 'ZIP_CODE'", "ok");
        check(
            "[file]\nline_ending = 'cr'",
            "p.toml, line 2, key file.line_ending: this must be \"lf\" or \"crlf\"",
        );
        check("[gate]\nmax_change = '250.5%'\nmax_export_age = '7d'\nmax_vaccination_age = 'off'", "ok");
        check(
            "[gate]\nmax_change = 25",
            "p.toml, line 2, key gate.max_change: this must be a percentage such as \"25%\", or \"off\"",
        );
        check(
            "[gate]\nmax_export_age = '36h'",
            "p.toml, line 2, key gate.max_export_age: this must be a number of days such as \"7d\", or \"off\"",
        );
        check(
            "[gate]\nmin_rows = -1",
            "p.toml, line 2, key gate.min_rows: this must be a whole number of rows",
        );
        check("[gate]\nmin = 1", "p.toml, line 2, key gate.min: there is no such key in a policy");
        check(
            "[lengths]\nCLIENT_ID = 5",
            "p.toml, line 2, key lengths.CLIENT_ID: there is no such key in a policy",
        );
        for length in ["0", "32768", "\"5\"", "-1"] {
            let expect =
                "p.toml, line 2, key lengths.ZIP_CODE: this must be a whole number of bytes from 1 to 32767";
            check(&format!("[lengths]\nZIP_CODE = {length}"), expect);
        }
        check("[lengths]\nZIP_CODE = 5\n[contact]\nname = 'The registry'", "ok");
        check("[files]", "p.toml, line 1, key files: there is no such key in a policy");
    }

    #[test]
    fn refuses_what_is_no_toml_without_quoting_it() {
        for text in ["CLIENT_ID,FIRST_NAME\n1,Ana\n", "name = \"Ana", "a = 1\na = 2"] {
            let message = read(Path::new("p.toml"), text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains("line ") && message.contains("not TOML"), "{message}");
            assert!(!message.contains("Ana"), "{message}");
        }
        let message = read(Path::new("p.toml"), b"name = '\xff'").unwrap_err().to_string();
        assert_eq!(message, "p.toml: the file is not UTF-8 text");
    }

    #[test]
    fn what_is_not_said_is_as_in_the_default() {
        let default = Policy::built_in().unwrap();
        let read = |text: &str| read(Path::new("p"), text.as_bytes()).unwrap();
        let policy = read("[consent]\nlookback_years = 3\n");
        assert_eq!(policy.consent.lookback_years, 3);
        assert_eq!(policy.consent.rule, default.consent.rule);
        assert_eq!(policy.client_types, default.client_types);
        assert_eq!(policy.window, default.window);
        let policy = read("[client_types.XX]\nstandard = true");
        let expect = ClientType { name: "XX".into(), standard: true, disaster: false, child: false };
        assert_eq!(policy.client_types, [expect]);
        assert_eq!(policy.disaster, default.disaster);
    }

    #[test]
    fn tells_a_childs_type() {
        let check = |text: &str, expect: bool| {
            let policy = read(Path::new("p"), text.as_bytes()).unwrap();
            assert_eq!(policy.client_types[0].child, expect, "{text}");
        };
        check("[client_types.IC]\nstandard = true", true);
        check("[client_types.ic]", true);
        check("[client_types.IC]\nchild = false", false);
        check("[client_types.Child]", false);
        check("[client_types.Child]\nchild = true", true);
        check("[client_types.IA]", false);
    }

    #[test]
    fn a_list_of_codes_has_no_ranges() {
        let check = |list: &str, expect: bool| {
            for key in ["[disaster]\ncvx", "[therapeutics]\nrsv_cvx"] {
                let text = format!("{key} = {list}");
                assert_eq!(read(Path::new("p"), text.as_bytes()).is_ok(), expect, "{text}");
            }
        };
        check(r#"["208", "0210", "X-1"]"#, true);
        check("[]", true);
        check(r#"["210-213"]"#, false);
        check(r#"["210–213"]"#, false);
        for slip in
            ["210, 211", "207..210", "207;208", "207/208", "20*", "208.0", "2\u{200b}08", "２08", "20 8"]
        {
            check(&format!(r#"["{slip}"]"#), false);
        }
        check(r#"[208]"#, false);
        check(r#"[""]"#, false);
    }
}
