//! However a file is cut and on whatever thread, it unpacks to what the crates' own readers make of it.

use super::*;
use proptest::prelude::*;
use std::io::Write;

/// A member, or what stands between members.
#[derive(Clone, Debug)]
enum Bit {
    /// So many bytes of a text, packed at a level; with a checksum, or a name.
    Member {
        text: Vec<u8>,
        level: u32,
        is_adorned: bool,
    },
    /// A frame that is skipped; nothing in gzip.
    Skippable(Vec<u8>),
    Garbage(Vec<u8>),
}

fn bits() -> impl Strategy<Value = Bit> {
    let words = proptest::collection::vec(
        prop_oneof![
            Just(b"17,IA,Ana,Ruiz\n".to_vec()),
            // What a member begins with, which at level 0 stands in the file as it is.
            Just(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
            Just(vec![0x28, 0xb5, 0x2f, 0xfd, 0x24, 5]),
            proptest::collection::vec(any::<u8>(), 0..90),
            (any::<u8>(), 0..900usize).prop_map(|(byte, count)| vec![byte; count]),
        ],
        0..20,
    );
    let member = (words, 0..10u32, any::<bool>()).prop_map(|(words, level, is_adorned)| Bit::Member {
        text: words.concat(),
        level,
        is_adorned,
    });
    prop_oneof![
        20 => member,
        2 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bit::Skippable),
        1 => prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..30),
            (1..600usize).prop_map(|count| vec![0; count]),
        ].prop_map(Bit::Garbage),
    ]
}

/// What is done to a file.
#[derive(Clone, Debug)]
enum Damage {
    None,
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => Just(Damage::None),
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        1 => (any::<prop::sample::Index>(), 1..=255u8).prop_map(|(place, by)| Damage::Flip(place, by)),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let tiny = (1..800usize, 1..3000usize, 1..5000usize, 10..24u32, 1..700usize).prop_map(
        |(piece, packed, text, window, part)| Limits { piece, packed, text, window: 1 << window, part },
    );
    prop_oneof![4 => tiny, 1 => Just(LIMITS)]
}

fn pack(packing: Packing, bits: &[Bit], damage: &Damage) -> Vec<u8> {
    let mut file = Vec::new();
    for bit in bits {
        match (bit, packing) {
            (Bit::Member { text, level, is_adorned }, Packing::Gzip) => {
                let mut builder = flate2::GzBuilder::new();
                if *is_adorned {
                    builder = builder.extra([b'B', b'C', 2, 0, 7, 0]).filename("clients.csv");
                }
                let mut gz = builder.write(Vec::new(), flate2::Compression::new(*level));
                gz.write_all(text).unwrap();
                file.extend(gz.finish().unwrap());
            }
            (Bit::Member { text, level, is_adorned }, Packing::Zstd) => {
                let mut zst = zstd::Encoder::new(Vec::new(), i32::try_from(*level).unwrap()).unwrap();
                if *is_adorned {
                    zst.include_checksum(true).unwrap();
                    zst.set_pledged_src_size(Some(text.len() as u64)).unwrap();
                }
                zst.write_all(text).unwrap();
                file.extend(zst.finish().unwrap());
            }
            (Bit::Skippable(bytes), Packing::Zstd) => {
                file.extend([0x53, 0x2a, 0x4d, 0x18]);
                file.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
                file.extend(bytes);
            }
            (Bit::Skippable(_), Packing::Gzip) => {}
            (Bit::Garbage(bytes), _) => file.extend(bytes),
        }
    }
    match damage {
        Damage::Cut(place) if !file.is_empty() => file.truncate(place.index(file.len())),
        Damage::Flip(place, by) if !file.is_empty() => {
            let place = place.index(file.len());
            file[place] ^= by;
        }
        _ => {}
    }
    file
}

/// Reads to the end, or to an error.
fn all_of(mut reader: impl Read) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    let is_whole = reader.read_to_end(&mut text).is_ok();
    (text, is_whole)
}

fn by_the_crate(packing: Packing, file: &[u8]) -> (Vec<u8>, bool) {
    match packing {
        Packing::Gzip => {
            all_of(flate2::bufread::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 18, file)))
        }
        Packing::Zstd => all_of(zstd::Decoder::new(file).unwrap()),
    }
}

fn open(packing: Packing, bytes: &[u8]) -> (Unpacker, Arc<AtomicU64>) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let read = Arc::new(AtomicU64::new(0));
    (Unpacker::new(packing, file, Arc::clone(&read)).unwrap(), read)
}

/// Compares what comes out: whole, the same; refused, the same up to where one or the other had found out.
fn assert_same(found: &(Vec<u8>, bool), expect: &(Vec<u8>, bool)) {
    assert_eq!(found.1, expect.1, "whole");
    if expect.1 {
        assert!(found.0 == expect.0, "the text differs");
    } else {
        let length = found.0.len().min(expect.0.len());
        assert!(found.0[..length] == expect.0[..length], "the beginning of the text differs");
    }
}

/// Reads a file on so many threads, the first `before` bytes in order.
fn read_ahead(
    packing: Packing,
    file: &[u8],
    threads: usize,
    limits: Limits,
    before: usize,
) -> (Vec<u8>, bool) {
    let (mut reader, _) = open(packing, file);
    let mut text = Vec::new();
    if reader.by_ref().take(before as u64).read_to_end(&mut text).is_err() {
        return (text, false);
    }
    reader.unpack_ahead_within(NonZeroUsize::new(threads).unwrap(), limits);
    let (rest, is_whole) = all_of(reader);
    text.extend(rest);
    (text, is_whole)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn unpacks_as_the_crates_do(
        is_gzip: bool,
        bits in proptest::collection::vec(bits(), 0..12),
        damage in damage(),
        limits in limits(),
        threads in 1..5usize,
        before in 0..3000usize,
    ) {
        let packing = if is_gzip { Packing::Gzip } else { Packing::Zstd };
        let file = pack(packing, &bits, &damage);
        let expect = by_the_crate(packing, &file);
        assert_same(&all_of(open(packing, &file).0), &expect);
        assert_same(&read_ahead(packing, &file, threads, limits, before), &expect);
    }
}

/// Text that packs about as well as an export.
fn text(length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length + 40);
    let mut number = 1u64;
    while text.len() < length {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        writeln!(text, "{},IA,{},2024-07-08", text.len(), number >> 40).unwrap();
    }
    text
}

#[test]
fn large_files_of_one_member_and_of_many() {
    let member = |text: &[u8]| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text).unwrap();
        gz.finish().unwrap()
    };
    let frame = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
    let text = text(12 << 20);
    for size in [text.len(), 11 << 20, 3 << 20, 1 << 20, 1 << 16] {
        let gzip: Vec<u8> = text.chunks(size).flat_map(member).collect();
        let zstd: Vec<u8> = text.chunks(size).flat_map(frame).collect();
        for (packing, file) in [(Packing::Gzip, gzip), (Packing::Zstd, zstd)] {
            for threads in [1, 2, 9] {
                let (mut reader, read) = open(packing, &file);
                reader.unpack_ahead(NonZeroUsize::new(threads).unwrap());
                let found = all_of(reader);
                assert!(found.1 && found.0 == text, "{packing:?} {size} {threads}");
                assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), file.len() as u64);
                for cut in [file.len() - 1, file.len() / 2] {
                    let found = read_ahead(packing, &file[..cut], threads, LIMITS, 100);
                    assert_same(&found, &by_the_crate(packing, &file[..cut]));
                    assert!(!found.1 || size < file.len());
                }
            }
        }
    }
}

#[test]
fn nothing_and_what_follows_the_last_member() {
    for packing in [Packing::Gzip, Packing::Zstd] {
        let one =
            pack(packing, &[Bit::Member { text: text(50_000), level: 3, is_adorned: true }], &Damage::None);
        let behind: [&[u8]; 6] = [&[], &[0], &[0; 512], b"x", &[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];
        for file in behind.map(|behind| [&one, behind].concat()).iter().chain([&Vec::new()]) {
            for threads in 1..4 {
                assert_same(&read_ahead(packing, file, threads, LIMITS, 0), &by_the_crate(packing, file));
            }
        }
    }
}

#[test]
fn a_reader_that_is_dropped_ends_its_threads() {
    let text = text(1 << 20);
    for packing in [Packing::Gzip, Packing::Zstd] {
        let bit = Bit::Member { text: text.clone(), level: 1, is_adorned: false };
        let file = pack(packing, &vec![bit; 40], &Damage::None);
        for read in [0, 1, 3 << 20] {
            let (mut reader, _) = open(packing, &file);
            reader.unpack_ahead(NonZeroUsize::new(4).unwrap());
            let mut begun = vec![0; read];
            reader.read_exact(&mut begun).unwrap();
            // Dropping waits for them.
            drop(reader);
        }
    }
}
