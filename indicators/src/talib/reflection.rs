//! The library's own description of its functions, as rows of a catalog.

use super::function::Function;
use super::library::{self, Description, Input};
use crate::bar::Source;
use crate::catalog::{self, Group, Info, Row};
use crate::io::{Field, FieldKind};
use crate::parameter::{Parameter, ParameterKind};
use std::sync::LazyLock;

/// Every function of the linked library.
///
/// Names of parameters are TA-Lib's in snake case (`optInFastPeriod` is
/// `fast_period`). Outputs are named as this crate's own indicator of that name
/// has them, so that an expression means the same with either; where there is
/// none, in the same way as parameters.
pub fn rows() -> &'static [&'static Row] {
    static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
        library::functions().iter().filter_map(|function| Some(leak(row(function)?))).collect()
    });
    &ROWS
}

/// Made once for the process, so that rows are as static as this crate's own.
fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// `None` for a function of a group that this version does not know.
fn row(function: &'static Description) -> Option<Row> {
    let parameters: Vec<_> = function.parameters.iter().map(parameter).collect();
    let own = catalog::find(&function.name);
    let fields = own.map_or(&[][..], |row| row.outputs);
    let named = |(index, field)| output(field, fields.get(index).map(|own: &Field| own.name));
    let outputs: Vec<_> = function.outputs.iter().enumerate().map(named).collect();
    Some(Row {
        info: leak(Info {
            name: &function.name,
            title: &function.hint,
            group: Group::ALL.into_iter().find(|group| group.name() == function.group)?,
            parameters: parameters.leak(),
            unstable_period: function.unstable_period,
        }),
        inputs: sources(&function.inputs).leak(),
        outputs: outputs.leak(),
        // Where both have it, the reason is given in this crate's own words.
        fitting: own.map_or(Ok, |row| row.fitting),
        make: |row, arguments| Ok(Box::new(Function::new(row, arguments)?)),
    })
}

fn parameter(parameter: &'static library::Parameter) -> Parameter {
    let kind = match parameter.integer {
        true if parameter.name.ends_with("MAType") => ParameterKind::MaType,
        true => ParameterKind::Integer,
        false => ParameterKind::Real,
    };
    let library::Parameter { default, min, max, .. } = *parameter;
    Parameter { name: snake(parameter.name.trim_start_matches("optIn")), kind, default, min, max }
}

fn output(output: &'static library::Output, own: Option<&'static str>) -> Field {
    let name = output.name.trim_start_matches("out");
    let name = name.strip_prefix("Real").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let kind = if output.integer { FieldKind::Integer } else { FieldKind::Real };
    Field { name: own.unwrap_or_else(|| snake(name)), talib: &output.name, kind }
}

/// The series that the inputs are read from where nothing else is asked for: one
/// real input is the close, two are the high and the low.
fn sources(inputs: &[Input]) -> Vec<Source> {
    let reals = inputs.iter().filter(|input| matches!(input, Input::Real)).count();
    let mut real =
        if reals == 1 { [Source::Close].iter() } else { [Source::High, Source::Low].iter() };
    let prices = [Source::Open, Source::High, Source::Low, Source::Close, Source::Volume];
    let mut sources = Vec::new();
    for input in inputs {
        match input {
            Input::Real => sources.push(*real.next().unwrap_or(&Source::Close)),
            Input::Prices(read) => {
                let read = prices.iter().zip(read).filter(|(_, read)| **read);
                sources.extend(read.map(|(source, _)| *source));
            }
        }
    }
    sources
}

/// `FastK_Period` to `fast_k_period`, `MAType` to `ma_type`.
fn snake(camel: &str) -> &'static str {
    let letters: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let after = letters.get(i + 1);
        let new_word = before.is_some_and(|before| before.is_ascii_lowercase())
            || (before.is_some_and(|before| before.is_ascii_uppercase())
                && after.is_some_and(|after| after.is_ascii_lowercase()));
        if letter.is_ascii_uppercase() && new_word {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake.leak()
}
