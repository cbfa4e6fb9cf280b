//! `phds summary`: tables of counts in which nobody can be found again.

use super::CommandResult;
use super::arguments::PolicyArg;
use super::failure::Failure;
use super::terminal::Terminal;
use super::{arguments, log, memory};
use crate::batch::{GateRecord, Manifest, ReleaseRecord, is_among_held, names};
use crate::cleanup::{PrivateFolder, folder_of};
use crate::counties::Counties;
use crate::summary::{
    Circle, Column, Labels, Population, Previous, Record, Records, Release, Request, Rule, csv, html,
    markdown, summarize,
};
use crate::value::{Month, shown};
use crate::writer::{Output, WriteError, keep_summary, must_be_free, write_new_folder};
use clap::ValueEnum;
use indexmap::IndexSet;
use std::path::{Path, PathBuf};

/// Make de-identified tables of counts
///
/// Counts facts, doses and clients of a sound batch by the columns of --by: county, vaccine_group, age_band (at vaccination),
/// month (of vaccination), sex, recipient. Totals are counted, never summed. A cell with 1 to 9 clients is shown as *, and so are
/// others, until nothing that is shown tells how many of 1 to 9 they are; docs/summary.md says what is promised. Several --by
/// of one call are protected together.
///
/// Each summary is kept in the folder summaries beside the batches, and what is made later is protected with all that are kept, of
/// this batch and of earlier ones. So count every table that is given away as out, and make none from a copy of a batch.
/// A number of which few clients have been added or taken since an earlier batch stays as it is out, with that batch's month
/// beside it.
///
/// With --population the tables have rates: clients in 100 people, by county, age_band or both, ages being those on the as-of date.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds summary batches/202407 --by county,vaccine_group,age_band
  phds summary batches/202407 --by county,sex --by county,month --out tables --format html
  phds summary batches/202407 --by county,age_band --population people.csv
  phds summary batches/202407 --by vaccine_group --for own --recipient 'Travis County'")]
pub(super) struct Args {
    /// The folder of the batch
    #[arg(value_name = "BATCH")]
    batch: PathBuf,
    /// The columns of a table, separated by commas; once for each table
    #[arg(long, value_name = "COLUMNS", required = true, value_parser = columns)]
    by: Vec<Columns>,
    /// Whom the tables are for
    #[arg(long = "for", value_name = "WHOM", value_enum, default_value_t)]
    whom: Whom,
    /// Count this recipient's file only; for others than itself use --by recipient
    #[arg(long, value_name = "NAME", required_if_eq("whom", "own"))]
    recipient: Option<String>,
    /// Hide cells with fewer clients, but with some
    #[arg(long, value_name = "N", default_value_t = 10)]
    suppress_below: u32,
    /// Each of these numbers of clients stays possible for a hidden cell that has few; from 1 to one less than --suppress-below
    #[arg(long, value_name = "LOW..HIGH", value_parser = range)]
    protect: Option<(u32, u32)>,
    /// Make tables of rates with the people in this file: CSV with the columns COUNTY, AGE_BAND and POPULATION
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// Protect this table, too, which is out from elsewhere; once for each: CSV as phds writes it, under its own name
    #[arg(long, value_name = "FILE", conflicts_with = "unrecorded")]
    previous: Vec<PathBuf>,
    /// The counties, if they are not Texas's: CSV with the columns COUNTY_FIPS and COUNTY_NAME
    #[arg(long, value_name = "FILE")]
    counties: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArg,
    /// Write the tables into this folder, which must not be there yet; needed for more than one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make tables that are not kept, and not protected with those that are: they are not for release
    #[arg(long)]
    unrecorded: bool,
    /// How the tables are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The columns of a table.
#[derive(Clone, Debug)]
struct Columns(Vec<Column>);

#[derive(Clone, Copy, Default, ValueEnum, Debug)]
enum Whom {
    /// The recipient itself: nothing is hidden, and it is not for release
    Own,
    /// Departments of contiguous jurisdictions
    Contiguous,
    /// Other departments
    Other,
    /// Everybody
    #[default]
    Public,
}

impl Whom {
    fn circle(self) -> Circle {
        match self {
            Whom::Own => Circle::Own,
            Whom::Contiguous => Circle::Contiguous,
            Whom::Other => Circle::Other,
            Whom::Public => Circle::Public,
        }
    }
}

#[derive(Clone, Copy, Default, ValueEnum, Debug)]
enum Format {
    #[default]
    Csv,
    /// Markdown, to read
    Md,
    /// A page for a browser, with bars
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Md => "md",
            Format::Html => "html",
        }
    }
}

fn columns(text: &str) -> Result<Columns, String> {
    let names = <Column as strum::VariantNames>::VARIANTS.iter().copied();
    // But that which only tables of rates have.
    let known = names.filter(|name| name.parse::<Column>().is_ok()).collect::<Vec<_>>().join(", ");
    let columns: Result<Vec<Column>, _> = text.split(',').map(str::parse).collect();
    let columns = columns.map_err(|_| format!("not columns separated by commas; there are: {known}"))?;
    let mut once = columns.clone();
    once.sort_unstable();
    once.dedup();
    if once.len() == columns.len() { Ok(Columns(columns)) } else { Err("a column is named twice".to_owned()) }
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let bounds = text.split_once("..").and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    bounds.ok_or_else(|| "not two numbers with two points between them, such as 1..9".to_owned())
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    if args.by.len() > 1 && args.out.is_none() {
        return Err(Failure::NoFolderForTables);
    }
    // Each table once.
    let tables: IndexSet<Vec<Column>> = args.by.into_iter().map(|columns| columns.0).collect();
    let tables = Vec::from_iter(tables);
    let circle = args.whom.circle();
    if circle == Circle::Own && !args.previous.is_empty() {
        return Err(Failure::PreviousForOwn);
    }
    let policy = args.policy.load()?;
    let counties = args.counties.as_deref().map_or_else(|| Ok(Counties::texas()), Counties::from_file)?;
    let labels = Labels { bands: &policy.age_bands, counties: &counties };
    let population =
        args.population.as_deref().map(|path| Population::from_file(path, labels)).transpose()?;
    let tables = match population {
        Some(_) => Population::columns(&tables).ok_or(Failure::ColumnsOfRates)?,
        None => tables,
    };
    let previous: Vec<Previous> =
        args.previous.iter().map(|path| Previous::from_file(path)).collect::<Result<_, _>>()?;
    let rule = match circle {
        Circle::Own => None,
        _ => Some(Rule::new(args.suppress_below, args.protect)?),
    };
    let kept = rule.filter(|_| !args.unrecorded);
    if kept.is_some() && args.recipient.is_some() {
        return Err(Failure::PartOfBatch);
    }
    args.out.as_deref().map_or(Ok(()), |folder| must_be_usable(folder, &args.batch))?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let threads = arguments::cores();
    let spill = memory::spill_for_comparing(scratch.path(), None, threads);
    must_be_published(&args.batch)?;
    // Nobody else makes a summary or a batch here meanwhile.
    let place = kept.map(|_| place_of_batches(&args.batch)).transpose()?;
    let out = place.as_ref().map_or_else(|| Ok(Records::default()), |place| Records::of(place.folder()))?;
    let out = out.with(previous);
    let request = Request {
        batch: &args.batch,
        out: &out,
        tables: &tables,
        population: population.as_ref(),
        labels,
        recipient: args.recipient.as_deref(),
        rule,
        threads,
        spill: &spill,
    };
    let summary = summarize(&request)?;
    if let (Some(rule), Some(place)) = (kept, &place)
        && !out.have(summary.month, &tables, summary.population_hash())
    {
        // Before anybody sees it.
        let record = Record::of(&summary, &out, labels, circle, rule)?;
        keep_summary(place, &out.next(summary.month), &record)?;
    }
    let release = kept.map_or(Release::NotForRelease, |_| Release::Kept);
    let text = |table| match args.format {
        Format::Csv => csv(&summary, table),
        Format::Md => markdown(&summary, table, circle, release),
        Format::Html => html(&summary, table, circle, release),
    };
    if tables.iter().flatten().any(|column| *column == Column::Recipient) {
        tracing::warn!(
            "a fact may be in the files of several recipients: the sum of recipients is not the total"
        );
    }
    match circle {
        _ if release == Release::Kept => {}
        Circle::Own => tracing::warn!(target: log::ACT, "not for release: nothing is hidden"),
        _ => {
            tracing::warn!(target: log::ACT, "not for release: the tables are not protected with those that are out")
        }
    }
    let Some(folder) = args.out else { return terminal.print(&text(0)) };
    let files: Vec<(String, String)> = (0..tables.len())
        .map(|table| (summary.file_name(table, args.format.extension()), text(table)))
        .collect();
    write_new_folder(&folder, &files)?;
    terminal.print_summary(&format!("{}: {} table(s)\n", shown(&folder), files.len()))
}

/// The place of batches that a batch is in, locked. Where it lies there is part of how later summaries find it again.
fn place_of_batches(batch: &Path) -> Result<Output, Failure> {
    let manifest = Manifest::of_batch(batch)?;
    let whole =
        batch.canonicalize().map_err(|source| WriteError::Create { path: batch.to_owned(), source })?;
    // What is out is kept beside the link or beside its target: which is not known. A slash at the end would follow it.
    let named: PathBuf = batch.components().collect();
    let is_link = std::fs::symlink_metadata(named).is_ok_and(|found| found.is_symlink());
    match whole.parent() {
        Some(out) if !is_link && whole.ends_with(manifest.batch.to_string()) => {
            Ok(Output::open_existing(out)?)
        }
        _ => Err(Failure::NotAmongBatches { place: batch.to_owned(), month: manifest.batch }),
    }
}

/// Whether a folder of tables can be made, as far as can be told before; it may not be taken for a batch or a summary.
fn must_be_usable(folder: &Path, batch: &Path) -> CommandResult {
    must_be_free(folder)?;
    let parent = folder_of(folder);
    let create = |source| WriteError::Create { path: folder.to_owned(), source };
    let parent = parent.canonicalize().map_err(create)?;
    let batches = batch.canonicalize().ok().and_then(|batch| batch.parent().map(Path::to_owned));
    let within = batches
        .and_then(|batches| parent.join(folder.file_name()?).strip_prefix(batches).map(Path::to_owned).ok());
    let first = within.as_ref().and_then(|within| within.iter().next()?.to_str());
    if first
        .is_some_and(|name| Month::parse(name).is_some() || name == names::SUMMARIES || name.starts_with('.'))
    {
        return Err(Failure::AmongBatches { place: folder.to_owned() });
    }
    Ok(())
}

/// A batch that is held back is nobody's to tell of.
fn must_be_published(batch: &Path) -> CommandResult {
    let found = GateRecord::of_batch(batch).is_ok_and(|gate| !gate.found.is_empty());
    let is_released = ReleaseRecord::of_batch(batch)?.is_some();
    if is_among_held(batch) || found && !is_released {
        Err(Failure::StillHeld { place: batch.to_owned() })
    } else {
        Ok(())
    }
}
