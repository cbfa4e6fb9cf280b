//! How long the steps take that every fact of an export goes through: `cargo bench`.
//!
//! Each is measured on the same invented export, and its throughput told by facts, so that they can be set side by
//! side. What they come to together, and what a run takes, `benches/compare` measures.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use phds::extract::{Settings, extract};
use phds::filter::Lookback;
use phds::policy::Policy;
use phds::registry::{
    ConsentType, ExportFormat, Marks, Progress, open_export, read_facts, read_reference, split_record,
};
use phds::spill::{Sorter, Spill};
use phds::synth::{RowOrder, SynthSettings, synth};
use phds::value::{Day, parse_id};
use phds::writer::{RowTexts, RowWriter};
use std::hint::black_box;
use std::num::NonZeroUsize;
use tempfile::TempDir;

/// An invented export of some 63,000 facts.
fn export() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = SynthSettings { clients: 4000, seed: 1, as_of: as_of(), dirty: 0, order: RowOrder::Entry };
    synth(settings, &folder.path().join("export")).unwrap();
    folder
}

fn as_of() -> Day {
    Day::new(2024, 7, 8).unwrap()
}

/// Nobody who would want to know how far it has come.
struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _: u64) {}
}

/// CSV into records and fields; rust-csv beside it, on the same text.
fn splitting(c: &mut Criterion) {
    let folder = export();
    let text = std::fs::read(folder.path().join("export/immunizations.csv")).unwrap();
    let quoted = String::from_utf8(text.clone()).unwrap().replace(",FLU,", ",\"FLU\",").into_bytes();
    let mut group = c.benchmark_group("splitting");
    for (name, text) in [("plain", &text), ("quoted", &quoted)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut fields = Vec::new();
        if name == "plain" {
            group.bench_function("plain, many bytes at once", |b| {
                b.iter(|| {
                    let (mut marks, mut ends) = (Marks::new(text, b','), [0; 9]);
                    while marks.next_line(&mut ends).is_some() {}
                    black_box(ends);
                });
            });
        }
        group.bench_function(name, |b| b.iter(|| all(text, |at| split_record(text, at, b',', &mut fields))));
        group.bench_function(format!("{name}, by rust-csv"), |b| {
            b.iter(|| {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
                let mut record = csv::ByteRecord::new();
                while reader.read_byte_record(&mut record).unwrap() {}
                black_box(&record);
            });
        });
    }
    group.finish();
}

fn all(text: &[u8], mut next: impl FnMut(usize) -> usize) {
    let mut at = 0;
    while at < text.len() {
        at = next(at);
    }
    black_box(at);
}

fn values(c: &mut Criterion) {
    let mut group = c.benchmark_group("values");
    group.bench_function("id", |b| b.iter(|| parse_id(black_box(b"640000128"))));
    group.bench_function("date", |b| b.iter(|| Day::parse_registry(black_box(b"2021-09-23"))));
    let (birth, day) = (Day::new(2012, 6, 20).unwrap(), Day::new(2021, 9, 23).unwrap());
    group.bench_function("age in months", |b| b.iter(|| black_box(birth).completed_months_until(day)));
    group.finish();
}

/// What is decided once for each client, and once for each fact.
fn deciding(c: &mut Criterion) {
    let folder = export();
    let spill = Spill::new(folder.path(), 1 << 30);
    let source = open_export(&folder.path().join("export"), &ExportFormat::default()).unwrap();
    let policy = Policy::built_in().unwrap();
    let one = NonZeroUsize::MIN;
    let (reference, mut intake) = read_reference(source.as_ref(), one, &spill, &Quiet).unwrap();
    let clients = reference.clients.len() as u32;
    let mut group = c.benchmark_group("deciding");

    group.throughput(Throughput::Elements(u64::from(clients)));
    let lookback = Lookback { first_day: as_of().years_before(5).unwrap(), as_of: as_of() };
    group.bench_function("consent verdict", |b| {
        b.iter(|| {
            for client in 0..clients {
                let (consents, birth) = (reference.consents.of(client), reference.clients.birth(client));
                let _ =
                    black_box(phds::filter::find_consent(consents, ConsentType::Standard, birth, lookback));
            }
        });
    });

    // A fact borrows from the block it stands in, so reading with and without judging is compared.
    let rules = phds::filter::Rules::new(&policy, as_of(), &reference, one);
    let mut read = |judge: bool| {
        let visit = |count: &mut u64, facts: &[phds::registry::Fact<'_>]| {
            if judge {
                *count +=
                    rules.judge_all(facts).iter().map(|judgement| judgement.outcome as u64).sum::<u64>();
            } else {
                *count += facts.len() as u64;
            }
            Ok(())
        };
        let workers = vec![0];
        let counts =
            read_facts(source.as_ref(), &reference, &mut intake, &spill, &Quiet, workers, &visit).unwrap();
        counts[0]
    };
    group.throughput(Throughput::Elements(read(false)));
    group.bench_function("facts read", |b| b.iter(|| black_box(read(false))));
    group.bench_function("facts read and judged", |b| b.iter(|| black_box(read(true))));
    group.finish();
}

/// From what was chosen to the text of the rows.
fn writing(c: &mut Criterion) {
    let folder = export();
    let spill = Spill::new(folder.path(), 1 << 30);
    let source = open_export(&folder.path().join("export"), &ExportFormat::default()).unwrap();
    let policy = Policy::built_in().unwrap();
    let settings = Settings { policy: &policy, as_of: as_of(), threads: NonZeroUsize::MIN, spill: &spill };
    let extract = extract(source.as_ref(), settings, &Quiet).unwrap();
    let (mut facts, mut in_order) = (Vec::new(), extract.selection.in_order());
    in_order.next_batch(usize::MAX, &mut facts).unwrap();
    let mut group = c.benchmark_group("writing");
    group.throughput(Throughput::Elements(facts.len() as u64));

    group.bench_function("sorting", |b| {
        let fresh = || Sorter::new(&spill);
        b.iter_batched_ref(
            fresh,
            |sorter| {
                facts.iter().rev().for_each(|fact| sorter.push(*fact).unwrap());
                black_box(sorter.merge().unwrap().count());
            },
            BatchSize::LargeInput,
        );
    });

    let texts = RowTexts::new(&policy, &extract.reference, &extract.selection);
    let mut out = Vec::new();
    group.bench_function("row text", |b| {
        b.iter(|| {
            out.clear();
            let mut rows = RowWriter::new(&texts);
            facts.iter().for_each(|fact| rows.push_row(fact, &mut out));
            black_box(out.len());
        });
    });
    group.finish();
}

criterion_group!(benches, splitting, values, deciding, writing);
criterion_main!(benches);
