//! TA-Lib's group 'Overlap Studies': averages and bands on the scale of prices.

crate::catalog::group! {
    ema: Ema,
    sma: Sma,
}
