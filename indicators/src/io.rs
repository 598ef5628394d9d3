//! What goes into an indicator and what comes out: the narrow input types, the
//! outputs with their names, and how both are found in columns.

use crate::bar::{Bar, Source};
use std::fmt::Debug;
use std::ops::{Deref, Range};

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

/// One output of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name here: the struct's field, and what follows the dot in an expression.
    pub name: &'static str,
    /// Its name in TA-Lib.
    pub talib: &'static str,
    /// Whether it is a real number or a whole one.
    pub kind: FieldKind,
}

/// Whether an output is a real number or a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `f64`
    Real,
    /// `i32`; in columns and [`Values`] as the same number in an `f64`.
    Integer,
}

/// What an indicator gives for one bar: a number, or a struct of a few.
pub trait Output: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The outputs in TA-Lib's order.
    const FIELDS: &'static [Field];

    /// One slice for each output, all of one length.
    type Columns<'a>;

    /// The outputs without their names.
    fn values(self) -> Values;

    /// The outputs with their names; `None` when their number is wrong.
    fn from_values(values: &[f64]) -> Option<Self>;

    /// The columns; `None` when there are not as many columns as outputs, or
    /// when one is not `rows` long.
    fn columns<'a>(columns: &'a mut [&mut [f64]], rows: usize) -> Option<Self::Columns<'a>>;

    /// Writes the outputs, or `NaN` where there are none, at one row.
    fn write(output: Option<Self>, columns: &mut Self::Columns<'_>, row: usize);

    /// These rows of the columns; `None` when there are fewer.
    fn rows<'a>(
        columns: &'a mut Self::Columns<'_>,
        rows: Range<usize>,
    ) -> Option<Self::Columns<'a>>;
}

impl Output for f64 {
    const FIELDS: &'static [Field] =
        &[Field { name: "real", talib: "outReal", kind: FieldKind::Real }];

    type Columns<'a> = &'a mut [f64];

    #[inline(always)]
    fn values(self) -> Values {
        Values::new([self])
    }

    fn from_values(values: &[f64]) -> Option<Self> {
        match values {
            [value] => Some(*value),
            _ => None,
        }
    }

    fn columns<'a>(columns: &'a mut [&mut [f64]], rows: usize) -> Option<&'a mut [f64]> {
        match columns {
            [column] if column.len() == rows => Some(column),
            _ => None,
        }
    }

    #[inline(always)]
    fn write(output: Option<Self>, column: &mut &mut [f64], row: usize) {
        if let Some(slot) = column.get_mut(row) {
            *slot = output.unwrap_or(f64::NAN);
        }
    }

    #[inline(always)]
    fn rows<'a>(column: &'a mut &mut [f64], rows: Range<usize>) -> Option<&'a mut [f64]> {
        column.get_mut(rows)
    }
}

/// The type of one output: a real number or a whole one.
pub(crate) trait Number: Copy {
    /// What it is.
    const KIND: FieldKind;

    /// The number that is the same.
    fn of(value: f64) -> Self;

    /// The number that is the same.
    fn real(self) -> f64;
}

impl Number for f64 {
    const KIND: FieldKind = FieldKind::Real;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn real(self) -> f64 {
        self
    }
}

impl Number for i32 {
    const KIND: FieldKind = FieldKind::Integer;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as i32
    }

    #[inline(always)]
    fn real(self) -> f64 {
        f64::from(self)
    }
}

/// Declares an output of several fields, real unless it says that they are whole:
/// `name { field: "TA-Lib's name", field: i32 "TA-Lib's name", … }`.
macro_rules! output {
    (@type) => { f64 };
    (@type $type:ident) => { $type };
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $($type:ident)? $talib:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $crate::io::output!(@type $($type)?)),+
        }

        impl $crate::Output for $name {
            const FIELDS: &'static [$crate::Field] = &[$($crate::Field {
                name: stringify!($field),
                talib: $talib,
                kind: <$crate::io::output!(@type $($type)?) as $crate::io::Number>::KIND,
            }),+];

            type Columns<'a> = [&'a mut [f64]; Self::FIELDS.len()];

            #[inline(always)]
            fn values(self) -> $crate::Values {
                $crate::Values::new([$($crate::io::Number::real(self.$field)),+])
            }

            fn from_values(values: &[f64]) -> Option<Self> {
                match values {
                    [$($field),+] => Some(Self { $($field: $crate::io::Number::of(*$field)),+ }),
                    _ => None,
                }
            }

            fn columns<'a>(columns: &'a mut [&mut [f64]], rows: usize) -> Option<Self::Columns<'a>> {
                match columns {
                    [$($field),+] if $($field.len() == rows)&&+ => Some([$($field),+]),
                    _ => None,
                }
            }

            #[inline(always)]
            fn write(output: Option<Self>, columns: &mut Self::Columns<'_>, row: usize) {
                let nothing = [f64::NAN; Self::FIELDS.len()];
                let values = output.map_or(nothing, |output| {
                    [$($crate::io::Number::real(output.$field)),+]
                });
                for (column, value) in columns.iter_mut().zip(values) {
                    if let Some(slot) = column.get_mut(row) {
                        *slot = value;
                    }
                }
            }

            #[inline(always)]
            fn rows<'a>(
                columns: &'a mut Self::Columns<'_>,
                rows: std::ops::Range<usize>,
            ) -> Option<Self::Columns<'a>> {
                let [$($field),+] = columns;
                Some([$($field.get_mut(rows.clone())?),+])
            }
        }
    };
}
pub(crate) use output;

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
