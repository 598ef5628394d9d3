//! Text to syntax: what was written and where, whether it means something or not.

use super::ExpressionError;

/// A piece of an expression and the character it begins at.
#[derive(Debug, PartialEq)]
pub(super) struct Syntax {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    /// `name`, `name(…)`, `name(…).output`; the name in lower case.
    Call {
        name: String,
        arguments: Vec<Argument>,
        output: Option<String>,
    },
}

/// One argument of a call, with its keyword if it has one.
#[derive(Debug, PartialEq)]
pub(super) struct Argument {
    pub(super) at: usize,
    pub(super) keyword: Option<String>,
    pub(super) value: Syntax,
}

/// Deeper nesting than anyone writes; a bound, so that no text overflows the stack.
const DEEPEST: usize = 32;

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Syntax, ExpressionError> {
    let mut parser = Parser { text, at: 0 };
    let syntax = parser.expression(0)?;
    match parser.peek() {
        None => Ok(syntax),
        Some(_) => Err(parser.error("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character that is not a space.
    fn peek(&mut self) -> Option<char> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
        self.at += end;
        word
    }

    fn name(&mut self) -> String {
        self.word(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn error(&self, expected: &'static str) -> ExpressionError {
        let found = match self.rest().chars().next() {
            Some(c) => format!("`{c}`"),
            None => "the end".to_owned(),
        };
        ExpressionError::Syntax { at: self.at + 1, expected, found }
    }

    fn expression(&mut self, depth: usize) -> Result<Syntax, ExpressionError> {
        let first = self.peek();
        let at = self.at;
        if depth > DEEPEST {
            return Err(ExpressionError::TooDeep { at: at + 1, deepest: DEEPEST });
        }
        let kind = match first {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.call(depth)?,
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => self.number()?,
            _ => return Err(self.error("a name or a number")),
        };
        Ok(Syntax { at, kind })
    }

    fn number(&mut self) -> Result<Kind, ExpressionError> {
        let at = self.at;
        let word = self.word(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Kind::Number(number)),
            _ => Err(ExpressionError::Syntax {
                at: at + 1,
                expected: "a number",
                found: format!("`{word}`"),
            }),
        }
    }

    fn call(&mut self, depth: usize) -> Result<Kind, ExpressionError> {
        let name = self.name();
        let mut arguments = Vec::new();
        if self.take('(') && !self.take(')') {
            loop {
                arguments.push(self.argument(depth)?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return Err(self.error("`,` or `)`"));
                }
            }
        }
        let output = match self.take('.') {
            true => Some(self.name()),
            false => None,
        };
        Ok(Kind::Call { name, arguments, output })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, ExpressionError> {
        self.peek();
        let at = self.at;
        let name = self.name();
        if !name.is_empty() && self.take('=') {
            return Ok(Argument { at, keyword: Some(name), value: self.expression(depth + 1)? });
        }
        self.at = at;
        Ok(Argument { at, keyword: None, value: self.expression(depth + 1)? })
    }
}
