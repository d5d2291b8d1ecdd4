#!/usr/bin/env bash
# SIGINT and SIGKILL at random moments of train, emit, cosim and synth: what was there is whole, the same
# command then succeeds, and nothing is left behind. Half of the moments are random operations (allocations,
# reads, writes), half random times. DIFFLUT_KILLS=100 moments of each (docs/testing.md); 6 otherwise.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need yosys iverilog
moments=${DIFFLUT_KILLS:-6}
seed=${DIFFLUT_SEED:-$$}
RANDOM=$seed

# shellcheck source=tests/faults/setup.sh
. "$root/tests/faults/setup.sh"
run emit "$work/model" -o "$work/rtl" --quiet
is "its hardware" 0 "$code"

digest() { # of a folder: names and content, without what a run measures
    (cd "$1" && find . -type f ! -name '*.log' ! -name train.json ! -name '*.checkpoint' | sort | while read -r file; do
        printf '%s %s\n' "$file" "$(sha256sum <"$file")"
    done) | sha256sum
}

# The folder after a kill. Hardware is what it was or what it becomes; of a model each file is.
check_train() {
    local file
    for file in "$1"/table.yaml "$1"/table.safetensors; do
        cmp -s "$file" "$work/was/${file##*/}" || cmp -s "$file" "$work/becomes/${file##*/}" || echo "$file is neither"
    done
    # A new training over an old one: weights come before the configuration, and say whose they are.
    "$DIFFLUT" info "$1" --quiet 2>&1 || true
}
check_emit() {
    case $(digest "$1") in "$(digest "$work/was")" | "$(digest "$work/becomes")") ;; *) echo "neither old nor new" ;; esac
    "$DIFFLUT" info "$1" --quiet 2>&1
}
check_cosim() { "$DIFFLUT" info "$1" --quiet 2>&1; }
check_synth() { "$DIFFLUT" info "$1" --quiet 2>&1; }

# kills NAME FOLDER COMMAND...
kills() {
    local name=$1 folder=$2 signal total took begin ended whole again left i
    shift 2
    rm -rf "$work/was" "$work/becomes"
    cp -r "$folder" "$work/was"
    begin=$(date +%s%N)
    DIFFLUT_FAULT_COUNT=$work/count LD_PRELOAD=$fault "$DIFFLUT" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    is "$name, undisturbed" 0 "$code"
    begin=$(date +%s%N)
    "$DIFFLUT" "$@" >/dev/null 2>&1 </dev/null
    took=$((($(date +%s%N) - begin) / 1000))
    total=$(awk '$1 == "any" { print $2 }' "$work/count")
    cp -r "$folder" "$work/becomes"
    for signal in INT KILL; do
        ended=0 whole=0 again=0
        : >"$work/complaints"
        for ((i = 0; i < moments; i++)); do
            rm -rf "$folder"
            cp -r "$work/was" "$folder"
            disturb "$((i % 2))" "$signal" "$@"
            case $code in 130 | 137) ended=$((ended + 1)) ;; 0) ;; *) echo "status $code: $(<"$work/err")" ;; esac >>"$work/complaints"
            if "check_$name" "$folder" >"$work/found" && [ ! -s "$work/found" ]; then
                whole=$((whole + 1))
            else
                sed "s/^/$signal, moment $i: /" "$work/found" >>"$work/complaints"
            fi
            if "$DIFFLUT" "$@" >"$work/out" 2>"$work/err" </dev/null; then again=$((again + 1)); fi
            left=$(find "$folder" "$folder".* "$work" -maxdepth 1 \( -name 'work-*' -o -name '.difflut-*' -o -name '*.new-*' \) 2>/dev/null)
            [ -z "$left" ] || echo "$signal, moment $i: left behind: $left" >>"$work/complaints"
        done
        echo "# kills: | $name | SIG$signal | $moments | $ended | $whole | $again |"
        is "$name, SIG$signal at $moments moments (seed $seed): all whole" "$moments" "$whole"
        is "$name, SIG$signal: the same command then succeeds" "$moments" "$again"
        ok "$name, SIG$signal: no other end, nothing left behind" sh -c '! grep . "$1"' sh "$work/complaints"
    done
    rm -rf "$folder"
    cp -r "$work/was" "$folder"
}

# Sets $code. A random operation (0) or a random time (1).
disturb() {
    local how=$1 signal=$2 pid delay
    shift 2
    if [ "$how" -eq 0 ]; then
        DIFFLUT_FAULT=any:$((1 + (RANDOM * 32768 + RANDOM) % total))=$signal LD_PRELOAD=$fault \
            "$DIFFLUT" "$@" >"$work/out" 2>"$work/err" </dev/null
        code=$?
        return
    fi
    # Without job control a shell starts what runs in the background with SIGINT ignored.
    set -m
    "$DIFFLUT" "$@" >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    set +m
    delay=$(((RANDOM * 32768 + RANDOM) % (took + 1)))
    sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
    kill -"$signal" $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
}

kills train "$work/model" train "$work/table.yaml" -o "$work/model" --seed 3 --threads 2
kills emit "$work/rtl" emit "$work/model" -o "$work/rtl" --pipeline layers=1
kills cosim "$work/rtl" cosim "$work/rtl" --simulator icarus --vectors 10 --random 20
kills synth "$work/rtl" synth "$work/rtl" --target xcup
finish
