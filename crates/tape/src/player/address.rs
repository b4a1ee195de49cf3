//! Where the bytes of an exchange are.

use super::packed::number;

/// Size of a piece of memory, in bytes. An exchange that is larger gets one of its own.
pub(super) const BLOCK: usize = 256 * 1024;
/// Each exchange begins at a multiple of it.
pub(super) const UNIT: usize = 16;

/// A block, and where in it an exchange begins: in one number, as an index has an address in each of its entries. One
/// number is enough for 64 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address(u32);

impl Address {
    /// `start` is a multiple of [`UNIT`] below [`BLOCK`].
    pub(super) fn new(block: usize, start: usize) -> Address {
        debug_assert!(start < BLOCK && start.is_multiple_of(UNIT), "{start}");
        Address(number((block * BLOCK + start) / UNIT))
    }

    pub(super) fn block(self) -> usize {
        self.0 as usize / (BLOCK / UNIT)
    }

    pub(super) fn start(self) -> usize {
        self.0 as usize % (BLOCK / UNIT) * UNIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_come_back() {
        for (block, start) in [(0, 0), (0, BLOCK - UNIT), (1, 0), (262_143, BLOCK - UNIT)] {
            let address = Address::new(block, start);
            assert_eq!((address.block(), address.start()), (block, start));
        }
    }
}
