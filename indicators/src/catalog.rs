//! What exists: every indicator with its name, group, inputs, parameters and
//! outputs, and how to make one by name. Each row is derived from the
//! definition in the indicator's own file.

use crate::bar::Source;
use crate::erased::DynIndicator;
use crate::io::{Field, Input, Output};
use crate::kernel::{Kernel, Machine, fitting};
use crate::parameter::{Arguments, Parameter, ParameterError};
use std::sync::LazyLock;

/// What is known of an indicator besides its inputs and outputs, which its
/// types tell. Names are TA-Lib's.
#[derive(Debug, PartialEq)]
pub struct Info {
    /// TA-Lib's name: `RSI`. An expression writes it in any case.
    pub name: &'static str,
    /// What it is called in the literature.
    pub title: &'static str,
    /// TA-Lib's group.
    pub group: Group,
    /// Its parameters in TA-Lib's order.
    pub parameters: &'static [Parameter],
    /// Whether an unstable period can be set, see
    /// [`Machine::with_unstable_period`].
    pub unstable_period: bool,
}

/// TA-Lib's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// Cycle Indicators
    Cycle,
    /// Math Operators
    MathOperators,
    /// Math Transform
    MathTransform,
    /// Momentum Indicators
    Momentum,
    /// Overlap Studies
    Overlap,
    /// Pattern Recognition
    Pattern,
    /// Price Transform
    Price,
    /// Statistic Functions
    Statistics,
    /// Volatility Indicators
    Volatility,
    /// Volume Indicators
    Volume,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 10] = [
        Group::Cycle,
        Group::MathOperators,
        Group::MathTransform,
        Group::Momentum,
        Group::Overlap,
        Group::Pattern,
        Group::Price,
        Group::Statistics,
        Group::Volatility,
        Group::Volume,
    ];

    /// TA-Lib's name of the group.
    pub fn name(self) -> &'static str {
        match self {
            Group::Cycle => "Cycle Indicators",
            Group::MathOperators => "Math Operators",
            Group::MathTransform => "Math Transform",
            Group::Momentum => "Momentum Indicators",
            Group::Overlap => "Overlap Studies",
            Group::Pattern => "Pattern Recognition",
            Group::Price => "Price Transform",
            Group::Statistics => "Statistic Functions",
            Group::Volatility => "Volatility Indicators",
            Group::Volume => "Volume Indicators",
        }
    }
}

/// An indicator, or why there is none.
pub(crate) type Made = Result<Box<dyn DynIndicator>, ParameterError>;

/// One indicator in the catalog.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name, group and parameters.
    pub info: &'static Info,
    /// The series it reads where nothing else is asked for, in order.
    pub inputs: &'static [Source],
    /// Its outputs, in order.
    pub outputs: &'static [Field],
    /// Arguments that are in range, if they fit each other too.
    pub(crate) fitting: fn(Arguments) -> Result<Arguments, ParameterError>,
    pub(crate) make: fn(&'static Row, Arguments) -> Made,
}

/// One line of the list below: what a definition says of itself.
pub(crate) trait Defined {
    const ROW: Row;
}

impl<K: Kernel> Defined for Machine<K> {
    const ROW: Row = Row {
        info: &K::INFO,
        inputs: K::Input::SOURCES,
        outputs: K::Output::FIELDS,
        fitting: fitting::<K>,
        make: |_, arguments| Ok(Machine::<K>::from_arguments(arguments).into()),
    };
}

impl Row {
    /// Makes the indicator from the values of its parameters, in order; those
    /// left out take their defaults.
    ///
    /// # Errors
    /// Names the indicator, the parameter, the value and its range.
    pub fn make(
        &'static self,
        values: &[Option<f64>],
    ) -> Result<Box<dyn DynIndicator>, ParameterError> {
        (self.make)(self, (self.fitting)(Arguments::check(self.info, values)?)?)
    }
}

/// Every indicator of this crate, by group.
pub fn rows() -> &'static [&'static Row] {
    static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
        let groups = [
            crate::cycle::ROWS,
            crate::math::ROWS,
            crate::momentum::ROWS,
            crate::overlap::ROWS,
            crate::price::ROWS,
            crate::volatility::ROWS,
            crate::volume::ROWS,
        ];
        groups.into_iter().flatten().collect()
    });
    &ROWS
}

/// The indicator of that name, in any case.
pub fn find(name: &str) -> Option<&'static Row> {
    rows().iter().copied().find(|row| row.info.name.eq_ignore_ascii_case(name))
}

/// Lists the indicators of a group, one line each: the file, the indicator, and
/// the struct that it gives if it has several outputs.
macro_rules! group {
    ($($file:ident: $name:ident $(gives $output:ident)?),+ $(,)?) => {
        $(pub(crate) mod $file; pub use $file::$name; $(pub use $file::$output;)?)+
        pub(crate) const ROWS: &[$crate::catalog::Row] =
            &[$(<$name as $crate::catalog::Defined>::ROW),+];
    };
}
pub(crate) use group;
