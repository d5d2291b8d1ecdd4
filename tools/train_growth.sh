#!/usr/bin/env bash
# How training grows from 1 k to 1 M LUTs: tests/bench/train_growth.csv and the table in docs/training.md.
#   tools/train_growth.sh BUILD      measures with BUILD/bench/bench_train (minutes; 4 GiB), prints and keeps the
#                                    CSV, writes the table; status 1 when 100 k LUTs cost over twice what 1 k do
#                                    a LUT and sample, or 1 M take over 16 GiB
#   tools/train_growth.sh --print    prints the table that the CSV gives
#   tools/train_growth.sh --check    status 1 when the CSV breaks a limit; GROWTH_CSV is another file
set -euo pipefail

cd "$(dirname "$0")/.."
csv=${GROWTH_CSV:-tests/bench/train_growth.csv}

measure() {
    local type layers luts
    echo "type,layers,luts,batch,ns_per_lut_and_sample,lowest,highest,peak_mib"
    for type in probabilistic dwn; do
        for layers in 1 2; do
            for luts in 1000 10000 100000 1000000; do
                "$1" "$type" $layers $luts 128
            done
            "$1" "$type" $layers 100000 512 # what a sample of the batch takes
        done
    done
}

table() {
    awk -F, '
        NR == 1 { next }
        $4 == 128 { net = $1 "," $2; if (!(net in seen)) { seen[net]; order[++nets] = net }; ns[net, $3] = $5; peak[net, $3] = $8 }
        $4 == 512 { large[$1 "," $2] = $8 }
        END {
            print "| nodes | layers | 1 k LUTs | 10 k | 100 k | 1 M | 100 k / 1 k | bytes a LUT | bytes a LUT and sample | 1 M, peak |"
            print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
            for (i = 1; i <= nets; i++) {
                net = order[i]
                split(net, part, ",")
                sample = (large[net] - peak[net, 100000]) * 1048576 / (512 - 128) / 1e5
                lut = (peak[net, 100000] - peak[net, 1000]) * 1048576 / 99000 - 128 * sample
                printf "| `%s` | %d | %.1f | %.1f | %.1f | %.1f | %.2f | %.0f | %.1f | %.1f GiB |\n", part[1], part[2], ns[net, 1000],
                    ns[net, 10000], ns[net, 100000], ns[net, 1000000], ns[net, 100000] / ns[net, 1000], lut, sample, peak[net, 1000000] / 1024
            }
        }' "$csv"
}

check() {
    awk -F, '
        NR == 1 || $4 != 128 { next }
        $3 == 1000 { first[$1, $2] = $5 }
        $3 == 100000 && $5 > 2 * first[$1, $2] {
            printf "%s in %d layers: %.2f times the cost a LUT and sample with 100 k LUTs, more than 2\n", $1, $2, $5 / first[$1, $2]
            bad = 1
        }
        $3 == 1000000 && $8 > 16384 { printf "%s in %d layers: 1 M LUTs take %.0f MiB, more than 16 GiB\n", $1, $2, $8; bad = 1 }
        END { exit bad }' "$csv" >&2
}

case ${1:?BUILD, --print or --check} in
--print) table ;;
--check) check ;;
*)
    measure "$1/bench/bench_train" | tee "$csv.new"
    mv "$csv.new" "$csv"
    table | tools/put_table.sh train_growth docs/training.md
    check
    ;;
esac
