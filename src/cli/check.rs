//! `phds check`: everything that is wrong with an export, at once, without writing anything.

use super::CommandResult;
use super::arguments::{self, OPEN_EXPORT_HELP, PolicyArg};
use super::failure::Failure;
use super::publish::GateArgs;
use super::terminal::{Terminal, printable};
use super::{log, memory, report};
use crate::assembly::{Judging, judge_unwritten};
use crate::batch::{Before, Finding, Inputs, Manifest};
use crate::cleanup::PrivateFolder;
use crate::extract::{Settings, extract};
use crate::policy::{GateKey, Policy};
use crate::registry::{
    Encoding, FaultKind, Limit, Notice, Places, RegistryError, Survey, Table, TableSurvey, UnknownFile,
    open_export, survey,
};
use crate::spill::Spill;
use crate::value::{Day, grouped, shown, text};
use crate::writer::{Contents, keep_clear_of};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// Say everything that is wrong with an export, and what `run` would do with it
///
/// Reads the export as `run` would and names every deviation at once: by table, column and code how many rows, the first
/// lines, and what stands there beside what is expected, such as dates as M/D/YYYY; missing and unknown columns and files;
/// what the table control says; and what would hold the batch back. Shows no value of a row. Writes nothing.
///
/// The exit code is the one that `run` would end with.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds check exports/2024-07 --as-of 2024-07-08
  phds check exports/2024-07 --as-of 2024-07-08 --out batches
  phds check exports/2024-07 --json > deviations.json")]
pub(super) struct Args {
    #[arg(value_name = "EXPORT", help = OPEN_EXPORT_HELP)]
    export: PathBuf,
    /// The day as of which consent and ages are judged; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    as_of: Option<Day>,
    /// The folder of the batches, to compare with the batch before; nothing is written to it
    #[arg(long, value_name = "OUT")]
    out: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArg,
    /// Stop if a larger share of any table's rows can't be used
    #[arg(long, value_name = "PCT", default_value = "1%")]
    max_quarantined: Limit,
    /// The export's encoding: utf-8 or windows-1252
    #[arg(long, value_name = "E", default_value_t)]
    encoding: Encoding,
    #[command(flatten)]
    gate: GateArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    let as_of = arguments::or_today(args.as_of, "--as-of")?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let spill = memory::spill(scratch.path(), None, arguments::cores());
    let bar = terminal.reading(0);
    let survey = survey(&args.export, args.encoding, &spill, &bar)?;
    drop(bar);
    let mut judgement = Judgement::default();
    let ended = judge(&args, &policy, as_of, &spill, terminal, &mut judgement);
    let report = Report::new(as_of, &survey, judgement, &ended);
    let printed =
        if args.json { text::json(&report) } else { report.in_words(&shown(&args.export).to_string()) };
    terminal.print_findings(&if args.json { printed } else { printable(&printed) })?;
    ended
}

/// What a run would find that the tables do not show each on its own.
#[derive(Default)]
struct Judgement {
    /// The quarantined rows of all tables; none if the export could not be read to its end.
    faults: Option<Vec<(FaultKind, Places)>>,
    notices: Vec<Notice>,
    /// What the batch would be.
    manifest: Option<Manifest>,
    found: Vec<Finding>,
    told: Vec<Finding>,
    not_judged: Vec<&'static str>,
}

/// Goes the way of a run, up to its first file. Notes what is found on the way.
fn judge(
    args: &Args,
    policy: &Policy,
    as_of: Day,
    spill: &Spill,
    terminal: &Terminal,
    judgement: &mut Judgement,
) -> CommandResult {
    let export = open_export(&args.export, args.encoding)?;
    if let Some(out) = &args.out {
        keep_clear_of(out, as_of.month(), &args.export, "the export itself")?;
    }
    let arrived = export.provenance()?;
    let inputs = Inputs::new(as_of, policy, &arrived);
    let threads = arguments::cores();
    let bar = terminal.reading(export.size());
    let mut extract = extract(export.as_ref(), Settings { policy, as_of, threads, spill }, &bar)?;
    drop(bar);
    let intake = &mut extract.intake;
    judgement.notices = intake.notices();
    let faults = intake.quarantine.kinds().map(|(kind, places)| (*kind, places.clone()));
    judgement.faults = Some(faults.collect());
    intake.check(args.max_quarantined, &Table::ALL)?;
    args.gate.check_control(policy, intake.table(Table::Control).is_some(), &args.export)?;
    let out = args.out.as_deref().filter(|out| out.exists());
    if let (Some(out), None) = (&args.out, out) {
        tracing::warn!(target: log::ACT, "{}: is not there: was it mistyped? The batch is judged as a first one", shown(out));
    }
    let before = out.map_or(Before::None, |out| report::batch_before(out, as_of.month()));
    let before_folder = out.zip(before.manifest()).map(|(out, before)| out.join(before.batch.to_string()));
    let limits = args.gate.over(policy.gate);
    let contents = Contents {
        as_of,
        policy,
        gate: &limits,
        intake,
        reference: &extract.reference,
        routing: extract.rules.routing(),
        selection: &extract.selection,
        inputs: &inputs,
        threads,
    };
    let judging = Judging {
        off: &[],
        before: &before,
        before_folder: before_folder.as_deref(),
        export_now: &|| Ok(Some(export.provenance_now()?.files)),
        today: args.as_of.is_none().then_some(as_of),
        is_attended: true,
    };
    let (manifest, verdict) = judge_unwritten(&contents, &judging)?;
    judgement.manifest = Some(manifest);
    judgement.not_judged = verdict.not_compared;
    if before == Before::None {
        judgement.not_judged = GateKey::comparing().collect();
    }
    judgement.found = verdict.stops.into_iter().map(Finding::from).collect();
    judgement.told = verdict.warnings.into_iter().map(Finding::from).collect();
    if judgement.found.is_empty() {
        return Ok(());
    }
    let codes = judgement.found.iter().map(|found| found.reason.code()).collect();
    Err(Failure::WouldBeHeld { codes })
}

/// What is wrong with an export.
#[derive(serde::Serialize)]
struct Report {
    /// `publishable`, `held` or `stopped`: what `run` would come to.
    outcome: &'static str,
    /// Why it would stop.
    error: Option<String>,
    as_of: Day,
    tables: Vec<TableReport>,
    unknown_files: Vec<Unknown>,
    /// Where control counts other rows than there are.
    control: Vec<String>,
    /// What `run` would warn about.
    warnings: Vec<String>,
    /// How many facts would be shared.
    included: Option<u64>,
    /// The rows of each recipient.
    recipients: BTreeMap<String, u64>,
    /// What would hold the batch back.
    found: Vec<Finding>,
    /// What would not hold it back, but be told.
    told: Vec<Finding>,
    /// The gates that compare and had nothing to compare with.
    not_judged: Vec<&'static str>,
}

/// What is wrong with a table.
#[derive(serde::Serialize)]
struct TableReport {
    table: &'static str,
    rows: u64,
    /// Why it could not be read to its end.
    error: Option<String>,
    unknown_columns: Vec<Unknown>,
    faults: Vec<Deviation>,
    /// Values that can be used, and are likely not meant as they are.
    signs: Vec<Deviation>,
}

/// A column or a file that is not part of the layout.
#[derive(serde::Serialize)]
struct Unknown {
    /// None if it has none, or one that is not made as names of columns are.
    name: Option<String>,
    /// Its place in the header, counted from 1.
    place: Option<usize>,
    /// The table that has nearly this name.
    near: Option<&'static str>,
}

/// Rows that deviate in one way.
#[derive(serde::Serialize)]
struct Deviation {
    /// None if it is about the whole row.
    column: Option<&'static str>,
    /// None if the rows can be used.
    code: Option<&'static str>,
    rows: u64,
    first_lines: Vec<u64>,
    /// What stands there.
    shape: Option<String>,
    /// What should.
    expected: Option<String>,
}

impl Report {
    fn new(as_of: Day, survey: &Survey, judgement: Judgement, ended: &CommandResult) -> Report {
        let outcome = match ended {
            Ok(()) => "publishable",
            Err(Failure::WouldBeHeld { .. }) => "held",
            Err(_) => "stopped",
        };
        let error = ended.as_ref().err().filter(|_| outcome == "stopped").map(ToString::to_string);
        let manifest = judgement.manifest.as_ref();
        let files = manifest.into_iter().flat_map(|manifest| &manifest.files);
        Report {
            outcome,
            error,
            as_of,
            tables: survey.tables.iter().map(|t| TableReport::new(t, judgement.faults.as_deref())).collect(),
            unknown_files: survey.unknown_files.iter().map(Unknown::file).collect(),
            control: survey.control.iter().map(ToString::to_string).collect(),
            warnings: judgement.notices.iter().map(Notice::to_string).collect(),
            included: manifest.map(|manifest| manifest.facts.included),
            recipients: files.map(|file| (file.recipient.clone(), file.rows)).collect(),
            found: judgement.found,
            told: judgement.told,
            not_judged: judgement.not_judged,
        }
    }

    fn in_words(&self, export: &str) -> String {
        let mut out = format!("{export}, as of {}\n", self.as_of);
        for table in &self.tables {
            table.write(&mut out);
        }
        for file in &self.unknown_files {
            let name = file.name.as_deref().unwrap_or_default();
            let near = file.near.map_or_else(String::new, |table| format!(": is it the table {table}?"));
            let _ = writeln!(out, "{}: not part of an export{near}", shown(name));
        }
        for problem in &self.control {
            let _ = writeln!(out, "{problem}");
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "warning: {warning}");
        }
        for found in &self.told {
            let _ = writeln!(out, "warning: {}", found.reason.line());
        }
        if let Some(included) = self.included {
            let _ = writeln!(
                out,
                "{} fact(s) would be shared with {} recipient(s)",
                grouped(included),
                self.recipients.len()
            );
        }
        if !self.not_judged.is_empty() {
            let gates = self.not_judged.join(", ");
            let _ = writeln!(out, "not judged, because there is no batch before to compare with: {gates}");
        }
        match self.outcome {
            "publishable" => out.push_str("phds run would publish the batch\n"),
            "held" => {
                out.push_str("phds run would hold the batch back:\n");
                for found in &self.found {
                    let _ = writeln!(out, "  {}", found.reason.line());
                }
            }
            _ => {
                out.push_str("phds run would stop, and publish nothing:\n");
                // What goes further into the error stands above, at its table.
                let lines = self.error.iter().flat_map(|error| error.lines());
                lines.filter(|line| !line.starts_with(' ')).for_each(|line| {
                    let _ = writeln!(out, "  {line}");
                });
            }
        }
        out
    }
}

impl TableReport {
    /// `faults`: the quarantined rows of all tables, if the export could be read to its end.
    fn new(survey: &TableSurvey, faults: Option<&[(FaultKind, Places)]>) -> TableReport {
        let table = survey.table;
        let faults = faults.unwrap_or(&survey.faults).iter().filter(|(kind, _)| kind.table == table);
        let signs = survey.signs.iter();
        TableReport {
            table: table.name(),
            rows: survey.rows,
            error: survey.error.as_ref().map(RegistryError::to_string),
            unknown_columns: survey
                .extra
                .iter()
                .map(|column| Unknown { name: column.name.clone(), place: Some(column.place), near: None })
                .collect(),
            faults: faults.map(|(kind, places)| Deviation::of_fault(*kind, places)).collect(),
            signs: signs
                .map(|((column, sign), places)| Deviation {
                    column: Some(table.column_name(usize::from(*column))),
                    code: None,
                    rows: places.count,
                    first_lines: places.first_lines.clone(),
                    shape: Some(sign.to_string()),
                    expected: None,
                })
                .collect(),
        }
    }

    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "{}: {} row(s)", self.table, grouped(self.rows));
        if let Some(error) = &self.error {
            let _ = writeln!(out, "  {}", error.replace('\n', "\n  "));
        }
        for column in &self.unknown_columns {
            let place = column.place.unwrap_or_default();
            let name = column.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
            let _ = writeln!(out, "  column {place}{name}: not part of the layout, ignored");
        }
        for deviation in self.faults.iter().chain(&self.signs) {
            deviation.write(out);
        }
    }
}

impl Unknown {
    fn file(file: &UnknownFile) -> Unknown {
        Unknown { name: Some(file.name.clone()), place: None, near: file.near.map(Table::name) }
    }
}

impl Deviation {
    fn of_fault(kind: FaultKind, places: &Places) -> Deviation {
        Deviation {
            column: kind.fault.column_name(kind.table),
            code: Some(kind.fault.code.name()),
            rows: places.count,
            first_lines: places.first_lines.clone(),
            shape: kind.shape.map(|shape| shape.to_string()),
            expected: kind.expected(),
        }
    }

    fn write(&self, out: &mut String) {
        let what = [self.column, self.code].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let lines: Vec<String> = self.first_lines.iter().map(u64::to_string).collect();
        let more = if self.rows > lines.len() as u64 { ", …" } else { "" };
        let line = if lines.len() > 1 { "lines" } else { "line" };
        let _ = write!(out, "  {what}: {} row(s), {line} {}{more}", grouped(self.rows), lines.join(", "));
        if let Some(shape) = &self.shape {
            let _ = write!(out, ": {shape}");
        }
        if let Some(expected) = &self.expected {
            let _ = write!(out, "; expected: {expected}");
        }
        out.push('\n');
    }
}
