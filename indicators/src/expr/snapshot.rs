//! Saving an expression's whole state as bytes, and taking it up again: what a
//! service writes to a changelog and a backtest to a file.

use super::{Expression, ExpressionError};
use crate::erased::StateError;
use crate::origin::FORMAT;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A snapshot that cannot be made or restored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes are no snapshot.
    #[error("the snapshot cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with them.
        reason: String,
    },
    /// The snapshot is of another format.
    #[error("the snapshot has format version {found}, expected {FORMAT}")]
    OtherFormat {
        /// The version in the snapshot.
        found: u32,
    },
    /// The snapshot is of another expression.
    #[error("the snapshot is of `{found}`, expected `{expected}`")]
    OtherExpression {
        /// The expression in the snapshot.
        found: String,
        /// The expression that was to take it.
        expected: String,
    },
    /// The state of one of the indicators does not fit.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What a snapshot holds. The format comes first, alone, so that it can be read
/// whatever follows.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    expression: &'a str,
    #[serde(borrow)]
    states: Vec<&'a [u8]>,
}

impl Expression {
    /// The whole state as bytes, with the expression's canonical form and a
    /// format version.
    ///
    /// # Errors
    /// When a function of the expression is a stream of the C library
    /// (`talib::streams`), which cannot be saved. This crate's own indicators always can.
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        let mut saved = Vec::new();
        self.root.for_each(&mut |indicator| saved.push(indicator.save()));
        let states = saved.into_iter().collect::<Result<Vec<_>, _>>()?;
        let expression = self.to_string();
        let states = states.iter().map(Vec::as_slice).collect();
        let body = Body { expression: &expression, states };
        postcard::to_stdvec(&(FORMAT, body))
            .map_err(|error| SnapshotError::Unreadable { reason: error.to_string() })
    }

    /// The expression in a snapshot, made of this crate's own indicators, with
    /// its state.
    ///
    /// # Errors
    /// When the snapshot is of an unknown format or damaged, of the C library's
    /// functions, or holds an expression that this version cannot make.
    pub fn from_snapshot(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let body = read(snapshot)?;
        let unknown = |error: ExpressionError| {
            let reason = format!("`{}`: {error}", body.expression);
            SnapshotError::Unreadable { reason }
        };
        let mut expression: Self = body.expression.parse().map_err(unknown)?;
        expression.take_over(body)?;
        Ok(expression)
    }

    /// Takes over the state in a snapshot, and goes on as if never stopped: the
    /// values are the same to the last bit.
    ///
    /// # Errors
    /// When the snapshot is of another expression, of the same one in another
    /// backend, of an unknown format, or damaged. The expression is then as it was.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        self.take_over(read(snapshot)?)
    }

    fn take_over(&mut self, body: Body<'_>) -> Result<(), SnapshotError> {
        let expected = self.to_string();
        if body.expression != expected {
            let found = body.expression.to_owned();
            return Err(SnapshotError::OtherExpression { found, expected });
        }
        let mut states = body.states.into_iter();
        let mut restored = self.root.clone();
        restored.for_each_mut(&mut |indicator| match states.next() {
            Some(state) => Ok(indicator.load(state)?),
            None => {
                let reason = "it ends too soon".to_owned();
                Err(SnapshotError::Unreadable { reason })
            }
        })?;
        if states.next().is_some() {
            let reason = "it holds more states than the expression has indicators".to_owned();
            return Err(SnapshotError::Unreadable { reason });
        }
        self.root = restored;
        Ok(())
    }
}

fn read(snapshot: &[u8]) -> Result<Body<'_>, SnapshotError> {
    let unreadable = |error: postcard::Error| {
        let reason = error.to_string();
        SnapshotError::Unreadable { reason }
    };
    let (found, body) = postcard::take_from_bytes::<u32>(snapshot).map_err(unreadable)?;
    if found != FORMAT {
        return Err(SnapshotError::OtherFormat { found });
    }
    let (body, rest) = postcard::take_from_bytes(body).map_err(unreadable)?;
    match rest.len() {
        0 => Ok(body),
        more => {
            let reason = format!("it goes on for {more} bytes after its end");
            Err(SnapshotError::Unreadable { reason })
        }
    }
}

/// As its snapshot.
impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.snapshot().map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// See [`Expression::from_snapshot`].
impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_snapshot(&Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
