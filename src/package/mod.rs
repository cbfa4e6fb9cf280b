//! What a department gets beside its file: the file's description for programs, scripts that read it without changing a
//! value, and a page that says what to do with it.
//!
//! All of it is text, made from the table of elements and the policy. The scripts are the same for every department and
//! every month, as long as the policy is.

mod datapackage;
mod excel;
mod readme;
mod scripts;

pub use datapackage::datapackage_json;
pub use excel::write_excel_copy;
pub use readme::readme_txt;
pub use scripts::{power_query, python_script, r_script, sas_script};

use crate::batch::{Delivery, names};
use crate::dictionary::{dictionary_csv, dictionary_md};
use crate::policy::Policy;

/// The scripts, each with its file's name. They are the same in every package.
pub fn scripts(policy: &Policy) -> [(&'static str, String); 3] {
    [
        (names::PYTHON_SCRIPT, python_script(policy)),
        (names::R_SCRIPT, r_script(policy)),
        (names::SAS_SCRIPT, sas_script(policy)),
    ]
}

/// What a package says of its own file, each text with its file's name.
pub fn descriptions(policy: &Policy, delivery: &Delivery<'_>) -> [(&'static str, String); 4] {
    [
        (names::DICTIONARY_MD, dictionary_md(policy, Some(delivery))),
        (names::DICTIONARY_CSV, dictionary_csv(policy, Some(delivery))),
        (names::DATAPACKAGE, datapackage_json(policy, Some(delivery))),
        (names::README, readme_txt(policy, delivery)),
    ]
}
