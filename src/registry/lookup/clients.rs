//! The clients of an export, in memory.
//!
//! There are millions, so their texts lie end to end in one place and everything else in columns.

use super::keys::{ById, Entry, KeyedRow};
use crate::registry::check::{ExportRow, QuarantinedRow};
use crate::registry::tables::clients as columns;
use crate::registry::{RegistryError, Table};
use crate::value::Day;
use indexmap::IndexSet;
use std::collections::HashMap;

/// The columns whose texts are kept as they are, in order.
pub const TEXT_COLUMNS: [usize; 8] = [
    columns::FIRST_NAME,
    columns::LAST_NAME,
    columns::MIDDLE_NAME,
    columns::SEX_CODE,
    columns::RACE_AND_ETHNICITY,
    columns::STATE_CODE,
    columns::CLIENT_COUNTY,
    columns::ZIP_CODE,
];

/// Stands between the texts of one client. The clean-up leaves no control character in a text.
const SEPARATOR: u8 = 0x1f;

/// A client, by place: clients are numbered in the order of their ids.
pub type ClientPlace = u32;

/// The usable clients, in the order of their ids.
#[derive(Debug)]
pub struct Clients {
    records: ById<Record, Born>,
    texts: Texts,
    /// In lower case.
    types: IndexSet<String>,
}

/// What every fact needs of its client, in eight bytes: where the client's record lies, and since when the client lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Born {
    pub(super) client: ClientPlace,
    pub(super) birth: Day,
}

impl Entry<Record> for Born {
    fn new(place: u32, record: &Record) -> Born {
        Born { client: place, birth: record.birth }
    }

    fn place(self) -> u32 {
        self.client
    }
}

#[derive(Debug)]
struct Record {
    birth: Day,
    /// The place in `types`.
    client_type: u32,
    texts: TextPlace,
}

/// Collects the rows of `clients`.
#[derive(Debug, Default)]
pub(super) struct ClientsBuilder {
    rows: Vec<KeyedRow<Record>>,
    texts: Texts,
    types: ClientTypes,
}

/// The client types that occur, numbered as they are met. There are a handful.
#[derive(Debug, Default)]
struct ClientTypes {
    /// In lower case.
    names: IndexSet<String>,
    /// The number of each type as it is spelled.
    spellings: HashMap<Box<[u8]>, u32, foldhash::fast::FixedState>,
}

impl ClientTypes {
    fn number(&mut self, spelling: &[u8]) -> u32 {
        if let Some(number) = self.spellings.get(spelling) {
            return *number;
        }
        let number = self.number_of_lowered(String::from_utf8_lossy(spelling).to_lowercase());
        self.spellings.insert(spelling.into(), number);
        number
    }

    fn number_of_lowered(&mut self, name: String) -> u32 {
        self.names.insert_full(name).0 as u32
    }
}

impl ClientsBuilder {
    pub(super) fn add(&mut self, row: &ExportRow<'_>) {
        let record = Record {
            birth: row.day(columns::BIRTH_DATE),
            client_type: self.types.number(row.text(columns::CLIENT_TYPE)),
            texts: self.texts.add(TEXT_COLUMNS.map(|column| row.text(column))),
        };
        self.rows.push(KeyedRow::new(row, record));
    }

    /// Takes over the texts and the types of another builder; returns its rows, which refer to them.
    fn absorb(&mut self, other: ClientsBuilder) -> Vec<KeyedRow<Record>> {
        let ClientsBuilder { mut rows, mut texts, types } = other;
        let numbers: Vec<u32> =
            types.names.into_iter().map(|name| self.types.number_of_lowered(name)).collect();
        let chunks_before = self.texts.chunks.len() as u32;
        self.texts.chunks.append(&mut texts.chunks);
        for row in &mut rows {
            row.row.client_type = numbers[row.row.client_type as usize];
            row.row.texts.chunk += chunks_before;
        }
        rows
    }

    /// Puts together what several threads have collected, leaves out the clients whose id is not theirs alone, and numbers the
    /// others.
    pub(super) fn finish(
        builders: Vec<ClientsBuilder>,
        quarantine: impl FnMut(QuarantinedRow) -> Result<(), RegistryError>,
    ) -> Result<Clients, RegistryError> {
        let mut all = ClientsBuilder::default();
        let rows = builders.into_iter().map(|builder| all.absorb(builder)).collect();
        let texts = all.texts;
        let same = |a: &Record, b: &Record| {
            a.birth == b.birth && a.client_type == b.client_type && texts.of(a.texts) == texts.of(b.texts)
        };
        let records = ById::new(Table::Clients, rows, same, quarantine)?;
        Ok(Clients { records, texts, types: all.types.names })
    }
}

/// Clients' texts, end to end in chunks, so that growing never copies what is there.
#[derive(Debug, Default)]
struct Texts {
    chunks: Vec<Vec<u8>>,
}

/// Where a client's texts lie.
#[derive(Clone, Copy, Debug)]
struct TextPlace {
    chunk: u32,
    start: u32,
    len: u32,
}

/// The bytes of a chunk, unless a single client's texts are longer.
const CHUNK: usize = 1 << 20;

impl Texts {
    fn add(&mut self, texts: [&[u8]; TEXT_COLUMNS.len()]) -> TextPlace {
        let len = texts.iter().map(|text| text.len()).sum::<usize>() + texts.len() - 1;
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < len) {
            self.chunks.push(Vec::with_capacity(CHUNK.max(len)));
        }
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        let start = chunk.len();
        for (i, text) in texts.into_iter().enumerate() {
            if i > 0 {
                chunk.push(SEPARATOR);
            }
            chunk.extend_from_slice(text);
        }
        TextPlace { chunk: last as u32, start: start as u32, len: len as u32 }
    }

    fn of(&self, place: TextPlace) -> &[u8] {
        &self.chunks[place.chunk as usize][place.start as usize..][..place.len as usize]
    }
}

impl Clients {
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// About how many bytes of memory they take.
    pub fn size(&self) -> usize {
        let texts: usize = self.texts.chunks.iter().map(Vec::capacity).sum();
        self.records.size() + texts
    }

    /// The place of the client with this id.
    pub fn find(&self, id: u64) -> Option<ClientPlace> {
        self.records.find(id)
    }

    /// The place and the birth of the client with this id.
    pub(super) fn find_born(&self, id: u64) -> Option<Born> {
        self.records.entry(id)
    }

    pub fn id(&self, client: ClientPlace) -> u64 {
        self.records.id(client)
    }

    pub fn birth(&self, client: ClientPlace) -> Day {
        self.records.get(client).birth
    }

    /// The CLIENT_TYPE in lower case; blank is empty.
    pub fn client_type(&self, client: ClientPlace) -> &str {
        &self.types[self.records.get(client).client_type as usize]
    }

    /// The first byte of a client's texts: whoever needs them soon can have them brought near by it.
    pub fn first_byte(&self, client: ClientPlace) -> u8 {
        self.texts.of(self.records.get(client).texts)[0]
    }

    /// The texts of `TEXT_COLUMNS`, in order.
    pub fn texts(&self, client: ClientPlace) -> impl Iterator<Item = &[u8]> {
        self.texts.of(self.records.get(client).texts).split(|b| *b == SEPARATOR)
    }
}
