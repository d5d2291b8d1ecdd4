#!/usr/bin/env bash
# No path between registers is longer than --pipeline auto=N says: Yosys maps the emitted Verilog to LUT6 and
# looks for the longest one itself.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in yosys jq; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done

# longest FOLDER: LUTs on the longest path of full, registers and ports ending it.
longest() {
    (cd "$1" && yosys -q -s scripts/synth_generic.ys -p "setattr -mod -unset keep_hierarchy *; flatten; opt_clean -purge; tee -o ltp.txt ltp -noff" >/dev/null) &&
        sed -n 's/^Longest topological path in .* (length=\([0-9]*\)).*/\1/p' "$1/ltp.txt" | tail -n 1
}

model=digits_small
for depth in 2 3 5; do
    run emit $model -o "$work/$model" --pipeline auto=$depth --json
    is "emit $model, $depth LUTs a stage" 0 "$code"
    found=$(longest "$work/$model")
    echo "# $model auto=$depth: $(jq -c '[.depth, .latency_cycles]' "$work/out"), longest path $found"
    ok "no path above $depth in $model" test "${found:-99}" -le $depth
done
# The check itself: by count, one register after each part leaves the argmax tree whole.
run emit digits_small -o "$work/plain" --pipeline 1 --json
found=$(longest "$work/plain")
ok "a path that is too long is found" test "${found:-0}" -gt 5
is "and is as long as emit says" "$(jq .depth "$work/out")" "$found"
finish
