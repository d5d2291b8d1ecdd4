#!/usr/bin/env bash
# The committed hardware table: its limits hold, a row over one is found, and what goes between two marks.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need jq

tool() { # script, arguments: as `run` does it
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}
check() { # column value: the committed table with another value for mnist_large on xcup
    awk -F, -v OFS=, -v column="$1" -v value="$2" \
        '$1 == "mnist_large" && $2 == "xcup" { $column = value } { print }' "$root/docs/hardware_table.csv" >"$work/table.csv"
    HARDWARE_TABLE=$work/table.csv tool "$root/tools/hardware_table.sh" no_model
}
check 1 mnist_large
is "the limits hold" 0 "$code"
ok "and the rows are as they were" cmp "$work/table.csv" "$root/docs/hardware_table.csv"
check 6 2025
fails "too many LUTs in layers" 1 "layers takes 2025 LUTs, more than 2024"
check 7 1001
fails "too many in the sums" 1 "group_sum takes 1001 LUTs, more than 1000"
check 8 111
fails "too many in argmax" 1 "argmax takes 111 LUTs, more than 110"
check 10 7001
fails "too many in all" 1 "all takes 7001 LUTs, more than 7000"

printf 'a\n<!-- t: begin -->\nold\n<!-- t: end -->\nb\n' >"$work/file.md"
printf 'one\ntwo & \\1\n' | "$root/tools/put_table.sh" t "$work/file.md"
is "a table is put between its marks" 'a <!-- t: begin --> one two & \1 <!-- t: end --> b' "$(tr '\n' ' ' <"$work/file.md" | sed 's/ $//')"
tool "$root/tools/put_table.sh" u "$work/file.md"
fails "no such marks" 1 "it has no line <!-- u: begin -->"

# How training grows.
growth() { # ns and MiB of 100 k and 1 M LUTs
    printf '%s\n' type,layers,luts,batch,ns_per_lut_and_sample,lowest,highest,peak_mib dwn,2,1000,128,2.5,2,3,20 \
        "dwn,2,100000,128,$1,2,9,300" "dwn,2,1000000,128,8,2,9,$2" dwn,2,100000,512,5,2,9,600 >"$work/growth.csv"
    GROWTH_CSV=$work/growth.csv tool "$root/tools/train_growth.sh" --check
}
growth 5 16384
is "a training that grows within its limits" 0 "$code"
growth 5.1 3000
fails "too slow with 100 k LUTs" 1 "dwn in 2 layers: 2.04 times the cost"
growth 5 16385
fails "too large with 1 M LUTs" 1 "more than 16 GiB"
tool "$root/tools/train_growth.sh" --print
is "its table is that of the figures" "$(cat "$work/out")" \
    "$(sed -n '/^<!-- train_growth: begin/,/^<!-- train_growth: end/p' "$root/docs/training.md" | grep -v '^<!--')"

# The speed tables.
# shellcheck disable=SC2016 # no expansions meant
cat >"$work/results.csv" <<EOF
case,median,unit,lowest,highest,commit,date,machine,cores,compiler
train/dwn_1000/threads_2,900000,samples/s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
train/dwn_1000/threads_1,450000,samples/s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
train/warp_1024_1000/threads_2,30000,samples/s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
node/dwn/n6/forward,0.2,ns,0.1,0.3,abc,2024-01-02,Some CPU,2,gcc 12
node/dwn/n6/bits_backward_params,0.75,ns,0.1,0.3,abc,2024-01-02,Some CPU,2,gcc 12
inference/m/interpreted,1500000,images/s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
inference/m/native,2500000,images/s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
inference/m/native-latency,1.5,us,1,2,abc,2024-01-02,Some CPU,2,gcc 12
configs/mnist_fast,8.25,s,1,2,abc,2024-01-02,Some CPU,2,gcc 12
configs/mnist_fast/accuracy_hard,0.9761,fraction,1,2,abc,2024-01-02,Some CPU,2,gcc 12
EOF
speed() { BENCH_CSV=$work/results.csv tool "$root/tools/bench_table.sh" "$1"; }
has() { ok "$1" grep -qF "$2" "$work/out"; }
speed bench_main
has "the main nets, with what threads bring" '| `dwn_1000` | 900 k | 2 | 450 k | 2.00 |'
has "and the whole training" 'configs/mnist_fast.yaml`, data on disk: 8.2 s, 97.61 %'
has "and the machine" 'Some CPU, 2 cores, gcc 12; commit abc, 2024-01-02.'
speed bench_nodes
has "the node types, against the original" '| `warp_1024_1000` | 30 k | 2 | 200 |'
speed bench_kernels
has "the kernels of a node type" '| `dwn` | 0.20 | 0.00 | 0.00 | 0.00 | 0.00 | 0.75 |'
speed bench_inference
has "inference" '| `m` | 1.50 M | 2.50 M | 1.50 us |'
speed --check
fails "tables of another run are found" 1 "README.md: table bench_main is not that of"
if [ -f "$root/tests/bench/results.csv" ]; then
    tool "$root/tools/bench_table.sh" --check
    is "the committed speed tables are those of the committed figures" 0 "$code"
fi
finish
