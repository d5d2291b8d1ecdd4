#!/usr/bin/env bash
# Tools that hang, crash, print garbage or without end, or leave children behind, in the place of every
# outside program: each command ends in time with status 3 and says which tool it was, no process and no
# temporary folder stays, and what was there before is whole.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
need yosys iverilog verilator
export TMPDIR=$work/tmp BAD OMP_WAIT_POLICY=passive
mkdir "$TMPDIR" "$work/bin"

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
run emit "$work/model" -o "$work/rtl" --target ice40 --quiet
is "hardware" 0 "$code"

# The stand-in does at the call that counts (the first is for the version) what $BAD says.
cat >"$work/bin/standin" <<'END'
#!/bin/bash
# Every child says who it is, for the test to look for it afterwards.
started() { echo "$1" >>"$PIDS"; }
case $* in
-V | --version | -version) echo "Stand-in 1.0"; [ "$BAD" != version ] || { started $$; exec sleep 1000; }; exit ;;
esac
started $$
case $BAD in
hang) exec sleep 1000 ;;
deaf) trap '' TERM INT; (trap '' TERM INT; started $BASHPID; sleep 1000) & sleep 1000; sleep 1000 ;;
crash) kill -SEGV $$ ;;
garbage) head -c 100000 /dev/urandom; exit 1 ;;
silent) exit 0 ;;
endless) exec yes "a line without end" ;;
junk) # files of the right names, full of garbage
    case ${0##*/} in
    yosys) places=$(ls -d synth/work-* prove/work-* 2>/dev/null) ;;
    cc) while [ $# -gt 1 ] && [ "$1" != -o ]; do shift; done; places=${2%/*} ;;
    *) places=. ;; # they work in a folder of their own
    esac
    for place in $places; do
        for name in stat.json netlist.json netlist.v packed.v packed.json packed_stat.json \
            record.txt bench.vvp model.so; do
            head -c 5000 /dev/urandom >"$place/$name"
        done
    done
    ;;
children) (setsid sleep 1000 & echo $! >>"$PIDS"); (sleep 1000 & echo $! >>"$PIDS"); exit 1 ;;
esac
END
chmod +x "$work/bin/standin"
for tool in yosys verilator iverilog vvp nextpnr-ice40 cc; do
    ln -s standin "$work/bin/$tool"
done
export PIDS=$work/pids

# Ended, not merely orphaned; a moment for the kernel. A child that made a session of its own is beyond a
# process group, and beyond us: it is ended here.
none_left() {
    local pid tries=40
    while read -r pid; do
        if [ "$(ps -o sid= -p "$pid" 2>/dev/null | tr -d ' ')" = "$pid" ]; then kill -KILL "$pid"; continue; fi
        while kill -0 "$pid" 2>/dev/null && [ "$(ps -o stat= -p "$pid" | cut -c1)" != Z ]; do
            tries=$((tries - 1))
            [ $tries -gt 0 ] || { echo "process $pid is still there"; return 1; }
            sleep 0.05
        done
    done <"$PIDS"
}

(cd "$work/rtl" && find . -type f -exec sha256sum {} + | sort) >"$work/before"
is_whole() {
    (cd "$work/rtl" && find . -type f -exec sha256sum {} + | sort) | diff "$work/before" - &&
        [ -z "$(find "$work/rtl" -name 'work-*')$(ls "$TMPDIR")" ]
}

ways="version hang deaf crash garbage silent endless junk children"

# standin NAME TOOL COMMAND...: every way to go wrong
standin() {
    local name=$1 tool=$2 begin wrong
    shift 2
    for BAD in $ways; do
        : >"$PIDS"
        begin=$SECONDS
        PATH=$work/bin:$PATH run "$@"
        wrong=
        [ "$code" -eq 3 ] || wrong="status $code"
        grep -q "^difflut-hdl: .*\($tool\|record\|mapped\|model\)" "$work/err" || wrong="$wrong no word of $tool"
        [ "$(grep -c . "$work/err")" -le 5 ] || wrong="$wrong too much said"
        [ $((SECONDS - begin)) -le 20 ] || wrong="$wrong $((SECONDS - begin)) seconds"
        none_left >"$work/left" || wrong="$wrong $(<"$work/left")"
        is_whole >"$work/diff" 2>&1 || wrong="$wrong files are others: $(head -c 200 "$work/diff")"
        is "$name, $BAD: $(tail -n 1 "$work/err" | cut -c1-100 | tr -cd '[:print:]')" "" "$wrong"
    done
}

standin "cosim with Verilator" verilator cosim "$work/rtl" --vectors 5 --random 5 --time-limit 1
standin "cosim with Icarus" iverilog cosim "$work/rtl" --simulator icarus --vectors 5 --random 5 --time-limit 1
standin "synth" yosys synth "$work/rtl" --time-limit 1
standin "prove" yosys prove "$work/rtl" --time-limit 1

# Only one of several tools goes wrong.
rm "$work/bin/yosys" "$work/bin/iverilog"
standin "cosim with a bad vvp" vvp cosim "$work/rtl" --simulator icarus --vectors 5 --random 5 --time-limit 2
if command -v nextpnr-ice40 >/dev/null 2>&1; then
    cp -r "$work/rtl" "$work/placed"
    standin "placing" nextpnr synth "$work/placed" --pnr --time-limit 5
fi

# A compiler has a quarter of an hour, which is too long for a test.
ways="crash garbage silent junk children"
standin "eval, native" compiled\\\|compiler eval "$work/model" --engine native
finish
