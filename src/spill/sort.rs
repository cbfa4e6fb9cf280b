//! Sorting many values.

use super::Storable;

/// Values are told apart by so many bits of their ranks at a time, at most: the places where each goes on are then still near.
const MOST_BITS: u32 = 12;

/// With more steps than this it is no faster than comparing.
const MOST_STEPS: u32 = 3;

/// Fewer values are compared.
const FEWEST: usize = 256;

/// Sorts values: by their ranks, as far as these tell them apart, without comparing; then those of each rank. `spare` is what it
/// needs beside them, to be used again.
pub(super) fn sort<T: Storable + Ord>(values: &mut Vec<T>, spare: &mut Vec<T>) {
    if values.is_sorted() {
        return;
    }
    // Facts often come client by client, and only those of each are in another order.
    if !values.is_sorted_by_key(T::rank) && !has_sorted_by_rank(values, spare) {
        values.sort_unstable();
        return;
    }
    for of_rank in values.chunk_by_mut(|one, other| one.rank() == other.rank()) {
        of_rank.sort_unstable();
    }
}

/// Sorts values by their ranks, without comparing them, if that is worth it; returns whether it was.
fn has_sorted_by_rank<T: Storable>(values: &mut Vec<T>, spare: &mut Vec<T>) -> bool {
    let (least, most) =
        values.iter().map(T::rank).fold((u64::MAX, 0), |(a, b), rank| (a.min(rank), b.max(rank)));
    let bits = u64::BITS - (most - least).leading_zeros();
    let steps = bits.div_ceil(MOST_BITS);
    if values.len() < FEWEST || steps > MOST_STEPS {
        return false;
    }
    let bits = bits.div_ceil(steps);
    for step in 0..steps {
        let digit = |value: &T| ((value.rank() - least) >> (step * bits)) as usize & ((1 << bits) - 1);
        place_by(values, spare, 1 << bits, digit);
        std::mem::swap(values, spare);
    }
    true
}

/// Puts into `sorted` the values in the order of a number below `numbers`; those of the same number stay in their order. Returns
/// where those of each number end.
pub(crate) fn place_by<T: Copy>(
    values: &[T],
    sorted: &mut Vec<T>,
    numbers: usize,
    number: impl Fn(&T) -> usize,
) -> Vec<usize> {
    let mut places = vec![0; numbers];
    let Some(filler) = values.first() else {
        sorted.clear();
        return places;
    };
    sorted.truncate(values.len());
    sorted.reserve_exact(values.len() - sorted.len());
    sorted.resize(values.len(), *filler);
    values.iter().for_each(|value| places[number(value)] += 1);
    let mut begun = 0;
    for place in &mut places {
        begun += std::mem::replace(place, begun);
    }
    for value in values {
        let place = &mut places[number(value)];
        sorted[*place] = *value;
        *place += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn sorts(
            least: u64, spread in 0u32..64, seeds in proptest::collection::vec(proptest::num::u64::ANY, 0..900),
        ) {
            let mut spare = Vec::new();
            let mut values: Vec<(u64, u64)> =
                seeds.iter().map(|seed| (least.saturating_add(seed >> spread), *seed)).collect();
            let mut expect = values.clone();
            expect.sort_unstable();
            let mut by_rank = values.clone();
            sort(&mut values, &mut spare);
            proptest::prop_assert_eq!(&values, &expect);
            by_rank.sort_by_key(Storable::rank);
            sort(&mut by_rank, &mut spare);
            proptest::prop_assert_eq!(&by_rank, &expect);
        }
    }
}
