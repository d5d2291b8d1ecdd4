#!/usr/bin/env bash
# Installs what is missing, or says exactly what is missing.
#   tools/deps.sh [--check] GROUP...     groups: build test lint
# As root, or with sudo, it calls apt-get (Debian 12, Ubuntu 22.04 and later). Elsewhere, and with
# --check, it prints the list and ends with status 3. Takes milliseconds when nothing is missing.
set -euo pipefail

# group  kind  what is looked for  Debian/Ubuntu package
#   tool: a program on the PATH    lib: a pkg-config module    pkg: an installed package
needs='
build tool gcc          gcc
build tool g++          g++
build tool pkg-config   pkg-config
build lib  yaml-0.1     libyaml-dev
build lib  jansson      libjansson-dev
build lib  zlib         zlib1g-dev
build lib  libmd        libmd-dev
test  lib  cmocka       libcmocka-dev
test  tool verilator    verilator
test  tool iverilog     iverilog
test  tool yosys        yosys
test  tool jq           jq
test  tool python3      python3
test  pkg  python3-venv python3-venv
lint  tool clang        clang
lint  pkg  libomp-dev   libomp-dev
lint  tool clang-format clang-format
lint  tool cppcheck     cppcheck
lint  tool shellcheck   shellcheck
lint  tool verilator    verilator
lint  lib  cmocka       libcmocka-dev
'

is_there() { # kind what
    case $1 in
    tool) command -v "$2" >/dev/null 2>&1 ;;
    lib) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" ;;
    pkg) ! command -v dpkg-query >/dev/null 2>&1 ||
        dpkg-query -W -f='${Status}' "$2" 2>/dev/null | grep -q 'ok installed' ;;
    esac
}

list_missing() { # group...: one package a line
    local group kind what package
    while read -r group kind what package; do
        [ -n "$group" ] || continue
        case " $* " in *" $group "*) ;; *) continue ;; esac
        is_there "$kind" "$what" || echo "$package"
    done <<<"$needs" | sort -u
}

apt() {
    if [ "$(id -u)" -eq 0 ]; then
        DEBIAN_FRONTEND=noninteractive apt-get "$@"
    elif [ -t 0 ]; then
        sudo DEBIAN_FRONTEND=noninteractive apt-get "$@"
    else
        sudo -n DEBIAN_FRONTEND=noninteractive apt-get "$@"
    fi
}

give_up() { # message, packages in $missing
    {
        echo "difflut-hdl: $1"
        echo "On Debian 12 or Ubuntu 22.04 and later:"
        echo "    apt-get install -y $(echo "$missing" | tr '\n' ' ')"
    } >&2
    exit 3
}

check=no
if [ "${1:-}" = --check ]; then
    check=yes
    shift
fi
[ $# -gt 0 ] || { echo "usage: tools/deps.sh [--check] build|test|lint..." >&2; exit 2; }

for group in "$@"; do
    grep -q "^$group " <<<"$needs" || { echo "tools/deps.sh: unknown group '$group'" >&2; exit 2; }
done

missing=$(list_missing "$@")
[ -n "$missing" ] || exit 0
[ "$check" = no ] || give_up "these packages are missing:"
command -v apt-get >/dev/null 2>&1 || give_up "these packages are missing, and there is no apt-get:"
[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
    give_up "these packages are missing (neither root nor sudo here):"

echo "Installing: $(echo "$missing" | tr '\n' ' ')" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # one word a package
if ! { apt update -qq && apt install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    give_up "apt-get could not install these packages:"
fi
missing=$(list_missing "$@")
[ -z "$missing" ] || give_up "still missing after the installation:"
