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
//!
//! A window holds values, or values with the bar that each came at: then it also
//! tells where the extreme is.

use super::item::numbers;
use super::{Item, SavedWindow, Window};
use crate::clock::PIECE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomData;

/// The longest window whose extremes are found by doubling: of a longer one, too
/// many values before those of a piece would be looked at again.
pub(crate) const LONGEST: usize = 128;

/// Room for the values of a piece and those of a window before it.
pub const SCRATCH: usize = PIECE + LONGEST;

/// A value and the bar that it came at. The bar is a float too, since then one
/// comparison chooses both without a jump, which could not be predicted; it is
/// exact for 2^53 bars.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// The bar.
    pub bar: f64,
}

impl Item for Point {
    const WIDTH: usize = 2;
    const ZERO: Self = Self { value: 0.0, bar: 0.0 };

    fn save(self, numbers: &mut Vec<f64>) {
        numbers.extend([self.value, self.bar]);
    }

    fn load(numbers: &[f64]) -> Option<Self> {
        match numbers {
            [value, bar] => Some(Self { value: *value, bar: *bar }),
            _ => None,
        }
    }
}

/// Which of two items is the more extreme.
pub trait Order: Copy + Debug + Default + Send + Sync + 'static {
    /// What is compared.
    type Item: Item + Serialize + DeserializeOwned;

    /// What every finite value replaces. Finite, since a saved state may be
    /// JSON, which knows no infinity.
    const LEAST: Self::Item;

    /// The more extreme one; `new` where they are equal.
    fn pick(old: Self::Item, new: Self::Item) -> Self::Item;
}

/// The highest value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Highest;

/// The lowest value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lowest;

impl Order for Highest {
    type Item = f64;

    const LEAST: f64 = f64::MIN;

    #[inline(always)]
    fn pick(old: f64, new: f64) -> f64 {
        if old > new { old } else { new }
    }
}

impl Order for Lowest {
    type Item = f64;

    const LEAST: f64 = f64::MAX;

    #[inline(always)]
    fn pick(old: f64, new: f64) -> f64 {
        if old < new { old } else { new }
    }
}

/// The highest value and when it came, the latest time where there are several.
#[derive(Clone, Copy, Debug, Default)]
pub struct HighestAt;

/// The lowest value and when it came, the latest time where there are several.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowestAt;

impl Order for HighestAt {
    type Item = Point;

    const LEAST: Point = Point { value: f64::MIN, bar: 0.0 };

    #[inline(always)]
    fn pick(old: Point, new: Point) -> Point {
        if old.value > new.value { old } else { new }
    }
}

impl Order for LowestAt {
    type Item = Point;

    const LEAST: Point = Point { value: f64::MAX, bar: 0.0 };

    #[inline(always)]
    fn pick(old: Point, new: Point) -> Point {
        if old.value < new.value { old } else { new }
    }
}

/// The window: two blocks.
#[derive(Clone, Debug)]
pub struct Extreme<O: Order> {
    /// Left of the position: the current block. From it on: the older block's
    /// extremes of tails.
    current: Box<[O::Item]>,
    /// The last block, its right part already turned into extremes of tails.
    last: Box<[O::Item]>,
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
    head: O::Item,
    last: O::Item,
    tail: O::Item,
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
        let block: Box<[O::Item]> = vec![O::LEAST; length / 2].into();
        Self { current: block.clone(), last: block, odd: length % 2 == 1, order: PhantomData }
    }

    /// The extreme of the window that ends with `value`.
    #[inline(always)]
    pub fn step(&self, state: &mut ExtremeState<O>, value: O::Item) -> O::Item {
        if state.filled >= self.current.len() {
            // The block is full, and `store` has swapped the two.
            state.filled = 0;
            // A window of one value has no blocks, and no last one.
            state.last = if self.current.is_empty() { O::LEAST } else { state.head };
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
    pub fn store(&mut self, state: &ExtremeState<O>, value: O::Item) {
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

    /// The extremes of the windows that end with each of `values`, as so many
    /// steps and stores would give them, several at a time; `scratch` is room to
    /// work in.
    #[inline(always)]
    pub fn columns(
        &mut self,
        state: &mut ExtremeState<O>,
        values: &[O::Item],
        extremes: &mut [O::Item],
        scratch: &mut [[O::Item; SCRATCH]; 2],
    ) {
        let length = 2 * self.current.len() + usize::from(self.odd);
        let (most, rows) = (LONGEST.min(values.len() / 4), values.len());
        match (2..=most).contains(&length) && rows <= PIECE {
            true => self.doubling(state, values, extremes, scratch),
            false => self.by_blocks(state, values, extremes),
        }
    }

    /// For short windows: an extreme of `2k` values is the more extreme of two of
    /// `k`; that of any other number of them, of two that overlap.
    #[inline(always)]
    fn doubling(
        &mut self,
        state: &mut ExtremeState<O>,
        values: &[O::Item],
        extremes: &mut [O::Item],
        scratch: &mut [[O::Item; SCRATCH]; 2],
    ) {
        let block = self.current.len();
        let length = 2 * block + usize::from(self.odd);
        // What came before, where extremes of tails do as well as values.
        let filled = state.filled % block;
        let (head, tails) = self.current.split_at(filled);
        let [spans, next] = scratch;
        let mut rows = 0;
        let even = usize::from(!self.odd);
        // An even window reaches one value less far back.
        for part in [&tails[even..], &self.last, head, values] {
            spans[rows..rows + part.len()].copy_from_slice(part);
            rows += part.len();
        }
        let (mut spans, mut next) = (spans, next);
        let mut span = 1;
        while span * 4 <= length {
            rows -= 3 * span;
            let [second, third, fourth] = [1, 2, 3].map(|nth| spans[nth * span..].iter());
            let (older, newer) = (spans.iter().zip(second), third.zip(fourth));
            for (slot, (older, newer)) in next[..rows].iter_mut().zip(older.zip(newer)) {
                *slot = O::pick(O::pick(*older.0, *older.1), O::pick(*newer.0, *newer.1));
            }
            (spans, next) = (next, spans);
            span *= 4;
        }
        if span * 2 <= length {
            rows -= span;
            pick_all::<O>(&mut next[..rows], spans, &spans[span..]);
            spans = next;
            span *= 2;
        }
        pick_all::<O>(extremes, spans, &spans[length - span..]);
        // The blocks are filled by the last values alone.
        let (skipped, last) = values.split_at(values.len() - 3 * block);
        state.filled = (filled + skipped.len() + block - 1) % block + 1;
        for value in last {
            self.step(state, *value);
            self.store(state, *value);
        }
    }

    /// For long ones: steps and stores, where what stays within a block is one loop.
    #[inline(always)]
    fn by_blocks(
        &mut self,
        state: &mut ExtremeState<O>,
        mut values: &[O::Item],
        mut extremes: &mut [O::Item],
    ) {
        let block = self.current.len();
        // A full block turns over, and an even window has no tail at its end.
        let whole = block.saturating_sub(usize::from(!self.odd));
        while !values.is_empty() {
            let from = state.filled;
            let run = whole.saturating_sub(from).min(values.len());
            let (some, rest) = values.split_at(run);
            let (filled, empty) = extremes.split_at_mut(run);
            (values, extremes) = (rest, empty);
            if run > 0 {
                let scanned = &mut self.last[block - from - run..block - from];
                let ahead = usize::from(!self.odd);
                scan::<O>(state, some, filled, &mut self.current[from..], ahead, scanned);
                if self.odd && state.filled >= block {
                    std::mem::swap(&mut self.current, &mut self.last);
                }
            }
            let Some((value, rest)) = values.split_first() else { break };
            let Some((extreme, empty)) = extremes.split_first_mut() else { break };
            (values, extremes) = (rest, empty);
            *extreme = self.step(state, *value);
            self.store(state, *value);
        }
    }

    /// The slot of the last block that this bar turns into an extreme of a tail.
    fn scan_slot(&self, state: &ExtremeState<O>) -> usize {
        self.last.len().wrapping_sub(state.filled)
    }
}

/// Steps and stores within a block. A function of its own, so that its loop has
/// the registers to itself.
#[inline(never)]
fn scan<O: Order>(
    state: &mut ExtremeState<O>,
    values: &[O::Item],
    extremes: &mut [O::Item],
    current: &mut [O::Item],
    ahead: usize,
    scanned: &mut [O::Item],
) {
    let ExtremeState { mut head, last, mut tail, .. } = *state;
    let slots = Cell::from_mut(current).as_slice_of_cells();
    let Some(tails) = slots.get(ahead..) else { return };
    let slots = slots.iter().zip(tails).zip(scanned.iter_mut().rev());
    for ((value, extreme), ((slot, end), scanned)) in values.iter().zip(extremes).zip(slots) {
        head = O::pick(head, *value);
        tail = O::pick(*scanned, tail);
        *scanned = tail;
        *extreme = O::pick(O::pick(end.get(), last), head);
        slot.set(*value);
    }
    (state.filled, state.head, state.tail) = (state.filled + values.len(), head, tail);
}

/// The more extreme one of each older and newer item.
#[inline(always)]
fn pick_all<O: Order>(picked: &mut [O::Item], older: &[O::Item], newer: &[O::Item]) {
    for ((slot, older), newer) in picked.iter_mut().zip(older).zip(newer) {
        *slot = O::pick(*older, *newer);
    }
}

impl<O: Order> Window for Extreme<O> {
    fn save(&self) -> SavedWindow {
        SavedWindow { values: numbers(self.current.iter().chain(&self.last)), position: 0 }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let slots = self.current.iter().chain(&self.last).count();
        let fits = saved.values.len() == slots * O::Item::WIDTH;
        if fits {
            let slots = self.current.iter_mut().chain(&mut self.last);
            for (slot, numbers) in slots.zip(saved.values.chunks_exact(O::Item::WIDTH)) {
                *slot = O::Item::load(numbers).unwrap_or(O::LEAST);
            }
        }
        fits
    }
}
