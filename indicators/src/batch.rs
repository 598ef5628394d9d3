//! The loop of a batch past warm-up: piece by piece, so that a piece can be looked
//! through for numbers that are not finite, and parts of it be computed together.

use crate::clock::{Clock, PIECE, Prepared, RUNNING, Ready, Running};
use crate::io::{Input, Output};
use crate::kernel::Kernel;
use std::ops::Range;

/// The rows past warm-up.
pub(crate) struct Rest<'i, 'o, K: Kernel> {
    pub(crate) columns: <K::Input as Input>::Columns<'i>,
    pub(crate) filled: <K::Output as Output>::Columns<'o>,
    pub(crate) rows: Range<usize>,
}

impl<K: Kernel> Rest<'_, '_, K> {
    /// Piece by piece; `simple` is what the kernel says of itself, and known
    /// wherever this is compiled.
    #[inline(always)]
    pub(crate) fn compute(mut self, kernel: &mut K, state: &mut K::State, simple: bool) {
        let mut ready = K::HAS_COLUMNS.then(Ready::new);
        // Without windows, the state is all that a piece changes: looking at its
        // numbers while they are computed then costs less than looking first.
        let mut only_state = size_of::<K::State>() > 0;
        kernel.windows(&mut |_| only_state = false);
        let Range { mut start, end } = self.rows;
        while start < end {
            let rows = PIECE.min(end - start);
            let columns = K::Input::rows(self.columns, start..start + rows);
            let filled = K::Output::rows(&mut self.filled, start..start + rows);
            start += rows;
            let (Some(columns), Some(filled)) = (columns, filled) else { return };
            let mut piece = Piece { columns, filled, rows };
            if only_state {
                let before = *state;
                if !piece.compute(kernel, state, |_| Running { simple }) {
                    *state = before;
                    piece.compute_finite(kernel, state);
                }
            } else if !K::Input::are_finite(columns) {
                piece.compute_finite(kernel, state);
            } else if let Some(ready) = &mut ready
                && kernel.columns(state, columns, ready)
            {
                piece.compute(kernel, state, |row| Prepared { ready, row, simple });
            } else {
                piece.compute(kernel, state, |_| Running { simple });
            }
        }
    }
}

/// Some rows past warm-up.
struct Piece<'i, 'o, K: Kernel> {
    columns: <K::Input as Input>::Columns<'i>,
    filled: <K::Output as Output>::Columns<'o>,
    rows: usize,
}

impl<K: Kernel> Piece<'_, '_, K> {
    /// Every row; whether all of them were finite.
    #[inline(always)]
    fn compute<C: Clock>(
        &mut self,
        kernel: &mut K,
        state: &mut K::State,
        clock: impl Fn(usize) -> C,
    ) -> bool {
        let mut zeros = 0;
        for row in 0..self.rows {
            let Some(input) = K::Input::row(self.columns, row) else { break };
            zeros |= input.zero().to_bits();
            let output = take(kernel, clock(row), state, input);
            K::Output::write(Some(output), &mut self.filled, row);
        }
        // All bits but the sign's.
        zeros << 1 == 0
    }

    /// The rows that are finite.
    #[inline(always)]
    fn compute_finite(&mut self, kernel: &mut K, state: &mut K::State) {
        for row in 0..self.rows {
            let input = K::Input::row(self.columns, row).filter(|input| input.is_finite());
            let output = input.map(|input| take(kernel, RUNNING, state, input));
            K::Output::write(output, &mut self.filled, row);
        }
    }
}

/// A step and a store.
#[inline(always)]
fn take<K: Kernel, C: Clock>(
    kernel: &mut K,
    clock: C,
    state: &mut K::State,
    input: K::Input,
) -> K::Output {
    let output = kernel.step(clock, state, input);
    kernel.store(clock, state, input);
    output
}
