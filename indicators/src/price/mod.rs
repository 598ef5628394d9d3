//! TA-Lib's group 'Price Transform': one price from a bar, and the candles that
//! are made of such prices.

crate::catalog::group! {
    avgdev: Avgdev,
    avgprice: Avgprice,
    ha: Ha gives HaOutput,
    medprice: Medprice,
    typprice: Typprice,
    wclprice: Wclprice,
}
