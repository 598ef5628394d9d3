//! Syntax to a running expression: names looked up, inputs and parameters
//! matched, everything that is wrong said in one line.

use super::Expression;
use super::node::{InputNode, Node};
use super::parse::{Argument, Kind, Syntax, parse};
use crate::bar::Source;
use crate::catalog::{Info, Row};
use crate::ma_type::MaType;
use crate::parameter::{ParameterError, ParameterKind, UNSTABLE_PERIOD};

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

/// Makes an expression of the indicators in `rows`.
pub(super) fn compile(text: &str, rows: &[&'static Row]) -> Result<Expression, ExpressionError> {
    let (root, output) = node(&parse(text)?, rows)?;
    Ok(Expression { root, output })
}

/// A node, and which of its outputs was asked for if it has several.
fn node(syntax: &Syntax, rows: &[&'static Row]) -> Result<(Node, Option<usize>), ExpressionError> {
    let at = syntax.at;
    let Kind::Call { name, arguments, output } = &syntax.kind else {
        return Err(ExpressionError::Misplaced { at, what: "a number alone is no series" });
    };
    let source = Source::ALL.into_iter().find(|source| source.name() == name);
    let node = match source {
        Some(source) if arguments.is_empty() => Node::Source(source),
        Some(_) => {
            return Err(ExpressionError::Misplaced { at, what: "a source takes no arguments" });
        }
        None => {
            let row = rows.iter().find(|row| row.info.name.eq_ignore_ascii_case(name));
            let row = row.ok_or_else(|| unknown_name(at, name, rows))?;
            call(at, row, arguments, rows)?
        }
    };
    let fields = node.fields();
    let Some(output) = output else { return Ok((node, None)) };
    let chosen = fields.iter().position(|field| output == field.name);
    match (chosen, fields.len()) {
        (Some(_), 1) => Ok((node, None)),
        (Some(index), _) => Ok((node, Some(index))),
        (None, _) => Err(ExpressionError::UnknownOutput {
            at,
            indicator: node.name(),
            name: output.clone(),
            known: fields.iter().map(|field| field.name).collect(),
        }),
    }
}

fn call(
    at: usize,
    row: &'static Row,
    arguments: &[Argument],
    rows: &[&'static Row],
) -> Result<Node, ExpressionError> {
    let mut inputs = Vec::new();
    let mut values = Vec::new();
    let mut keywords = false;
    for Argument { at, keyword, value } in arguments {
        let at = *at;
        let misplaced = |what| Err(ExpressionError::Misplaced { at, what });
        let index = match keyword {
            Some(name) => parameter(at, row.info, name)?,
            None => values.len(),
        };
        let choice =
            row.info.parameters.get(index).is_some_and(|p| p.kind == ParameterKind::MaType);
        let number = match &value.kind {
            Kind::Call { name, arguments, output: None } if choice && arguments.is_empty() => {
                let unknown = || unknown(at, name, MaType::ALL.map(|kind| kind.name().to_owned()));
                Some(name.parse::<MaType>().map_err(|_| unknown())?.number())
            }
            Kind::Number(number) => Some(*number),
            Kind::Call { .. } => None,
        };
        match (keyword, number) {
            (None, Some(_)) if keywords => {
                return misplaced("a parameter by position cannot follow one by name");
            }
            (None, Some(number)) => values.push(Some(number)),
            (None, None) if !values.is_empty() || keywords => {
                return misplaced("inputs come before parameters");
            }
            (None, None) => inputs.push(input(value, rows)?),
            (Some(_), Some(number)) => {
                keywords = true;
                if values.len() <= index {
                    values.resize(index + 1, None);
                }
                match values.get_mut(index) {
                    Some(slot @ None) => *slot = Some(number),
                    _ => return misplaced("the parameter is given twice"),
                }
            }
            (Some(_), None) => return misplaced("a parameter is a number"),
        }
    }
    let defaults = row.inputs.iter().map(|source| InputNode::from(*source));
    let inputs = match inputs.len() {
        0 => defaults.collect(),
        given if given == row.inputs.len() => inputs,
        given => {
            return Err(ExpressionError::InputCount {
                at,
                indicator: row.info.name,
                expected: row.inputs.len(),
                given,
                sources: row.inputs.iter().map(|source| source.name()).collect(),
            });
        }
    };
    let indicator = row.make(&values).map_err(|error| ExpressionError::Parameter { at, error })?;
    Ok(Node::Call { indicator, inputs, defaults: row.inputs })
}

/// An argument that is a series of its own.
fn input(syntax: &Syntax, rows: &[&'static Row]) -> Result<InputNode, ExpressionError> {
    let (node, output) = node(syntax, rows)?;
    match (output, node.fields()) {
        (Some(output), _) => Ok(InputNode { node, output }),
        (None, [_]) => Ok(InputNode { node, output: 0 }),
        (None, fields) => Err(ExpressionError::ChooseOutput {
            at: syntax.at,
            indicator: node.name(),
            known: fields.iter().map(|field| format!(".{}", field.name)).collect(),
        }),
    }
}

/// The position of a parameter given by name.
fn parameter(at: usize, info: &'static Info, name: &str) -> Result<usize, ExpressionError> {
    let own = info.parameters.iter();
    let unstable = info.unstable_period.then_some(&UNSTABLE_PERIOD);
    let all = own.chain(unstable);
    all.clone().position(|parameter| parameter.answers_to(name)).ok_or_else(|| {
        ExpressionError::UnknownParameter {
            at,
            indicator: info.name,
            name: name.to_owned(),
            known: all.map(|parameter| parameter.name).collect(),
        }
    })
}

fn unknown_name(at: usize, name: &str, rows: &[&'static Row]) -> ExpressionError {
    let known = rows.iter().map(|row| row.info.name.to_ascii_lowercase());
    unknown(at, name, known.chain(Source::ALL.map(|source| source.name().to_owned())))
}

/// A name that is none of `known`, with the nearest of them.
fn unknown(at: usize, name: &str, known: impl IntoIterator<Item = String>) -> ExpressionError {
    let known = known.into_iter();
    let mut near: Vec<_> =
        known.map(|known| (strsim::damerau_levenshtein(name, &known), known)).collect();
    near.sort();
    let nearest = near.first().map_or(0, |(distance, _)| *distance);
    // Further off it is another word: `foo` is no `apo`.
    let most = (name.chars().count() / 3).clamp(1, 2);
    near.retain(|(distance, known)| {
        *distance == nearest && nearest <= most && nearest < known.len()
    });
    near.truncate(3);
    let near = near.into_iter().map(|(_, known)| known).collect();
    ExpressionError::UnknownName { at, name: name.to_owned(), near }
}
