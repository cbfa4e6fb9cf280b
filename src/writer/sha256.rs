//! SHA-256 of files that grow beside each other.
//!
//! Each step of SHA-256 waits for the one before it, so that a processor with instructions of its own for it is idle half of the
//! time. The steps of two files are independent of each other: done in turns, both take little longer than one of them.

use sha2::block_api::compress256;

/// What SHA-256 works on at a time.
const BLOCK: usize = 64;

/// Where SHA-256 begins: the first 32 bits of the fractional parts of the square roots of the first eight primes (FIPS 180-4, 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The SHA-256 of bytes that come piece by piece.
#[derive(Debug)]
pub(super) struct Hash {
    state: [u32; 8],
    /// Bytes that don't fill a block yet: the first `bytes % BLOCK` of these.
    begun: [u8; BLOCK],
    bytes: u64,
}

impl Hash {
    pub(super) fn new() -> Hash {
        Hash { state: START, begun: [0; BLOCK], bytes: 0 }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        let blocks = self.take(bytes);
        compress256(&mut self.state, blocks);
    }

    /// Takes the next bytes of several files, of two at a time.
    pub(super) fn update_each<'h, 'b>(files: impl Iterator<Item = (&'h mut Hash, &'b [u8])>) {
        let mut files = files.map(|(hash, bytes)| {
            let blocks = hash.take(bytes);
            (&mut hash.state, blocks)
        });
        let (mut one, mut other) = (files.next(), files.next());
        while let (Some((state, blocks)), Some((other_state, other_blocks))) = (&mut one, &mut other) {
            let (first, rest) = blocks.split_at(blocks.len().min(other_blocks.len()));
            let (second, other_rest) = other_blocks.split_at(first.len());
            compress_both([state, other_state], [first, second]);
            (*blocks, *other_blocks) = (rest, other_rest);
            if rest.is_empty() {
                one = files.next();
            }
            if other_rest.is_empty() {
                other = files.next();
            }
        }
        for (state, blocks) in [one, other].into_iter().flatten() {
            compress256(state, blocks);
        }
    }

    /// The hash of all that it took.
    pub(super) fn finish(mut self) -> [u8; 32] {
        // The message, a bit that is set, zeros, and the message's length in bits fill the last block (FIPS 180-4, 5.1.1).
        let (bits, begun) = (self.bytes.wrapping_mul(8), self.bytes as usize % BLOCK);
        let zeros = (2 * BLOCK - 1 - 8 - begun) % BLOCK;
        let mut end = [0; 2 * BLOCK];
        end[0] = 0x80;
        end[1 + zeros..][..8].copy_from_slice(&bits.to_be_bytes());
        self.update(&end[..1 + zeros + 8]);
        let mut hash = [0; 32];
        for (bytes, word) in hash.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        hash
    }

    /// Fills the block that is begun, keeps what fills none, and returns the whole blocks in between.
    fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [[u8; BLOCK]] {
        let begun = self.bytes as usize % BLOCK;
        self.bytes += bytes.len() as u64;
        let mut rest = bytes;
        if begun > 0 {
            let (now, later) = rest.split_at(rest.len().min(BLOCK - begun));
            self.begun[begun..][..now.len()].copy_from_slice(now);
            rest = later;
            if begun + now.len() < BLOCK {
                return &[];
            }
            compress256(&mut self.state, &[self.begun]);
        }
        let (blocks, rest) = rest.as_chunks();
        self.begun[..rest.len()].copy_from_slice(rest);
        blocks
    }
}

/// Takes as many blocks of two files.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
fn compress_both(states: [&mut [u32; 8]; 2], blocks: [&[[u8; BLOCK]]; 2]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("ssse3")
    {
        // SAFETY: all that is asked for is that the processor has what the function is made for, and it was asked.
        return unsafe { x86::compress_both(states, blocks) };
    }
    states.into_iter().zip(blocks).for_each(|(state, blocks)| compress256(state, blocks));
}

/// The processor's own instructions.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::BLOCK;
    use core::arch::x86_64::*;

    /// What is added in each round: the first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
    #[rustfmt::skip]
    const K: [[u32; 4]; 16] = [
        [0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5], [0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
        [0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3], [0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
        [0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc], [0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
        [0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7], [0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
        [0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13], [0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
        [0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3], [0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
        [0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5], [0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
        [0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208], [0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
    ];

    #[target_feature(enable = "sha,sse4.1,ssse3")]
    pub(super) fn compress_both(states: [&mut [u32; 8]; 2], blocks: [&[[u8; BLOCK]]; 2]) {
        let [one, other] = states;
        let (mut a, mut b) = (to_registers(one), to_registers(other));
        for (block_a, block_b) in blocks[0].iter().zip(blocks[1]) {
            let (before_a, before_b) = (a, b);
            let (mut words_a, mut words_b) = (words(block_a), words(block_b));
            for k in &K {
                let k = four(k);
                a = rounds(a, _mm_add_epi32(words_a.0, k));
                b = rounds(b, _mm_add_epi32(words_b.0, k));
                words_a = shift(words_a);
                words_b = shift(words_b);
            }
            a = (_mm_add_epi32(a.0, before_a.0), _mm_add_epi32(a.1, before_a.1));
            b = (_mm_add_epi32(b.0, before_b.0), _mm_add_epi32(b.1, before_b.1));
        }
        *one = from_registers(a);
        *other = from_registers(b);
    }

    /// The state in the order in which the instructions take it.
    type State = (__m128i, __m128i);

    /// Sixteen words in a row of a block's schedule.
    type Words = (__m128i, __m128i, __m128i, __m128i);

    /// Four rounds.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn rounds((abef, cdgh): State, words: __m128i) -> State {
        let now = _mm_sha256rnds2_epu32(cdgh, abef, words);
        (_mm_sha256rnds2_epu32(abef, now, _mm_shuffle_epi32(words, 0x0e)), now)
    }

    /// The same four words later.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn shift((first, second, third, last): Words) -> Words {
        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(first, second), _mm_alignr_epi8(last, third, 4));
        (second, third, last, _mm_sha256msg2_epu32(sum, last))
    }

    /// Four words, the first of them lowest.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn four(words: &[u32; 4]) -> __m128i {
        _mm_set_epi32(words[3] as i32, words[2] as i32, words[1] as i32, words[0] as i32)
    }

    /// A block's words, whose bytes come with the highest first.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn words(block: &[u8; BLOCK]) -> Words {
        let (quarters, _) = block.as_chunks();
        (turned(&quarters[0]), turned(&quarters[1]), turned(&quarters[2]), turned(&quarters[3]))
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn turned(bytes: &[u8; 16]) -> __m128i {
        let number = u128::from_le_bytes(*bytes);
        let words = _mm_set_epi64x((number >> 64) as i64, number as i64);
        _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203))
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn to_registers(state: &[u32; 8]) -> State {
        let [a, b, c, d, e, f, g, h] = state;
        (four(&[*f, *e, *b, *a]), four(&[*h, *g, *d, *c]))
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn from_registers((abef, cdgh): State) -> [u32; 8] {
        let (a, b) = (_mm_extract_epi32(abef, 3), _mm_extract_epi32(abef, 2));
        let (e, f) = (_mm_extract_epi32(abef, 1), _mm_extract_epi32(abef, 0));
        let (c, d) = (_mm_extract_epi32(cdgh, 3), _mm_extract_epi32(cdgh, 2));
        let (g, h) = (_mm_extract_epi32(cdgh, 1), _mm_extract_epi32(cdgh, 0));
        [a as u32, b as u32, c as u32, d as u32, e as u32, f as u32, g as u32, h as u32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    /// What each of some files gets, in some turns.
    fn turns() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
        let piece = || prop_oneof![Just(Vec::new()), proptest::collection::vec(any::<u8>(), 0..400)];
        (0..6usize).prop_flat_map(move |files| {
            proptest::collection::vec(proptest::collection::vec(piece(), files), 0..6)
        })
    }

    proptest! {
        #[test]
        fn files_beside_each_other_have_the_hashes_that_each_has_alone(turns in turns()) {
            let files = turns.first().map_or(0, Vec::len);
            let mut hashes: Vec<_> = (0..files).map(|_| Hash::new()).collect();
            for texts in &turns {
                Hash::update_each(hashes.iter_mut().zip(texts.iter().map(|text| &text[..])));
            }
            for (file, hash) in hashes.into_iter().enumerate() {
                let whole: Vec<u8> = turns.iter().flat_map(|texts| texts[file].iter().copied()).collect();
                prop_assert_eq!(hash.finish(), <[u8; 32]>::from(Sha256::digest(&whole)));
            }
        }
    }

    #[test]
    fn a_file_of_any_length_ends_as_the_standard_says() {
        for length in 0..=3 * BLOCK {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut hash = Hash::new();
            hash.update(&bytes);
            assert_eq!(hash.finish(), <[u8; 32]>::from(Sha256::digest(&bytes)), "{length}");
        }
    }
}
