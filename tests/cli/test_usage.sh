#!/usr/bin/env bash
# Help, version, and every way of calling the program wrongly: exit status 2 and a helpful line.
. "$(dirname "$0")/tap.sh"

commands="models info train eval emit cosim synth data export bench"

run --help
is "--help ends well" 0 "$code"
cp "$work/out" "$work/overview"
for command in $commands; do
    ok "--help lists $command" grep -q "^  $command " "$work/overview"
    "$DIFFLUT" "$command" --help >"$work/$command.help" 2>"$work/err"
    is "$command --help ends well" 0 "$?"
    for part in "^usage: difflut-hdl $command" "^options:" "--json" "--quiet" "^example:" "^  difflut-hdl $command"; do
        ok "$command --help has $part" grep -q -e "$part" "$work/$command.help"
    done
    ok "$command --help fits 120 columns" test "$(wc -L <"$work/$command.help")" -le 120
    run help "$command"
    ok "help $command prints the same" cmp -s "$work/out" "$work/$command.help"
done
run --version
ok "--version prints the version" grep -Eq '^difflut-hdl [0-9]+\.[0-9]+\.[0-9]+$' "$work/out"
run help keys
ok "help keys lists runtime keys" grep -q '^  runtime.temperature ' "$work/out"
ok "help keys lists training keys" grep -q '^  training.learning_rate ' "$work/out"
ok "help keys lists pipeline keys" grep -q '^  hardware.pipeline.popcount ' "$work/out"

run
fails "no command" 2 "no command; see 'difflut-hdl --help'"
run emti
fails "a mistyped command is guessed" 2 "unknown command 'emti'; did you mean 'emit'?"
run xyzzy-frob
fails "a strange command is not guessed" 2 "unknown command 'xyzzy-frob'; see"
run --frobnicate
fails "an option instead of a command" 2 "unknown command '--frobnicate'"
run help emti
fails "help for a mistyped command" 2 "did you mean 'emit'?"
run train x.yaml --sead 3
fails "a mistyped option is guessed" 2 "unknown option '--sead'; did you mean '--seed'?"
run cosim x --vectros=4
fails "a mistyped option with a value is guessed" 2 "'--vectros'; did you mean '--vectors'?"
run train x.yaml -z
fails "an unknown letter" 2 "unknown option '-z'"
run train x.yaml --seed
fails "a missing value" 2 "--seed needs a value"
run train x.yaml -o
fails "a missing value of a letter" 2 "--out needs a value"
run models --json=yes
fails "a value for a flag" 2 "--json takes no value"
run train x.yaml --seed seven
fails "words for numbers" 2 "--seed: expected a whole number from -1 to 9007199254740991, found 'seven'"
run train x.yaml --seed 99999999999999999999
fails "a number out of range" 2 "--seed: expected"
run train x.yaml --threads 1.5
fails "a fraction" 2 "--threads: expected a whole number"
run train x.yaml --threads ""
fails "an empty number" 2 "--threads: expected a whole number"
run cosim x --vectors some
fails "a count" 2 "--vectors: expected a whole number from 0 to 1000000000 or 'all', found 'some'"
run cosim x --simulator modelsim
fails "a choice" 2 "--simulator: expected one of verilator|icarus, found 'modelsim'"
run synth x --target "xc7|xcup"
fails "a choice is one word" 2 "--target: expected one of"
run emit x --out ""
fails "an empty text" 2 "--out: the value is empty"
run emit
fails "a missing argument" 2 "emit: expected MODEL; usage: difflut-hdl emit MODEL"
run emit a b
fails "an argument too many" 2 "emit: unexpected argument 'b'"
run emit ""
fails "an empty argument" 2 "emit: argument 1 is empty"
run models extra
fails "models takes no argument" 2 "models: unexpected argument 'extra'"
run data list mnist
fails "data list takes no name" 2 "data: expected 'list', 'info NAME' or 'fetch NAME'"
run data info
fails "data info needs a name" 2 "data: expected"
run data info mnits
fails "a mistyped data set is guessed" 2 "unknown data set 'mnits'; did you mean 'mnist'?"
run info no_such_model
fails "an unknown model" 2 "no_such_model"
finish
