//! The snapshot of a run: the backend, and the snapshots of all its expressions,
//! in one file with a format version of its own.

use crate::backend::Backend;
use crate::failure::{Failure, SavedError};
use indicators::Expression;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What a file begins with, so that another file is told from a later format.
const MARK: &[u8] = b"ta compute\n";

/// The format of the files that this version writes, and reads.
const FORMAT: u32 = 1;

/// What follows the mark and the format version.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    backend: &'a str,
    #[serde(borrow)]
    expressions: Vec<(&'a str, &'a [u8])>,
}

/// Takes up the states in a file; `expressions` are those that wrote it.
pub(crate) fn read(
    path: &Path,
    backend: Backend,
    expressions: &mut [Expression],
) -> Result<(), Failure> {
    let bytes = fs::read(path).map_err(SavedError::from);
    let restored = bytes.and_then(|bytes| restore(&bytes, backend, expressions));
    restored.map_err(|error| Failure::Saved { path: path.to_owned(), error })
}

fn restore(
    bytes: &[u8],
    backend: Backend,
    expressions: &mut [Expression],
) -> Result<(), SavedError> {
    let bytes = bytes.strip_prefix(MARK).ok_or(SavedError::Unreadable)?;
    let (found, body) =
        postcard::take_from_bytes::<u32>(bytes).map_err(|_| SavedError::Unreadable)?;
    if found != FORMAT {
        return Err(SavedError::OtherFormat { found, expected: FORMAT });
    }
    let (body, rest) =
        postcard::take_from_bytes::<Body<'_>>(body).map_err(|_| SavedError::Unreadable)?;
    if !rest.is_empty() {
        return Err(SavedError::TooLong { more: rest.len() });
    }
    if body.backend != backend.name() {
        let found = body.backend.to_owned();
        return Err(SavedError::OtherBackend { found, expected: backend.name() });
    }
    let names: Vec<&str> = body.expressions.iter().map(|(name, _)| *name).collect();
    if !names.iter().copied().eq(expressions.iter().map(Expression::to_string)) {
        return Err(SavedError::other_expressions(&names, expressions));
    }
    for (expression, (_, snapshot)) in expressions.iter_mut().zip(&body.expressions) {
        expression.restore(snapshot)?;
    }
    Ok(())
}

/// Refuses a place where no snapshot of a run over `input` can go, as far as that
/// can be known before the run.
pub(crate) fn check(path: &Path, input: &Path) -> Result<(), Failure> {
    // What standard input is redirected from has a name too, on Unix.
    let input = if input == Path::new("-") { Path::new("/dev/stdin") } else { input };
    let is_input = fs::canonicalize(path).is_ok_and(|path| {
        path.is_file() && fs::canonicalize(input).is_ok_and(|input| input == path)
    });
    let refused = match is_input {
        true => Err(SavedError::IsInput),
        false => try_place(path).map_err(SavedError::from),
    };
    refused.map_err(|error| Failure::Saved { path: path.to_owned(), error })
}

/// Whether the new file could be begun. What is no file cannot be tried.
fn try_place(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(()),
        _ => {
            let (_, partial) = places(path);
            fs::write(&partial, [])?;
            fs::remove_file(&partial)
        }
    }
}

/// Writes the states to a file, whole or not at all.
pub(crate) fn write(
    path: &Path,
    backend: Backend,
    expressions: &[Expression],
) -> Result<(), Failure> {
    let states = expressions.iter().map(|one| Ok((one.to_string(), one.snapshot()?)));
    let states: Result<Vec<(String, Vec<u8>)>, SavedError> = states.collect();
    let states = states.map_err(|error| Failure::Saved { path: path.to_owned(), error })?;
    let body = Body {
        backend: backend.name(),
        expressions: states.iter().map(|(name, state)| (name.as_str(), state.as_slice())).collect(),
    };
    let mut bytes = MARK.to_vec();
    // Strings and bytes always serialise.
    bytes.extend(postcard::to_stdvec(&(FORMAT, body)).unwrap_or_default());
    let failed = |error: io::Error| Failure::Saved { path: path.to_owned(), error: error.into() };
    replace(path, &bytes).map_err(failed)
}

/// Leaves the old file as it is until the new one is complete. What is no file,
/// such as a pipe, is written to.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, bytes);
    }
    let (path, partial) = places(path);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, &path));
    if written.is_err() {
        // Nothing better can be done about a file that is left over.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Where a file is, behind links, and where its next content is while it grows.
fn places(path: &Path) -> (PathBuf, PathBuf) {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut partial = path.clone().into_os_string();
    partial.push(format!(".{}", std::process::id()));
    (path, partial.into())
}
