#!/usr/bin/env bash
# The tables of planted faults in docs/proof.md, measured again. Status 1 when a fault was missed, or a simulator
# sees another thing than is reckoned.
#   tools/faults_table.sh PROGRAM [N [M]]     N of each kind; M of each kind simulated
set -euo pipefail

program=$1 count=${2:-1000} sample=${3:-10} model=mnist_small simulated=digits_small
page=$(cd "$(dirname "$0")/.." && pwd)/docs/proof.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tables=()
table() { # TITLE MODEL N ARGUMENT...: in the background, as many at a time as there are cores
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    {
        printf '%s, %s of each kind:\n\n' "$1" "$3"
        "$program" prove "$2" --faults "$3" "${@:4}"
        echo
    } >"$scratch/${#tables[@]}" &
    tables+=($!)
}

# stream_rows MODEL KIND N: N faults in the model's stream top, a quarter of them with each of four seeds, all
# four at the same time.
stream_rows() {
    local seed pid pids=()
    for seed in 1 2 3 4; do
        "$program" emit "$1" --top stream -o "$scratch/$1.$seed" --quiet
        "$program" prove "$scratch/$1.$seed" --faults $(($3 / 4)) --kind "$2" --seed $seed >"$scratch/rows.$seed" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    awk -F ' *[|] *' '
        /stream: / {
            if (!($2 in seen)) name[++kinds] = $2
            seen[$2] = 1
            for (c = 3; c <= 6; c++) sum[$2, c] += $c
        }
        END {
            for (k = 1; k <= kinds; k++) {
                printf "| %s |", name[k]
                for (c = 3; c <= 6; c++) printf " %d |", sum[name[k], c]
                print " - |"
            }
        }' "$scratch"/rows.[1-4]
}

unset DIFFLUT_DATA # drawn digits in the place of the test split: the same everywhere
table "The Verilog of $model" $model "$count"
for target in xcup ecp5 ice40; do
    table "Its netlist after synthesis for $target" $model "$count" --after-synth $target
done
table "The Verilog of $simulated" $simulated "$sample" --simulate "$sample"
for target in xcup ecp5 ice40; do
    table "The netlist of $simulated after synthesis for $target" $simulated "$sample" --after-synth $target \
        --simulate "$sample"
done
status=0
for pid in "${tables[@]}"; do wait "$pid" || status=1; done
stream_rows digits_small "a beat dropped" "$count" >"$scratch/stream"
stream_rows digits_small "stream: " $((count / 10)) >"$scratch/others"
{
    sed -n '1,/<!-- faults: begin -->/p' "$page"
    for i in "${!tables[@]}"; do cat "$scratch/$i"; done
    echo "The stream top of digits_small, $count beats dropped and $((count / 10)) of each other kind:"
    echo
    sed -n '3,4p' "$scratch/0"
    cat "$scratch/stream"
    grep -v "a beat dropped" "$scratch/others"
    sed -n '/<!-- faults: end -->/,$p' "$page"
} >"$scratch/page"
cp "$scratch/page" "$page"
exit $status
