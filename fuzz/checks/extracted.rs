//! What an export comes to, in a form that can be compared, and what must hold of any.

use super::CANARY;
use phds::assembly::{AssemblyError, Judging, assemble_batch};
use phds::batch::Before;
use phds::batch::Inputs;
use phds::extract::{Extract, Settings, extract};
use phds::filter::Outcome;
use phds::policy::{ConsentRule, Policy};
use phds::registry::{Encoding, ExportFormat, Progress, RegistryError, Source, Table, open_export};
use phds::spill::Spill;
use phds::value::Day;
use phds::verify::{VerifySettings, verify};
use phds::writer::{Contents, Output, Staging, WriteError};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What an export comes to.
#[derive(PartialEq, Eq, Debug)]
pub struct Extracted {
    pub outcomes: Vec<u64>,
    pub included_under: Vec<u64>,
    pub rows: Vec<Option<u64>>,
    pub quarantine: Vec<String>,
    pub notices: Vec<String>,
    pub facts: Vec<Included>,
}

/// A fact that is shared, as far as it matters here.
#[derive(PartialEq, Eq, Debug)]
pub struct Included {
    pub client: u64,
    pub line: u64,
    pub ids: (u64, u64),
    pub date: Day,
    pub group: Vec<u8>,
    pub organization: u32,
    pub ordinal: u16,
}

/// The day that every check is as of.
pub const AS_OF: &str = "2024-07-08";

struct Silent;

impl Progress for Silent {
    fn advance(&self, _: u64) {}
}

fn as_of() -> Day {
    Day::parse(AS_OF.as_bytes()).unwrap()
}

fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| Policy::built_in().unwrap())
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Reads an export on one thread and on three, with much memory and with little; both come to the same, which is
/// returned.
pub fn read(path: &Path, encoding: Encoding, scratch: &Path) -> Result<Extracted, String> {
    read_as(path, &format_of(encoding), scratch)
}

/// The same of an export that is written in another way.
pub fn read_as(path: &Path, format: &ExportFormat, scratch: &Path) -> Result<Extracted, String> {
    let one = read_with(path, format, threads(1), &Spill::new(scratch, 1 << 20));
    let three = read_with(path, format, threads(3), &Spill::new(scratch, 0));
    assert_eq!(one, three, "one thread and three");
    one
}

fn read_with(
    path: &Path,
    format: &ExportFormat,
    threads: NonZeroUsize,
    spill: &Spill,
) -> Result<Extracted, String> {
    let policy = policy();
    let outcome = open_export(path, format).and_then(|source| {
        let mut extract = extracted(source.as_ref(), policy, threads, spill)?;
        Ok(summary(&mut extract))
    });
    outcome.map_err(|error| {
        let message = error.to_string();
        assert!(!message.contains(CANARY), "{message}");
        assert!(!matches!(error, RegistryError::Spill(_) | RegistryError::Threads(_)), "{message}");
        message
    })
}

fn extracted(
    source: &dyn Source,
    policy: &Policy,
    threads: NonZeroUsize,
    spill: &Spill,
) -> Result<Extract, RegistryError> {
    extract(source, Settings { policy, as_of: as_of(), threads, spill }, &Silent)
}

fn summary(extract: &mut Extract) -> Extracted {
    let counts = &extract.selection.counts;
    let outcomes: Vec<u64> = Outcome::ALL.into_iter().map(|outcome| counts.outcome(outcome)).collect();
    let mut quarantine = Vec::new();
    let list = &mut extract.intake.quarantine;
    for entry in list.list().unwrap() {
        let entry = entry.unwrap();
        let (table, line) = (entry.table, entry.line);
        quarantine.push(format!("{table},{line},{},{}", entry.column_name(), entry.fault.code));
    }
    let rows: Vec<Option<u64>> =
        Table::ALL.into_iter().map(|table| extract.intake.table(table).map(|read| read.rows)).collect();
    for table in Table::ALL {
        assert!(extract.intake.quarantine.total(table) <= rows[table as usize].unwrap_or(0));
    }
    let quarantined = extract.intake.quarantine.total(Table::Immunizations);
    let read = rows[Table::Immunizations as usize].unwrap();
    assert_eq!(read, outcomes.iter().sum::<u64>() + quarantined, "every fact comes to something");
    let facts = facts(extract);
    assert_eq!(facts.len() as u64, outcomes[Outcome::Included as usize]);
    let mut notices: Vec<String> = extract.intake.notices().iter().map(ToString::to_string).collect();
    assert!(!notices.iter().any(|notice| notice.contains(CANARY)), "{notices:?}");
    notices.sort();
    let included_under = ConsentRule::ALL.map(|rule| extract.selection.counts.included_under(rule)).to_vec();
    Extracted { outcomes, included_under, rows, quarantine, notices, facts }
}

fn facts(extract: &Extract) -> Vec<Included> {
    let (clients, selection) = (&extract.reference.clients, &extract.selection);
    let (mut facts, mut batch) = (Vec::new(), Vec::new());
    let mut in_order = selection.in_order();
    loop {
        in_order.next_batch(7, &mut batch).unwrap();
        if batch.is_empty() {
            return facts;
        }
        for fact in &batch {
            assert!(!extract.reference.consents.unreadable(fact.client));
            assert!(!extract.reference.consents.of(fact.client).is_empty(), "a fact without a consent");
            assert!(fact.date >= clients.birth(fact.client) && fact.date <= as_of());
            facts.push(Included {
                client: clients.id(fact.client),
                line: fact.line,
                ids: (fact.immunization_id, fact.immunfact_id),
                date: fact.date,
                group: selection.groups()[fact.group as usize].to_vec(),
                organization: fact.organization,
                ordinal: fact.ordinal,
            });
        }
    }
}

/// Makes the batch of an export that can be read, and verifies it: what is written is sound. What goes into it may
/// be anything that the limit on unusable rows would have kept out.
pub fn write_and_verify(path: &Path, encoding: Encoding, folder: &Path) {
    let Some(place) = write_batch_of(path, encoding, &folder.join("out")) else { return };
    let policy = policy();
    let spill = Spill::new(folder, 1 << 20);
    let elements = &phds::elements::ALL;
    let settings =
        VerifySettings { policy: Some(policy), limit: 5, threads: threads(2), spill: &spill, elements };
    let findings = verify(&place, settings).unwrap();
    assert!(findings.sound && findings.faults.is_empty(), "{:?}", findings.faults);
}

/// Makes the batch of an export that can be read; none if its recipients have no file names.
pub fn write_batch_of(path: &Path, encoding: Encoding, out: &Path) -> Option<PathBuf> {
    let policy = policy();
    let staging = Staging::new(Output::open(out).unwrap(), as_of().month()).unwrap();
    let spill = Spill::new(staging.scratch(), 1 << 20);
    let source = open_export(path, &format_of(encoding)).unwrap();
    let mut extract = extracted(source.as_ref(), policy, threads(1), &spill).unwrap();
    let inputs = Inputs::new(as_of(), policy, &source.provenance().unwrap());
    let contents = Contents {
        as_of: as_of(),
        policy,
        gate: &policy.gate,
        intake: &mut extract.intake,
        reference: &extract.reference,
        routing: extract.rules.routing(),
        selection: &extract.selection,
        inputs: &inputs,
        threads: threads(2),
    };
    let judging = Judging {
        off: &[],
        given: Vec::new(),
        before: &Before::None,
        before_folder: None,
        export_now: &|| Ok(None),
        today: None,
        is_attended: true,
    };
    match assemble_batch(contents, &judging, &staging) {
        Err(AssemblyError::Write(WriteError::BadName { .. })) => None,
        written => {
            written.unwrap();
            Some(staging.publish("quarantine-202407.csv").unwrap())
        }
    }
}

fn format_of(encoding: Encoding) -> ExportFormat {
    ExportFormat { encoding, profile: None }
}
