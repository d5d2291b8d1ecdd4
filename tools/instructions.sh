#!/usr/bin/env bash
# Instruction counts of small fixed cases, which do not depend on how busy a machine is: a guard of speed.
#   tools/instructions.sh BUILD             prints the counts as CSV: case,instructions
#   tools/instructions.sh BUILD --write     ... and keeps them: tests/bench/instructions.csv (make instructions)
#   tools/instructions.sh --compare FILE    compares such an output with the committed counts: status 1 when
#                                           one is off by over 5 % either way. INSTRUCTIONS_CSV is another file
# Counted by callgrind (valgrind), one thread, inside one function of each case, so that loading does not count.
# Valgrind of Debian 12 has no AVX-512: what it runs are the AVX2 versions. The counts are those of one
# compiler, which the file names, and of the default CFLAGS.
set -euo pipefail
cd "$(dirname "$0")/.."
csv=${INSTRUCTIONS_CSV:-tests/bench/instructions.csv}
export OMP_WAIT_POLICY=passive # with its default the program starts itself once more
compiler=$("${CC:-gcc}" --version | head -n 1 | tr -d ,)

compare() { # file
    grep -qxF "# $compiler" "$csv" ||
        { echo "$csv has the counts of another compiler ($(sed -n '1s/^# //p' "$csv")): make instructions"; return 1; }
    awk -F, -v csv="$csv" '
        /^#/ || /^case,/ { next }
        NR == FNR { expected[$1] = $2; next }
        {
            seen[$1]
            if (!($1 in expected)) { printf "%s: %d instructions, and no count in %s\n", $1, $2, csv; bad = 1; next }
            change = 100 * ($2 / expected[$1] - 1)
            if (change > 5 || change < -5) {
                printf "%s: %d instructions, %+.1f %% of the %d in %s\n", $1, $2, change, expected[$1], csv
                bad = 1
            }
        }
        END {
            for (name in expected) if (!(name in seen)) { printf "%s: in %s, and not measured\n", name, csv; bad = 1 }
            if (bad) print "More: find out why (callgrind_annotate). Meant, or less: make instructions, and commit the file."
            exit bad
        }' "$csv" "$1"
}

if [ "$1" = --compare ]; then
    compare "$2"
    exit
fi

program=$(realpath "$1")/bin/difflut-hdl
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count() { # case function command...
    local name=$1 function=$2
    shift 2
    valgrind --tool=callgrind --toggle-collect="$function" --callgrind-out-file="$scratch/out" "$program" "$@" \
        >"$scratch/said" 2>&1 || { cat "$scratch/said" >&2; echo "instructions.sh: $name failed" >&2; exit 1; }
    awk -v name="$name" '/^(summary|totals):/ { count = $2 }
        END { if (count < 1000) exit 1; printf "%s,%d\n", name, count }' "$scratch/out" ||
        { echo "instructions.sh: $name: nothing was counted in $function()" >&2; exit 1; }
}

# 600 rows of 64 codes, ten classes.
awk 'BEGIN {
    for (j = 0; j < 64; j++) printf "x%d,", j
    print "label"
    for (i = 0; i < 600; i++) {
        for (j = 0; j < 64; j++) printf "%d,", (i * i * 7 + i * (31 + 2 * j) + j * 101 + (i % 10) * 17 * j) % 256
        print i % 10
    }
}' >"$scratch/table.csv"

# node type, layer type: a model of its name
model() {
    cat >"$scratch/$1_$2.yaml" <<YAML
model_type: feedforward
layer_type: $2
layer_config: {$3}
node_type: $1
encoder_config: {name: thermometer, num_bits: 4, feature_wise: true}
node_input_dim: 6
layer_widths: [100, 60]
num_classes: 10
input_size: 64
dataset: {train: $scratch/table.csv, test: $scratch/table.csv, label: label}
training: {epochs: 2, batch_size: 128, seed: 3}
YAML
}

train() { # node type, layer type, layer options
    model "$@"
    count "train/$1/$2" train_step_next train "$scratch/$1_$2.yaml" -o "$scratch/$1_$2" --threads 1 --quiet
}

cases() {
    echo "# $compiler"
    echo "case,instructions"
    train probabilistic random ""
    train dwn random ""
    train hybrid random ""
    train dwn learnable "candidates: 16"
    count eval/interpreted engine_run eval "$scratch/dwn_random" --threads 1 --quiet
    count emit vlog_emit emit digits_small -o "$scratch/rtl" --quiet
    count prove prove_run prove "$scratch/rtl" --quiet
}

cases | tee "$scratch/counts"
[ "${2:-}" != --write ] || cp "$scratch/counts" "$csv"
