//! Finds the TA-Lib C library and tells Cargo how to link it; with the feature `bindgen`, also
//! generates the bindings from its headers. What the user has to know about it is in the crate's
//! documentation.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// The library that was found.
struct Library {
    version: String,
    lib_dirs: Vec<PathBuf>,
    #[cfg_attr(not(feature = "bindgen"), expect(dead_code))]
    include_dirs: Vec<PathBuf>,
}

impl Library {
    fn is_0_8(&self) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (0, 8)
    }
}

fn main() {
    println!("cargo::rustc-check-cfg=cfg(ta_lib_0_8, ta_lib_generated)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TA_LIB_DIR");
    println!("cargo::rerun-if-env-changed=DOCS_RS");

    // The machines that build the documentation have no TA-Lib, and link nothing.
    let on_docs_rs = env::var_os("DOCS_RS").is_some();
    let library = if on_docs_rs {
        Library {
            version: if cfg!(feature = "v0_8") { "0.8.1" } else { "0.7.1" }.into(),
            lib_dirs: vec![],
            include_dirs: vec![],
        }
    } else if let Some(dir) = env::var_os("TA_LIB_DIR") {
        find_in(Path::new(&dir))
    } else {
        find_with_pkg_config()
    };

    if cfg!(feature = "v0_8") && !library.is_0_8() {
        stop(&format!(
            "the feature `v0_8` needs TA-Lib 0.8 or newer, and this is {}: {INSTALL}",
            library.version
        ));
    }
    if library.is_0_8() {
        println!("cargo::rustc-cfg=ta_lib_0_8");
    }
    println!("cargo::rustc-env=TA_LIB_VERSION={}", library.version);
    println!("cargo::metadata=VERSION={}", library.version);
    // Before 0.8 the shared library needs libm without saying so. It comes after the library, which
    // makes the loader prepare it first; src/lib.rs sees to it that the linker keeps it.
    if !on_docs_rs && env::var_os("CARGO_CFG_UNIX").is_some() {
        println!("cargo::rustc-link-lib=m");
    }
    link_for_cargo_run(&library);

    #[cfg(feature = "bindgen")]
    if !on_docs_rs {
        headers::generate(&library);
    }
}

const INSTALL: &str = "install it with docker/install-ta-lib.sh from this crate's repository (or, for 0.7, your \
    distribution's package ta-lib-dev), or set TA_LIB_DIR to the prefix that it is installed under";

/// Ends the build with one line. Cargo fails a build script that reports an error; one that exits
/// with an error is answered with all of its output.
fn stop(message: &str) -> ! {
    println!("cargo::error={message}");
    process::exit(0);
}

fn find_with_pkg_config() -> Library {
    // 0.6 was the first release under the library name `ta-lib`.
    let error = match pkg_config::Config::new().atleast_version("0.6").probe("ta-lib") {
        Ok(found) => {
            return Library {
                version: found.version,
                lib_dirs: found.link_paths,
                include_dirs: found.include_paths,
            };
        }
        Err(error) => error,
    };
    let reason = match error {
        pkg_config::Error::Failure { .. } | pkg_config::Error::ProbeFailure { .. } => {
            "pkg-config knows no module `ta-lib` of 0.6 or newer".to_owned()
        }
        pkg_config::Error::Command { .. } => stop(
            "the TA-Lib C library was not found, for want of pkg-config: install pkg-config, or set TA_LIB_DIR to the \
             prefix that the library is installed under. The default features of `indicators` need neither",
        ),
        other => other.to_string().trim().replace('\n', " "),
    };
    stop(&format!(
        "the TA-Lib C library was not found ({reason}): {INSTALL}. \
         The default features of `indicators` need no C library at all"
    ))
}

fn find_in(prefix: &Path) -> Library {
    let shared = ["libta-lib.so", "libta-lib.dylib"];
    let fixed = ["libta-lib.a", "ta-lib.lib"];
    let found = ["lib", "lib64"].iter().find_map(|dir| {
        let dir = prefix.join(dir);
        // Before 0.8 the shared library needs libm without saying so, and cannot be loaded where
        // a program happens to name libm first.
        let old = version_in(&dir.join("pkgconfig/ta-lib.pc"))
            .is_some_and(|version| version.starts_with("0.6") || version.starts_with("0.7"));
        let names = if old { [fixed, shared] } else { [shared, fixed] };
        names.as_flattened().iter().map(|name| dir.join(name)).find(|file| file.exists())
    });
    let Some(file) = found else {
        stop(&format!(
            "TA_LIB_DIR is {0}, and {0}/lib holds no TA-Lib C library: {INSTALL}",
            prefix.display()
        ));
    };
    println!("cargo::rerun-if-changed={}", file.display());
    let dir = file.parent().unwrap_or(prefix).to_path_buf();
    println!("cargo::rustc-link-search=native={}", dir.display());
    if file.extension().is_some_and(|extension| extension == "a") {
        println!("cargo::rustc-link-lib=static=ta-lib");
    } else {
        println!("cargo::rustc-link-lib=ta-lib");
    }
    Library {
        version: version_in(&dir.join("pkgconfig/ta-lib.pc"))
            .unwrap_or_else(|| oldest_version_of(&file)),
        lib_dirs: vec![dir],
        include_dirs: vec![prefix.join("include/ta-lib"), prefix.join("include")],
    }
}

fn version_in(pkg_config_file: &Path) -> Option<String> {
    let text = fs::read_to_string(pkg_config_file).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix("Version:")?.trim().to_owned()))
}

/// The oldest release that a library without a pkg-config file can be. Running it to ask is no
/// way: it may be for another machine than this one. Streaming came with 0.8.
fn oldest_version_of(library: &Path) -> String {
    let name = b"TA_SMA_OpenAndFill";
    let streams =
        fs::read(library).is_ok_and(|bytes| bytes.windows(name.len()).any(|window| window == name));
    if streams { "0.8" } else { "0.6" }.into()
}

/// Makes `cargo run` and `cargo test` find the shared library, in every crate that depends on this
/// one. Cargo puts link directories on the loader's path only if they lie in its target directory,
/// and an rpath from here would reach this package alone.
fn link_for_cargo_run(library: &Library) {
    #[cfg(unix)]
    if let Some(out) = env::var_os("OUT_DIR") {
        let links = PathBuf::from(out).join("lib");
        let _ = fs::remove_dir_all(&links);
        let mut linked = false;
        let files =
            library.lib_dirs.iter().filter_map(|dir| dir.canonicalize().ok()?.read_dir().ok());
        for file in files.flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("libta-lib") && (name.contains(".so") || name.ends_with(".dylib")) {
                println!("cargo::rerun-if-changed={}", file.path().display());
                linked |= fs::create_dir_all(&links).is_ok()
                    && std::os::unix::fs::symlink(file.path(), links.join(name)).is_ok();
            }
        }
        if linked {
            println!("cargo::rustc-link-search=native={}", links.display());
        }
    }
}

#[cfg(feature = "bindgen")]
mod headers {
    use super::{Library, env, fs, stop};
    use std::fmt::Write;
    use std::path::PathBuf;

    /// Writes `$OUT_DIR/bindings.rs`.
    pub(crate) fn generate(library: &Library) {
        let header = library
            .include_dirs
            .iter()
            .flat_map(|dir| [dir.join("ta_libc.h"), dir.join("ta-lib/ta_libc.h")])
            .chain([PathBuf::from("/usr/include/ta-lib/ta_libc.h")])
            .find(|file| file.exists());
        let Some(header) = header else {
            stop(
                "the feature `bindgen` needs TA-Lib's C headers (ta_libc.h), and this installation has none: install \
                 ta-lib-dev (docker/install-ta-lib.sh --from-debian), or build without the feature",
            );
        };
        println!("cargo::rerun-if-changed={}", header.display());

        let generated = bindgen::builder()
            .header(header.to_string_lossy())
            .allowlist_item("TA_.*")
            // Made of INT_MIN and INT_MAX, which bindgen sees on some machines only; in lib.rs.
            .blocklist_item("TA_INTEGER_(MIN|MAX|DEFAULT)")
            .default_macro_constant_type(bindgen::MacroTypeVariation::Signed)
            .prepend_enum_name(false)
            // A stream's state is the library's own: a handle may be passed on, never copied.
            .no_copy(".*_Stream")
            .no_debug(".*_Stream")
            .generate_comments(false)
            .layout_tests(false)
            .merge_extern_blocks(true)
            .use_core()
            .rust_edition(bindgen::RustEdition::Edition2024)
            .generate();
        let mut bindings = match generated {
            Ok(bindings) => signed_enums(&bindings.to_string()),
            Err(error) => stop(&format!("bindgen cannot read {}: {error}", header.display())),
        };

        // The layout of TA_FuncInfo changed: headers of another release would misread memory.
        if bindings.contains("camelCaseName") == library.is_0_8() {
            stop(&format!(
                "{} is not the header of the library that was found, which is {}",
                header.display(),
                library.version
            ));
        }
        append_unstable_periods(&mut bindings);

        let file = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("bindings.rs");
        if let Err(error) = fs::write(&file, bindings) {
            stop(&format!("cannot write {}: {error}", file.display()));
        }
        println!("cargo::rustc-cfg=ta_lib_generated");
    }

    /// Gives every enum the type `c_int`. C compilers choose the signedness from the values, so one
    /// enum would have different types for different releases of the library.
    fn signed_enums(bindings: &str) -> String {
        let mut text = String::new();
        for line in bindings.lines() {
            let line = match line.strip_suffix("= ::core::ffi::c_uint;") {
                Some(start) if start != "pub type TA_FuncHandle " => {
                    format!("{start}= ::core::ffi::c_int;")
                }
                _ => line.to_owned(),
            };
            text += &line;
            text.push('\n');
        }
        text
    }

    /// The C interface has no way from a function to its unstable period: the names are the link.
    fn append_unstable_periods(bindings: &mut String) {
        let mut rows = String::new();
        for line in bindings.lines() {
            let Some((name, id)) = line
                .strip_prefix("pub const TA_FUNC_UNST_")
                .and_then(|rest| rest.strip_suffix(';'))
                .and_then(|rest| rest.split_once(": TA_FuncUnstId = "))
            else {
                continue;
            };
            if !matches!(name, "ALL" | "NONE") && !name.starts_with("UNUSED") {
                let _ = write!(rows, "(\"{name}\", {id}), ");
            }
        }
        let _ = writeln!(
            bindings,
            "pub const TA_UNSTABLE_PERIODS: &[(&str, TA_FuncUnstId)] = &[{}];",
            rows.trim_end_matches(", ")
        );
    }
}
