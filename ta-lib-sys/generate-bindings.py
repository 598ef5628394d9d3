#!/usr/bin/env python3
"""Makes the checked-in bindings of ta-lib-sys: src/bindings.rs, bindings_0_7.rs, bindings_0_8.rs,
functions_0_8.rs and streams_0_8.rs.

The crate's own feature `bindgen` generates them twice, for 0.7 from Debian's headers and for 0.8,
and this script sorts what comes out into files: what is the same in both, what is of one release
only, and 0.8's additional functions, which need a feature.

No package of 0.8 has headers yet. Its prototypes are in the Python wrapper's wheel, which declares
each of them to its own compiler; the few values that the wheel takes from the C header without
naming them are in this script, and the tests of the crate hold them against the library. Once there
are headers of 0.8, `headers_0_8` becomes an installation of them.

Needs Linux, cargo, libclang, cc, nm, pip, and apt-get for Debian's package.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CRATE = Path(__file__).resolve().parent
INSTALL = CRATE.parent / "docker" / "install-ta-lib.sh"
WHEEL = "ta-lib==0.8.2"

# Values that are not in the wheel. The ids were found by setting each and seeing which function's
# lookback grows; those that 0.8 retired (1, 12, 15, 22) are accepted and move nothing.
UNSTABLE_IDS_0_8 = {"RMA": 24, "HA": 25, "RVI": 26, "ALL": 65535}
UNSTABLE_IDS_RETIRED = {"ADXR", "IMI", "MFI", "STOCHRSI", "NONE"}
MACROS_0_8 = {
    "TA_FUNC_UNST_COUNT": "27",
    "TA_FUNC_FLG_PERIOD1_IDENTITY": "0x00000001",
    "TA_FUNC_FLG_STREAM": "0x02000000",
    "TA_FUNC_FLG_PATH_DEP": "0x20000000",
    "TA_FUNC_FLG_NAN_INF_OUT": "0x40000000",
    "TA_OUT_NULLABLE": "0x00002000",
}


def run(*command, **environment):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env={**os.environ, **environment}).stdout


def headers_0_8(prefix, headers_0_7, work):
    """Installs 0.8 into a prefix and makes headers for it there, out of 0.7's and the wheel's."""
    run(INSTALL, "--prefix", prefix)
    run(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11",
        "--implementation", "cp", "--abi", "cp311", "--platform", f"manylinux2014_{os.uname().machine}",
        "--dest", work, WHEEL)
    run(sys.executable, "-m", "zipfile", "-e", next(work.glob("*.whl")), work / "wheel")
    declarations = re.sub(r" +#.*", "", (work / "wheel/talib/_ta_lib.pxd").read_text())
    streams = (work / "wheel/talib/_stream.pxi").read_text()

    include = prefix / "include" / "ta-lib"
    include.mkdir(parents=True)
    for header in headers_0_7.glob("*.h"):
        (include / header.name).write_text(header.read_text())

    def edit(name, *substitutions):
        text = (include / name).read_text()
        for pattern, replacement in substitutions:
            text, count = re.subn(pattern, replacement, text, flags=re.M)
            assert count == 1, f"{name}: {pattern} matches {count} times"
        (include / name).write_text(text)

    constants = re.findall(r"^    const (TA_\w+) (TA_\w+) = (\w+)$", declarations, re.M)
    known = (include / "ta_defs.h").read_text() + (include / "ta_abstract.h").read_text()

    def new_constants(enum):
        return "".join(f", {name} = {value}" for of, name, value in constants
                       if of == enum and not re.search(rf"\b{name}\b", known))

    unstable = re.findall(r"ENUM_DEFINE\( TA_FUNC_UNST_(\w+),", known)
    ids = {name: number for number, name in enumerate(unstable) if name not in UNSTABLE_IDS_RETIRED} | UNSTABLE_IDS_0_8
    declared = set(re.findall(r"const TA_FuncUnstId TA_FUNC_UNST_(\w+)", declarations))
    assert declared == set(ids), f"unstable periods: {declared ^ set(ids)}"
    enumerators = ", ".join(f"TA_FUNC_UNST_{name} = {number}" for name, number in ids.items())
    edit("ta_defs.h",
         (r"^(.*TA_UNKNOWN_ERR.*)$", rf"\1 {new_constants('TA_RetCode')}"),
         (r"^(.*TA_MAType_T3.*)$", rf"\1 {new_constants('TA_MAType')}"),
         (r"ENUM_BEGIN\( FuncUnstId \)[\s\S]*?ENUM_END\( FuncUnstId \)",
          f"typedef enum {{ {enumerators} }} TA_FuncUnstId;"))
    macros = "".join(f"\n#define {name} {value}" for name, value in MACROS_0_8.items())
    edit("ta_abstract.h",
         (r"^.*\bcamelCaseName;$", ""),
         (r"^(#define TA_ABSTRACT_H)$", rf"\1{macros}"))

    have = set(re.findall(r"\b(TA_\w+) *\(", (include / "ta_func.h").read_text()))
    have |= set(re.findall(r"\b(TA_\w+) *\(", (include / "ta_abstract.h").read_text()))
    have |= set(re.findall(r"\b(TA_\w+) *\(", (include / "ta_common.h").read_text()))
    prototypes, declared_again = [], ['#include "ta_libc.h"']
    for handle in re.findall(r"^    ctypedef struct (TA_\w+_Stream):$", streams, re.M):
        prototypes.append(f"typedef struct {handle} {handle};")
    for text in (declarations, streams):
        for result, name, arguments in re.findall(r"^    (TA_RetCode|int) (TA_\w+)\((.*)\)$", text, re.M):
            declared_again.append(f"{result} {name}({arguments or 'void'});")
            if name in have:
                continue
            have.add(name)
            prototypes.append(f"{result} {name}({arguments or 'void'});")
            if arguments.startswith("int startIdx"):
                single = arguments.replace("const double in", "const float in")
                prototypes.append(f"{result} {name.replace('TA_', 'TA_S_', 1)}({single});")
                have.add(name.replace("TA_", "TA_S_", 1))
    edit("ta_func.h", (r"^#ifdef __cplusplus\n}", "\n".join(prototypes) + "\n#ifdef __cplusplus\n}"))

    # What 0.7's headers declare, 0.8 has to declare the same way: a compiler refuses two that differ.
    (work / "again.c").write_text("\n".join(declared_again) + "\n")
    run("cc", "-fsyntax-only", f"-I{include}", work / "again.c")

    symbols = run("nm", "-D", "--defined-only", prefix / "lib" / "libta-lib.so")
    exported = set(re.findall(r" [Ti] (TA_\w+)$", symbols, re.M))
    have = {name for name in have if name != "TA_INTERNAL_ERROR"}
    assert exported == have, f"declared or exported only: {sorted(exported ^ have)}"


def generate(prefix, work):
    """Runs the crate's build script with the feature `bindgen`; returns its items in order."""
    messages = run("cargo", "build", "--quiet", "--manifest-path", CRATE / "Cargo.toml", "--features", "bindgen",
                   "--message-format", "json", TA_LIB_DIR=str(prefix), CARGO_TARGET_DIR=str(work / "target"))
    out = [message["out_dir"] for message in map(json.loads, messages.splitlines())
           if message["reason"] == "build-script-executed" and "ta-lib-sys" in message["package_id"]]
    text = (Path(out[0]) / "bindings.rs").read_text().partition("*/")[2]
    assert text.count('unsafe extern "C" {') == 1
    outside, _, rest = text.partition('unsafe extern "C" {\n')
    inside, _, after = rest.partition("\n}\n")
    items = re.findall(r"^(?:#\[.*\n)*pub (?:const|type) [\s\S]*?;$|^(?:#\[.*\n)*pub struct [\s\S]*?^}$", outside + after, re.M)
    functions = [" ".join(function.split()) for function in re.findall(r"^    pub fn [\s\S]*?;$", inside, re.M)]
    functions = [function.replace("( ", "(").replace(", )", ")").replace("::core::ffi::", "") for function in functions]
    return items, functions


def write(name, what, items, functions):
    text = f"// {what}\n// Generated by generate-bindings.py: change it there.\n\n"
    text += "\n".join(items) + "\n"
    if functions:
        text += "\nunsafe extern \"C\" {\n" + "".join(f"    {function}\n" for function in functions) + "}\n"
    (CRATE / "src" / name).write_text(text.replace("\n\n\n", "\n\n"))


def streams(functions):
    """What streams_0_8.rs has for each stream: the calls, and a letter for each input, parameter and output."""
    for function in functions:
        opened = re.match(r"pub fn TA_(\w+)_Open\((.*)\) ->", function)
        if not opened:
            continue
        name, arguments = opened.groups()
        kinds = [re.match(r"(in|opt|out)", argument) for argument in arguments.split(", ")]
        counts = [sum(1 for kind in kinds if kind and kind[0] == wanted) for wanted in ("in", "opt", "out")]
        letters = ["(" + " ".join(alphabet[:count]) + ")" for alphabet, count in zip(("abcdefgh", "ijklmnopqr", "uvwxyz"), counts)]
        calls = " ".join(f"TA_{name}_{call}" for call in ("Open", "Update", "Peek", "Clone", "Close"))
        yield f'            "{name}" {calls} {" ".join(letters)};\n'


STREAMS = """\
// Every stream of TA-Lib 0.8, for code that is the same for all of them.
// Generated by generate-bindings.py: change it there.

/// Calls a macro once, with a line for each stream: the function's name, its calls to open, update,
/// peek at, clone and close the stream, and in brackets a letter for each input, each optional
/// parameter and each output, in the order of the arguments.
///
/// ```
/// macro_rules! count {
///     ($($name:literal $open:ident $update:ident $peek:ident $clone:ident $close:ident
///         ($($input:ident)+) ($($optional:ident)*) ($($output:ident)+);)+) => {
///         const STREAMS: usize = [$($name),+].len();
///     };
/// }
/// ta_lib_sys::for_each_stream!(count);
/// assert_eq!(STREAMS, 201);
/// ```
#[macro_export]
macro_rules! for_each_stream {
    ($callback:ident) => {
        $callback! {
LINES        }
    };
}
"""


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        old, new = work / "0.7", work / "0.8"
        run(INSTALL, "--from-debian", "--prefix", old)
        headers_0_8(new, old / "include" / "ta-lib", work)
        old_items, old_functions = generate(old, work)
        new_items, new_functions = generate(new, work)

    assert set(old_functions) <= set(new_functions), set(old_functions) - set(new_functions)
    handles = [" ".join(item.split()) for item in new_items if "_Stream" in item]
    new_items = [item for item in new_items if "_Stream" not in item]
    write("bindings.rs", "What is the same in TA-Lib 0.6 to 0.8.", [item for item in old_items if item in new_items], old_functions)
    write("bindings_0_7.rs", "What only releases before TA-Lib 0.8 have, or have with another value or layout.",
          [item for item in old_items if item not in new_items], [])
    write("bindings_0_8.rs", "What TA-Lib 0.8 adds, or has with another value or layout; but for its functions.",
          [item for item in new_items if item not in old_items], [])
    write("functions_0_8.rs", "The functions that TA-Lib 0.8 adds, and its stream handles.", handles,
          [function for function in new_functions if function not in old_functions])
    (CRATE / "src" / "streams_0_8.rs").write_text(STREAMS.replace("LINES", "".join(streams(new_functions))))


if __name__ == "__main__":
    main()
