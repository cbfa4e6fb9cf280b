//! Every outcome of the rules, and every boundary day, on exports of one fact each.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Site, manifest, text};

/// An export of one fact, each part of it changed where a case says so.
struct Case<'a> {
    client_type: &'a str,
    birth: &'a str,
    /// Rows of `consents` without the client: `STANDARD,2015-01-01,,`.
    consents: &'a [&'a str],
    /// CVX_CODE and PRODUCT_CLASS.
    vaccine: &'a str,
    date: &'a str,
    group: &'a str,
    flag: &'a str,
    entity: &'a str,
    /// The rows of `recipients`; none is no table.
    recipients: Option<&'a [&'a str]>,
    as_of: &'a str,
    policy: &'a str,
}

/// An adult with open standard consent and an MMR shot in 2020: included.
const PLAIN: Case<'static> = Case {
    client_type: "IA",
    birth: "1990-05-05",
    consents: &["STANDARD,2015-01-01,,"],
    vaccine: "03,",
    date: "2020-01-01",
    group: "MMR",
    flag: "N",
    entity: "Travis",
    recipients: None,
    as_of: "2024-07-08",
    policy: "",
};

/// The same with open disaster consent only and a COVID-19 shot in 2021: included.
const DISASTER: Case<'static> = Case {
    consents: &["DISASTER,2020-01-01,,"],
    vaccine: "208,",
    date: "2021-03-01",
    group: "COV",
    flag: "",
    ..PLAIN
};

fn outcome(case: &Case<'_>) -> String {
    let site = Site::empty();
    site.rows("clients", &[&format!("7,{},Ana,Ruiz,,{},F,,TX,Travis,78701", case.client_type, case.birth)]);
    let consents: Vec<String> = case.consents.iter().map(|row| format!("7,{row}")).collect();
    site.rows("consents", &consents.iter().map(String::as_str).collect::<Vec<_>>());
    site.rows("vaccines", &[&format!("3,{}", case.vaccine)]);
    site.rows("organizations", &[&format!("5,Clinic,CL,{},,,,", case.entity)]);
    site.rows("immunizations", &[&format!("1,11,7,3,{},{},1,5,{}", case.date, case.group, case.flag)]);
    if let Some(rows) = case.recipients {
        site.rows("recipients", rows);
    }
    let policy = site.path("policy.toml");
    std::fs::write(&policy, case.policy).unwrap();
    let (export, out) = (site.export(), site.out());
    let run = ["run", text(&export), "--out", text(&out), "--as-of", case.as_of, "--policy", text(&policy)];
    let ran = common::phds_with(&[&run[..], &["--max-quarantined", "100%"], &GATES_OFF].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = common::read_folder(&site.out().join(case.as_of.replace('-', "").split_at(6).0));
    let facts = &manifest(&batch)["facts"];
    if facts["included"] == 1 {
        return "INCLUDED".to_owned();
    }
    let codes = ["excluded", "quarantined"].map(|kind| facts[kind].as_object().unwrap().keys().cloned());
    codes.into_iter().flatten().collect::<Vec<_>>().join("+")
}

fn check(case: Case<'_>, expect: &str) {
    let got = outcome(&case);
    assert_eq!(
        got,
        expect,
        "{} born {}, consents {:?}, vaccine {}, {} {} flag {:?}, entity {:?}, as of {}, policy {:?}",
        case.client_type,
        case.birth,
        case.consents,
        case.vaccine,
        case.group,
        case.date,
        case.flag,
        case.entity,
        case.as_of,
        case.policy
    );
}

#[test]
fn client_types() {
    check(PLAIN, "INCLUDED");
    check(DISASTER, "INCLUDED");
    check(Case { client_type: "ia", ..PLAIN }, "INCLUDED");
    check(Case { client_type: "IC", birth: "2015-05-05", ..PLAIN }, "INCLUDED");
    check(Case { client_type: "XX", ..PLAIN }, "UNKNOWN_CLIENT_TYPE");
    check(Case { client_type: "", ..PLAIN }, "UNKNOWN_CLIENT_TYPE");
    check(Case { client_type: "DC", ..PLAIN }, "STANDARD_NOT_PERMITTED");
    check(Case { client_type: "PA", ..PLAIN }, "STANDARD_NOT_PERMITTED");
    check(Case { client_type: "DC", ..DISASTER }, "INCLUDED");
    check(Case { client_type: "PA", ..DISASTER }, "INCLUDED");
    let policy = "[client_types.IA]\nstandard = true\n[client_types.Other]\ndisaster = true\n";
    check(Case { policy, ..DISASTER }, "DISASTER_NOT_PERMITTED");
    check(Case { policy, date: "2019-01-01", flag: "Y", ..DISASTER }, "DISASTER_NOT_PERMITTED");
    check(Case { policy, client_type: "other", ..DISASTER }, "INCLUDED");
    check(Case { policy, client_type: "DC", ..DISASTER }, "UNKNOWN_CLIENT_TYPE");
}

#[test]
fn the_first_rule_that_speaks_against_a_fact_is_its_outcome() {
    let nothing_right =
        Case { client_type: "XX", date: "2017-12-31", consents: &["STANDARD,bad,,"], entity: "", ..PLAIN };
    check(nothing_right, "UNKNOWN_CLIENT_TYPE");
    check(
        Case { client_type: "DC", date: "2017-12-31", consents: &["STANDARD,bad,,"], ..PLAIN },
        "OUTSIDE_DATE_WINDOW",
    );
    check(Case { client_type: "DC", consents: &["STANDARD,bad,,"], ..PLAIN }, "CONSENT_UNREADABLE");
    check(Case { client_type: "DC", consents: &[], entity: "", ..PLAIN }, "STANDARD_NOT_PERMITTED");
    check(
        Case { client_type: "IC", birth: "2000-01-01", consents: &[], entity: "", ..PLAIN },
        "CHILD_CONSENT_AGED_OUT",
    );
    check(Case { consents: &[], entity: "", ..PLAIN }, "STANDARD_CONSENT_MISSING");
    check(
        Case { consents: &["STANDARD,2015-01-01,2016-01-01,"], entity: "", ..PLAIN },
        "STANDARD_CONSENT_LAPSED",
    );
    check(Case { consents: &[], date: "2019-01-01", flag: "Y", ..DISASTER }, "DISASTER_OUTSIDE_PERIOD");
    check(Case { birth: "2020-01-02", consents: &[], ..PLAIN }, "VACCINATED_BEFORE_BIRTH");
}

#[test]
fn the_date_window() {
    check(Case { date: "2017-12-31", ..PLAIN }, "OUTSIDE_DATE_WINDOW");
    check(Case { date: "2018-01-01", ..PLAIN }, "INCLUDED");
    check(Case { date: "2024-07-08", ..PLAIN }, "INCLUDED");
    check(Case { date: "2024-07-09", ..PLAIN }, "OUTSIDE_DATE_WINDOW");
    check(Case { date: "2024-12-31", as_of: "2025-02-10", ..PLAIN }, "INCLUDED");
    check(Case { date: "2025-01-01", as_of: "2025-02-10", ..PLAIN }, "OUTSIDE_DATE_WINDOW");
    check(Case { date: "2024-02-29", ..PLAIN }, "INCLUDED");
    let policy = "[window]\nfirst_day = 2020-02-29\nlast_day = 2020-02-29\n";
    check(Case { policy, date: "2020-02-28", ..PLAIN }, "OUTSIDE_DATE_WINDOW");
    check(Case { policy, date: "2020-02-29", ..PLAIN }, "INCLUDED");
    check(Case { policy, date: "2020-03-01", ..PLAIN }, "OUTSIDE_DATE_WINDOW");
}

#[test]
fn the_disaster_period() {
    // With a flag the kind is certain, and only the period speaks.
    check(Case { flag: "Y", date: "2020-02-29", ..DISASTER }, "DISASTER_OUTSIDE_PERIOD");
    check(Case { flag: "Y", date: "2020-03-01", ..DISASTER }, "INCLUDED");
    check(Case { flag: "Y", date: "2023-06-15", ..DISASTER }, "INCLUDED");
    check(Case { flag: "Y", date: "2023-06-16", ..DISASTER }, "DISASTER_OUTSIDE_PERIOD");
    // Without one, the period decides what kind it is.
    check(Case { date: "2020-02-29", ..DISASTER }, "STANDARD_CONSENT_MISSING");
    check(Case { date: "2020-03-01", ..DISASTER }, "INCLUDED");
    check(Case { date: "2023-06-15", ..DISASTER }, "INCLUDED");
    check(Case { date: "2023-06-16", ..DISASTER }, "STANDARD_CONSENT_MISSING");
    check(Case { flag: "N", ..DISASTER }, "STANDARD_CONSENT_MISSING");
    check(Case { flag: "y", group: "FLU", ..DISASTER }, "INCLUDED");
    check(Case { group: "covid-19", ..DISASTER }, "INCLUDED");
}

#[test]
fn therapeutics() {
    let both: &[&str] = &["STANDARD,2015-01-01,,", "DISASTER,2020-01-01,,"];
    let covid = Case { vaccine: ",COVID_THERAPEUTIC", group: "", ..DISASTER };
    check(covid, "INCLUDED");
    check(
        Case { vaccine: ",covid_therapeutic", flag: "N", consents: &["STANDARD,2015-01-01,,"], ..DISASTER },
        "DISASTER_CONSENT_MISSING",
    );
    check(
        Case { vaccine: ",COVID_THERAPEUTIC", date: "2023-06-16", consents: both, ..DISASTER },
        "DISASTER_OUTSIDE_PERIOD",
    );
    check(Case { vaccine: "306,", group: "RSV", date: "2023-11-01", flag: "", ..PLAIN }, "INCLUDED");
    check(Case { vaccine: "306,RSV_THERAPEUTIC", group: "RSV", flag: "Y", ..PLAIN }, "INCLUDED");
    check(Case { vaccine: "93.0,", group: "RSV", flag: "Y", ..PLAIN }, "INCLUDED");
    check(Case { vaccine: "93,VACCINE", date: "2021-01-01", flag: "Y", ..PLAIN }, "DISASTER_CONSENT_MISSING");
}

#[test]
fn standard_consents() {
    let with = |consents: &[&str], expect: &str| check(Case { consents, ..PLAIN }, expect);
    with(&[], "STANDARD_CONSENT_MISSING");
    with(&["DISASTER,2015-01-01,,"], "STANDARD_CONSENT_MISSING");
    with(&["STANDARD,2024-07-09,,"], "STANDARD_CONSENT_NOT_YET_EFFECTIVE");
    with(&["STANDARD,2024-07-08,,"], "INCLUDED");
    with(&["STANDARD,2015-01-01,2024-07-08,WITHDRAWN"], "STANDARD_CONSENT_WITHDRAWN");
    with(&["STANDARD,2015-01-01,2024-07-09,WITHDRAWN"], "INCLUDED");
    with(&["STANDARD,2015-01-01,2022-01-01,withdrawn", "STANDARD,2022-01-01,,"], "INCLUDED");
    with(
        &["STANDARD,2015-01-01,2022-01-01,WITHDRAWN", "STANDARD,2021-12-31,,"],
        "STANDARD_CONSENT_WITHDRAWN",
    );
    with(&["STANDARD,2015-01-01,2019-07-08,EXPIRED"], "STANDARD_CONSENT_LAPSED");
    with(&["STANDARD,2015-01-01,2019-07-09,EXPIRED"], "INCLUDED");
    with(&["STANDARD,2015-01-01,2019-07-08,"], "STANDARD_CONSENT_LAPSED");
}

#[test]
fn disaster_consents() {
    let with = |consents: &[&str], expect: &str| check(Case { consents, ..DISASTER }, expect);
    with(&[], "DISASTER_CONSENT_MISSING");
    with(&["STANDARD,2015-01-01,,"], "DISASTER_CONSENT_MISSING");
    with(&["DISASTER,2024-07-09,,"], "DISASTER_CONSENT_NOT_YET_EFFECTIVE");
    with(&["DISASTER,2020-01-01,2022-01-01,WITHDRAWN"], "DISASTER_CONSENT_WITHDRAWN");
    with(&["disaster,2015-01-01,2019-07-08,EXPIRED"], "DISASTER_CONSENT_LAPSED");
    with(&["disaster,2015-01-01,2019-07-09,EXPIRED"], "INCLUDED");
}

#[test]
fn the_consent_rules_of_a_policy() {
    let rule = |rule: &str| format!("[consent]\nrule = \"{rule}\"\n");
    let on_as_of = rule("active-on-as-of");
    let throughout = rule("active-throughout-lookback");
    let ended: &[&str] = &["STANDARD,2015-01-01,2024-07-08,"];
    check(Case { consents: ended, policy: &on_as_of, ..PLAIN }, "STANDARD_CONSENT_LAPSED");
    check(Case { consents: &["STANDARD,2015-01-01,2024-07-09,"], policy: &on_as_of, ..PLAIN }, "INCLUDED");
    check(Case { consents: &["STANDARD,2019-07-08,,"], policy: &throughout, ..PLAIN }, "INCLUDED");
    check(
        Case { consents: &["STANDARD,2019-07-09,,"], policy: &throughout, ..PLAIN },
        "STANDARD_CONSENT_LAPSED",
    );
    let child = Case {
        client_type: "IC",
        birth: "2019-07-09",
        consents: &["STANDARD,2019-08-01,,"],
        policy: &throughout,
        ..PLAIN
    };
    check(child, "INCLUDED");
    let older = Case {
        client_type: "IC",
        birth: "2019-07-08",
        consents: &["STANDARD,2019-08-01,,"],
        policy: &throughout,
        ..PLAIN
    };
    check(older, "STANDARD_CONSENT_LAPSED");
    let policy = "[consent]\nlookback_years = 0\n";
    check(Case { consents: ended, policy, ..PLAIN }, "STANDARD_CONSENT_LAPSED");
}

#[test]
fn the_lookback_of_29_february() {
    let as_of = "2024-02-29";
    check(Case { as_of, consents: &["STANDARD,2015-01-01,2019-02-28,"], ..PLAIN }, "STANDARD_CONSENT_LAPSED");
    check(Case { as_of, consents: &["STANDARD,2015-01-01,2019-03-01,"], ..PLAIN }, "INCLUDED");
    let policy = "[consent]\nlookback_years = 4\n";
    check(
        Case { as_of, policy, consents: &["STANDARD,2015-01-01,2020-02-29,"], ..PLAIN },
        "STANDARD_CONSENT_LAPSED",
    );
    check(Case { as_of, policy, consents: &["STANDARD,2015-01-01,2020-03-01,"], ..PLAIN }, "INCLUDED");
}

#[test]
fn the_18th_birthday() {
    let child = |birth, as_of, expect| check(Case { client_type: "IC", birth, as_of, ..PLAIN }, expect);
    child("2006-07-09", "2024-07-08", "INCLUDED");
    child("2006-07-08", "2024-07-08", "CHILD_CONSENT_AGED_OUT");
    child("2006-07-07", "2024-07-08", "CHILD_CONSENT_AGED_OUT");
    child("2004-02-29", "2022-02-28", "INCLUDED");
    child("2004-02-29", "2022-03-01", "CHILD_CONSENT_AGED_OUT");
    child("2006-03-31", "2024-03-30", "INCLUDED");
    // A disaster immunization is shared under disaster consent at any age.
    check(Case { client_type: "IC", birth: "2000-01-01", ..DISASTER }, "INCLUDED");
    let policy = "[consent]\nchild_consent_ends_at = 21\n";
    check(Case { client_type: "IC", birth: "2003-07-09", policy, ..PLAIN }, "INCLUDED");
    check(Case { client_type: "ic", birth: "2003-07-08", policy, ..PLAIN }, "CHILD_CONSENT_AGED_OUT");
}

#[test]
fn entities_and_recipients() {
    check(Case { entity: "", ..PLAIN }, "NO_RESPONSIBLE_ENTITY");
    check(Case { entity: "", recipients: Some(&["A,Travis"]), ..PLAIN }, "NO_RESPONSIBLE_ENTITY");
    check(Case { recipients: Some(&["A,Travis"]), ..PLAIN }, "INCLUDED");
    check(Case { recipients: Some(&["A,TRAVIS "]), ..PLAIN }, "INCLUDED");
    check(Case { recipients: Some(&["B,Hays"]), ..PLAIN }, "NO_RECIPIENT");
    check(Case { recipients: Some(&[]), ..PLAIN }, "NO_RECIPIENT");
}
