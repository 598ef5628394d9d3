//! What goes into an indicator: narrow types with the few fields that it reads,
//! and how they are found in columns.

use super::Values;
use crate::bar::{Bar, Source};
use std::fmt::Debug;
use std::ops::Range;

/// What an indicator reads of one bar: a number, or a few fields.
///
/// Inputs are narrow on purpose: an indicator that reads three fields is not
/// handed five.
pub trait Input: Copy + Debug + Send + Sync + 'static {
    /// The fields in TA-Lib's order, each with the series it is read from
    /// where nothing else is asked for.
    const SOURCES: &'static [Source];

    /// One slice for each field, all of one length.
    type Columns<'a>: Copy;

    /// The input in fields given in order; `None` when their number is wrong.
    fn from_fields(fields: &[f64]) -> Option<Self>;

    /// The fields in order.
    fn fields(self) -> Values;

    /// Whether every field is finite.
    fn is_finite(self) -> bool;

    /// Zero when every field is finite, and none so large that they overflow
    /// together; not a number otherwise.
    fn zero(self) -> f64;

    /// The columns with the number of their rows; `None` when there are not as
    /// many columns as fields, or when they are not of one length.
    fn columns<'a>(columns: &[&'a [f64]]) -> Option<(Self::Columns<'a>, usize)>;

    /// The input at one row; `None` past the end.
    fn row(columns: Self::Columns<'_>, row: usize) -> Option<Self>;

    /// These rows of the columns; `None` when there are fewer.
    fn rows<'a>(columns: Self::Columns<'a>, rows: Range<usize>) -> Option<Self::Columns<'a>>;

    /// Whether every number in the columns is finite.
    fn are_finite(columns: Self::Columns<'_>) -> bool;
}

/// Whether every number is finite. A finite number times zero is zero, and sums of
/// zeros can be kept for several numbers at a time.
#[inline(always)]
fn all_finite(column: &[f64]) -> bool {
    let (blocks, rest) = column.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += value * 0.0;
        }
    }
    sums.iter().all(|sum| *sum == 0.0) && rest.iter().all(|value| value.is_finite())
}

impl Input for f64 {
    const SOURCES: &'static [Source] = &[Source::Close];

    type Columns<'a> = &'a [f64];

    #[inline(always)]
    fn from_fields(fields: &[f64]) -> Option<Self> {
        match fields {
            [value] => Some(*value),
            _ => None,
        }
    }

    fn fields(self) -> Values {
        Values::new([self])
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }

    #[inline(always)]
    fn zero(self) -> f64 {
        self * 0.0
    }

    fn columns<'a>(columns: &[&'a [f64]]) -> Option<(&'a [f64], usize)> {
        match columns {
            [column] => Some((column, column.len())),
            _ => None,
        }
    }

    #[inline(always)]
    fn row(column: &[f64], row: usize) -> Option<Self> {
        column.get(row).copied()
    }

    #[inline(always)]
    fn rows<'a>(column: Self::Columns<'a>, rows: Range<usize>) -> Option<Self::Columns<'a>> {
        column.get(rows)
    }

    #[inline(always)]
    fn are_finite(column: &[f64]) -> bool {
        all_finite(column)
    }
}

/// Declares an input of several fields: `name { field: Source, … }`.
macro_rules! input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $source:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: f64),+
        }

        impl Input for $name {
            const SOURCES: &'static [Source] = &[$(Source::$source),+];

            type Columns<'a> = [&'a [f64]; Self::SOURCES.len()];

            #[inline(always)]
            fn from_fields(fields: &[f64]) -> Option<Self> {
                match fields {
                    [$($field),+] => Some(Self { $($field: *$field),+ }),
                    _ => None,
                }
            }

            fn fields(self) -> Values {
                Values::new([$(self.$field),+])
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                $(self.$field.is_finite())&&+
            }

            #[inline(always)]
            fn zero(self) -> f64 {
                [$(self.$field),+].iter().sum::<f64>() * 0.0
            }

            fn columns<'a>(columns: &[&'a [f64]]) -> Option<(Self::Columns<'a>, usize)> {
                let columns: Self::Columns<'a> = columns.try_into().ok()?;
                let rows = columns.first()?.len();
                columns.iter().all(|column| column.len() == rows).then_some((columns, rows))
            }

            #[inline(always)]
            fn row(columns: Self::Columns<'_>, row: usize) -> Option<Self> {
                let [$($field),+] = columns;
                Some(Self { $($field: *$field.get(row)?),+ })
            }

            #[inline(always)]
            fn rows<'a>(columns: Self::Columns<'a>, rows: Range<usize>) -> Option<Self::Columns<'a>> {
                let [$($field),+] = columns;
                Some([$($field.get(rows.clone())?),+])
            }

            #[inline(always)]
            fn are_finite(columns: Self::Columns<'_>) -> bool {
                let [$($field),+] = columns;
                $(all_finite($field))&&+
            }
        }

        impl From<&Bar> for $name {
            fn from(bar: &Bar) -> Self {
                Self { $($field: Source::$source.of(bar)),+ }
            }
        }
    };
}

input! {
    /// The highest and the lowest price.
    HighLow {
        /// The highest price.
        high: High,
        /// The lowest price.
        low: Low
    }
}

input! {
    /// The highest, the lowest and the closing price.
    HighLowClose {
        /// The highest price.
        high: High,
        /// The lowest price.
        low: Low,
        /// The closing price.
        close: Close
    }
}

input! {
    /// The four prices.
    OpenHighLowClose {
        /// The opening price.
        open: Open,
        /// The highest price.
        high: High,
        /// The lowest price.
        low: Low,
        /// The closing price.
        close: Close
    }
}

input! {
    /// The opening and the closing price.
    OpenClose {
        /// The opening price.
        open: Open,
        /// The closing price.
        close: Close
    }
}

input! {
    /// The highest, the lowest and the closing price, and the volume.
    HighLowCloseVolume {
        /// The highest price.
        high: High,
        /// The lowest price.
        low: Low,
        /// The closing price.
        close: Close,
        /// The volume.
        volume: Volume
    }
}

input! {
    /// The highest and the lowest price, and the volume.
    HighLowVolume {
        /// The highest price.
        high: High,
        /// The lowest price.
        low: Low,
        /// The volume.
        volume: Volume
    }
}

input! {
    /// A closing price and the volume.
    CloseVolume {
        /// The closing price.
        close: Close,
        /// The volume.
        volume: Volume
    }
}

input! {
    /// The volume alone.
    Volume {
        /// The volume.
        volume: Volume
    }
}

input! {
    /// A value, and the period to average over at this bar.
    ValueAndPeriod {
        /// The value.
        value: High,
        /// The period, in bars.
        period: Low
    }
}
