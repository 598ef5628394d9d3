//! Values as whole numbers of one unit, whose sums are exact, in whatever order they are
//! added up.

/// A unit of which all values of a window are less than 2^62.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// The exponent of the largest value, as its bits have it.
    top: u64,
}

/// The number of the value zero.
const ZERO: u64 = 1 << 62;

/// Bits of a value below its exponent.
const FRACTION: u32 = 52;

/// By how many bits the largest values are shifted, to have 62.
const SPARE: u32 = 62 - (FRACTION + 1);

impl Unit {
    /// The unit for a window whose largest value has the exponent `top`.
    pub(super) fn new(top: u64) -> Self {
        Self { top }
    }

    /// How many units `value` is, and 2^62 more, so that it is not negative. What is less
    /// than a unit is dropped: a value has such a part only when it is some 2^9 times smaller
    /// than the largest one.
    #[inline(always)]
    pub(super) fn number(self, value: f64) -> u64 {
        let (bits, exponent) = (value.to_bits(), exponent(value));
        let fraction = bits & ((1 << FRACTION) - 1);
        let whole = u64::from(exponent > 0) << FRACTION | fraction;
        let down = self.top.max(1) - exponent.max(1);
        let units = (whole << SPARE) >> down.min(63);
        let sign = ((bits as i64) >> 63) as u64;
        ZERO.wrapping_add((units ^ sign).wrapping_sub(sign))
    }

    /// The value of so many units.
    #[inline(always)]
    pub(super) fn value(self, units: f64) -> f64 {
        // The least unit is less than the least value.
        let least = 1.0 / f64::from(1 << SPARE);
        let unit = match self.top.max(1) {
            top @ ..=52 => 1 << (top - 1),
            top => (top - u64::from(FRACTION)) << FRACTION,
        };
        units * least * f64::from_bits(unit)
    }

    /// The mean of so many numbers, as a value.
    #[inline(always)]
    pub(super) fn mean(self, total: u128, count: u64) -> f64 {
        let zeros = u128::from(ZERO) * u128::from(count);
        self.value(total.wrapping_sub(zeros) as i128 as f64 / count as f64)
    }
}

/// The exponent of a value, as its bits have it; 0 is that of the smallest values, and
/// of zero.
#[inline(always)]
pub(super) fn exponent(value: f64) -> u64 {
    (value.to_bits() >> FRACTION) & 0x7ff
}

/// A number as a real one; sooner than by a cast, and rounded twice.
#[inline(always)]
pub(super) fn real(number: u128) -> f64 {
    (number >> 64) as u64 as f64 * 2f64.powi(64) + number as u64 as f64
}

/// Divides by one and the same number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisor {
    /// 2^(64 + shift) / divisor, and less than 2^64.
    factor: u64,
    shift: u32,
}

impl Divisor {
    /// Divides by `divisor`, which is not 0.
    pub(super) fn new(divisor: u64) -> Self {
        let shift = divisor.ilog2();
        let factor = (1 << (64 + shift)) / u128::from(divisor);
        Self { factor: factor.min(u128::from(u64::MAX)) as u64, shift }
    }

    /// The mean of as many numbers below 2^63 as it divides by, of which this is the sum;
    /// less at most 3.
    #[inline(always)]
    pub(super) fn mean(self, total: u128) -> u64 {
        let total = u128::from((total >> self.shift) as u64);
        ((total * u128::from(self.factor)) >> 64) as u64
    }
}
