//! The TA-Lib C library as a second backend.
