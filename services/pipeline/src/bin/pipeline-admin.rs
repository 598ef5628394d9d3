//! The program `pipeline-admin`: looks into the dead-letter topics, and sends
//! back what can be read by now.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use pipeline::dead_letters::{self, Filter, Letter};
use pipeline::{ConnectionArgs, Error, KafkaConfig, Shutdown, cli};
use serde_json::{Value, json};

/// Looks after the topics of the pipeline.
#[derive(Parser)]
#[command(version, name = "pipeline-admin")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Dead letters: messages that a service could not read
    #[command(subcommand)]
    Dlq(Dlq),
}

#[derive(Subcommand)]
enum Dlq {
    /// Shows what is in a dead-letter topic and why, one line each
    List {
        #[command(flatten)]
        letters: Letters,
        /// Show no more than this many
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        /// One JSON object a line, with headers and value
        #[arg(long)]
        json: bool,
    },
    /// Sends letters back to the topic and partition that they came from, key,
    /// value and headers as they were, each once
    ///
    /// Do it when what was wrong is mended: after an update of the service, or
    /// with the schema registry set up. What still cannot be read becomes a new
    /// letter. Letters that have gone back are marked in TOPIC.redriven, in the
    /// same transaction: a run that was killed, or is repeated, sends none twice.
    /// They go to the end of their partition, after messages that were once
    /// behind them; a trade whose candle has closed meanwhile is late.
    ///
    /// Late trades (TOPIC.late) are refused: they would be late again. Replay the
    /// trades into another KAFKA_CONSUMER_GROUP with a larger CANDLE_GRACE_MS.
    #[command(verbatim_doc_comment)]
    Redrive {
        #[command(flatten)]
        letters: Letters,
        /// Only count
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which letters are meant.
#[derive(Args)]
struct Letters {
    /// The dead-letter topic, such as trades.dlq; `trades` means that too
    topic: String,
    /// Only in this partition of it
    #[arg(long, value_name = "N")]
    partition: Option<i32>,
    /// Only these offsets of it: 17, 17-20, 17- or -20
    #[arg(long, value_name = "FROM-TO", value_parser = offsets, allow_hyphen_values = true)]
    offsets: Option<(Option<i64>, Option<i64>)>,
    /// Only with this text in the reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only from this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

fn offsets(text: &str) -> Result<(Option<i64>, Option<i64>), String> {
    let number = |text: &str| match text {
        "" => Ok(None),
        digits => digits
            .parse()
            .map(Some)
            .map_err(|_| format!("'{digits}' is no offset, expected 17, 17-20, 17- or -20")),
    };
    match text.split_once('-') {
        None => number(text).map(|only| (only, only)),
        Some((from, to)) => Ok((number(from)?, number(to)?)),
    }
}

impl Letters {
    fn resolve(self) -> Result<(KafkaConfig, String, Filter), Error> {
        let is_whole = [".dlq", ".late"].iter().any(|end| self.topic.ends_with(end));
        let topic = if is_whole { self.topic } else { format!("{}.dlq", self.topic) };
        let (from_offset, to_offset) = self.offsets.unwrap_or_default();
        let filter = Filter {
            partition: self.partition,
            from_offset,
            to_offset,
            reason: self.reason,
            service: self.service,
        };
        Ok((self.connection.resolve(dead_letters::DEFAULTS)?, topic, filter))
    }
}

fn run(options: Options, _: &Shutdown) -> Result<(), Error> {
    let Command::Dlq(command) = options.command;
    match command {
        Dlq::List { letters, limit, json } => {
            let (config, topic, filter) = letters.resolve()?;
            let mut left = limit.unwrap_or(u64::MAX);
            let mut out = std::io::stdout().lock();
            dead_letters::list(&config, &topic, &filter, &mut |letter| {
                if left == 0 {
                    return false;
                }
                left -= 1;
                let line = if json { as_json(&letter).to_string() } else { as_text(&letter) };
                // Whoever reads this may have seen enough.
                writeln!(out, "{line}").is_ok() && left > 0
            })
        }
        Dlq::Redrive { letters, dry_run } => {
            let (config, topic, filter) = letters.resolve()?;
            let report = dead_letters::redrive(&config, &topic, &filter, dry_run)?;
            let verb = if dry_run { "would go back" } else { "went back" };
            println!(
                "{}: {} letters {verb}; of {} that match, {} had before and {} cannot",
                topic, report.sent, report.matched, report.before, report.unusable
            );
            Ok(())
        }
    }
}

fn as_text(letter: &Letter) -> String {
    let mut line = format!("{}/{}", letter.partition, letter.offset);
    // Writing to a string cannot fail.
    let _ = match &letter.origin {
        Ok(from) => write!(line, " from {} {}/{}", from.topic, from.partition, from.offset),
        Err(problem) => write!(line, " from somewhere: {problem}"),
    };
    let key = letter.key.as_deref().map_or("none".into(), String::from_utf8_lossy);
    let length = letter.payload.as_ref().map_or(0, Vec::len);
    let (service, version) = (letter.label("service"), letter.label("version"));
    let again = if letter.redriven { ", re-driven" } else { "" };
    let _ = write!(line, ", key {key:?}, {length} bytes, {service} {version}{again}");
    let _ = write!(line, ": {}", letter.label("reason"));
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn as_json(letter: &Letter) -> Value {
    let said: serde_json::Map<String, Value> =
        letter.labels.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    let headers: Vec<Value> = letter
        .headers
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": bytes(value.as_deref()) }))
        .collect();
    let origin = match &letter.origin {
        Ok(from) => json!({
            "topic": from.topic,
            "partition": from.partition,
            "offset": from.offset,
            "timestamp_ms": from.timestamp_ms,
        }),
        Err(problem) => json!({ "problem": problem }),
    };
    json!({
        "partition": letter.partition,
        "offset": letter.offset,
        "written_ms": letter.written_ms,
        "from": origin,
        "said": said,
        "redriven": letter.redriven,
        "key": bytes(letter.key.as_deref()),
        "headers": headers,
        "value": bytes(letter.payload.as_deref()),
    })
}

/// Text as text, other bytes in hexadecimal digits.
fn bytes(bytes: Option<&[u8]>) -> Value {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => text.into(),
        Some((bytes, Err(_))) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "hex": digits })
        }
    }
}

fn main() -> ExitCode {
    cli::main(|_| "warn".to_owned(), run)
}
