//! TA-Lib's group 'Cycle Indicators': the dominant cycle, its phase, and whether
//! there is one.

crate::catalog::group! {
    ht_dcperiod: HtDcPeriod,
    ht_dcphase: HtDcPhase,
    ht_phasor: HtPhasor gives HtPhasorOutput,
    ht_sine: HtSine gives HtSineOutput,
    ht_trendmode: HtTrendMode gives HtTrendModeOutput,
}
