//! TA-Lib's group 'Momentum Indicators': speed and direction of price moves.

crate::catalog::group! {
    macd: Macd gives MacdOutput,
    rsi: Rsi,
}
