//! Syntax to a running expression: names looked up, inputs and parameters
//! matched, everything that is wrong said in one line.

use super::Expression;
use super::error::ExpressionError;
use super::node::{InputNode, Node};
use super::parse::{Argument, Kind, Syntax, parse};
use crate::bar::Source;
use crate::catalog::{Info, Row};
use crate::ma_type::MaType;
use crate::parameter::{Parameter, ParameterError, ParameterKind, UNSTABLE_PERIOD};

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
    for (position, Argument { at: here, keyword, value }) in arguments.iter().enumerate() {
        let misplaced = |what| Err(ExpressionError::Misplaced { at: *here, what });
        let index = match keyword {
            Some(name) => parameter(*here, row.info, name)?,
            None => values.len(),
        };
        let own = row.info.parameters.get(index);
        let choice = own.filter(|own| own.kind == ParameterKind::MaType);
        let number = match (&value.kind, choice) {
            (Kind::Call { name, arguments, output: None }, Some(choice))
                if arguments.is_empty() =>
            {
                Some(ma_type(*here, choice, name)?)
            }
            (Kind::Call { .. }, _) => None,
            // By position after one by name, its place is what is wrong with it.
            (Kind::Number(number), Some(choice)) if keyword.is_some() || !keywords => {
                let arguments = arguments.get(position..).unwrap_or_default();
                return Err(ma_type_by_number(*here, row.info, choice, *number, arguments));
            }
            (Kind::Number(number), _) => Some(*number),
        };
        match (keyword, number) {
            (None, Some(_)) if keywords => {
                return misplaced("a parameter by position cannot follow one by name");
            }
            (None, Some(number)) if own.is_some() => values.push(Some(number)),
            (None, Some(_)) => {
                // An unstable period has no position.
                let positions = arguments.iter().filter(|other| other.keyword.is_none()).count();
                let error = ParameterError::TooMany {
                    indicator: row.info.name,
                    given: positions - inputs.len(),
                    expected: row.info.parameters.len(),
                };
                return Err(ExpressionError::Parameter { at, error });
            }
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

/// The names of the kinds of moving averages that a parameter can be, which are
/// fewer in an older TA-Lib.
fn ma_types(parameter: &Parameter) -> impl Iterator<Item = MaType> {
    let range = parameter.min..=parameter.max;
    MaType::ALL.into_iter().filter(move |kind| range.contains(&kind.number()))
}

/// The number of the kind of moving average of that name.
fn ma_type(at: usize, parameter: &Parameter, name: &str) -> Result<f64, ExpressionError> {
    let found = ma_types(parameter).find(|kind| kind.name() == name);
    let known = || ma_types(parameter).map(|kind| kind.name().to_owned());
    found.map(MaType::number).ok_or_else(|| unknown(at, name, known()))
}

/// What to say of a number for a kind of moving average, the first of
/// `arguments`. If all of them fit the parameters after the kind, it was
/// forgotten.
fn ma_type_by_number(
    at: usize,
    info: &'static Info,
    kind: &'static Parameter,
    number: f64,
    arguments: &[Argument],
) -> ExpressionError {
    let after = info.parameters.iter().skip_while(|parameter| parameter.name != kind.name);
    let after: Vec<_> = after.filter(|other| other.kind != ParameterKind::MaType).collect();
    let meant = |(argument, parameter): (&Argument, &&Parameter)| match argument {
        Argument { keyword: None, value: Syntax { kind: Kind::Number(number), .. }, .. } => {
            let fits = parameter.check(info.name, *number).is_ok();
            fits.then(|| format!("{}={number}", parameter.name))
        }
        _ => None,
    };
    let meant: Option<Vec<_>> = arguments.iter().zip(&after).map(meant).collect();
    ExpressionError::MaTypeByNumber {
        at,
        indicator: info.name,
        parameter: kind.name,
        number,
        known: ma_types(kind).map(MaType::name).collect(),
        meant: meant.filter(|_| arguments.len() <= after.len()).unwrap_or_default(),
    }
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
