//! TA-Lib's group 'Volatility Indicators': how widely prices move.

crate::catalog::group! {
    adr: Adr,
    atr: Atr,
    cvi: Cvi,
    massi: Massi,
    natr: Natr,
    rvi: Rvi,
    trange: Trange,
}
