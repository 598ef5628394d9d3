//! One line of a recording as a trade: the CSV with a header, and Kraken's
//! headerless history. Lines come from `recording`.

use pipeline::message::{Side, Trade};

use crate::pair::Pair;

/// 1990 and 2100: seconds or microseconds in place of milliseconds fall outside.
const TIMESTAMPS_MS: std::ops::Range<i64> = 631_152_000_000..4_102_444_800_000;
pub(super) const HEADER: &str =
    "the header trade_id,timestamp_ms,side,price,quantity (in any order)";
const HISTORY: &str = "3 fields timestamp,price,volume";

/// What is wrong with a line, and what was expected.
pub(super) type Fault = (String, String);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    TradeId,
    TimestampMs,
    Side,
    Price,
    Quantity,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    /// Five named columns, in the order of the header.
    Columns([Column; 5]),
    /// Kraken's `timestamp,price,volume`, in seconds, without a header.
    KrakenHistory,
}

impl Format {
    /// The format of the file that starts with this line.
    pub(super) fn of(first_line: &str) -> Result<Self, Fault> {
        let expected = || format!("{HEADER}, or Kraken's history of {HISTORY}");
        if !first_line.starts_with(|c: char| c.is_alphabetic() || c == '"' || c == '_') {
            return match fields(first_line).count() {
                3 => Ok(Self::KrakenHistory),
                n => Err((format!("{n} fields and no header"), expected())),
            };
        }
        let mut columns = Vec::new();
        for name in fields(first_line) {
            let column = match name {
                "trade_id" => Column::TradeId,
                "timestamp_ms" => Column::TimestampMs,
                "side" => Column::Side,
                "price" => Column::Price,
                "quantity" => Column::Quantity,
                _ => return Err((format!("unknown column {name:?}"), expected())),
            };
            if columns.contains(&column) {
                return Err((format!("column {name:?} twice"), HEADER.to_owned()));
            }
            columns.push(column);
        }
        let found = columns.len();
        columns
            .try_into()
            .map(Self::Columns)
            .map_err(|_| (format!("{found} columns"), HEADER.to_owned()))
    }

    /// The trade in a line that is the `row`th with one, from 1.
    pub(super) fn trade(self, line: &str, row: i64, pair: &Pair) -> Result<Trade, Fault> {
        match self {
            Self::Columns(columns) => named_columns(line, columns, pair),
            Self::KrakenHistory => kraken_history(line, row, pair),
        }
    }
}

/// A line without its end.
pub(super) fn text(line: &[u8]) -> Result<&str, Fault> {
    let line = std::str::from_utf8(line)
        .map_err(|_| ("bytes that are not UTF-8".to_owned(), "text".to_owned()))?;
    // Spreadsheets put a byte order mark before the first line.
    Ok(line.trim_start_matches('\u{feff}').trim())
}

fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| field.trim().trim_matches('"').trim())
}

fn named_columns(line: &str, columns: [Column; 5], pair: &Pair) -> Result<Trade, Fault> {
    let found = fields(line).count();
    if found != columns.len() {
        return Err((count(found), "5, as in the header".to_owned()));
    }
    let mut trade = Trade {
        pair: pair.as_str().to_owned(),
        price: 0.0,
        quantity: 0.0,
        side: None,
        timestamp_ms: 0,
        trade_id: 0,
    };
    for (column, field) in columns.into_iter().zip(fields(line)) {
        match column {
            Column::TradeId => trade.trade_id = whole("trade_id", field)?,
            Column::TimestampMs => {
                trade.timestamp_ms =
                    in_range("timestamp_ms", field, whole("timestamp_ms", field)?)?;
            }
            Column::Side => trade.side = side(field)?,
            Column::Price => trade.price = positive("price", field)?,
            Column::Quantity => trade.quantity = positive("quantity", field)?,
        }
    }
    Ok(trade)
}

fn kraken_history(line: &str, row: i64, pair: &Pair) -> Result<Trade, Fault> {
    let mut columns = fields(line);
    let (Some(timestamp), Some(price), Some(volume), None) =
        (columns.next(), columns.next(), columns.next(), columns.next())
    else {
        return Err((count(fields(line).count()), HISTORY.to_owned()));
    };
    Ok(Trade {
        pair: pair.as_str().to_owned(),
        price: positive("price", price)?,
        quantity: positive("volume", volume)?,
        side: None,
        timestamp_ms: in_range("timestamp", timestamp, seconds("timestamp", timestamp)?)?,
        trade_id: row,
    })
}

fn count(fields: usize) -> String {
    match fields {
        1 => "1 field".to_owned(),
        n => format!("{n} fields"),
    }
}

fn whole(name: &str, field: &str) -> Result<i64, Fault> {
    field.parse().map_err(|_| (format!("{name} {field:?}"), "a whole number".to_owned()))
}

/// Seconds with a fraction, as milliseconds. Cut off and without a float in
/// between, so that a fraction of milliseconds comes back as it was written.
pub(crate) fn seconds_as_ms(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let milliseconds: String = fraction.chars().chain("000".chars()).take(3).collect();
    let seconds: i64 = seconds.parse().ok()?;
    seconds.checked_mul(1000)?.checked_add(milliseconds.parse().ok()?)
}

fn seconds(name: &str, field: &str) -> Result<i64, Fault> {
    seconds_as_ms(field)
        .ok_or_else(|| (format!("{name} {field:?}"), "seconds since 1970".to_owned()))
}

fn in_range(name: &str, field: &str, timestamp_ms: i64) -> Result<i64, Fault> {
    if TIMESTAMPS_MS.contains(&timestamp_ms) {
        return Ok(timestamp_ms);
    }
    let unit = if name == "timestamp" { "seconds" } else { "milliseconds" };
    Err((
        format!("{name} {field:?} out of range"),
        format!("{unit} since 1970 between the years 1990 and 2100"),
    ))
}

fn positive(name: &str, field: &str) -> Result<f64, Fault> {
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err((format!("{name} {field:?}"), "a positive number".to_owned())),
    }
}

fn side(field: &str) -> Result<Option<Side>, Fault> {
    match field {
        "buy" => Ok(Some(Side::Buy)),
        "sell" => Ok(Some(Side::Sell)),
        "" => Ok(None),
        _ => Err((format!("side {field:?}"), "buy, sell or nothing".to_owned())),
    }
}
