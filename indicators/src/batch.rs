//! A batch: updates until it is warm, and then loops, piece by piece, so that a piece
//! can be looked through for numbers that are not finite, and parts of it be computed
//! together.
//!
//! Each loop is compiled for AVX2 and fused multiplication and addition, where the
//! compiler may not take them for granted; a processor that lacks them makes updates
//! instead. The bits are the same. And each is a function of its own, which moves
//! kernel and state out of memory: what a loop carries from bar to bar then stays in
//! registers.

use crate::clock::{Clock, Prepared, RUNNING, Ready, Running};
use crate::io::{Finite, Input, Output};
use crate::kernel::{Kernel, Machine};
use pulp::NullaryFnOnce;

impl<K: Kernel> Machine<K> {
    /// All rows, piece by piece.
    #[inline(never)]
    pub(crate) fn pieces(
        &mut self,
        columns: <K::Input as Input>::Columns<'_>,
        mut filled: <K::Output as Output>::Columns<'_>,
        all: usize,
    ) {
        let simple = K::HAS_AVERAGES && self.kernel.as_ref().is_some_and(K::is_simple);
        // What no kernel asks for is not compiled for it either.
        let mut ready = if K::HAS_COLUMNS || K::FILLS { Some(Ready::new()) } else { None };
        // Without windows, the state is all that a piece changes: looking at its
        // numbers while they are computed then costs less than looking first.
        let mut only_state = true;
        self.kernel.iter_mut().for_each(|kernel| kernel.windows(&mut |_| only_state = false));
        let mut start = 0;
        while start < all {
            let to_warm_up = self.to_warm_up();
            let most = if to_warm_up > 0 { to_warm_up } else { K::PIECE };
            let rows = most.min(all - start);
            let columns = K::Input::rows(columns, start..start + rows);
            let filled = K::Output::rows(&mut filled, start..start + rows);
            start += rows;
            let (Some(columns), Some(filled)) = (columns, filled) else { return };
            let mut piece = Piece { columns, filled, rows };
            if to_warm_up > 0 {
                self.one_by_one(&mut piece);
            } else if self.fills(&mut piece, &mut ready) {
                // All of it is done.
            } else if only_state {
                let before = self.state;
                if self.steps(&mut piece, simple) != Some(true) {
                    self.state = before;
                    self.one_by_one(&mut piece);
                }
            } else if wide(Look::<K::Input> { columns }) != Some(true) {
                self.one_by_one(&mut piece);
            } else if !self.prepares(&mut piece, &mut ready, simple) {
                self.steps(&mut piece, simple);
            }
        }
    }

    /// Rows of any kind: in warm-up, or not all finite.
    #[inline(never)]
    fn one_by_one(&mut self, piece: &mut Piece<'_, '_, K>) {
        for row in 0..piece.rows {
            let output = K::Input::row(piece.columns, row).and_then(|input| self.take(input));
            K::Output::write(output, &mut piece.filled, row);
        }
    }

    /// Every row at one go, if the kernel does that and all of them are finite.
    fn fills(&mut self, piece: &mut Piece<'_, '_, K>, ready: &mut Option<Ready>) -> bool {
        if K::FILLS {
            let Some(room) = ready else { return false };
            return wide(Fill { machine: self, piece, room }) == Some(true);
        }
        false
    }

    /// Every row, with what the kernel has made ready of them, if it has.
    fn prepares(
        &mut self,
        piece: &mut Piece<'_, '_, K>,
        ready: &mut Option<Ready>,
        simple: bool,
    ) -> bool {
        if K::HAS_COLUMNS {
            let (Some(ready), columns) = (ready, piece.columns) else { return false };
            if wide(Prepare { machine: self, columns, ready }) == Some(true) {
                self.prepared_steps(piece, ready, simple);
                return true;
            }
        }
        false
    }

    /// Every row; whether all of them were finite.
    fn steps(&mut self, piece: &mut Piece<'_, '_, K>, simple: bool) -> Option<bool> {
        if K::HAS_AVERAGES && simple {
            return self.each(piece, |_| Running { simple: true });
        }
        self.each(piece, |_| RUNNING)
    }

    /// Every row, with the columns that are ready.
    fn prepared_steps(&mut self, piece: &mut Piece<'_, '_, K>, ready: &Ready, simple: bool) {
        if K::HAS_AVERAGES && simple {
            self.each(piece, |row| Prepared { ready, row, simple: true });
        } else {
            self.each(piece, |row| Prepared { ready, row, simple: false });
        }
    }

    fn each<C: Clock>(
        &mut self,
        piece: &mut Piece<'_, '_, K>,
        clock: impl Fn(usize) -> C,
    ) -> Option<bool> {
        wide(Steps { machine: self, piece, clock })
    }
}

/// What `work` gives, compiled for AVX2; `None`, and nothing done, without it.
#[cfg(target_arch = "x86_64")]
fn wide<W: NullaryFnOnce>(work: W) -> Option<W::Output> {
    Some(pulp::Simd::vectorize(pulp::x86::V3::try_new()?, work))
}

/// What `work` gives.
#[cfg(not(target_arch = "x86_64"))]
fn wide<W: NullaryFnOnce>(work: W) -> Option<W::Output> {
    Some(work.call())
}

/// Some rows past warm-up.
struct Piece<'i, 'o, K: Kernel> {
    columns: <K::Input as Input>::Columns<'i>,
    filled: <K::Output as Output>::Columns<'o>,
    rows: usize,
}

/// Steps and stores for each row.
struct Steps<'a, 'i, 'o, K: Kernel, F> {
    machine: &'a mut Machine<K>,
    piece: &'a mut Piece<'i, 'o, K>,
    clock: F,
}

impl<K: Kernel, C: Clock, F: Fn(usize) -> C> NullaryFnOnce for Steps<'_, '_, '_, K, F> {
    type Output = bool;

    /// Whether all rows were finite.
    #[inline(always)]
    fn call(self) -> bool {
        let Self { machine, piece, clock } = self;
        let Piece { columns, filled, rows } = piece;
        // Said again here, where the compiler can use it.
        let rows = K::PIECE.min(*rows);
        let columns = K::Input::rows(*columns, 0..rows);
        let filled = K::Output::rows(filled, 0..rows);
        let (Some(columns), Some(mut filled)) = (columns, filled) else { return true };
        let Some(mut kernel) = machine.kernel.take() else { return true };
        // Known when this is compiled.
        let in_registers = size_of::<K::State>() <= IN_REGISTERS || clock(0).is_simple();
        let mut copy = machine.state;
        let state = if in_registers { &mut copy } else { &mut machine.state };
        let mut finite = Finite::default();
        for row in 0..rows {
            let Some(input) = K::Input::row(columns, row) else { break };
            finite.see(input);
            let output = kernel.step(clock(row), state, input);
            kernel.store(clock(row), state, input);
            K::Output::write(Some(output), &mut filled, row);
        }
        machine.kernel = Some(kernel);
        if in_registers {
            machine.state = copy;
        }
        finite.all()
    }
}

/// A state up to this size, in bytes, is copied for a loop, so that it can stay in
/// registers; a larger one only pays for the copy, unless little of it is used.
const IN_REGISTERS: usize = 128;

/// Whether all rows are finite.
struct Look<'i, I: Input> {
    columns: I::Columns<'i>,
}

impl<I: Input> NullaryFnOnce for Look<'_, I> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        I::are_finite(self.columns)
    }
}

/// Makes columns ready, if the kernel does.
struct Prepare<'a, 'i, K: Kernel> {
    machine: &'a mut Machine<K>,
    columns: <K::Input as Input>::Columns<'i>,
    ready: &'a mut Ready,
}

impl<K: Kernel> NullaryFnOnce for Prepare<'_, '_, K> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let Machine { kernel, state, .. } = self.machine;
        kernel.as_mut().is_some_and(|kernel| kernel.columns(state, self.columns, self.ready))
    }
}

/// Fills the rows, if the kernel does.
struct Fill<'a, 'i, 'o, K: Kernel> {
    machine: &'a mut Machine<K>,
    piece: &'a mut Piece<'i, 'o, K>,
    room: &'a mut Ready,
}

impl<K: Kernel> NullaryFnOnce for Fill<'_, '_, '_, K> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let (Machine { kernel, state, .. }, Piece { columns, filled, .. }) =
            (self.machine, self.piece);
        kernel.as_mut().is_some_and(|kernel| kernel.fill(state, *columns, filled, self.room))
    }
}
