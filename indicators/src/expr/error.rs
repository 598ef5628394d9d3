//! What can be wrong with an expression, each in words that fit on one line.

use crate::parameter::ParameterError;

/// What is wrong with an expression. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// It cannot be read.
    #[error("character {at}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        at: usize,
        /// What could stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// It is nested deeper than can be meant.
    #[error("character {at}: nested more than {deepest} deep")]
    TooDeep {
        /// Where.
        at: usize,
        /// How deep it may be.
        deepest: usize,
    },
    /// No indicator or source has that name.
    #[error("character {at}: unknown name `{name}`{}", nearest(.near))]
    UnknownName {
        /// Where.
        at: usize,
        /// What was written.
        name: String,
        /// The known names nearest to it.
        near: Vec<String>,
    },
    /// The indicator has no such parameter.
    #[error("character {at}: {indicator} has no parameter `{name}`, expected one of: {}", .known.join(", "))]
    UnknownParameter {
        /// Where.
        at: usize,
        /// The indicator's name.
        indicator: &'static str,
        /// What was written.
        name: String,
        /// The parameters it has.
        known: Vec<&'static str>,
    },
    /// The indicator has no such output.
    #[error("character {at}: {indicator} has no output `{name}`, expected one of: {}", .known.join(", "))]
    UnknownOutput {
        /// Where.
        at: usize,
        /// The indicator's name.
        indicator: String,
        /// What was written.
        name: String,
        /// The outputs it has.
        known: Vec<&'static str>,
    },
    /// An input has several outputs, and none of them was chosen.
    #[error("character {at}: choose one output of {indicator}, with one of: {}", .known.join(", "))]
    ChooseOutput {
        /// Where.
        at: usize,
        /// The indicator's name.
        indicator: String,
        /// The outputs it has, each with its dot.
        known: Vec<String>,
    },
    /// Inputs must be all given or all left out.
    #[error("character {at}: {indicator} reads {expected} series ({}), {given} given", .sources.join(", "))]
    InputCount {
        /// Where.
        at: usize,
        /// The indicator's name.
        indicator: &'static str,
        /// How many series it reads.
        expected: usize,
        /// How many were given.
        given: usize,
        /// What it reads where nothing is given.
        sources: Vec<&'static str>,
    },
    /// An argument stands where it cannot.
    #[error("character {at}: {what}")]
    Misplaced {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A number where the name of a kind of moving average should stand.
    #[error(
        "character {at}: {indicator}: {parameter} is {number}, expected one of: {}{}",
        .known.join(", "),
        or_rather(.meant)
    )]
    MaTypeByNumber {
        /// Where.
        at: usize,
        /// The indicator's name.
        indicator: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// What was written.
        number: f64,
        /// The names of the kinds.
        known: Vec<&'static str>,
        /// What may have been meant, by keyword: this number and those after it
        /// for the parameters that follow the kind.
        meant: Vec<String>,
    },
    /// A parameter is out of its range.
    #[error("character {at}: {error}")]
    Parameter {
        /// Where the indicator's name begins.
        at: usize,
        /// Which parameter, and its range.
        error: ParameterError,
    },
}

fn nearest(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!(", did you mean {}?", near.join(" or ")),
    }
}

fn or_rather(meant: &[String]) -> String {
    match meant {
        [] => String::new(),
        meant => format!("; did you mean {}?", meant.join(", ")),
    }
}
