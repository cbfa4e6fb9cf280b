//! Writing a policy as TOML.

use super::{ClientType, DEFAULT, Period, Policy, TextLength};

/// The comment that stands in the default before the settings that begin with these words, so that comments are kept
/// in one place only.
fn comment_before(settings: &str) -> &'static str {
    let start = DEFAULT.find(settings).unwrap_or(0);
    let before = DEFAULT[..start].rfind("\n\n").map_or(0, |blank| blank + 2);
    DEFAULT[before..start].trim_end()
}

impl Policy {
    /// The policy as TOML, with every key and the default's comments. The policy that is built in comes out as
    /// the very text it was read from.
    pub fn to_toml(&self) -> String {
        let Policy { consent, disaster, contact, gate, .. } = self;
        let name = format!("name = {}", quoted(&self.name));
        let types: Vec<String> = self.client_types.iter().map(client_type).collect();
        let types = if types.is_empty() { "[client_types]".to_owned() } else { types.join("\n\n") };
        let renamed = self
            .header
            .iter()
            .map(|renamed| format!("\n{} = {}", renamed.element.name, quoted(&renamed.name)));
        let consent = format!(
            "[consent]\nrule = \"{}\"\nlookback_years = {}\nchild_consent_ends_at = {}",
            consent.rule, consent.lookback_years, consent.child_consent_ends_at
        );
        let disaster = format!(
            "[disaster]\n{}\nvaccine_groups = [{}]\ncvx = {}",
            days(disaster.period),
            list(&disaster.vaccine_groups),
            long_list(&disaster.cvx)
        );
        let gate = [
            format!("max_change = \"{}\"", gate.max_change),
            format!("min_rows = {}", gate.min_rows),
            format!("recipients_may_change = {}", gate.recipients_may_change),
            format!("max_export_age = \"{}\"", gate.max_export_age),
            format!("max_vaccination_age = \"{}\"", gate.max_vaccination_age),
            format!("nothing_shared = {}", gate.nothing_shared),
            format!("repeated_consents = {}", gate.repeated_consents),
            format!("unmatched_recipients = {}", gate.unmatched_recipients),
            format!("look_alikes = {}", gate.look_alikes),
            format!("max_unknown = \"{}\"", gate.max_unknown),
            format!("same_export = {}", gate.same_export),
            format!("same_consents = {}", gate.same_consents),
            format!("window_over = {}", gate.window_over),
            format!("newer_than_as_of = {}", gate.newer_than_as_of),
            format!("max_excluded_change = \"{}\"", gate.max_excluded_change),
            format!("max_blank_change = \"{}\"", gate.max_blank_change),
            format!("require_control = {}", gate.require_control),
        ];
        let gate = format!("[gate]\n{}", gate.join("\n"));
        let file = format!(
            "[file]\nline_ending = \"{}\"\nbom = {}\nexcel_copy = {}",
            self.line_ending, self.bom, self.excel_copy
        );
        let length = |length: &TextLength| format!("{} = {}", length.element.name, length.bytes);
        let lengths: Vec<String> = self.lengths.iter().map(length).collect();
        let contact = [
            ("name", &contact.name),
            ("phone", &contact.phone),
            ("hours", &contact.hours),
            ("email", &contact.email),
            ("subject", &contact.subject),
            ("web_client", &contact.web_client),
        ];
        let contact = contact.map(|(key, text)| format!("{key} = {}", quoted(text)));
        let sections = [
            ("name = ", name),
            ("[window]", format!("[window]\n{}", days(self.window))),
            ("[client_types.IC]", types),
            ("[consent]", consent),
            ("[disaster]", disaster),
            ("[therapeutics]", format!("[therapeutics]\nrsv_cvx = [{}]", list(&self.rsv_cvx))),
            ("[header]", "[header]".to_owned() + &renamed.collect::<String>()),
            ("[file]", file),
            ("[lengths]", format!("[lengths]\n{}", lengths.join("\n"))),
            ("[summary]", format!("[summary]\nbands = {:?}", self.age_bands.first_years())),
            ("[contact]", format!("[contact]\n{}", contact.join("\n"))),
            ("[gate]", gate),
        ];
        let texts = sections.map(|(start, text)| format!("{}\n{text}\n", comment_before(start)));
        texts.join("\n")
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

fn days(period: Period) -> String {
    format!("first_day = {}\nlast_day = {}", period.first_day, period.last_day)
}

fn client_type(client_type: &ClientType) -> String {
    let ClientType { name, standard, disaster, child } = client_type;
    let name = key(name);
    format!("[client_types.{name}]\nstandard = {standard}\ndisaster = {disaster}\nchild = {child}")
}

/// A list that may be too long for a line, as the default has it.
fn long_list(texts: &[String]) -> String {
    const WIDTH: usize = 110;
    let mut out = "[".to_owned();
    let mut width = WIDTH;
    for text in texts {
        let item = format!(" {},", quoted(text));
        if width + item.len() > WIDTH {
            out.push_str("\n   ");
            width = 3;
        }
        out.push_str(&item);
        width += item.len();
    }
    out + if texts.is_empty() { "]" } else { "\n]" }
}

/// A key as TOML writes it: bare where it may be.
fn key(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare && !name.is_empty() { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_default_is_shown_as_it_stands() {
        let policy = Policy::built_in().unwrap();
        assert_eq!(policy.to_toml(), DEFAULT);
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        let text = r#"
            name = "A \"site's\" own\\"
            [client_types."Type Ñ"]
            disaster = true
            [client_types.x]
            [consent]
            rule = "active-on-as-of"
            lookback_years = 0
            [client_types.y]
            child = true
            [client_types.IC]
            child = false
            [disaster]
            vaccine_groups = ["X\"1"]
            cvx = ["X-1", "208"]
            [header]
            STATE_CODE = "STATECODE"
            CLIENT_ID = 'client, "id"'
            [file]
            line_ending = "crlf"
            bom = true
            excel_copy = true
            [lengths]
            FIRST_NAME = 7
            [contact]
            name = 'The "registry"'
            [gate]
            max_change = "12.5%"
            min_rows = 0
            recipients_may_change = true
            max_export_age = "7d"
            max_vaccination_age = "off"
        "#;
        let read = |text: &str| crate::policy::read::read(Path::new("p"), text.as_bytes()).unwrap();
        let policy = read(text);
        let again = read(&policy.to_toml());
        assert_eq!(Policy { sha256: policy.sha256.clone(), text: policy.text.clone(), ..again }, policy);
        let empty = read("[client_types]");
        assert!(empty.client_types.is_empty());
        assert!(read(&empty.to_toml()).client_types.is_empty());
    }
}
