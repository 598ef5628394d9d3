//! Where in the series a step is, and what has been made ready for it: in
//! warm-up, past it, or in a batch whose columns were partly computed at one go.

use crate::window::SCRATCH;

/// The rows of a batch that are taken together, where a kernel does not say otherwise:
/// looked through as a whole for numbers that are not finite, so that computing need not
/// ask, and with room to work in.
pub(crate) const PIECE: usize = 1024;

/// Where in the series a step is. What a clock does not say is known when its
/// step is compiled, and the compiler removes what only others need.
pub trait Clock: Copy {
    /// Whether a step by this clock is rare, and better a call than part of a loop.
    const RARE: bool = false;

    /// How many bars came before this one; beyond every lookback once past warm-up.
    fn bar(self) -> usize;

    /// The clock of a part that begins `start` bars later; `None` before that.
    fn since(self, start: usize) -> Option<Self>;

    /// This bar's value in a column that the kernel has made ready, and whose
    /// windows have then been taken care of.
    #[inline(always)]
    fn ready(self, column: usize) -> Option<f64> {
        let _ = column;
        None
    }

    /// Whether the kernel has made anything ready.
    #[inline(always)]
    fn is_prepared(self) -> bool {
        false
    }

    /// Whether every average that could be of any kind is a simple one.
    #[inline(always)]
    fn is_simple(self) -> bool {
        false
    }
}

/// In warm-up, with the number of bars before.
#[derive(Clone, Copy)]
pub(crate) struct WarmUp(pub(crate) usize);

impl Clock for WarmUp {
    const RARE: bool = true;

    #[inline(always)]
    fn bar(self) -> usize {
        self.0
    }

    #[inline(always)]
    fn since(self, start: usize) -> Option<Self> {
        self.0.checked_sub(start).map(WarmUp)
    }
}

/// Past warm-up.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) simple: bool,
}

/// The clock of single updates: it says nothing of averages, whose kinds are asked
/// for then.
pub(crate) const RUNNING: Running = Running { simple: false };

impl Clock for Running {
    #[inline(always)]
    fn bar(self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn since(self, _: usize) -> Option<Self> {
        Some(self)
    }

    #[inline(always)]
    fn is_simple(self) -> bool {
        self.simple
    }
}

/// Columns that a kernel makes ready for a piece of a batch, and room to work in.
#[derive(Debug)]
pub struct Ready {
    /// The columns; what they hold is between the kernel and its parts.
    pub columns: [[f64; PIECE]; 3],
    /// Room for values before those of a piece, and those.
    pub scratch: [[f64; SCRATCH]; 2],
}

impl Ready {
    pub(crate) fn new() -> Self {
        Self { columns: [[0.0; PIECE]; 3], scratch: [[0.0; SCRATCH]; 2] }
    }
}

/// Past warm-up, at a row for which columns are ready.
#[derive(Clone, Copy)]
pub(crate) struct Prepared<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) row: usize,
    pub(crate) simple: bool,
}

impl Clock for Prepared<'_> {
    #[inline(always)]
    fn bar(self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn since(self, _: usize) -> Option<Self> {
        Some(self)
    }

    #[inline(always)]
    fn is_prepared(self) -> bool {
        true
    }

    #[inline(always)]
    fn ready(self, column: usize) -> Option<f64> {
        self.ready.columns.get(column)?.get(self.row).copied()
    }

    #[inline(always)]
    fn is_simple(self) -> bool {
        self.simple
    }
}
