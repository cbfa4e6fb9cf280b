//! Structs in the compact protocol of Apache Thrift, by which Parquet files say what they hold: to make files that no
//! writer would.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)] // Each test binary uses a part of it.

/// A struct; fields are added in the order of their numbers.
#[derive(Clone, Default)]
pub struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

impl Struct {
    pub fn new() -> Struct {
        Struct::default()
    }

    #[must_use]
    pub fn int(self, field: u8, value: i64) -> Struct {
        self.number(field, 5, value)
    }

    #[must_use]
    pub fn some_int(self, field: u8, value: Option<i32>) -> Struct {
        match value {
            Some(value) => self.int(field, value.into()),
            None => self,
        }
    }

    #[must_use]
    pub fn long(self, field: u8, value: i64) -> Struct {
        self.number(field, 6, value)
    }

    #[must_use]
    pub fn text(mut self, field: u8, text: &str) -> Struct {
        self.head(field, 8);
        self.bytes.extend(varint(text.len() as u64));
        self.bytes.extend(text.as_bytes());
        self
    }

    #[must_use]
    pub fn structure(mut self, field: u8, of: Struct) -> Struct {
        self.head(field, 12);
        self.bytes.extend(of.end());
        self
    }

    #[must_use]
    pub fn structures(self, field: u8, of: Vec<Struct>) -> Struct {
        self.list(field, 12, of.into_iter().map(Struct::end).collect())
    }

    #[must_use]
    pub fn ints(self, field: u8, of: &[i64]) -> Struct {
        self.list(field, 5, of.iter().map(|value| zigzag(*value)).collect())
    }

    #[must_use]
    pub fn texts(self, field: u8, of: &[&str]) -> Struct {
        let written = |text: &&str| [varint(text.len() as u64), text.as_bytes().to_vec()].concat();
        self.list(field, 8, of.iter().map(written).collect())
    }

    /// Its bytes.
    pub fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    fn number(mut self, field: u8, form: u8, value: i64) -> Struct {
        self.head(field, form);
        self.bytes.extend(zigzag(value));
        self
    }

    fn list(mut self, field: u8, form: u8, of: Vec<Vec<u8>>) -> Struct {
        self.head(field, 9);
        match u8::try_from(of.len()) {
            Ok(length) if length < 15 => self.bytes.push(length << 4 | form),
            _ => {
                self.bytes.push(0xf0 | form);
                self.bytes.extend(varint(of.len() as u64));
            }
        }
        self.bytes.extend(of.concat());
        self
    }

    fn head(&mut self, field: u8, form: u8) {
        self.bytes.push((field - self.last) << 4 | form);
        self.last = field;
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn zigzag(number: i64) -> Vec<u8> {
    varint((number << 1 ^ number >> 63) as u64)
}
