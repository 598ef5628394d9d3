//! The state machines that indicators share. Each keeps a bounded number of
//! past values, is read by a kernel's `step` and written by its `store`.

mod buckets;
mod compensated;
mod dispersion;
mod extreme;
mod homodyne;
mod item;
mod line;
mod means;
mod moves;
mod range;
mod regression;
mod renewed;
mod ring;
mod slots;
mod states;
mod sum;
mod variance;
mod weighted;
mod whole;
mod wilder;

pub use compensated::Compensated;
pub use dispersion::{Dispersion, Sample};
pub(crate) use extreme::LONGEST;
pub use extreme::{
    Extreme, ExtremeState, Highest, HighestAt, Lowest, LowestAt, Order, Point, SCRATCH,
};
pub use homodyne::{Cycle, Homodyne, HomodyneState};
pub(crate) use homodyne::{DEGREES, Smoother};
pub use item::Item;
pub(crate) use line::{BLOCK, block, fill_blocks, fill_pairs, lay_out, leaving, lines};
pub use means::Means;
pub use moves::{Moves, MovesState};
pub(crate) use range::spread;
pub use range::{Range, RangeState};
pub use regression::{Regression, RegressionState};
pub(crate) use renewed::AFRESH;
pub use renewed::RenewedSum;
pub use ring::Ring;
pub(crate) use slots::deviations;
pub use states::States;
pub use sum::{RollingSum, RollingSums, ZeroRun};
pub use variance::{Variance, VarianceState};
pub(crate) use weighted::Weighting;
pub use weighted::{WeightedSum, WeightedSumState};
pub use wilder::{DirectionalMove, WilderSum};

use serde::{Deserialize, Serialize};

/// A window as it is saved and restored. Its length follows from the
/// indicator's parameters and is not restored, only compared.
pub trait Window {
    /// Its content.
    fn save(&self) -> SavedWindow;

    /// Takes over a content; `false`, and nothing done, when it is not that of a
    /// window of this kind and length.
    fn load(&mut self, saved: SavedWindow) -> bool;
}

/// The content of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedWindow {
    pub(crate) values: Vec<f64>,
    pub(crate) position: usize,
}
