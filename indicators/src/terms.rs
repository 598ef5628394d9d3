//! Rows of a batch, several at a time: first their terms, which depend on no row
//! before, so that one instruction computes those of several rows; then what is
//! carried on from row to row. The processor is still carrying on when it begins
//! with the terms of the rows after.

use crate::io::{Finite, Input};

/// How many rows are taken at a time: all of their instructions are to fit among
/// those that a processor looks ahead.
pub(crate) const CHUNK: usize = 16;

/// Fills the rows with what `carry` makes of the `term` of each, moving the `state` on;
/// whether all of the columns were finite, and if not, the state is as it was.
#[inline(always)]
pub(crate) fn carry_terms<I: Input, S: Copy>(
    columns: I::Columns<'_>,
    filled: &mut [f64],
    state: &mut S,
    term: impl Fn(I) -> f64,
    carry: impl Fn(&mut S, f64) -> f64,
) -> bool {
    let (mut now, mut finite) = (*state, Finite::default());
    let (chunks, rest) = filled.as_chunks_mut::<CHUNK>();
    let mut start = 0;
    for chunk in chunks {
        let Some(columns) = I::rows(columns, start..start + CHUNK) else { return false };
        let mut terms = [0.0; CHUNK];
        for (row, slot) in terms.iter_mut().enumerate() {
            let Some(input) = I::row(columns, row) else { return false };
            finite.see(input);
            *slot = term(input);
        }
        for (slot, term) in chunk.iter_mut().zip(terms) {
            *slot = carry(&mut now, term);
        }
        start += CHUNK;
    }
    for (row, slot) in rest.iter_mut().enumerate() {
        let Some(input) = I::row(columns, start + row) else { return false };
        finite.see(input);
        *slot = carry(&mut now, term(input));
    }
    if finite.all() {
        *state = now;
    }
    finite.all()
}

/// Fills the rows with the `term` of each; whether all of the columns were finite.
#[inline(always)]
pub(crate) fn fill_terms<I: Input>(
    columns: I::Columns<'_>,
    filled: &mut [f64],
    term: impl Fn(I) -> f64,
) -> bool {
    carry_terms(columns, filled, &mut (), term, |_, term| term)
}
