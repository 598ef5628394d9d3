//! Command lines and the sources they choose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use clap::Parser;
use pipeline::cli::Refusal;
use trades::{SourceArgs, Speed, source};

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    source: SourceArgs,
    #[arg(long)]
    until_end: bool,
}

fn parse(line: &str) -> Result<SourceArgs, String> {
    Program::try_parse_from(["trades"].into_iter().chain(line.split_whitespace()))
        .map(|program| program.source)
        .map_err(|error| error.to_string())
}

fn chosen(line: &str) -> Result<String, String> {
    source(&parse(line)?).map(|source| source.name()).map_err(|error| error.to_string())
}

#[test]
fn command_lines_choose_their_source() {
    for (line, name) in [
        ("--source replay trades.csv --pair XRP/ETH --speed max", "replay:XRP/ETH:trades.csv"),
        (
            "--source replay trades.csv --pair XRP/ETH --speed max --until-end",
            "replay:XRP/ETH:trades.csv",
        ),
        ("--source=replay --pairs XRP/ETH,XRP/ETH trades.csv", "replay:XRP/ETH:trades.csv"),
        ("--source synthetic", "synthetic"),
        ("--source synthetic --seed 7 --trades 100 --pair BTC/EUR --pair ETH/EUR", "synthetic"),
        ("--source kraken --pairs BTC/EUR,ETH/EUR", "kraken"),
        ("--source kraken --pair BTC/EUR --kraken-ws-url ws://127.0.0.1:1/v2", "kraken"),
        ("--source kraken --pair BTC/EUR --since 2h", "kraken"),
        (
            "--source kraken --pair BTC/EUR --since 30min --kraken-rest-url http://127.0.0.1:1",
            "kraken",
        ),
    ] {
        assert_eq!(chosen(line).as_deref(), Ok(name), "{line}");
    }
    let args = parse("--source replay trades.csv --speed 10x --pairs A/B,C/D --pair E/F").unwrap();
    assert_eq!(args.speed, Speed::Times(10.0));
    assert_eq!(args.file.unwrap().to_str(), Some("trades.csv"));
    assert_eq!(args.pairs.len(), 3);
}

#[test]
fn what_does_not_fit_names_its_option() {
    for (line, message) in [
        ("", "--source (TRADES_SOURCE) is missing, expected replay FILE, synthetic or kraken"),
        (
            "--source replay --pair A/B",
            "FILE (TRADES_FILE) is missing, expected --source replay FILE",
        ),
        (
            "--source replay f",
            "--pairs (PAIRS) has 0 pairs, expected the one that the replayed file is of",
        ),
        (
            "--source replay f --pairs A/B,C/D",
            "--pairs (PAIRS) has 2 pairs, expected the one that the replayed file is of",
        ),
        (
            "--source kraken",
            "--pairs (PAIRS) is missing, expected the pairs to follow, such as BTC/EUR,ETH/EUR",
        ),
        (
            "--source kraken --pair A/B --kraken-ws-url http://x",
            "--kraken-ws-url (KRAKEN_WS_URL): \"http://x\" is not a WebSocket address (neither ws:// nor wss://), expected such as wss://ws.kraken.com/v2",
        ),
        (
            "--source kraken --pair A/B --kraken-rest-url ws://x",
            "--kraken-rest-url (KRAKEN_REST_URL): \"ws://x\" is not an address of a web server (neither http:// nor https://), expected such as https://api.kraken.com",
        ),
        ("--source synthetic --since 2h", "--since (KRAKEN_SINCE) is for --source kraken only"),
        (
            "--source synthetic --pair FOO/BAR",
            "--pairs (PAIRS): unknown pair FOO/BAR, expected some of BTC/EUR, ETH/EUR, SOL/EUR, XRP/ETH, ADA/BTC, DOGE/EUR",
        ),
    ] {
        assert_eq!(chosen(line), Err(message.to_owned()), "{line}");
    }
    assert!(
        chosen("--source kraken --pair A/B --kraken-ws-url //")
            .unwrap_err()
            .contains("KRAKEN_WS_URL")
    );
    for (line, option, reason) in [
        ("--source file", "--source", "replay, synthetic, kraken"),
        ("--speed fast", "--speed", "expected 1x, 10x"),
        ("--pairs btc", "--pairs", "expected BASE/QUOTE"),
        ("--seed x", "--seed", "invalid digit"),
        ("--since soon", "--since", "expected such as 2h or 30min"),
        ("--since 1y", "--since", "expected 30days at most"),
        ("--trades -1", "-1", "unexpected"),
    ] {
        let error = chosen(line).unwrap_err();
        assert!(error.contains(option) && error.contains(reason), "{error}");
    }
}

#[test]
fn what_cannot_be_read_names_its_variable_too() {
    for (line, named) in [
        ("--trades x", "TRADES_LIMIT: invalid value 'x' for '--trades <N>': "),
        ("--since 5", "KRAKEN_SINCE: invalid value '5' for '--since <DURATION>': "),
        ("--source x", "TRADES_SOURCE: invalid value 'x' for '--source <SOURCE>' [possible "),
        ("--pair btc", "PAIRS: invalid value 'btc' for '--pairs <BASE/QUOTE>': "),
    ] {
        let arguments = ["trades"].into_iter().chain(line.split_whitespace()).map(Into::into);
        let arguments: Vec<std::ffi::OsString> = arguments.collect();
        let Err(Refusal::Wrong(error)) = pipeline::cli::parse::<Program>(arguments) else {
            panic!("{line}");
        };
        assert!(error.starts_with(named), "{error}");
        assert!(!error.contains('\n') && !error.contains("--help"), "{error}");
    }
}
