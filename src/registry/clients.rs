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
    texts: Vec<u8>,
    types: Vec<String>,
}

#[derive(Debug)]
struct Record {
    birth: Day,
    /// The place in `types`.
    client_type: u32,
    text_start: u64,
    text_len: u32,
}

/// Collects the rows of `clients`.
#[derive(Debug, Default)]
pub(crate) struct ClientsBuilder {
    rows: Vec<Keyed<Record>>,
    texts: Vec<u8>,
    /// Client types in lower case, with their place. There are a handful.
    types: HashMap<String, u32>,
}

impl ClientsBuilder {
    pub(crate) fn add(&mut self, line: u64, row: &Row<'_>) {
        let start = self.texts.len();
        for (i, column) in TEXT_COLUMNS.into_iter().enumerate() {
            if i > 0 {
                self.texts.push(SEPARATOR);
            }
            self.texts.extend_from_slice(row.text(column));
        }
        let client_type = String::from_utf8_lossy(row.text(columns::CLIENT_TYPE)).to_lowercase();
        let next = self.types.len() as u32;
        let record = Record {
            birth: row.day(columns::BIRTH_DATE),
            client_type: *self.types.entry(client_type).or_insert(next),
            text_start: start as u64,
            text_len: (self.texts.len() - start) as u32,
        };
        self.rows.push(Keyed { id: row.id(columns::CLIENT_ID), line, row: record });
    }

    /// Leaves out the clients whose id is not theirs alone, and numbers the others.
    pub(crate) fn finish<E>(
        self,
        mut refuse: impl FnMut(RowId, Fault) -> Result<(), E>,
    ) -> Result<Clients, E> {
        let texts = self.texts;
        let text_of = |r: &Record| &texts[r.text_start as usize..][..r.text_len as usize];
        let same = |a: &Record, b: &Record| {
            a.birth == b.birth && a.client_type == b.client_type && text_of(a) == text_of(b)
        };
        let rows = settle(self.rows, columns::CLIENT_ID, same, |row, fault| refuse(row.place(), fault))?;
        let index = IdIndex::new(rows.iter().map(|row| row.id));
        let mut types = vec![String::new(); self.types.len()];
        for (name, place) in self.types {
            types[place as usize] = name;
        }
        Ok(Clients { rows, index, texts, types })
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
        let record = &self.rows[client as usize].row;
        self.texts[record.text_start as usize..][..record.text_len as usize].split(|b| *b == SEPARATOR)
    }
}
