#!/usr/bin/env bash
# Measures everything and keeps it: tests/bench/results.csv, a line a case, of the latest run.
#   tools/bench.sh BUILD             every group; minutes, on a machine that does nothing else. MNIST in
#                                    $DIFFLUT_DATA, else training is measured on drawn digits
#   tools/bench.sh BUILD WORD        only prints, the groups whose name contains WORD: training, inference,
#                                    node, wires, configs/quickstart, configs/mnist_fast, emit/, synth/, cosim/MODEL
# A value is the median of five runs (of node and wires: nine), with the lowest and the highest. These and inference are
# processor time, everything else is the clock on the wall. tools/bench_table.sh makes tables of the file.
set -euo pipefail

build=$(realpath "$1")
program=$build/bin/difflut-hdl
word=${2:-}
cd "$(dirname "$0")/.."
csv=tests/bench/results.csv
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
git diff --quiet HEAD -- src tools configs 2>/dev/null || commit=$commit+
machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1 | tr -d ,)
compiler=$("${CC:-gcc}" --version | head -n 1 | tr -d ,)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

group() { # name: whether it is asked for
    case $1 in *"$word"*) echo "bench: $1" >&2 ;; *) return 1 ;; esac
}

# Five runs of a command of the program; each one's JSON, with the seconds of the whole command.
five() {
    local begin
    rm -f "$scratch/runs"
    for _ in 1 2 3 4 5; do
        begin=$(date +%s.%N)
        "$program" "$@" --json >"$scratch/run" 2>"$scratch/err" ||
            { head -n 3 "$scratch/err" >&2; echo "bench: difflut-hdl $* failed" >&2; exit 1; }
        jq -c --argjson from "$begin" --argjson to "$(date +%s.%N)" '.whole = $to - $from' "$scratch/run" >>"$scratch/runs"
    done
}

row() { # case unit key: of those five runs
    jq -r -s --arg case "$1" --arg unit "$2" \
        'map('"$3"') | sort | [$case, .[2], $unit, .[0], .[4]] | @csv' "$scratch/runs"
}

flow() { # model
    local rtl=$scratch/rtl/$1
    "$program" emit "$1" -o "$rtl" --quiet
    if group "emit/$1"; then
        five emit "$1" -o "$rtl"
        row "emit/$1" s .seconds
    fi
    if group "synth/$1"; then
        five synth "$rtl" --target xcup
        row "synth/$1/xcup" s .seconds
    fi
    if group "cosim/$1"; then
        five cosim "$rtl"
        row "cosim/$1/build" s .build_seconds
        row "cosim/$1/run" s .run_seconds
    fi
}

train() { # configuration: the whole command, from a cold start
    five train "configs/$1.yaml" -o "$scratch/$1"
    row "configs/$1" s .whole
    row "configs/$1/accuracy_hard" fraction .accuracy_hard
}

# What the program measures by itself.
own() { # --training or --inference
    "$program" bench "$1" --json 2>/dev/null |
        jq -r '.[] | [.case, .value, .unit, .lowest, .highest] | @csv'
}

has_mnist() {
    "$program" data list --json 2>/dev/null | jq -e '.[] | select(.name == "mnist") | .available' >/dev/null
}

cases() {
    if group training; then own --training; fi
    if group inference; then own --inference; fi
    if group configs/quickstart; then train quickstart; fi
    if group configs/mnist_fast; then
        if has_mnist; then train mnist_fast; else echo "bench: no MNIST in DIFFLUT_DATA, so no configs/mnist_fast" >&2; fi
    fi
    if group node; then "$build/bench/bench_node"; fi
    if group wires; then "$build/bench/bench_mixture"; fi
    for model in $("$program" models --json 2>/dev/null | jq -r '.[].name'); do
        flow "$model"
    done
}

keep() { # prints each line as it comes
    local about
    about="$commit,$(date -u +%F),$machine,$(nproc),$compiler"
    echo "case,median,unit,lowest,highest,commit,date,machine,cores,compiler"
    sed -u 's/"//g' | awk -F, -v OFS=, -v about="$about" '
        function figure(x) { return x >= 1000 ? sprintf("%.0f", x) : sprintf("%.6g", x) }
        { print $1, figure($2), $3, figure($4), figure($5), about; fflush() }'
}

if [ -n "$word" ]; then
    cases | keep
else
    cases | keep | tee "$scratch/results.csv"
    mv "$scratch/results.csv" "$csv"
fi
