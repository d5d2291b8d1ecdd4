#!/usr/bin/env bash
# File names with spaces, quotes, dollars, leading dashes: never given to a shell, never an option.
. "$(dirname "$0")/tap.sh"
need iverilog yosys

cd "$work" || exit 1
for name in "with space" "quo'te\"d" '$(touch pwned)' 'a;b&c' '-dash' 'ünïcode'; do
    tiny_config "$work/$name.yaml"
    run train --quiet -o "$name" -- "$name.yaml"
    is "train into <$name>" 0 "$code"
    run emit --quiet -o "$name/rtl" -- "$name"
    is "emit from <$name>" 0 "$code"
    run cosim --quiet --simulator icarus --vectors 5 --random 5 -- "$name/rtl"
    is "cosim in <$name>" 0 "$code"
done
run cosim --quiet --simulator verilator --vectors 5 --random 5 -- "-dash/rtl"
is "verilator in <-dash>" 0 "$code"
run cosim --quiet --simulator verilator --vectors 5 --random 5 -- "with space/rtl"
is "verilator in <with space>" 0 "$code"
for name in "with space" "quo'te\"d" '-dash'; do
    run synth --quiet -- "$name/rtl"
    is "synth in <$name>" 0 "$code"
done
ok "no name was run as a command" test ! -e "$work/pwned"
finish
