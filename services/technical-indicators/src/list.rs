//! The list of indicators that a user configures: YAML in, checked expressions
//! with the names of their fields out.

use indicators::{Expression, expr::ExpressionError};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The list where the user gives none.
const DEFAULT: &str = include_str!("../indicators.yaml");

/// Names that the candle's own fields have in the output.
const TAKEN: [&str; 11] = [
    "pair",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "trades",
    "window_start_ms",
    "window_end_ms",
    "candle_seconds",
    "closed",
];

/// The configured indicators, in order, before their first bar.
#[derive(Clone, Debug)]
pub struct IndicatorList {
    expressions: Vec<Expression>,
    names: Vec<String>,
}

/// What is wrong with a list of indicators.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The text is no list of indicators.
    #[error("{origin}: {problem}")]
    Yaml {
        /// The file.
        origin: String,
        /// Where and what.
        problem: String,
    },
    /// There is no C library to compare with.
    #[error("SHADOW_SHARE: needs a build with the cargo feature `talib`")]
    NoLibrary,
    /// An expression is wrong.
    #[error("{origin}: entry {entry}: `{expr}`: {error}")]
    Expression {
        /// The file.
        origin: String,
        /// Which entry, from 1.
        entry: usize,
        /// The expression.
        expr: String,
        /// What is wrong with it.
        error: Box<ExpressionError>,
    },
    /// The names do not fit the outputs, or each other.
    #[error("{origin}: entry {entry}: {problem}")]
    Names {
        /// The file.
        origin: String,
        /// Which entry, from 1.
        entry: usize,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    names: Option<Vec<String>>,
    expr: String,
}

impl IndicatorList {
    /// Reads the list in `file`, or the built-in one.
    ///
    /// # Errors
    /// One line that names the file, the entry, and what is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ListError> {
        let Some(path) = file else { return Self::parse("the built-in list", DEFAULT) };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&path.display().to_string(), &text),
            Err(error) => Err(ListError::File { path: path.to_owned(), error }),
        }
    }

    /// Reads a list from YAML. `origin` is what errors call it.
    ///
    /// # Errors
    /// One line that names the entry and what is wrong.
    pub fn parse(origin: &str, yaml: &str) -> Result<Self, ListError> {
        let origin = origin.to_owned();
        let entries: Vec<Entry> = match serde_saphyr::from_str(yaml) {
            Ok(entries) => entries,
            Err(error) => {
                let problem = error.to_string();
                let problem = problem.lines().next().unwrap_or_default().to_owned();
                return Err(ListError::Yaml { origin, problem });
            }
        };
        if entries.is_empty() {
            let problem = "the list is empty".to_owned();
            return Err(ListError::Yaml { origin, problem });
        }
        let mut list = Self { expressions: Vec::new(), names: Vec::new() };
        for (entry, Entry { name, names, expr }) in (1..).zip(entries) {
            let expression: Expression = match expr.parse() {
                Ok(expression) => expression,
                Err(error) => {
                    let error = Box::new(error);
                    return Err(ListError::Expression { origin, entry, expr, error });
                }
            };
            let outputs = expression.fields().len();
            let added = match (name, names) {
                (Some(name), None) => list.add(vec![name], outputs),
                (None, Some(names)) => list.add(names, outputs),
                _ => Err("expected either `name` or `names`".to_owned()),
            };
            added.map_err(|problem| ListError::Names { origin: origin.clone(), entry, problem })?;
            list.expressions.push(expression);
        }
        Ok(list)
    }

    fn add(&mut self, names: Vec<String>, outputs: usize) -> Result<(), String> {
        if names.len() != outputs {
            return Err(format!("{} names for {outputs} outputs", names.len()));
        }
        for name in names {
            if name.is_empty() {
                return Err("a name is empty".to_owned());
            }
            if TAKEN.contains(&name.as_str()) {
                return Err(format!("`{name}` is a field of the candle"));
            }
            if self.names.contains(&name) {
                return Err(format!("`{name}` is used twice"));
            }
            self.names.push(name);
        }
        Ok(())
    }

    /// The expressions, before their first bar.
    pub fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    /// The names of all their outputs, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_has_the_documented_names() {
        let list = IndicatorList::load(None).unwrap();
        let names = "sma_7 sma_14 sma_21 sma_60 ema_7 ema_14 ema_21 ema_60 rsi_7 rsi_14 rsi_21 \
                     rsi_60 macd_7 macdsignal_7 macdhist_7 obv";
        assert_eq!(list.names().join(" "), names);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (yaml, message) in [
            (
                "- { name: a, expr: 'smaa(3)' }",
                "x.yaml: entry 1: `smaa(3)`: character 1: unknown name `smaa`, did you mean sma?",
            ),
            ("- { name: a, expr: macd }", "x.yaml: entry 1: 1 names for 3 outputs"),
            ("- { expr: obv }", "x.yaml: entry 1: expected either `name` or `names`"),
            ("- { name: close, expr: obv }", "x.yaml: entry 1: `close` is a field of the candle"),
            (
                "- { name: a, expr: obv }\n- { name: a, expr: obv }",
                "x.yaml: entry 2: `a` is used twice",
            ),
            ("[]", "x.yaml: the list is empty"),
        ] {
            assert_eq!(IndicatorList::parse("x.yaml", yaml).unwrap_err().to_string(), message);
        }
        for yaml in ["- { nam: a, expr: obv }", "a: b", "- [", "3"] {
            let message = IndicatorList::parse("x.yaml", yaml).unwrap_err().to_string();
            assert!(message.starts_with("x.yaml: ") && !message.contains('\n'), "{message}");
        }
        let missing = IndicatorList::load(Some(Path::new("no/such.yaml"))).unwrap_err();
        assert!(missing.to_string().starts_with("no/such.yaml: "));
    }
}
