//! What goes into an indicator and what comes out: the narrow input types, the
//! outputs with their names, and both without names.

mod finite;
mod input;
mod output;
mod values;

pub(crate) use finite::Finite;
pub use input::{
    CloseVolume, HighLow, HighLowClose, HighLowCloseVolume, HighLowVolume, Input, OpenClose,
    OpenHighLowClose, ValueAndPeriod, Volume,
};
pub use output::{Field, FieldKind, Output};
pub(crate) use output::{Number, output};
pub use values::Values;
