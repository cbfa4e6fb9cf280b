//! `phds check`: everything that is wrong with an export, at once, without writing anything.

use super::CommandResult;
use super::arguments::{self, FormatArgs, OPEN_EXPORT_HELP, PolicyArg};
use super::failure::{Failure, main_lines};
use super::publish::{self, GateArgs};
use super::terminal::{Terminal, printable};
use super::{log, memory, report};
use crate::assembly::{Judging, Unwritten, judge_unwritten};
use crate::batch::{Before, Finding, Inputs, Manifest};
use crate::cleanup::PrivateFolder;
use crate::extract::{Settings, extract};
use crate::policy::{GateKey, Policy};
use crate::registry::{
    Code, ExportFormat, ExtraColumn, FaultKind, InputFault, Limit, MissingColumns, Notice, Places,
    RegistryError, Survey, Table, TableSurvey, UnknownFile, open_export, survey, survey_across,
};
use crate::spill::Spill;
use crate::value::{Day, grouped, shown, text};
use crate::writer::{Contents, keep_clear_of, must_be_usable};
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
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    gate: GateArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    let format = args.format.load()?;
    let as_of = arguments::or_today(args.as_of, "--as-of")?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let threads = arguments::cores();
    let spill = memory::spill(scratch.path(), None, threads);
    let bar = terminal.reading(0);
    let survey = survey(&args.export, &format, threads, &spill, &bar)?;
    drop(bar);
    let dates = format.profile.as_ref().and_then(|profile| profile.expected_dates());
    let mut judgement = Judgement { dates, ..Judgement::default() };
    let ended = judge(&args, &policy, &format, as_of, &spill, terminal, &mut judgement);
    if let (Err(_), None) = (&ended, &judgement.faults) {
        look_across(&args, &format, &survey, &spill, terminal, &mut judgement);
    }
    if let Err(error) = &ended
        && !matches!(error, Failure::WouldBeHeld { .. })
    {
        let what = vec!["what would be shared", "what would hold the batch back"];
        judgement.leave(vec![], "phds run would stop before", what);
    }
    let report = Report::new(as_of, &survey, judgement, &ended);
    let printed =
        if args.json { text::json(&report) } else { report.in_words(&shown(&args.export).to_string()) };
    terminal.print_findings(&if args.json { printed } else { printable(&printed) })?;
    // What is printed has it all; one line of it is enough for the log.
    ended.map_err(|error| match error {
        Failure::WouldBeHeld { .. } => error,
        error => Failure::WouldStop(Box::new(error)),
    })
}

/// Where a run would stop before it has read everything: looks at those tables that can be read to their ends, and says what
/// that leaves open.
fn look_across(
    args: &Args,
    format: &ExportFormat,
    survey: &Survey,
    spill: &Spill,
    terminal: &Terminal,
    judgement: &mut Judgement,
) {
    let is_readable =
        |table: &Table| survey.tables.iter().any(|survey| survey.table == *table && survey.error.is_none());
    let related = [Table::Clients, Table::Vaccines, Table::Organizations, Table::Immunizations];
    let (readable, unread): (Vec<Table>, Vec<Table>) = related.into_iter().partition(is_readable);
    let bar = terminal.reading(0);
    let across = survey_across(&args.export, format, &readable, spill, &bar);
    drop(bar);
    match across {
        Ok(faults) => judgement.across = Some(Across { tables: readable, faults }),
        Err(_) => judgement.leave(related.to_vec(), "reading failed", codes_about(Table::Immunizations)),
    }
    // What the first table leaves open is not named again with the second.
    let mut open = Vec::new();
    for table in unread {
        let codes = codes_about(table).into_iter().filter(|code| !open.contains(code)).collect::<Vec<_>>();
        open.extend(codes.iter().copied());
        judgement.leave(vec![table], "could not be read", codes);
    }
    judgement.leave(vec![], "phds run would stop before", vec!["facts that share an IMMUNFACT_ID"]);
}

/// The codes that cannot be told without a table.
fn codes_about(table: Table) -> Vec<&'static str> {
    let codes: &[Code] = match table {
        Table::Clients => &[Code::UnknownClient, Code::VaccinatedBeforeBirth],
        Table::Vaccines => &[Code::UnknownVaccine],
        Table::Organizations => &[Code::UnknownOrganization],
        Table::Immunizations => &[
            Code::UnknownClient,
            Code::UnknownVaccine,
            Code::UnknownOrganization,
            Code::VaccinatedBeforeBirth,
        ],
        Table::Consents | Table::Recipients | Table::Control => &[],
    };
    codes.iter().map(|code| code.name()).collect()
}

/// What a run would find that the tables do not show each on its own.
#[derive(Default)]
struct Judgement {
    /// The quarantined rows of all tables; none if the export could not be read to its end.
    faults: Option<Vec<(FaultKind, Places)>>,
    notices: Vec<Notice>,
    /// How dates must be written, where a profile says it.
    dates: Option<String>,
    /// What the batch would be.
    manifest: Option<Manifest>,
    found: Vec<Finding>,
    told: Vec<Finding>,
    /// What departments would meet that open the files.
    for_recipients: Vec<String>,
    /// Signs of bad source data in what would be shared.
    signs: Vec<String>,
    not_judged: Vec<NotJudged>,
    across: Option<Across>,
}

/// The tables that could be held against each other where the export could not be read to its end, and their faults.
struct Across {
    tables: Vec<Table>,
    faults: Vec<(FaultKind, Places)>,
}

/// What could not be judged.
#[derive(serde::Serialize)]
struct NotJudged {
    because: String,
    /// Codes, keys of gates, or words.
    what: Vec<&'static str>,
}

impl Judgement {
    /// Notes what is not judged, if it is anything. `tables`: those that are the reason.
    fn leave(&mut self, tables: Vec<Table>, because: &str, what: Vec<&'static str>) {
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        let because =
            if names.is_empty() { because.to_owned() } else { format!("{} {because}", names.join(", ")) };
        match self.not_judged.iter_mut().find(|other| other.because == because) {
            Some(other) => other.what.extend(what),
            None if what.is_empty() => {}
            None => self.not_judged.push(NotJudged { because, what }),
        }
    }

    /// The faults of a table's rows, as far as they could be found.
    fn faults_of<'j>(&'j self, survey: &'j TableSurvey) -> impl Iterator<Item = &'j (FaultKind, Places)> {
        let across = self.across.as_ref().filter(|across| across.tables.contains(&survey.table));
        let across = across.map(|across| &across.faults);
        let faults = self.faults.as_ref().or(across).unwrap_or(&survey.faults);
        faults.iter().filter(|(kind, _)| kind.table == survey.table)
    }
}

/// Goes the way of a run, up to its first file. Notes what is found on the way.
fn judge(
    args: &Args,
    policy: &Policy,
    format: &ExportFormat,
    as_of: Day,
    spill: &Spill,
    terminal: &Terminal,
    judgement: &mut Judgement,
) -> CommandResult {
    let export = open_export(&args.export, format)?;
    if let Some(out) = &args.out {
        keep_clear_of(out, as_of.month(), &args.export, "the export itself")?;
        must_be_usable(out, as_of.month())?;
    }
    let arrived = export.provenance()?;
    let inputs = Inputs::new(as_of, policy, &arrived);
    let threads = arguments::threads_for(export.size());
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
        off: args.gate.off(),
        given: args.gate.given(),
        before: &before,
        before_folder: before_folder.as_deref(),
        export_now: &|| Ok(Some(export.provenance_now()?.files)),
        today: args.as_of.is_none().then_some(as_of),
        is_attended: true,
    };
    let Unwritten { manifest, verdict, signs, longer } = judge_unwritten(&contents, &judging)?;
    judgement.for_recipients = publish::for_recipients(&manifest, &longer);
    judgement.manifest = Some(manifest);
    judgement.signs = signs;
    if before == Before::None {
        let because = match (&args.out, out) {
            (None, _) => "without --out there is no batch before to compare with",
            (Some(_), None) => "OUT is not there, so that there is no batch before to compare with",
            (Some(_), Some(_)) => "there is no batch before to compare with",
        };
        judgement.leave(vec![], because, GateKey::comparing().collect());
    } else {
        judgement.leave(vec![], "the batch before does not tell what it was made from", verdict.not_compared);
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
    /// Signs of bad source data, as the report would tell of them.
    signs: Vec<String>,
    /// What could not be told, and why.
    not_judged: Vec<NotJudged>,
}

/// What is wrong with a table.
#[derive(serde::Serialize)]
struct TableReport {
    table: &'static str,
    /// None if not even its header could be read.
    rows: Option<u64>,
    /// Why it could not be read to its end.
    error: Option<String>,
    missing_columns: Vec<&'static str>,
    unknown_columns: Vec<Unknown>,
    numeric_columns: Vec<Numeric>,
    /// Whether the file ends without a line end, as one does that was cut.
    may_be_cut: bool,
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
    /// The column or the table that has nearly this name.
    near: Option<&'static str>,
}

/// A column of texts that has a numeric type.
#[derive(serde::Serialize)]
struct Numeric {
    column: &'static str,
    #[serde(rename = "type")]
    numeric_type: String,
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
            tables: survey.tables.iter().map(|table| TableReport::new(table, &judgement)).collect(),
            unknown_files: survey.unknown_files.iter().map(Unknown::file).collect(),
            control: survey.control.iter().map(ToString::to_string).collect(),
            warnings: judgement
                .notices
                .iter()
                .filter(|n| !stands_at_its_table(n))
                .map(Notice::to_string)
                .chain(judgement.for_recipients)
                .collect(),
            included: manifest.map(|manifest| manifest.facts.included),
            recipients: files.map(|file| (file.recipient.clone(), file.rows)).collect(),
            found: judgement.found,
            told: judgement.told,
            signs: judgement.signs,
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
        for sign in &self.signs {
            let _ = writeln!(out, "sign of bad source data: {sign}");
        }
        if let Some(included) = self.included {
            let _ = writeln!(
                out,
                "{} fact(s) would be shared with {} recipient(s)",
                grouped(included),
                self.recipients.len()
            );
        }
        for NotJudged { because, what } in &self.not_judged {
            let _ = writeln!(out, "not judged, because {because}: {}", what.join(", "));
        }
        match self.outcome {
            "publishable" => out.push_str("phds run would publish the batch\n"),
            "held" => {
                out.push_str("phds run would hold the batch back:\n");
                for found in &self.found {
                    let _ = writeln!(out, "  {}", found.reason.line());
                    let _ = writeln!(out, "    {}", found.reason.advice());
                }
            }
            _ => {
                out.push_str("phds run would stop, and publish nothing:\n");
                let error = self.error.as_deref().unwrap_or_default();
                main_lines(error).for_each(|line| {
                    let _ = writeln!(out, "  {line}");
                });
            }
        }
        out
    }
}

impl TableReport {
    fn new(survey: &TableSurvey, judgement: &Judgement) -> TableReport {
        let table = survey.table;
        let faults = judgement.faults_of(survey);
        let signs = survey.signs.iter();
        let missing = survey.error.as_ref().and_then(missing_columns);
        let extra = missing.map_or(&survey.extra, |missing| &missing.found);
        let numeric = survey.numeric.iter();
        TableReport {
            table: table.name(),
            rows: survey.is_opened.then_some(survey.rows),
            error: survey.error.as_ref().map(|error| match missing {
                // These columns have a line of their own.
                Some(missing) => error.to_string().replace(&missing.others(), ""),
                None => error.to_string(),
            }),
            missing_columns: missing
                .map_or_else(Vec::new, |missing| missing.columns.iter().map(|column| column.name).collect()),
            unknown_columns: extra.iter().map(Unknown::column).collect(),
            numeric_columns: numeric
                .map(|(column, numeric)| Numeric { column, numeric_type: numeric.to_string() })
                .collect(),
            may_be_cut: survey.may_be_cut,
            faults: faults
                .map(|(kind, places)| Deviation::of_fault(*kind, places, judgement.dates.as_deref()))
                .collect(),
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
        let rows = match self.rows {
            Some(rows) if self.error.is_some() => format!("{} row(s) could be read", grouped(rows)),
            Some(rows) => format!("{} row(s)", grouped(rows)),
            None => "not read".to_owned(),
        };
        let _ = writeln!(out, "{}: {rows}", self.table);
        if let Some(error) = &self.error {
            let _ = writeln!(out, "  {}", error.replace('\n', "\n  "));
        }
        if self.may_be_cut {
            out.push_str("  the file does not end with a line end: was it cut short?\n");
        }
        // Of those that may be columns that are missing the error tells.
        let is_told =
            |column: &&Unknown| column.near.is_some_and(|near| self.missing_columns.contains(&near));
        for column in self.unknown_columns.iter().filter(|column| !is_told(column)) {
            let place = column.place.unwrap_or_default();
            let name = column.name.as_ref().map_or_else(String::new, |name| format!(", {name}"));
            let near = column.near.map_or_else(String::new, |near| format!("; {near} is there besides"));
            let _ = writeln!(out, "  column {place}{name}: not part of the layout, ignored{near}");
        }
        for Numeric { column, numeric_type } in &self.numeric_columns {
            let _ = writeln!(
                out,
                "  {column}: the column has a numeric type, {numeric_type}: codes lose their leading zeros in it"
            );
        }
        for deviation in self.faults.iter().chain(&self.signs) {
            deviation.write(out);
        }
    }
}

/// The columns that a table lacks, if that is why it cannot be read.
fn missing_columns(error: &RegistryError) -> Option<&MissingColumns> {
    let RegistryError::BadInput(bad) = error else { return None };
    match &bad.fault {
        InputFault::MissingColumn(missing) => Some(missing),
        _ => None,
    }
}

/// Whether what a run warns of is told at the table already, with the lines.
fn stands_at_its_table(notice: &Notice) -> bool {
    match notice {
        Notice::ExtraColumns { .. }
        | Notice::NoFinalLineEnd { .. }
        | Notice::EntitiesForNothing { .. }
        | Notice::NotInEncoding { .. }
        | Notice::HeaderAgain { .. }
        | Notice::LeftOut { .. }
        | Notice::WordsForNothing { .. }
        | Notice::BackslashEscapes { .. } => true,
        Notice::LastRowMayBeCut { .. }
        | Notice::RowsOverLines { .. }
        | Notice::ClientsClosed { .. }
        | Notice::NoControl
        | Notice::ConsentsOfUnknownClients { .. }
        | Notice::ExpiredWithoutEnd { .. } => false,
    }
}

impl Unknown {
    fn column(column: &ExtraColumn) -> Unknown {
        Unknown { name: column.name.clone(), place: Some(column.place), near: column.near }
    }

    fn file(file: &UnknownFile) -> Unknown {
        Unknown { name: Some(file.name.clone()), place: None, near: file.near.map(Table::name) }
    }
}

impl Deviation {
    /// `dates`: how dates must be written, where a profile says it.
    fn of_fault(kind: FaultKind, places: &Places, dates: Option<&str>) -> Deviation {
        Deviation {
            column: kind.fault.column_name(kind.table),
            code: Some(kind.fault.code.name()),
            rows: places.count,
            first_lines: places.first_lines.clone(),
            shape: kind.shape.map(|shape| shape.to_string()),
            expected: kind.expected(dates),
        }
    }

    fn write(&self, out: &mut String) {
        let what = [self.column, self.code].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let lines: Vec<String> = self.first_lines.iter().map(u64::to_string).collect();
        let more = if self.rows > lines.len() as u64 { ", …" } else { "" };
        let line = if lines.len() > 1 { "lines" } else { "line" };
        let _ = write!(out, "  {what}: {} row(s), {line} {}{more}", grouped(self.rows), lines.join(", "));
        let meaning = self.code.and_then(Code::named).map(Code::meaning);
        if let Some(what) = self.shape.as_deref().or(meaning) {
            let _ = write!(out, ": {what}");
        }
        if let Some(expected) = &self.expected {
            let _ = write!(out, "; expected: {expected}");
        }
        out.push('\n');
    }
}
