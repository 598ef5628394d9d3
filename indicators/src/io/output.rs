//! What comes out of an indicator: the outputs with their names, and how they are
//! written into columns.

use super::Values;
use std::fmt::Debug;
use std::ops::Range;

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
