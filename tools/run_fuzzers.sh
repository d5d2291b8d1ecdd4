#!/usr/bin/env bash
# Runs the fuzzers of BUILD/fuzz (libFuzzer, built by `make fuzz`). What they find new grows in
# BUILD/corpus/NAME; the kept inputs are tests/fuzz/corpus/NAME/*. A finding is left in BUILD/found.
#   tools/run_fuzzers.sh BUILD run [NAME...]        FUZZ_SECONDS (20) each, and that limits are kept
#   tools/run_fuzzers.sh BUILD campaign [NAME...]   until each has had FUZZ_RUNS (10000000) inputs, counting
#                                                   those of earlier runs, or for FUZZ_SECONDS in all, a
#                                                   million or two minutes of each in turn; a target that
#                                                   has a finding in BUILD/found waits. Then the table of
#                                                   tests/fuzz/campaign.csv and docs/fuzzing.md
#   tools/run_fuzzers.sh BUILD table                that table alone
#   tools/run_fuzzers.sh BUILD merge [NAME...]      chooses the kept inputs again, of all there are: those with
#                                                   names of ours, and FUZZ_KEEP (13) more that reach most code
set -euo pipefail

build=$1 mode=$2
shift 2
mkdir -p "$build/found" "$build/logs" "$build/stats"
if [ $# -gt 0 ]; then
    names=("$@")
else
    # The quick ones first.
    names=(idx npy vectors structure csv safetensors vcd gzip sweep record prove_netlist pack synth_report
        manifest pnr_report report stream locate config netlist nets passes weights checkpoint models)
fi
# Every target's file must be on that list.
for file in tests/fuzz/fuzz_*.c; do
    name=${file#tests/fuzz/fuzz_} name=${name%.c}
    [[ $# -gt 0 || " ${names[*]} " == *" $name "* ]] ||
        { echo "tools/run_fuzzers.sh: $name is missing here" >&2; exit 2; }
done

# The stacks of allocations take most of the time of a small input; a finding tried again shows them. Freed
# memory is kept back only for a while, so that it stays in the cache.
fast=malloc_context_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64:max_malloc_fill_size=64
export ASAN_OPTIONS=${ASAN_OPTIONS:-$fast:intercept_strstr=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1} OMP_NUM_THREADS=1

longest() { # name: bytes of an input
    case $1 in
    idx | npy | vectors | structure | csv | gzip | record | stream) echo 1000 ;;
    nets | passes | weights | checkpoint | models) echo 400 ;;
    *) echo 2500 ;;
    esac
}

# fuzz NAME OPTION...: status 0 when nothing was found
fuzz() {
    local name=$1
    shift
    mkdir -p "$build/corpus/$name" "tests/fuzz/corpus/$name"
    FUZZ_STATS=$build/stats/$name "$build/fuzz/$name" -max_len="$(longest "$name")" -timeout=30 \
        -rss_limit_mb=2048 -artifact_prefix="$build/found/$name-" -print_final_stats=1 "$@" \
        "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/logs/$name" 2>&1 </dev/null && return
    echo "FAIL  $name: see $build/found/$name-*"
    sed -e '/^#\|^INFO\|NEW_FUNC/d' -e 's/^/      /' "$build/logs/$name" | head -n 40
    return 1
}

found() { # name: whether there is a finding
    compgen -G "$build/found/$1-*" >/dev/null
}

# A target with faults of its own (tests/fuzz/planted.c): each must be found.
planted() {
    local letter failed=0
    for letter in m r l t a M c T x; do
        printf %s "$letter" >"$build/planted"
        if "$build/fuzz/planted" "$build/planted" >"$build/logs/planted" 2>&1; then
            case $letter in [mrlta]) echo "FAIL  planted: fault $letter was not found" && failed=1 ;; esac
        else
            case $letter in [McTx]) echo "FAIL  planted: $letter is no fault" && failed=1 ;; esac
        fi
    done
    [ "$failed" -ne 0 ] || echo "ok    planted: too much heap, too much time and a crash are found"
    return "$failed"
}

# Sums of all runs of a target: inputs, processor seconds, most bytes held, input of that, slowest input.
totals() { # name
    touch "$build/stats/$1"
    awk -F, '
        { runs += $1; seconds += $2; if ($3 > most) { most = $3; size = $4 } if ($5 > slow) slow = $5 }
        END { printf "%.0f,%.0f,%.0f,%d,%.4f\n", runs, seconds, most, size, slow }' "$build/stats/$1"
}

covered() { # name: edges reached by all inputs there are
    fuzz "$1" -runs=0 >/dev/null || true
    sed -n 's/^#[0-9]*[[:space:]]*INITED cov: \([0-9]*\) .*/\1/p' "$build/logs/$1" | tail -n 1
}

# Inputs that were findings have names; so have seeds of ours, which begin with seed_.
findings() { # name
    find "$build/found" -name "$1-*" >"$build/findings"
    find "tests/fuzz/corpus/$1" -type f ! -name 'seed_*' | grep -v '/[0-9a-f]*$' >>"$build/findings" || true
    wc -l <"$build/findings"
}

table() {
    local csv=tests/fuzz/campaign.csv name runs seconds most size slow
    echo "target,inputs,inputs_per_cpu_second,edges_covered,most_heap_bytes,of_input_bytes,slowest_input_cpu_ms,findings" >"$csv.new"
    for name in $(printf '%s\n' "${names[@]}" | sort); do
        IFS=, read -r runs seconds most size slow <<<"$(totals "$name")"
        echo "$name,$runs,$((runs / (seconds > 0 ? seconds : 1))),$(covered "$name"),$most,$size,$(
            awk -v s="$slow" 'BEGIN { printf "%.1f", 1000 * s }'),$(
            findings "$name")" >>"$csv.new"
    done
    mv "$csv.new" "$csv"
    {
        echo '| target | inputs | per CPU second | edges | most heap, bytes | slowest, ms | findings |'
        echo '|---|--:|--:|--:|--:|--:|--:|'
        awk -F, 'NR > 1 { print "| " $1 " | " $2 " | " $3 " | " $4 " | " $5 " | " $7 " | " $8 " |" }' "$csv"
    } >"$build/table.md"
    sed -i -e '/<!-- campaign -->/,/<!-- end -->/{/<!--/!d}' \
        -e "/<!-- campaign -->/r $build/table.md" docs/fuzzing.md
    cat "$build/table.md"
}

# From libFuzzer's control file, which lists the edges of each input: the paths of those to keep. First come
# those whose names are not hashes, then always the one with most new edges, at least 2, the first of equals
# (they are listed by size).
# shellcheck disable=SC2016 # an awk program
choose='
NR == 1 { files = $1; next }
NR >= 3 && NR < 3 + files { path[NR - 3] = $0; next }
$1 == "COV" { for (i = 3; i <= NF; i++) edges[$2] = edges[$2] " " $i }
function take(f,    list, n, i) {
    n = split(edges[f], list, " ")
    for (i = 1; i <= n; i++) have[list[i]] = 1
    print path[f]
}
function news(f,    list, n, i, count) {
    n = split(edges[f], list, " ")
    for (i = 1; i <= n; i++) count += !(list[i] in have)
    return count + 0
}
END {
    for (f = 0; f < files; f++) if (path[f] !~ /\/[0-9a-f]+$/) take(f)
    while (kept++ < keep) {
        most = 1; best = -1
        for (f = 0; f < files; f++) if ((n = news(f)) > most) { most = n; best = f }
        if (best < 0) break
        take(best)
    }
}'

merge() { # name
    local kept=tests/fuzz/corpus/$1 all=$build/all
    rm -rf "$all" && mkdir -p "$all/from" "$all/to" "$all/kept" "$kept" "$build/corpus/$1"
    find "$build/corpus/$1" -type f -exec cp -t "$all/from" {} +
    find "$kept" -type f -exec cp -t "$all/from" {} +
    "$build/fuzz/$1" -merge=1 -merge_control_file="$all/control" -max_len=16384 "$all/to" "$all/from" \
        >"$build/logs/$1" 2>&1 || { tail -n 5 "$build/logs/$1" && return 1; }
    awk -v keep="${FUZZ_KEEP:-13}" "$choose" "$all/control" | xargs -d '\n' cp -t "$all/kept"
    rm -f "$kept"/* && cp "$all/kept"/* "$kept"
    echo "$1: $(find "$kept" -type f | wc -l) inputs, $(cat "$kept"/* | wc -c) bytes"
}

failed=0
case $mode in
run)
    planted || failed=1
    for name in "${names[@]}"; do
        fuzz "$name" -max_total_time="${FUZZ_SECONDS:-20}" || { failed=1 && continue; }
        echo "ok    $name: $(grep -a '^#.*DONE' "$build/logs/$name")"
    done
    ;;
campaign)
    # In turns, so that a campaign that is ended early has something of each.
    end=$((SECONDS + ${FUZZ_SECONDS:-1000000000})) goal=${FUZZ_RUNS:-10000000} open=1
    while [ "$open" -gt 0 ] && [ "$SECONDS" -lt "$end" ]; do
        open=0
        for name in "${names[@]}"; do
            IFS=, read -r runs _ <<<"$(totals "$name")"
            if [ "$runs" -ge "$goal" ] || [ "$SECONDS" -ge "$end" ] || found "$name"; then continue; fi
            open=1 left=$((goal - runs)) time=$((end - SECONDS))
            fuzz "$name" -runs="$((left < 1000000 ? left : 1000000))" \
                -max_total_time="$((time < 120 ? time : 120))" || failed=1
            echo "      $name: $(totals "$name")"
        done
    done
    table
    ;;
table) table ;;
merge)
    for name in "${names[@]}"; do merge "$name"; done
    ;;
*) echo "tools/run_fuzzers.sh: run, campaign, table or merge" >&2 && exit 2 ;;
esac
exit "$failed"
