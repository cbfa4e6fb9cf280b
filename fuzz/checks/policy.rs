//! A policy: any text is one, or is refused without being quoted; what is one is the same when it is shown.

use super::CANARY;
use phds::dictionary::{dictionary_csv, dictionary_md};
use phds::policy::Policy;
use std::path::Path;

pub fn check(text: &[u8]) {
    let path = Path::new("policy.toml");
    let policy = match Policy::from_text(path, text) {
        Ok(policy) => policy,
        Err(error) => {
            // Keys may be told, values not: the seeds have it in values only.
            let message = error.to_string();
            let in_key = message.split_once(", key ").is_some_and(|(_, rest)| rest.contains(CANARY));
            assert!(in_key || !message.contains(CANARY), "{message}");
            return;
        }
    };
    assert!(policy.window.first_day <= policy.window.last_day);
    assert!(policy.disaster.period.first_day <= policy.disaster.period.last_day);
    let shown = policy.to_toml();
    let again = Policy::from_text(path, shown.as_bytes())
        .unwrap_or_else(|error| panic!("what is shown is refused: {error}\n{shown}"));
    assert_eq!(again.to_toml(), shown);
    assert_eq!(Policy { text: policy.text.clone(), sha256: policy.sha256.clone(), ..again }, policy);
    // What is made of it.
    assert_eq!(csv::Reader::from_reader(dictionary_csv(&policy, None).as_bytes()).records().count(), 26);
    assert!(!dictionary_md(&policy, None).is_empty());
}
