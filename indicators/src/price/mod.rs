//! TA-Lib's group 'Price Transform': one price from a bar, and the candles that
//! are made of such prices.

crate::catalog::group! {
    avgdev: AvgDev,
    avgprice: AvgPrice,
    ha: Ha gives HaOutput,
    medprice: MedPrice,
    typprice: TypPrice,
    wclprice: WclPrice,
}
