#!/usr/bin/env bash
# Installs what is missing, or says exactly what is missing.
#   tools/deps.sh [--check] GROUP...     groups: build test lint fuzz threads valgrind python
# As root, or with sudo, it calls apt-get (Debian 12, Ubuntu 22.04 and later). Elsewhere, and with
# --check, it prints the list and ends with status 3. Takes milliseconds when nothing is missing.
# Python packages go into build/venv, from PyPI: nothing outside this folder changes.
set -euo pipefail
cd "$(dirname "$0")/.."

# group  kind  what is looked for  Debian/Ubuntu package
#   tool: a program on the PATH    lib: a pkg-config module    pkg: an installed package
#   rt: a run-time library of clang
#   pip: what a file of requirements lists, in the virtual environment build/venv
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
test  tool nextpnr-ice40 nextpnr-ice40
test  tool icepack      fpga-icestorm
test  tool jq           jq
test  tool valgrind     valgrind
test  tool tclsh        tcl
test  tool python3      python3
test  pkg  python3-venv python3-venv
lint  tool clang        clang
lint  pkg  libomp-dev   libomp-dev
lint  tool clang-format clang-format
lint  tool cppcheck     cppcheck
lint  tool shellcheck   shellcheck
lint  tool verilator    verilator
lint  lib  cmocka       libcmocka-dev
fuzz  tool clang        clang
fuzz  pkg  libomp-dev   libomp-dev
fuzz  rt   fuzzer       libclang-rt-dev
threads tool clang      clang
threads pkg  libomp-dev libomp-dev
threads rt   tsan       libclang-rt-dev
valgrind tool valgrind  valgrind
lint  tool clang-tidy   clang-tidy
python tool python3     python3
python tool flock       util-linux
python pkg python3-venv python3-venv
python pkg libpython3-dev libpython3-dev
python pip tools/requirements.txt
'

is_there() { # kind what
    case $1 in
    tool) command -v "$2" >/dev/null 2>&1 ;;
    lib) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" ;;
    rt) command -v clang >/dev/null 2>&1 &&
        compgen -G "$(clang -print-resource-dir)/lib/*/libclang_rt.$2*" >/dev/null ;;
    pkg) ! command -v dpkg-query >/dev/null 2>&1 ||
        dpkg-query -W -f='${Status}' "$2" 2>/dev/null | grep -q 'ok installed' ;;
    esac
}

list_missing() { # group...: one package a line
    local group kind what package
    while read -r group kind what package; do
        [ -n "$group" ] || continue
        case " $* " in *" $group "*) ;; *) continue ;; esac
        [ "$kind" = pip ] || is_there "$kind" "$what" || echo "$package"
    done <<<"$needs" | sort -u
}

pip_missing() { # group...: the file of requirements that build/venv does not follow, or nothing
    local group kind what package
    while read -r group kind what package; do
        [ "$kind" = pip ] || continue
        case " $* " in *" $group "*) ;; *) continue ;; esac
        cmp -s "$what" build/venv/requirements.txt || echo "$what"
    done <<<"$needs"
}

# The copy of the requirements comes last, so an environment without it is not whole and is made again.
pip_install() { # requirements
    rm -rf build/venv &&
        python3 -m venv build/venv &&
        build/venv/bin/pip install --quiet --disable-pip-version-check --retries 2 --timeout 30 -r "$1" &&
        cp "$1" build/venv/requirements.txt
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
[ $# -gt 0 ] || { echo "usage: tools/deps.sh [--check] build|test|lint|fuzz|threads|valgrind|python..." >&2; exit 2; }

for group in "$@"; do
    grep -q "^$group " <<<"$needs" || { echo "tools/deps.sh: unknown group '$group'" >&2; exit 2; }
done

install_packages() { # group...
    [ "$check" = no ] || give_up "these packages are missing:"
    command -v apt-get >/dev/null 2>&1 || give_up "these packages are missing, and there is no apt-get:"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        give_up "these packages are missing (neither root nor sudo here):"
    echo "Installing: $(echo "$missing" | tr '\n' ' ')" >&2
    # shellcheck disable=SC2086 # one word a package
    if ! { apt update -qq && apt install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        give_up "apt-get could not install these packages:"
    fi
    missing=$(list_missing "$@")
    [ -z "$missing" ] || give_up "still missing after the installation:"
}

give_up_pip() { # requirements, message
    {
        echo "difflut-hdl: $2"
        echo "    python3 -m venv build/venv && build/venv/bin/pip install -r $1 &&"
        echo "        cp $1 build/venv/requirements.txt"
    } >&2
    exit 3
}

install_pip() { # requirements, group...: several test scripts may ask at once, one installs
    [ "$check" = no ] || give_up_pip "$1" "the Python packages of $1 are missing:"
    mkdir -p build
    exec 9>build/venv.lock
    flock 9
    [ -n "$(pip_missing "${@:2}")" ] || return 0
    echo "Installing: the Python packages of $1, into build/venv" >&2
    pip_install "$1" >"$log" 2>&1 && return
    tail -n 15 "$log" >&2
    give_up_pip "$1" "pip could not install the packages of $1:"
}

missing=$(list_missing "$@")
requirements=$(pip_missing "$@")
[ -n "$missing$requirements" ] || exit 0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[ -z "$missing" ] || install_packages "$@"
[ -z "$requirements" ] || install_pip "$requirements" "$@"
