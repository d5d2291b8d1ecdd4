#!/usr/bin/env bash
# difflut-hdl sweep: what it writes, that it goes on where it was, and what it refuses.
. "$(dirname "$0")/tap.sh"
need jq

tiny_config "$work/base.yaml" base
cat >"$work/two.yaml" <<'EOF'
base: base.yaml
seeds: 2
grid:
  layer_widths: [[30, 20], [50, 30]]
  training.learning_rate: [0.02, 0.1]
EOF
out=$work/swept
run sweep "$work/two.yaml" --list -o "$out" --json
json_is "--list trains nothing" '.runs == 8 and .runs_done == 0 and (.points | length) == 4 and .best == null'
ok "--list writes nothing" test ! -e "$out"

run sweep "$work/two.yaml" -o "$out" --json
is "a sweep runs" 0 "$code"
json_is "every point has a run for each seed" '.runs_done == 8 and all(.points[]; (.runs | length) == 2)'
json_is "swept values are there, lists as lists" '.points[2].values == {"layer_widths": [50, 30], "training.learning_rate": 0.02}'
# shellcheck disable=SC2016 # jq
json_is "means are those of the runs" 'all(.points[]; . as $p | ([.runs[].accuracy_hard] | add / 2) as $m
    | ($p.accuracy_hard_mean - $m) * ($p.accuracy_hard_mean - $m) < 1e-20)'
# shellcheck disable=SC2016 # jq
json_is "the spread is that of the runs" 'all(.points[]; (.runs[0].accuracy_hard - .runs[1].accuracy_hard) as $d
    | (.accuracy_hard_std * .accuracy_hard_std * 2 - $d * $d) | fabs < 1e-12)'
# shellcheck disable=SC2016 # jq
json_is "the best point is the best by validation" '. as $s | .points[.best].validation_accuracy_hard_mean
    == ([.points[].validation_accuracy_hard_mean] | max)'
json_is "LUTs are counted" 'all(.points[].runs[]; .luts.total > 0 and .luts.total == .luts_total)'
is "the CSV has a line for each point" 5 "$(wc -l <"$out/sweep.csv")"
is "the CSV quotes lists" '"[30, 20]",0.02' "$(sed -n 2p "$out/sweep.csv" | cut -d, -f1-3)"
ok "sweep.json is the printed result" bash -c "diff <(jq -S . '$out/sweep.json') <(jq -S . '$work/out')"
is "every run has a folder" 8 "$(find "$out/runs" -name run.json | wc -l)"

# A run is the run that train makes.
folder=$(jq -r '.points[3].runs[1].out_dir' "$out/sweep.json")
hash=$(jq -r '.points[3].runs[1].model_hash' "$out/sweep.json")
run train "$work/base.yaml" -o "$work/alone" --set training.learning_rate=0.1 --seed 4 --json
json_is "the same weights as train makes" ".model_hash == \"$hash\""
run eval "$folder" --samples 50 --json
is "a run's folder is a model" 0 "$code"

# Going on: what is finished stays, what is missing is trained to the same numbers.
cp "$out/sweep.json" "$work/first.json"
files() { stat -c '%n %Y %i' "$out"/runs/*/run.json; }
before=$(files)
rm "$folder/run.json"
run sweep "$work/two.yaml" -o "$out" --json
is "going on works" 0 "$code"
is "only the missing run is trained" 7 "$(comm -12 <(echo "$before") <(files) | wc -l)"
figures() { jq -S '[.points[] | {values, hard: .accuracy_hard_mean, soft: .accuracy_soft_mean}]' "$1"; }
is "to the same figures" "$(figures "$work/first.json")" "$(figures "$out/sweep.json")"
echo '{"broken' >"$folder/run.json"
run sweep "$work/two.yaml" -o "$out" --json
json_is "a broken run.json is a run to be done" '.runs_done == 8'
is "and is whole again" "$(figures "$work/first.json")" "$(figures "$out/sweep.json")"

# A longer grid takes the runs that are there.
sed -i 's/0.02, 0.1/0.02, 0.1, 0.2/' "$work/two.yaml"
run sweep "$work/two.yaml" -o "$out" --list --json
json_is "a longer grid: 8 of 12 are there" '.runs == 12 and .runs_done == 8'
run sweep "$work/two.yaml" -o "$out" --list --json --set training.epochs=3
json_is "another configuration: none is" '.runs == 12 and .runs_done == 0'

# Ended in the middle: what is done is in the table, and the same command goes on.
if command -v timeout >/dev/null 2>&1; then
    timeout -s INT 2 "$DIFFLUT" sweep "$work/two.yaml" -o "$work/ended" --seeds 3 --set training.epochs=400 --quiet
    code=$?
    is "an interrupted sweep says so" yes "$([ "$code" -ne 0 ] && echo yes)"
    run sweep "$work/two.yaml" -o "$work/ended" --seeds 1 --list --set training.epochs=400 --json
    is "its folder can be listed" 0 "$code"
fi

sed -i 's/\[50, 30\]/[50, 31]/' "$work/two.yaml"
run sweep "$work/two.yaml" -o "$work/none"
fails "a bad point is found before the first is trained" 2 "point 4 {layer_widths: \[50, 31\], training.learning_rate: 0.02}.*10 classes do not divide"
ok "and nothing is written" test ! -e "$work/none"
run sweep "$work/missing.yaml"
fails "a missing file" 4 "missing.yaml"
run sweep
fails "no file" 2 "FILE"
finish
