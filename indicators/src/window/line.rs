//! A window and the bars of a piece that follow it, in one line in the order of
//! time: what leaves the window at a bar is then found by counting back.

use super::{Item, Ring};
use crate::io::Finite;
use std::ops::Range;

/// How many bars are computed together, so that what does not depend on the bar
/// before is one instruction for several of them.
pub(crate) const BLOCK: usize = 4;

/// Lays out what the ring holds, oldest first, and then the `values`; `None` when
/// there is not enough room.
#[inline(always)]
pub(crate) fn lay_out<'a>(
    ring: &Ring,
    values: &[f64],
    room: &'a mut [f64],
) -> Option<&'a mut [f64]> {
    let line = room.get_mut(..ring.length() + values.len())?;
    let mut rest = &mut *line;
    let [older, newer] = ring.parts();
    for part in [older, newer, values] {
        let (slots, after) = rest.split_at_mut(part.len());
        slots.copy_from_slice(part);
        rest = after;
    }
    Some(line)
}

/// Lines with the windows of all `values`, each with the rows whose values it ends with:
/// first those whose windows reach back into the ring, for which it is laid out, and then
/// the others, which have theirs among the values. `None` when there is not enough room.
#[inline(always)]
pub(crate) fn lines<'a>(
    ring: &Ring,
    values: &'a [f64],
    room: &'a mut [f64],
) -> Option<[(&'a [f64], Range<usize>); 2]> {
    let reach = ring.length().min(values.len());
    let line = lay_out(ring, values.get(..reach)?, room)?;
    Some([(line, 0..reach), (values, reach..values.len())])
}

/// The `N` values of the line from `start` on.
#[inline(always)]
pub(crate) fn block<const N: usize>(line: &[f64], start: usize) -> [f64; N] {
    let mut block = [0.0; N];
    block.copy_from_slice(&line[start..start + N]);
    block
}

/// Fills a column by the block, each of which `at` gives for the row that it begins at; where
/// rows are left, the last one begins within the one before it. `false`, and nothing filled,
/// when there are fewer rows than a block has.
#[inline(always)]
pub(crate) fn fill_blocks<const N: usize>(
    filled: &mut [f64],
    at: impl Fn(usize) -> [f64; N],
) -> bool {
    let Some(last) = filled.len().checked_sub(N) else { return false };
    for row in (0..last).step_by(N).chain([last]) {
        filled[row..row + N].copy_from_slice(&at(row));
    }
    true
}

/// What leaves the window at each of the `values` that are pushed, with the rows at which
/// it does: what the ring holds, and then the first of the values themselves.
#[inline(always)]
pub(crate) fn leaving<'a>(ring: &'a Ring, values: &'a [f64]) -> [(&'a [f64], Range<usize>); 3] {
    let [older, newer] = ring.parts();
    let mut row = 0;
    [older, newer, values].map(|part| {
        let (start, rows) = (row, part.len().min(values.len() - row));
        row += rows;
        (&part[..rows], start..row)
    })
}

/// Pushes the `values`, and fills a column with what `step` makes of the one that leaves
/// and the one that comes, moving the `state` on; whether all of them were finite, and if
/// not, none is pushed, and the state is as it was.
#[inline(always)]
pub(crate) fn fill_pairs<S: Copy>(
    ring: &mut Ring,
    values: &[f64],
    filled: &mut [f64],
    state: &mut S,
    step: impl Fn(&mut S, f64, f64) -> f64,
) -> bool {
    let (mut now, mut finite) = (*state, Finite::default());
    for (oldest, rows) in leaving(ring, values) {
        let pairs = oldest.iter().zip(&values[rows.clone()]);
        for (slot, (oldest, value)) in filled[rows].iter_mut().zip(pairs) {
            *slot = step(&mut now, *oldest, *value);
            finite.see(*value);
        }
    }
    if finite.all() {
        *state = now;
        ring.extend(values);
    }
    finite.all()
}

impl<T: Item> Ring<T> {
    /// Pushes many values: the last ones are all that is left of them.
    pub(crate) fn extend(&mut self, values: &[T]) {
        let (gone, values) = values.split_at(values.len().saturating_sub(self.length()));
        self.skip(gone.len());
        let (slots, before) = self.slots_from_next(values.len());
        let (first, wrapped) = values.split_at(slots.len());
        slots.copy_from_slice(first);
        before[..wrapped.len()].copy_from_slice(wrapped);
        self.skip(values.len());
    }
}
