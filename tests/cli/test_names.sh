#!/usr/bin/env bash
# File names with spaces, quotes, dollars, leading dashes: never given to a shell, never an option.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need verilator iverilog yosys

cd "$work" || exit 1
for name in $'-a b\'c"d$(touch pwned);&*\xc3\xbc' '--help'; do
    table_config "$work/$name.yaml"
    run train --quiet -o "$name" -- "$name.yaml"
    is "train into <$name>" 0 "$code"
    run emit --quiet -o "$name/rtl" -- "$name"
    is "emit from <$name>" 0 "$code"
    run cosim --quiet --simulator icarus --vectors 3 -- "$name/rtl"
    is "Icarus in <$name>" 0 "$code"
    run synth --quiet -- "$name/rtl"
    is "Yosys in <$name>" 0 "$code"
done
run cosim --quiet --simulator verilator --vectors 3 --trace "$work/$name.fst" -- $'-a b\'c"d$(touch pwned);&*\xc3\xbc/rtl'
is "Verilator in the first" 0 "$code"
is "no name was run as a command" "" "$(find "$work" -name pwned)"
finish
