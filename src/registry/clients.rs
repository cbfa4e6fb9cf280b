//! The clients of an export, in memory.
//!
//! There are millions, so their texts lie end to end in one place and everything else in columns.

use super::keys::{IdIndex, Keyed, RowId, settle};
use super::quarantine::Fault;
use super::row::Row;
use super::tables::clients as columns;
use crate::value::Day;
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
    rows: Vec<Keyed<Record>>,
    index: IdIndex,
    texts: Texts,
    types: Vec<String>,
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
pub(crate) struct ClientsBuilder {
    rows: Vec<Keyed<Record>>,
    texts: Texts,
    types: ClientTypes,
}

/// The client types that occur, in lower case, numbered as they are met. There are a handful.
#[derive(Debug, Default)]
struct ClientTypes {
    numbers: HashMap<String, u32>,
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
        let next = self.numbers.len() as u32;
        *self.numbers.entry(name).or_insert(next)
    }

    fn into_names(self) -> Vec<String> {
        let mut names = vec![String::new(); self.numbers.len()];
        for (name, number) in self.numbers {
            names[number as usize] = name;
        }
        names
    }
}

impl ClientsBuilder {
    pub(crate) fn add(&mut self, line: u64, row: &Row<'_>) {
        let record = Record {
            birth: row.day(columns::BIRTH_DATE),
            client_type: self.types.number(row.text(columns::CLIENT_TYPE)),
            texts: self.texts.add(TEXT_COLUMNS.map(|column| row.text(column))),
        };
        self.rows.push(Keyed { id: row.id(columns::CLIENT_ID), line, row: record });
    }

    /// With another's rows. Their order does not matter.
    pub(crate) fn with(mut self, mut other: ClientsBuilder) -> ClientsBuilder {
        let numbers: Vec<u32> = std::mem::take(&mut other.types)
            .into_names()
            .into_iter()
            .map(|name| self.types.number_of_lowered(name))
            .collect();
        let chunks_before = self.texts.append(other.texts);
        for row in &mut other.rows {
            row.row.client_type = numbers[row.row.client_type as usize];
            row.row.texts.chunk += chunks_before;
        }
        self.rows.append(&mut other.rows);
        self
    }

    /// Leaves out the clients whose id is not theirs alone, and numbers the others.
    pub(crate) fn finish<E>(
        self,
        mut refuse: impl FnMut(RowId, Fault) -> Result<(), E>,
    ) -> Result<Clients, E> {
        let texts = self.texts;
        let same = |a: &Record, b: &Record| {
            a.birth == b.birth && a.client_type == b.client_type && texts.of(a.texts) == texts.of(b.texts)
        };
        let rows = settle(self.rows, columns::CLIENT_ID, same, |row, fault| refuse(row.place(), fault))?;
        let index = IdIndex::new(rows.iter().map(|row| row.id));
        Ok(Clients { rows, index, texts, types: self.types.into_names() })
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

    /// Takes over another's chunks; returns how many were here before.
    fn append(&mut self, mut other: Texts) -> u32 {
        let before = self.chunks.len();
        self.chunks.append(&mut other.chunks);
        before as u32
    }

    fn of(&self, place: TextPlace) -> &[u8] {
        &self.chunks[place.chunk as usize][place.start as usize..][..place.len as usize]
    }
}

impl Clients {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes of memory they take.
    pub fn size(&self) -> usize {
        let texts: usize = self.texts.chunks.iter().map(Vec::capacity).sum();
        size_of_val(self.rows.as_slice()) + self.index.size() + texts
    }

    /// The place of the client with this id.
    pub fn find(&self, id: u64) -> Option<ClientPlace> {
        self.index.find(id)
    }

    /// The CLIENT_ID.
    pub fn id(&self, client: ClientPlace) -> u64 {
        self.rows[client as usize].id
    }

    /// The BIRTH_DATE.
    pub fn birth(&self, client: ClientPlace) -> Day {
        self.rows[client as usize].row.birth
    }

    /// The CLIENT_TYPE in lower case; blank is empty.
    pub fn client_type(&self, client: ClientPlace) -> &str {
        &self.types[self.rows[client as usize].row.client_type as usize]
    }

    /// The texts of `TEXT_COLUMNS`, in order.
    pub fn texts(&self, client: ClientPlace) -> impl Iterator<Item = &[u8]> {
        self.texts.of(self.rows[client as usize].row.texts).split(|b| *b == SEPARATOR)
    }
}
