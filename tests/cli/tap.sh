# Sourced by the scripts here: runs the program, compares, prints TAP.
#   run ARGUMENT...            runs difflut-hdl; then $code, $work/out and $work/err hold its answer
#   is NAME EXPECTED FOUND     compares two texts
#   ok NAME COMMAND...         the command must succeed
#   fails NAME CODE PATTERN    the last run ended with CODE and said PATTERN on standard error
#   plant FOLDER FILE SED      $work/bad becomes the emitted folder with one file changed, its manifest too
#   skip_all REASON            this machine cannot run the script
#   finish                     the last line of every script
# shellcheck shell=bash
set -uo pipefail

DIFFLUT=${DIFFLUT:-$PWD/build/bin/difflut-hdl}
# shellcheck disable=SC2034 # for the scripts
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0 bad=0 code=0

tell() { # result name
    count=$((count + 1))
    echo "$1 $count - $2"
    [ "$1" = ok ] || bad=$((bad + 1))
}

run() {
    "$DIFFLUT" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}

show_last() {
    echo "# status $code; standard error:"
    head -n 5 "$work/err" | sed 's/^/#   /'
    echo "# standard output:"
    head -n 5 "$work/out" | sed 's/^/#   /'
}

is() {
    if [ "$2" = "$3" ]; then
        tell ok "$1"
    else
        tell "not ok" "$1"
        echo "# expected: $2"
        echo "# found:    $3"
        show_last
    fi
}

ok() {
    local name=$1
    shift
    if "$@" >"$work/ok.log" 2>&1; then
        tell ok "$name"
    else
        tell "not ok" "$name"
        head -n 5 "$work/ok.log" | sed 's/^/#   /'
        show_last
    fi
}

fails() {
    if [ "$code" -eq "$2" ] && grep -q -e "$3" "$work/err"; then
        tell ok "$1"
    else
        tell "not ok" "$1"
        echo "# expected status $2 and a message like: $3"
        show_last
    fi
}

# One JSON value on standard output that satisfies the jq expression.
json_is() { # name expression
    ok "$1" jq -e -s "length == 1 and (.[0] | $2)" "$work/out"
}

skip_all() {
    echo "ok 1 - # SKIP $1"
    echo "1..1"
    exit 0
}

need() { # tool...
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not here"
    done
}

# A model that trains in a moment on drawn digits: tiny_config FILE [NAME]
tiny_config() {
    cat >"$1" <<EOF
name: ${2:-tiny}
model_type: feedforward
layer_type: random
node_type: probabilistic
encoder_config: {name: thermometer, num_bits: 2, feature_wise: true}
node_input_dim: 4
layer_widths: [50, 30]
num_classes: 10
input_size: 784
dataset: synthetic_digits
training: {epochs: 2, batch_size: 50, samples: 500, seed: 3}
EOF
}

# A model of six small integers, whose hardware is quick to simulate: table_config FILE
table_config() {
    awk 'BEGIN {
        print "a,b,c,d,e,f,label"
        for (i = 0; i < 200; i++) {
            sum = 0
            for (k = 0; k < 6; k++) {
                x = (i * (7 + 3 * k) + int(i / 5) * (k + 1)) % 16
                sum += k % 2 ? x : -x
                printf "%d,", x
            }
            print sum < -4 ? 0 : sum < 4 ? 1 : 2
        }
    }' >"$work/table.csv"
    cat >"$1" <<EOF
name: table
model_type: feedforward
layer_type: random
node_type: probabilistic
encoder_config: {name: thermometer, num_bits: 5, feature_wise: true}
node_input_dim: 4
layer_widths: [24, 21]
num_classes: 3
input_size: 6
input: {bits: 4}
dataset: {train: $work/table.csv, test: $work/table.csv, label: label}
training: {epochs: 3, batch_size: 20, learning_rate: 0.1, seed: 3}
EOF
}

# random_table FILE CLASSES FEATURES BITS: random integer rows; every class occurs.
random_table() {
    awk -v k="$2" -v f="$3" -v b="$4" 'BEGIN {
        srand(k * 1000 + f)
        for (j = 0; j < f; j++) printf "x%d,", j
        print "label"
        for (i = 0; i < 4 * k + 40; i++) {
            for (j = 0; j < f; j++) printf "%d,", int(rand() * 2 ^ b)
            print i % k
        }
    }' >"$1"
}

plant() {
    local good=$1 hash
    rm -rf "$work/bad"
    cp -r "$good" "$work/bad"
    sed -i "$3" "$work/bad/$2"
    cmp -s "$good/$2" "$work/bad/$2" && { echo "# the fault changed nothing in $2"; return 1; }
    hash=$(sha256sum <"$work/bad/$2" | cut -d' ' -f1)
    jq --arg path "$2" --arg hash "$hash" \
        '(.files[] | select(.path == $path)).sha256 = $hash' "$good/manifest.json" >"$work/bad/manifest.json"
}

finish() {
    echo "1..$count"
    [ "$bad" -eq 0 ]
    exit
}
