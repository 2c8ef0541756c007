#!/usr/bin/env bash
# Makes what builds programs for Windows (x86_64-pc-windows-gnu) here and prints the path of a cargo that does:
#   "$(tests/windows/toolchain.sh [FOLDER])" build -p amparo-agent
#
# The target comes from rustup where that has it. Otherwise it is put together from Debian's packages alone, beside the Rust that is installed:
# then the standard library is built along, once a target folder. The linker is MinGW's, and everything is linked in: the program is
# one file. FOLDER (default: in the cache) is made once.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lib.sh
folder=$(realpath -m "${1:-$CACHE/windows}")
mkdir -p "$CACHE" "$folder"

need_packages x86_64-w64-mingw32-g++-posix:g++-mingw-w64-x86-64-posix x86_64-w64-mingw32-gcc-posix:gcc-mingw-w64-x86-64-posix nasm:nasm >&2

# Named so that rustc knows what it speaks to. Every library that is not the system's is linked in, C++'s too: whatever asks for the shared one is not heard.
cat >"$folder/amparo-gcc.new" <<'E2'
#!/usr/bin/env bash
words=()
for word in "$@"; do
    [ "$word" = -Wl,-Bdynamic ] || words+=("$word")
done
exec x86_64-w64-mingw32-gcc-posix "${words[@]}" -static
E2
chmod +x "$folder/amparo-gcc.new"
mv "$folder/amparo-gcc.new" "$folder/amparo-gcc"

from_rustup() {
    # Where the cargo that is called is rustup's.
    local installed
    installed=$(rustc --print sysroot)/lib/rustlib/x86_64-pc-windows-gnu/lib
    [ -d "$installed" ] && return 0
    have rustup || return 1
    # Without a network it tries for minutes; what is put together from packages costs less.
    timeout 240 rustup target add x86_64-pc-windows-gnu >&2 || return 1
    [ -d "$installed" ]
}

from_debian() {
    [ -x "$folder/usr/bin/rustc" ] && return 0
    need_packages libllvm22-missing:libllvm22 libgit2-missing:libgit2-1.5 >&2 || true
    mkdir -p "$folder/deb"
    (
        cd "$folder/deb"
        std=$(apt-cache depends libstd-rust-web-dev | sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | head -1)
        # rustc-web's package and an installed rustup exclude each other, so the packages are unpacked here, not installed.
        apt-get -qq download rustc-web cargo-web rust-web-src libstd-rust-web-dev "$std" >&2
        for deb in *.deb; do dpkg -x "$deb" "$folder"; done
        rm -f ./*.deb
    )
}

rust=()
if ! from_rustup; then
    from_debian || { echo "no Rust for Windows programs: neither rustup nor Debian's rustc-web could be had" >&2; exit 1; }
    rust=("export LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu RUSTC=$folder/usr/bin/rustc RUSTDOC=$folder/usr/bin/rustdoc"
        "export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind" "export PATH=$folder/usr/bin:\$PATH")
fi
{
    echo '#!/bin/sh'
    [ ${#rust[@]} = 0 ] || printf '%s\n' "${rust[@]}"
    cat <<E2
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$folder/amparo-gcc CARGO_BUILD_TARGET=x86_64-pc-windows-gnu
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc-posix CXX_x86_64_pc_windows_gnu=x86_64-w64-mingw32-g++-posix
export AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
exec cargo "\$@"
E2
} >"$folder/cargo-windows.new"
chmod +x "$folder/cargo-windows.new"
"$folder/cargo-windows.new" --version >&2
mv "$folder/cargo-windows.new" "$folder/cargo-windows"
[ -f "$folder/bcryptprimitives.dll" ] ||
    x86_64-w64-mingw32-gcc-posix -shared -o "$folder/bcryptprimitives.dll" tests/windows/bcryptprimitives.c -ladvapi32
echo "$folder/cargo-windows"
