//! The name of a traded pair, checked once where it enters.

use std::fmt;
use std::str::FromStr;

/// A traded pair, base before quote: `XRP/ETH`. Both are upper-case letters,
/// digits and dots, as exchanges name their assets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair(String);

/// The text is not a pair.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a pair, expected BASE/QUOTE in upper case, such as XRP/ETH")]
pub struct PairError(String);

impl Pair {
    /// The name, as it stands in messages and record keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pair {
    type Err = PairError;

    fn from_str(text: &str) -> Result<Self, PairError> {
        let is_asset = |asset: &str| {
            !asset.is_empty()
                && asset.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.')
        };
        match text.trim().split_once('/') {
            Some((base, quote)) if is_asset(base) && is_asset(quote) => {
                Ok(Self(format!("{base}/{quote}")))
            }
            _ => Err(PairError(text.to_owned())),
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_exchanges_use_and_nothing_else() {
        for good in ["XRP/ETH", "BTC/EUR", "1INCH/USD", "ETH2.S/ETH", " BTC/EUR "] {
            assert_eq!(good.parse::<Pair>().unwrap().as_str(), good.trim());
        }
        for bad in ["", "/", "BTC", "BTC/", "/EUR", "btc/eur", "BTC-EUR", "BTC/EUR/USD", "B C/EUR"]
        {
            let error = bad.parse::<Pair>().unwrap_err().to_string();
            assert!(error.contains("BASE/QUOTE") && error.contains(bad), "{error}");
        }
    }
}
