#!/usr/bin/env bash
# The program with memory, disk or files failing at one place after the other (tests/faults/fault.h): it says
# so and ends with status 4, or it does what it does without the fault; and what was there before is whole.
# Of the places of a command, 6 are tried; with DIFFLUT_FAULTS=all up to about 100 of each kind.
. "$(dirname "$0")/tap.sh"
need yosys iverilog jq
[ -z "${DIFFLUT_COVERAGE:-}" ] || skip_all "gcov cannot go on without memory, at the end of the program"
samples=6
[ "${DIFFLUT_FAULTS:-}" != all ] || samples=100

# shellcheck source=tests/faults/setup.sh
. "$root/tests/faults/setup.sh"
run emit "$work/model" -o "$work/old" --quiet
is "its hardware" 0 "$code"
cat >"$work/sweep.yaml" <<END
base: $work/table.yaml
grid: {training.learning_rate: [0.1, 0.01]}
END

# What a command leaves, without what differs from run to run: names, content, and its answer.
seconds='s/"\([a-z_]*seconds\|samples_per_second\)\([a-z_]*\)": [0-9.e+-]*/"\1\2": 0/; /"sha256"/d'
state() { # folder
    (cd "$1" && find . -type f ! -name sweep.csv | sort | while read -r file; do
        printf '%s %s\n' "$file" "$(sed "$seconds" "$file" | sha256sum)"
    done)
}

# A folder of model or hardware, in the words of the program.
is_whole() { # folder
    local found
    found=$(find "$1" -name '.difflut-*' -o -name '*.new-*' -o -name 'work-*')
    [ -z "$found" ] || { echo "left behind: $found"; return 1; }
    [ ! -f "$1/manifest.json" ] && [ ! -f "$1/table.safetensors" ] || "$DIFFLUT" info "$1" --quiet
}

# fault_all NAME PLACE COMMAND...: PLACE is what the command changes, remade from $work/start each time.
fault_all() {
    local name=$1 place=$2 kind total at step tried=0 bad=0 sticky
    shift 2
    rm -rf "$work/start"
    mkdir -p "$work/start"
    [ ! -e "$place" ] || cp -r "$place" "$work/start/is"
    put_back
    DIFFLUT_FAULT_COUNT=$work/count LD_PRELOAD=$fault "$DIFFLUT" "$@" --json >"$work/out" 2>"$work/err" </dev/null
    code=$?
    is "$name, without a fault" 0 "$code"
    sed "$seconds" "$work/out" >"$work/good"
    state "$place" >"$work/good_state" 2>/dev/null
    : >"$work/complaints"
    for kind in malloc disk read gone; do
        total=$(awk -v k=$kind '$1 == k { print $2 }' "$work/count")
        step=$((total / samples + 1))
        for ((at = 1 + total % step; at <= total; at += step)); do
            sticky=
            [ $((tried % 4)) -ne 3 ] || sticky=+
            try "$place" "$kind:$at$sticky" "$@" >>"$work/complaints"
            tried=$((tried + 1))
        done
    done
    ok "$name: $tried faults" sh -c '! grep . "$1"' sh "$work/complaints"
    echo "# faults: $name: $tried tried at $(awk '{ n += $2 } END { print n }' "$work/count") places"
    put_back
    "$DIFFLUT" "$@" --json >"$work/out" 2>"$work/err" </dev/null
    is "$name works afterwards" 0 "$?"
    put_back
}

put_back() {
    rm -rf "$place"
    [ ! -e "$work/start/is" ] || cp -r "$work/start/is" "$place"
}

try() { # place fault command...: says what is wrong
    local place=$1 fault_spec=$2 status
    shift 2
    put_back
    DIFFLUT_FAULT=$fault_spec LD_PRELOAD=$fault "$DIFFLUT" "$@" --json >"$work/out" 2>"$work/err" </dev/null
    status=$?
    # AddressSanitizer's own look at the threads ends the program without memory; that is not ours.
    if grep -q 'AddressSanitizer: CHECK failed: sanitizer_' "$work/err"; then
        rm -rf "${TMPDIR:?}"/*
        return
    elif [ $status -eq 0 ]; then
        sed "$seconds" "$work/out" | cmp -s - "$work/good" || echo "$fault_spec: good, but another answer"
        state "$place" 2>/dev/null | cmp -s - "$work/good_state" || echo "$fault_spec: good, but other files"
    elif [ $status -ne 4 ] && ! grep -q 'record.txt\|ended without\|wrote no' "$work/err"; then
        echo "$fault_spec: status $status: $(head -c 300 "$work/err")"
    elif ! grep -q '^difflut-hdl: .' "$work/err"; then
        echo "$fault_spec: no message"
    elif [[ $fault_spec = malloc:* ]] && ! grep -qi 'memory' "$work/err"; then
        echo "$fault_spec: $(head -c 300 "$work/err")"
    fi
    [ ! -e "$place" ] || is_whole "$place" 2>&1 | sed "s/^/$fault_spec: /"
    find "$TMPDIR" -mindepth 1 | sed "s|^|$fault_spec: left behind: |"
    rm -rf "${TMPDIR:?}"/*
}

fault_all models "$work/none" models
fault_all info "$work/none" info "$work/model"
fault_all data "$work/none" data list
fault_all train "$work/model" train "$work/table.yaml" -o "$work/model" --seed 3 --threads 1
fault_all resume "$work/model" train "$work/table.yaml" -o "$work/model" --seed 8 --threads 1 --resume
fault_all sweep "$work/sweep" sweep "$work/sweep.yaml" -o "$work/sweep" --threads 1
fault_all eval "$work/none" eval "$work/model" --threads 1
fault_all "eval, upsets" "$work/none" eval "$work/model" --threads 1 --flip-bits 20 --repeats 2
fault_all emit "$work/old" emit "$work/model" -o "$work/old" --pipeline layers=1
fault_all "emit, stream" "$work/old" emit "$work/model" -o "$work/old" --top stream --target ecp5
fault_all "emit, don't cares" "$work/old" emit "$work/model" -o "$work/old" --dont-care data
fault_all cosim "$work/old" cosim "$work/old" --simulator icarus --vectors 10 --random 20
fault_all synth "$work/old" synth "$work/old" --target xcup
fault_all prove "$work/old" prove "$work/old"
fault_all report "$work/old" report "$work/old"
fault_all export "$work/model.c" export "$work/model" -o "$work/model.c"
finish
