#!/usr/bin/env bash
# What an emitted folder holds for other tools: Vivado and Quartus scripts under tclsh with stubbed
# commands, clocks, and the FuseSoC core file, which FuseSoC itself reads and lints.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/tap.sh"
need tclsh jq python3 verilator
"$root/tools/deps.sh" python >"$work/deps.log" 2>&1 || skip_all "no Python packages: $(tail -n 1 "$work/deps.log")"

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet
is "a table is trained" 0 "$code"

stubbed() { # TOOL FOLDER ARGUMENT...
    (cd "$work" && tclsh "$root/tests/flow/tool_stubs.tcl" "$1" "$2/scripts/$1.tcl" "${@:3}") >"$work/out" 2>"$work/err"
    code=$?
}
count() { tr ' ' '\n' <"$work/out" | grep -cx "$1"; }

for top in core full stream icebreaker; do
    folder=$work/$top
    run emit "$work/model" --top $top -o "$folder" --quiet
    is "$top: emitted" 0 "$code"
    files=$(wc -l <"$folder/rtl/files.f")
    stubbed vivado "$folder" xcku5p-ffvb676-2-e 4.0
    is "$top: vivado.tcl runs" "0 $((files + 1)) 1 1" "$code $(count add_files) $(count synth_design) $(count create_clock)"
    stubbed vivado "$folder"
    is "$top: the clock is that of the constraints" "0 0 1" "$code $(count create_clock) $(count report_timing_summary)"
    stubbed quartus "$folder" "Cyclone 10 GX" 10CX220YF780E5G
    is "$top: quartus.tcl runs" "0 $files 1 1" "$code $(count VERILOG_FILE) $(count SDC_FILE) $(count execute_flow)"
    for script in vivado quartus; do
        ok "$top: $script.tcl builds the top" grep -qx "set top table_$top" "$folder/scripts/$script.tcl"
    done
    for clock in xdc sdc; do
        ok "$top: clock.$clock" grep -q '^create_clock .*\[get_ports clk\]$' "$folder/constraints/clock.$clock"
    done
    ok "$top: the folder is whole" jq -e '[.files[].path] | contains(["table.core", "scripts/vivado.tcl",
        "scripts/quartus.tcl", "constraints/clock.xdc", "constraints/clock.sdc"])' "$folder/manifest.json"
    ok "$top: FuseSoC lints the core" env HOME="$work" XDG_CONFIG_HOME="$work" XDG_CACHE_HOME="$work" \
        PATH="$root/build/venv/bin:$PATH" "$root/build/venv/bin/fusesoc" --cores-root "$folder" run \
        --work-root "$work/fusesoc" --target lint difflut:models:table
    rm -rf "$work/fusesoc"
done

# --- planted ---

broken() { # NAME SCRIPT PATTERN COMMAND: the command damages a copy of the folder, which is then built
    rm -rf "$work/bad"
    cp -r "$work/full" "$work/bad"
    (cd "$work/bad" && eval "$4")
    stubbed "$2" "$work/bad"
    fails "$2: $1" 1 "$3"
}
for script in vivado quartus; do
    broken "a missing file" $script 'no file .*table_core.v' 'rm rtl/table_core.v'
    broken "an unknown command" $script 'invalid command name "report_all"' "echo report_all >>scripts/$script.tcl"
    broken "a syntax error" $script 'missing close-brace' "echo 'if {1} {' >>scripts/$script.tcl"
done
finish
