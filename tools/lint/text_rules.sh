#!/usr/bin/env bash
# Rules a compiler does not know. Prints FILE:LINE for each breach; status 1 if there is any.
#   tools/lint/text_rules.sh [ROOT]
set -uo pipefail
export LC_ALL=C

cd "${1:-$(dirname "$0")/../..}" || exit 2

# The findings on standard input (FILE:LINE:TEXT), without comment lines, each with its rule.
breaks() {
    grep -vE '^[^:]*:[0-9]+: *(/\*|\*|//)' | sed "s|\$|    <- $1|"
}

below_cli=$(find src -name '*.[ch]' ! -path 'src/cli/*' | sort)
sources=$(find src sim tests examples \( -name '*.c' -o -name '*.cpp' -o -name '*.h' \) 2>/dev/null | sort)
everything=$(find . \( -path ./build -o -path ./.git \) -prune -o -type f -print |
    grep -vE '\.(safetensors|gz|npy)$' | sort)
type='(int|long|unsigned|double|float|bool|char|size_t|u?int[0-9]+_t|struct [a-z_]+)'
variable="(volatile +|_Atomic +)*$type +\\*?[a-z_]+(\\[[^]]*\\])? *(=|;)"

# shellcheck disable=SC2046,SC2086 # lists of plain file names
find_breaches() {
    grep -nE '(^|[^a-z_>.])(v?printf|puts|putchar|perror|exit|abort)\(' $below_cli |
        breaks "only src/cli prints, only main ends the program"
    grep -nE 'printf\((stderr|stdout)' $below_cli | breaks "only src/cli prints"
    grep -nE '(^|[^a-z_])(system|popen|gets|strcat|sprintf|mktemp|tmpnam)\(' $sources |
        breaks "unsafe call"
    grep -nE '(^|[^a-z_])(atoi|atof|atol|strtok|rand|srand)\(' $below_cli src/cli/*.c |
        breaks "no error reporting, or hidden state"
    grep -nE '(^|[^a-z_])assert\(.*([^=!<>]=[^=]|\+\+|--|[a-z_]\()' $below_cli src/cli/*.c | grep -vE 'assert\(str(len|cmp)\(' |
        breaks "gone under -DNDEBUG: no calls or changes inside assert"
    grep -nE "^(static +)?$variable" $(echo "$below_cli" | grep '\.c$') |
        breaks "mutable file-scope variable"
    grep -nE '(T[O]DO|F[I]XME|(^|[^A-Z])X[X]X([^A-Z]|$)|not [i]mplemented)' $everything | breaks "unfinished place"
    grep -nE '(^|[^A-Za-z0-9_.-])/([w]ork|[f]arm|[r]oot|[h]ome)/[A-Za-z]' $everything |
        breaks "path of one machine"
    grep -nP '[ \t]+$' $sources Makefile tools/*.sh tools/lint/* tests/cli/*.sh |
        breaks "space at the end of a line"
}

# A function fits one screen: 60 lines between its braces.
find_long_functions() {
    # shellcheck disable=SC2016 # an awk program
    find src sim examples \( -name '*.c' -o -name '*.cpp' \) -print0 2>/dev/null | sort -z |
        xargs -0 -r -n 1 awk -v limit=60 '
            /^[a-z].*\(/ { head = $0 }
            /^\{/ { start = FNR }
            /^\}/ {
                if (start && FNR - start - 1 > limit) {
                    sub(/\(.*/, "", head)
                    printf "%s:%d: %s: %d lines    <- at most 60\n", FILENAME, start, head, FNR - start - 1
                }
                start = 0
            }'
}

found=$(find_breaches 2>/dev/null; find_long_functions)
[ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
