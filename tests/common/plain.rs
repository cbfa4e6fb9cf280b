//! The rules once more, in plain code that shares nothing with the program's: slow, and easy to read.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use super::random::Tables;
use std::collections::BTreeMap;

/// A consent rule, by its name in the policy.
pub type Rule<'a> = &'a str;

type Row = BTreeMap<String, String>;

/// An export's usable rows, by their key.
pub struct Plain {
    clients: BTreeMap<u64, Row>,
    consents: Vec<Row>,
    vaccines: BTreeMap<u64, Row>,
    organizations: BTreeMap<u64, Row>,
    recipients: Option<Vec<Row>>,
}

pub fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut last_control = false;
    for c in text.chars() {
        let control = matches!(c as u32, 0..=0x1f | 0x7f..=0x9f | 0x2028 | 0x2029);
        if !(control && last_control) {
            out.push(if control { ' ' } else { c });
        }
        last_control = control;
    }
    out.trim().to_owned()
}

pub fn id(text: &str) -> Option<u64> {
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

impl Plain {
    /// Reads an export; unusable rows are left out.
    pub fn new(tables: &Tables) -> Plain {
        let rows_of = |table: &str| -> Option<Vec<Row>> {
            let (_, columns, rows) = tables.0.iter().find(|(name, _, _)| *name == table)?;
            let usable = rows.iter().filter(|row| row.len() == columns.len());
            Some(
                usable
                    .map(|row| columns.iter().cloned().zip(row.iter().map(|v| clean(v))).collect())
                    .collect(),
            )
        };
        let keyed = |table: &str, key: &str, usable: &dyn Fn(&Row) -> bool| {
            let mut by_key: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
            for mut row in rows_of(table).unwrap() {
                if let (Some(key_value), true) = (id(&row[key]), usable(&row)) {
                    row.insert(key.to_owned(), key_value.to_string());
                    for coded in ["CLIENT_TYPE", "PRODUCT_CLASS"] {
                        row.entry(coded.to_owned()).and_modify(|v| *v = v.to_uppercase());
                    }
                    by_key.entry(key_value).or_default().push(row);
                }
            }
            by_key.retain(|_, rows| rows.iter().all(|row| *row == rows[0]));
            by_key.into_iter().map(|(key, mut rows)| (key, rows.remove(0))).collect::<BTreeMap<_, _>>()
        };
        Plain {
            clients: keyed("clients", "CLIENT_ID", &|row| !row["BIRTH_DATE"].is_empty()),
            consents: rows_of("consents").unwrap(),
            vaccines: keyed("vaccines", "VACCINE_ID", &|row| row["PRODUCT_CLASS"] != "OTHER"),
            organizations: keyed("organizations", "ORG_ID", &|_| true),
            recipients: rows_of("recipients"),
        }
    }

    /// Why a row of a recipient's file should not be there, if so. `flag` is the fact's DISASTER_FLAG.
    pub fn objection(
        &self,
        row: &BTreeMap<String, String>,
        flag: &str,
        recipient: &str,
        rule: Rule<'_>,
    ) -> Option<String> {
        const AS_OF: &str = "2024-07-08";
        const LOOKBACK: &str = "2019-07-08";
        let client_id = id(&row["CLIENT_ID"])?;
        let Some(client) = self.clients.get(&client_id) else { return Some("no such client".into()) };
        let vaccine = &self.vaccines[&id(&row["VACCINE_ID"])?];
        let organization = &self.organizations[&id(&row["GIVEN_BY_ORG_ID"])?];
        let date = row["VACCINATION_DATE"].as_str();
        let birth = client["BIRTH_DATE"].as_str();
        if !("2018-01-01"..="2024-12-31").contains(&date) || date > AS_OF || date < birth {
            return Some(format!("date {date}"));
        }
        let in_disaster = ("2020-03-01"..="2023-06-15").contains(&date);
        let cvx = vaccine["CVX_CODE"].trim_end_matches(".0");
        let is_rsv = ["93", "306", "307", "315", "332"].contains(&cvx.trim_start_matches('0'));
        let disaster = match (vaccine["PRODUCT_CLASS"].as_str(), flag.to_uppercase().as_str()) {
            ("COVID_THERAPEUTIC", _) => true,
            ("RSV_THERAPEUTIC", _) => false,
            ("", _) if is_rsv => false,
            (_, "Y") => true,
            (_, "N") => false,
            _ => {
                let group = row["VACCINE_GROUP"].to_uppercase();
                in_disaster && (["COV", "COVID-19"].contains(&group.as_str()) || is_covid(cvx))
            }
        };
        if disaster && !in_disaster {
            return Some("outside the disaster".into());
        }
        let may = match client["CLIENT_TYPE"].as_str() {
            "IC" | "IA" => true,
            "DC" | "PA" => disaster,
            _ => false,
        };
        if !may {
            return Some("client type".into());
        }
        if !disaster && client["CLIENT_TYPE"] == "IC" && birth <= "2006-07-08" {
            return Some("too old".into());
        }
        let mine = || self.consents.iter().filter(|c| id(&c["CLIENT_ID"]) == Some(client_id));
        if mine().any(|c| c["EFFECTIVE_DATE"] == "2020-02-30") {
            return Some("a consent is unreadable".into());
        }
        let kind = if disaster { "DISASTER" } else { "STANDARD" };
        let begun: Vec<&Row> = mine()
            .filter(|c| c["CONSENT_TYPE"].to_uppercase() == kind && c["EFFECTIVE_DATE"].as_str() <= AS_OF)
            .collect();
        let withdrawn = |c: &Row| c["END_REASON"] == "WITHDRAWN" && c["END_DATE"].as_str() <= AS_OF;
        let last = begun.iter().filter(|c| withdrawn(c)).map(|c| c["END_DATE"].as_str()).max().unwrap_or("");
        let left: Vec<&&Row> =
            begun.iter().filter(|c| !withdrawn(c) && c["EFFECTIVE_DATE"].as_str() >= last).collect();
        let active = |day: &str| {
            left.iter().any(|c| {
                c["EFFECTIVE_DATE"].as_str() <= day
                    && (c["END_DATE"].is_empty() || day < c["END_DATE"].as_str())
            })
        };
        let days = |from: &str| every_day(from, AS_OF);
        let stands = match rule {
            "active-on-as-of" => active(AS_OF),
            "active-within-lookback" => days(LOOKBACK).iter().any(|d| active(d)),
            _ => {
                let first = left.iter().map(|c| c["EFFECTIVE_DATE"].as_str()).min();
                let from = if birth > LOOKBACK { first } else { Some(LOOKBACK) };
                from.is_some_and(|from| !left.is_empty() && days(from).iter().all(|d| active(d)))
            }
        };
        if !stands {
            return Some(format!("{kind} consent"));
        }
        let fold = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let entity = fold(&organization["RESPONSIBLE_ENTITY"]);
        let goes_there = match &self.recipients {
            None => fold(recipient) == entity && !entity.is_empty(),
            Some(rows) => rows.iter().any(|r| {
                fold(&r["RECIPIENT"]) == fold(recipient) && fold(&r["RESPONSIBLE_ENTITY"]) == entity
            }),
        };
        (!goes_there).then(|| "another recipient's".into())
    }
}

/// Whether a CVX code is one of CDC's COVID-19 vaccines.
fn is_covid(cvx: &str) -> bool {
    let ranges =
        [207..=208, 210..=213, 217..=219, 221..=221, 225..=230, 300..=302, 308..=313, 334..=334, 500..=521];
    cvx.parse::<u32>().is_ok_and(|code| ranges.iter().any(|range| range.contains(&code)))
}

fn every_day(from: &str, to: &str) -> Vec<String> {
    let parse = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    parse(from).iter_days().take_while(|day| *day <= parse(to)).map(|day| day.to_string()).collect()
}
