//! Whether inputs are finite, asked of many at a time.

use super::Input;

/// Takes note of every input that is not finite, without a jump: it has no zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Finite {
    /// Of what should be zeros, the bits together.
    zeros: u64,
}

impl Finite {
    /// Takes note of an input.
    #[inline(always)]
    pub(crate) fn see<I: Input>(&mut self, input: I) {
        self.zeros |= input.zero().to_bits();
    }

    /// Whether all inputs were finite, and none so large that its fields overflow
    /// together.
    #[inline(always)]
    pub(crate) fn all(self) -> bool {
        // All bits but the sign's.
        self.zeros << 1 == 0
    }
}
