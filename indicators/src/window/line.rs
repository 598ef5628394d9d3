//! A window and the bars of a piece that follow it, in one line in the order of
//! time: what leaves the window at a bar is then found by counting back.

use super::{Item, Ring};

/// How many bars are computed together, so that what does not depend on the bar
/// before is one instruction for several of them.
pub(crate) const BLOCK: usize = 8;

/// Lays out what the ring holds, oldest first, and then the `values`; `None` when
/// there is not enough room.
#[inline(always)]
pub(crate) fn lay_out<'a>(
    ring: &Ring,
    values: &[f64],
    room: &'a mut [f64],
) -> Option<&'a mut [f64]> {
    let line = room.get_mut(..ring.length() + values.len())?;
    let (window, piece) = line.split_at_mut(ring.length());
    window.iter_mut().zip(ring.iter()).for_each(|(slot, value)| *slot = value);
    piece.copy_from_slice(values);
    Some(line)
}

/// The `N` values of the line from `start` on.
#[inline(always)]
pub(crate) fn block<const N: usize>(line: &[f64], start: usize) -> [f64; N] {
    let mut block = [0.0; N];
    block.copy_from_slice(&line[start..start + N]);
    block
}

impl<T: Item> Ring<T> {
    /// Pushes many values: the last ones are all that is left of them.
    pub(crate) fn extend(&mut self, values: impl ExactSizeIterator<Item = T>) {
        let gone = values.len().saturating_sub(self.length());
        self.skip(gone);
        values.skip(gone).for_each(|value| self.push(value));
    }
}
