#!/usr/bin/env bash
# Installs the TA-Lib C library: the one way it gets onto any machine.
#
#   install-ta-lib.sh [--prefix DIR]                 TA-Lib 0.8, from a Python wheel
#   install-ta-lib.sh --from-debian [--prefix DIR]   Debian's packages, with the C headers
#
# The project itself publishes 0.8 as source only. Its maintained Python wrapper ships the same
# library ready built for Linux on x86_64 and aarch64 (glibc), and pip can fetch it on any
# machine: so that is where it comes from, pinned by checksum. The wheel has no C headers, and
# `ta-lib-sys` needs none. Whoever does (its feature `bindgen`, a C program) takes --from-debian:
# an older release, as whole packages.
#
# Run twice, the second run changes nothing. The pkg-config file is written last, so a run that
# was interrupted is seen as not done, and is done again.
set -euo pipefail

readonly WHEEL=ta-lib==0.8.2
prefix=
from_debian=false

usage() {
    cat <<'USAGE'
usage: install-ta-lib.sh [--prefix DIR] [--from-debian]

  --prefix DIR    install into DIR (default: /usr/local). With --from-debian: unpack the packages
                  into DIR, which needs no root, instead of installing them on the system
  --from-debian   take Debian's libta-lib0 and ta-lib-dev (0.7, with C headers) from unstable
USAGE
}

say() { printf 'install-ta-lib: %s\n' "$*"; }

die() {
    printf 'install-ta-lib: error: %s\n' "$*" >&2
    exit 1
}

# Runs a command quietly; shows what it said only if it failed, above the one line that says why.
quietly() {
    local message=$1
    shift
    if ! "$@" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        die "$message"
    fi
}

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Compiles and runs a C program against the library in a directory, which need not be one of the
# loader's own; prints TA_GetVersionString.
version_string() {
    compile_against "$1" "-Wl,-rpath,$1"
    "$work/version" || die "the library in $1 does not load"
}

compile_against() {
    local libdir=$1
    shift
    cat >"$work/version.c" <<'C'
#include <stdio.h>
const char *TA_GetVersionString(void);
int main(void) { return puts(TA_GetVersionString()) < 0; }
C
    # Named by its path: a linker that cannot use this one would go on and take another for -lta-lib.
    quietly "a C program cannot be compiled and linked with the library in $libdir" \
        "$cc" "$work/version.c" -o "$work/version" "$libdir/libta-lib.so" "$@" -lm
}

# Writes the pkg-config file of a prefix; the version is the one the library reports of itself.
write_pkg_config() {
    local version=$1 cflags=$2
    mkdir -p "$prefix/lib/pkgconfig"
    cat >"$work/ta-lib.pc" <<PC
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include/ta-lib

Name: ta-lib
Description: Technical analysis library
Version: $version
Libs: -L\${libdir} -lta-lib
Libs.private: -lm
PC
    [ -z "$cflags" ] || echo "Cflags: $cflags" >>"$work/ta-lib.pc"
    place "$work/ta-lib.pc" "$prefix/lib/pkgconfig/ta-lib.pc"
}

# Copies a file to where it belongs in one step: never there by halves, whenever it is cut off.
place() {
    local from=$1 to=$2
    unplaced=$to.new.$$
    cp -P "$from" "$unplaced"
    mv -fT "$unplaced" "$to"
}

# Makes the prefix absolute. What is installed there can be checked without being able to write.
enter_prefix() {
    [ -d "$prefix" ] || mkdir -p "$prefix" 2>/dev/null ||
        die "cannot make $prefix (run as root, or choose another --prefix)"
    prefix=$(cd "$prefix" && pwd)
}

prepare_to_write() {
    mkdir -p "$prefix/lib" 2>/dev/null && [ -w "$prefix/lib" ] ||
        die "cannot write to $prefix/lib (run as root, or choose another --prefix)"
}

is_found_by_programs() { "$work/version" >/dev/null 2>&1; }

is_one_of_the_loaders() {
    command -v ldconfig >/dev/null && ldconfig -vNX 2>/dev/null | grep "^$1:" >/dev/null
}

# Reports what is there now, as a program sees it. The loader is told of a library in one of its own
# directories that it does not know yet, and left alone otherwise: it is the whole machine's, and
# two that write its cache at once are in each other's way.
report() {
    local libdir=$1 version preferred
    version=$(version_string "$libdir")
    say "TA-Lib $version in $libdir"
    compile_against "$libdir"
    if ! is_found_by_programs && is_root && is_one_of_the_loaders "$libdir"; then
        quietly "ldconfig failed" ldconfig
    fi
    if ! is_found_by_programs; then
        say "programs do not find a library in $libdir by themselves: build with TA_LIB_DIR=${libdir%/lib}"
    fi
    if preferred=$(pkg-config --variable=libdir ta-lib 2>/dev/null) && [ "$preferred" != "$libdir" ]; then
        say "pkg-config prefers another one, in $preferred"
    fi
}

find_compiler() {
    for cc in "${CC:-}" cc gcc clang; do
        if [ -n "$cc" ] && command -v "$cc" >/dev/null; then return; fi
    done
    die "no C compiler: install one (Debian: apt-get install gcc libc6-dev), or set CC"
}

find_pip() {
    if python3 -m pip --version >/dev/null 2>&1; then return; fi
    if is_root && command -v apt-get >/dev/null; then
        say "no pip: installing python3-pip"
        quietly "apt-get update failed" apt-get update
        quietly "apt-get cannot install python3-pip" \
            env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-pip
    fi
    command -v python3 >/dev/null || die "no python3: install it, with pip (Debian: apt-get install python3-pip)"
    python3 -m pip --version >/dev/null 2>&1 || die "no pip: install it (Debian: apt-get install python3-pip)"
}

install_wheel() {
    local arch wheel_sum library_sum soname
    arch=$(uname -m)
    case $arch in
    x86_64 | amd64)
        arch=x86_64
        wheel_sum=b3153ff3fdadfb6ab91e1d98c36ee5f80fa3581f93a5f2dacfe87404997c4ec3
        library_sum=d4cf0978a7f6de0f065992029f8a5cab3c449e27ab3c5e15871c0844e04f75a0
        # The wheel's builder puts a hash into the soname; programs ask the loader for this name.
        soname=libta-lib-a24660d1.so.1.1.0
        ;;
    aarch64 | arm64)
        arch=aarch64
        wheel_sum=99c47f0887590f44659116f74e7f641e626d1ce29705ff09f10abaabccd600ea
        library_sum=3845d7f42e040e48c436d994ac4a72d2b5c88304c16d4effa6dd46fea9110d90
        soname=libta-lib-ec254c7f.so.1.1.0
        ;;
    *) die "no TA-Lib wheel for $arch (there are x86_64 and aarch64): build the library from its source" ;;
    esac
    [ "$(uname -s)" = Linux ] || die "the wheel's library is for Linux, this is $(uname -s)"

    prefix=${prefix:-/usr/local}
    enter_prefix
    find_compiler

    local libdir=$prefix/lib
    if [ -f "$libdir/pkgconfig/ta-lib.pc" ] && [ -f "$libdir/$soname" ] && [ -f "$libdir/libta-lib.so" ] &&
        [ "$(sha256_of "$libdir/$soname")" = "$library_sum" ] &&
        [ "$(sha256_of "$libdir/libta-lib.so")" = "$library_sum" ]; then
        say "already installed, nothing to do"
        report "$libdir"
        return
    fi

    prepare_to_write
    find_pip
    say "fetching $WHEEL for $arch"
    # The library inside is the same for every Python: naming one keeps the choice, and with it
    # the checksum, independent of the Python that runs pip.
    quietly "pip cannot download $WHEEL for $arch" \
        python3 -m pip download --disable-pip-version-check --no-deps --only-binary=:all: \
        --python-version 3.11 --implementation cp --abi cp311 --platform "manylinux2014_$arch" \
        --dest "$work/wheel" "$WHEEL"
    local wheel
    wheel=$(echo "$work"/wheel/*.whl)
    [ "$(sha256_of "$wheel")" = "$wheel_sum" ] || die "checksum mismatch: $(basename "$wheel") is not the pinned file"
    quietly "cannot unpack $(basename "$wheel")" python3 -m zipfile -e "$wheel" "$work/unpacked"
    local library=$work/unpacked/ta_lib.libs/$soname
    [ -f "$library" ] && [ "$(sha256_of "$library")" = "$library_sum" ] ||
        die "checksum mismatch: the wheel does not hold the pinned $soname"

    # It is asked for its version where it was unpacked, before anything is changed.
    ln -s "$soname" "$(dirname "$library")/libta-lib.so"
    local version
    version=$(version_string "$(dirname "$library")")
    version=${version%% *}

    chmod 644 "$library"
    rm -f "$libdir/pkgconfig/ta-lib.pc"
    place "$library" "$libdir/libta-lib.so.$version"
    ln -s "libta-lib.so.$version" "$work/link"
    place "$work/link" "$libdir/$soname"
    place "$work/link" "$libdir/libta-lib.so"
    write_pkg_config "$version" ""
    report "$libdir"
}

# The Debian mirror that this machine uses already, as far as it has read its package lists.
debian_mirror() { # OPTION...
    # shellcheck disable=SC2016 # apt-get fills this in, not the shell
    apt-get "$@" indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed -n 1p
}

# What Debian has on this day is taken, if it is no older than this.
require_0_7() { # VERSION
    dpkg --compare-versions "${1%% *}" ge 0.7 || die "Debian's TA-Lib is ${1%% *}, expected 0.7 or later"
}

install_debian() {
    local mirror apt
    command -v apt-get >/dev/null || die "--from-debian needs apt-get, and this is no Debian"

    if [ -z "$prefix" ]; then
        is_root || die "--from-debian installs packages, which root can (or give a --prefix)"
        if [ "$(dpkg-query -W -f '${db:Status-Status} ' libta-lib0 ta-lib-dev 2>/dev/null)" = "installed installed " ]; then
            require_0_7 "$(dpkg-query -W -f '${Version}' libta-lib0)"
            find_compiler
            say "already installed, nothing to do"
            report "$(dirname "$(dpkg-query -L ta-lib-dev | grep '/libta-lib\.so$')")"
            return
        fi
    else
        enter_prefix
        find_compiler
        if [ -f "$prefix/lib/pkgconfig/ta-lib.pc" ] && [ -f "$prefix/include/ta-lib/ta_libc.h" ] && [ -f "$prefix/lib/libta-lib.so" ]; then
            require_0_7 "$(version_string "$prefix/lib")"
            say "already installed, nothing to do"
            report "$prefix/lib"
            return
        fi
        prepare_to_write
    fi

    # Unstable is read into a directory of its own, with only these two packages fetched from it:
    # nothing else can come from there, now or at the machine's next upgrade. A package list that
    # looks expired only means that this machine's clock or mirror is off; it is signed all the same.
    mirror=$(debian_mirror)
    if [ -z "$mirror" ]; then
        # It has not, or an image has thrown them away: they are read to the side.
        mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
        apt=(-o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o "APT::Sandbox::User=$(id -un)")
        quietly "apt-get update failed" apt-get "${apt[@]}" update
        mirror=$(debian_mirror "${apt[@]}")
    fi
    [ -n "$mirror" ] || die "apt knows no Debian mirror, and --from-debian needs one"
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/debs"
    echo "deb [check-valid-until=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/apt/sources.list"
    apt=(apt-get -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
        -o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root)
    say "fetching libta-lib0 and ta-lib-dev from Debian unstable"
    quietly "cannot read Debian unstable's package list" "${apt[@]}" update
    (cd "$work/debs" && quietly "Debian unstable has no ta-lib-dev for this machine" "${apt[@]}" download libta-lib0 ta-lib-dev)

    require_0_7 "$(cd "$work/debs" && dpkg-deb --field libta-lib0_*.deb Version)"
    if [ -z "$prefix" ]; then
        quietly "apt-get cannot install libta-lib0 and ta-lib-dev" \
            env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$work"/debs/*.deb
        find_compiler
        report "$(dirname "$(dpkg-query -L ta-lib-dev | grep '/libta-lib\.so$')")"
        return
    fi

    local deb libdir version
    for deb in "$work"/debs/*.deb; do
        quietly "cannot unpack $(basename "$deb")" dpkg-deb -x "$deb" "$work/unpacked"
    done
    libdir=$(dirname "$(find "$work/unpacked/usr/lib" -name libta-lib.so)")
    version=$(version_string "$libdir")
    rm -f "$prefix/lib/pkgconfig/ta-lib.pc"
    mkdir -p "$prefix/include/ta-lib"
    local file
    for file in "$work"/unpacked/usr/include/ta-lib/*; do place "$file" "$prefix/include/ta-lib/${file##*/}"; done
    for file in "$libdir"/libta-lib.so* "$libdir"/libta-lib.a; do place "$file" "$prefix/lib/${file##*/}"; done
    write_pkg_config "${version%% *}" "-I\${includedir}"
    report "$prefix/lib"
}

while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -ge 2 ] && [ -n "$2" ] || die "--prefix needs a directory"
        prefix=$2
        shift
        ;;
    --prefix=?*) prefix=${1#--prefix=} ;;
    --from-debian) from_debian=true ;;
    -h | --help)
        usage
        exit
        ;;
    *)
        usage >&2
        die "unknown argument: $1"
        ;;
    esac
    shift
done

cc=
unplaced=
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -z "$unplaced" ] || rm -f "$unplaced"' EXIT

if $from_debian; then install_debian; else install_wheel; fi
