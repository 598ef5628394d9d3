//! TA-Lib's group 'Math Operators'.

crate::catalog::group! {
    max: Max,
    min: Min,
}
