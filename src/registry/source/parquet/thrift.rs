//! Looks through what a Parquet file says of itself (its footer, and the header of each page), before the `parquet` crate
//! reads it and believes the numbers in it: the crate sets memory aside by some of them, and a program that asks for too
//! much is ended on the spot.
//!
//! Both are written in the compact protocol of Apache Thrift. Only the few fields of interest are read, the others are
//! passed over. A field of interest that is of another type than it should be is an error, so that the crate can't see
//! another number there than was looked at.

/// The types of the protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

/// Nothing of a Parquet file is nested deeper, and passing over it takes the stack.
const DEEPEST: u32 = 64;

/// Why something can't be looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unreadable {
    /// It goes on behind the end of the text.
    TooShort,
    /// It is not written as it should be.
    Damaged,
}

/// A text in the protocol, and how far it is read.
struct Text<'t> {
    text: &'t [u8],
    at: usize,
}

/// A field of a struct.
struct Field {
    id: i16,
    form: u8,
}

impl<'t> Text<'t> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let byte = *self.text.get(self.at).ok_or(Unreadable::TooShort)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, length: u64) -> Result<(), Unreadable> {
        let left = self.text.len() - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= left => {
                self.at += length;
                Ok(())
            }
            _ => Err(Unreadable::TooShort),
        }
    }

    fn unsigned(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable::Damaged)
    }

    fn signed(&mut self) -> Result<i64, Unreadable> {
        let number = self.unsigned()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn size(&mut self) -> Result<i32, Unreadable> {
        i32::try_from(self.signed()?).map_err(|_| Unreadable::Damaged)
    }

    /// The next field of a struct; none at its end. `before` is the field before.
    fn field(&mut self, before: i16) -> Result<Option<Field>, Unreadable> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let (step, form) = (head >> 4, head & 0x0f);
        let id = if step > 0 {
            before.checked_add(i16::from(step)).ok_or(Unreadable::Damaged)?
        } else {
            i16::try_from(self.signed()?).map_err(|_| Unreadable::Damaged)?
        };
        Ok(Some(Field { id, form }))
    }

    /// The length of a list, and the type of what is in it.
    fn list(&mut self) -> Result<(u64, u8), Unreadable> {
        let head = self.byte()?;
        let length = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        Ok((length, head & 0x0f))
    }

    /// Reads a struct: `take` is given each field and reads it, or passes over it.
    fn structure(
        &mut self,
        mut take: impl FnMut(&mut Text<'t>, &Field) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let mut before = 0;
        while let Some(field) = self.field(before)? {
            take(self, &field)?;
            before = field.id;
        }
        Ok(())
    }

    /// Passes over a value.
    fn pass(&mut self, form: u8, depth: u32) -> Result<(), Unreadable> {
        if depth > DEEPEST {
            return Err(Unreadable::Damaged);
        }
        match form {
            TRUE | FALSE => Ok(()),
            BYTE => self.skip(1),
            I16 | I32 | I64 => self.unsigned().map(|_| ()),
            DOUBLE => self.skip(8),
            BINARY => {
                let length = self.unsigned()?;
                self.skip(length)
            }
            STRUCT => self.structure(|text, field| text.pass(field.form, depth + 1)),
            LIST | SET => {
                let (length, form) = self.list()?;
                // How many bytes a truth takes up in a list, readers do not agree on; there are no such lists here.
                if matches!(form, TRUE | FALSE) {
                    return Err(Unreadable::Damaged);
                }
                (0..length).try_for_each(|_| self.pass(form, depth + 1))
            }
            // There are no maps in what is looked through.
            _ => Err(Unreadable::Damaged),
        }
    }

    /// Passes over a field that must be of this type.
    fn pass_as(&mut self, expected: u8, field: &Field, depth: u32) -> Result<(), Unreadable> {
        if field.form == expected { self.pass(expected, depth) } else { Err(Unreadable::Damaged) }
    }

    /// A number of a field that must be one.
    fn number_of(&mut self, field: &Field) -> Result<i32, Unreadable> {
        if field.form == I32 { self.size() } else { Err(Unreadable::Damaged) }
    }
}

/// What a page says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct PageHead {
    /// How many bytes the header takes up.
    pub(super) length: usize,
    pub(super) kind: i32,
    pub(super) unpacked: i32,
    pub(super) packed: i32,
    /// How many values it has, if it says so.
    pub(super) values: i32,
    /// For a page of the second version, how many bytes of levels are never packed.
    pub(super) levels: i64,
    /// Whether its values are packed.
    pub(super) is_packed: bool,
}

/// The kinds of pages.
pub(super) const INDEX_PAGE: i32 = 1;
pub(super) const DICTIONARY_PAGE: i32 = 2;

/// Reads the header of a page at the beginning of a text.
pub(super) fn page_head(text: &[u8]) -> Result<PageHead, Unreadable> {
    let mut head = PageHead { is_packed: true, ..PageHead::default() };
    let mut text = Text { text, at: 0 };
    text.structure(|text, field| {
        match field.id {
            1 => head.kind = text.number_of(field)?,
            2 => head.unpacked = text.number_of(field)?,
            3 => head.packed = text.number_of(field)?,
            4 => _ = text.number_of(field)?,
            5..=8 if field.form != STRUCT => return Err(Unreadable::Damaged),
            5 | 7 | 8 => {
                let of_page = field.id;
                text.structure(|text, field| {
                    match (of_page, field.id) {
                        (_, 1) => head.values = text.number_of(field)?,
                        (8, 5 | 6) => head.levels += i64::from(text.number_of(field)?),
                        (5, 2..=4) | (7, 2) | (8, 2..=4) => _ = text.number_of(field)?,
                        (8, 7) if field.form == TRUE => head.is_packed = true,
                        (8, 7) if field.form == FALSE => head.is_packed = false,
                        (7, 3) if matches!(field.form, TRUE | FALSE) => {}
                        (5, 5) | (8, 8) if field.form == STRUCT => text.pass(STRUCT, 2)?,
                        (5, ..=5) | (7, ..=3) | (8, ..=8) => return Err(Unreadable::Damaged),
                        _ => text.pass(field.form, 2)?,
                    }
                    Ok(())
                })?;
            }
            _ => text.pass(field.form, 1)?,
        }
        Ok(())
    })?;
    head.length = text.at;
    let is_whole = head.unpacked >= 0 && head.packed >= 0 && head.values >= 0 && head.levels >= 0;
    if is_whole { Ok(head) } else { Err(Unreadable::Damaged) }
}

/// No table has nearly so many columns.
const MOST_ELEMENTS: u64 = 10_000;

/// What stands in a footer that can't be read, or not safely.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FooterFault {
    Unreadable,
    Encrypted,
    TooManyColumns,
}

impl From<Unreadable> for FooterFault {
    fn from(_: Unreadable) -> FooterFault {
        FooterFault::Unreadable
    }
}

/// Looks through a footer: at its schema, which is a tree of columns, and whether anything is encrypted.
pub(super) fn check_footer(text: &[u8]) -> Result<(), FooterFault> {
    let mut schema = None;
    let mut is_encrypted = false;
    let mut text = Text { text, at: 0 };
    text.structure(|text, field| match field.id {
        1 => text.pass_as(I32, field, 1),
        2 if field.form == LIST && schema.is_none() => {
            schema = Some(children_of_schema(text)?);
            Ok(())
        }
        2 => Err(Unreadable::Damaged),
        3 => text.pass_as(I64, field, 1),
        4 | 5 | 7 => text.pass_as(LIST, field, 1),
        6 => text.pass_as(BINARY, field, 1),
        form => {
            is_encrypted |= matches!(form, 8 | 9);
            text.pass(field.form, 1)
        }
    })?;
    if is_encrypted {
        return Err(FooterFault::Encrypted);
    }
    let children = schema.flatten().ok_or(FooterFault::TooManyColumns)?;
    if is_tree(&children) { Ok(()) } else { Err(FooterFault::Unreadable) }
}

/// The number of children of each element of a schema; none if there are too many elements.
fn children_of_schema(text: &mut Text<'_>) -> Result<Option<Vec<u32>>, Unreadable> {
    let (length, form) = text.list()?;
    if form != STRUCT {
        return Err(Unreadable::Damaged);
    }
    let mut children = Vec::new();
    for _ in 0..length {
        let mut own = 0;
        text.structure(|text, field| match field.id {
            4 => text.pass_as(BINARY, field, 2),
            5 => {
                own = text.number_of(field)?;
                Ok(())
            }
            1..=9 => text.pass_as(I32, field, 2),
            10 if field.form == STRUCT => pass_logical_type(text),
            10 => Err(Unreadable::Damaged),
            _ => text.pass(field.form, 2),
        })?;
        if length <= MOST_ELEMENTS {
            children.push(u32::try_from(own).map_err(|_| Unreadable::Damaged)?);
        }
    }
    Ok((length <= MOST_ELEMENTS).then_some(children))
}

/// Passes over the type of a column's values.
fn pass_logical_type(text: &mut Text<'_>) -> Result<(), Unreadable> {
    text.structure(|text, of_type| {
        if of_type.form != STRUCT {
            return Err(Unreadable::Damaged);
        }
        text.structure(|text, field| match (of_type.id, field.id) {
            // DECIMAL, and the algorithm of GEOGRAPHY.
            (5, 1 | 2) | (18, 2) => text.pass_as(I32, field, 4),
            // Of TIME, TIMESTAMP and INTEGER, whether it is one of UTC, or has a sign.
            (7 | 8, 1) | (10, 2) if matches!(field.form, TRUE | FALSE) => Ok(()),
            (7 | 8, 2) => text.pass_as(STRUCT, field, 4),
            // INTEGER's width, VARIANT's version.
            (10 | 16, 1) => text.pass_as(BYTE, field, 4),
            (17 | 18, 1) => text.pass_as(BINARY, field, 4),
            (7 | 8 | 10, 1 | 2) => Err(Unreadable::Damaged),
            _ => text.pass(field.form, 4),
        })
    })
}

/// Whether elements that have so many children each, in the order in which a tree is written, are one tree of which no
/// branch is too long.
fn is_tree(children: &[u32]) -> bool {
    let mut open: Vec<u32> = vec![1];
    for own in children {
        while open.last() == Some(&0) {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            None => return false,
        }
        open.push(*own);
        if open.len() > DEEPEST as usize {
            return false;
        }
    }
    open.iter().all(|left| *left == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header_of_a_page() {
        let check = |text: &[u8], expect: Result<PageHead, Unreadable>| {
            assert_eq!(page_head(text), expect, "{text:?}")
        };
        // A page of 10 bytes, packed to 7, with 3 values.
        let page = [0x15, 0, 0x15, 20, 0x15, 14, 0x2c, 0x15, 6, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];
        let head = PageHead {
            length: 17,
            unpacked: 10,
            packed: 7,
            values: 3,
            is_packed: true,
            ..PageHead::default()
        };
        check(&page, Ok(head));
        check(&[&page[..], b"more"].concat(), Ok(head));
        (0..page.len()).for_each(|cut| check(&page[..cut], Err(Unreadable::TooShort)));
        // A dictionary, and a page of the second version: 2 + 1 bytes of levels, not packed.
        let dictionary = [0x15, 4, 0x15, 8, 0x15, 8, 0x4c, 0x15, 2, 0x15, 0, 0x12, 0, 0];
        let of_dictionary =
            PageHead { length: 14, kind: DICTIONARY_PAGE, unpacked: 4, packed: 4, values: 1, ..head };
        check(&dictionary, Ok(of_dictionary));
        let second = [
            0x15, 6, 0x15, 8, 0x15, 8, 0x5c, 0x15, 2, 0x15, 0, 0x15, 2, 0x15, 0, 0x15, 4, 0x15, 2, 0x12, 0, 0,
        ];
        let of_second = PageHead { length: 22, kind: 3, levels: 3, is_packed: false, ..of_dictionary };
        check(&second, Ok(of_second));
        // Sizes below nothing, of another type, beyond what they may be.
        check(&[0x15, 0, 0x15, 1, 0], Err(Unreadable::Damaged));
        check(&[0x15, 0, 0x16, 20, 0], Err(Unreadable::Damaged));
        check(&[0x15, 0, 0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0], Err(Unreadable::Damaged));
        check(
            &[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0],
            Err(Unreadable::Damaged),
        );
        // Text in place of what tells of the page; more of nothing than can be.
        check(&[0x58, 1, b'x', 0], Err(Unreadable::Damaged));
        check(&[0x99, 0xf5, 0xff, 0xff, 0xff, 3], Err(Unreadable::TooShort));
        check(&[0x99, 0xf1, 0xff, 0xff, 0xff, 3], Err(Unreadable::Damaged));
        check(&[0x9c; 200], Err(Unreadable::Damaged));
    }

    #[test]
    fn knows_a_tree() {
        let check = |children: &[u32], expect: bool| assert_eq!(is_tree(children), expect, "{children:?}");
        check(&[2, 0, 0], true);
        check(&[2, 1, 0, 0], true);
        check(&[0], true);
        check(&[], false);
        check(&[2, 0], false);
        check(&[1, 0, 0], false);
        check(&[u32::MAX >> 1, 0], false);
        let chain = |length: usize| [vec![1; length], vec![0]].concat();
        check(&chain(60), true);
        check(&chain(70), false);
    }
}
