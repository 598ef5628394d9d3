//! A part of a kernel that begins some bars after the whole: an average of what
//! another part gives, say. It sees no bar before its own first one, neither to
//! step nor to store.

use crate::io::Input;
use crate::kernel::{Clock, Kernel, Ready};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// A kernel that begins `start` bars late.
#[derive(Clone, Debug)]
pub(crate) struct Late<K> {
    start: usize,
    kernel: K,
}

/// The part's state, and whether it has begun.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LateState<S> {
    begun: bool,
    state: S,
}

impl<K: Kernel> Late<K> {
    /// `kernel`, from the bar `start` of the whole on.
    pub(crate) fn new(start: usize, kernel: K) -> Self {
        Self { start, kernel }
    }

    /// How many bars of the whole pass before the part's first value.
    pub(crate) fn lookback(&self) -> usize {
        self.start + self.kernel.lookback()
    }

    /// See [`Kernel::step`]; `None` before the part begins.
    #[inline(always)]
    pub(crate) fn step<C: Clock>(
        &self,
        clock: C,
        state: &mut LateState<K::State>,
        input: K::Input,
    ) -> Option<K::Output> {
        let clock = clock.since(self.start)?;
        state.begun = true;
        Some(self.kernel.step(clock, &mut state.state, input))
    }

    /// See [`Kernel::store`].
    #[inline(always)]
    pub(crate) fn store<C: Clock>(
        &mut self,
        clock: C,
        state: &LateState<K::State>,
        input: K::Input,
    ) {
        if state.begun {
            self.kernel.store(clock, &state.state, input);
        }
    }

    /// See [`Kernel::columns`].
    #[inline(always)]
    pub(crate) fn columns(
        &mut self,
        state: &mut LateState<K::State>,
        inputs: <K::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.kernel.columns(&mut state.state, inputs, ready)
    }

    /// See [`Kernel::is_simple`].
    #[inline(always)]
    pub(crate) fn is_simple(&self) -> bool {
        self.kernel.is_simple()
    }

    /// See [`Kernel::windows`].
    pub(crate) fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.kernel.windows(visit);
    }
}
