//! The streaming form of every function of TA-Lib 0.8, behind one signature, to be
//! timed.

use std::ffi::c_int;
use std::ptr;
use std::time::{Duration, Instant};
use ta_lib_sys as sys;

/// Opens a stream over the first bars, as many as the third argument says, and
/// times an update for each of the others. The first two arguments are the input
/// columns and the values of the parameters. Gives the time with the last values.
pub(crate) type Stream = fn(&[&[f64]], &[f64], usize) -> (Duration, Vec<f64>);

/// A parameter as C takes it.
trait Argument {
    fn of(value: f64) -> Self;
}

impl Argument for f64 {
    fn of(value: f64) -> Self {
        value
    }
}

impl Argument for c_int {
    fn of(value: f64) -> Self {
        value as c_int
    }
}

/// Lists the functions: the name, the three calls, and a letter for each input,
/// parameter and output. The compiler checks the letters against the bindings.
macro_rules! streams {
    ($($name:literal $open:ident $update:ident $close:ident
        ($($input:ident)+) ($($argument:ident)*) ($($output:ident)+);)+) => {
        /// The function of that name.
        pub(crate) fn find(name: &str) -> Option<Stream> {
            match name {
                $($name => Some(|columns, arguments, history| {
                    let ([$($input),+], [$($argument),*]) = (columns, arguments) else {
                        panic!("{}: wrong number of inputs or parameters", $name);
                    };
                    let rows = columns[0].len();
                    $(let $input = &$input[..rows];)+
                    $(let mut $output = Default::default();)+
                    let mut stream = ptr::null_mut();
                    // SAFETY: every column has at least `history` rows.
                    let code = unsafe {
                        sys::$open(
                            &mut stream,
                            $($input.as_ptr(),)+
                            history as c_int,
                            $(Argument::of(*$argument),)*
                            $(&mut $output),+
                        )
                    };
                    assert_eq!(code, sys::TA_SUCCESS, "{}", $name);
                    let start = Instant::now();
                    for row in history..rows {
                        // SAFETY: the stream is open.
                        unsafe { sys::$update(stream, $($input[row],)+ $(&mut $output),+) };
                    }
                    let time = start.elapsed();
                    // SAFETY: the stream is open, and not used any more.
                    unsafe { sys::$close(stream) };
                    (time, vec![$(f64::from($output)),+])
                }),)+
                _ => None,
            }
        }
    };
}

streams! {
    "AC" TA_AC_Open TA_AC_Update TA_AC_Close (a b) (i j k) (w);
    "ACCBANDS" TA_ACCBANDS_Open TA_ACCBANDS_Update TA_ACCBANDS_Close (a b c) (i) (w x y);
    "ACOS" TA_ACOS_Open TA_ACOS_Update TA_ACOS_Close (a) () (w);
    "AD" TA_AD_Open TA_AD_Update TA_AD_Close (a b c d) () (w);
    "ADD" TA_ADD_Open TA_ADD_Update TA_ADD_Close (a b) () (w);
    "ADOSC" TA_ADOSC_Open TA_ADOSC_Update TA_ADOSC_Close (a b c d) (i j) (w);
    "ADR" TA_ADR_Open TA_ADR_Update TA_ADR_Close (a b) (i) (w);
    "ADX" TA_ADX_Open TA_ADX_Update TA_ADX_Close (a b c) (i) (w);
    "ADXR" TA_ADXR_Open TA_ADXR_Update TA_ADXR_Close (a b c) (i) (w);
    "AO" TA_AO_Open TA_AO_Update TA_AO_Close (a b) (i j) (w);
    "APO" TA_APO_Open TA_APO_Update TA_APO_Close (a) (i j k) (w);
    "AROON" TA_AROON_Open TA_AROON_Update TA_AROON_Close (a b) (i) (w x);
    "AROONOSC" TA_AROONOSC_Open TA_AROONOSC_Update TA_AROONOSC_Close (a b) (i) (w);
    "ASIN" TA_ASIN_Open TA_ASIN_Update TA_ASIN_Close (a) () (w);
    "ATAN" TA_ATAN_Open TA_ATAN_Update TA_ATAN_Close (a) () (w);
    "ATR" TA_ATR_Open TA_ATR_Update TA_ATR_Close (a b c) (i) (w);
    "AVGDEV" TA_AVGDEV_Open TA_AVGDEV_Update TA_AVGDEV_Close (a) (i) (w);
    "AVGPRICE" TA_AVGPRICE_Open TA_AVGPRICE_Update TA_AVGPRICE_Close (a b c d) () (w);
    "BBANDS" TA_BBANDS_Open TA_BBANDS_Update TA_BBANDS_Close (a) (i j k l) (w x y);
    "BETA" TA_BETA_Open TA_BETA_Update TA_BETA_Close (a b) (i) (w);
    "BOP" TA_BOP_Open TA_BOP_Update TA_BOP_Close (a b c d) () (w);
    "CCI" TA_CCI_Open TA_CCI_Update TA_CCI_Close (a b c) (i) (w);
    "CDL2CROWS" TA_CDL2CROWS_Open TA_CDL2CROWS_Update TA_CDL2CROWS_Close (a b c d) () (w);
    "CDL3BLACKCROWS" TA_CDL3BLACKCROWS_Open TA_CDL3BLACKCROWS_Update TA_CDL3BLACKCROWS_Close (a b c d) () (w);
    "CDL3INSIDE" TA_CDL3INSIDE_Open TA_CDL3INSIDE_Update TA_CDL3INSIDE_Close (a b c d) () (w);
    "CDL3LINESTRIKE" TA_CDL3LINESTRIKE_Open TA_CDL3LINESTRIKE_Update TA_CDL3LINESTRIKE_Close (a b c d) () (w);
    "CDL3OUTSIDE" TA_CDL3OUTSIDE_Open TA_CDL3OUTSIDE_Update TA_CDL3OUTSIDE_Close (a b c d) () (w);
    "CDL3STARSINSOUTH" TA_CDL3STARSINSOUTH_Open TA_CDL3STARSINSOUTH_Update TA_CDL3STARSINSOUTH_Close (a b c d) () (w);
    "CDL3WHITESOLDIERS" TA_CDL3WHITESOLDIERS_Open TA_CDL3WHITESOLDIERS_Update TA_CDL3WHITESOLDIERS_Close (a b c d) () (w);
    "CDLABANDONEDBABY" TA_CDLABANDONEDBABY_Open TA_CDLABANDONEDBABY_Update TA_CDLABANDONEDBABY_Close (a b c d) (i) (w);
    "CDLADVANCEBLOCK" TA_CDLADVANCEBLOCK_Open TA_CDLADVANCEBLOCK_Update TA_CDLADVANCEBLOCK_Close (a b c d) () (w);
    "CDLBELTHOLD" TA_CDLBELTHOLD_Open TA_CDLBELTHOLD_Update TA_CDLBELTHOLD_Close (a b c d) () (w);
    "CDLBREAKAWAY" TA_CDLBREAKAWAY_Open TA_CDLBREAKAWAY_Update TA_CDLBREAKAWAY_Close (a b c d) () (w);
    "CDLCLOSINGMARUBOZU" TA_CDLCLOSINGMARUBOZU_Open TA_CDLCLOSINGMARUBOZU_Update TA_CDLCLOSINGMARUBOZU_Close (a b c d) () (w);
    "CDLCONCEALBABYSWALL" TA_CDLCONCEALBABYSWALL_Open TA_CDLCONCEALBABYSWALL_Update TA_CDLCONCEALBABYSWALL_Close (a b c d) () (w);
    "CDLCOUNTERATTACK" TA_CDLCOUNTERATTACK_Open TA_CDLCOUNTERATTACK_Update TA_CDLCOUNTERATTACK_Close (a b c d) () (w);
    "CDLDARKCLOUDCOVER" TA_CDLDARKCLOUDCOVER_Open TA_CDLDARKCLOUDCOVER_Update TA_CDLDARKCLOUDCOVER_Close (a b c d) (i) (w);
    "CDLDOJI" TA_CDLDOJI_Open TA_CDLDOJI_Update TA_CDLDOJI_Close (a b c d) () (w);
    "CDLDOJISTAR" TA_CDLDOJISTAR_Open TA_CDLDOJISTAR_Update TA_CDLDOJISTAR_Close (a b c d) () (w);
    "CDLDRAGONFLYDOJI" TA_CDLDRAGONFLYDOJI_Open TA_CDLDRAGONFLYDOJI_Update TA_CDLDRAGONFLYDOJI_Close (a b c d) () (w);
    "CDLENGULFING" TA_CDLENGULFING_Open TA_CDLENGULFING_Update TA_CDLENGULFING_Close (a b c d) () (w);
    "CDLEVENINGDOJISTAR" TA_CDLEVENINGDOJISTAR_Open TA_CDLEVENINGDOJISTAR_Update TA_CDLEVENINGDOJISTAR_Close (a b c d) (i) (w);
    "CDLEVENINGSTAR" TA_CDLEVENINGSTAR_Open TA_CDLEVENINGSTAR_Update TA_CDLEVENINGSTAR_Close (a b c d) (i) (w);
    "CDLGAPSIDESIDEWHITE" TA_CDLGAPSIDESIDEWHITE_Open TA_CDLGAPSIDESIDEWHITE_Update TA_CDLGAPSIDESIDEWHITE_Close (a b c d) () (w);
    "CDLGRAVESTONEDOJI" TA_CDLGRAVESTONEDOJI_Open TA_CDLGRAVESTONEDOJI_Update TA_CDLGRAVESTONEDOJI_Close (a b c d) () (w);
    "CDLHAMMER" TA_CDLHAMMER_Open TA_CDLHAMMER_Update TA_CDLHAMMER_Close (a b c d) () (w);
    "CDLHANGINGMAN" TA_CDLHANGINGMAN_Open TA_CDLHANGINGMAN_Update TA_CDLHANGINGMAN_Close (a b c d) () (w);
    "CDLHARAMI" TA_CDLHARAMI_Open TA_CDLHARAMI_Update TA_CDLHARAMI_Close (a b c d) () (w);
    "CDLHARAMICROSS" TA_CDLHARAMICROSS_Open TA_CDLHARAMICROSS_Update TA_CDLHARAMICROSS_Close (a b c d) () (w);
    "CDLHIGHWAVE" TA_CDLHIGHWAVE_Open TA_CDLHIGHWAVE_Update TA_CDLHIGHWAVE_Close (a b c d) () (w);
    "CDLHIKKAKE" TA_CDLHIKKAKE_Open TA_CDLHIKKAKE_Update TA_CDLHIKKAKE_Close (a b c d) () (w);
    "CDLHIKKAKEMOD" TA_CDLHIKKAKEMOD_Open TA_CDLHIKKAKEMOD_Update TA_CDLHIKKAKEMOD_Close (a b c d) () (w);
    "CDLHOMINGPIGEON" TA_CDLHOMINGPIGEON_Open TA_CDLHOMINGPIGEON_Update TA_CDLHOMINGPIGEON_Close (a b c d) () (w);
    "CDLIDENTICAL3CROWS" TA_CDLIDENTICAL3CROWS_Open TA_CDLIDENTICAL3CROWS_Update TA_CDLIDENTICAL3CROWS_Close (a b c d) () (w);
    "CDLINNECK" TA_CDLINNECK_Open TA_CDLINNECK_Update TA_CDLINNECK_Close (a b c d) () (w);
    "CDLINVERTEDHAMMER" TA_CDLINVERTEDHAMMER_Open TA_CDLINVERTEDHAMMER_Update TA_CDLINVERTEDHAMMER_Close (a b c d) () (w);
    "CDLKICKING" TA_CDLKICKING_Open TA_CDLKICKING_Update TA_CDLKICKING_Close (a b c d) () (w);
    "CDLKICKINGBYLENGTH" TA_CDLKICKINGBYLENGTH_Open TA_CDLKICKINGBYLENGTH_Update TA_CDLKICKINGBYLENGTH_Close (a b c d) () (w);
    "CDLLADDERBOTTOM" TA_CDLLADDERBOTTOM_Open TA_CDLLADDERBOTTOM_Update TA_CDLLADDERBOTTOM_Close (a b c d) () (w);
    "CDLLONGLEGGEDDOJI" TA_CDLLONGLEGGEDDOJI_Open TA_CDLLONGLEGGEDDOJI_Update TA_CDLLONGLEGGEDDOJI_Close (a b c d) () (w);
    "CDLLONGLINE" TA_CDLLONGLINE_Open TA_CDLLONGLINE_Update TA_CDLLONGLINE_Close (a b c d) () (w);
    "CDLMARUBOZU" TA_CDLMARUBOZU_Open TA_CDLMARUBOZU_Update TA_CDLMARUBOZU_Close (a b c d) () (w);
    "CDLMATCHINGLOW" TA_CDLMATCHINGLOW_Open TA_CDLMATCHINGLOW_Update TA_CDLMATCHINGLOW_Close (a b c d) () (w);
    "CDLMATHOLD" TA_CDLMATHOLD_Open TA_CDLMATHOLD_Update TA_CDLMATHOLD_Close (a b c d) (i) (w);
    "CDLMORNINGDOJISTAR" TA_CDLMORNINGDOJISTAR_Open TA_CDLMORNINGDOJISTAR_Update TA_CDLMORNINGDOJISTAR_Close (a b c d) (i) (w);
    "CDLMORNINGSTAR" TA_CDLMORNINGSTAR_Open TA_CDLMORNINGSTAR_Update TA_CDLMORNINGSTAR_Close (a b c d) (i) (w);
    "CDLONNECK" TA_CDLONNECK_Open TA_CDLONNECK_Update TA_CDLONNECK_Close (a b c d) () (w);
    "CDLPIERCING" TA_CDLPIERCING_Open TA_CDLPIERCING_Update TA_CDLPIERCING_Close (a b c d) () (w);
    "CDLRICKSHAWMAN" TA_CDLRICKSHAWMAN_Open TA_CDLRICKSHAWMAN_Update TA_CDLRICKSHAWMAN_Close (a b c d) () (w);
    "CDLRISEFALL3METHODS" TA_CDLRISEFALL3METHODS_Open TA_CDLRISEFALL3METHODS_Update TA_CDLRISEFALL3METHODS_Close (a b c d) () (w);
    "CDLSEPARATINGLINES" TA_CDLSEPARATINGLINES_Open TA_CDLSEPARATINGLINES_Update TA_CDLSEPARATINGLINES_Close (a b c d) () (w);
    "CDLSHOOTINGSTAR" TA_CDLSHOOTINGSTAR_Open TA_CDLSHOOTINGSTAR_Update TA_CDLSHOOTINGSTAR_Close (a b c d) () (w);
    "CDLSHORTLINE" TA_CDLSHORTLINE_Open TA_CDLSHORTLINE_Update TA_CDLSHORTLINE_Close (a b c d) () (w);
    "CDLSPINNINGTOP" TA_CDLSPINNINGTOP_Open TA_CDLSPINNINGTOP_Update TA_CDLSPINNINGTOP_Close (a b c d) () (w);
    "CDLSTALLEDPATTERN" TA_CDLSTALLEDPATTERN_Open TA_CDLSTALLEDPATTERN_Update TA_CDLSTALLEDPATTERN_Close (a b c d) () (w);
    "CDLSTICKSANDWICH" TA_CDLSTICKSANDWICH_Open TA_CDLSTICKSANDWICH_Update TA_CDLSTICKSANDWICH_Close (a b c d) () (w);
    "CDLTAKURI" TA_CDLTAKURI_Open TA_CDLTAKURI_Update TA_CDLTAKURI_Close (a b c d) () (w);
    "CDLTASUKIGAP" TA_CDLTASUKIGAP_Open TA_CDLTASUKIGAP_Update TA_CDLTASUKIGAP_Close (a b c d) () (w);
    "CDLTHRUSTING" TA_CDLTHRUSTING_Open TA_CDLTHRUSTING_Update TA_CDLTHRUSTING_Close (a b c d) () (w);
    "CDLTRISTAR" TA_CDLTRISTAR_Open TA_CDLTRISTAR_Update TA_CDLTRISTAR_Close (a b c d) () (w);
    "CDLUNIQUE3RIVER" TA_CDLUNIQUE3RIVER_Open TA_CDLUNIQUE3RIVER_Update TA_CDLUNIQUE3RIVER_Close (a b c d) () (w);
    "CDLUPSIDEGAP2CROWS" TA_CDLUPSIDEGAP2CROWS_Open TA_CDLUPSIDEGAP2CROWS_Update TA_CDLUPSIDEGAP2CROWS_Close (a b c d) () (w);
    "CDLXSIDEGAP3METHODS" TA_CDLXSIDEGAP3METHODS_Open TA_CDLXSIDEGAP3METHODS_Update TA_CDLXSIDEGAP3METHODS_Close (a b c d) () (w);
    "CEIL" TA_CEIL_Open TA_CEIL_Update TA_CEIL_Close (a) () (w);
    "CMF" TA_CMF_Open TA_CMF_Update TA_CMF_Close (a b c d) (i) (w);
    "CMO" TA_CMO_Open TA_CMO_Update TA_CMO_Close (a) (i) (w);
    "CMOU" TA_CMOU_Open TA_CMOU_Update TA_CMOU_Close (a) (i) (w);
    "COPPOCK" TA_COPPOCK_Open TA_COPPOCK_Update TA_COPPOCK_Close (a) (i j k) (w);
    "CORREL" TA_CORREL_Open TA_CORREL_Update TA_CORREL_Close (a b) (i) (w);
    "COS" TA_COS_Open TA_COS_Update TA_COS_Close (a) () (w);
    "COSH" TA_COSH_Open TA_COSH_Update TA_COSH_Close (a) () (w);
    "CUMSUM" TA_CUMSUM_Open TA_CUMSUM_Update TA_CUMSUM_Close (a) () (w);
    "CVI" TA_CVI_Open TA_CVI_Update TA_CVI_Close (a b) (i j) (w);
    "DEMA" TA_DEMA_Open TA_DEMA_Update TA_DEMA_Close (a) (i) (w);
    "DIV" TA_DIV_Open TA_DIV_Update TA_DIV_Close (a b) () (w);
    "DONCHIAN" TA_DONCHIAN_Open TA_DONCHIAN_Update TA_DONCHIAN_Close (a b) (i) (w x y);
    "DPO" TA_DPO_Open TA_DPO_Update TA_DPO_Close (a) (i) (w);
    "DX" TA_DX_Open TA_DX_Update TA_DX_Close (a b c) (i) (w);
    "EFI" TA_EFI_Open TA_EFI_Update TA_EFI_Close (a b) (i) (w);
    "EMA" TA_EMA_Open TA_EMA_Update TA_EMA_Close (a) (i) (w);
    "ER" TA_ER_Open TA_ER_Update TA_ER_Close (a) (i) (w);
    "ERI" TA_ERI_Open TA_ERI_Update TA_ERI_Close (a b c) (i) (w x);
    "EXP" TA_EXP_Open TA_EXP_Update TA_EXP_Close (a) () (w);
    "FLOOR" TA_FLOOR_Open TA_FLOOR_Update TA_FLOOR_Close (a) () (w);
    "FOSC" TA_FOSC_Open TA_FOSC_Update TA_FOSC_Close (a) (i) (w);
    "FRACTAL" TA_FRACTAL_Open TA_FRACTAL_Update TA_FRACTAL_Close (a b) (i j) (w x);
    "HA" TA_HA_Open TA_HA_Update TA_HA_Close (a b c d) () (w x y z);
    "HMA" TA_HMA_Open TA_HMA_Update TA_HMA_Close (a) (i) (w);
    "HT_DCPERIOD" TA_HT_DCPERIOD_Open TA_HT_DCPERIOD_Update TA_HT_DCPERIOD_Close (a) () (w);
    "HT_DCPHASE" TA_HT_DCPHASE_Open TA_HT_DCPHASE_Update TA_HT_DCPHASE_Close (a) () (w);
    "HT_PHASOR" TA_HT_PHASOR_Open TA_HT_PHASOR_Update TA_HT_PHASOR_Close (a) () (w x);
    "HT_SINE" TA_HT_SINE_Open TA_HT_SINE_Update TA_HT_SINE_Close (a) () (w x);
    "HT_TRENDLINE" TA_HT_TRENDLINE_Open TA_HT_TRENDLINE_Update TA_HT_TRENDLINE_Close (a) () (w);
    "HT_TRENDMODE" TA_HT_TRENDMODE_Open TA_HT_TRENDMODE_Update TA_HT_TRENDMODE_Close (a) () (w);
    "IMI" TA_IMI_Open TA_IMI_Update TA_IMI_Close (a b) (i) (w);
    "KAMA" TA_KAMA_Open TA_KAMA_Update TA_KAMA_Close (a) (i) (w);
    "KC" TA_KC_Open TA_KC_Update TA_KC_Close (a b c) (i j k) (w x y);
    "KDJ" TA_KDJ_Open TA_KDJ_Update TA_KDJ_Close (a b c) (i j k l m) (w x y);
    "LINEARREG" TA_LINEARREG_Open TA_LINEARREG_Update TA_LINEARREG_Close (a) (i) (w);
    "LINEARREG_ANGLE" TA_LINEARREG_ANGLE_Open TA_LINEARREG_ANGLE_Update TA_LINEARREG_ANGLE_Close (a) (i) (w);
    "LINEARREG_INTERCEPT" TA_LINEARREG_INTERCEPT_Open TA_LINEARREG_INTERCEPT_Update TA_LINEARREG_INTERCEPT_Close (a) (i) (w);
    "LINEARREG_SLOPE" TA_LINEARREG_SLOPE_Open TA_LINEARREG_SLOPE_Update TA_LINEARREG_SLOPE_Close (a) (i) (w);
    "LN" TA_LN_Open TA_LN_Update TA_LN_Close (a) () (w);
    "LOG10" TA_LOG10_Open TA_LOG10_Update TA_LOG10_Close (a) () (w);
    "MA" TA_MA_Open TA_MA_Update TA_MA_Close (a) (i j) (w);
    "MACD" TA_MACD_Open TA_MACD_Update TA_MACD_Close (a) (i j k) (w x y);
    "MACDEXT" TA_MACDEXT_Open TA_MACDEXT_Update TA_MACDEXT_Close (a) (i j k l m n) (w x y);
    "MACDFIX" TA_MACDFIX_Open TA_MACDFIX_Update TA_MACDFIX_Close (a) (i) (w x y);
    "MAMA" TA_MAMA_Open TA_MAMA_Update TA_MAMA_Close (a) (i j) (w x);
    "MARKETFI" TA_MARKETFI_Open TA_MARKETFI_Update TA_MARKETFI_Close (a b c) () (w);
    "MASSI" TA_MASSI_Open TA_MASSI_Update TA_MASSI_Close (a b) (i j) (w);
    "MAVP" TA_MAVP_Open TA_MAVP_Update TA_MAVP_Close (a b) (i j k) (w);
    "MAX" TA_MAX_Open TA_MAX_Update TA_MAX_Close (a) (i) (w);
    "MAXINDEX" TA_MAXINDEX_Open TA_MAXINDEX_Update TA_MAXINDEX_Close (a) (i) (w);
    "MEDPRICE" TA_MEDPRICE_Open TA_MEDPRICE_Update TA_MEDPRICE_Close (a b) () (w);
    "MFI" TA_MFI_Open TA_MFI_Update TA_MFI_Close (a b c d) (i) (w);
    "MIDPOINT" TA_MIDPOINT_Open TA_MIDPOINT_Update TA_MIDPOINT_Close (a) (i) (w);
    "MIDPRICE" TA_MIDPRICE_Open TA_MIDPRICE_Update TA_MIDPRICE_Close (a b) (i) (w);
    "MIN" TA_MIN_Open TA_MIN_Update TA_MIN_Close (a) (i) (w);
    "MININDEX" TA_MININDEX_Open TA_MININDEX_Update TA_MININDEX_Close (a) (i) (w);
    "MINMAX" TA_MINMAX_Open TA_MINMAX_Update TA_MINMAX_Close (a) (i) (w x);
    "MINMAXINDEX" TA_MINMAXINDEX_Open TA_MINMAXINDEX_Update TA_MINMAXINDEX_Close (a) (i) (w x);
    "MINUS_DI" TA_MINUS_DI_Open TA_MINUS_DI_Update TA_MINUS_DI_Close (a b c) (i) (w);
    "MINUS_DM" TA_MINUS_DM_Open TA_MINUS_DM_Update TA_MINUS_DM_Close (a b) (i) (w);
    "MOM" TA_MOM_Open TA_MOM_Update TA_MOM_Close (a) (i) (w);
    "MULT" TA_MULT_Open TA_MULT_Update TA_MULT_Close (a b) () (w);
    "NATR" TA_NATR_Open TA_NATR_Update TA_NATR_Close (a b c) (i) (w);
    "NVI" TA_NVI_Open TA_NVI_Update TA_NVI_Close (a b) () (w);
    "OBV" TA_OBV_Open TA_OBV_Update TA_OBV_Close (a b) () (w);
    "PERCENTILE" TA_PERCENTILE_Open TA_PERCENTILE_Update TA_PERCENTILE_Close (a) (i j) (w);
    "PERCENTRANK" TA_PERCENTRANK_Open TA_PERCENTRANK_Update TA_PERCENTRANK_Close (a) (i) (w);
    "PLUS_DI" TA_PLUS_DI_Open TA_PLUS_DI_Update TA_PLUS_DI_Close (a b c) (i) (w);
    "PLUS_DM" TA_PLUS_DM_Open TA_PLUS_DM_Update TA_PLUS_DM_Close (a b) (i) (w);
    "PPO" TA_PPO_Open TA_PPO_Update TA_PPO_Close (a) (i j k) (w);
    "PVI" TA_PVI_Open TA_PVI_Update TA_PVI_Close (a b) () (w);
    "PVO" TA_PVO_Open TA_PVO_Update TA_PVO_Close (a) (i j k) (w);
    "PVT" TA_PVT_Open TA_PVT_Update TA_PVT_Close (a b) () (w);
    "QSTICK" TA_QSTICK_Open TA_QSTICK_Update TA_QSTICK_Close (a b) (i) (w);
    "RMA" TA_RMA_Open TA_RMA_Update TA_RMA_Close (a) (i) (w);
    "ROC" TA_ROC_Open TA_ROC_Update TA_ROC_Close (a) (i) (w);
    "ROCP" TA_ROCP_Open TA_ROCP_Update TA_ROCP_Close (a) (i) (w);
    "ROCR" TA_ROCR_Open TA_ROCR_Update TA_ROCR_Close (a) (i) (w);
    "ROCR100" TA_ROCR100_Open TA_ROCR100_Update TA_ROCR100_Close (a) (i) (w);
    "RSI" TA_RSI_Open TA_RSI_Update TA_RSI_Close (a) (i) (w);
    "RVI" TA_RVI_Open TA_RVI_Update TA_RVI_Close (a) (i j) (w);
    "RVOL" TA_RVOL_Open TA_RVOL_Update TA_RVOL_Close (a) (i) (w);
    "SAR" TA_SAR_Open TA_SAR_Update TA_SAR_Close (a b) (i j) (w);
    "SAREXT" TA_SAREXT_Open TA_SAREXT_Update TA_SAREXT_Close (a b) (i j k l m n o p) (w);
    "SIN" TA_SIN_Open TA_SIN_Update TA_SIN_Close (a) () (w);
    "SINH" TA_SINH_Open TA_SINH_Update TA_SINH_Close (a) () (w);
    "SMA" TA_SMA_Open TA_SMA_Update TA_SMA_Close (a) (i) (w);
    "SMI" TA_SMI_Open TA_SMI_Update TA_SMI_Close (a b c) (i j k l) (w x);
    "SQRT" TA_SQRT_Open TA_SQRT_Update TA_SQRT_Close (a) () (w);
    "STDDEV" TA_STDDEV_Open TA_STDDEV_Update TA_STDDEV_Close (a) (i j) (w);
    "STOCH" TA_STOCH_Open TA_STOCH_Update TA_STOCH_Close (a b c) (i j k l m) (w x);
    "STOCHF" TA_STOCHF_Open TA_STOCHF_Update TA_STOCHF_Close (a b c) (i j k) (w x);
    "STOCHRSI" TA_STOCHRSI_Open TA_STOCHRSI_Update TA_STOCHRSI_Close (a) (i j k l) (w x);
    "SUB" TA_SUB_Open TA_SUB_Update TA_SUB_Close (a b) () (w);
    "SUM" TA_SUM_Open TA_SUM_Update TA_SUM_Close (a) (i) (w);
    "SUPERTREND" TA_SUPERTREND_Open TA_SUPERTREND_Update TA_SUPERTREND_Close (a b c) (i j) (w x);
    "T3" TA_T3_Open TA_T3_Update TA_T3_Close (a) (i j) (w);
    "TAN" TA_TAN_Open TA_TAN_Update TA_TAN_Close (a) () (w);
    "TANH" TA_TANH_Open TA_TANH_Update TA_TANH_Close (a) () (w);
    "TEMA" TA_TEMA_Open TA_TEMA_Update TA_TEMA_Close (a) (i) (w);
    "TRANGE" TA_TRANGE_Open TA_TRANGE_Update TA_TRANGE_Close (a b c) () (w);
    "TRIMA" TA_TRIMA_Open TA_TRIMA_Update TA_TRIMA_Close (a) (i) (w);
    "TRIX" TA_TRIX_Open TA_TRIX_Update TA_TRIX_Close (a) (i) (w);
    "TSF" TA_TSF_Open TA_TSF_Update TA_TSF_Close (a) (i) (w);
    "TSI" TA_TSI_Open TA_TSI_Update TA_TSI_Close (a) (i j) (w);
    "TYPPRICE" TA_TYPPRICE_Open TA_TYPPRICE_Update TA_TYPPRICE_Close (a b c) () (w);
    "ULTOSC" TA_ULTOSC_Open TA_ULTOSC_Update TA_ULTOSC_Close (a b c) (i j k) (w);
    "VAR" TA_VAR_Open TA_VAR_Update TA_VAR_Close (a) (i j) (w);
    "VHF" TA_VHF_Open TA_VHF_Update TA_VHF_Close (a) (i) (w);
    "VORTEX" TA_VORTEX_Open TA_VORTEX_Update TA_VORTEX_Close (a b c) (i) (w x);
    "VWAP" TA_VWAP_Open TA_VWAP_Update TA_VWAP_Close (a b c d) () (w);
    "VWMA" TA_VWMA_Open TA_VWMA_Update TA_VWMA_Close (a b) (i) (w);
    "WAD" TA_WAD_Open TA_WAD_Update TA_WAD_Close (a b c) () (w);
    "WCLPRICE" TA_WCLPRICE_Open TA_WCLPRICE_Update TA_WCLPRICE_Close (a b c) () (w);
    "WILLR" TA_WILLR_Open TA_WILLR_Update TA_WILLR_Close (a b c) (i) (w);
    "WMA" TA_WMA_Open TA_WMA_Update TA_WMA_Close (a) (i) (w);
    "ZLEMA" TA_ZLEMA_Open TA_ZLEMA_Update TA_ZLEMA_Close (a) (i) (w);
}
