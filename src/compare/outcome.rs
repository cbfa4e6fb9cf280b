//! What a comparison comes to.

use serde::Serialize;

/// What changed between two batches, or two files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Comparison {
    /// Whether nothing did.
    pub same: bool,
    /// The columns themselves.
    pub columns: ColumnChanges,
    /// How many rows are in which state.
    pub rows: KindCounts,
    /// For each file, by its name without the month, the same.
    pub files: Vec<FileChanges>,
    /// For each column in which rows changed, how many, most first.
    pub changed_columns: Vec<(String, u64)>,
    /// The changes, by id, as far as they were asked for.
    pub changes: Vec<Change>,
    /// How many more there are of those that were asked for.
    pub not_listed: u64,
}

/// What became of the columns themselves.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct ColumnChanges {
    /// Only new files have these.
    pub added: Vec<String>,
    /// Only old files have these.
    pub removed: Vec<String>,
    /// The old and the new name.
    pub renamed: Vec<(String, String)>,
}

impl ColumnChanges {
    /// Whether nothing became of them.
    pub fn is_empty(&self) -> bool {
        *self == ColumnChanges::default()
    }
}

/// What happened to a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It stands in another recipient's file. Values may have changed too.
    MovedToRecipient,
    /// It is another client's. Other values may have changed too.
    MovedToClient,
    /// It has other values.
    Changed,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] =
        [Kind::Added, Kind::Removed, Kind::Changed, Kind::MovedToRecipient, Kind::MovedToClient];
}

/// How many rows are in which state.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct KindCounts {
    /// All rows of the old side.
    pub old: u64,
    /// All rows of the new side.
    pub new: u64,
    /// The same on both sides.
    pub unchanged: u64,
    /// New ones.
    pub added: u64,
    /// Those that are gone.
    pub removed: u64,
    /// With other values.
    pub changed: u64,
    /// In another recipient's file.
    pub moved_to_recipient: u64,
    /// Another client's.
    pub moved_to_client: u64,
}

impl KindCounts {
    pub(super) fn note(&mut self, kind: Kind) {
        *self.count(kind) += 1;
    }

    /// How many rows of a kind there are.
    pub fn of(mut self, kind: Kind) -> u64 {
        *self.count(kind)
    }

    fn count(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Added => &mut self.added,
            Kind::Removed => &mut self.removed,
            Kind::Changed => &mut self.changed,
            Kind::MovedToRecipient => &mut self.moved_to_recipient,
            Kind::MovedToClient => &mut self.moved_to_client,
        }
    }
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileChanges {
    /// Its name without the month.
    pub name: String,
    /// How many rows are in which state. A row that moved here from another file counts as moved here, and as `left`
    /// there.
    #[serde(flatten)]
    pub rows: KindCounts,
    /// Rows that moved to other files.
    pub left: u64,
}

/// A row that changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// What happened to it.
    pub kind: Kind,
    /// Its IMMUNFACT_ID.
    pub immunfact_id: u64,
    /// The old file, without the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_file: Option<String>,
    /// The new file, without the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_file: Option<String>,
    /// The old and the new CLIENT_ID, if the row is another client's now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<[u64; 2]>,
    /// The columns that changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Their values, or all of the row's if it was added or removed; only if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueChange>,
}

/// A value of a row that changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ValueChange {
    /// The column.
    pub column: String,
    /// Before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// After.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}
