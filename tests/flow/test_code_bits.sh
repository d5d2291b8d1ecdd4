#!/usr/bin/env bash
# The pass code-bits from training to proof: gates of two inputs that read bits of 3-bit codes.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in verilator iverilog yosys jq; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done

random_table "$work/gates.csv" 3 8 3
cat >"$work/gates.yaml" <<YAML
name: gates
model_type: feedforward
layer_type: random
node_type: probabilistic
encoder_config: {name: distributive_thermometer, num_bits: 5, feature_wise: true}
node_input_dim: 2
layer_widths: [40, 40, 30]
num_classes: 3
input_size: 8
input: {bits: 3}
dataset: {train: $work/gates.csv, label: label}
training: {epochs: 2, batch_size: 32, seed: 3}
hardware: {target: generic, pipeline: {encoder: 1, layers: 1}}
YAML
run train "$work/gates.yaml" -o "$work/model" --quiet
is "trained" 0 "$code"

# estimate OPTION...: LUTs of encoder and layers, and what the pass removed.
estimate() {
    run emit "$work/model" -o "$work/rtl" "$@" --json
    jq -c '[.luts.encoder, .luts.layers, ([.passes[] | select(.name == "code-bits").removed] | add)]' "$work/out"
}
without=$(estimate --no-pass code-bits)
bits=$(jq .num_bits "$work/rtl/manifest.json")
run synth "$work/rtl" --target generic --json
mapped_without=$(jq .luts "$work/out")
with=$(estimate)
echo "# encoder, layers, removed: $without without the pass, $with with it"
ok "comparisons are absorbed" jq -en --argjson a "$without" --argjson b "$with" \
    '$b[0] < $a[0] and $b[1] <= $a[1] and $b[2] > 0'
is "the codes are behind the encoder's bits" $((bits + 8 * 3)) "$(jq .num_bits "$work/rtl/manifest.json")"
for top in full core; do
    ok "lint of $top" verilator --lint-only -Wall --top-module gates_$top "$work"/rtl/rtl/*.v
done
for simulator in verilator icarus; do
    run cosim "$work/rtl" --simulator $simulator --json
    is "cosim with $simulator" "0 0" "$code $(jq .mismatches "$work/out")"
done
for top in full core; do
    run prove "$work/rtl" --top $top --json
    is "proof of $top" "0 0 0 true" "$code $(jq -r '"\(.failed) \(.undecided) \(.proved > 50)"' "$work/out")"
done
run synth "$work/rtl" --target generic --json
echo "# Yosys: $mapped_without LUTs without the pass, $(jq .luts "$work/out") with it"
ok "Yosys finds fewer LUTs too" test "$(jq .luts "$work/out")" -lt "$mapped_without"

# A wire from the wrong bit of a code is neither right in simulation nor proved.
ok "plant a wrong wire" plant "$work/rtl" rtl/gates_encoder.v '0,/= code\([0-9]*\)\[0\];/s//= code\1[1];/'
run prove "$work/bad"
is "a wrong wire is not proved" 1 "$code"
run cosim "$work/bad" --simulator icarus
is "nor does it pass cosim" 1 "$code"
finish
