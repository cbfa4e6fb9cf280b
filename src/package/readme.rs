//! The page that goes with a recipient's file: what it is, how to fetch, check, open and use it, and whom to ask.

use crate::batch::{Delivery, names};
use crate::policy::Policy;
use crate::value::grouped;

/// The page, as plain text that fits on a screen.
pub fn readme_txt(policy: &Policy, delivery: &Delivery<'_>) -> String {
    let Delivery { recipient, as_of, file } = *delivery;
    let contact = &policy.contact;
    let batch = as_of.month();
    let excel_copy = match policy.excel_copy {
        true => format!(
            "  {}\n      the same for Excel, by a double click. ALTERED: not the file of record\n",
            names::excel_copy_of(&file.path)
        ),
        false => String::new(),
    };
    format!(
        "PUBLIC HEALTH DATA SHARING FILE {batch}
For: {recipient}
Records as of {as_of}: {rows} rows in {path}

This folder is for {recipient} alone. It names people and their
immunizations: keep it where only those who work with it can read it.

WHAT IS HERE
  {path}
      the records: one row for each dose and vaccine group, values between commas
{excel_copy}  {dictionary}, data_dictionary.csv
      what each column means, and which records are in
  read_phds.py, read_phds.R, read_phds.sas
      read the file in Python, R and SAS without changing a value
  datapackage.json
      the columns for programs (Frictionless Data Package)
  SHA256SUMS
      to check that everything has arrived as it was sent

HOW TO FETCH NEXT MONTH'S FILE: by the second Monday of the month, in one of two ways
  In a browser: {web_client}
      Sign in with the account's user name and password; select the file, then
      Open or Save under Downloads. After the first sign-in choose Change
      Password: 8 characters or more, 2 of them numbers, 1 a special character.
      Log out when you are done.
  With a secure FTP program: the same account. Transfer in binary mode.
  Only the organization's point of contact can have the password reset.

HOW TO CHECK IT: the result must be the number before the file's name in SHA256SUMS
  Windows, PowerShell   Get-FileHash {path}
  Mac                   shasum -a 256 -c SHA256SUMS
  Linux                 sha256sum -c SHA256SUMS

HOW TO OPEN IT
  python read_phds.py  |  Rscript read_phds.R  |  read_phds.sas in SAS  |  Notepad++
  Excel: not by a double click, which turns ZIP code 00501 into 501. Data -> From
  Text/CSV, 65001 (UTF-8), \"Do not detect data types\".

RULES OF USE
  Analyse the file on its own: link its records to no other file or data that
  identifies people. Use it for communities and organizations, not to reach out to
  individuals. Release data only under Health and Safety Code, Section 161.008(g).

WHOM TO ASK
  {name}: {phone}, {hours}
  {email}, with \"{subject}\" in the subject line
",
        rows = grouped(file.rows),
        path = file.path,
        dictionary = names::DICTIONARY_MD,
        web_client = contact.web_client,
        name = contact.name,
        phone = contact.phone,
        hours = contact.hours,
        email = contact.email,
        subject = contact.subject,
    )
}
