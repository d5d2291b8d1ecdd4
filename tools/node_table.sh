#!/usr/bin/env bash
# The table of node types in docs/nodes.md: each type in the same net on MNIST, 20 epochs, three seeds.
#   tools/node_table.sh            trains what is missing (difflut-hdl sweep goes on where it was),
#                                  writes docs/node_table.csv and the table between its marks
#   tools/node_table.sh --print    prints the table that docs/node_table.csv gives
#   tools/node_table.sh --write    puts that into docs/nodes.md
set -euo pipefail

cd "$(dirname "$0")/.."
program=${DIFFLUT:-build/bin/difflut-hdl}
csv=docs/node_table.csv

table() { # the CSV holds no quoted cells
    awk -F, '
        function cell(name) { return $column[name] }
        function percent(name) { return sprintf("%.2f %%", 100 * cell(name)) }
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        BEGIN {
            print "| node type | learning rate | tau | hard | spread | soft | gap | LUTs, est. |"
            print "| --- | --- | --- | --- | --- | --- | --- | --- |"
        }
        {
            printf "| `%s` | %s | %s | %s | %.2f | %s | %.2f | %.0f |\n", cell("node_type"),
                cell("training.learning_rate"), cell("runtime.tau"), percent("accuracy_hard_mean"),
                100 * cell("accuracy_hard_std"), percent("accuracy_soft_mean"), 100 * cell("gap"),
                cell("luts_total_mean")
        }' "$csv"
}

if [ "${1:-}" = --print ]; then
    table
    exit
fi
if [ "${1:-}" != --write ]; then
    "$program" sweep configs/node_table.yaml -o build/sweep/node_table
    cp build/sweep/node_table/sweep.csv "$csv"
fi
table >build/node_table.md
awk -v table=build/node_table.md '
    /<!-- node_table: begin -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
    /<!-- node_table: end -->/   { skip = 0 }
    !skip || /<!-- node_table: end -->/ { if (!/node_table: begin -->/) print }' docs/nodes.md >build/nodes.new
cp build/nodes.new docs/nodes.md
