//! Text to syntax: what was written and where, whether it means something or not.

use super::ExpressionError;

/// A piece of an expression and the character it begins at, counted from 1.
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
    let mut parser = Parser { rest: text, at: 1 };
    let syntax = parser.expression(0)?;
    match parser.peek() {
        None => Ok(syntax),
        Some(_) => Err(parser.error("the end")),
    }
}

#[derive(Clone, Copy)]
struct Parser<'a> {
    /// What has not been read yet.
    rest: &'a str,
    /// The character that it begins at, counted from 1.
    at: usize,
}

impl<'a> Parser<'a> {
    /// Reads as many bytes, which end with a character.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (read, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.at += read.chars().count();
        self.rest = rest;
        read
    }

    /// The next character that is not a space.
    fn peek(&mut self) -> Option<char> {
        self.advance(self.rest.len() - self.rest.trim_start().len());
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.advance(wanted.len_utf8());
        }
        found
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        self.advance(end).to_ascii_lowercase()
    }

    fn name(&mut self) -> String {
        self.word(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn error(&self, expected: &'static str) -> ExpressionError {
        let found = match self.rest.chars().next() {
            Some(c) => format!("`{c}`"),
            None => "the end".to_owned(),
        };
        ExpressionError::Syntax { at: self.at, expected, found }
    }

    fn expression(&mut self, depth: usize) -> Result<Syntax, ExpressionError> {
        let first = self.peek();
        let at = self.at;
        if depth > DEEPEST {
            return Err(ExpressionError::TooDeep { at, deepest: DEEPEST });
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
                at,
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
        let begin = *self;
        let name = self.name();
        let keyword = (!name.is_empty() && self.take('=')).then_some(name);
        if keyword.is_none() {
            *self = begin;
        }
        Ok(Argument { at: begin.at, keyword, value: self.expression(depth + 1)? })
    }
}
