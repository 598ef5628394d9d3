//! Average deviations over long windows, which are kept in order: against their
//! definition, whatever the values, and the same to the last bit after a restore.

#![allow(clippy::unwrap_used)]

use indicators::{Avgdev, Indicator, catalog};
use proptest::prelude::*;

/// Values that part in any bit: of either sign and all sizes, next to each other, and
/// over and over.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let size = (-600..=600i32).prop_map(|exponent| 2f64.powi(exponent));
    let next = (-9..=9i32).prop_map(|steps| 100.0 * (1.0 + f64::from(steps) * f64::EPSILON));
    let tick = (-50..=50i32).prop_map(|ticks| 2.0 + f64::from(ticks) / 64.0);
    let dense = prop_oneof![8 => 4.99..5.01f64, 1 => Just(4.0), 1 => Just(6.0)];
    let some = |value: BoxedStrategy<f64>| prop::collection::vec(value, 1..150);
    let part = prop_oneof![
        some(prop_oneof![size.clone(), size.prop_map(|size| -size)].boxed()),
        some(next.boxed()),
        some(tick.boxed()),
        some((-1e3..1e3).boxed()),
        some(dense.boxed()),
        some(prop_oneof![Just(0.0), Just(-0.0), Just(5e-324)].boxed()),
        (-1e3..1e3, 1..300usize).prop_map(|(value, times)| vec![value; times]),
    ];
    prop::collection::vec(part, 3..16).prop_map(|parts| parts.concat())
}

fn expected(window: &[f64]) -> f64 {
    let period = window.len() as f64;
    let near = window.iter().sum::<f64>() / period;
    // What rounding has left of the distance to the mean: of values next to each other,
    // all of it; of some that are far away, more than the comparison forgives.
    let rest = window.iter().map(|value| value - near).sum::<f64>() / period;
    window.iter().map(|value| (value - near - rest).abs()).sum::<f64>() / period
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_long_average_deviation_is_that_of_its_definition(
        values in values(),
        period in 129..300usize,
    ) {
        let mut deviation = Avgdev::new(period).unwrap();
        for (t, value) in values.iter().enumerate() {
            let found = deviation.update(*value);
            prop_assert_eq!(found.is_some(), t + 1 >= period);
            let Some(found) = found else { continue };
            let window = &values[t + 1 - period..=t];
            let expected = expected(window);
            // What rounding leaves of the largest value.
            let least = window.iter().fold(0.0, |most: f64, value| most.max(value.abs())) * 1e-16;
            let near = (found - expected).abs() <= 1e-12 * expected + least;
            prop_assert!(near, "bar {}: {} instead of {}", t, found, expected);
        }
    }

    #[test]
    fn a_long_average_deviation_is_restored_to_the_last_bit(
        values in values(),
        period in 129..300usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let row = catalog::rows().iter().find(|row| row.info.name == "AVGDEV").unwrap();
        let [mut deviation, mut restored] = [(); 2].map(|()| row.make(&[Some(period as f64)]).unwrap());
        let (before, after) = values.split_at(cut.index(values.len()));
        for value in before {
            deviation.update(&[*value]);
        }
        restored.load(&deviation.save().unwrap()).unwrap();
        for value in after {
            let [one, other] = [&mut restored, &mut deviation].map(|it| it.update(&[*value]));
            prop_assert_eq!(one.map(|values| values[0].to_bits()), other.map(|values| values[0].to_bits()));
        }
    }
}
