//! TA-Lib's group 'Volume Indicators'.

crate::catalog::group! {
    ad: Ad,
    adosc: AdOsc,
    cmf: Cmf,
    efi: Efi,
    marketfi: MarketFi,
    nvi: Nvi,
    obv: Obv,
    pvi: Pvi,
    pvo: Pvo,
    pvt: Pvt,
    rvol: Rvol,
    vwap: Vwap,
}
