#!/usr/bin/env bash
# Makes local images under the names of the base images, from Debian's packages
# and this machine's Rust toolchain, where they cannot be pulled:
#
#   stand-ins.sh RUST_IMAGE BASE_IMAGE DIR
#
# They stand in for rust:VERSION-slim-bookworm and for distroless' cc-debian12,
# and hold the same packages at the same places. What this machine needs to reach
# package registries (authorities, the settings of apt, pip and cargo) goes into
# the first, so that the Dockerfiles need not know of it. DIR is scratch space.
# Needs root, debootstrap, and rustup or a toolchain of the image's version.
set -euo pipefail

[ $# -eq 3 ] || { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0" >&2; exit 2; }
readonly rust_image=$1 base_image=$2 work=$3

say() { printf 'stand-ins: %s\n' "$*"; }

die() {
    printf 'stand-ins: error: %s\n' "$*" >&2
    exit 1
}

# What distroless puts into cc-debian12, and what the slim image of Rust adds.
readonly in_base=(base-files libc6 libgcc-s1 libgomp1 libssl3 libstdc++6 netbase tzdata)
readonly in_rust=(ca-certificates gcc libc6-dev)

# Where rustc of the image's version is on this machine.
find_toolchain() {
    local version=${rust_image#*:}
    version=${version%%-*}
    local rustc
    for rustc in "rustup run $version rustc" rustc; do
        # shellcheck disable=SC2086 # these are words
        if [[ "$($rustc --version 2>/dev/null)" == "rustc $version "* ]]; then
            toolchain=$($rustc --print sysroot)
            return
        fi
    done
    die "$rust_image needs Rust $version on this machine: rustup toolchain install $version"
}

# What the images of Debian set, and debootstrap does not: no waiting for the disk after each file,
# no documentation, no package kept after it was installed.
make_it_an_image() { # DIR
    mkdir -p "$1/etc/dpkg/dpkg.cfg.d" "$1/etc/apt/apt.conf.d"
    echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
    printf 'path-exclude /usr/share/%s/*\n' doc man groff info lintian locale >"$1/etc/dpkg/dpkg.cfg.d/docker"
    printf '%s\n' 'Acquire::Languages "none";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' >"$1/etc/apt/apt.conf.d/docker-clean"
}

install_debian() {
    local mirror packages
    # shellcheck disable=SC2016 # apt-get fills this in, not the shell
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sed -n 1p)
    packages=$(IFS=,; echo "${in_base[*]},${in_rust[*]}")
    say "installing Debian 12 (debootstrap)"
    make_it_an_image "$work/rust"
    debootstrap --variant=minbase "--include=$packages" bookworm "$work/rust" \
        "${mirror:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 ||
        { tail -20 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
}

# The packages' files as they are, and a user; no package manager, no shell.
make_base() {
    local root=$work/base package deb
    mkdir "$root"
    for package in "${in_base[@]}"; do
        deb=$(echo "$work/rust/var/cache/apt/archives/${package}"_*.deb)
        dpkg-deb --extract "$deb" "$root"
    done
    mkdir -p "$root"/{etc/ssl/certs,home/nonroot}
    cp "$work/rust/etc/ssl/certs/ca-certificates.crt" "$root/etc/ssl/certs/"
    printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
        nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >"$root/etc/passwd"
    printf '%s\n' root:x:0: nobody:x:65534: nonroot:x:65532: >"$root/etc/group"
    chown 65532:65532 "$root/home/nonroot"
    mkdir -p "$root/tmp" && chmod 1777 "$root/tmp"
    import "$root" "$base_image" --change 'USER 65532' --change 'WORKDIR /home/nonroot' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'
}

make_rust() {
    local root=$work/rust name home tool
    name=$(basename "$toolchain")
    home=$root/usr/local/rustup
    mkdir -p "$home/toolchains/$name" "$root/usr/local/cargo/bin"
    tar -C "$toolchain" --exclude=./share/doc --exclude=./share/man -c . | tar -C "$home/toolchains/$name" -x
    if command -v rustup >/dev/null; then
        cp "$(readlink -f "$(command -v rustup)")" "$root/usr/local/cargo/bin/rustup"
        for tool in cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt; do
            ln -s rustup "$root/usr/local/cargo/bin/$tool"
        done
        printf 'version = "12"\ndefault_toolchain = "%s"\nprofile = "minimal"\n' "$name" >"$home/settings.toml"
    else
        ln -s "../../rustup/toolchains/$name/bin/"* "$root/usr/local/cargo/bin/"
    fi
    chmod -R a+w "$home" "$root/usr/local/cargo"

    apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99host"
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
    local cargo=${CARGO_HOME:-$HOME/.cargo}/config.toml
    [ ! -e "$cargo" ] || cp "$cargo" "$root/usr/local/cargo/"
    local authorities=(/usr/local/share/ca-certificates/*.crt)
    if [ -e "${authorities[0]}" ]; then
        cp "${authorities[@]}" "$root/usr/local/share/ca-certificates/"
        chroot "$root" update-ca-certificates >/dev/null 2>&1
    fi

    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/* \
        "$root"/usr/share/{doc,man,locale}/*
    import "$root" "$rust_image" --change 'ENV RUSTUP_HOME=/usr/local/rustup' \
        --change 'ENV CARGO_HOME=/usr/local/cargo' \
        --change 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

# Turns a directory into an image, and removes it.
import() { # DIR IMAGE OPTION...
    local root=$1 image=$2
    shift 2
    tar -C "$root" -c . | docker import "$@" - "$image" >/dev/null
    rm -rf "$root"
    say "$image"
}

find_toolchain
install_debian
make_base
make_rust
