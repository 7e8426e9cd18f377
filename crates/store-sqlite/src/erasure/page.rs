//! A page of the database file, and its parts that mean nothing (SQLite, "Database File Format", 1.6 "B-tree Pages").
//!
//! A b-tree page has a header, pointers to its cells, a gap, and the cells; cells that were deleted are a chain of free
//! blocks among them. SQLite overwrites a cell that it deletes; but where it has moved cells to a neighbouring page, their
//! copies stay in the gap until something else takes the place.

use std::ops::Range;

/// The four kinds of b-tree page.
const KINDS: [u8; 4] = [2, 5, 10, 13];
/// The file's own header, at the beginning of the first page.
const FILE_HEADER: usize = 100;
/// What a free block says of itself.
const BLOCK_HEADER: usize = 4;

/// How the database lays out its pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The bytes of a page that are used.
    pub(super) usable: usize,
    /// Whether there are pages that tell where others are referred from.
    pub(super) has_pointer_maps: bool,
}

impl Layout {
    /// From the first page.
    pub(super) fn of(first_page: &[u8]) -> Option<Self> {
        let size = usize::from(two_bytes(first_page, 16)?);
        let size = if size == 1 { 65_536 } else { size };
        let usable = size.checked_sub(usize::from(*first_page.get(20)?))?;
        let largest_root = first_page.get(52..56)?;
        Some(Self { usable, has_pointer_maps: largest_root.iter().any(|byte| *byte != 0) })
    }

    /// Whether the page with this number is one of those.
    fn is_pointer_map(self, number: u64) -> bool {
        let mapped = self.usable as u64 / 5 + 1;
        self.has_pointer_maps && number >= 2 && (number - 2).is_multiple_of(mapped)
    }

    /// The same page with nothing but zeros in its parts that mean nothing; `None` if it has nothing else there already, or
    /// is no b-tree page.
    pub(super) fn cleaned(self, number: u64, page: &[u8]) -> Option<Vec<u8>> {
        if self.is_pointer_map(number) {
            return None;
        }
        let unused = unused(page.get(..self.usable)?, if number == 1 { FILE_HEADER } else { 0 })?;
        let is_clean = |range: &Range<usize>| page[range.clone()].iter().all(|byte| *byte == 0);
        if unused.iter().all(is_clean) {
            return None;
        }
        let mut cleaned = page.to_vec();
        for range in unused {
            cleaned[range].fill(0);
        }
        Some(cleaned)
    }
}

/// The parts of a b-tree page that mean nothing. Anything that is not as a b-tree page must be makes it none.
fn unused(page: &[u8], header: usize) -> Option<Vec<Range<usize>>> {
    let kind = *page.get(header)?;
    if !KINDS.contains(&kind) {
        return None;
    }
    let is_interior = kind < 8;
    let pointers = header + if is_interior { 12 } else { 8 };
    let cells = usize::from(two_bytes(page, header + 3)?);
    let content = match two_bytes(page, header + 5)? {
        0 => 65_536,
        offset => usize::from(offset),
    };
    let gap = pointers + 2 * cells;
    if gap > content || content > page.len() || *page.get(header + 7)? > 60 {
        return None;
    }
    for cell in 0..cells {
        let offset = usize::from(two_bytes(page, pointers + 2 * cell)?);
        if offset < content || offset + BLOCK_HEADER > page.len() {
            return None;
        }
    }
    let mut unused: Vec<_> = std::iter::once(gap..content).collect();
    let mut block = usize::from(two_bytes(page, header + 1)?);
    let mut end = content;
    while block != 0 {
        let length = usize::from(two_bytes(page, block + 2)?);
        // Blocks are in order and do not meet.
        if block < end || length < BLOCK_HEADER || block + length > page.len() {
            return None;
        }
        unused.push(block + BLOCK_HEADER..block + length);
        end = block + length;
        block = usize::from(two_bytes(page, block)?);
    }
    Some(unused)
}

fn two_bytes(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LAYOUT: Layout = Layout { usable: 64, has_pointer_maps: false };

    /// A leaf with one cell at the end, a free block before it, and rubbish in both.
    fn leaf() -> Vec<u8> {
        let mut page = vec![7; 64];
        page[..10].copy_from_slice(&[13, 0, 40, 0, 1, 0, 40, 0, 0, 56]);
        page[40..44].copy_from_slice(&[0, 0, 0, 10]);
        page
    }

    #[test]
    fn what_means_nothing_is_zero_and_the_rest_as_it_was() {
        let page = leaf();
        let cleaned = LAYOUT.cleaned(3, &page).unwrap();
        assert!(cleaned[10..40].iter().all(|byte| *byte == 0));
        assert!(cleaned[44..50].iter().all(|byte| *byte == 0));
        for same in [0..10, 40..44, 50..64] {
            assert_eq!(cleaned[same.clone()], page[same]);
        }
        assert_eq!(LAYOUT.cleaned(3, &cleaned), None, "there is nothing left to do");
    }

    #[test]
    fn other_pages_are_left_alone() {
        let mut overflow = leaf();
        overflow[..4].copy_from_slice(&[0, 0, 0, 9]);
        assert_eq!(LAYOUT.cleaned(3, &overflow), None);
        let with_maps = Layout { has_pointer_maps: true, ..LAYOUT };
        assert_eq!(with_maps.cleaned(2, &leaf()), None);
        assert_eq!(with_maps.cleaned(2 + 64 / 5 + 1, &leaf()), None);
        assert!(with_maps.cleaned(3, &leaf()).is_some());
        for (at, byte) in [(2, 3), (3, 9), (5, 1), (7, 61), (9, 39), (9, 62), (43, 60)] {
            let mut broken = leaf();
            broken[at] = byte;
            assert_eq!(LAYOUT.cleaned(3, &broken), None, "{at}: {byte}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_page_or_none(page in prop::collection::vec(any::<u8>(), 0..80), number in 1_u64..99) {
            let _ = LAYOUT.cleaned(number, &page);
            let _ = Layout::of(&page);
        }
    }
}
