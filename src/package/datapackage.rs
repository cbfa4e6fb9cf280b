//! A file's description as a Frictionless Data Package, version 2 (<https://datapackage.org>), for programs that check a file
//! or read it by its description.

use crate::batch::{DELIMITER, Delivery, names, to_json};
use crate::elements::{self, Cell, Element, ValueKind};
use crate::policy::Policy;
use serde::Serialize;

const PROFILES: &str = "https://datapackage.org/profiles/2.0";

/// No text has a control character or what separates lines in it, nor white space at its ends. As in XML Schema, a pattern is
/// of the whole value.
const TEXT: &str = r"[^\s\u0000-\u001f\u007f-\u009f\u2028\u2029]([^\u0000-\u001f\u007f-\u009f\u2028\u2029]*[^\s\u0000-\u001f\u007f-\u009f\u2028\u2029])?";

/// Ids have no leading zeros and at most 19 digits.
const ID: &str = "(0|[1-9][0-9]{0,18})";

#[derive(Serialize)]
struct Package {
    #[serde(rename = "$schema")]
    profile: String,
    name: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    resources: [Resource; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    path: String,
    format: &'static str,
    mediatype: &'static str,
    encoding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// No property of the standard's: it leaves room for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_order_mark: Option<bool>,
    dialect: Dialect,
    schema: Schema,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dialect {
    #[serde(rename = "$schema")]
    profile: String,
    header: bool,
    delimiter: char,
    line_terminator: String,
    quote_char: char,
    double_quote: bool,
    skip_initial_space: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(rename = "$schema")]
    profile: String,
    fields: Vec<Field>,
    primary_key: [String; 1],
    missing_values: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    title: String,
    #[serde(rename = "type")]
    kind: &'static str,
    description: &'static str,
    constraints: Constraints,
}

#[derive(Serialize)]
struct Constraints {
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<u32>,
}

/// The description of a recipient's file, or, without one, of all such files.
pub fn datapackage_json(policy: &Policy, delivery: Option<&Delivery<'_>>) -> String {
    let path = delivery.map_or(names::ANY_RECIPIENT_FILE, |delivery| &delivery.file.path).to_owned();
    let name = path.trim_end_matches(".csv").to_lowercase();
    let description = delivery.map(|Delivery { recipient, as_of, .. }| {
        format!(
            "Immunization records of consented clients for {recipient}, as of {as_of}. See {}.",
            names::README
        )
    });
    let resource = Resource {
        name: name.clone(),
        kind: "table",
        path,
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        bytes: delivery.map(|delivery| delivery.file.bytes),
        hash: delivery.map(|delivery| format!("sha256:{}", delivery.file.sha256)),
        byte_order_mark: policy.bom.then_some(true),
        dialect: Dialect {
            profile: format!("{PROFILES}/tabledialect.json"),
            header: true,
            delimiter: DELIMITER.into(),
            line_terminator: String::from_utf8_lossy(policy.line_ending.bytes()).into_owned(),
            quote_char: '"',
            double_quote: true,
            skip_initial_space: false,
        },
        schema: Schema {
            profile: format!("{PROFILES}/tableschema.json"),
            fields: elements::ALL.iter().map(|element| field(element, policy)).collect(),
            primary_key: [policy.header_name(elements::holding(Cell::ImmunfactId)).to_owned()],
            missing_values: [""],
        },
    };
    to_json(&Package {
        profile: format!("{PROFILES}/datapackage.json"),
        name,
        title: "Monthly public-health data sharing file".to_owned(),
        description,
        resources: [resource],
    })
}

fn field(element: &'static Element, policy: &Policy) -> Field {
    let mut constraints =
        Constraints { required: element.blank.is_none(), pattern: None, minimum: None, maximum: None };
    let kind = match element.cell.kind() {
        // As a number it would lose digits in programs that count in floating point.
        ValueKind::Id => {
            constraints.pattern = Some(ID.to_owned());
            "string"
        }
        ValueKind::Text => {
            constraints.pattern = Some(TEXT.to_owned());
            "string"
        }
        ValueKind::Date => "date",
        ValueKind::WholeNumber { least, most } => {
            (constraints.minimum, constraints.maximum) = (Some(least), most);
            "integer"
        }
    };
    Field {
        name: policy.header_name(element).to_owned(),
        title: element.label(),
        kind,
        description: element.description,
        constraints,
    }
}
