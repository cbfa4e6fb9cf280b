//! Where the fields of plain lines end: many bytes looked at together.
//!
//! Most rows of a registry's facts are plain: digits, letters and dates without quotes. There the delimiters and line ends
//! are all that matters, so they are found for 64 bytes at a time, and with them whether anything is not plain.

/// The bytes that are looked at together.
const CHUNK: usize = 64;

/// The delimiters and line ends of a text, one after the other.
#[derive(Debug)]
pub struct Marks<'t> {
    text: &'t [u8],
    delimiter: u8,
    /// Where the next line begins.
    line: usize,
    /// Where the chunk begins that is looked at.
    chunk: usize,
    /// A bit for each delimiter or line end of the chunk that is still to come.
    marks: u64,
    /// A bit for each byte of the chunk that is not plain, from the line's beginning on.
    odd: u64,
    /// How many bytes are not plain between the line's beginning and the chunk.
    odd_before: u32,
}

impl<'t> Marks<'t> {
    /// Begins with a text, which begins with a line.
    pub fn new(text: &'t [u8], delimiter: u8) -> Marks<'t> {
        let mut marks = Marks { text, delimiter, line: 0, chunk: 0, marks: 0, odd: 0, odd_before: 0 };
        marks.begin_line(0);
        marks
    }

    /// Goes on with the line that begins at `start`.
    pub fn begin_line(&mut self, start: usize) {
        (self.line, self.chunk) = (start, start);
        (self.marks, self.odd) = self.look();
        self.odd_before = 0;
    }

    /// Puts the ends of the next line's fields into `ends`, and goes on behind it. Returns false if the line has another
    /// number of fields, no line end, or a byte that is not plain, or if it is blank: then this must be told where the next line
    /// begins. A `\r` before the line end stays in the last field.
    pub fn next_line(&mut self, ends: &mut [usize]) -> bool {
        let Some((last, ends_before)) = ends.split_last_mut() else { return false };
        for end in ends_before {
            match self.next_mark() {
                Some(mark) if self.text[mark] == self.delimiter => *end = mark,
                _ => return false,
            }
        }
        match self.next_mark() {
            Some(mark) if self.text[mark] == b'\n' => *last = mark,
            _ => return false,
        }
        let line_end = *last;
        let up_to_end = u64::MAX >> (CHUNK - 1 - (line_end - self.chunk));
        let odd = self.odd_before + (self.odd & up_to_end).count_ones();
        let line = &self.text[self.line..line_end];
        self.odd &= !up_to_end;
        self.odd_before = 0;
        self.line = line_end + 1;
        // The carriage return of a line end is no part of the line.
        let is_blank = matches!(line, [] | [b'\r']);
        !is_blank && odd == u32::from(line.ends_with(b"\r"))
    }

    #[inline]
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks == 0 {
            if self.text.len() - self.chunk <= CHUNK {
                return None;
            }
            self.odd_before += self.odd.count_ones();
            self.chunk += CHUNK;
            (self.marks, self.odd) = self.look();
        }
        let mark = self.chunk + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        Some(mark)
    }

    /// Looks at the chunk; what lies behind the text's end is neither a mark nor odd.
    #[inline]
    fn look(&self) -> (u64, u64) {
        let rest = &self.text[self.chunk..];
        match rest.first_chunk() {
            Some(chunk) => look_at(chunk, self.delimiter),
            None => {
                let mut last = [b' '; CHUNK];
                last[..rest.len()].copy_from_slice(rest);
                look_at(&last, self.delimiter)
            }
        }
    }
}

/// A bit for each byte that is a delimiter or a line end, and one for each that is none of these and not plain: a control
/// character, a quote, a backslash, or beyond ASCII.
#[cfg(target_arch = "x86_64")]
#[inline]
fn look_at(chunk: &[u8; CHUNK], delimiter: u8) -> (u64, u64) {
    // SAFETY: all that is asked for is that the processor has SSE2, and each of this architecture has.
    #[allow(unsafe_code)]
    unsafe {
        look_at_sixteen(chunk, delimiter)
    }
}

/// The same, sixteen bytes at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn look_at_sixteen(chunk: &[u8; CHUNK], delimiter: u8) -> (u64, u64) {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8,
    };
    let all = |byte: u8| _mm_set1_epi8(byte as i8);
    let bits = |bytes: __m128i| u64::from(_mm_movemask_epi8(bytes) as u16);
    let (mut marks, mut odd) = (0, 0);
    for (place, part) in chunk.as_chunks::<16>().0.iter().enumerate() {
        let number = u128::from_le_bytes(*part);
        let bytes = _mm_set_epi64x((number >> 64) as i64, number as i64);
        let is = |byte: u8| _mm_cmpeq_epi8(bytes, all(byte));
        // As signed numbers bytes beyond ASCII are less than any other.
        let is_low = _mm_cmplt_epi8(bytes, all(b' '));
        let is_sign = _mm_or_si128(_mm_or_si128(is(b'"'), is(b'\\')), is(0x7f));
        marks |= bits(_mm_or_si128(is(delimiter), is(b'\n'))) << (16 * place);
        odd |= bits(_mm_or_si128(is_low, is_sign)) << (16 * place);
    }
    (marks, odd & !marks)
}

#[cfg(not(target_arch = "x86_64"))]
fn look_at(chunk: &[u8; CHUNK], delimiter: u8) -> (u64, u64) {
    look_at_each(chunk, delimiter)
}

/// The same, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn look_at_each(chunk: &[u8; CHUNK], delimiter: u8) -> (u64, u64) {
    let bits =
        |is: &dyn Fn(u8) -> bool| chunk.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)));
    let marks = bits(&|byte| byte == delimiter || byte == b'\n');
    let odd = bits(&|byte| !(b' '..=b'~').contains(&byte) || matches!(byte, b'"' | b'\\'));
    (marks, odd & !marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, width: usize, expect: &[&str]) {
        let (text, mut at, mut got) = (text.as_bytes(), 0, Vec::new());
        let (mut marks, mut ends) = (Marks::new(text, b','), vec![0; width]);
        while at < text.len() {
            if marks.next_line(&mut ends) {
                let starts = std::iter::once(at).chain(ends.iter().map(|end| end + 1));
                let fields =
                    starts.zip(&ends).map(|(start, end)| String::from_utf8_lossy(&text[start..*end]));
                got.push(fields.collect::<Vec<_>>().join("|"));
                at = ends[width - 1] + 1;
            } else {
                got.push("?".to_owned());
                at = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |n| at + n + 1);
                marks.begin_line(at);
            }
        }
        assert_eq!(got, expect, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn finds_the_fields_of_plain_lines() {
        check("a,b\nc,d\n", 2, &["a|b", "c|d"]);
        check("a,b\nc,d", 2, &["a|b", "?"]);
        check(",\n\n,b\r\n", 2, &["|", "?", "|b\r"]);
        check("a\na,b,c\na,b\n", 2, &["?", "?", "a|b"]);
        check("a,\"b\"\nc,\\N\nd,é\ne,\u{7f}\nf,\t\ng,~ \n", 2, &["?", "?", "?", "?", "?", "g|~ "]);
        check("a\nb\n\n\r\nc\r\n\rd\n", 1, &["a", "b", "?", "?", "c\r", "?"]);
        let long = "x".repeat(200);
        check(
            &format!("a,{long}\n{long},b\n\"{long},c\nd,e\n"),
            2,
            &[&format!("a|{long}"), &format!("{long}|b"), "?", "d|e"],
        );
        check("", 2, &[]);
    }

    proptest::proptest! {
        #[test]
        fn looks_at_many_bytes_as_at_each(bytes: [u8; CHUNK], delimiter in "[,;|\t]") {
            let delimiter = delimiter.as_bytes()[0];
            proptest::prop_assert_eq!(look_at(&bytes, delimiter), look_at_each(&bytes, delimiter));
        }

        #[test]
        fn the_plain_way_is_the_general_way(text in "([a ,\"\r\\\\é]{0,9}|[a,]{60,70}|\n){0,20}") {
            let text = text.as_bytes();
            let (mut marks, mut ends, mut fields, mut at) = (Marks::new(text, b','), [0; 3], Vec::new(), 0);
            while at < text.len() {
                let next = super::super::split_record(text, at, b',', &mut fields);
                if marks.next_line(&mut ends) {
                    let starts = std::iter::once(at).chain(ends.iter().map(|end| end + 1));
                    let plain: Vec<&[u8]> = starts.zip(ends).map(|(start, end)| {
                        let field = &text[start..end];
                        if end == ends[2] { field.strip_suffix(b"\r").unwrap_or(field) } else { field }
                    }).collect();
                    let general: Vec<_> = fields.iter().map(|field| field.unquoted(text)).collect();
                    let general: Vec<&[u8]> = general.iter().map(std::convert::AsRef::as_ref).collect();
                    proptest::prop_assert_eq!(plain, general);
                    proptest::prop_assert_eq!(ends[2] + 1, next);
                } else {
                    marks.begin_line(next);
                }
                at = next;
            }
        }
    }
}
