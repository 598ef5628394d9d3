//! `ta compute`: rows in, the same rows with the outputs of the expressions out.
//! Row by row in one pass, or with `--batch` all at once; what comes out is the
//! same.

use crate::args::Compute;
use crate::bars::{BarsError, Columns};
use crate::failure::Failure;
use crate::records::{Record, Records};
use crate::{number, saved};
use indicators::catalog::Row;
use indicators::{Bar, Expression};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

pub(crate) fn run(arguments: &Compute, output: &mut impl Write) -> Result<(), Failure> {
    let saved = arguments.snapshot_in.is_some() || arguments.snapshot_out.is_some();
    let rows = match saved || arguments.batch {
        true => arguments.backend.rows()?,
        false => arguments.backend.rows_to_run_only()?,
    };
    let mut expressions = parse(&arguments.expressions, &rows)?;
    if let Some(path) = &arguments.snapshot_out {
        saved::check(path, &arguments.file)?;
    }
    if let Some(path) = &arguments.snapshot_in {
        saved::read(path, arguments.backend, &mut expressions)?;
    }
    let mut rows = Rows::open(arguments, &expressions)?;
    let Some(path) = &arguments.snapshot_out else {
        return append(&mut rows, &mut expressions, arguments.batch, output);
    };
    match append(&mut rows, &mut expressions, arguments.batch, output) {
        Ok(()) => saved::write(path, arguments.backend, &expressions),
        // Whoever has read enough still counts on the snapshot.
        Err(Failure::Output(error)) => Err(Failure::NotSaved { path: path.clone(), error }),
        Err(failure) => Err(failure),
    }
}

/// Writes every row with what the expressions give for it.
fn append(
    rows: &mut Rows,
    expressions: &mut [Expression],
    at_once: bool,
    output: &mut impl Write,
) -> Result<(), Failure> {
    rows.write_header(expressions, output)?;
    match at_once {
        true => batch(rows, expressions, output)?,
        false => stream(rows, expressions, output)?,
    }
    output.flush().map_err(Failure::Output)?;
    match expressions.iter().find_map(Expression::failure) {
        Some(failure) => Err(Failure::Library(failure)),
        None => Ok(()),
    }
}

fn parse(texts: &[String], rows: &[&'static Row]) -> Result<Vec<Expression>, Failure> {
    let mut expressions: Vec<Expression> = Vec::new();
    let mut names = Vec::new();
    for text in texts {
        let expression = Expression::with_catalog(text, rows)
            .map_err(|error| Failure::Expression { text: text.clone(), error })?;
        for name in columns(&expression) {
            if names.contains(&name) {
                return Err(Failure::Twice { text: text.clone(), name });
            }
            names.push(name);
        }
        expressions.push(expression);
    }
    Ok(expressions)
}

/// The names of the columns that an expression gives.
fn columns(expression: &Expression) -> Vec<String> {
    match expression.fields() {
        [_] => vec![expression.to_string()],
        fields => fields.iter().map(|field| format!("{expression}.{}", field.name)).collect(),
    }
}

/// The rows of the input as bars, with their text.
struct Rows {
    file: String,
    records: Records<BufReader<Box<dyn Read>>>,
    header: Record,
    columns: Columns,
}

impl Rows {
    fn open(arguments: &Compute, expressions: &[Expression]) -> Result<Self, Failure> {
        let (file, input): (_, Box<dyn Read>) = match arguments.file.to_str() {
            Some("-") => ("stdin".to_owned(), Box::new(io::stdin())),
            _ => {
                let file = arguments.file.display().to_string();
                match File::open(&arguments.file) {
                    Ok(input) => (file, Box::new(input)),
                    Err(error) => return Err(Failure::Open { file, error }),
                }
            }
        };
        let mut records = Records::new(BufReader::with_capacity(1 << 16, input));
        let mut header = Record::default();
        let appended: Vec<String> = expressions.iter().flat_map(columns).collect();
        let columns = match records.read(&mut header) {
            Ok(true) => Columns::find(&header, expressions, &appended),
            Ok(false) => Err(BarsError::NoHeader),
            Err(error) => return Err(Failure::Records { file, error }),
        };
        match columns {
            Ok(columns) => Ok(Self { file, records, header, columns }),
            Err(error) => Err(Failure::Bars { file, line: 1, error }),
        }
    }

    /// Reads the next row into `record`.
    fn next(&mut self, record: &mut Record) -> Result<Option<Bar>, Failure> {
        match self.records.read(record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(Failure::Records { file: self.file.clone(), error }),
        }
        let bar = self.columns.bar(record).map_err(|error| {
            let (file, line) = (self.file.clone(), record.line);
            Failure::Bars { file, line, error }
        })?;
        Ok(Some(bar))
    }

    /// Whether the next row has yet to come from the file or the pipe.
    fn would_wait(&self) -> bool {
        self.records.input().buffer().is_empty()
    }

    fn write_header(
        &self,
        expressions: &[Expression],
        output: &mut impl Write,
    ) -> Result<(), Failure> {
        let mut line = self.header.text().to_vec();
        for name in expressions.iter().flat_map(columns) {
            // Names hold commas, never quotes.
            let quote = if name.contains(',') { "\"" } else { "" };
            line.extend(format!(",{quote}{name}{quote}").into_bytes());
        }
        line.extend(self.line_end(&self.header));
        output.write_all(&line).map_err(Failure::Output)
    }

    /// The row's own line end, or the header's where the file ends without one.
    fn line_end<'a>(&'a self, record: &'a Record) -> &'a [u8] {
        match (record.line_end(), self.header.line_end()) {
            (b"", b"") => b"\n",
            (b"", header) => header,
            (own, _) => own,
        }
    }
}

fn stream(
    rows: &mut Rows,
    expressions: &mut [Expression],
    output: &mut impl Write,
) -> Result<(), Failure> {
    let mut record = Record::default();
    let mut line = Vec::new();
    loop {
        if rows.would_wait() {
            output.flush().map_err(Failure::Output)?;
        }
        let Some(bar) = rows.next(&mut record)? else { return Ok(()) };
        line.clear();
        line.extend(record.text());
        for expression in &mut *expressions {
            let values = expression.update(&bar);
            for index in 0..expression.fields().len() {
                let value = values.and_then(|values| values.get(index).copied());
                write_cell(&mut line, value.unwrap_or(f64::NAN)).map_err(Failure::Output)?;
            }
        }
        line.extend(rows.line_end(&record));
        output.write_all(&line).map_err(Failure::Output)?;
    }
}

fn batch(
    rows: &mut Rows,
    expressions: &mut [Expression],
    output: &mut impl Write,
) -> Result<(), Failure> {
    let mut record = Record::default();
    let (mut text, mut bars) = (Vec::new(), Vec::new());
    // Where the cells of each row end in the text, and where its line ends.
    let mut ends = Vec::new();
    // What went wrong is said after the rows before it have been written.
    let end = loop {
        match rows.next(&mut record) {
            Ok(Some(bar)) => bars.push(bar),
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        }
        text.extend(record.text());
        let cells_end = text.len();
        text.extend(rows.line_end(&record));
        ends.push((cells_end, text.len()));
    };
    let mut columns = Vec::new();
    for expression in expressions {
        let mut outputs = vec![vec![0.0; bars.len()]; expression.fields().len()];
        let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        expression.batch(&bars, &mut filled)?;
        columns.extend(outputs);
    }
    let mut line = Vec::new();
    let mut start = 0;
    for (t, (cells_end, line_end)) in ends.into_iter().enumerate() {
        line.clear();
        line.extend(text.get(start..cells_end).unwrap_or_default());
        for column in &columns {
            let value = column.get(t).copied().unwrap_or(f64::NAN);
            write_cell(&mut line, value).map_err(Failure::Output)?;
        }
        line.extend(text.get(cells_end..line_end).unwrap_or_default());
        output.write_all(&line).map_err(Failure::Output)?;
        start = line_end;
    }
    end
}

fn write_cell(line: &mut Vec<u8>, value: f64) -> io::Result<()> {
    line.push(b',');
    number::write(line, value)
}
