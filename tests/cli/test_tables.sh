#!/usr/bin/env bash
# The committed hardware table: its limits hold, a row over one is found, and what goes between two marks.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need jq

tool() { # script, arguments: as `run` does it
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}
check() { # column value: the committed table with another value for mnist_large on xcup
    awk -F, -v OFS=, -v column="$1" -v value="$2" \
        '$1 == "mnist_large" && $2 == "xcup" { $column = value } { print }' "$root/docs/hardware_table.csv" >"$work/table.csv"
    HARDWARE_TABLE=$work/table.csv tool "$root/tools/hardware_table.sh" no_model
}
check 1 mnist_large
is "the limits hold" 0 "$code"
ok "and the rows are as they were" cmp "$work/table.csv" "$root/docs/hardware_table.csv"
check 6 2025
fails "too many LUTs in layers" 1 "layers takes 2025 LUTs, more than 2024"
check 7 1001
fails "too many in the sums" 1 "group_sum takes 1001 LUTs, more than 1000"
check 8 111
fails "too many in argmax" 1 "argmax takes 111 LUTs, more than 110"
check 10 7001
fails "too many in all" 1 "all takes 7001 LUTs, more than 7000"

printf 'a\n<!-- t: begin -->\nold\n<!-- t: end -->\nb\n' >"$work/file.md"
printf 'one\ntwo & \\1\n' | "$root/tools/put_table.sh" t "$work/file.md"
is "a table is put between its marks" 'a <!-- t: begin --> one two & \1 <!-- t: end --> b' "$(tr '\n' ' ' <"$work/file.md" | sed 's/ $//')"
tool "$root/tools/put_table.sh" u "$work/file.md"
fails "no such marks" 1 "it has no line <!-- u: begin -->"
finish
