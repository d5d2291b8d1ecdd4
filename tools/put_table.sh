#!/usr/bin/env bash
# What comes on standard input, between the marks <!-- NAME: begin --> and <!-- NAME: end --> of FILE.
#   tools/put_table.sh NAME FILE
set -euo pipefail
name=${1:?usage: tools/put_table.sh NAME FILE}
file=${2:?}
for mark in begin end; do
    grep -q "^<!-- $name: $mark -->" "$file" || { echo "$file: it has no line <!-- $name: $mark -->" >&2; exit 1; }
done
cp "$file" "$file.new"
awk -v name="$name" '
    NR == FNR { table = table $0 "\n"; next }
    $0 == "<!-- " name ": end -->" { skip = 0 }
    !skip { print }
    $0 == "<!-- " name ": begin -->" { printf "%s", table; skip = 1 }' - "$file" >"$file.new"
mv "$file.new" "$file"
