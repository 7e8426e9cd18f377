//! Chance that can be repeated: the same seed gives the same numbers, whoever asks and when.

/// The number at a place of the sequence that belongs to a seed. No two places of one sequence have the same number, so
/// ids made of them are unique. Source: the finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) fn number_at(seed: u64, place: u64) -> u64 {
    let mut number = seed.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Brings a list into an order that depends on nothing but the seed and its length.
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    for (place, last) in (0_u64..).zip((1..items.len()).rev()) {
        let choices = u64::try_from(last + 1).unwrap_or(u64::MAX);
        // Smaller than the length of a list, which is a `usize`.
        let chosen = usize::try_from(number_at(seed, place) % choices).unwrap_or(last);
        items.swap(last, chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same() {
        assert_eq!(number_at(7, 3), number_at(7, 3));
        assert_ne!(number_at(7, 3), number_at(7, 4));
        assert_ne!(number_at(7, 3), number_at(8, 3));
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_can_be_repeated() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<u32>>());
    }
}
