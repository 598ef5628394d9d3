//! Numbers as text that reads back to the same bits.

use std::io::{self, Write};

/// The shortest text that reads back to `value`: whole numbers without a point,
/// an exponent only where the zeros would outnumber the digits. Nothing for a
/// NaN, which is what a batch has where there is no value.
pub(crate) fn write(output: &mut impl Write, value: f64) -> io::Result<()> {
    let size = value.abs();
    match value {
        _ if value.is_nan() => Ok(()),
        _ if size == 0.0 || (1e-5..1e17).contains(&size) => write!(output, "{value}"),
        _ => write!(output, "{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64) -> String {
        let mut output = Vec::new();
        write(&mut output, value).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn numbers_are_short_and_read_back_to_the_same_bits() {
        for (value, expected) in [
            (0.1 + 0.2, "0.30000000000000004"),
            (-100.0, "-100"),
            (-0.0, "-0"),
            (5.33e-5, "0.0000533"),
            (1e-8, "1e-8"),
            (f64::MIN_POSITIVE / 2.0, "1.1125369292536007e-308"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::NEG_INFINITY, "-inf"),
            (123_456_789_012_345_680.0, "1.2345678901234568e17"),
        ] {
            assert_eq!(text(value), expected);
            assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(text(f64::NAN), "");
    }

    #[test]
    fn every_exponent_reads_back_to_the_same_bits() {
        for exponent in 0..2047u64 {
            for mantissa in [0, 1, 0x000a_5a5a_5a5a_5a5a, (1 << 52) - 1] {
                let value = f64::from_bits(exponent << 52 | mantissa);
                assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
