//! Where the fields of plain lines end: many bytes looked at together.
//!
//! Most rows of a registry are plain: digits, letters and dates without quotes. There the delimiters and line ends are all that
//! matters. So some kilobytes of text are looked at first, 64 bytes at a time, and the places of all delimiters and line ends
//! are written down, and with them what is not plain. Then a line is the next few places.

/// The bytes that are looked at together.
const CHUNK: usize = 64;

/// So many of them before lines are made of what was found: few enough to stay in the processor's nearest cache.
const CHUNKS: usize = 32;

/// The delimiters and line ends of a text, one after the other.
#[derive(Debug)]
pub struct Marks<'t> {
    text: &'t [u8],
    delimiter: u8,
    /// Where the next line begins.
    line: usize,
    found: Found,
    /// How many of the marks lie before the next line, and how many of the line ends.
    passed: usize,
    ended: usize,
    /// What is not plain in the next line before the piece that was looked at last.
    before: NotPlain,
}

/// What was found in the text.
#[derive(Debug)]
struct Found {
    /// Where the piece of text begins that was looked at last, and where it ends.
    piece: std::ops::Range<usize>,
    /// The places of delimiters and line ends; behind so many of them there is room for others.
    marks: Vec<u32>,
    count: usize,
    /// Which of the marks are line ends.
    line_ends: Vec<u32>,
    /// For each chunk of the piece a bit for each byte that is not plain though ASCII, and one for each byte beyond.
    odd: [u64; CHUNKS],
    beyond: [u64; CHUNKS],
    /// Whether there are any.
    any_odd: bool,
    any_beyond: bool,
}

/// How many bytes are no plain text though ASCII, and whether any is beyond ASCII.
#[derive(Clone, Copy, Default, Debug)]
struct NotPlain {
    odd: u32,
    beyond: bool,
}

/// A line whose fields end at its delimiters: it has no quotes, backslashes or control characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// All of it is ASCII.
    Plain,
    /// Some of it is not.
    BeyondAscii,
}

/// What is found in a chunk: a bit for each byte of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bits {
    /// Delimiters and line ends.
    marks: u64,
    line_ends: u64,
    /// Control characters, quotes and backslashes, unless they are marks.
    odd: u64,
    beyond: u64,
}

impl<'t> Marks<'t> {
    /// Begins with a text, which begins with a line.
    pub fn new(text: &'t [u8], delimiter: u8) -> Marks<'t> {
        let found = Found {
            piece: 0..0,
            marks: Vec::new(),
            count: 0,
            line_ends: Vec::new(),
            odd: [0; CHUNKS],
            beyond: [0; CHUNKS],
            any_odd: false,
            any_beyond: false,
        };
        Marks { text, delimiter, line: 0, found, passed: 0, ended: 0, before: NotPlain::default() }
    }

    /// Goes on with the line that begins at `start`.
    pub fn begin_line(&mut self, start: usize) {
        // Of what lies before the piece it is not known any more what is plain.
        if start < self.line.max(self.found.piece.start) || start >= self.found.piece.end {
            (self.found.piece, self.found.count) = (start..start, 0);
            self.found.line_ends.clear();
            (self.passed, self.ended) = (0, 0);
        }
        let marks = &self.found.marks[self.passed..self.found.count];
        self.passed += marks.iter().take_while(|mark| (**mark as usize) < start).count();
        let line_ends = &self.found.line_ends[self.ended..];
        self.ended += line_ends.iter().take_while(|mark| (**mark as usize) < self.passed).count();
        self.line = start;
        self.before = NotPlain::default();
    }

    /// Puts the ends of the next line's fields into `ends`, and goes on behind it. There is none if the line has another
    /// number of fields, no line end, or a byte that makes it another than these, or if it is blank: then this must be told where
    /// the next line begins. A `\r` before the line end stays in the last field.
    #[inline]
    pub fn next_line(&mut self, ends: &mut [usize]) -> Option<Line> {
        while self.ended == self.found.line_ends.len() {
            // A line that goes on may have all the marks that it should have: then it has too many fields.
            if self.found.count - self.passed >= ends.len() || !self.look_on() {
                return None;
            }
        }
        let last = self.found.line_ends[self.ended] as usize;
        let marks = &self.found.marks[self.passed..=last];
        let line_end = self.found.marks[last] as usize;
        let fits = marks.len() == ends.len();
        if fits {
            ends.iter_mut().zip(marks).for_each(|(end, mark)| *end = *mark as usize);
        }
        let not_plain = self.before.and(self.found.not_plain(self.line..line_end));
        let line = &self.text[self.line..line_end];
        (self.passed, self.ended) = (last + 1, self.ended + 1);
        (self.line, self.before) = (line_end + 1, NotPlain::default());
        // The carriage return of a line end is no part of the line.
        let carriage_return = u32::from(line.ends_with(b"\r"));
        let is_blank = line.len() as u32 == carriage_return;
        let kind = if not_plain.beyond { Line::BeyondAscii } else { Line::Plain };
        Some(kind).filter(|_| fits && !is_blank && not_plain.odd == carriage_return)
    }

    /// Looks at the next piece of the text. Returns false if there is none.
    fn look_on(&mut self) -> bool {
        let Found { piece, marks, count, .. } = &mut self.found;
        // Places are written down in four bytes.
        if piece.end >= self.text.len() || self.text.len() > u32::MAX as usize {
            return false;
        }
        let line_so_far = self.line..piece.end;
        marks.copy_within(self.passed..*count, 0);
        *count -= self.passed;
        (self.passed, self.ended) = (0, 0);
        self.before = self.before.and(self.found.not_plain(line_so_far));
        self.found.look_at(self.text, self.delimiter);
        true
    }
}

impl NotPlain {
    fn and(self, other: NotPlain) -> NotPlain {
        NotPlain { odd: self.odd + other.odd, beyond: self.beyond || other.beyond }
    }
}

impl Found {
    /// What is not plain in the part of the text that lies in the piece.
    #[inline]
    fn not_plain(&self, part: std::ops::Range<usize>) -> NotPlain {
        let (start, end) = (part.start.max(self.piece.start), part.end);
        if !(self.any_odd || self.any_beyond) || start >= end {
            return NotPlain::default();
        }
        let (first, last) = (start - self.piece.start, end - 1 - self.piece.start);
        let mut not_plain = NotPlain::default();
        for chunk in first / CHUNK..=last / CHUNK {
            let from = if chunk == first / CHUNK { u64::MAX << (first % CHUNK) } else { u64::MAX };
            let to = if chunk == last / CHUNK { u64::MAX >> (CHUNK - 1 - last % CHUNK) } else { u64::MAX };
            not_plain.odd += (self.odd[chunk] & from & to).count_ones();
            not_plain.beyond |= self.beyond[chunk] & from & to != 0;
        }
        not_plain
    }

    /// Looks at the piece of a text that lies behind the one before.
    fn look_at(&mut self, text: &[u8], delimiter: u8) {
        self.piece = self.piece.end..text.len().min(self.piece.end + CHUNKS * CHUNK);
        self.line_ends.clear();
        self.marks.resize(self.marks.len().max(self.count + (CHUNKS + 1) * CHUNK), 0);
        self.look_quickly(text, delimiter);
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn look_quickly(&mut self, text: &[u8], delimiter: u8) {
        self.look_at_chunks(text, delimiter, bits_of_each);
    }

    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code)]
    fn look_quickly(&mut self, text: &[u8], delimiter: u8) {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        // SAFETY: all that is asked for is that the processor has what a function is made for. It was asked for the one, and
        // each of this architecture has SSE2.
        unsafe {
            if has_all { self.look_with_avx2(text, delimiter) } else { self.look_with_sse2(text, delimiter) }
        }
    }

    /// The same on a processor that counts bits and finds the next one in one step.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,popcnt")]
    fn look_with_avx2(&mut self, text: &[u8], delimiter: u8) {
        self.look_at_chunks(text, delimiter, |chunk, delimiter| bits_of_sixteens(chunk, delimiter));
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "sse2")]
    fn look_with_sse2(&mut self, text: &[u8], delimiter: u8) {
        self.look_at_chunks(text, delimiter, |chunk, delimiter| bits_of_sixteens(chunk, delimiter));
    }

    #[inline(always)]
    fn look_at_chunks(&mut self, text: &[u8], delimiter: u8, bits_of: impl Fn(&[u8; CHUNK], u8) -> Bits) {
        let (chunks, rest) = text[self.piece.clone()].as_chunks::<CHUNK>();
        // What lies behind the text's end is neither a mark nor anything but plain.
        let mut last = [b' '; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        let last = Some(&last).filter(|_| !rest.is_empty());
        let (mut any_odd, mut any_beyond) = (0, 0);
        for (place, chunk) in chunks.iter().chain(last).enumerate() {
            let bits = bits_of(chunk, delimiter);
            (self.odd[place], self.beyond[place]) = (bits.odd, bits.beyond);
            any_odd |= bits.odd;
            any_beyond |= bits.beyond;
            self.write_down(bits, (self.piece.start + place * CHUNK) as u32);
        }
        (self.any_odd, self.any_beyond) = (any_odd != 0, any_beyond != 0);
    }

    /// Writes down the marks of the chunk that begins at `start`.
    #[inline(always)]
    fn write_down(&mut self, bits: Bits, start: u32) {
        let mut line_ends = bits.line_ends;
        while line_ends != 0 {
            let before = bits.marks & (line_ends & line_ends.wrapping_neg()).wrapping_sub(1);
            self.line_ends.push(self.count as u32 + before.count_ones());
            line_ends &= line_ends - 1;
        }
        // Eight at a time, whether there are as many or not: what is too much is written over.
        let count = bits.marks.count_ones() as usize;
        let mut marks = bits.marks;
        for eight in self.marks[self.count..].as_chunks_mut::<8>().0.iter_mut().take(count.div_ceil(8)) {
            for mark in eight {
                *mark = start.wrapping_add(marks.trailing_zeros());
                marks &= marks.wrapping_sub(1);
            }
        }
        self.count += count;
    }
}

/// The bits of a chunk, sixteen bytes in one step.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn bits_of_sixteens(chunk: &[u8; CHUNK], delimiter: u8) -> Bits {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8,
    };
    let all = |byte: u8| _mm_set1_epi8(byte as i8);
    let mut chunk_bits = Bits { marks: 0, line_ends: 0, odd: 0, beyond: 0 };
    for (place, part) in chunk.as_chunks::<16>().0.iter().enumerate() {
        let number = u128::from_le_bytes(*part);
        let bytes = _mm_set_epi64x((number >> 64) as i64, number as i64);
        let bits = |bytes: __m128i| u64::from(_mm_movemask_epi8(bytes) as u16) << (16 * place);
        let is = |byte: u8| _mm_cmpeq_epi8(bytes, all(byte));
        // As signed numbers bytes beyond ASCII are less than any other.
        let is_low = _mm_cmplt_epi8(bytes, all(b' '));
        let is_sign = _mm_or_si128(_mm_or_si128(is(b'"'), is(b'\\')), is(0x7f));
        chunk_bits.marks |= bits(_mm_or_si128(is(delimiter), is(b'\n')));
        chunk_bits.line_ends |= bits(is(b'\n'));
        chunk_bits.beyond |= bits(bytes);
        chunk_bits.odd |= bits(_mm_or_si128(is_low, is_sign));
    }
    chunk_bits.odd &= !(chunk_bits.marks | chunk_bits.beyond);
    chunk_bits
}

/// The bits of a chunk, byte by byte.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn bits_of_each(chunk: &[u8; CHUNK], delimiter: u8) -> Bits {
    let bits =
        |is: &dyn Fn(u8) -> bool| chunk.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)));
    let marks = bits(&|byte| byte == delimiter || byte == b'\n');
    let odd = bits(&|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\'));
    Bits {
        marks,
        line_ends: bits(&|byte| byte == b'\n'),
        odd: odd & !marks,
        beyond: bits(&|byte| !byte.is_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, width: usize, expect: &[&str]) {
        let (text, mut at, mut got) = (text.as_bytes(), 0, Vec::new());
        let (mut marks, mut ends) = (Marks::new(text, b','), vec![0; width]);
        while at < text.len() {
            if let Some(line) = marks.next_line(&mut ends) {
                let starts = std::iter::once(at).chain(ends.iter().map(|end| end + 1));
                let fields =
                    starts.zip(&ends).map(|(start, end)| String::from_utf8_lossy(&text[start..*end]));
                let beyond = if line == Line::BeyondAscii { "!" } else { "" };
                got.push(fields.collect::<Vec<_>>().join("|") + beyond);
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
        check("a,\"b\"\nc,\\N\nd,é\ne,\u{7f}\nf,\t\ng,~ \n", 2, &["?", "?", "d|é!", "?", "?", "g|~ "]);
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
        fn looks_at_many_bytes_as_at_each(bytes: [u8; CHUNK], delimiter in "[,;|\t]", is_first: bool) {
            let delimiter = delimiter.as_bytes()[0];
            let text = [[b'x'; CHUNK], bytes];
            let text = text[usize::from(is_first)..].as_flattened();
            let expect = bits_of_each(&bytes, delimiter);
            let mut marks = Marks::new(text, delimiter);
            proptest::prop_assert!(marks.look_on());
            let found = &marks.found;
            let place = text.len() / CHUNK - 1;
            let marked = found.marks[..found.count].iter().fold(0, |bits, mark| bits | 1 << (*mark as usize - place * CHUNK));
            let ends = found.line_ends.iter().map(|n| found.marks[*n as usize] as usize - place * CHUNK);
            let got = Bits {
                marks: marked,
                line_ends: ends.fold(0, |bits, end| bits | 1 << end),
                odd: found.odd[place],
                beyond: found.beyond[place],
            };
            proptest::prop_assert_eq!(got, expect);
        }

        #[test]
        fn the_plain_way_is_the_general_way(text in "([a ,\"\r\\\\é]{0,9}|[a,]{60,70}|[aé]{900,2100}|,a*,a*\r?\n|\n){0,20}") {
            let text = text.as_bytes();
            let (mut marks, mut ends, mut fields, mut at) = (Marks::new(text, b','), [0; 3], Vec::new(), 0);
            while at < text.len() {
                let next = super::super::split_record(text, at, b',', &mut fields);
                if marks.next_line(&mut ends).is_some() {
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
