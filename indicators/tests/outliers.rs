//! Sums over long windows, which are kept up: what has left the window leaves nothing
//! behind in them, however large it was.

#![allow(clippy::unwrap_used)]

use approx::relative_eq;
use indicators::{Bar, Expression};
use proptest::prelude::*;

/// Bars of closes that each open at the one before; their volume is what MAVP takes for
/// a period.
fn bars(closes: &[f64], period: usize) -> Vec<Bar> {
    let bar = |pair: &[f64]| {
        let (high, low) = (pair[0].max(pair[1]), pair[0].min(pair[1]));
        Bar::new(pair[0], high, low, pair[1], period as f64).unwrap()
    };
    closes.windows(2).map(bar).collect()
}

/// Prices of ticks around 100.
fn ticks(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-200..=200i32).prop_map(|tick| 100.0 + f64::from(tick) / 100.0), count)
}

fn indicators(period: usize) -> [Expression; 3] {
    let texts = [
        format!("vhf({period})"),
        format!("imi({period})"),
        format!("mavp(close, volume, 2, {period})"),
    ];
    texts.map(|text| text.parse().unwrap())
}

/// Whether the indicators go on after `before` as if they had begun there, from `windows`
/// windows on.
fn forget(
    before: &[f64],
    after: &[f64],
    period: usize,
    windows: usize,
) -> Result<(), TestCaseError> {
    for (mut used, mut fresh) in indicators(period).into_iter().zip(indicators(period)) {
        for bar in bars(before, period) {
            used.update(&bar);
        }
        for (t, bar) in bars(after, period).iter().enumerate() {
            let [used, new] =
                [&mut used, &mut fresh].map(|it| it.update(bar).map(|values| values[0]));
            if t <= windows * period + 1 {
                continue;
            }
            let (found, expected) = (used.unwrap(), new.unwrap());
            let same = relative_eq!(found, expected, epsilon = 0.0, max_relative = 1e-12);
            prop_assert!(same, "{}, bar {}: {} instead of {}", fresh, t, found, expected);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn an_outlier_that_has_left_a_window_leaves_nothing_behind(
        mut before in ticks(400),
        after in ticks(700),
        bar in 0..400usize,
        power in 3..=300i32,
        period in 129..250usize,
    ) {
        before[bar] = 10f64.powi(power);
        forget(&before, &after, period, 1)?;
    }

    #[test]
    fn sums_that_have_overflowed_are_mended_within_two_windows(
        mut before in ticks(400),
        after in ticks(700),
        outliers in [0..400usize, 0..400],
        period in 129..250usize,
    ) {
        outliers.into_iter().for_each(|bar| before[bar] = f64::MAX);
        forget(&before, &after, period, 2)?;
    }
}
