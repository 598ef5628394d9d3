//! One page of Kraken's REST `Trades`: asked for no faster than the exchange
//! allows, and read without losing a digit. Source: Kraken API Center, "Get
//! Recent Trades". Which pages are needed is `backfill`'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pipeline::message::{Side, Trade};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until};

use super::KrakenError;
use crate::recording::seconds_as_ms;

/// Kraken's public address.
pub const REST_URL: &str = "https://api.kraken.com";

/// Trades of one pair, in the exchange's order.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) trades: Vec<Trade>,
    /// Where the next page begins, in nanoseconds since 1970 UTC.
    pub(super) last_ns: i64,
    /// Entries that are not trades, and why.
    pub(super) malformed: Vec<String>,
}

/// Why there is no page.
#[derive(Debug, PartialEq)]
pub(super) enum NoPage {
    /// It may work later.
    Later(String),
    /// Kraken will not answer this.
    Refused(String),
}

#[derive(Clone, Debug)]
pub(super) struct Rest {
    client: reqwest::Client,
    url: Url,
    pause: Duration,
    /// When the next request may be sent.
    free: Instant,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: Vec<String>,
    result: Option<BTreeMap<String, Box<RawValue>>>,
}

impl Rest {
    /// A client of `url`, usually [`REST_URL`], that sends a request every
    /// `pause` at most and waits `patience` for an answer.
    ///
    /// # Errors
    /// An address that is none of a web server.
    pub(super) fn new(url: &str, pause: Duration, patience: Duration) -> Result<Self, KrakenError> {
        let invalid = |reason: String| KrakenError::RestUrl { url: url.to_owned(), reason };
        let base = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(invalid("neither http:// nor https://".to_owned()));
        }
        let url = base.join("/0/public/Trades").map_err(|error| invalid(error.to_string()))?;
        // The same roots as for the WebSocket: an image need not have any.
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ));
        let tls = tls.with_safe_default_protocol_versions();
        let tls = tls.map_err(|error| invalid(error.to_string()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth())
            .user_agent(concat!("trades/", env!("CARGO_PKG_VERSION")))
            .timeout(patience)
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self { client, url, pause, free: Instant::now() })
    }

    /// The first trades of `pair` after `since_ns`, a thousand at most.
    pub(super) async fn page(&mut self, pair: &str, since_ns: i64) -> Result<Page, NoPage> {
        sleep_until(self.free).await;
        self.free = Instant::now() + self.pause;
        let since = since_ns.to_string();
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs([("pair", pair), ("since", &since), ("count", "1000")]);
        let later = |error: reqwest::Error| NoPage::Later(causes(&error));
        let answer = self.client.get(url).send().await.map_err(later)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(later)?;
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(NoPage::Later(format!("HTTP status {status}")));
        }
        read(&body, pair).map_err(|no_page| match no_page {
            // Not the exchange's words: something on the way to it.
            NoPage::Later(_) if !status.is_success() => {
                NoPage::Refused(format!("HTTP status {status}"))
            }
            other => other,
        })
    }
}

/// An error with what lies beneath it, which reqwest leaves out.
fn causes(error: &dyn std::error::Error) -> String {
    let beneath = std::iter::successors(error.source(), |error| error.source());
    beneath.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn read(body: &[u8], pair: &str) -> Result<Page, NoPage> {
    let unreadable = |what: String| NoPage::Later(format!("an answer that cannot be read: {what}"));
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    if let Some(error) = answer.error.iter().find(|error| error.starts_with('E')) {
        return Err(match is_temporary(error) {
            true => NoPage::Later(error.clone()),
            false => NoPage::Refused(error.clone()),
        });
    }
    let mut result = answer.result.ok_or_else(|| unreadable("no result".to_owned()))?;
    let last = result.remove("last").ok_or_else(|| unreadable("no last".to_owned()))?;
    let last_ns = last.get().trim_matches('"').parse();
    let last_ns = last_ns.map_err(|_| unreadable(format!("last is {last}")))?;
    // Under the pair's name, which Kraken may spell in another way.
    let (Some((_, entries)), true) = (result.pop_first(), result.is_empty()) else {
        return Err(unreadable("expected the trades of one pair".to_owned()));
    };
    let entries: Vec<&RawValue> =
        serde_json::from_str(entries.get()).map_err(|error| unreadable(error.to_string()))?;
    let mut page = Page { trades: Vec::new(), last_ns, malformed: Vec::new() };
    for entry in entries {
        match trade(entry, pair) {
            Ok(trade) => page.trades.push(trade),
            Err(reason) => page.malformed.push(format!("{reason} in {entry}")),
        }
    }
    Ok(page)
}

/// Kraken's errors that pass: too many requests, an engine that is busy or down.
fn is_temporary(error: &str) -> bool {
    let passing = ["EAPI:Rate limit", "EService:", "EGeneral:Internal", "EGeneral:Temporary"];
    passing.iter().any(|start| error.starts_with(start)) || error.contains("Too many requests")
}

fn trade(entry: &RawValue, pair: &str) -> Result<Trade, String> {
    type Entry<'a> = (String, String, &'a RawValue, String, String, String, i64);
    let (price, volume, time, side, _, _, trade_id): Entry<'_> =
        serde_json::from_str(entry.get()).map_err(|error| error.to_string())?;
    let positive = |name: &str, text: &str| {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
        number.ok_or_else(|| format!("{name} is not a positive number"))
    };
    Ok(Trade {
        pair: pair.to_owned(),
        price: positive("price", &price)?,
        quantity: positive("volume", &volume)?,
        side: match side.as_str() {
            "b" => Some(Side::Buy),
            "s" => Some(Side::Sell),
            _ => return Err("side is neither b nor s".to_owned()),
        },
        timestamp_ms: seconds_as_ms(time.get()).ok_or("time is not in seconds")?,
        trade_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As in Kraken's documentation.
    const ANSWER: &str = r#"{"error":[],"result":{"XXBTZUSD":[
        ["30243.40000","0.34507674",1688669597.8277369,"b","m","",61044952],
        ["30243.30000","0.00376960",1688669598.2804112,"s","l","",61044953],
        ["30243.30000","0.01235716",1688669602.698379,"s","m","",61044956]],
        "last":"1688671969993150842"}}"#;

    #[test]
    fn reads_the_documented_answer() {
        let page = read(ANSWER.as_bytes(), "BTC/USD").unwrap();
        assert_eq!(page.last_ns, 1_688_671_969_993_150_842);
        assert!(page.malformed.is_empty());
        assert_eq!(page.trades.len(), 3);
        let expected = Trade {
            pair: "BTC/USD".to_owned(),
            price: 30243.4,
            quantity: 0.34507674,
            side: Some(Side::Buy),
            timestamp_ms: 1_688_669_597_827,
            trade_id: 61_044_952,
        };
        assert_eq!(page.trades[0], expected);
    }

    #[test]
    fn milliseconds_are_those_of_the_digits_and_not_of_the_nearest_float() {
        for fraction in 0..1000 {
            let text = ANSWER.replace(".8277369", &format!(".{fraction:03}"));
            let page = read(text.as_bytes(), "A/B").unwrap();
            assert_eq!(page.trades[0].timestamp_ms, 1_688_669_597_000 + fraction);
        }
    }

    #[test]
    fn errors_are_sorted_into_those_that_pass_and_those_that_do_not() {
        for (error, passes) in [
            ("EAPI:Rate limit exceeded", true),
            ("EGeneral:Internal error", true),
            ("EGeneral:Temporary lockout", true),
            ("EService:Unavailable", true),
            ("EService:Busy", true),
            ("EService: Throttled: 1688669597", true),
            ("EQuery:Unknown asset pair", false),
            ("EGeneral:Invalid arguments", false),
            ("EGeneral:Unknown method", false),
        ] {
            let text = format!(r#"{{"error":["{error}"]}}"#);
            let expected = match passes {
                true => NoPage::Later(error.to_owned()),
                false => NoPage::Refused(error.to_owned()),
            };
            assert_eq!(read(text.as_bytes(), "A/B"), Err(expected));
        }
        let warning = ANSWER.replace(r#""error":[]"#, r#""error":["WGeneral:Slow"]"#);
        assert!(read(warning.as_bytes(), "A/B").is_ok());
    }

    #[test]
    fn one_malformed_trade_does_not_spoil_its_neighbours() {
        for (found, instead) in [
            (r#""0.00376960""#, r#""-1""#),
            (r#""0.00376960""#, r#""NaN""#),
            (r#"1688669598.2804112"#, r#""yesterday""#),
            (r#"1688669598.2804112"#, r#"1e400"#),
            (r#""s","l""#, r#""x","l""#),
            (r#","",61044953"#, r#","""#),
        ] {
            let page = read(ANSWER.replace(found, instead).as_bytes(), "A/B").unwrap();
            assert_eq!((page.trades.len(), page.malformed.len()), (2, 1), "{instead}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*", cut in 0..ANSWER.len()) {
            let _ = read(text.as_bytes(), "A/B");
            prop_assert!(read(&ANSWER.as_bytes()[..cut], "A/B").is_err());
        }
    }
}
