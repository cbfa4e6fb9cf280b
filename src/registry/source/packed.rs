//! Records as a database hands them out: each with its line and each field with its length.
//!
//! Nothing has to be quoted: no character of a value can be mistaken for the value's end.

use super::csv::Field;

/// How many bytes a record's line takes, and a field's length.
const LINE: usize = 8;
const LENGTH: usize = 4;

/// Stands in a field's length if its value is a day, however days are written elsewhere. No field is that long.
const DAY: u32 = 1 << 31;

/// Collects records into a block's text.
#[derive(Debug, Default)]
pub(super) struct Packer {
    lengths: Vec<u32>,
    values: Vec<u8>,
}

impl Packer {
    /// Adds a field to the record.
    pub(super) fn push(&mut self, value: &[u8]) {
        self.lengths.push(value.len() as u32);
        self.values.extend_from_slice(value);
    }

    /// Adds a field that is a day, as `YYYY-MM-DD`, whatever a profile says of how days are written.
    #[cfg(feature = "parquet")]
    pub(super) fn push_day(&mut self, value: &[u8]) {
        self.lengths.push(value.len() as u32 | DAY);
        self.values.extend_from_slice(value);
    }

    /// How many bytes the record's fields have so far.
    pub(super) fn length(&self) -> usize {
        self.values.len()
    }

    /// Ends the record and appends it to a block.
    pub(super) fn end_record(&mut self, line: u64, block: &mut Vec<u8>) {
        block.extend_from_slice(&line.to_le_bytes());
        self.lengths.drain(..).for_each(|length| block.extend_from_slice(&length.to_le_bytes()));
        block.append(&mut self.values);
    }
}

/// Splits the record at `start`, of `width` fields; returns its line and where the next one begins.
pub(in crate::registry) fn split_packed(
    block: &[u8],
    start: usize,
    width: usize,
    fields: &mut Vec<Field>,
) -> (u64, usize) {
    fields.clear();
    let mut line = [0; LINE];
    line.copy_from_slice(&block[start..start + LINE]);
    let lengths = start + LINE;
    let mut at = lengths + width * LENGTH;
    for place in 0..width {
        let mut length = [0; LENGTH];
        length.copy_from_slice(&block[lengths + place * LENGTH..][..LENGTH]);
        let length = u32::from_le_bytes(length);
        let end = at + (length & !DAY) as usize;
        fields.push(if length & DAY == 0 { Field::plain(at..end) } else { Field::day(at..end) });
        at = end;
    }
    (u64::from_le_bytes(line), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_packed_comes_out_again(
            records in proptest::collection::vec((proptest::num::u64::ANY, proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..9), 3)), 0..6)
        ) {
            let (mut packer, mut block) = (Packer::default(), Vec::new());
            for (line, fields) in &records {
                fields.iter().for_each(|field| packer.push(field));
                packer.end_record(*line, &mut block);
            }
            let (mut at, mut got, mut fields) = (0, Vec::new(), Vec::new());
            while at < block.len() {
                let (line, next) = split_packed(&block, at, 3, &mut fields);
                got.push((line, fields.iter().map(|f| f.unquoted(&block).into_owned()).collect::<Vec<_>>()));
                at = next;
            }
            proptest::prop_assert_eq!(got, records);
        }
    }
}
