#!/usr/bin/env bash
# The table of shipped models in README.md, from the program's own JSON.
#   tools/results_table.sh            prints the table
#   tools/results_table.sh --write    puts it into README.md between its two marks
# Accuracies are measured where the data set is found, and must equal the recorded ones; LUTs are
# counted by Yosys for xcup.
set -euo pipefail

cd "$(dirname "$0")/.."
program=${DIFFLUT:-build/bin/difflut-hdl}

table() {
    local name info eval synth
    echo "| model | data set | LUT nodes | hard | soft | gap | LUTs (xcup): encoder + layers + group sum + argmax | flip-flops | latency |"
    echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name in $("$program" models --json 2>/dev/null | jq -r '.[].name'); do
        info=$("$program" info "$name" --json 2>/dev/null)
        synth=$("$program" synth "$name" --target xcup --json 2>/dev/null)
        eval=$("$program" eval "$name" --mode deterministic --json 2>/dev/null) || eval=null
        jq -n -r --argjson i "$info" --argjson s "$synth" --argjson v "$eval" '
            def percent: (. * 10000 | round / 100 | tostring) + " %";
            $i.results as $r | $s.luts_by_part as $p
            | if $v.accuracy_hard and (($v.accuracy_hard - $r.accuracy_hard) | fabs) > 1e-5
              then error("\($i.model): measured \($v.accuracy_hard), recorded \($r.accuracy_hard)") else . end
            | "| `\($i.model)` | \($i.dataset) | \([$i.layers[].width] | add) | \($r.accuracy_hard | percent) | \($r.accuracy_soft | percent) | "
            + "\($r.gap | percent) | \($s.luts): \($p.encoder) + \($p.layers) + \($p.group_sum) + \($p.argmax) | \($s.ffs) | \($i.latency_cycles) cycles |"'
    done
}

if [ "${1:-}" != --write ]; then
    table
    exit
fi
table >build/results_table.md
awk -v table=build/results_table.md '
    /<!-- results_table: begin -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
    /<!-- results_table: end -->/   { skip = 0 }
    !skip || /<!-- results_table: end -->/ { if (!/begin -->/) print }' README.md >build/README.new
mv build/README.new README.md
