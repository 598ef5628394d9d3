//! Updates over long windows beside those over short ones.

use crate::comparison::{fastest, go_on, per_bar};
use crate::market;
use indicators::catalog::Row;
use indicators::{Bar, DynIndicator, Parameter, ParameterKind};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

const PERIODS: [f64; 2] = [10.0, 1_000.0];

/// Measures and prints the rows that have periods, each once, with all their periods short,
/// and with all of them long.
pub(crate) fn run(rows: impl Iterator<Item = &'static Row>, bars: &[Bar]) {
    let mut seen = BTreeSet::new();
    let rows = rows.filter(|row| row.info.parameters.iter().any(is_period));
    println!("Streaming, ns per bar, where all periods are");
    println!("{:<42} {:>9} {:>9} {:>6}", "", PERIODS[0], PERIODS[1], "ratio");
    for row in rows.filter(|row| seen.insert(row.info.name)) {
        let made = PERIODS.map(|period| row.make(&arguments(row, period)));
        let [Ok(short), Ok(long)] = made else {
            println!("{:<42} cannot have all periods the same", row.info.name);
            continue;
        };
        let [short, long] = measure(row, [short, long], bars);
        println!("{:<42} {short:>9.2} {long:>9.2} {:>6.2}", row.info.name, long / short);
    }
}

fn is_period(parameter: &Parameter) -> bool {
    parameter.kind == ParameterKind::Integer
        && PERIODS.iter().all(|period| (parameter.min..=parameter.max).contains(period))
}

fn arguments(row: &Row, period: f64) -> Vec<Option<f64>> {
    row.info.parameters.iter().map(|parameter| is_period(parameter).then_some(period)).collect()
}

/// The fastest rounds, in turns.
fn measure(row: &Row, indicators: [Box<dyn DynIndicator>; 2], bars: &[Bar]) -> [f64; 2] {
    let columns = market::columns(row, bars);
    let mut rounds = [Vec::new(), Vec::new()];
    let start = Instant::now();
    while go_on(start, rounds[1].len()) {
        for (indicator, rounds) in indicators.iter().zip(&mut rounds) {
            let (head, tail): (Vec<_>, Vec<_>) =
                columns.iter().map(|column| column.split_at(indicator.lookback() + 1)).unzip();
            let mut indicator = indicator.clone();
            indicator.update_each(&head);
            let begin = Instant::now();
            black_box(indicator.update_each(&tail));
            rounds.push(per_bar(begin.elapsed(), tail[0].len()));
        }
    }
    rounds.map(|rounds| fastest(&rounds))
}
