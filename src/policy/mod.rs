//! The inclusion rules' settings: what a policy file may say, and the default that is built in.
//!
//! A policy is data. It is read whole and checked whole before any record is looked at; the rules themselves are
//! in `filter`.

mod gate;
mod oddity;
mod read;
mod show;
mod values;

pub use gate::{GateKey, GateSettings, MaxAge, MaxChange, MaxCount};

use crate::elements::Element;
use crate::settings::SettingsError;
use crate::value::{AgeBands, Day, all_of, text};
use std::path::Path;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The policy that is built in: what the Texas Immunization Registry's training published.
const DEFAULT: &str = include_str!("default.toml");

/// How many digits an id has at most.
const LONGEST_ID: u32 = 19;

/// The inclusion rules' settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What the policy is called.
    pub name: String,
    /// The days on which a vaccination is shared, both ends in.
    pub window: Period,
    /// What each client type may share. Other types share nothing.
    pub client_types: Vec<ClientType>,
    /// Which consents count.
    pub consent: ConsentSettings,
    /// The disaster.
    pub disaster: Disaster,
    /// The CVX codes of RSV therapeutics.
    pub rsv_cvx: Vec<String>,
    /// Columns that have another name in the header.
    pub header: Vec<Renamed>,
    /// How the lines of the recipients' files end.
    pub line_ending: LineEnding,
    /// Whether the recipients' files begin with a byte order mark.
    pub bom: bool,
    /// Whether each recipient gets a copy for Excel, too.
    pub excel_copy: bool,
    /// How many bytes the script for SAS makes room for in each text, in the order of the elements.
    pub lengths: Vec<TextLength>,
    /// The bands of ages that counts are made by.
    pub age_bands: AgeBands,
    /// Whom a recipient asks.
    pub contact: Contact,
    /// What holds a batch back until a person has looked at it.
    pub gate: GateSettings,
    /// The text that the policy was read from.
    pub text: Vec<u8>,
    /// The SHA-256 of that text, in hexadecimal.
    pub sha256: String,
}

/// Days from a first through a last one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first day in it.
    pub first_day: Day,
    /// The last day in it, not before the first.
    pub last_day: Day,
}

impl Period {
    /// Whether a day lies in it.
    pub fn contains(self, day: Day) -> bool {
        self.first_day <= day && day <= self.last_day
    }
}

/// What clients of one type may share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientType {
    /// The type, as the policy writes it; matched without regard to case.
    pub name: String,
    /// Whether standard immunizations are shared.
    pub standard: bool,
    /// Whether disaster immunizations are shared.
    pub disaster: bool,
    /// Whether standard consent ends with childhood.
    pub child: bool,
}

/// Which consents count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsentSettings {
    /// How a consent must lie to the lookback.
    pub rule: ConsentRule,
    /// How many years before the as-of date the lookback begins.
    pub lookback_years: u32,
    /// The birthday on which a child's consent ends, in years.
    pub child_consent_ends_at: u32,
}

/// The three readings of "have had an active consent for the past five years".
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    EnumString,
    IntoStaticStr,
    VariantArray,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[repr(u8)]
pub enum ConsentRule {
    /// Some consent is active on at least one day of the lookback.
    ActiveWithinLookback,
    /// Some consent is active on the as-of date.
    ActiveOnAsOf,
    /// On every day of the lookback some consent is active.
    ActiveThroughoutLookback,
}

impl ConsentRule {
    /// All three.
    pub const ALL: [ConsentRule; ConsentRule::VARIANTS.len()] = all_of(ConsentRule::VARIANTS);

    /// The name, as in the policy.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The rule with this name.
    pub fn named(name: &str) -> Option<ConsentRule> {
        name.parse().ok()
    }
}

/// The disaster whose immunizations have rules of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disaster {
    /// How long it lasted.
    pub period: Period,
    /// The vaccine groups whose immunizations are disaster immunizations in that time, where no flag says otherwise.
    pub vaccine_groups: Vec<String>,
    /// The CVX codes that are, too.
    pub cvx: Vec<String>,
}

/// A column with another name in the header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renamed {
    pub element: &'static Element,
    /// The name it has in the files.
    pub name: String,
}

/// How long a text of a column may be, where a program must know it before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextLength {
    pub element: &'static Element,
    /// In bytes of UTF-8.
    pub bytes: u32,
}

/// Whom a recipient asks, and where it fetches its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Who answers.
    pub name: String,
    pub phone: String,
    /// When somebody answers.
    pub hours: String,
    pub email: String,
    /// What the subject line of a mail must hold.
    pub subject: String,
    /// The page on which a recipient signs in.
    pub web_client: String,
}

/// How lines end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    Crlf,
}

impl LineEnding {
    /// The bytes.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            LineEnding::Lf => b"\n",
            LineEnding::Crlf => b"\r\n",
        }
    }
}

impl Policy {
    /// The policy that is built in.
    ///
    /// # Errors
    /// Never, as a test shows; the text is read like any other.
    pub fn built_in() -> Result<Policy, SettingsError> {
        read::read(Path::new("(built in)"), DEFAULT.as_bytes())
    }

    /// Reads a policy from a file; what it does not say is as in the default.
    ///
    /// # Errors
    /// If the file cannot be read, is no policy, or says something that cannot be.
    pub fn from_file(path: &Path) -> Result<Policy, SettingsError> {
        read::read(path, &read::load(path)?)
    }

    /// Reads a policy from a text; `path` is for errors only.
    ///
    /// # Errors
    /// If it is no policy, or says something that cannot be.
    pub fn from_text(path: &Path, text: &[u8]) -> Result<Policy, SettingsError> {
        read::read(path, text)
    }

    /// The name an element has in the files' header.
    pub fn header_name(&self, element: &Element) -> &str {
        let renamed = self.header.iter().find(|r| r.element.cell == element.cell);
        renamed.map_or(element.name, |r| &r.name)
    }

    /// How many bytes a value of an element may have, where a program must know it before.
    pub fn longest(&self, element: &Element) -> u32 {
        let own = self.lengths.iter().find(|length| length.element.cell == element.cell);
        own.map_or(LONGEST_ID, |length| length.bytes)
    }

    /// What a client type, in lower case, may share; none if the policy does not name it.
    pub fn client_type(&self, lowered: &str) -> Option<&ClientType> {
        self.client_types.iter().find(|t| text::equals_lowered(t.name.as_bytes(), lowered))
    }
}
