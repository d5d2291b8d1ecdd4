#!/usr/bin/env bash
# What training for area brings: configs/mnist_area.yaml trained in several ways, LUTs and accuracy.
#   tools/area_table.sh                  prints CSV
#   tools/area_table.sh --write          into docs/area.csv, and as a table into docs/area.md
# Needs MNIST ($DIFFLUT_DATA) and Yosys. As many trainings at a time as there are cores ($AREA_JOBS), one thread
# each; folders stay in build/area, where finished trainings are found again. $AREA_CONFIG is trained
# instead when it is given.
set -euo pipefail

cd "$(dirname "$0")/.."
export DIFFLUT=${DIFFLUT:-build/bin/difflut-hdl} CONFIG=${AREA_CONFIG:-configs/mnist_area.yaml}
export OUT=${AREA_OUT:-build/area}
mkdir -p "$OUT"

# Name of a row, then what differs from an unpruned training.
rows() {
    cat <<'ROWS'
none
inputs_0.1 runtime.regularizers.inputs.weight=0.1
inputs_1 runtime.regularizers.inputs.weight=1
prune_inputs_0.3 training.prune_inputs=0.3
prune_luts_0.1 training.prune_luts=0.1
prune_bits_0.5 training.prune_bits=0.5
prune_bits_0.7 training.prune_bits=0.7
prune_bits_0.5_luts_0.1 training.prune_bits=0.5 training.prune_luts=0.1
prune_bits_0.5_inputs_0.1 training.prune_bits=0.5 runtime.regularizers.inputs.weight=0.1
ROWS
}

row() { # name, settings...: one CSV line into $OUT/NAME.csv
    local name=$1 train emit synth
    local sets=(--set training.prune_bits=0 --set training.prune_luts=0 --set training.prune_inputs=0
        --set runtime.regularizers.inputs.weight=0)
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    train=$("$DIFFLUT" train "$CONFIG" -o "$OUT/$name" --threads 1 --resume --json "${sets[@]}" 2>"$OUT/$name.log")
    emit=$("$DIFFLUT" emit "$OUT/$name" -o "$OUT/$name/rtl" --json 2>>"$OUT/$name.log")
    synth=$("$DIFFLUT" synth "$OUT/$name" --target xcup --json 2>>"$OUT/$name.log")
    jq -n -r --arg name "$name" --arg settings "$*" --argjson t "$train" --argjson e "$emit" \
        --argjson s "$synth" '
        [$name, $settings, $t.accuracy_hard, $t.accuracy_soft, $t.pruned.bits // 0,
         $t.pruned.luts // 0, $t.pruned.inputs // 0, $e.luts.encoder, $e.luts.layers,
         $e.luts.group_sum, $e.luts.argmax, $e.luts.total, $s.luts]
        | map(tostring) | join(",")' >"$OUT/$name.csv"
}
export -f row

csv() {
    echo "name,settings,accuracy_hard,accuracy_soft,pruned_bits,pruned_luts,pruned_inputs,encoder,layers,group_sum,argmax,total,yosys_xcup"
    rows | xargs -P "${AREA_JOBS:-$(nproc)}" -I{} bash -euo pipefail -c 'row {}'
    rows | while read -r name _; do cat "$OUT/$name.csv"; done
}

table() { # CSV on standard input
    echo "| training | hard | soft | encoder + layers + group sum + argmax | LUTs | Yosys, xcup | left out: bits, LUTs, inputs |"
    echo "| --- | --- | --- | --- | --- | --- | --- |"
    awk -F, 'NR > 1 {
        printf "| %s | %.2f %% | %.2f %% | %d + %d + %d + %d | %d | %d | %d, %d, %d |\n", $2 == "" ? "as usual" : "`" $2 "`",
            100 * $3, 100 * $4, $8, $9, $10, $11, $12, $13, $5, $6, $7 }'
}

if [ "${1:-}" != --write ]; then
    csv
    exit
fi
csv >"$OUT/all.csv"
cp "$OUT/all.csv" docs/area.csv
table <docs/area.csv >"$OUT/table.md"
awk -v table="$OUT/table.md" '
    /<!-- area_table: begin -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
    /<!-- area_table: end -->/   { skip = 0 }
    !skip' docs/area.md >"$OUT/area.md"
cp "$OUT/area.md" docs/area.md
