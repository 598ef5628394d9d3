//! Fields without their names, for what goes through an indicator whose type is
//! not known.

use std::fmt::Debug;
use std::ops::Deref;

/// The most fields that an input or an output of an indicator has.
const MOST_FIELDS: usize = 4;

/// The fields of an input or an output without their names: what goes through an
/// indicator when its type is not known. Reads as a slice.
#[derive(Clone, Copy)]
pub struct Values {
    values: [f64; MOST_FIELDS],
    count: usize,
}

impl Values {
    /// Holds up to four values.
    #[inline(always)]
    pub fn new<const N: usize>(given: [f64; N]) -> Self {
        const { assert!(N <= MOST_FIELDS) };
        let mut values = [f64::NAN; MOST_FIELDS];
        for (slot, value) in values.iter_mut().zip(given) {
            *slot = value;
        }
        Self { values, count: N }
    }

    /// The values of a slice; `None` when there are more than four.
    pub fn from_slice(given: &[f64]) -> Option<Self> {
        let mut values = [f64::NAN; MOST_FIELDS];
        values.get_mut(..given.len())?.copy_from_slice(given);
        Some(Self { values, count: given.len() })
    }
}

impl Deref for Values {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        self.values.get(..self.count).unwrap_or(&self.values)
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
