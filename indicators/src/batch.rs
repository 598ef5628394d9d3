//! The loop of a batch past warm-up: piece by piece, so that a piece can be looked
//! through for numbers that are not finite, and parts of it be computed together.
//!
//! Each loop is compiled for what the processor has: fused multiplication and
//! addition cost a call where the compiler may not take it for granted. The bits
//! are the same. And each is a function of its own, which moves kernel and state
//! out of memory: what a loop carries from bar to bar then stays in registers.

use crate::clock::{Clock, PIECE, Prepared, RUNNING, Ready, Running};
use crate::io::{Input, Output};
use crate::kernel::Kernel;
use pulp::{Arch, NullaryFnOnce};
use std::ops::Range;

/// A kernel at work on a batch; it is there but for the time of a loop.
pub(crate) struct Work<'a, K: Kernel> {
    pub(crate) kernel: &'a mut Option<K>,
    pub(crate) state: &'a mut K::State,
}

/// Some rows past warm-up.
struct Piece<'i, 'o, K: Kernel> {
    columns: <K::Input as Input>::Columns<'i>,
    filled: <K::Output as Output>::Columns<'o>,
    rows: usize,
}

impl<K: Kernel> Work<'_, K> {
    /// The rows past warm-up, piece by piece.
    pub(crate) fn compute(
        &mut self,
        columns: <K::Input as Input>::Columns<'_>,
        mut filled: <K::Output as Output>::Columns<'_>,
        Range { mut start, end }: Range<usize>,
    ) {
        let Some(kernel) = self.kernel else { return };
        let simple = kernel.is_simple();
        let mut ready = K::HAS_COLUMNS.then(Ready::new);
        // Without windows, the state is all that a piece changes: looking at its
        // numbers while they are computed then costs less than looking first.
        let mut only_state = size_of::<K::State>() > 0;
        kernel.windows(&mut |_| only_state = false);
        while start < end {
            let rows = PIECE.min(end - start);
            let columns = K::Input::rows(columns, start..start + rows);
            let filled = K::Output::rows(&mut filled, start..start + rows);
            start += rows;
            let (Some(columns), Some(filled)) = (columns, filled) else { return };
            let mut piece = Piece { columns, filled, rows };
            if only_state {
                let before = *self.state;
                if !self.steps(&mut piece, simple) {
                    *self.state = before;
                    self.finite_steps(&mut piece);
                }
            } else if !Arch::new().dispatch(Look::<K> { columns }) {
                self.finite_steps(&mut piece);
            } else if let Some(ready) = &mut ready
                && Arch::new().dispatch(Prepare { work: self, columns, ready })
            {
                self.prepared_steps(&mut piece, ready, simple);
            } else {
                self.steps(&mut piece, simple);
            }
        }
    }

    /// Every row; whether all of them were finite.
    fn steps(&mut self, piece: &mut Piece<'_, '_, K>, simple: bool) -> bool {
        match simple {
            true => self.each::<_, true>(piece, |_| Running { simple: true }),
            false => self.each::<_, true>(piece, |_| RUNNING),
        }
    }

    /// Every row, with the columns that are ready.
    fn prepared_steps(&mut self, piece: &mut Piece<'_, '_, K>, ready: &Ready, simple: bool) {
        match simple {
            true => self.each::<_, true>(piece, |row| Prepared { ready, row, simple: true }),
            false => self.each::<_, true>(piece, |row| Prepared { ready, row, simple: false }),
        };
    }

    /// The rows that are finite.
    fn finite_steps(&mut self, piece: &mut Piece<'_, '_, K>) {
        self.each::<_, false>(piece, |_| RUNNING);
    }

    fn each<C: Clock, const ALL: bool>(
        &mut self,
        piece: &mut Piece<'_, '_, K>,
        clock: impl Fn(usize) -> C,
    ) -> bool {
        Arch::new().dispatch(Steps::<_, _, ALL> { work: self, piece, clock })
    }
}

/// Steps and stores for each row, or, unless `ALL`, for each that is finite.
struct Steps<'a, 'w, 'i, 'o, K: Kernel, F, const ALL: bool> {
    work: &'a mut Work<'w, K>,
    piece: &'a mut Piece<'i, 'o, K>,
    clock: F,
}

impl<K: Kernel, C: Clock, F: Fn(usize) -> C, const ALL: bool> NullaryFnOnce
    for Steps<'_, '_, '_, '_, K, F, ALL>
{
    type Output = bool;

    /// Whether all rows were finite.
    #[inline(always)]
    fn call(self) -> bool {
        let Self { work, piece, clock } = self;
        let Piece { columns, filled, rows } = piece;
        // Said again here, where the compiler can use it.
        let rows = PIECE.min(*rows);
        let columns = K::Input::rows(*columns, 0..rows);
        let filled = K::Output::rows(filled, 0..rows);
        let (Some(columns), Some(mut filled)) = (columns, filled) else { return true };
        let Some(mut kernel) = work.kernel.take() else { return true };
        // Known when this is compiled.
        let in_registers = size_of::<K::State>() <= IN_REGISTERS || clock(0).is_simple();
        let mut copy = *work.state;
        let state = if in_registers { &mut copy } else { &mut *work.state };
        let mut zeros = 0;
        for row in 0..rows {
            let Some(input) = K::Input::row(columns, row) else { break };
            if !ALL && !input.is_finite() {
                K::Output::write(None, &mut filled, row);
                continue;
            }
            zeros |= input.zero().to_bits();
            let output = kernel.step(clock(row), state, input);
            kernel.store(clock(row), state, input);
            K::Output::write(Some(output), &mut filled, row);
        }
        *work.kernel = Some(kernel);
        if in_registers {
            *work.state = copy;
        }
        // All bits but the sign's.
        zeros << 1 == 0
    }
}

/// A state up to this size, in bytes, is copied for a loop, so that it can stay in
/// registers; a larger one only pays for the copy, unless little of it is used.
const IN_REGISTERS: usize = 128;

/// Whether all rows are finite.
struct Look<'i, K: Kernel> {
    columns: <K::Input as Input>::Columns<'i>,
}

impl<K: Kernel> NullaryFnOnce for Look<'_, K> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        K::Input::are_finite(self.columns)
    }
}

/// Makes columns ready, if the kernel does.
struct Prepare<'a, 'w, 'i, K: Kernel> {
    work: &'a mut Work<'w, K>,
    columns: <K::Input as Input>::Columns<'i>,
    ready: &'a mut Ready,
}

impl<K: Kernel> NullaryFnOnce for Prepare<'_, '_, '_, K> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Self { work, columns, ready } = self;
        let Some(kernel) = work.kernel else { return false };
        kernel.columns(work.state, columns, ready)
    }
}
