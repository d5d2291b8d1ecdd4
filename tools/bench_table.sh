#!/usr/bin/env bash
# The speed tables of README.md, docs/training.md and docs/inference.md, from tests/bench/results.csv.
#   tools/bench_table.sh NAME        prints one: bench_main, bench_nodes, bench_kernels or bench_inference
#   tools/bench_table.sh --write     puts them between their marks
#   tools/bench_table.sh --check     says which table is not the one that the file gives (status 1)
# BENCH_CSV is another file.
set -euo pipefail
cd "$(dirname "$0")/.."
csv=${BENCH_CSV:-tests/bench/results.csv}
# Samples a second of the original library's CPU path, the best of the reference measurements.
original=150

table() {
    awk -F, -v kind="$1" -v original="$original" '
        function short(x) {
            return x >= 1e6 ? sprintf("%.2f M", x / 1e6) : x >= 1e4 ? sprintf("%.0f k", x / 1e3) : x >= 1e3 ? sprintf("%.1f k", x / 1e3) : sprintf("%.3g", x)
        }
        function machine() {
            return sprintf("%s, %s cores, %s; commit %s, %s.", $8, $9, $10, $6, $7)
        }
        NR == 1 { next }
        { value[$1] = $2; about = machine() }
        split($1, part, "/") == 3 && part[1] == "train" {
            threads = substr(part[3], 9)
            if (!(part[2] in most)) { net[++nets] = part[2]; most[part[2]] = 0 }
            if (threads + 0 > most[part[2]]) most[part[2]] = threads + 0
        }
        part[1] == "inference" && !(part[2] in seen) { model[++models] = part[2]; seen[part[2]] = 1 }
        function samples(n, t) { return value["train/" n "/threads_" t] }
        function main_table(   i, n) {
            print "| training steps | samples/s | threads | on one thread | times one thread |"
            print "| --- | --- | --- | --- | --- |"
            for (i = 1; i <= nets; i++) {
                n = net[i]
                if (most[n] > 1 && samples(n, 1) > 0)
                    printf "| `%s` | %s | %d | %s | %.2f |\n", n, short(samples(n, most[n])), most[n], short(samples(n, 1)), samples(n, most[n]) / samples(n, 1)
            }
            n = "configs/mnist_fast"
            if (n in value)
                printf "\nThe whole of `difflut-hdl train %s.yaml`, data on disk: %.1f s, %.2f %% of the test split (hard).\n",
                    n, value[n], 100 * value[n "/accuracy_hard"]
        }
        function nodes_table(   i, n) {
            print "| net | samples/s | threads | times the original |"
            print "| --- | --- | --- | --- |"
            for (i = 1; i <= nets; i++) {
                n = net[i]
                if (n ~ /_1024_1000$/)
                    printf "| `%s` | %s | %d | %.0f |\n", n, short(samples(n, most[n])), most[n], samples(n, most[n]) / original
            }
        }
        part[1] == "node" && part[3] == "n6" && !(part[2] in kind_seen) { kinds[++num_kinds] = part[2]; kind_seen[part[2]] = 1 }
        function kernel(type, what) { return sprintf("%.2f", value["node/" type "/n6/" what]) }
        function kernels_table(   i, k) {
            print "| node type | forward | gradient of inputs | of parameters | after a step | bits: forward | of parameters |"
            print "| --- | --- | --- | --- | --- | --- | --- |"
            for (i = 1; i <= num_kinds; i++) {
                k = kinds[i]
                printf "| `%s` | %s | %s | %s | %s | %s | %s |\n", k, kernel(k, "forward"), kernel(k, "backward_inputs"),
                    kernel(k, "backward_params"), kernel(k, "prepare"), kernel(k, "bits_forward"), kernel(k, "bits_backward_params")
            }
            if ("encode/thermometer_4" in value)
                printf "\nThe four bits of a feature: %.2f. The hard bit of a LUT6: %.2f.\n", value["encode/thermometer_4"], value["hard/n6/forward"]
        }
        function inference_table(   i, n) {
            print "| model | images/s, interpreted | images/s, native | one image, native |"
            print "| --- | --- | --- | --- |"
            for (i = 1; i <= models; i++) {
                n = "inference/" model[i]
                printf "| `%s` | %s | %s | %.2f us |\n", model[i], short(value[n "/interpreted"]), short(value[n "/native"]), value[n "/native-latency"]
            }
        }
        END {
            if (kind == "bench_main") main_table()
            if (kind == "bench_nodes") nodes_table()
            if (kind == "bench_kernels") kernels_table()
            if (kind == "bench_inference") inference_table()
            print "\n" about
        }' "$csv"
}

between() { # name file: what stands between the marks now
    awk -v name="$1" '
        $0 == "<!-- " name ": end -->" { inside = 0 }
        inside { print }
        $0 == "<!-- " name ": begin -->" { inside = 1 }' "$2"
}

each() { # command...: called with the name and the file of every table
    "$@" bench_main README.md
    "$@" bench_nodes docs/training.md
    "$@" bench_kernels docs/training.md
    "$@" bench_inference docs/inference.md
}

write() { # name file
    table "$1" | tools/put_table.sh "$1" "$2"
}

check() { # name file
    cmp -s <(table "$1") <(between "$1" "$2") ||
        { echo "$2: table $1 is not that of $csv: tools/bench_table.sh --write" >&2; wrong=1; }
}

case ${1:-} in
--write) each write ;;
--check) wrong=0 && each check && exit $wrong ;;
*) table "${1:?a name}" ;;
esac
