#!/usr/bin/env bash
# Every static check, one line each; details only where something is wrong.
#   tools/lint/lint.sh BUILD
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 2
build=${1:-build}/lint
mkdir -p "$build"
failed=0

step() { # name, command...: runs it, prints the verdict, shows the output of a failure
    local name=$1 log=$build/log
    shift
    if "$@" >"$log" 2>&1; then
        printf 'ok    %s\n' "$name"
    else
        printf 'FAIL  %s\n' "$name"
        head -n 60 "$log" | sed 's/^/      /'
        failed=$((failed + 1))
    fi
}

have() { # tool, name of the step: false (and a line) when the tool is missing
    command -v "$1" >/dev/null 2>&1 && return 0
    if [ -n "${CI:-}" ]; then
        printf 'FAIL  %s: %s is missing\n' "$2" "$1"
        failed=$((failed + 1))
    else
        printf 'skip  %s: %s is missing\n' "$2" "$1"
    fi
    return 1
}

c_files() { # some of the folders may not be there
    { find src tests/unit tests/fuzz examples -name '*.[ch]' 2>/dev/null || true; } | sort
}

compile_all() { # compiler: every object with every warning, into a folder of its own
    make --no-print-directory -s -j"$(nproc)" CC="$1" BUILD="$build/$1" CFLAGS=-O1 objects
}

check_format() { # the committed .clang-format is written for clang-format 14
    local tool=clang-format
    if command -v clang-format-14 >/dev/null 2>&1; then tool=clang-format-14; fi
    case $("$tool" --version) in
    *"version 14."*) c_files | xargs "$tool" --dry-run -Werror ;;
    *) echo "clang-format 14 is not here; $("$tool" --version) formats some lines differently" ;;
    esac
}

run_cppcheck() {
    # missingIncludeSystem: needs the whole system. checkersReport: not a finding. legacyUninitvar: takes
    # the address of an array's row for a read of it.
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j "$(nproc)" -Isrc -I"${build%/lint}/gen" \
        --enable=warning,performance,portability --suppress=missingIncludeSystem \
        --suppress=checkersReport --suppress=legacyUninitvar src
}

# Files that changed since the last time, or all: see "analyse" in the Makefile.
analyse() {
    # First that both find what is planted.
    printf '#include <stdlib.h>\n#include <string.h>\nvoid f(int *p);\nchar *g(const char *s);\nvoid f(int *p) { free(p); *p = 1; }\nchar *g(const char *s) { return malloc(strlen(s + 1)); }\n' >"$build/planted.c"
    if gcc -fanalyzer -Werror -c "$build/planted.c" -o "$build/planted.o" 2>/dev/null ||
        clang-tidy --quiet --config-file=.clang-tidy --warnings-as-errors='*' "$build/planted.c" -- >/dev/null 2>&1; then
        echo "a planted fault was not found"
        return 1
    fi
    make --no-print-directory -s -j"$(nproc)" BUILD="${build%/lint}" analyse
}

lint_templates() { # each template alone; -Wall silent
    local file module status=0
    for file in hdl_templates/*.v; do
        [ -f "$file" ] || continue
        module=$(basename "$file" .v)
        verilator --lint-only -Wall -Ihdl_templates --top-module "$module" "$file" || status=1
    done
    return $status
}

scripts() { git ls-files 2>/dev/null | grep -E '\.sh$|^\.ci/run$'; }

step "include rules (tools/lint/rooms.txt)" tools/lint/includes.sh
step "text rules (printing, unsafe calls, long functions, unfinished places)" tools/lint/text_rules.sh
step "the checks above catch planted faults" tools/lint/planted.sh "$build"
have gcc "gcc warnings" && step "gcc, every warning an error" compile_all gcc
have clang "clang warnings" && step "clang, every warning an error" compile_all clang
have clang-format "clang-format" && step "clang-format" check_format
have cppcheck "cppcheck" && step "cppcheck" run_cppcheck
have clang-tidy "clang-tidy" && step "clang-tidy, gcc -fanalyzer" analyse
have verilator "Verilog templates" && step "Verilog templates, verilator -Wall" lint_templates
# shellcheck disable=SC2046 # plain file names
have shellcheck "shellcheck" && step "shellcheck" shellcheck -x -P SCRIPTDIR -S warning $(scripts)

if [ "$failed" -gt 0 ]; then
    echo "lint: $failed checks failed"
    exit 1
fi
echo "lint: clean"
