#!/usr/bin/env bash
# docs/known_faults.md names a test for every fault: each must exist and hold what is said of it.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

# rows FILE: "path<tab>text" of each row's second column.
rows() {
    # shellcheck disable=SC2016 # a sed program
    sed -n 's/^|.*| `\([^`]*\)`: `\([^`]*\)` |$/\1\t\2/p' "$1"
}

holds() { # path text
    [ -f "$root/$1" ] && grep -qF -e "$2" "$root/$1"
}

# every TABLE: 0 when every row names a test that exists.
every() {
    local path text all=0
    while IFS=$'\t' read -r path text; do
        holds "$path" "$text" || { echo "no '$text' in $path"; all=1; }
    done < <(rows "$1")
    return $all
}

: >"$work/out"
: >"$work/err"
table=$root/docs/known_faults.md
is "every fault has a test" "$(grep -c '^| ' "$table")" "$(($(rows "$table" | wc -l) + 1))"
ok "every test that is named exists" every "$table"
# shellcheck disable=SC2016 # backquotes of a table
echo '| a fault | `tests/unit/test_vlog.c`: `no_such_test_at_all` |' >"$work/table"
is "a test that does not exist is noticed" "no 'no_such_test_at_all' in tests/unit/test_vlog.c" "$(every "$work/table")"
# shellcheck disable=SC2016 # backquotes of a table
echo '| a fault | `tests/unit/no_such_file.c`: `test` |' >"$work/table"
is "a file that does not exist is noticed" "no 'test' in tests/unit/no_such_file.c" "$(every "$work/table")"
finish
