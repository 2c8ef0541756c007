# What tests/run, tests/demo and tests/bench share: the cache folder, and installing what is missing. Sourced, never run.

CACHE=${AMPARO_CACHE:-${HOME:-/tmp}/.cache/amparo}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
TOOLS=$CACHE/tools
export PATH="$TOOLS/bin:$PATH:${CARGO_HOME:-${HOME:-/tmp}/.cargo}/bin"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
# What is kept for the next build is 15 GB to write in a fresh checkout, and costs a quarter of the build's time. Set to 1 by whoever edits and runs.
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}
RUST_MINOR=94

say() { printf '    %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# Debian or Ubuntu packages, by what they bring: "program, library or file:package".
BUILD_NEEDS=(cc:gcc g++:g++ pkg-config:pkg-config nasm:nasm git:git /usr/include/fontconfig/fontconfig.h:libfontconfig-dev
    /usr/include/xcb/xcb.h:libxcb1-dev /usr/include/xcb/shm.h:libxcb-shm0-dev /usr/include/xcb/randr.h:libxcb-randr0-dev)
SCREEN_NEEDS=(curl:curl xdg-open:xdg-utils Xvfb:xvfb openbox:openbox xterm:xterm pcmanfm:pcmanfm /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf:fonts-dejavu-core
    /usr/share/icons/Adwaita/index.theme:adwaita-icon-theme
    libxkbcommon-x11.so.0:libxkbcommon-x11-0 libX11-xcb.so.1:libx11-xcb1 libXcursor.so.1:libxcursor1 libXi.so.6:libxi6
    libXrandr.so.2:libxrandr2 libfontconfig.so.1:libfontconfig1)
BROWSER_NEEDS=(chromium:chromium chromedriver:chromium-driver)
WINDOWS_NEEDS=(wine:wine /usr/lib/wine/wine64:wine64 /usr/share/wine/fonts/tahoma.ttf:fonts-wine osslsigncode:osslsigncode openssl:openssl
    x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix x86_64-w64-mingw32-gcc-posix:gcc-mingw-w64-x86-64-posix
    x86_64-w64-mingw32-objdump:binutils-mingw-w64-x86-64)
SIGNING_NEEDS=(osslsigncode:osslsigncode openssl:openssl softhsm2-util:softhsm2 /usr/lib/softhsm/libsofthsm2.so:libsofthsm2
    "/usr/lib/$(uname -m)-linux-gnu/engines-3/pkcs11.so:libengine-pkcs11-openssl")
GLASS_NEEDS=(make:make /usr/include/X11/Xlib.h:libx11-dev /usr/include/X11/extensions/Xext.h:libxext-dev
    /usr/include/X11/extensions/XTest.h:libxtst-dev)

# A new folder in memory for what tests write and throw away: hundreds of databases that put every commit on the disk. Fails where there is
# little room or no program may run from it, as in many containers.
in_memory() {
    local folder free
    free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
    [ "${free:-0}" -ge 4000000 ] && folder=$(mktemp -d -p /dev/shm 2>/dev/null) || return 1
    if cp /bin/true "$folder/true" && "$folder/true" 2>/dev/null; then
        rm "$folder/true"
        echo "$folder"
    else
        rm -rf "$folder"
        return 1
    fi
}

# Which of these packages are not here, in one line.
missing_packages() { # entries…
    local entry what package missing=()
    for entry in "$@"; do
        what=${entry%:*} package=${entry##*:}
        case $what in
            /*) [ -e "$what" ] || missing+=("$package") ;;
            # Read to its end: whoever stops early ends ldconfig, and with it the pipe as if nothing had been found.
            lib*.so.*) /sbin/ldconfig -p | grep "$what" >/dev/null || missing+=("$package") ;;
            *) have "$what" || missing+=("$package") ;;
        esac
    done
    echo "${missing[*]}"
}

need_packages() { # entries…
    local missing
    read -r -a missing <<<"$(missing_packages "$@")"
    [ ${#missing[@]} -gt 0 ] || return 0
    local as=()
    if [ "$(id -u)" != 0 ]; then
        if have sudo && sudo -n true 2>/dev/null; then
            as=(sudo -n)
        else
            echo "These packages are missing and only an administrator can install them: ${missing[*]}" >&2
            echo "Run: apt-get install ${missing[*]}" >&2
            return 1
        fi
    fi
    have apt-get || { echo "Missing here, and there is no apt-get to install it with: ${missing[*]}" >&2; return 1; }
    say "installing ${missing[*]}"
    "${as[@]}" apt-get -qq update >/dev/null || true
    DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >"$CACHE/apt.log" 2>&1 || {
        tail -n 15 "$CACHE/apt.log" >&2
        return 1
    }
}

rust_is_new_enough() {
    local version minor
    have cargo && have rustc || return 1
    version=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p')
    minor=${version:-0}
    [ "$minor" -ge "$RUST_MINOR" ]
}

# What was built from a checkout elsewhere has that one's paths in it, and cargo sees no difference: its files count as changed.
from_here() {
    local mark=$CARGO_TARGET_DIR/checkout
    [ "$(cat "$mark" 2>/dev/null)" != "$PWD" ] || return 0
    # Where nothing was built, nothing is changed.
    [ ! -d "$CARGO_TARGET_DIR" ] || find . -name '*.rs' -not -path './target/*' -exec touch {} +
    mkdir -p "$CARGO_TARGET_DIR"
    echo "$PWD" >"$mark"
}

need_rust() {
    from_here
    rust_is_new_enough && return 0
    if have rustup; then
        say "installing a newer Rust with rustup"
        rustup toolchain install stable --profile minimal --component clippy,rustfmt >"$CACHE/rustup.log" 2>&1 && rustup default stable >/dev/null 2>&1
        rust_is_new_enough && return 0
    fi
    # Debian 12 keeps a current Rust for its browsers.
    need_packages cargo-web-missing:cargo-web rustc-web-missing:rustc-web rustfmt-web-missing:rustfmt-web || true
    rust_is_new_enough && return 0
    need_packages cargo-missing:cargo rustc-missing:rustc || true
    rust_is_new_enough && return 0
    echo "Rust 1.$RUST_MINOR or newer is needed, and this system's packages do not have it: install it with rustup." >&2
    return 1
}

# One of cargo's own tools, built once into the cache folder. The versions are ones that Rust 1.$RUST_MINOR can build.
need_tool() { # program crate [version]
    have_tool "$1" && return 0
    say "building $1 (once)"
    CARGO_TARGET_DIR=$CACHE/tools-target cargo install --quiet --locked --root "$TOOLS" "$2" ${3:+--version "$3"} >"$CACHE/$1.log" 2>&1 ||
        { tail -n 5 "$CACHE/$1.log" >&2; return 1; }
}
have_tool() { have "$1"; }

# What everything is built from in one way, so that no dependency is compiled twice with other features: the whole workspace, with the
# automation socket that shipped builds do not have.
WHOLE=(--workspace --features amparo-agent/_automation --locked)
build_programs() {
    cargo build --quiet "${WHOLE[@]}" --all-targets
}

# axe-core, the version pinned in tests/axe with its hash, into the cache folder. Only tests use it; nothing of it is shipped.
need_axe() {
    local into=$CACHE/axe
    export AMPARO_AXE=$into/node_modules/axe-core/axe.min.js
    [ -f "$AMPARO_AXE" ] && cmp -s tests/axe/package-lock.json "$into/package-lock.json" && return 0
    need_packages npm:npm || return 1
    say "fetching axe-core"
    rm -rf "$into" && mkdir -p "$into" && cp tests/axe/package.json tests/axe/package-lock.json "$into/"
    (cd "$into" && npm ci --ignore-scripts --no-audit --no-fund) >"$CACHE/axe.log" 2>&1 && [ -f "$AMPARO_AXE" ] && return 0
    tail -n 15 "$CACHE/axe.log" >&2
    rm -rf "$into"
    return 1
}

# Everything the named stages need. What a stage can do without is no reason to stop the others.
prepare() { # stages…
    mkdir -p "$CACHE" "$TOOLS"
    need_packages "${BUILD_NEEDS[@]}" || return 1
    need_rust || return 1
    local stage
    for stage in "$@"; do
        case $stage in
            # Apart: what cannot be had of the one keeps nothing of the other away.
            unit)
                need_packages "${SCREEN_NEEDS[@]}" || true
                need_packages "${SIGNING_NEEDS[@]}" || true
                need_tool cargo-nextest cargo-nextest || return 1
                ;;
            e2e) need_packages "${SCREEN_NEEDS[@]}" || true; need_tool cargo-nextest cargo-nextest || return 1 ;;
            ticketing) need_packages "${SCREEN_NEEDS[@]}" || true; need_tool cargo-nextest cargo-nextest || return 1 ;;
            console) need_packages "${SCREEN_NEEDS[@]}" "${BROWSER_NEEDS[@]}" || true; need_tool cargo-nextest cargo-nextest || return 1 ;;
            windows)
                # What is missing now fails the stage, which says so.
                need_packages "${SCREEN_NEEDS[@]}" "${BROWSER_NEEDS[@]}" || true
                need_packages "${WINDOWS_NEEDS[@]}" || true
                # Only where something was built apart: what it would touch is built again for this system too.
                [ ! -d "$CACHE/windows/target/debug" ] || CARGO_TARGET_DIR=$CACHE/windows/target from_here
                need_tool cargo-nextest cargo-nextest || return 1
                ;;
            deps) need_tool cargo-deny cargo-deny || true; need_tool cargo-shear cargo-shear '>=1.12, <1.13' || true ;;
            fuzz)
                need_tool cargo-nextest cargo-nextest || return 1
                if cargo +nightly --version >/dev/null 2>&1; then need_tool cargo-fuzz cargo-fuzz || true; fi
                ;;
            figures) need_packages "${SCREEN_NEEDS[@]}" "${GLASS_NEEDS[@]}" || true ;;
        esac
    done
}
