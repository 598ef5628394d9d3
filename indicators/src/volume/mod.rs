//! TA-Lib's group 'Volume Indicators'.

crate::catalog::group! {
    obv: Obv,
}
