#!/usr/bin/env bash
# The whole line for one model: emit, co-simulate, prove, synthesise; ends with one table.
#   tools/demo.sh PROGRAM MODEL TARGET
# The accuracy is measured here when the data set is found ($DIFFLUT_DATA, ~/.cache/difflut);
# otherwise it is the one recorded in the model's file, and the table says so.
set -euo pipefail

program=$1 model=$2 target=$3
out=$(dirname "$(dirname "$program")")/demo/$(basename "$model" .yaml)
mkdir -p "$(dirname "$out")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo "== emit $model into $out" >&2
"$program" emit "$model" -o "$out" --target "$target" --json >"$scratch/emit" 2>"$scratch/log" ||
    { cat "$scratch/log" >&2; exit 1; }
echo "== cosim $out (Verilator)" >&2
status=0
"$program" cosim "$out" --json >"$scratch/cosim" || status=$?
[ "$status" -le 1 ] || exit "$status"
echo "== prove $out" >&2
proved=0
"$program" prove "$out" --json >"$scratch/prove" || proved=$?
[ "$proved" -le 1 ] || exit "$proved"
[ "$status" -ne 0 ] || status=$proved
echo "== synth $out for $target (Yosys)" >&2
"$program" synth "$out" --target "$target" --json >"$scratch/synth" || exit $?
"$program" info "$out" --json >"$scratch/info" 2>/dev/null
if [ "$(jq .vectors_dataset "$scratch/cosim")" -gt 0 ]; then
    "$program" eval "$out" --json >"$scratch/eval" 2>/dev/null
else
    echo null >"$scratch/eval"
fi

echo
jq -n -r --slurpfile emit "$scratch/emit" --slurpfile cosim "$scratch/cosim" \
    --slurpfile prove "$scratch/prove" --slurpfile synth "$scratch/synth" --slurpfile info "$scratch/info" --slurpfile eval "$scratch/eval" '
    def pad($n): tostring | (" " * ([$n - length, 0] | max)) + .;
    def percent: if . == null then "-" else (. * 10000 | round / 100 | tostring) + " %" end;
    $emit[0] as $e | $cosim[0] as $c | $prove[0] as $proof | $synth[0] as $s | $info[0] as $i | $eval[0] as $v
    | (if $v then $v else $i.results end) as $a
    | (if $v then "measured here on \($v.samples) test samples"
       else "recorded in the model file; the data set is not here" end) as $how
    | "model \($e.model), build \($e.build_id), target \($s.target)",
      "",
      ("accuracy, hard" | . + " " * (22 - length)) + ($a.accuracy_hard | percent | pad(10)) + "   \($how)",
      ("accuracy, soft" | . + " " * (22 - length)) + ($a.accuracy_soft | percent | pad(10)),
      ("gap (soft - hard)" | . + " " * (22 - length)) + ($a.gap | percent | pad(10)),
      (if $v then ("accuracy, Verilog" | . + " " * (22 - length)) + ($c.accuracy_hardware | percent | pad(10)) else empty end),
      ((["encoder", "layers", "group_sum", "argmax", "other"][]) as $p
       | select($p != "other" or $s.luts_by_part[$p] > 0)
       | ("LUTs, \($p)" | . + " " * (22 - length)) + ($s.luts_by_part[$p] | pad(10))),
      ("LUTs, total" | . + " " * (22 - length)) + ($s.luts | pad(10)),
      ("flip-flops" | . + " " * (22 - length)) + ($s.ffs | pad(10)),
      ("latency, cycles" | . + " " * (22 - length)) + ($e.latency_cycles | pad(10)),
      ("vectors checked" | . + " " * (22 - length)) + ($c.vectors | pad(10)) + "   \($c.vectors_dataset) of them the test split",
      ("mismatches" | . + " " * (22 - length)) + ($c.mismatches | pad(10)),
      ("obligations proved" | . + " " * (22 - length)) + ($proof.proved | pad(10)) + "   of \($proof.obligations)"'
exit "$status"
