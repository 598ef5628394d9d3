//! TA-Lib's group 'Overlap Studies': averages and bands on the scale of prices.

crate::catalog::group! {
    accbands: Accbands gives AccbandsOutput,
    dema: Dema,
    donchian: Donchian gives DonchianOutput,
    ema: Ema,
    hma: Hma,
    kama: Kama,
    midpoint: Midpoint,
    midprice: Midprice,
    rma: Rma,
    sma: Sma,
    t3: T3,
    tema: Tema,
    trima: Trima,
    vwma: Vwma,
    wma: Wma,
    zlema: Zlema,
}
