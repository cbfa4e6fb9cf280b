//! Writing a policy out as the TOML it could have been read from.

use super::{ClientType, DEFAULT, GateSettings, Policy};
use std::fmt::Write;

/// Splits the default's text where the settings of a section go, so that its comments are kept in one place only.
fn comment_before(section: &str) -> &'static str {
    let start = DEFAULT.find(section).unwrap_or(0);
    let before = DEFAULT[..start].rfind("\n\n").map_or(0, |blank| blank + 2);
    DEFAULT[before..start].trim_end()
}

impl Policy {
    /// The policy as TOML, with every key and the default's comments. The policy that is built in comes out as
    /// the very text it was read from.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let quote = |text: &str| toml::Value::from(text).to_string();
        let list = |texts: &[String]| texts.iter().map(|t| quote(t)).collect::<Vec<_>>().join(", ");
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line(comment_before("name = ").to_owned());
        line(format!("name = {}\n", quote(&self.name)));
        line(comment_before("[window]").to_owned());
        line(format!(
            "[window]\nfirst_day = {}\nlast_day = {}\n",
            self.window.first_day, self.window.last_day
        ));
        line(comment_before("[client_types.IC]").to_owned());
        if self.client_types.is_empty() {
            line("[client_types]\n".to_owned());
        }
        for client_type in &self.client_types {
            let ClientType { name, standard, disaster, child } = client_type;
            let name = key(name);
            line(format!(
                "[client_types.{name}]\nstandard = {standard}\ndisaster = {disaster}\nchild = {child}\n"
            ));
        }
        line(comment_before("[consent]").to_owned());
        line(format!(
            "[consent]\nrule = {}\nlookback_years = {}\nchild_consent_ends_at = {}\n",
            quote(self.consent.rule.name()),
            self.consent.lookback_years,
            self.consent.child_consent_ends_at
        ));
        line(comment_before("[disaster]").to_owned());
        let period = self.disaster.period;
        line(format!(
            "[disaster]\nfirst_day = {}\nlast_day = {}\nvaccine_groups = [{}]\ncvx = {}\n",
            period.first_day,
            period.last_day,
            list(&self.disaster.vaccine_groups),
            long_list(&self.disaster.cvx)
        ));
        line(comment_before("[therapeutics]").to_owned());
        line(format!("[therapeutics]\nrsv_cvx = [{}]\n", list(&self.rsv_cvx)));
        line(comment_before("[header]").to_owned());
        let mut header = "[header]\n".to_owned();
        for renamed in &self.header {
            let _ = writeln!(header, "{} = {}", renamed.element.name, quote(&renamed.name));
        }
        line(header);
        line(comment_before("[file]").to_owned());
        line(format!("[file]\nline_ending = {}\n", quote(self.line_ending.name())));
        line(comment_before("[gate]").to_owned());
        let GateSettings { max_change, min_rows, recipients_may_change, max_export_age, max_vaccination_age } =
            self.gate;
        line(format!(
            "[gate]\nmax_change = \"{max_change}\"\nmin_rows = {min_rows}\n\
             recipients_may_change = {recipients_may_change}\nmax_export_age = \"{max_export_age}\"\n\
             max_vaccination_age = \"{max_vaccination_age}\""
        ));
        out
    }
}

/// A list that may be too long for a line, as the default has it.
fn long_list(texts: &[String]) -> String {
    const WIDTH: usize = 110;
    let mut out = "[".to_owned();
    let mut width = WIDTH;
    for text in texts {
        let item = format!(" {},", toml::Value::from(text.as_str()));
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
    if bare && !name.is_empty() { name.to_owned() } else { toml::Value::from(name).to_string() }
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
