//! TA-Lib's group 'Volume Indicators'.

crate::catalog::group! {
    ad: Ad,
    adosc: Adosc,
    cmf: Cmf,
    efi: Efi,
    marketfi: Marketfi,
    nvi: Nvi,
    obv: Obv,
    pvi: Pvi,
    pvo: Pvo,
    pvt: Pvt,
    rvol: Rvol,
    vwap: Vwap,
}
