//! What the program says of itself.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, NO_CONTROL, Site, phds_with};

#[test]
fn help() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help-run", &["run", "--help"]),
        ("help-read", &["read", "--help"]),
        ("help-filter", &["filter", "--help"]),
        ("help-write", &["write", "--help"]),
        ("help-prune", &["prune", "--help"]),
        ("help-release", &["release", "--help"]),
        ("help-report", &["report", "--help"]),
        ("help-history", &["history", "--help"]),
        ("help-status", &["status", "--help"]),
        ("help-explain", &["explain", "--help"]),
        ("help-synth", &["synth", "--help"]),
        ("help-verify", &["verify", "--help"]),
        ("help-diff", &["diff", "--help"]),
        ("help-summary", &["summary", "--help"]),
        ("help-dictionary", &["dictionary", "--help"]),
        ("help-policy", &["policy", "--help"]),
        ("help-policy-show", &["policy", "show", "--help"]),
        ("help-policy-check", &["policy", "check", "--help"]),
        ("help-profile", &["profile", "--help"]),
        ("help-profile-show", &["profile", "show", "--help"]),
        ("help-profile-check", &["profile", "check", "--help"]),
        ("help-profile-guess", &["profile", "guess", "--help"]),
        ("help-check", &["check", "--help"]),
        ("help-due", &["due", "--help"]),
        ("help-schedule", &["schedule", "--help"]),
        ("help-schedule-next", &["schedule", "next", "--help"]),
        ("help-schedule-cron", &["schedule", "cron", "--help"]),
        ("help-schedule-systemd", &["schedule", "systemd", "--help"]),
    ] {
        let ran = phds_with(arguments);
        assert_eq!(ran.code, 0);
        insta::assert_snapshot!(name, ran.stdout);
    }
}

#[test]
fn policies_are_shown_and_checked() {
    let shown = phds_with(&["policy", "show"]);
    assert_eq!(shown.code, 0);
    insta::assert_snapshot!("policy-show", shown.stdout);
    let site = Site::new();
    let file = site.path("policy.toml");
    std::fs::write(&file, shown.stdout).unwrap();
    let checked = phds_with(&["policy", "check", file.to_str().unwrap()]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    std::fs::write(&file, "[consent]\nrule = \"active-throughout-lookback\"\n[client_types.ZZ]\n").unwrap();
    let shown = phds_with(&["policy", "show", "--policy", file.to_str().unwrap()]);
    insta::assert_snapshot!("policy-show-other", shown.stdout);
}

#[test]
fn profiles_are_shown_and_checked() {
    let sample = phds_with(&["profile", "show"]);
    assert_eq!(sample.code, 0);
    insta::assert_snapshot!("profile-show", sample.stdout);
    let site = Site::new();
    let file = site.path("profile.toml");
    let name = file.to_str().unwrap();
    std::fs::write(&file, &sample.stdout).unwrap();
    let checked = phds_with(&["profile", "check", name]);
    assert_eq!((checked.code, checked.stderr.as_str()), (0, ""));
    assert!(
        checked.stdout.ends_with(": a profile, \"Nightly extract of the registry\"\n"),
        "{}",
        checked.stdout
    );
    // What is shown of a file is its text.
    assert_eq!(phds_with(&["profile", "show", name]).stdout, sample.stdout);
    std::fs::write(&file, "[files]\nunwrap = 1\n").unwrap();
    for command in ["check", "show"] {
        let refused = phds_with(&["profile", command, name]);
        assert_eq!((refused.code, refused.stdout.as_str()), (78, ""));
        assert!(refused.stderr.contains("line 2, key files.unwrap"), "{}", refused.stderr);
    }
    assert_eq!(phds_with(&["profile", "check", "nowhere.toml"]).code, 66);
}

#[test]
fn the_dictionary_tells_the_policy_in_words() {
    let site = Site::new();
    let file = site.path("policy.toml");
    let text = "name = \"Another\"\n[client_types.IA]\nstandard = true\n[client_types.ZZ]\n[consent]\nrule = \"active-throughout-lookback\"\nlookback_years = 1\n[disaster]\nvaccine_groups = []\n[therapeutics]\nrsv_cvx = []\n[file]\nline_ending = \"crlf\"\n[header]\nCVX_CODE = \"CVX\"\n";
    std::fs::write(&file, text).unwrap();
    let ran = phds_with(&["dictionary", "--policy", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0);
    let before_the_elements = ran.stdout.split("\n### ").next().unwrap();
    insta::assert_snapshot!("dictionary-other-policy", before_the_elements);
}

#[test]
fn an_as_of_date_past_the_window_holds_the_batch() {
    let site = Site::new();
    let run = |as_of: &str| {
        let (export, out) = (site.export(), site.out());
        let run = ["run", export.to_str().unwrap(), "--out", out.to_str().unwrap(), "--as-of", as_of];
        phds_with(&[&run[..], &["--gate-off", "same_export"]].concat())
    };
    assert_eq!(run("2024-12-31").stderr, NO_CONTROL);
    let ran = run("2025-01-01");
    assert_eq!(ran.code, 77);
    let found = "  WINDOW_OVER: the as-of date 2025-01-01 is after the policy's window, which ends on 2024-12-31: new vaccinations are left out\n";
    assert!(ran.stderr.contains(found), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("\n  ").count(), 2, "one finding, and what to do: {}", ran.stderr);
    assert_eq!(site.left_in_out(), [".held", "202412"]);
}

#[test]
fn warnings_can_be_had_as_json_more_or_not_at_all() {
    let site = Site::new();
    site.rows("consents", &["7,STANDARD,2015-01-01,,", "8,STANDARD,2015-01-01,,EXPIRED"]);
    let plain = site.run(&[]);
    insta::assert_snapshot!("warnings", plain.stderr);
    let quiet = site.run(&["--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
    let verbose = site.run(&["-v"]);
    assert!(
        verbose.stderr.contains("phds: info: batch published (stage publish, batch 202407)"),
        "{}",
        verbose.stderr
    );
    let json = site.run(&["--log-format", "json"]);
    let events: Vec<serde_json::Value> =
        json.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stages: Vec<_> = events.iter().map(|event| event["stage"].as_str().unwrap_or("-")).collect();
    assert_eq!(stages, ["open", "-", "-", "-", "filter", "write", "publish", "end"]);
    assert_eq!(events[2]["level"], "WARN");
    assert_eq!(
        events[2]["message"],
        "consents: 1 row(s) of clients who are unknown or quarantined, not used"
    );
    let number = |event: usize, field: &str| events[event][field].as_u64();
    assert_eq!((number(0, "files"), number(4, "facts"), number(4, "included")), (Some(5), Some(1), Some(1)));
    assert_eq!((number(5, "files"), number(5, "rows"), number(7, "exit_code")), (Some(1), Some(1), Some(0)));
    let last = &events[7];
    assert_eq!((last["command"].as_str(), last["outcome"].as_str()), (Some("run"), Some("done")));
    assert!(last["seconds"].as_f64().is_some());
    site.remove("clients.csv");
    let failed = site.run(&["--quiet", "--log-format", "json"]);
    let events: Vec<serde_json::Value> =
        failed.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((failed.code, events.len()), (66, 2));
    for event in &events {
        assert_eq!((event["level"].as_str(), event["exit_code"].as_u64()), (Some("ERROR"), Some(66)));
    }
    assert_eq!((events[1]["stage"].as_str(), events[1]["outcome"].as_str()), (Some("end"), Some("no-input")));
    // A command line that is wrong has its last line too.
    let wrong = phds_with(&["run", "--log-format=json", "--nonsense"]);
    let last: serde_json::Value = serde_json::from_str(wrong.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((wrong.code, last["exit_code"].as_u64()), (2, Some(2)));
    assert_eq!((last["stage"].as_str(), last["outcome"].as_str()), (Some("end"), Some("usage")));
}

#[test]
fn today_is_the_as_of_date_unless_another_is_given() {
    let site = Site::new();
    let (export, out) = (site.export(), site.out());
    let run = ["run", export.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let ran = phds_with(&[&run[..], &GATES_OFF].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // Midnight may come between the run and this line.
    let today = chrono::Local::now().date_naive();
    let months = [today, today - chrono::Days::new(1)].map(|day| day.format("%Y%m").to_string());
    assert!(months.iter().any(|month| site.left_in_out() == [month.clone()]), "{:?}", site.left_in_out());
}

#[test]
fn values_stay_out_of_every_message() {
    let site = Site::new();
    site.rows(
        "clients",
        &[
            "7,SECRET-TYPE,SECRET-FIRST,SECRET-LAST,,1990-05-05,F,SECRET-RACE,TX,SECRET-COUNTY,SECRET-ZIP",
            "8,IA,SECRET,SECRET,,SECRET,F,,TX,,",
            "9,SECRET",
        ],
    );
    site.rows(
        "consents",
        &["7,STANDARD,2015-01-01,,", "8,SECRET,2015-01-01,,", "9,STANDARD,2015-01-01,,SECRET"],
    );
    site.rows(
        "immunizations",
        &["1,11,7,3,2020-01-01,SECRET-GROUP,1,5,N", "SECRET,12,7,3,SECRET,SECRET,SECRET,5,SECRET"],
    );
    for limit in ["0%", "100%"] {
        for format in ["text", "json"] {
            let ran = site.run(&["-vv", "--log-format", format, "--max-quarantined", limit]);
            assert!(!ran.stderr.contains("SECRET") && !ran.stdout.contains("SECRET"), "{}", ran.stderr);
        }
    }
    for (name, bytes) in site.batch() {
        let holds_values = name.starts_with("PHDS_");
        assert!(holds_values || !String::from_utf8(bytes).unwrap().contains("SECRET"), "{name}");
    }
}
