//! The highest or lowest of the last `n` values, in a fixed number of
//! comparisons a bar, whatever `n` and whatever the series.
//!
//! Time is cut into blocks of half the window. A window then spans a tail of the
//! block before last, the whole last block, and the head of the current one:
//!
//! ```text
//!        [ older: extremes of each tail ][ last: whole ][ current: head ]
//!                       └──────────────────── window ────────────────┘
//! ```
//! The current block overwrites the older one from the left, as its tails are
//! no longer asked for. Meanwhile the last block is scanned from the right, one
//! slot a bar, into extremes of tails, and is ready to be the older one when the
//! current block is full. (The block decomposition is van Herk's, 1992, and Gil
//! and Werman's, 1993; scanning one slot a bar spreads its work evenly.)

use super::{SavedWindow, Window};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::marker::PhantomData;

/// Which of two values is the more extreme.
pub trait Order: Copy + Debug + Default + Send + Sync + 'static {
    /// What every finite value replaces. Finite, since a saved state may be
    /// JSON, which knows no infinity.
    const LEAST: f64;

    /// The more extreme one; `new` where they are equal.
    fn pick(old: f64, new: f64) -> f64;
}

/// The highest value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Highest;

/// The lowest value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lowest;

impl Order for Highest {
    const LEAST: f64 = f64::MIN;

    #[inline(always)]
    fn pick(old: f64, new: f64) -> f64 {
        if old > new { old } else { new }
    }
}

impl Order for Lowest {
    const LEAST: f64 = f64::MAX;

    #[inline(always)]
    fn pick(old: f64, new: f64) -> f64 {
        if old < new { old } else { new }
    }
}

/// The window: two blocks.
#[derive(Clone, Debug)]
pub struct Extreme<O: Order> {
    /// Left of the position: the current block. From it on: the older block's
    /// extremes of tails.
    current: Box<[f64]>,
    /// The last block, its right part already turned into extremes of tails.
    last: Box<[f64]>,
    /// An odd window reaches one value further back.
    odd: bool,
    order: PhantomData<O>,
}

/// Where in its block the window is, and the extremes of the whole parts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ExtremeState<O: Order> {
    /// Values in the current block.
    filled: usize,
    head: f64,
    last: f64,
    tail: f64,
    #[serde(skip)]
    order: PhantomData<O>,
}

impl<O: Order> Default for ExtremeState<O> {
    fn default() -> Self {
        Self { filled: 0, head: O::LEAST, last: O::LEAST, tail: O::LEAST, order: PhantomData }
    }
}

impl<O: Order> Extreme<O> {
    /// A window of `length` values.
    pub fn new(length: usize) -> Self {
        let block: Box<[f64]> = vec![O::LEAST; length / 2].into();
        Self { current: block.clone(), last: block, odd: length % 2 == 1, order: PhantomData }
    }

    /// The extreme of the window that ends with `value`.
    #[inline(always)]
    pub fn step(&self, state: &mut ExtremeState<O>, value: f64) -> f64 {
        if state.filled >= self.current.len() {
            // The block is full, and `store` has swapped the two.
            state.filled = 0;
            state.last = state.head;
            state.head = O::LEAST;
            state.tail = O::LEAST;
        }
        let tail_start = if self.odd { state.filled } else { state.filled + 1 };
        state.filled += 1;
        state.head = O::pick(state.head, value);
        let tail = self.current.get(tail_start).copied().unwrap_or(O::LEAST);
        let scanned = self.last.get(self.scan_slot(state)).copied();
        state.tail = O::pick(scanned.unwrap_or(O::LEAST), state.tail);
        O::pick(O::pick(tail, state.last), state.head)
    }

    /// Takes in `value`, with the state that [`step`](Self::step) has left.
    #[inline(always)]
    pub fn store(&mut self, state: &ExtremeState<O>, value: f64) {
        let scan_slot = self.scan_slot(state);
        if let Some(slot) = self.current.get_mut(state.filled.wrapping_sub(1)) {
            *slot = value;
        }
        if let Some(slot) = self.last.get_mut(scan_slot) {
            *slot = state.tail;
        }
        if state.filled >= self.current.len() {
            std::mem::swap(&mut self.current, &mut self.last);
        }
    }

    /// The slot of the last block that this bar turns into an extreme of a tail.
    fn scan_slot(&self, state: &ExtremeState<O>) -> usize {
        self.last.len().wrapping_sub(state.filled)
    }
}

impl<O: Order> Window for Extreme<O> {
    fn save(&self) -> SavedWindow {
        SavedWindow { values: [&*self.current, &*self.last].concat(), position: 0 }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let fits = saved.values.len() == self.current.len() + self.last.len();
        if fits {
            let (current, last) = saved.values.split_at(self.current.len());
            (self.current, self.last) = (current.into(), last.into());
        }
        fits
    }
}
