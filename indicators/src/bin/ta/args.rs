//! The options of `ta`, and what is said in one line when they are wrong.

use crate::backend::Backend;
use crate::failure::Failure;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Technical indicators over CSV files
#[derive(Debug, Parser)]
#[command(name = "ta", version, disable_help_subcommand = true, arg_required_else_help = false)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every indicator with its parameters and outputs
    List {
        /// As a JSON array of {name, group, title, inputs, params: [{name, kind, default, min,
        /// max}], outputs, unstable_period}; a kind of moving average by its number
        #[arg(long)]
        json: bool,
        /// Whose indicators
        #[arg(long, value_enum, default_value_t)]
        backend: Backend,
    },
    /// Append indicators to the bars in a CSV file
    ///
    /// The file has a header with the columns that the expressions read, of open, high, low, close
    /// and volume, in any order and case. Every column is written as it was, and after them one
    /// for each output of each expression, empty before its first value.
    Compute(Compute),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compute {
    /// What to compute, such as 'rsi(close, 14)'; may be given several times
    #[arg(long = "expr", value_name = "EXPRESSION", required = true)]
    pub(crate) expressions: Vec<String>,
    /// Who computes. With a snapshot, or in a build without the streams of TA-Lib 0.8, talib keeps
    /// every row, and computes from the first one on for each
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: Backend,
    /// Read the whole file before computing; gives the same output
    #[arg(long)]
    pub(crate) batch: bool,
    /// Start where the run that wrote this snapshot stopped
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot_in: Option<PathBuf>,
    /// Write a snapshot after the last row, of all expressions; not written when the run fails, or
    /// nobody reads its output to the end
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot_out: Option<PathBuf>,
    /// The CSV file, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
}

/// `None` when help or the version was asked for, and has been shown.
pub(crate) fn parse() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(shown)
            if matches!(shown.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            shown.print().map_err(Failure::Output)?;
            Ok(None)
        }
        Err(error) => Err(Failure::Arguments(first_paragraph(&error.render().to_string()))),
    }
}

/// What is wrong; usage and tips are in the paragraphs after it.
fn first_paragraph(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let paragraph = lines.collect::<Vec<_>>().join(" ");
    paragraph.strip_prefix("error: ").unwrap_or(&paragraph).to_owned()
}
