//! The rows of the catalog beside the C library's functions: which they are, the rounds, and
//! what is printed.

use crate::batch::Call;
use crate::market::{self, BARS, Series, Series::Falling, Series::Walk};
use crate::{periods, streams};
use indicators::catalog::{self, Row};
use indicators::{Bar, DynIndicator};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long the rounds of one row go on.
const BUDGET: Duration = Duration::from_millis(200);
/// The fewest and the most rounds for one row.
const ROUNDS: std::ops::RangeInclusive<usize> = 9..=61;

/// The rows that count in the geometric mean: those that indicator libraries are
/// commonly compared by. They need not exist yet.
const COMPARED: &[(&str, &[f64], Series)] = &[
    ("SMA", &[14.0], Walk),
    ("EMA", &[14.0], Walk),
    ("WMA", &[14.0], Walk),
    ("DEMA", &[14.0], Walk),
    ("TEMA", &[14.0], Walk),
    ("KAMA", &[10.0], Walk),
    ("ZLEMA", &[14.0], Walk),
    ("HMA", &[16.0], Walk),
    ("RSI", &[14.0], Walk),
    ("MACD", &[12.0, 26.0, 9.0], Walk),
    ("BBANDS", &[20.0, 2.0, 2.0], Walk),
    ("ATR", &[14.0], Walk),
    ("ADX", &[14.0], Walk),
    ("STOCH", &[14.0, 3.0, 0.0, 3.0], Walk),
    ("STOCHRSI", &[14.0, 14.0, 3.0], Walk),
    ("CCI", &[20.0], Walk),
    ("MFI", &[14.0], Walk),
    ("WILLR", &[14.0], Walk),
    ("AROON", &[25.0], Walk),
    ("OBV", &[], Walk),
    ("AD", &[], Walk),
    ("STDDEV", &[20.0], Walk),
    ("LINEARREG", &[14.0], Walk),
    ("CORREL", &[30.0], Walk),
    ("MAX", &[30.0], Walk),
    ("MIN", &[30.0], Walk),
    ("MINMAX", &[30.0], Walk),
    ("MEDIAN", &[30.0], Walk),
    ("SAR", &[], Walk),
    ("TRIX", &[15.0], Walk),
    ("ULTOSC", &[7.0, 14.0, 28.0], Walk),
    ("HT_DCPERIOD", &[], Walk),
    ("HT_TRENDMODE", &[], Walk),
    ("CDLENGULFING", &[], Walk),
    ("CDLMORNINGSTAR", &[], Walk),
    ("SUPERTREND", &[10.0, 3.0], Walk),
    ("VWAP", &[], Walk),
    ("VWMA", &[20.0], Walk),
    ("SMA", &[1_000.0], Walk),
    ("STDDEV", &[1_000.0], Walk),
    ("MEDIAN", &[1_000.0], Walk),
    ("MAX", &[1_000.0], Walk),
    ("MAX", &[1_000.0], Falling),
];

/// One row with its parameters and bars.
struct Case {
    row: &'static Row,
    indicator: Box<dyn DynIndicator>,
    series: Series,
    label: String,
    compared: bool,
}

impl Case {
    fn new(row: &'static Row, values: &[f64], series: Series, compared: bool) -> Self {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        let indicator = row.make(&values).unwrap();
        let written = indicator.arguments().written(row.info).replace(' ', "");
        let mut label = row.info.name.to_owned();
        if !written.is_empty() {
            label += &format!("({written})");
        }
        if series == Falling {
            label += " falling";
        }
        Self { row, indicator, series, label, compared }
    }

    /// The rows to compare by, then the others of the catalog with their defaults.
    fn all() -> Vec<Case> {
        let compared = COMPARED.iter().filter_map(|(name, values, series)| {
            Some(Case::new(catalog::find(name)?, values, *series, true))
        });
        let mut cases: Vec<Case> = compared.collect();
        for row in catalog::rows() {
            let case = Case::new(row, &[], Walk, false);
            if cases.iter().all(|other| other.label != case.label) {
                cases.push(case);
            }
        }
        cases
    }

    fn is_named(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.row.info.name) || name.eq_ignore_ascii_case(&self.label)
    }
}

/// Nanoseconds per bar of ours and of theirs, round by round.
#[derive(Default)]
struct Rounds {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

/// The fastest rounds of ours and of theirs, and the ratio of ours to theirs; what
/// the library does not have is NaN.
struct Fastest {
    ours: f64,
    theirs: f64,
    ratio: f64,
}

impl Rounds {
    fn fastest(self) -> Fastest {
        let (ours, theirs) = (fastest(&self.ours), fastest(&self.theirs));
        Fastest { ours, theirs, ratio: ours / theirs }
    }
}

/// Whether another round is due, after so many since `start`.
pub(crate) fn go_on(start: Instant, rounds: usize) -> bool {
    rounds < *ROUNDS.start() || (start.elapsed() < BUDGET && rounds < *ROUNDS.end())
}

/// Nanoseconds.
pub(crate) fn per_bar(time: Duration, bars: usize) -> f64 {
    time.as_secs_f64() * 1e9 / bars as f64
}

pub(crate) fn fastest(rounds: &[f64]) -> f64 {
    rounds.iter().copied().fold(f64::NAN, f64::min)
}

/// Whether values are the same but for the order of additions.
fn agree(ours: &[f64], theirs: &[f64]) -> bool {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-7 * a.abs().max(b.abs()).max(1e-3);
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(close)
}

struct Measured {
    streaming: Fastest,
    batch: Fastest,
    agree: bool,
}

fn measure(case: &Case, bars: &[Bar]) -> Measured {
    let Case { row, indicator, .. } = case;
    let columns = market::columns(row, bars);
    let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let history = indicator.lookback() + 1;
    let (head, tail): (Vec<_>, Vec<_>) =
        inputs.iter().map(|column| column.split_at(history)).unzip();
    let mut outputs = vec![vec![0.0; BARS]; row.outputs.len()];
    let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    let arguments = indicator.arguments().values();
    let stream = streams::find(row.info.name);
    let mut call = stream.map(|_| Call::new(row, arguments, &inputs));

    let (mut streaming, mut batch) = (Rounds::default(), Rounds::default());
    let start = Instant::now();
    let mut same = true;
    while go_on(start, batch.ours.len()) {
        let mut ours = indicator.clone();
        ours.update_each(&head);
        let begin = Instant::now();
        let streamed = black_box(ours.update_each(&tail));
        streaming.ours.push(per_bar(begin.elapsed(), BARS - history));

        let theirs_streamed = stream.map(|stream| {
            let (time, last) = stream(&inputs, arguments, history);
            streaming.theirs.push(per_bar(time, BARS - history));
            last
        });

        let mut ours = indicator.clone();
        let begin = Instant::now();
        ours.batch(&inputs, black_box(&mut filled)).unwrap();
        batch.ours.push(per_bar(begin.elapsed(), BARS));

        let theirs = call.as_mut().map(|call| {
            let (time, last) = call.run();
            batch.theirs.push(per_bar(time, BARS));
            last
        });

        let ours: Vec<f64> = filled.iter().map(|column| column[BARS - 1]).collect();
        let others = [streamed.map(|values| values.to_vec()), theirs_streamed, theirs];
        same &= others.iter().flatten().all(|other| agree(&ours, other));
    }
    Measured { streaming: streaming.fastest(), batch: batch.fastest(), agree: same }
}

/// The mean of the ratios that there are.
fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let logarithms: Vec<f64> = ratios.filter(|ratio| !ratio.is_nan()).map(f64::ln).collect();
    (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp()
}

fn print_means(title: &str, rows: &[Measured]) {
    let streaming = geometric_mean(rows.iter().map(|row| row.streaming.ratio));
    let batch = geometric_mean(rows.iter().map(|row| row.batch.ratio));
    println!("{title:<42} {:>9} {:>9} {streaming:>6.2} {:>10} {:>9} {batch:>6.2}", "", "", "", "");
}

/// Measures and prints the rows that the command names, or all.
pub(crate) fn run() {
    // `cargo bench` passes `--bench`.
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let chosen = |case: &Case| names.is_empty() || names.iter().any(|name| case.is_named(name));
    // SAFETY: nothing else has called the library yet.
    unsafe { ta_lib_sys::TA_Initialize() };
    let (walk, falling) = (market::bars(Walk), market::bars(Falling));
    let cases: Vec<Case> = Case::all().into_iter().filter(chosen).collect();

    println!("TA-Lib C {}, {BARS} bars, ns per bar", indicators::talib::version());
    println!("{:<42} {:>26} {:>27}", "", "streaming", "batch");
    let header = ["ours", "TA-Lib C", "ratio"];
    println!(
        "{:<42} {:>9} {:>9} {:>6} {:>10} {:>9} {:>6}",
        "", header[0], header[1], header[2], header[0], header[1], header[2]
    );
    for (title, compared) in [("Compared rows", true), ("The rest of the catalog", false)] {
        let mut measured = Vec::new();
        for case in cases.iter().filter(|case| case.compared == compared) {
            let bars = if case.series == Walk { &walk } else { &falling };
            let row = measure(case, bars);
            let Measured { streaming, batch, agree } = &row;
            println!(
                "{:<42} {:>9.2} {:>9.2} {:>6.2} {:>10.2} {:>9.2} {:>6.2}{}",
                case.label,
                streaming.ours,
                streaming.theirs,
                streaming.ratio,
                batch.ours,
                batch.theirs,
                batch.ratio,
                if *agree { "" } else { "  last values differ" }
            );
            measured.push(row);
        }
        if !measured.is_empty() {
            print_means(&format!("{title}, geometric mean"), &measured);
            println!();
        }
    }
    periods::run(cases.iter().map(|case| case.row), &walk);
}
