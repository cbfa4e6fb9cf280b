//! Reading a policy file: every key is known, every value has its type, and the error names the key and the line.

use super::error::{PolicyError, PolicyFault};
use super::section::{
    Checked, Document, Section, date, list_of_codes, list_of_words, parsed, whole_number, whole_years, words,
};
use super::{
    ClientType, ConsentRule, ConsentSettings, DEFAULT, Disaster, GateSettings, LineEnding, MaxAge, MaxChange,
    Period, Policy, Renamed, hash,
};
use crate::elements::{self, Element};
use crate::value::Day;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The registry's own client type for children.
const CHILD_TYPE: &str = "IC";

const CVX_CODES: &str = "a list of CVX codes as texts, each on its own, none blank";

/// No policy is this long; what is longer is some other file.
const LONGEST_FILE: u64 = 1 << 20;

/// The bytes of a policy file, if it is not too long for one.
pub(super) fn load(path: &Path) -> Result<Vec<u8>, PolicyError> {
    let unavailable = |source| PolicyError::Unavailable { path: path.to_owned(), source };
    let bad = |fault| PolicyError::Bad { path: path.to_owned(), line: 0, key: String::new(), fault };
    // Looked at before it is opened: opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(unavailable)?.is_file() {
        return Err(bad(PolicyFault::NotAFile));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unavailable)?;
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(unavailable)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(bad(PolicyFault::TooLarge));
    }
    Ok(bytes)
}

/// Reads a policy; what it does not say is as in the default. `path` is for errors only.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Policy, PolicyError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PolicyError::Bad {
        path: path.to_owned(),
        line: 0,
        key: String::new(),
        fault: PolicyFault::NotText,
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document { path, text };
    let mut policy = match text == DEFAULT {
        true => blank(),
        false => Policy::built_in()?,
    };
    policy.text = bytes.to_vec();
    policy.sha256 = hash(bytes);
    let parsed = DeTable::parse(text).map_err(|error| {
        let fault = PolicyFault::NotToml(error.message().to_owned());
        document.error(error.span().unwrap_or(0..0), String::new(), fault)
    })?;
    Section::of(&document, String::new(), parsed.get_ref()).read_policy(&mut policy)?;
    Ok(policy)
}

/// What the default is read into: it says everything itself.
fn blank() -> Policy {
    let day = Day::new(1, 1, 1).unwrap_or_else(|| unreachable!("1 January of the year 1"));
    let period = Period { first_day: day, last_day: day };
    Policy {
        name: String::new(),
        window: period,
        client_types: Vec::new(),
        consent: ConsentSettings {
            rule: ConsentRule::ActiveThroughoutLookback,
            lookback_years: 0,
            child_consent_ends_at: 0,
        },
        disaster: Disaster { period, vaccine_groups: Vec::new(), cvx: Vec::new() },
        rsv_cvx: Vec::new(),
        header: Vec::new(),
        line_ending: LineEnding::Lf,
        gate: GateSettings::STRICTEST,
        text: Vec::new(),
        sha256: String::new(),
    }
}

impl<'a> Section<'a> {
    fn read_policy(&mut self, policy: &mut Policy) -> Checked<()> {
        self.set("name", &mut policy.name, "a text that is not blank and holds no control character", words)?;
        if let Some(mut window) = self.section("window")? {
            window.set_period(&mut policy.window)?;
            window.finish()?;
        }
        if let Some(types) = self.section("client_types")? {
            policy.client_types = types.read_client_types()?;
        }
        if let Some(mut consent) = self.section("consent")? {
            let years = "a whole number of years from 0 to 150";
            let settings = &mut policy.consent;
            let rules = "\"active-within-lookback\", \"active-on-as-of\" or \"active-throughout-lookback\"";
            consent.set("rule", &mut settings.rule, rules, |value| {
                value.as_str().and_then(ConsentRule::named)
            })?;
            consent.set("lookback_years", &mut settings.lookback_years, years, whole_years)?;
            consent.set("child_consent_ends_at", &mut settings.child_consent_ends_at, years, whole_years)?;
            consent.finish()?;
        }
        if let Some(mut disaster) = self.section("disaster")? {
            disaster.set_period(&mut policy.disaster.period)?;
            let groups = &mut policy.disaster.vaccine_groups;
            disaster.set("vaccine_groups", groups, "a list of texts, none blank", list_of_words)?;
            disaster.set("cvx", &mut policy.disaster.cvx, CVX_CODES, list_of_codes)?;
            disaster.finish()?;
        }
        if let Some(mut therapeutics) = self.section("therapeutics")? {
            therapeutics.set("rsv_cvx", &mut policy.rsv_cvx, CVX_CODES, list_of_codes)?;
            therapeutics.finish()?;
        }
        if let Some(header) = self.section("header")? {
            policy.header = header.read_header()?;
        }
        if let Some(mut file) = self.section("file")? {
            file.set("line_ending", &mut policy.line_ending, "\"lf\" or \"crlf\"", |value| {
                let name = value.as_str()?;
                [LineEnding::Lf, LineEnding::Crlf].into_iter().find(|ending| ending.name() == name)
            })?;
            file.finish()?;
        }
        if let Some(mut gate) = self.section("gate")? {
            gate.set_gate(&mut policy.gate)?;
            gate.finish()?;
        }
        self.finish()
    }

    fn set_gate(&mut self, gate: &mut GateSettings) -> Checked<()> {
        self.set("max_change", &mut gate.max_change, MaxChange::EXPECTED, parsed)?;
        self.set("min_rows", &mut gate.min_rows, "a whole number of rows", whole_number)?;
        let changes = &mut gate.recipients_may_change;
        self.set("recipients_may_change", changes, "true or false", DeValue::as_bool)?;
        self.set("max_export_age", &mut gate.max_export_age, MaxAge::EXPECTED, parsed)?;
        self.set("max_vaccination_age", &mut gate.max_vaccination_age, MaxAge::EXPECTED, parsed)
    }

    fn set_period(&mut self, period: &mut Period) -> Checked<()> {
        let expected = "a date such as 2018-01-01, without quotes";
        self.set("first_day", &mut period.first_day, expected, date)?;
        self.set("last_day", &mut period.last_day, expected, date)?;
        if period.last_day < period.first_day {
            let (key, value) = ["last_day", "first_day"]
                .into_iter()
                .find_map(|key| Some((key, self.table.get(key)?)))
                .unwrap_or_else(|| unreachable!("the default's periods are in order"));
            return Err(self.document.error(value.span(), self.key(key), PolicyFault::EndsBeforeItBegins));
        }
        Ok(())
    }

    /// Every key is a client type of the site's own choosing.
    fn read_client_types(&self) -> Checked<Vec<ClientType>> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut types: Vec<ClientType> = Vec::new();
        for (key, value) in entries {
            let name = key.get_ref().trim().to_owned();
            let expected = "a table with `standard`, `disaster` and `child`, named by a client type";
            let DeValue::Table(table) = value.get_ref() else {
                return Err(self.wrong(&name, value, expected));
            };
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(self.wrong(&name, value, expected));
            }
            if types.iter().any(|t| t.name.to_lowercase() == name.to_lowercase()) {
                return Err(self.document.error(key.span(), self.key(&name), PolicyFault::NamedTwice));
            }
            let mut section = Section::of(self.document, self.key(&name), table);
            // What is not granted is not shared.
            let (mut standard, mut disaster) = (false, false);
            // Policies that were written before there was this key have their children in the registry's own type.
            let mut child = name.eq_ignore_ascii_case(CHILD_TYPE);
            section.set("standard", &mut standard, "true or false", DeValue::as_bool)?;
            section.set("disaster", &mut disaster, "true or false", DeValue::as_bool)?;
            section.set("child", &mut child, "true or false", DeValue::as_bool)?;
            section.finish()?;
            types.push(ClientType { name, standard, disaster, child });
        }
        Ok(types)
    }

    /// Every key is one of the 26 elements; the names in use must differ.
    fn read_header(&self) -> Checked<Vec<Renamed>> {
        let mut section = Section::of(self.document, self.path.clone(), self.table);
        let mut renamed = Vec::new();
        for element in &elements::ALL {
            let expected = "a text that is not blank and holds no control character";
            if let Some(name) = section.get(element.name, expected, words)? {
                renamed.push(Renamed { element, name });
            }
        }
        section.finish()?;
        let name = |element: &Element| {
            let new = renamed.iter().find(|column| column.element == element);
            new.map_or(element.name, |column| &column.name).to_lowercase()
        };
        for column in &renamed {
            let in_use = elements::ALL.iter().map(name);
            if in_use.filter(|used| *used == column.name.to_lowercase()).count() > 1 {
                let key = column.element.name;
                let span = self.table.get(key).map_or(0..0, Spanned::span);
                return Err(self.document.error(span, self.key(key), PolicyFault::NamedTwice));
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
