#!/usr/bin/env bash
# What the options of src/flow/verilator.c and sim/bench.mk are worth, as CSV: seconds of the processor (so that other
# work does not count) that `cosim MODEL` takes for Verilator, for the C++ compiler and in all, with one option
# changed at a time. "all" includes the run of every vector and the C reference.
#   tools/verilator_table.sh PROGRAM MODEL [VARIANT]...
set -euo pipefail

program=$(realpath "${1:?usage: tools/verilator_table.sh PROGRAM MODEL [VARIANT]...}")
model=${2:?}
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-verilator-XXXXXX")
trap 'rm -rf "$work"' EXIT

# Stand-ins that measure the real programs; $work/edit changes Verilator's arguments, and may change bench.vlt.
cat >"$work/verilator" <<-'SH'
	#!/usr/bin/env bash
	here=$(dirname "$0")
	arguments=("$@")
	case " $* " in *" --cc "*) . "$here/edit" ;; esac
	exec "$here/measure" "$here/verilate" verilator "${arguments[@]}"
SH
cat >"$work/cxx" <<-'SH'
	#!/usr/bin/env bash
	here=$(dirname "$0")
	exec "$here/measure" "$here/compile" "$(cat "$here/compiler")" "$@"
SH
cat >"$work/measure" <<-'SH'
	#!/usr/bin/env bash
	log=$1
	shift
	TIMEFORMAT='%U %S'
	{ time "$@" 2>&3; } 3>&2 2>>"$log"
SH
chmod +x "$work/verilator" "$work/cxx" "$work/measure"

seconds() { # file: the sum of user and system times
    awk '{ sum += $1 + $2 } END { printf "%.1f", sum }' "$1"
}

# row NAME EDIT COMPILER FLAGS CHUNK: one line of the table, if it is asked for
row() {
    local name=$1 edit=$2 compiler=$3 flags=$4 chunk=$5
    case " ${wanted[*]} " in "  " | *" $name "*) ;; *) return 0 ;; esac
    rm -rf "$work/rtl" "$work/verilate" "$work/compile" "$work/all"
    echo "$edit" >"$work/edit"
    echo "$compiler" >"$work/compiler"
    "$program" emit "$model" --set "hardware.chunk=$chunk" -o "$work/rtl" --quiet
    MAKEFLAGS="-- CXX=$work/cxx ${flags:+BENCH_OPT=$flags}" "$work/measure" "$work/all" \
        "$program" cosim "$work/rtl" --verilator "$work/verilator" --json --quiet >"$work/cosim"
    echo "$name,$(seconds "$work/verilate"),$(seconds "$work/compile"),$(seconds "$work/all"),$(jq -r '"\(.vectors),\(.mismatches)"' "$work/cosim")"
}

wanted=("$@")
echo "variant,verilator_s,compiler_s,all_s,vectors,mismatches"
row as_is "" g++ "" 256
# shellcheck disable=SC2016 # the stand-in expands it
row with_dfg 'for i in "${!arguments[@]}"; do [ "${arguments[i]}" != -fno-dfg ] || unset "arguments[i]"; done' g++ "" 256
row gcc_O0 "" g++ -O0 256
row inputs_not_public 'sed -i /public_flat_rd/d bench.vlt' g++ "" 256
