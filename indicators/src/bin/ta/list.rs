//! `ta list`: the catalog as a table for people and as JSON for programs.

use crate::backend::Backend;
use crate::failure::Failure;
use indicators::catalog::Row;
use indicators::{MaType, Parameter, ParameterKind};
use serde::Serialize;
use serde_json::Value;
use std::io::Write;

pub(crate) fn run(json: bool, backend: Backend, output: &mut impl Write) -> Result<(), Failure> {
    let rows = backend.rows()?;
    let text = match json {
        // Names and numbers always serialise.
        true => serde_json::to_string_pretty(&entries(&rows)).unwrap_or_default() + "\n",
        false => table(&rows),
    };
    output.write_all(text.as_bytes()).map_err(Failure::Output)
}

/// One indicator in the JSON.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    group: &'static str,
    title: &'static str,
    inputs: Vec<&'static str>,
    params: Vec<Param>,
    outputs: Vec<&'static str>,
    unstable_period: bool,
}

/// One parameter in the JSON. Kinds of moving averages are numbers, so that every
/// value is; an expression takes them too.
#[derive(Serialize)]
struct Param {
    name: &'static str,
    kind: &'static str,
    default: Value,
    min: Value,
    max: Value,
}

fn entries(rows: &[&'static Row]) -> Vec<Entry> {
    let entry = |row: &&'static Row| Entry {
        name: row.info.name,
        group: row.info.group.name(),
        title: row.info.title,
        inputs: inputs(row),
        params: row.info.parameters.iter().map(param).collect(),
        outputs: outputs(row),
        unstable_period: row.info.unstable_period,
    };
    rows.iter().map(entry).collect()
}

fn param(parameter: &Parameter) -> Param {
    let kind = match parameter.kind {
        ParameterKind::Integer => "integer",
        ParameterKind::MaType => "ma_type",
        _ => "real",
    };
    let value = |value: f64| match parameter.kind {
        ParameterKind::Integer | ParameterKind::MaType => Value::from(value as i64),
        _ => Value::from(value),
    };
    Param {
        name: parameter.name,
        kind,
        default: value(parameter.default),
        min: value(parameter.min),
        max: value(parameter.max),
    }
}

fn inputs(row: &Row) -> Vec<&'static str> {
    row.inputs.iter().map(|source| source.name()).collect()
}

fn outputs(row: &Row) -> Vec<&'static str> {
    row.outputs.iter().map(|field| field.name).collect()
}

/// One line for each indicator, with its parameters as an expression takes them.
fn table(rows: &[&Row]) -> String {
    let heading = ["NAME", "GROUP", "INPUTS", "PARAMETERS", "OUTPUTS", "TITLE"];
    let mut lines = vec![heading.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.info.name.to_ascii_lowercase(),
            row.info.group.name().to_owned(),
            inputs(row).join(" "),
            row.info.parameters.iter().map(written).collect::<Vec<_>>().join(" "),
            outputs(row).join(" "),
            row.info.title.to_owned(),
        ]
    }));
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn written(parameter: &Parameter) -> String {
    let default = match parameter.kind {
        ParameterKind::MaType => MaType::numbered(parameter.default).map(|kind| kind.to_string()),
        _ => None,
    };
    format!("{}={}", parameter.name, default.unwrap_or_else(|| parameter.default.to_string()))
}
