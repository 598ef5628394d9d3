//! A function of the library at work in its own streaming form: in constant time and
//! memory, and not to be saved.

use super::handle::{self, Calls, Handle};
use super::library::{self, Description, Refused};
use super::reflection;
use crate::catalog::{Info, Row};
use crate::erased::{DynIndicator, StateError};
use crate::indicator::ColumnsError;
use crate::io::{Field, Values};
use crate::parameter::{Arguments, ParameterError};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Every function of the linked library, as [`rows`](super::rows) has it, but at work in
/// the library's own streaming form: each update in constant time, no bar kept after the
/// lookback. For that, its state cannot be saved: [`DynIndicator::save`] and
/// [`Expression::snapshot`](crate::Expression::snapshot) say so.
///
/// Needs TA-Lib 0.8, and the feature `talib-v0_8`.
pub fn streams() -> &'static [&'static Row] {
    static ROWS: LazyLock<Vec<&'static Row>> = LazyLock::new(|| {
        let streamed =
            reflection::rows().iter().filter(|row| handle::find(row.info.name).is_some());
        let stream = |row: &&'static Row| {
            let make = |row, arguments| Ok(Box::new(Stream::new(row, arguments)?) as _);
            &*Box::leak(Box::new(Row { make, ..**row }))
        };
        streamed.map(stream).collect()
    });
    &ROWS
}

/// A function of the library, with its stream once there is one.
#[derive(Debug)]
struct Stream {
    row: &'static Row,
    description: &'static Description,
    calls: &'static Calls,
    arguments: Arguments,
    /// Bars without values, those of the unstable period with them.
    lookback: usize,
    /// Bars that the library opens a stream over.
    history: usize,
    /// Bars taken in, as far as the lookback is not over.
    bars: usize,
    progress: Progress,
    /// The first call that the library refused, if it did: values are missing then.
    refused: Option<Refused>,
}

#[derive(Debug)]
enum Progress {
    /// The bars that a stream will be opened over, one column for each input.
    Waiting(Vec<Vec<f64>>),
    /// Locked by whoever looks ahead from a shared reference.
    Open(Mutex<Handle>),
    /// The library has refused to open a stream, or to copy it.
    Ended,
}

impl Stream {
    /// `arguments` have been checked against the row, and fit each other.
    ///
    /// # Errors
    /// When the library refuses them.
    fn new(row: &'static Row, arguments: Arguments) -> Result<Self, ParameterError> {
        let (description, lookback) = library::checked(row, &arguments)?;
        let calls = handle::find(row.info.name).ok_or_else(|| library::missing(row))?;
        Ok(Self {
            row,
            description,
            calls,
            lookback: lookback + arguments.unstable_period(),
            history: lookback + 1,
            arguments,
            bars: 0,
            progress: waiting(row),
            refused: None,
        })
    }

    fn is_good(&self, fields: &[f64]) -> bool {
        fields.len() == self.row.inputs.len() && fields.iter().all(|field| field.is_finite())
    }

    /// What the library gives for the next bar, lookback or not.
    fn advance(&mut self, fields: &[f64]) -> Result<Option<Values>, Refused> {
        match &mut self.progress {
            Progress::Open(handle) => {
                handle.get_mut().unwrap_or_else(PoisonError::into_inner).update(fields)
            }
            Progress::Waiting(columns) => {
                columns.iter_mut().zip(fields).for_each(|(column, field)| column.push(*field));
                if columns.first().is_some_and(|column| column.len() < self.history) {
                    return Ok(None);
                }
                let Progress::Waiting(columns) =
                    std::mem::replace(&mut self.progress, Progress::Ended)
                else {
                    return Ok(None);
                };
                let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
                let arguments = self.arguments.values();
                let (handle, values) =
                    Handle::open(self.description, self.calls, arguments, &columns)?;
                self.progress = Progress::Open(Mutex::new(handle));
                Ok(values)
            }
            Progress::Ended => Ok(None),
        }
    }
}

fn waiting(row: &Row) -> Progress {
    Progress::Waiting(vec![Vec::new(); row.inputs.len()])
}

impl Clone for Stream {
    fn clone(&self) -> Self {
        let mut refused = self.refused;
        let progress = match &self.progress {
            Progress::Waiting(columns) => Progress::Waiting(columns.clone()),
            Progress::Open(handle) => {
                match handle.lock().unwrap_or_else(PoisonError::into_inner).fork() {
                    Ok(handle) => Progress::Open(Mutex::new(handle)),
                    Err(reason) => {
                        refused.get_or_insert(reason);
                        Progress::Ended
                    }
                }
            }
            Progress::Ended => Progress::Ended,
        };
        Self { arguments: self.arguments.clone(), progress, refused, ..*self }
    }
}

impl DynIndicator for Stream {
    fn info(&self) -> &'static Info {
        self.row.info
    }

    fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    fn fields(&self) -> &'static [Field] {
        self.row.outputs
    }

    fn lookback(&self) -> usize {
        self.lookback
    }

    fn update(&mut self, fields: &[f64]) -> Option<Values> {
        if !self.is_good(fields) {
            return None;
        }
        let given = self.advance(fields);
        let over = self.bars >= self.lookback;
        self.bars += usize::from(!over);
        match given {
            Ok(values) => values.filter(|_| over),
            Err(reason) => {
                self.refused.get_or_insert(reason);
                None
            }
        }
    }

    fn peek(&self, fields: &[f64]) -> Option<Values> {
        if !self.is_good(fields) || self.bars < self.lookback {
            return None;
        }
        match &self.progress {
            Progress::Open(handle) => {
                handle.lock().unwrap_or_else(PoisonError::into_inner).peek(fields).ok()?
            }
            Progress::Waiting(_) => self.clone().update(fields),
            Progress::Ended => None,
        }
    }

    fn reset(&mut self) {
        (self.bars, self.progress, self.refused) = (0, waiting(self.row), None);
    }

    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let rows = super::checked_rows(self.row, inputs, outputs)?;
        let mut fields = Vec::with_capacity(inputs.len());
        for row in 0..rows {
            fields.clear();
            fields.extend(inputs.iter().filter_map(|column| column.get(row).copied()));
            let values = self.update(&fields);
            for (index, output) in outputs.iter_mut().enumerate() {
                let value = values.and_then(|values| values.get(index).copied());
                if let Some(slot) = output.get_mut(row) {
                    *slot = value.unwrap_or(f64::NAN);
                }
            }
        }
        Ok(())
    }

    fn boxed(&self) -> Box<dyn DynIndicator> {
        Box::new(self.clone())
    }

    fn save(&self) -> Result<Vec<u8>, StateError> {
        Err(StateError::NotSaved { indicator: self.row.info.name, reason: CANNOT_BE_SAVED })
    }

    fn load(&mut self, _: &[u8]) -> Result<(), StateError> {
        Err(StateError::NotSaved { indicator: self.row.info.name, reason: CANNOT_BE_SAVED })
    }

    fn failure(&self) -> Option<String> {
        self.refused.map(|refused| library::refusal(self.row.info.name, refused))
    }
}

const CANNOT_BE_SAVED: &str = "the C library's streams cannot be saved";
