//! The command line and environment of a source, and the source they choose.
//! Nothing else reads either.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pipeline::source::Source;

use crate::kraken::{Kraken, KrakenError, REST_URL, Timing, WS_URL};
use crate::pace::Speed;
use crate::pair::Pair;
use crate::replay::Replay;
use crate::synthetic::{Synthetic, SyntheticError};

/// The kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// A file of recorded trades.
    Replay,
    /// A made-up market.
    Synthetic,
    /// Kraken's live trades.
    Kraken,
}

/// Where trades come from. To be flattened into a program's own arguments.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Source of trades")]
pub struct SourceArgs {
    /// Where trades come from; `replay` takes a FILE
    #[arg(long, env = "TRADES_SOURCE")]
    pub source: Option<SourceKind>,

    /// The recording to replay: CSV with a header (trade_id, timestamp_ms, side, price, quantity), or Kraken's history
    #[arg(value_name = "FILE", env = "TRADES_FILE")]
    pub file: Option<PathBuf>,

    /// The pairs, such as XRP/ETH, separated by commas: one for replay, the ones to follow for kraken, a choice for synthetic
    #[arg(
        long,
        visible_alias = "pair",
        env = "PAIRS",
        value_name = "BASE/QUOTE",
        value_delimiter = ','
    )]
    pub pairs: Vec<Pair>,

    /// How fast replayed or synthetic time runs: 1x, 10x, any factor, or max
    #[arg(long, env = "SPEED", default_value = "1x")]
    pub speed: Speed,

    /// The synthetic market's seed: the same seed gives the same market
    #[arg(long, env = "SEED", default_value_t = 42)]
    pub seed: u64,

    /// Ends the synthetic market after so many trades
    #[arg(long, env = "TRADES_LIMIT", value_name = "N")]
    pub trades: Option<u64>,

    /// Kraken's WebSocket v2 address
    #[arg(long, env = "KRAKEN_WS_URL", value_name = "URL", default_value = WS_URL)]
    pub kraken_ws_url: String,

    /// Kraken's REST address: where trades are asked for that were missed while away
    #[arg(long, env = "KRAKEN_REST_URL", value_name = "URL", default_value = REST_URL)]
    pub kraken_rest_url: String,

    /// How far back Kraken's trades of a pair begin that is followed for the first
    /// time, such as 2h or 30min; a pair that was followed before goes on where it was
    #[arg(long, env = "KRAKEN_SINCE", value_name = "DURATION", value_parser = past)]
    pub since: Option<Duration>,
}

fn past(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(past) if past <= LONGEST_PAST => Ok(past),
        Ok(_) => Err("expected 30days at most".to_owned()),
        Err(error) => Err(format!("{error}, expected such as 2h or 30min")),
    }
}

/// A thousand trades a second: a month of a busy pair takes hours.
const LONGEST_PAST: Duration = Duration::from_secs(30 * 86_400);

/// The arguments do not make a source.
#[derive(Debug, thiserror::Error)]
pub enum ArgsError {
    /// No source was chosen.
    #[error("--source (TRADES_SOURCE) is missing, expected replay FILE, synthetic or kraken")]
    NoSource,
    /// A replay of nothing.
    #[error("FILE (TRADES_FILE) is missing, expected --source replay FILE")]
    NoFile,
    /// A recording holds one pair, and does not say which.
    #[error("--pairs (PAIRS) has {0} pairs, expected the one that the replayed file is of")]
    NotOnePair(usize),
    /// Kraken without pairs.
    #[error("--pairs (PAIRS) is missing, expected the pairs to follow, such as BTC/EUR,ETH/EUR")]
    NoPairs,
    /// Pairs that the synthetic market does not have.
    #[error("--pairs (PAIRS): {0}")]
    Synthetic(#[from] SyntheticError),
    /// The past of a source that has none.
    #[error("--since (KRAKEN_SINCE) is for --source kraken only")]
    NoPast,
    /// An address that is none.
    #[error("--kraken-ws-url (KRAKEN_WS_URL): {0}")]
    Kraken(#[from] KrakenError),
    /// Another address that is none.
    #[error("--kraken-rest-url (KRAKEN_REST_URL): {0}")]
    KrakenRest(KrakenError),
}

/// The source that the arguments choose. A missing file, or a pair that Kraken
/// does not know, shows when it runs.
///
/// # Errors
/// Arguments that are missing or do not fit together, in one line that names
/// the option and the variable.
pub fn source(args: &SourceArgs) -> Result<Box<dyn Source>, ArgsError> {
    let mut pairs: Vec<Pair> = Vec::new();
    for pair in &args.pairs {
        if !pairs.contains(pair) {
            pairs.push(pair.clone());
        }
    }
    let source = args.source.ok_or(ArgsError::NoSource)?;
    if args.since.is_some() && source != SourceKind::Kraken {
        return Err(ArgsError::NoPast);
    }
    match source {
        SourceKind::Replay => {
            let path = args.file.clone().ok_or(ArgsError::NoFile)?;
            let [pair] = pairs.as_slice() else {
                return Err(ArgsError::NotOnePair(pairs.len()));
            };
            Ok(Box::new(Replay { path, pair: pair.clone(), speed: args.speed }))
        }
        SourceKind::Synthetic => {
            let market = Synthetic::new(&pairs, args.seed, args.speed, args.trades)?;
            Ok(Box::new(market))
        }
        SourceKind::Kraken if pairs.is_empty() => Err(ArgsError::NoPairs),
        SourceKind::Kraken => {
            let kraken = Kraken::new(pairs, &args.kraken_ws_url, Timing::default())?;
            let kraken = kraken.with_past(&args.kraken_rest_url, args.since);
            Ok(Box::new(kraken.map_err(ArgsError::KrakenRest)?))
        }
    }
}
