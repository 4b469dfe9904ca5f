# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by installers/run and tests/run; sourced, not run. Needs `root` set to the checkout.

# stop CODE SENTENCE...: says what is wrong and what to do, and leaves (exit codes as in sysexits.h).
stop() {
    local code=$1
    shift
    printf '%s: %s\n' "${program:-tapio}" "$*" >&2
    exit "$code"
}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

# need_root COMMAND: leaves when there is no way to run it as root. Apart, for callers that send output of the command elsewhere.
need_root() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 \
        || stop 77 "root is needed for '$1' and there is no sudo: run this as root, or 'apt-get install sudo' as root first."
}

# privileged COMMAND...: as root, through sudo where we are not.
privileged() {
    need_root "$1"
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# packages_for PURPOSE...: names of the packages of these purposes, from the one list.
packages_for() {
    local purpose
    for purpose in "$@"; do
        awk -v want="$purpose" '$1 == want { print $2 }' "$root/installers/packages.txt"
    done
}

# install_packages PURPOSE...: installs what is missing; says nothing and takes no time when nothing is.
install_packages() {
    local package missing=()
    for package in $(packages_for "$@"); do
        case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
            installed) ;;
            *) missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    command -v apt-get >/dev/null 2>&1 \
        || stop 69 "this script installs packages with apt-get (Debian 12); install these by hand: ${missing[*]}"
    need_root apt-get
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    local log
    log=$(mktemp) || stop 73 "no temporary file could be made in ${TMPDIR:-/tmp}: free some space."
    if ! { privileged apt-get update -qq \
        && privileged env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        stop 69 "apt-get could not install the packages above. Check the network and /etc/apt/sources.list; the whole output is in $log."
    fi
    rm -f "$log"
}

# build PRESET: configures once and builds; quick when nothing changed.
build() {
    local preset=$1
    cd "$root" || stop 66 "the folder $root cannot be entered."
    [ -w "$root" ] || stop 73 "$root is read-only, and the build goes to $root/build: clone to a folder that you may write."
    if [ ! -f "build/$preset/build.ninja" ]; then
        say "Configuring ($preset)"
        local log
        log=$(mktemp "${TMPDIR:-/tmp}/tapio-configure.XXXXXX") || stop 73 "no temporary file can be made in ${TMPDIR:-/tmp}."
        cmake --preset "$preset" >"$log" 2>&1 || {
            tail -n 30 "$log" >&2
            rm -f "$log"
            stop 70 "CMake could not configure the build; its last lines are above."
        }
        rm -f "$log"
    fi
    cmake --build --preset "$preset" || stop 70 "the build failed; the first error is above."
}
